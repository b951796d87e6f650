/**
 * `kubectl drain`: cordons a node, then evicts its pods through the eviction API and waits until they are gone.
 */
import {
  type KubeObject,
  type Node,
  type Pod,
  SCHEME,
  controllerOf,
  isOk,
  parseSelector,
  matchesSelector,
  qualifiedResource,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import { type Command, DRY_RUN_FLAG, SELECTOR_FLAG, TIMEOUT_FLAG } from '../command.ts';
import { type Failure, fail, failureOf, hasReason, isFailure } from '../failure.ts';
import { boolFlag, intFlag, textFlag } from '../flags.ts';
import { podKind } from '../pod-choice.ts';
import { type Call, type Found, type Session, dryRunOf, dryRunSuffix } from '../session.ts';
import { nodeArgs, nodeTargets } from './cordon.ts';
import { lookUp } from './lookup.ts';
import { patchOne } from './modify.ts';

/** Between two tries of an eviction that a budget refused (drain.go). */
const EVICTION_RETRY_NS = 5 * NS_PER_SEC;
const POLL_NS = NS_PER_SEC;
const MIRROR = 'kubernetes.io/config.mirror';

export const drainCommand: Command = {
  path: 'drain',
  flags: [
    SELECTOR_FLAG,
    DRY_RUN_FLAG,
    TIMEOUT_FLAG,
    boolFlag('force'),
    boolFlag('ignore-daemonsets'),
    boolFlag('delete-emptydir-data'),
    boolFlag('disable-eviction'),
    intFlag('grace-period', -1),
    intFlag('chunk-size', 500),
    intFlag('skip-wait-for-delete-timeout'),
    textFlag('pod-selector'),
  ],
  check: nodeArgs,
  *run(session: Session, call: Call): Proc<number> {
    const looked = yield* lookUp(session, { args: nodeTargets(call.args), flags: call.flags });
    if (isFailure(looked)) return session.failed(looked);
    if (looked.failures.length > 0) return session.failed(...looked.failures);
    const dryRun = dryRunOf(call.flags);
    if (isFailure(dryRun)) return session.failed(dryRun);
    const suffix = dryRunSuffix(dryRun);
    for (const found of looked.found) {
      const isCordoned = (found.object as Node).spec?.unschedulable === true;
      if (!isCordoned && dryRun === 'none') {
        const change = { patch: { spec: { unschedulable: true } }, word: undefined };
        const patched = yield* patchOne(session, found, change, 'kubectl-drain');
        if (isFailure(patched)) return session.failed(patched);
      }
      session.out(
        `node/${found.object.metadata.name} ${isCordoned ? 'already cordoned' : 'cordoned'}${suffix}\n`,
      );
    }
    const failed: { readonly node: string; readonly why: Failure }[] = [];
    for (const found of looked.found) {
      const { name } = found.object.metadata;
      const problem = yield* drainOne(session, call, found, dryRun !== 'none');
      if (problem === undefined) {
        session.out(`node/${name} drained${suffix}\n`);
        continue;
      }
      failed.push({ node: name, why: problem });
      session.err(
        `error: unable to drain node ${JSON.stringify(name)} due to error: ${problem.message}, continuing command...\n`,
      );
    }
    if (failed.length === 0) return 0;
    session.err(
      `There are pending nodes to be drained:\n${failed.map(({ node }) => ` ${node}\n`).join('')}`,
    );
    session.err(failed.map(({ why }) => `${why.message}\n`).join(''));
    return 1;
  },
};

function* drainOne(
  session: Session,
  call: Call,
  { object: node }: Found,
  isDryRun: boolean,
): Proc<Failure | undefined> {
  const listed = yield* session.list(podKind(), {
    namespace: undefined,
    fieldSelector: `spec.nodeName=${node.metadata.name}`,
  });
  if (isFailure(listed)) return listed;
  const selector = parseSelector(call.flags.text('pod-selector'));
  if (typeof selector === 'string') return fail(selector);
  const pods = (listed.items as readonly Pod[]).filter(({ metadata }) =>
    matchesSelector(selector, metadata.labels),
  );
  const plan = yield* judgePods(session, call, pods);
  const errors = groupTexts(plan.errors);
  if (errors.length > 0)
    return fail(errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`);
  const warnings = groupTexts(plan.warnings);
  if (warnings.length > 0) session.err(`Warning: ${warnings.join('; ')}\n`);
  for (const pod of plan.victims) {
    session.out(
      `evicting pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name}${isDryRun ? ' (dry run)' : ''}\n`,
    );
  }
  if (isDryRun) return undefined;
  return yield* evictAll(session, call, plan.victims, node.metadata.name);
}

interface Plan {
  readonly victims: readonly Pod[];
  readonly errors: readonly (readonly [reason: string, pod: string])[];
  readonly warnings: readonly (readonly [reason: string, pod: string])[];
}

/** The filters of kubectl's drain: DaemonSet pods, mirror pods, local storage, pods without a controller. */
function* judgePods(session: Session, call: Call, pods: readonly Pod[]): Proc<Plan> {
  const { flags } = call;
  const victims: Pod[] = [];
  const errors: [string, string][] = [];
  const warnings: [string, string][] = [];
  for (const pod of pods) {
    const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
    if (pod.metadata.annotations?.[MIRROR] !== undefined) continue;
    const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    const owner = controllerOf(pod);
    if (owner?.kind === 'DaemonSet' && !isOver) {
      const isThere = yield* daemonSetExists(session, pod, owner.name);
      if (isThere) {
        if (flags.bool('ignore-daemonsets'))
          warnings.push(['ignoring DaemonSet-managed Pods', name]);
        else
          errors.push([
            'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)',
            name,
          ]);
        continue;
      }
    }
    let isRefused = false;
    const hasLocal = (pod.spec.volumes ?? []).some((volume) => volume.emptyDir !== undefined);
    if (hasLocal && !isOver && !flags.bool('delete-emptydir-data')) {
      errors.push([
        'cannot delete Pods with local storage (use --delete-emptydir-data to override)',
        name,
      ]);
      isRefused = true;
    } else if (hasLocal && !isOver) {
      warnings.push(['deleting Pods with local storage', name]);
    }
    if (owner === undefined && !isOver) {
      if (flags.bool('force')) warnings.push(['deleting Pods that declare no controller', name]);
      else {
        errors.push([
          // kubectl says so twice: once itself, once in its constant.
          'cannot delete cannot delete Pods that declare no controller (use --force to override)',
          name,
        ]);
        isRefused = true;
      }
    }
    if (!isRefused) victims.push(pod);
  }
  return { victims, errors, warnings };
}

function* daemonSetExists(session: Session, pod: Pod, name: string): Proc<boolean> {
  const info = SCHEME.byKind('apps/v1', 'DaemonSet');
  if (info === undefined) return false;
  const found = yield* session.get(info, pod.metadata.namespace, name);
  return !isFailure(found) || !hasReason(found, 'NotFound');
}

/** `reason: a, b` for each reason, in order of the reasons' text. */
function groupTexts(list: readonly (readonly [string, string])[]): string[] {
  const groups = new Map<string, string[]>();
  for (const [reason, pod] of list) groups.set(reason, [...(groups.get(reason) ?? []), pod]);
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([reason, pods]) => `${reason}: ${pods.join(', ')}`);
}

function* evictAll(
  session: Session,
  call: Call,
  victims: readonly Pod[],
  node: string,
): Proc<Failure | undefined> {
  const timeoutNs = call.flags.durationNs('timeout');
  const deadlineNs = timeoutNs <= 0 ? undefined : session.nowNs() + timeoutNs;
  const isLate = (): boolean => deadlineNs !== undefined && session.nowNs() >= deadlineNs;
  let waiting: readonly Pod[] = victims;
  while (waiting.length > 0) {
    const refused: Pod[] = [];
    for (const pod of waiting) {
      const problem = yield* evict(session, call, pod);
      if (problem === undefined || hasReason(problem, 'NotFound')) continue;
      if (!hasReason(problem, 'TooManyRequests')) {
        return fail(
          `error when evicting pods/${JSON.stringify(pod.metadata.name)} -n ${JSON.stringify(pod.metadata.namespace ?? '')}: ${problem.message}`,
        );
      }
      session.err(
        `error when evicting pods/${JSON.stringify(pod.metadata.name)} -n ${JSON.stringify(pod.metadata.namespace ?? '')} (will retry after 5s): ${problem.message}\n`,
      );
      refused.push(pod);
    }
    const gone = yield* awaitGone(
      session,
      waiting.filter((pod) => !refused.includes(pod)),
      isLate,
    );
    if (!gone || (refused.length > 0 && isLate())) return timedOut(session, call, node, victims);
    waiting = refused;
    if (waiting.length === 0) break;
    yield* sleep(EVICTION_RETRY_NS);
    for (const pod of waiting) {
      session.out(`evicting pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name}\n`);
    }
  }
  return undefined;
}

function timedOut(session: Session, call: Call, node: string, victims: readonly Pod[]): Failure {
  const why = `error when waiting for pods to be evicted: global timeout reached: ${call.flags.text('timeout')}`;
  session.err(
    `There are pending pods in node ${JSON.stringify(node)} when an error occurred: ${why}\n`,
  );
  session.err(victims.map(({ metadata }) => `pod/${metadata.name}\n`).join(''));
  return fail(why);
}

function* evict(session: Session, call: Call, pod: Pod): Proc<Failure | undefined> {
  const { name, namespace } = pod.metadata;
  const grace = call.flags.int('grace-period');
  const options = grace < 0 ? {} : { gracePeriodSeconds: grace };
  const where = { name, ...(namespace === undefined ? {} : { namespace }) };
  const response = call.flags.bool('disable-eviction')
    ? yield* session.request({
        verb: 'delete',
        resource: qualifiedResource(podKind()),
        ...where,
        body: { kind: 'DeleteOptions', apiVersion: 'v1', ...options },
      })
    : yield* session.request({
        verb: 'create',
        resource: qualifiedResource(podKind()),
        subresource: 'eviction',
        ...where,
        body: {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: where,
          ...(grace < 0 ? {} : { deleteOptions: options }),
        },
      });
  return isOk(response) ? undefined : failureOf(response);
}

/** Looks every second, as kubectl does. False: the time is up. */
function* awaitGone(session: Session, pods: readonly Pod[], isLate: () => boolean): Proc<boolean> {
  let left: readonly Pod[] = pods;
  for (;;) {
    const still: Pod[] = [];
    for (const pod of left) {
      const { name, namespace, uid } = pod.metadata;
      const present: KubeObject | Failure = yield* session.get(podKind(), namespace, name);
      const isGone = isFailure(present)
        ? hasReason(present, 'NotFound')
        : present.metadata.uid !== uid;
      if (isGone) session.out(`pod/${name} evicted\n`);
      else still.push(pod);
    }
    left = still;
    if (left.length === 0) return true;
    if (isLate()) return false;
    yield* sleep(POLL_NS);
  }
}
