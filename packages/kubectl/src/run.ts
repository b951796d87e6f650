/**
 * Runs one kubectl command line as a process.
 *
 * From: the control-plane host, for each `kubectl …` or `oc …` of a scenario. To: a verb of `verbs/`, which asks
 * the API through the context's client.
 */
import type { Proc } from '@podwire/engine';
import type { KubectlContext } from './context.ts';
import { formatFailure } from './failure.ts';
import { resolveCommand } from './parse.ts';
import { Session } from './session.ts';

/** `argv` without `kubectl` or `oc` itself. Gives the exit code. */
export function* runKubectl(given: KubectlContext, argv: readonly string[]): Proc<number> {
  const ctx = given.program === 'oc' ? speakingAsOc(given) : given;
  const resolved = resolveCommand(argv, given.program);
  if ('failure' in resolved) {
    ctx.err(formatFailure(resolved.failure));
    return 1;
  }
  const { command, call } = resolved;
  const problem = command.check?.(call);
  if (problem !== undefined) {
    ctx.err(formatFailure(problem));
    return 1;
  }
  return yield* command.run(new Session(ctx, call.flags), call);
}

/** What kubectl says of itself, oc says of itself. */
function speakingAsOc(ctx: KubectlContext): KubectlContext {
  return {
    ...ctx,
    err: (text) => {
      ctx.err(text.replaceAll(/(See '|Use "|with ')kubectl /g, '$1oc '));
    },
  };
}
