/**
 * `oc rsh POD [COMMAND]`: a shell in a container, or one command there.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import type { Command } from '../command.ts';
import { type Failure, fail, failVerbatim, isFailure } from '../failure.ts';
import { boolFlag, intFlag, textFlag } from '../flags.ts';
import { chooseContainer, firstPod } from '../pod-choice.ts';
import type { Call, Session } from '../session.ts';

export const rshCommand: Command = {
  path: 'rsh',
  hasTrailingCommand: true,
  flags: [
    textFlag('container', 'c'),
    textFlag('shell', undefined, '/bin/sh'),
    boolFlag('no-tty', 'T'),
    boolFlag('tty', 't'),
    intFlag('timeout', 10),
  ],
  check(call: Call): Failure | undefined {
    return call.args.length === 0 ? fail('rsh requires a single Pod to connect to') : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const { flags, args } = call;
    const [word = '', ...command] = args;
    const pod = yield* firstPod(session, word, flags.int('timeout') * NS_PER_SEC);
    if (isFailure(pod)) return session.failed(pod);
    const container = chooseContainer(session, pod, flags.text('container'), false);
    if (isFailure(container)) return session.failed(container);
    const result = yield* session.ctx.exec({
      namespace: pod.metadata.namespace ?? session.namespace,
      pod: pod.metadata.name,
      container,
      argv: command.length === 0 ? [flags.text('shell')] : command,
      stdin: session.ctx.stdin ?? '',
      tty: !flags.bool('no-tty'),
    });
    session.out(result.stdout);
    session.err(result.stderr);
    if (result.error !== undefined) {
      return session.failed(failVerbatim(`Error from server: ${result.error}`));
    }
    if (result.startError !== undefined) {
      return session.failed(fail(`Internal error occurred: ${result.startError}`));
    }
    if (result.exitCode !== 0)
      session.err(`command terminated with exit code ${result.exitCode}\n`);
    return result.exitCode;
  },
};
