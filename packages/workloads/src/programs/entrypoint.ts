/**
 * The entrypoint scripts of official images: some words, then their arguments as the program.
 */
import type { Proc } from '@podwire/engine';
import type { CommandContext } from '../context.ts';

export function* entrypoint(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const rest = argv.slice(1);
  const name = rest[0] ?? 'sh';
  const script = argv[0] ?? '';
  if (script.endsWith('docker-entrypoint.sh') && name === 'nginx') {
    ctx.out(
      `${script}: /docker-entrypoint.d/ is not empty, will attempt to perform configuration\n`,
    );
    ctx.out(`${script}: Configuration complete; ready for start up\n`);
  }
  // curl's image: arguments that are no program are curl's own.
  const isCurl = script.endsWith('entrypoint.sh') && !script.endsWith('docker-entrypoint.sh');
  const program = ctx.find(name);
  if (program !== undefined) return yield* program(ctx, rest);
  const curl = isCurl ? ctx.find('curl') : undefined;
  if (curl !== undefined) return yield* curl(ctx, ['curl', ...rest]);
  ctx.err(`${script}: exec: line 47: ${name}: not found\n`);
  return 127;
}
