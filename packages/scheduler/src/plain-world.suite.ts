/**
 * The objects that the plain twin of the scheduler looks at, and small questions about them.
 */
import { type Node, type Pod, matchesSelector } from '@podwire/api';
import type { Labelled } from './affinity-term.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { matchesRequiredNodeAffinity } from './plugins/node-selector.ts';
import type { SpreadConstraint } from './plugins/spread-constraints.ts';
import { findUntoleratedTaint } from './plugins/tolerations.ts';

/** Nodes and what is on them; a copy is cheap. */
export class World {
  readonly objects: ClusterObjects;
  /** By name; pods in the order of their placing, also on nodes that are not known. */
  readonly pods: Map<string, Pod[]>;
  readonly nodes: Map<string, Node>;
  readonly zones: Map<string, string[]>;

  constructor(objects: ClusterObjects, from?: World) {
    this.objects = objects;
    this.pods = new Map([...(from?.pods ?? [])].map(([name, pods]) => [name, [...pods]]));
    this.nodes = new Map(from?.nodes);
    this.zones = new Map([...(from?.zones ?? [])].map(([zone, names]) => [zone, [...names]]));
  }

  podsOn(name: string): Pod[] {
    let pods = this.pods.get(name);
    if (pods === undefined) {
      pods = [];
      this.pods.set(name, pods);
    }
    return pods;
  }

  get order(): Node[] {
    const order: Node[] = [];
    for (let round = 0; order.length < this.nodes.size; round++) {
      for (const names of this.zones.values()) {
        const node = this.nodes.get(names[round] ?? '');
        if (node !== undefined) order.push(node);
      }
    }
    return order;
  }

  removeFromZone(name: string): void {
    for (const [zone, names] of this.zones) {
      const at = names.indexOf(name);
      if (at >= 0) names.splice(at, 1);
      if (names.length === 0) this.zones.delete(zone);
    }
  }
}

export function labelOf({ metadata }: Node, key: string): string | undefined {
  const { labels } = metadata;
  return labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

export function namespaceOf({ metadata }: Pod): string {
  return metadata.namespace ?? 'default';
}

export function priorityOf({ spec }: Pod): number {
  return spec.priority ?? 0;
}

export function labelled(pod: Pod): Labelled {
  return { namespace: namespaceOf(pod), labels: pod.metadata.labels };
}

/** Whether the node counts as a domain for this pod (nodeAffinityPolicy, nodeTaintsPolicy). */
export function includesNode(constraint: SpreadConstraint, pod: Pod, node: Node): boolean {
  if (constraint.honorsNodeAffinity && !matchesRequiredNodeAffinity(pod, node)) return false;
  if (!constraint.honorsNodeTaints) return true;
  const effects = ['NoSchedule', 'NoExecute'] as const;
  return findUntoleratedTaint(node.spec.taints, pod.spec.tolerations, effects) === undefined;
}

/** Pods on the node that the constraint counts. */
export function countMatching(
  { selector }: SpreadConstraint,
  pod: Pod,
  { metadata }: Node,
  world: World,
): number {
  if (!selector.isNothing && selector.requirements.length === 0) return 0;
  return world
    .podsOn(metadata.name)
    .filter(
      (other) =>
        namespaceOf(other) === namespaceOf(pod) &&
        other.metadata.deletionTimestamp === undefined &&
        matchesSelector(selector, other.metadata.labels),
    ).length;
}
