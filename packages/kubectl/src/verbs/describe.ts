/**
 * `kubectl describe`.
 */
import type { Proc } from '@podwire/engine';
import { ALL_NAMESPACES_FLAG, type Command, FILENAME_FLAGS, SELECTOR_FLAG } from '../command.ts';
import { describeObject } from '../describe/index.ts';
import { type Failure, fail, hasReason, isFailure } from '../failure.ts';
import { boolFlag, intFlag } from '../flags.ts';
import { parseTargets } from '../resource-args.ts';
import type { Call, Found, Session } from '../session.ts';
import { lookUp } from './lookup.ts';

export const describeCommand: Command = {
  path: 'describe',
  flags: [
    ...FILENAME_FLAGS,
    SELECTOR_FLAG,
    ALL_NAMESPACES_FLAG,
    boolFlag('show-events', undefined, 'true'),
    intFlag('chunk-size', 500),
  ],
  check(call: Call): Failure | undefined {
    if (call.flags.list('filename').length > 0) return undefined;
    if (call.args.length === 0) {
      return fail(
        `You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.`,
      );
    }
    const targets = parseTargets(call.args);
    return isFailure(targets) ? targets : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const { flags, args } = call;
    const looked = yield* lookUp(session, { args, flags, isAllByDefault: true });
    if (isFailure(looked)) return session.failed(looked);
    const found: Found[] = [...looked.found];
    const failures: Failure[] = [];
    for (const failure of looked.failures) {
      const near = hasReason(failure, 'NotFound') ? yield* byPrefix(session, call) : [];
      if (near.length === 0) failures.push(failure);
      else for (const item of near) if (!found.includes(item)) found.push(item);
    }
    for (const [index, { info, object }] of found.entries()) {
      const text = yield* describeObject(session, info, object, flags.bool('show-events'));
      session.out(`${index === 0 ? '' : '\n\n'}${text}`);
    }
    if (failures.length > 0) return session.failed(...failures);
    if (found.length === 0) {
      session.err(
        flags.bool('all-namespaces')
          ? 'No resources found\n'
          : `No resources found in ${session.namespace} namespace.\n`,
      );
    }
    return 0;
  },
};

/** `describe pod web` describes the pods whose names begin with `web`, if there is no such pod. */
function* byPrefix(session: Session, call: Call): Proc<readonly Found[]> {
  const targets = parseTargets(call.args);
  if (isFailure(targets)) return [];
  const [target] = targets.targets;
  const prefix = target?.names[0];
  if (target === undefined || prefix === undefined || targets.targets.length > 1) return [];
  const listed = yield* session.list(target.info, { namespace: session.namespace });
  if (isFailure(listed)) return [];
  return listed.items
    .filter((object) => object.metadata.name.startsWith(prefix))
    .map((object) => ({ info: target.info, object }));
}
