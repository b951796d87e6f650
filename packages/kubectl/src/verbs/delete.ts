/**
 * `kubectl delete`: by name, selector or file; waits until the objects are gone.
 *
 * The text is that of kubectl 1.34 and later, which names the namespace (`pod "web" deleted from default
 * namespace`); up to 1.33 it stops after `deleted`.
 */
import { type ApiResponse, isOk, isStatus, qualifiedResource } from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import {
  ALL_NAMESPACES_FLAG,
  type Command,
  DRY_RUN_FLAG,
  FIELD_SELECTOR_FLAG,
  FILENAME_FLAGS,
  SELECTOR_FLAG,
  TIMEOUT_FLAG,
} from '../command.ts';
import { type Failure, addSource, fail, failureOf, hasReason, isFailure } from '../failure.ts';
import { boolFlag, intFlag, textFlag } from '../flags.ts';
import { NO_RESOURCES, parseTargets } from '../resource-args.ts';
import {
  type Call,
  type DryRun,
  type Found,
  type Session,
  dryRunOf,
  dryRunSuffix,
  kindName,
  objectName,
  scope,
} from '../session.ts';
import { waitFor } from '../wait-for.ts';
import { lookUp } from './lookup.ts';

const FORCE_WARNING =
  'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n';

export const deleteCommand: Command = {
  path: 'delete',
  flags: [
    ...FILENAME_FLAGS,
    SELECTOR_FLAG,
    FIELD_SELECTOR_FLAG,
    ALL_NAMESPACES_FLAG,
    DRY_RUN_FLAG,
    TIMEOUT_FLAG,
    boolFlag('all'),
    boolFlag('force'),
    boolFlag('now'),
    boolFlag('wait', undefined, 'true'),
    boolFlag('ignore-not-found'),
    intFlag('grace-period', -1),
    { name: 'cascade', kind: 'text', fallback: 'background', bareValue: 'background' },
    textFlag('output', 'o'),
    {
      ...boolFlag('interactive', 'i'),
      refusal: '--interactive is not modelled: nobody would answer',
    },
    { ...textFlag('raw'), refusal: '--raw is not modelled' },
  ],
  check(call: Call): Failure | undefined {
    const { flags, args } = call;
    if (flags.bool('now') && flags.int('grace-period') !== -1) {
      return fail('--now and --grace-period cannot be specified together');
    }
    const output = flags.text('output');
    if (output !== '' && output !== 'name') {
      return fail(`unexpected -o output mode: ${output}. We only support '-o name'`);
    }
    if (flags.bool('all') && flags.text('selector') !== '') {
      return fail('cannot set --all and --selector at the same time');
    }
    if (flags.bool('all') && flags.text('field-selector') !== '') {
      return fail('cannot set --all and --field-selector at the same time');
    }
    if (flags.bool('force') && flags.int('grace-period') > 0) {
      return fail('--force and --grace-period greater than 0 cannot be specified together');
    }
    if (propagationOf(flags.text('cascade')) === undefined) {
      return fail(
        `invalid cascade value (${flags.text('cascade')}). Must be "background", "foreground", or "orphan"`,
      );
    }
    const dryRun = dryRunOf(flags);
    if (isFailure(dryRun)) return dryRun;
    if (flags.list('filename').length > 0) return undefined;
    if (args.length === 0) return fail(NO_RESOURCES);
    const targets = parseTargets(args);
    return isFailure(targets) ? targets : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    return yield* deleteAll(session, call);
  },
};

function* deleteAll(session: Session, call: Call): Proc<number> {
  const { flags } = call;
  const dryRun = dryRunOf(flags);
  if (isFailure(dryRun)) return session.failed(dryRun);
  const grace = graceOf(call);
  if (grace === 0 && flags.bool('force')) session.err(FORCE_WARNING);
  const isSelecting =
    flags.bool('all') || flags.text('selector') !== '' || flags.text('field-selector') !== '';
  const isForgiving = flags.has('ignore-not-found') ? flags.bool('ignore-not-found') : isSelecting;
  const chosen = yield* chooseTargets(session, call);
  if (isFailure(chosen)) return session.failed(chosen);
  const failures: Failure[] = [...chosen.failures];
  if (session.isNamespaceGiven && chosen.found.some(({ info }) => !info.isNamespaced)) {
    session.err(
      'Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n',
    );
  }
  const deleted: { readonly found: Found; readonly uid: string | undefined }[] = [];
  for (const found of chosen.found) {
    if (dryRun === 'client') {
      announce(session, call, found, grace, dryRun);
      continue;
    }
    const response = yield* requestDelete(session, call, found, grace, dryRun);
    if (!isOk(response)) {
      const failure = failureOf(response);
      if (isForgiving && hasReason(failure, 'NotFound')) continue;
      failures.push(addSource('deleting', chosen.source, failure));
      continue;
    }
    announce(session, call, found, grace, dryRun);
    deleted.push({ found, uid: uidOf(response) });
  }
  if (failures.length > 0) return session.failed(...failures);
  if (chosen.found.length === 0) {
    session.out('No resources found\n');
    return 0;
  }
  if (!flags.bool('wait') || dryRun !== 'none') return 0;
  return yield* waitForAll(session, call, deleted);
}

interface Chosen {
  readonly found: readonly Found[];
  readonly failures: readonly Failure[];
  /** Of a file, for errors. */
  readonly source: string;
}

/** Names are not read before they are deleted: the server says whether they exist. */
function* chooseTargets(session: Session, call: Call): Proc<Chosen | Failure> {
  const { flags, args } = call;
  const isSelecting =
    flags.bool('all') || flags.text('selector') !== '' || flags.text('field-selector') !== '';
  if (flags.list('filename').length > 0 || isSelecting) {
    const found = yield* lookUp(session, {
      args,
      flags,
      isAll: flags.bool('all'),
      isLatest: false,
    });
    if (isFailure(found)) return found;
    return { ...found, source: flags.list('filename')[0] ?? '' };
  }
  const targets = parseTargets(args);
  if (isFailure(targets)) return targets;
  const found: Found[] = [];
  for (const { info, names } of targets.targets) {
    if (names.length === 0) return fail('resource(s) were provided, but no name was specified');
    for (const name of names) {
      const namespace = info.isNamespaced ? { namespace: session.namespace } : {};
      const apiVersion = info.group === '' ? info.version : `${info.group}/${info.version}`;
      found.push({
        info,
        object: { apiVersion, kind: info.kind, metadata: { name, ...namespace } },
      });
    }
  }
  return { found, failures: [], source: '' };
}

/** Undefined leaves the object's own; 0 without --force becomes 1, so that nothing is lost by accident. */
function graceOf(call: Call): number | undefined {
  const { flags } = call;
  const given = flags.bool('now') ? 1 : flags.int('grace-period');
  if (given === 0 && !flags.bool('force')) return 1;
  if (given < 0) return flags.bool('force') ? 0 : undefined;
  return given;
}

function propagationOf(cascade: string): 'Background' | 'Foreground' | 'Orphan' | undefined {
  switch (cascade) {
    case 'background':
    case 'true':
      return 'Background';
    case 'foreground':
      return 'Foreground';
    case 'orphan':
    case 'false':
      return 'Orphan';
    default:
      return undefined;
  }
}

function* requestDelete(
  session: Session,
  call: Call,
  found: Found,
  grace: number | undefined,
  dryRun: DryRun,
): Proc<ApiResponse> {
  const { info, object } = found;
  return yield* session.request({
    verb: 'delete',
    resource: qualifiedResource(info),
    ...scope(info, object.metadata.namespace),
    name: object.metadata.name,
    body: {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: propagationOf(call.flags.text('cascade')) ?? 'Background',
      ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
      ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
    },
    ...(dryRun === 'server' ? { query: { dryRun: 'All' } } : {}),
  });
}

function announce(
  session: Session,
  call: Call,
  { info, object }: Found,
  grace: number | undefined,
  dryRun: DryRun,
): void {
  const { name, namespace } = object.metadata;
  if (call.flags.text('output') === 'name') {
    session.out(`${objectName(info, name)}\n`);
    return;
  }
  const word = `${grace === 0 ? 'force deleted' : 'deleted'}`;
  const place = info.isNamespaced && namespace !== undefined ? ` from ${namespace} namespace` : '';
  session.out(`${kindName(info)} ${JSON.stringify(name)} ${word}${place}${dryRunSuffix(dryRun)}\n`);
}

function uidOf(response: ApiResponse): string | undefined {
  const { body } = response;
  if (isStatus(body)) return body.details?.uid;
  return 'uid' in body.metadata ? (body.metadata.uid as string) : undefined;
}

/** A week, as kubectl's "for ever". */
const FOREVER_NS = 168 * 3600 * NS_PER_SEC;

function* waitForAll(
  session: Session,
  call: Call,
  deleted: readonly { readonly found: Found; readonly uid: string | undefined }[],
): Proc<number> {
  const timeoutNs = call.flags.durationNs('timeout');
  const deadlineNs = session.nowNs() + (timeoutNs <= 0 ? FOREVER_NS : timeoutNs);
  for (const { found, uid } of deleted) {
    const { info, object } = found;
    const { name, namespace } = object.metadata;
    const outcome = yield* waitFor(
      session,
      { info, namespace, name },
      (present) => present === undefined || (uid !== undefined && present.metadata.uid !== uid),
      Math.max(0, deadlineNs - session.nowNs()),
    );
    if (outcome === 'timeout') {
      return session.failed(fail(`timed out waiting for the condition on ${info.plural}/${name}`));
    }
    if (isFailure(outcome)) return session.failed(outcome);
  }
  return 0;
}
