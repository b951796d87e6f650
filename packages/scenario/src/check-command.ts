/**
 * Judges a step's command line before anything runs: is there such a command, does kubectl understand the
 * line, do the machines and files exist that it names.
 *
 * A line that is expected to fail may be wrong: showing the real tool's own complaint can be the point.
 */
import { suggest } from '@podwire/base';
import { parseKubectl } from '@podwire/kubectl';
import { COMMANDS } from '@podwire/workloads';
import type { Field } from './field.ts';
import type { ScenarioFiles } from './files.ts';
import { unknownHost } from './parse-cluster.ts';

export interface CommandChecks {
  readonly hosts: readonly string[];
  readonly files: ScenarioFiles;
  /** Manifests that commands apply: path inside the folder, and where it is named. */
  readonly named: { readonly name: string; readonly field: Field; readonly mayFail: boolean }[];
}

interface CommandUse {
  readonly mayFail: boolean;
  readonly from: string;
}

const SSH_FLAGS_WITH_VALUE = new Set(['-p', '-l', '-i', '-o', '-F']);

export function checkCommand(
  field: Field,
  argv: readonly string[],
  use: CommandUse,
  checks: CommandChecks,
): void {
  const name = argv[0] ?? '';
  if (name === 'kubectl' || name === 'oc') {
    if (use.from !== 'control-plane') {
      field.add({
        code: 'PW3002',
        message: `${name} is not installed on ${use.from}`,
        hint: 'it is typed at the control plane: leave out from:',
      });
    }
    checkKubectl(field, argv, use, checks);
    return;
  }
  const base = name.slice(name.lastIndexOf('/') + 1);
  if (!COMMANDS.has(base) && !use.mayFail) {
    const near = suggest(base, ['kubectl', 'oc', ...COMMANDS.keys()]);
    field.add({
      code: 'PW3002',
      message: `there is no command ${JSON.stringify(name)}`,
      hint: near === undefined ? undefined : `did you mean ${near}?`,
    });
  }
  if (name === 'ssh') checkSsh(field, argv, use, checks);
  takeNamedFiles(field, argv, checks);
}

function checkKubectl(
  field: Field,
  argv: readonly string[],
  use: CommandUse,
  checks: CommandChecks,
): void {
  const judged = parseKubectl(argv.slice(1), argv[0] === 'oc' ? 'oc' : 'kubectl');
  if (!judged.ok && !use.mayFail) {
    for (const message of judged.errors) {
      field.add({ code: 'PW3002', message: oneLine(message), hint: judged.suggestion });
    }
  }
  const dash = argv.indexOf('--');
  const own = dash < 0 ? argv : argv.slice(0, dash);
  const manifests = fileArguments(own);
  for (const name of manifests) {
    if (name === '-' || name.includes('{{') || /^https?:\/\//.test(name)) continue;
    if (use.mayFail && !checks.files.has(name) && checks.files.inside(name) !== undefined) continue;
    if (checks.files.add(name, field)) checks.named.push({ name, field, mayFail: use.mayFail });
  }
  takeNamedFiles(field, own, checks);
}

/** What stands behind -f, --filename. */
export function fileArguments(argv: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at] ?? '';
    const next = argv[at + 1];
    if (word === '-f' || word === '--filename') {
      if (isFilenameFlag(argv, word) && next !== undefined) found.push(...next.split(','));
      at++;
    } else if (word.startsWith('--filename=')) found.push(...word.slice(11).split(','));
    else if (/^-f=?./.test(word) && isFilenameFlag(argv, '-f')) {
      found.push(...word.slice(2).replace(/^=/, '').split(','));
    }
  }
  return found;
}

/** `logs -f` follows. */
function isFilenameFlag(argv: readonly string[], flag: string): boolean {
  return flag !== '-f' || !argv.includes('logs');
}

/** Reads the files that words name: `key=path`, `@path`, `path`. */
function takeNamedFiles(field: Field, argv: readonly string[], checks: CommandChecks): void {
  for (const word of argv.slice(1)) {
    const candidate = word.slice(word.lastIndexOf('=') + 1).replace(/^@/, '');
    if (!/[./]/.test(candidate) || candidate.includes('://') || candidate.length > 1024) continue;
    if (checks.files.has(candidate)) checks.files.add(candidate, field);
  }
}

function checkSsh(
  field: Field,
  argv: readonly string[],
  use: CommandUse,
  checks: CommandChecks,
): void {
  let at = 1;
  while (at < argv.length && (argv[at] ?? '').startsWith('-')) {
    at += SSH_FLAGS_WITH_VALUE.has(argv[at] ?? '') ? 2 : 1;
  }
  const target = argv[at];
  if (target === undefined) {
    if (!use.mayFail) {
      field.add({ code: 'PW3002', message: 'ssh needs a machine', hint: 'ssh node-1 ip route' });
    }
    return;
  }
  const host = target.slice(target.lastIndexOf('@') + 1);
  const isAddress = /^[0-9.:]+$/.test(host) || host.includes('{{');
  if (!isAddress && !use.mayFail && !checks.hosts.includes(host)) {
    field.add(unknownHost(host, checks.hosts));
  }
  const command = argv[at + 1];
  if (command === undefined) {
    field.add({ code: 'PW3002', message: 'ssh without a command would wait for someone to type' });
    return;
  }
  const base = command.slice(command.lastIndexOf('/') + 1);
  if (/[\s;|&]/.test(base) || COMMANDS.has(base) || use.mayFail) return;
  const near = suggest(base, COMMANDS.keys());
  field.add({
    code: 'PW3002',
    message: `there is no command ${JSON.stringify(command)} on ${host}`,
    hint: near === undefined ? undefined : `did you mean ${near}?`,
  });
}

/** kubectl's complaint without what it says about itself. */
function oneLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').replace(/^error: /, '');
}
