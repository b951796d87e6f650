/**
 * `kubectl cordon` and `kubectl uncordon`.
 */
import type { Node } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { type Command, DRY_RUN_FLAG, SELECTOR_FLAG } from '../command.ts';
import { type Failure, fail } from '../failure.ts';
import type { Call, Session } from '../session.ts';
import { modifyAll } from './modify.ts';

export const cordonCommand: Command = {
  path: 'cordon',
  flags: [SELECTOR_FLAG, DRY_RUN_FLAG],
  check: nodeArgs,
  run: (session, call) => mark(session, call, true),
};

export const uncordonCommand: Command = {
  path: 'uncordon',
  flags: [SELECTOR_FLAG, DRY_RUN_FLAG],
  check: nodeArgs,
  run: (session, call) => mark(session, call, false),
};

/** Also of drain: NODE…, or a selector. */
export function nodeArgs(call: Call): Failure | undefined {
  const hasSelector = call.flags.text('selector') !== '';
  if (call.args.length === 0 && !hasSelector) {
    return fail(
      `USAGE: ${call.command} NODE [flags]\nSee 'kubectl ${call.command} -h' for help and examples`,
    );
  }
  if (call.args.length > 0 && hasSelector) {
    return fail('error: cannot specify both a node name and a --selector option');
  }
  return undefined;
}

/** `node-1` and `node/node-1` are both a node. */
export function nodeTargets(args: readonly string[]): string[] {
  return args.length === 0
    ? ['nodes']
    : args.map((arg) => (arg.includes('/') ? arg : `node/${arg}`));
}

function* mark(session: Session, call: Call, isCordon: boolean): Proc<number> {
  const word = isCordon ? 'cordoned' : 'uncordoned';
  return yield* modifyAll(session, call, {
    args: nodeTargets(call.args),
    fieldManager: isCordon ? 'kubectl-cordon' : 'kubectl-uncordon',
    change: ({ object }) => {
      const isMarked = (object as Node).spec?.unschedulable === true;
      if (isMarked === isCordon) return { patch: undefined, word: `already ${word}` };
      return { patch: { spec: { unschedulable: isCordon ? true : null } }, word };
    },
  });
}
