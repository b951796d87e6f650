/**
 * sh -c SCRIPT, sh FILE, sh with a script on standard input.
 */
import { type Proc, Signal } from '@podwire/engine';
import type { CommandContext } from '../context.ts';
import { Shell } from '../shell/run.ts';

export function* sh(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const name = (argv[0] ?? 'sh').split('/').at(-1) ?? 'sh';
  let index = 1;
  let isCommand = false;
  for (; argv[index]?.startsWith('-') === true; index++) {
    const word = argv[index] ?? '';
    if (word === '--') {
      index++;
      break;
    }
    const unknown = /[^-ceilxuo]/.exec(word)?.[0];
    if (unknown !== undefined && !word.startsWith('--')) {
      ctx.err(`${name}: 0: Illegal option -${unknown}\n`);
      return 2;
    }
    if (word.includes('c') && !word.startsWith('--')) isCommand = true;
  }
  const operand = argv[index];
  const rest = argv.slice(index + 1);
  if (isCommand) {
    if (operand === undefined) {
      ctx.err(`${name}: 0: -c requires an argument\n`);
      return 2;
    }
    return yield* new Shell(ctx, rest[0] ?? name, rest.length > 0 ? rest : [name]).run(operand);
  }
  if (operand !== undefined) {
    const script = ctx.fs.read(operand);
    if (script === undefined) {
      ctx.err(`${name}: 0: cannot open ${operand}: No such file\n`);
      return 2;
    }
    return yield* new Shell(ctx, operand, [operand, ...rest]).run(script);
  }
  if (ctx.stdin !== undefined && ctx.stdin !== '') {
    return yield* new Shell(ctx, name, [name]).run(ctx.stdin);
  }
  // A shell on a terminal waits for input that never comes; without one it reads the end at once.
  if (ctx.isTty === true) yield* new Signal().wait();
  return 0;
}
