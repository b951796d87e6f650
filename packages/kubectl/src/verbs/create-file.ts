/**
 * `kubectl create -f` and `kubectl replace -f`: objects as the files have them.
 */
import { matchesSelector, parseSelector, qualifiedResource } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { withLastApplied } from '../apply.ts';
import {
  type Command,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  FILENAME_FLAGS,
  PRINT_FLAGS,
  SELECTOR_FLAG,
  VALIDATE_FLAG,
} from '../command.ts';
import { type Failure, addSource, fail, hasReason, isFailure } from '../failure.ts';
import { boolFlag, durationFlag, intFlag } from '../flags.ts';
import { readManifests } from '../manifest.ts';
import { printedOf } from '../printed.ts';
import { type Call, type Session, dryRunOf, scope } from '../session.ts';
import { waitFor } from '../wait-for.ts';
import { placed, writeQuery } from './apply.ts';

const FLAGS = [
  ...PRINT_FLAGS,
  ...FILENAME_FLAGS,
  SELECTOR_FLAG,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  VALIDATE_FLAG,
  boolFlag('save-config'),
];

function check(call: Call): Failure | undefined {
  const { flags, args } = call;
  const [word] = args;
  if (word !== undefined && flags.list('filename').length === 0) {
    return fail(
      `Unexpected args: [${args.join(' ')}]\nSee 'kubectl ${call.command} -h' for help and examples`,
    );
  }
  if (flags.list('filename').length === 0) {
    return fail('must specify one of -f and -k');
  }
  const dryRun = dryRunOf(flags);
  return isFailure(dryRun) ? dryRun : undefined;
}

export const createCommand: Command = {
  path: 'create',
  flags: [...FLAGS, { ...boolFlag('edit'), refusal: '--edit is not modelled: there is no editor' }],
  check,
  *run(session: Session, call: Call): Proc<number> {
    return yield* writeAll(session, call, 'create');
  },
};

export const replaceCommand: Command = {
  path: 'replace',
  flags: [
    ...FLAGS,
    boolFlag('force'),
    intFlag('grace-period', -1),
    durationFlag('timeout'),
    boolFlag('wait'),
    boolFlag('cascade'),
  ],
  check,
  *run(session: Session, call: Call): Proc<number> {
    return yield* writeAll(session, call, 'replace');
  },
};

function* writeAll(session: Session, call: Call, verb: 'create' | 'replace'): Proc<number> {
  const { flags } = call;
  const dryRun = dryRunOf(flags);
  if (isFailure(dryRun)) return session.failed(dryRun);
  const printed = printedOf(session, flags, dryRun);
  if (isFailure(printed)) return session.failed(printed);
  const selector = parseSelector(flags.text('selector'));
  if (typeof selector === 'string') return session.failed(fail(selector));
  const { manifests, failures: bad } = readManifests(session.ctx, flags.list('filename'), {
    recursive: flags.bool('recursive'),
    isValidated: true,
  });
  const failures: Failure[] = [...bad];
  const chosen = manifests.filter(({ object }) =>
    matchesSelector(selector, object.metadata.labels),
  );
  if (chosen.length === 0 && failures.length === 0) {
    return session.failed(fail(`no objects passed to ${verb}`));
  }
  for (const manifest of chosen) {
    const { info, source } = manifest;
    const put = placed(session, manifest);
    if (isFailure(put)) {
      failures.push(put);
      continue;
    }
    const object = flags.bool('save-config') ? withLastApplied(put) : put;
    const { namespace, name } = object.metadata;
    const word = verb === 'create' ? 'created' : 'replaced';
    if (dryRun === 'client') {
      const problem = printed.done(info, object, word);
      if (problem !== undefined) failures.push(problem);
      continue;
    }
    const isForced = verb === 'replace' && flags.bool('force');
    if (isForced) {
      const problem = yield* removeFirst(session, call, manifest.info, namespace, name);
      if (problem !== undefined) {
        failures.push(problem);
        continue;
      }
    }
    const answer = yield* session.requestObject({
      verb: verb === 'create' || isForced ? 'create' : 'update',
      resource: qualifiedResource(info),
      ...scope(info, namespace),
      ...(verb === 'create' || isForced ? {} : { name }),
      body: object,
      query: writeQuery(call, dryRun),
      fieldManager: flags.text('field-manager') || `kubectl-${verb}`,
    });
    const problem = isFailure(answer)
      ? addSource(verb === 'create' ? 'creating' : 'replacing', source, answer)
      : printed.done(info, answer, word);
    if (problem !== undefined) failures.push(problem);
  }
  return failures.length === 0 ? 0 : session.failed(...failures);
}

/** `replace --force` deletes the object and waits until it is gone. */
function* removeFirst(
  session: Session,
  call: Call,
  info: Parameters<Session['get']>[0],
  namespace: string | undefined,
  name: string,
): Proc<Failure | undefined> {
  const grace = call.flags.int('grace-period');
  const answer = yield* session.request({
    verb: 'delete',
    resource: qualifiedResource(info),
    ...scope(info, namespace),
    name,
    body: {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Background',
      gracePeriodSeconds: grace < 0 ? 0 : grace,
    },
  });
  const gone = yield* waitFor(
    session,
    { info, namespace, name },
    (object) => object === undefined,
    undefined,
  );
  if (isFailure(gone)) return hasReason(gone, 'NotFound') ? undefined : gone;
  void answer;
  return undefined;
}
