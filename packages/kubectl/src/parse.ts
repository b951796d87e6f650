/**
 * A command line → a command and its call, or kubectl's complaint. Nothing here asks the API.
 */
import { suggest } from '@podwire/base';
import { COMMANDS, REFUSED } from './catalogue.ts';
import { type Command, GLOBAL_FLAGS } from './command.ts';
import type { Program } from './context.ts';
import { type Failure, fail, failVerbatim, formatFailure } from './failure.ts';
import { type FlagSpec, parseFlags } from './flags.ts';
import { OC_COMMANDS, OC_REFUSED } from './oc/catalogue.ts';
import { suggestType } from './resource-args.ts';
import type { Call } from './session.ts';

export interface CommandLineCheck {
  readonly ok: boolean;
  /** What kubectl would print, one text each; empty when `ok`. */
  readonly errors: readonly string[];
  /** What may have been meant. */
  readonly suggestion?: string;
}

/** Judges a command line (without `kubectl` or `oc` itself) before anything runs. */
export function parseKubectl(
  argv: readonly string[],
  program: Program = 'kubectl',
): CommandLineCheck {
  const resolved = resolveCommand(argv, program);
  if ('failure' in resolved) {
    const { suggestion } = resolved;
    const errors = [formatFailure(resolved.failure).trimEnd()];
    return { ok: false, errors, ...(suggestion === undefined ? {} : { suggestion }) };
  }
  const problem = resolved.command.check?.(resolved.call);
  if (problem === undefined) return { ok: true, errors: [] };
  const unknownType = /resource type "([^"]*)"/.exec(problem.message)?.[1];
  const near = unknownType === undefined ? undefined : suggestType(unknownType);
  return {
    ok: false,
    errors: [formatFailure(problem).trimEnd()],
    ...(near === undefined ? {} : { suggestion: `did you mean ${JSON.stringify(near)}?` }),
  };
}

export interface Resolved {
  readonly command: Command;
  readonly call: Call;
}

export interface Unresolved {
  readonly failure: Failure;
  readonly suggestion?: string;
}

/** The commands of a program; the first of a name counts. */
const PROGRAMS: { readonly [P in Program]: readonly Command[] } = {
  kubectl: COMMANDS,
  oc: [...OC_COMMANDS, ...COMMANDS],
};

/** Finds the command and reads its flags. */
export function resolveCommand(
  argv: readonly string[],
  program: Program = 'kubectl',
): Resolved | Unresolved {
  const { before, words, rest } = leadingWords(argv);
  const [verb] = words;
  if (verb === undefined) {
    const bad = before.find((word) => word.startsWith('-'));
    const parsed = parseFlags(GLOBAL_FLAGS, before);
    if (bad !== undefined && typeof parsed === 'string')
      return { failure: flagFailure(parsed, '') };
    return {
      failure: failVerbatim(
        `kubectl controls the Kubernetes cluster manager.\n\nUse "kubectl options" for a list of global command-line options (applies to all commands).`,
      ),
    };
  }
  const refusal = refusalOf(words, program);
  if (refusal !== undefined) return { failure: fail(refusal) };
  const command = findCommand(words, program);
  if (command === undefined) return unknownCommand(words, program);
  const depth = command.path.split(' ').length;
  const parsed = parseFlags(
    [...GLOBAL_FLAGS.filter((flag) => isFree(flag, command.flags)), ...command.flags],
    [...before, ...words.slice(depth), ...rest],
    command.hasTrailingCommand === true ? 1 : undefined,
  );
  if (typeof parsed === 'string')
    return { failure: flagFailure(parsed, command.path), ...nearFlag(parsed, command) };
  const call: Call = {
    flags: parsed.flags,
    args: parsed.args,
    dashAt: parsed.dashAt,
    command: command.path,
  };
  const refused = command.flags.find(
    (flag) => flag.refusal !== undefined && parsed.flags.has(flag.name),
  );
  if (refused?.refusal !== undefined) return { failure: fail(refused.refusal) };
  return { command, call };
}

function refusalOf(words: readonly string[], program: Program): string | undefined {
  for (let length = 1; length <= 3; length++) {
    const path = words.slice(0, length).join(' ');
    const reason = REFUSED.get(path) ?? (program === 'oc' ? OC_REFUSED.get(path) : undefined);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function isFree(flag: FlagSpec, own: readonly FlagSpec[]): boolean {
  return !own.some((spec) => spec.name === flag.name);
}

/** Global flags may stand before the verb: `-n web get pods`. */
function leadingWords(argv: readonly string[]): {
  readonly before: readonly string[];
  readonly words: readonly string[];
  readonly rest: readonly string[];
} {
  let at = 0;
  while (at < argv.length) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-') || word === '-' || word === '--') break;
    at++;
    if (takesValue(word)) at++;
  }
  let end = at;
  while (end < argv.length && !(argv[end] ?? '').startsWith('-')) end++;
  return { before: argv.slice(0, at), words: argv.slice(at, end), rest: argv.slice(end) };
}

function takesValue(word: string): boolean {
  if (word.includes('=')) return false;
  const flag = GLOBAL_FLAGS.find((spec) =>
    word.startsWith('--') ? spec.name === word.slice(2) : spec.short === word.slice(1),
  );
  return flag !== undefined && flag.bareValue === undefined;
}

function findCommand(words: readonly string[], program: Program): Command | undefined {
  const [verb = '', sub = ''] = words;
  const names = [words.slice(0, 3).join(' '), `${verb} ${sub}`, verb];
  for (const name of names) {
    const found = PROGRAMS[program].find(
      (command) => command.path === name || command.aliases?.includes(name) === true,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function unknownCommand(words: readonly string[], program: Program): Unresolved {
  const [verb = '', sub = ''] = words;
  const commands = PROGRAMS[program];
  const subcommands = commands
    .filter((command) => command.path.startsWith(`${verb} `))
    .map((command) => command.path.slice(verb.length + 1));
  if (subcommands.length > 0) {
    if (sub === '') {
      return {
        failure: fail(
          `must specify one of: ${subcommands.join(', ')}\nSee '${program} ${verb} -h' for help and examples`,
        ),
      };
    }
    return unknownSubcommand(sub, subcommands, `${program} ${verb}`);
  }
  const verbs = new Set(commands.map((command) => command.path.split(' ')[0] ?? ''));
  return unknownWord(
    verb,
    [...verbs, ...[...REFUSED.keys()].filter((path) => !path.includes(' '))],
    program,
  );
}

function unknownSubcommand(word: string, known: readonly string[], of: string): Unresolved {
  const near = nearWord(word, known);
  return {
    failure: fail(`unknown command ${JSON.stringify(word)}\nSee '${of} -h' for help and examples`),
    ...(near === undefined ? {} : { suggestion: `did you mean "${of} ${near}"?` }),
  };
}

function nearWord(word: string, known: readonly string[]): string | undefined {
  return suggest(
    word,
    [...known].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
  );
}

function unknownWord(word: string, known: readonly string[], of: string): Unresolved {
  const near = nearWord(word, known);
  const hint = near === undefined ? '' : `\n\nDid you mean this?\n\t${near}`;
  return {
    failure: fail(`unknown command ${JSON.stringify(word)} for ${JSON.stringify(of)}${hint}`),
    ...(near === undefined ? {} : { suggestion: `did you mean "${of} ${near}"?` }),
  };
}

function flagFailure(text: string, path: string): Failure {
  const command = path === '' ? 'kubectl' : `kubectl ${path}`;
  if (text === 'help')
    return failVerbatim(`help of ${command} is not modelled; see the kubectl reference`);
  return fail(`${text}\nSee '${command} --help' for usage.`);
}

function nearFlag(text: string, command: Command): { readonly suggestion?: string } {
  const name = /^unknown flag: --(\S+)/.exec(text)?.[1];
  if (name === undefined) return {};
  const near = suggest(
    name,
    [...command.flags, ...GLOBAL_FLAGS].map((flag) => flag.name),
  );
  return near === undefined ? {} : { suggestion: `did you mean --${near}?` };
}
