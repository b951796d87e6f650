/**
 * Topology spread constraints of a pod: its own, or the system's defaults for pods of a service or workload.
 *
 * Copies kube-scheduler's podtopologyspread common.go and plugins/helper/spread.go.
 */
import type {
  LabelSelector,
  Node,
  OwnerReference,
  Pod,
  Requirement,
  Selector,
  TopologySpreadConstraint,
} from '@podwire/api';
import {
  controllerOf,
  formatSelector,
  jsonEqual,
  matchesSelector,
  selectorOf,
  selectorOfMap,
} from '@podwire/api';
import type { ClusterObjects } from '../cluster-objects.ts';
import type { Cycle } from '../framework.ts';

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

const NONE: readonly SpreadConstraint[] = [];

/** The own constraints of pods of this shape. */
export function ownConstraintsOf(
  { shape, pod }: Cycle,
  action: TopologySpreadConstraint['whenUnsatisfiable'],
): readonly SpreadConstraint[] {
  if (shape.template.spreadConstraints.length === 0) return NONE;
  shape.memo ??= {};
  if (action === 'DoNotSchedule') return (shape.memo.hard ??= ownConstraints(pod.pod, action));
  return (shape.memo.soft ??= ownConstraints(pod.pod, action));
}

/** The system's soft constraints for pods of this shape; worked out anew when services or the owner change. */
export function defaultConstraintsOf({ snapshot, shape, pod }: Cycle): readonly SpreadConstraint[] {
  const { objects } = snapshot;
  const owner = controllerOf(pod.pod);
  const ownerText = owner === undefined ? '' : `${owner.apiVersion} ${owner.kind} ${owner.name}`;
  const ownerSelector =
    owner === undefined ? undefined : selectorOfOwner(objects, shape.namespace, owner);
  const servicesVersion = objects.servicesVersion();
  const known = shape.memo?.defaults;
  if (
    known?.ownerText === ownerText &&
    known.servicesVersion === servicesVersion &&
    jsonEqual(known.ownerSelector, ownerSelector)
  ) {
    return known.constraints;
  }
  const constraints = defaultConstraints(objects, pod.pod);
  shape.memo ??= {};
  shape.memo.defaults = { ownerText, ownerSelector, servicesVersion, constraints };
  return constraints;
}

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
  const { namespace = 'default', labels = {} } = pod.metadata;
  const requirements = new Map<string, Requirement>();
  for (const service of objects.services(namespace, labels)) {
    const { selector } = service.spec;
    if (selector === undefined || Object.keys(selector).length === 0) continue;
    const parsed = selectorOfMap(selector);
    if (!matchesSelector(parsed, labels)) continue;
    for (const requirement of parsed.requirements) requirements.set(requirement.key, requirement);
  }
  const owner = controllerOf(pod);
  const ownerSelector =
    owner === undefined ? undefined : selectorOfOwner(objects, namespace, owner);
  if (owner?.kind === 'ReplicationController') {
    for (const requirement of selectorOf(ownerSelector).requirements) {
      requirements.set(requirement.key, requirement);
    }
    return { requirements: [...requirements.values()], isNothing: false };
  }
  const all = [...requirements.values(), ...selectorOf(ownerSelector).requirements];
  return { requirements: all, isNothing: false };
}

/** What the workload that owns the pod selects. */
function selectorOfOwner(
  objects: ClusterObjects,
  namespace: string,
  { apiVersion, kind, name }: OwnerReference,
): LabelSelector | undefined {
  switch (`${apiVersion} ${kind}`) {
    case 'v1 ReplicationController':
      return { matchLabels: objects.replicationController?.(namespace, name) ?? {} };
    case 'apps/v1 ReplicaSet':
      return objects.replicaSet(namespace, name)?.spec.selector;
    case 'apps/v1 StatefulSet':
      return objects.statefulSet(namespace, name)?.spec.selector;
    default:
      return undefined;
  }
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
