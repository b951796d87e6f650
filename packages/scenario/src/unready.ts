/**
 * Why a cluster is not ready: nodes that have not joined, nodes and pods that are not Ready.
 */
import type { Node, Pod } from '@podwire/api';
import type { Operator } from '@podwire/cluster';
import type { Proc } from '@podwire/engine';

/** As many are named. */
const NAMED_MAX = 5;

/** The reasons in short sentences; none when nothing is known to be wrong. */
export function* unreadyReasons(operator: Operator): Proc<readonly string[]> {
  const wanted = operator.spec.cluster.nodes.map(({ name }) => name);
  const nodes = (yield* operator.list('nodes')) as readonly Node[];
  const pods = (yield* operator.list('pods')) as readonly Pod[];
  return [...nodeReasons(wanted, nodes), ...podReasons(pods)];
}

export function nodeReasons(wanted: readonly string[], nodes: readonly Node[]): readonly string[] {
  const joined = new Map(nodes.map((node) => [node.metadata.name, node]));
  const missing = wanted.filter((name) => !joined.has(name));
  const reasons = missing.length === 0 ? [] : [`${listOf(missing, 'node', 'nodes')} not joined`];
  for (const node of nodes) {
    const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') continue;
    reasons.push(
      `node ${node.metadata.name} is not Ready: ${ready?.message ?? 'it has not reported'}`,
    );
  }
  return cut(reasons);
}

export function podReasons(pods: readonly Pod[]): readonly string[] {
  const reasons = pods.flatMap(({ metadata, status }) => {
    const conditions = status?.conditions ?? [];
    if (conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True')) return [];
    const waiting = (status?.containerStatuses ?? []).find(
      ({ state }) => state?.waiting !== undefined,
    );
    const unscheduled = conditions.find(
      ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
    );
    const why =
      unscheduled?.message ??
      waiting?.state?.waiting?.message ??
      waiting?.state?.waiting?.reason ??
      conditions.find(({ type }) => type === 'Ready')?.message ??
      status?.phase ??
      'it has not been scheduled';
    return [`pod ${metadata.namespace ?? 'default'}/${metadata.name} is not Ready: ${why}`];
  });
  return cut(reasons);
}

function cut(reasons: readonly string[]): readonly string[] {
  if (reasons.length <= NAMED_MAX) return reasons;
  return [...reasons.slice(0, NAMED_MAX), `and ${reasons.length - NAMED_MAX} more`];
}

function listOf(names: readonly string[], one: string, several: string): string {
  if (names.length === 1) return `${one} ${names[0] ?? ''} has`;
  const shown = names.slice(0, NAMED_MAX).join(', ');
  return `${several} ${shown}${names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : ''} have`;
}
