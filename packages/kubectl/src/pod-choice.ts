/**
 * Which pod and which container `exec` and `logs` mean: `POD`, `deploy/NAME`, `svc/NAME`, `-c`, or a default.
 */
import {
  type Container,
  type KindInfo,
  type KubeObject,
  type LabelSelector,
  type Pod,
  SCHEME,
  formatSelector,
  selectorOf,
  selectorOfMap,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import { type Failure, fail, isFailure } from './failure.ts';
import { at, isRecord } from './json-value.ts';
import { parseTargets } from './resource-args.ts';
import type { Session } from './session.ts';

/** The kind Pod. */
export function podKind(): KindInfo {
  const info = SCHEME.byKind('v1', 'Pod');
  if (info === undefined) throw new Error('the scheme has pods');
  return info;
}

/** The pods that TYPE/NAME stands for, best first; for a pod itself one. */
export function* podsOf(
  session: Session,
  word: string,
): Proc<{ readonly pods: readonly Pod[]; readonly isPod: boolean } | Failure> {
  const targets = parseTargets(word.includes('/') ? [word] : ['pods', word]);
  if (isFailure(targets)) return targets;
  const [target] = targets.targets;
  const name = target?.names[0];
  if (target === undefined || name === undefined) return fail('expected exactly one pod');
  const object = yield* session.get(target.info, session.namespace, name);
  if (isFailure(object)) return object;
  if (target.info.kind === 'Pod') return { pods: [object as Pod], isPod: true };
  const labelSelector = podSelector(object);
  if (labelSelector === undefined) {
    return fail(
      `cannot attach to *${target.info.kind}: selector for *${target.info.kind} not implemented`,
    );
  }
  const listed = yield* session.list(podKind(), { namespace: session.namespace, labelSelector });
  if (isFailure(listed)) return listed;
  return { pods: [...(listed.items as readonly Pod[])].sort(byActivity), isPod: false };
}

/** The first pod of a workload; waits up to the timeout for one to be there. */
export function* firstPod(session: Session, word: string, timeoutNs: number): Proc<Pod | Failure> {
  const deadlineNs = session.nowNs() + timeoutNs;
  for (;;) {
    const found = yield* podsOf(session, word);
    if (isFailure(found)) return found;
    const [pod] = found.pods;
    if (pod !== undefined) return pod;
    if (session.nowNs() >= deadlineNs) return fail('timed out waiting for the condition');
    yield* sleep(NS_PER_SEC);
  }
}

function podSelector(object: KubeObject): string | undefined {
  const selector = at(object, 'spec', 'selector');
  if (!isRecord(selector)) return undefined;
  const hasMap = ['Service', 'ReplicationController', 'DeploymentConfig'].includes(object.kind);
  return hasMap
    ? formatSelector(selectorOfMap(selector as Record<string, string>))
    : formatSelector(selectorOf(selector as LabelSelector));
}

/** controller.ActivePods reversed: assigned, running, ready pods first, then the older. */
function byActivity(left: Pod, right: Pod): number {
  return (
    rank(right) - rank(left) ||
    compare(left.metadata.creationTimestamp ?? '', right.metadata.creationTimestamp ?? '') ||
    compare(left.metadata.name, right.metadata.name)
  );
}

function rank(pod: Pod): number {
  const isAssigned = (pod.spec.nodeName ?? '') !== '';
  const phase = pod.status?.phase;
  const isReady = (pod.status?.conditions ?? []).some(
    (c) => c.type === 'Ready' && c.status === 'True',
  );
  const phaseRank = phase === 'Running' ? 2 : phase === 'Unknown' ? 1 : 0;
  return (isAssigned ? 8 : 0) + phaseRank * 2 + (isReady ? 1 : 0);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** All containers in the order in which kubectl names them. */
export function containersOf(pod: Pod): Container[] {
  return [
    ...pod.spec.containers,
    ...(pod.spec.initContainers ?? []),
    ...(pod.spec.ephemeralContainers ?? []),
  ];
}

/** The container of `-c`, of the annotation, or the first with a word about it on stderr. */
export function chooseContainer(
  session: Session,
  pod: Pod,
  given: string,
  isQuiet: boolean,
): string | Failure {
  const all = containersOf(pod);
  if (given !== '') {
    return all.some(({ name }) => name === given)
      ? given
      : fail(`container ${given} not found in pod ${pod.metadata.name}`);
  }
  const preferred = pod.metadata.annotations?.[DEFAULT_CONTAINER] ?? '';
  if (preferred !== '') {
    if (all.some(({ name }) => name === preferred)) return preferred;
    session.err(
      `Default container name ${JSON.stringify(preferred)} not found in pod ${pod.metadata.name}\n`,
    );
  }
  const [first] = pod.spec.containers;
  if (first === undefined) return fail(`pod ${pod.metadata.name} has no containers`);
  if (all.length > 1 && !isQuiet) {
    session.err(
      `Defaulted container ${JSON.stringify(first.name)} out of: ${containerList(pod)}\n`,
    );
  }
  return first.name;
}

function containerList(pod: Pod): string {
  return [
    ...pod.spec.containers.map(({ name }) => name),
    ...(pod.spec.initContainers ?? []).map(({ name }) => `${name} (init)`),
    ...(pod.spec.ephemeralContainers ?? []).map(({ name }) => `${name} (ephem)`),
  ].join(', ');
}
