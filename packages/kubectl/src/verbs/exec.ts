/**
 * `kubectl exec POD [-c CONTAINER] -- COMMAND`.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import type { Command } from '../command.ts';
import { type Failure, fail, failVerbatim, isFailure } from '../failure.ts';
import { FILENAME_FLAGS } from '../command.ts';
import { boolFlag, durationFlag, textFlag } from '../flags.ts';
import { chooseContainer, firstPod } from '../pod-choice.ts';
import type { Call, Session } from '../session.ts';

export const execCommand: Command = {
  path: 'exec',
  flags: [
    ...FILENAME_FLAGS,
    textFlag('container', 'c'),
    boolFlag('stdin', 'i'),
    boolFlag('tty', 't'),
    boolFlag('quiet', 'q'),
    durationFlag('pod-running-timeout', '1m0s'),
  ],
  check(call: Call): Failure | undefined {
    const { args, dashAt } = call;
    if (args.length === 0 || dashAt === 0) {
      return fail('pod, type/name or --filename must be specified');
    }
    if (dashAt === undefined && args.length > 1) {
      return fail(
        "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples",
      );
    }
    if (dashAt === undefined || args.length === dashAt) {
      return fail('you must specify at least one command for the container');
    }
    if (dashAt > 1) {
      return fail(
        "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples",
      );
    }
    return undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const { flags, args, dashAt = 0 } = call;
    const timeoutNs = flags.durationNs('pod-running-timeout');
    const pod = yield* firstPod(
      session,
      args[0] ?? '',
      timeoutNs <= 0 ? 60 * NS_PER_SEC : timeoutNs,
    );
    if (isFailure(pod)) return session.failed(pod);
    const phase = pod.status?.phase;
    if (phase === 'Succeeded' || phase === 'Failed') {
      return session.failed(
        fail(`cannot exec into a container in a completed pod; current phase is ${phase}`),
      );
    }
    const container = chooseContainer(session, pod, flags.text('container'), flags.bool('quiet'));
    if (isFailure(container)) return session.failed(container);
    const result = yield* session.ctx.exec({
      namespace: pod.metadata.namespace ?? session.namespace,
      pod: pod.metadata.name,
      container,
      argv: args.slice(dashAt),
      stdin: flags.bool('stdin') ? (session.ctx.stdin ?? '') : '',
      tty: flags.bool('tty'),
    });
    session.out(result.stdout);
    session.err(result.stderr);
    if (result.error !== undefined) {
      return session.failed(failVerbatim(`Error from server: ${result.error}`));
    }
    if (result.startError !== undefined) {
      // Both kubelet and the API server call it an internal error.
      const why = `Internal error occurred: Internal error occurred: ${result.startError}`;
      return session.failed(fail(why));
    }
    if (result.exitCode !== 0) {
      session.err(`command terminated with exit code ${result.exitCode}\n`);
    }
    return result.exitCode;
  },
};
