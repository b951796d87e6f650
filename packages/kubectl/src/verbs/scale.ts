/**
 * `kubectl scale`.
 */
import type { Proc } from '@podwire/engine';
import {
  type Command,
  DRY_RUN_FLAG,
  FILENAME_FLAGS,
  PRINT_FLAGS,
  SELECTOR_FLAG,
  TIMEOUT_FLAG,
} from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { boolFlag, intFlag, textFlag } from '../flags.ts';
import { numberAt } from '../json-value.ts';
import { NO_RESOURCES, parseTargets } from '../resource-args.ts';
import type { Call, Found, Session } from '../session.ts';
import { type Change, modifyAll } from './modify.ts';

export const scaleCommand: Command = {
  path: 'scale',
  flags: [
    ...PRINT_FLAGS,
    ...FILENAME_FLAGS,
    SELECTOR_FLAG,
    DRY_RUN_FLAG,
    TIMEOUT_FLAG,
    boolFlag('all'),
    intFlag('replicas'),
    intFlag('current-replicas', -1),
    textFlag('resource-version'),
  ],
  check(call: Call): Failure | undefined {
    const { flags, args } = call;
    if (!flags.has('replicas')) return fail('required flag(s) "replicas" not set');
    if (flags.int('replicas') < 0) {
      return fail(
        'The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0',
      );
    }
    if (flags.list('filename').length > 0) return undefined;
    if (args.length === 0) return fail(NO_RESOURCES);
    const targets = parseTargets(args);
    return isFailure(targets) ? targets : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    return yield* modifyAll(session, call, {
      args: call.args,
      isAll: call.flags.bool('all'),
      fieldManager: 'kubectl-scale',
      nothingFound: 'error: no objects passed to scale\n',
      change: (found) => changeOf(call, found),
    });
  },
};

function changeOf(call: Call, { info, object }: Found): Change | Failure {
  if (!info.subresources.includes('scale')) {
    return fail('the server could not find the requested resource');
  }
  const expected = call.flags.int('current-replicas');
  const present = numberAt(object, 'spec', 'replicas');
  if (expected >= 0 && present !== expected) {
    return fail(`Expected replicas to be ${expected}, was ${present}`);
  }
  return {
    patch: { spec: { replicas: call.flags.int('replicas') } },
    word: 'scaled',
    patchType: 'merge-patch',
    subresource: 'scale',
  };
}
