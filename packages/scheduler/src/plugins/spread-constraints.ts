/**
 * Topology spread constraints of a pod: its own, or the system's defaults for pods of a service or workload.
 *
 * Copies kube-scheduler's podtopologyspread common.go and plugins/helper/spread.go.
 */
import type { Node, Pod, Requirement, Selector, TopologySpreadConstraint } from '@podwire/api';
import {
  controllerOf,
  formatSelector,
  matchesSelector,
  selectorOf,
  selectorOfMap,
} from '@podwire/api';
import type { NodeInfo, PodInfo } from '../node-info.ts';
import type { ClusterObjects } from '../snapshot.ts';
import { matchesRequiredNodeAffinity } from './node-selector.ts';
import { findUntoleratedTaint } from './tolerations.ts';

export const HOSTNAME_LABEL = 'kubernetes.io/hostname';

export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly selector: Selector;
  readonly selectorText: string;
  readonly minDomains: number;
  readonly honorsNodeAffinity: boolean;
  readonly honorsNodeTaints: boolean;
}

/** defaultingType System: both soft, counted over the pods of the same service or workload. */
const SYSTEM_DEFAULTS = [
  { topologyKey: HOSTNAME_LABEL, maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5 },
] as const;

/** The pod's own constraints of one kind. */
export function ownConstraints(
  pod: Pod,
  action: TopologySpreadConstraint['whenUnsatisfiable'],
): SpreadConstraint[] {
  return (pod.spec.topologySpreadConstraints ?? [])
    .filter((constraint) => constraint.whenUnsatisfiable === action)
    .map((constraint) => {
      const selector = withMatchLabelKeys(pod, constraint);
      return {
        maxSkew: constraint.maxSkew,
        topologyKey: constraint.topologyKey,
        selector,
        selectorText: formatSelector(selector),
        minDomains: constraint.minDomains ?? 1,
        honorsNodeAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
        honorsNodeTaints: constraint.nodeTaintsPolicy === 'Honor',
      };
    });
}

/** The system's soft constraints; none for a pod that no service or workload selects. */
export function defaultConstraints(objects: ClusterObjects, pod: Pod): SpreadConstraint[] {
  const selector = defaultSelector(objects, pod);
  if (selector.requirements.length === 0) return [];
  const selectorText = formatSelector(selector);
  return SYSTEM_DEFAULTS.map(({ topologyKey, maxSkew }) => ({
    maxSkew,
    topologyKey,
    selector,
    selectorText,
    minDomains: 1,
    honorsNodeAffinity: true,
    honorsNodeTaints: false,
  }));
}

function withMatchLabelKeys(pod: Pod, constraint: TopologySpreadConstraint): Selector {
  const selector = selectorOf(constraint.labelSelector);
  const extra: Requirement[] = [];
  for (const key of constraint.matchLabelKeys ?? []) {
    const value = pod.metadata.labels?.[key];
    if (value !== undefined) extra.push({ key, operator: '=', values: [value] });
  }
  if (extra.length === 0 || selector.isNothing) return selector;
  return { ...selector, requirements: [...extra, ...selector.requirements] };
}

/** What the services that select the pod and its ReplicaSet or StatefulSet select, all together. */
function defaultSelector(objects: ClusterObjects, pod: Pod): Selector {
  const namespace = pod.metadata.namespace ?? 'default';
  const requirements = new Map<string, Requirement>();
  for (const service of objects.services(namespace)) {
    const { selector } = service.spec;
    if (selector === undefined || Object.keys(selector).length === 0) continue;
    const parsed = selectorOfMap(selector);
    if (!matchesSelector(parsed, pod.metadata.labels)) continue;
    for (const requirement of parsed.requirements) requirements.set(requirement.key, requirement);
  }
  const owner = controllerOf(pod);
  if (owner?.apiVersion === 'v1' && owner.kind === 'ReplicationController') {
    const labels = objects.replicationController?.(namespace, owner.name);
    for (const requirement of selectorOfMap(labels).requirements) {
      requirements.set(requirement.key, requirement);
    }
  }
  const all = [...requirements.values()];
  if (owner?.apiVersion === 'apps/v1') {
    const workload =
      owner.kind === 'ReplicaSet'
        ? objects.replicaSet(namespace, owner.name)
        : owner.kind === 'StatefulSet'
          ? objects.statefulSet(namespace, owner.name)
          : undefined;
    if (workload !== undefined) all.push(...selectorOf(workload.spec.selector).requirements);
  }
  return { requirements: all, isNothing: false };
}

export function hasAllTopologyKeys(
  node: NodeInfo,
  constraints: readonly SpreadConstraint[],
): boolean {
  return constraints.every(({ topologyKey }) => node.label(topologyKey) !== undefined);
}

/** Whether the node counts as a domain for this pod (nodeAffinityPolicy, nodeTaintsPolicy). */
export function includesNode(
  constraint: SpreadConstraint,
  pod: PodInfo,
  node: NodeInfo,
  cachedAffinity?: boolean,
): boolean {
  if (constraint.honorsNodeAffinity) {
    if (!(cachedAffinity ?? matchesRequiredNodeAffinity(pod.pod, node.node))) return false;
  }
  if (!constraint.honorsNodeTaints) return true;
  const taints = node.node.spec.taints;
  return (
    findUntoleratedTaint(taints, pod.pod.spec.tolerations, ['NoSchedule', 'NoExecute']) ===
    undefined
  );
}

/** Whether the node has any key that the pod's hard constraints name. */
export function hasAnyTopologyKey(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  return (pod.spec.topologySpreadConstraints ?? []).some(
    ({ topologyKey }) => labels[topologyKey] !== undefined,
  );
}

/** Whether another pod is counted by any of the pod's hard constraints. */
export function matchesAnyConstraint(pod: Pod, other: Pod): boolean {
  return ownConstraints(pod, 'DoNotSchedule').some(({ selector }) =>
    matchesSelector(selector, other.metadata.labels),
  );
}
