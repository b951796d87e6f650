/**
 * jq as people put it behind `-o json` (jq 1.6): paths, iteration, pipes, comparisons and the common functions.
 *
 * Not modelled: assignments, variables, reduce, objects that a program makes; such a program is refused.
 */
import { type Command, finished } from '../context.ts';
import { Getopt } from '../getopt.ts';
import type { Json } from './jq-filters.ts';
import { parseJq } from './jq-program.ts';
import { inputOf } from './text-tools.ts';

export const jq: Command = (ctx, argv) => finished(run(ctx, argv));

function run(ctx: Parameters<Command>[0], argv: readonly string[]): number {
  const long = new Map([
    ['raw-output', 'r'],
    ['compact-output', 'c'],
    ['exit-status', 'e'],
    ['sort-keys', 'S'],
  ]);
  const getopt = new Getopt(argv.slice(1), 'rcejSM', long);
  const [program = '.', ...files] = getopt.operands;
  if (getopt.error !== undefined) {
    ctx.err(
      `jq: ${getopt.error}\nUse jq --help for help with command-line options,\nor see the jq manpage, or online docs  at https://stedolan.github.io/jq\n`,
    );
    return 2;
  }
  const filter = parseJq(program);
  if (filter === undefined) {
    ctx.err(`jq: program ${program} is not modelled by podwire\n`);
    return 3;
  }
  const text = inputOf(ctx, files, 'jq');
  if (text === undefined) return 2;
  if (text.trim() === '') return 0;
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    const lines = text.split('\n').length;
    ctx.err(`parse error: Invalid numeric literal at line ${lines}, column 0\n`);
    return 4;
  }
  const found = filter(value);
  for (const each of found.values) {
    const shown = getopt.has('S') ? sorted(each) : each;
    const isRaw = getopt.has('r') || getopt.has('j');
    const printed =
      isRaw && typeof shown === 'string'
        ? shown
        : JSON.stringify(shown, undefined, getopt.has('c') ? undefined : 2);
    ctx.out(getopt.has('j') ? printed : `${printed}\n`);
  }
  if (found.error !== undefined) {
    const lines = text.split('\n').length - 1;
    ctx.err(`jq: error (at ${files[0] ?? '<stdin>'}:${lines}): ${found.error}\n`);
    return 5;
  }
  const last = found.values.at(-1);
  if (!getopt.has('e')) return 0;
  if (found.values.length === 0) return 4;
  return last === null || last === false ? 1 : 0;
}

function sorted(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted);
  const entries = Object.entries(value as { readonly [key: string]: Json });
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]),
  );
}
