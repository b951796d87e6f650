/**
 * One `iptables` command line: -A -I -D -R -C -N -X -F -Z -P -E -S -L, with texts and exit status of 1.8.9.
 */
import type { NetNs } from '../../netns.ts';
import { netfilterOf } from '../tables.ts';
import type { Chain } from './chain.ts';
import { listChains } from './list.ts';
import { VERSION } from './restore.ts';
import { TABLE_NAMES, type TableName } from './rule.ts';
import { ruleLines, sortedChains } from './save.ts';
import { type EditError, NO_RULE, TableEdit } from './table-edit.ts';

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `argv` without the program's name: `['-t', 'nat', '-A', 'PREROUTING', …]`. */
export function iptables(ns: NetNs, argv: readonly string[]): CommandResult {
  if (argv.some((word) => word === '-V' || word === '--version')) {
    return { exitCode: 0, stdout: `iptables ${VERSION}\n`, stderr: '' };
  }
  const words = argv.flatMap(splitCluster).filter((word) => word !== '-w' && word !== '--wait');
  const tableAt = words.findIndex((word) => word === '-t' || word === '--table');
  let table: TableName = 'filter';
  if (tableAt >= 0) {
    const wanted = words[tableAt + 1] ?? '';
    const known = TABLE_NAMES.find((name) => name === wanted);
    if (known === undefined) {
      const text = `table '${wanted}' does not exist\nPerhaps iptables or your kernel needs to be upgraded.\n`;
      return { exitCode: 3, stdout: '', stderr: `iptables ${VERSION}: ${text}` };
    }
    table = known;
    words.splice(tableAt, 2);
  }
  const edit = new TableEdit(netfilterOf(ns), table);
  const command = findCommand(words);
  if (typeof command === 'string') return failed({ kind: 'parameter', text: command }, '');
  const result = runCommand(edit, command);
  if (typeof result === 'string') return { exitCode: 0, stdout: result, stderr: '' };
  if (result !== undefined) return failed(result, command.chain);
  const problem = 'CSL'.includes(command.letter) ? undefined : edit.commit();
  return problem === undefined
    ? { exitCode: 0, stdout: '', stderr: '' }
    : failed(problem, command.chain);
}

/** `-nvL` is `-n -v -L`. */
function splitCluster(word: string): string[] {
  if (!/^-[nvxwLSFZ]{2,}[t]?$|^-[nvxw]+t$/.test(word)) return [word];
  return word
    .slice(1)
    .split('')
    .map((letter) => `-${letter}`);
}

interface Command {
  readonly letter: string;
  readonly chain: string;
  readonly rest: readonly string[];
}

const COMMANDS: ReadonlyMap<string, string> = new Map([
  ['--append', 'A'],
  ['--insert', 'I'],
  ['--delete', 'D'],
  ['--replace', 'R'],
  ['--check', 'C'],
  ['--new-chain', 'N'],
  ['--delete-chain', 'X'],
  ['--flush', 'F'],
  ['--zero', 'Z'],
  ['--policy', 'P'],
  ['--rename-chain', 'E'],
  ['--list-rules', 'S'],
  ['--list', 'L'],
  ...'AIDRCNXFZPESL'.split('').map((letter): [string, string] => [`-${letter}`, letter]),
]);

function findCommand(words: readonly string[]): Command | string {
  const at = words.findIndex((word) => COMMANDS.has(word));
  if (at < 0) {
    const unknown = words.find((word) => word.startsWith('-'));
    return unknown === undefined ? 'no command specified' : `unknown option "${unknown}"`;
  }
  const letter = COMMANDS.get(words[at] ?? '') ?? '';
  const next = words[at + 1];
  const hasChain = next !== undefined && !next.startsWith('-') && next !== '!';
  const rest = [...words.slice(0, at), ...words.slice(at + (hasChain ? 2 : 1))];
  if (!hasChain && !'FXZSL'.includes(letter)) {
    return `option "${words[at] ?? ''}" requires an argument`;
  }
  return { letter, chain: hasChain ? next : '', rest };
}

function runCommand(edit: TableEdit, command: Command): EditError | string | undefined {
  const { letter, chain, rest } = command;
  switch (letter) {
    case 'N':
      return edit.newChain(chain);
    case 'X':
      return deleteChains(edit, chain);
    case 'F':
      return onEach(edit, chain, (name) => edit.flush(name));
    case 'Z':
      return onEach(edit, chain, (name) => edit.zero(name));
    case 'P':
      return setPolicy(edit, chain, rest[0] ?? '');
    case 'E':
      return edit.renameChain(chain, rest[0] ?? '');
    case 'S':
      return listRules(edit, chain, rest.includes('-v') || rest.includes('--verbose'));
    case 'L':
      return list(edit, chain, rest);
    default:
      return changeRules(edit, command);
  }
}

function onEach(
  edit: TableEdit,
  chain: string,
  run: (name: string) => EditError | undefined,
): EditError | undefined {
  if (chain !== '') return run(chain);
  for (const name of edit.chains.keys()) run(name);
  return undefined;
}

/** Without a name: all user-defined chains that nothing refers to, which may free others. */
function deleteChains(edit: TableEdit, chain: string): EditError | undefined {
  if (chain !== '') return edit.deleteChain(chain);
  let problem: EditError | undefined;
  let left = [...edit.chains.keys()].filter((name) => !edit.isBase(name));
  for (let before = -1; before !== left.length; ) {
    before = left.length;
    problem = undefined;
    left = left.filter((name) => {
      const error = edit.deleteChain(name);
      problem ??= error;
      return error !== undefined;
    });
  }
  return problem;
}

function setPolicy(edit: TableEdit, chain: string, policy: string): EditError | undefined {
  if (!edit.isBase(chain)) return { kind: 'lookup', text: 'Bad built-in chain name.' };
  if (policy !== 'ACCEPT' && policy !== 'DROP') {
    return { kind: 'lookup', text: "Bad policy name. Run `dmesg' for more information." };
  }
  edit.setPolicy(chain, policy);
  return undefined;
}

function changeRules(edit: TableEdit, command: Command): EditError | undefined {
  const { letter, chain, rest } = command;
  const number = /^\d+$/.test(rest[0] ?? '') ? Number(rest[0]) : undefined;
  if (letter === 'D' && number !== undefined) return edit.deleteAt(chain, number - 1);
  const takesNumber = letter === 'I' || letter === 'R';
  const words = takesNumber && number !== undefined ? rest.slice(1) : rest;
  const parsed = edit.parse(chain, words);
  if (!('rules' in parsed)) return parsed;
  switch (letter) {
    case 'A':
      return edit.append(chain, parsed, true);
    case 'I':
      return edit.insert(chain, (number ?? 1) - 1, parsed);
    case 'R':
      return edit.replaceAt(chain, (number ?? 1) - 1, parsed);
    case 'D':
      return edit.deleteRule(chain, parsed);
    default:
      return edit.hasRule(chain, parsed) ? undefined : { kind: 'lookup', text: NO_RULE };
  }
}

function listRules(edit: TableEdit, only: string, counters: boolean): EditError | string {
  const chains: Chain[] = sortedChains(edit).filter((chain) => only === '' || chain.name === only);
  if (chains.length === 0) return incompatible(edit, only);
  const heads = chains.map((chain) =>
    chain.policy === undefined ? `-N ${chain.name}` : `-P ${chain.name} ${chain.policy}`,
  );
  const rules = chains.flatMap((chain) =>
    ruleLines(chain).map((line, index) =>
      counters ? withCounters(line, chain.packetsOf(index), chain.bytesOf(index)) : line,
    ),
  );
  return `${[...heads, ...rules].join('\n')}\n`;
}

/** `-S -v`: the counters as an option that could be typed, before the target. */
function withCounters(line: string, packets: number, bytes: number): string {
  const at = line.search(/ -[jg] \S+(?: --.*)?$/);
  const counters = ` -c ${packets} ${bytes}`;
  return at < 0 ? line + counters : line.slice(0, at) + counters + line.slice(at);
}

/** What the nf_tables flavour says of a chain to list that is not there. */
function incompatible(edit: TableEdit, chain: string): EditError {
  return {
    kind: 'not-listed',
    text: `chain \`${chain}' in table \`${edit.name}' is incompatible, use 'nft' tool.`,
  };
}

const LIST_FLAGS: ReadonlySet<string> = new Set([
  '-n',
  '--numeric',
  '-v',
  '--verbose',
  '-x',
  '--exact',
  '--line-numbers',
]);

function list(edit: TableEdit, only: string, flags: readonly string[]): EditError | string {
  const unknown = flags.find((flag) => !LIST_FLAGS.has(flag));
  if (unknown !== undefined) {
    const text = unknown.startsWith('-')
      ? `unknown option "${unknown}"`
      : `Illegal option \`--list-number' with this command`;
    return { kind: 'parameter', text };
  }
  const chains = sortedChains(edit).filter((chain) => only === '' || chain.name === only);
  if (chains.length === 0) return incompatible(edit, only);
  const has = (short: string, long: string): boolean =>
    flags.includes(short) || flags.includes(long);
  const options = {
    isNumeric: has('-n', '--numeric'),
    isVerbose: has('-v', '--verbose'),
    isExact: has('-x', '--exact'),
    hasNumbers: flags.includes('--line-numbers'),
  };
  return listChains(chains, options, (name) => {
    let count = 0;
    for (const chain of edit.chains.values()) {
      for (const rule of chain.rules) if (rule.jumpTo === name) count++;
    }
    return count;
  });
}

function failed(error: EditError, chain: string): CommandResult {
  const help = "Try `iptables -h' or 'iptables --help' for more information.\n";
  switch (error.kind) {
    case 'lookup':
      return { exitCode: 1, stdout: '', stderr: `iptables: ${error.text}\n` };
    case 'not-listed':
      return { exitCode: 1, stdout: '', stderr: `iptables ${VERSION}: ${error.text}\n` };
    case 'kernel': {
      const where = error.text.startsWith('CHAIN_DEL') ? '' : `: rule in chain ${chain}`;
      return { exitCode: 4, stdout: '', stderr: `iptables ${VERSION}:  ${error.text}${where}\n` };
    }
    case 'usage':
      return { exitCode: 2, stdout: '', stderr: `${error.text}\n${help}` };
    case 'missing-chain':
    case 'parameter':
      return { exitCode: 2, stdout: '', stderr: `iptables ${VERSION}: ${error.text}\n${help}` };
  }
}
