/**
 * The scores of the plain twin: one column per plugin, from the objects of all nodes and pods.
 */
import type { Node, Pod } from '@podwire/api';
import { type AffinityTerm, matchesTerm, podTermsOf, resolveNamespaces } from './affinity-term.ts';
import { DEFAULT_PROFILE } from './default-profile.ts';
import {
  type World,
  countMatching,
  includesNode,
  labelOf,
  labelled,
  namespaceOf,
} from './plain-world.suite.ts';
import { matchesNodeSelectorTerm } from './plugins/node-selector.ts';
import { defaultConstraints, ownConstraints } from './plugins/spread-constraints.ts';
import { toleratesTaint } from './plugins/tolerations.ts';
import { type Amounts, addTo, amountsOf, podRequests } from './resources.ts';

export interface PlainScores {
  readonly scores: ReadonlyMap<string, number>;
  /** By node and plugin, weighted. */
  readonly pluginScores: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export function scoreNodes(world: World, pod: Pod, nodes: readonly Node[]): PlainScores {
  const scores = new Map<string, number>(nodes.map(({ metadata }) => [metadata.name, 0]));
  const pluginScores = new Map<string, Map<string, number>>(
    nodes.map(({ metadata }) => [metadata.name, new Map()]),
  );
  const columns: Readonly<Record<string, readonly number[] | undefined>> = {
    TaintToleration: scaled(
      nodes.map((node) => unwelcomeTaints(pod, node)),
      true,
    ),
    NodeAffinity: preferredNodes(pod, nodes),
    NodeResourcesFit: nodes.map((node) => leastAllocated(world, pod, node)),
    PodTopologySpread: spreadScores(world, pod, nodes),
    InterPodAffinity: affinityScores(world, pod, nodes),
    NodeResourcesBalancedAllocation: nodes.map((node) => balance(world, pod, node)),
    ImageLocality: nodes.map((node) => imageScore(world, pod, node)),
  };
  for (const { plugin, weight } of DEFAULT_PROFILE) {
    const column = columns[plugin.name];
    if (column === undefined) continue;
    for (const [at, { metadata }] of nodes.entries()) {
      const weighted = (column[at] ?? NaN) * weight;
      scores.set(metadata.name, (scores.get(metadata.name) ?? 0) + weighted);
      pluginScores.get(metadata.name)?.set(plugin.name, weighted);
    }
  }
  return { scores, pluginScores };
}

function sumOfRequests(world: World, node: Node, isNonZero: boolean, pod: Pod): Amounts {
  const sum: Amounts = new Map();
  for (const other of [...world.podsOn(node.metadata.name), pod]) {
    addTo(sum, podRequests(other, isNonZero));
  }
  return sum;
}

function leastAllocated(world: World, pod: Pod, node: Node): number {
  const requested = sumOfRequests(world, node, true, pod);
  const scores: number[] = [];
  for (const name of ['cpu', 'memory']) {
    const capacity = amountsOf(node.status?.allocatable).get(name) ?? 0;
    const amount = requested.get(name) ?? 0;
    if (capacity === 0) continue;
    scores.push(amount > capacity ? 0 : Math.trunc(((capacity - amount) * 100) / capacity));
  }
  return scores.length === 0 ? 0 : Math.trunc(scores.reduce((a, b) => a + b) / scores.length);
}

function balance(world: World, pod: Pod, node: Node): number {
  const requested = sumOfRequests(world, node, false, pod);
  const [first, second] = ['cpu', 'memory'].map((name) => {
    const capacity = amountsOf(node.status?.allocatable).get(name) ?? 0;
    return capacity === 0 ? undefined : Math.min((requested.get(name) ?? 0) / capacity, 1);
  });
  if (first === undefined || second === undefined) return 100;
  return Math.trunc((1 - Math.abs((first - second) / 2)) * 100);
}

function imageScore(world: World, pod: Pod, node: Node): number {
  const all = [...world.nodes.values()];
  const has = ({ status }: Node, image: string): boolean =>
    status?.images?.some(({ names }) => names?.includes(image)) === true;
  const images = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(
    ({ image = '' }) => (image.includes(':') ? image : `${image}:latest`),
  );
  let sum = 0;
  for (const image of images) {
    if (!has(node, image)) continue;
    const sizeBytes =
      node.status?.images?.find(({ names }) => names?.includes(image))?.sizeBytes ?? 0;
    sum += Math.trunc(sizeBytes * (all.filter((other) => has(other, image)).length / all.length));
  }
  const [least, most] = [23 * 2 ** 20, 1000 * 2 ** 20 * images.length];
  return Math.trunc((100 * (Math.min(Math.max(sum, least), most) - least)) / (most - least));
}

function spreadScores(world: World, pod: Pod, nodes: readonly Node[]): number[] | undefined {
  const hasOwn = (pod.spec.topologySpreadConstraints ?? []).length > 0;
  const constraints = hasOwn
    ? ownConstraints(pod, 'ScheduleAnyway')
    : defaultConstraints(world.objects, pod);
  if (constraints.length === 0) return undefined;
  const hasAll = (node: Node): boolean =>
    !hasOwn || constraints.every(({ topologyKey }) => labelOf(node, topologyKey) !== undefined);
  const considered = nodes.filter(hasAll);
  const raw = nodes.map(() => 0);
  for (const constraint of constraints) {
    const { topologyKey, maxSkew } = constraint;
    const isHostname = topologyKey === 'kubernetes.io/hostname';
    const domains = new Set(considered.map((node) => labelOf(node, topologyKey) ?? ''));
    const weight = Math.log((isHostname ? considered.length : domains.size) + 2);
    for (const [at, node] of nodes.entries()) {
      const domain = labelOf(node, topologyKey);
      if (domain === undefined) continue;
      const counted = isHostname
        ? [node]
        : world.order.filter(
            (other) =>
              hasAll(other) &&
              (labelOf(other, topologyKey) ?? '') === domain &&
              includesNode(constraint, pod, other),
          );
      const count = counted
        .map((other) => countMatching(constraint, pod, other, world))
        .reduce((a, b) => a + b, 0);
      raw[at] = (raw[at] ?? 0) + (count * weight + (maxSkew - 1));
    }
  }
  const rounded = raw.map(Math.round);
  const kept = rounded.filter((_, at) => hasAll(nodes[at] as Node));
  const most = Math.max(0, ...kept);
  const least = Math.min(...kept);
  return rounded.map((score, at) => {
    if (!hasAll(nodes[at] as Node)) return 0;
    return most === 0 ? 100 : Math.trunc((100 * (most + least - score)) / most);
  });
}

function affinityScores(world: World, pod: Pod, nodes: readonly Node[]): number[] | undefined {
  const namespaces = world.objects.namespaces();
  const own = podTermsOf(pod);
  const weights = new Map<string, number>();
  const add = (node: Node, { topologyKey }: AffinityTerm, weight: number): void => {
    const value = labelOf(node, topologyKey);
    if (value === undefined) return;
    const domain = `${topologyKey}=${value}`;
    weights.set(domain, (weights.get(domain) ?? 0) + weight);
  };
  for (const node of world.order) {
    for (const there of world.podsOn(node.metadata.name)) {
      for (const [terms, sign] of [
        [own.preferredAffinity, 1],
        [own.preferredAntiAffinity, -1],
      ] as const) {
        for (const { term, weight } of terms) {
          const resolved = resolveNamespaces(term, namespaces);
          if (matchesTerm(resolved, labelled(there), undefined)) add(node, term, sign * weight);
        }
      }
      const theirs = podTermsOf(there);
      const labels = namespaces.get(namespaceOf(pod));
      const brought = [
        ...theirs.requiredAffinity.map((term) => ({ term, weight: 1 })),
        ...theirs.preferredAffinity,
        ...theirs.preferredAntiAffinity.map(({ term, weight }) => ({ term, weight: -weight })),
      ];
      for (const { term, weight } of brought) {
        if (matchesTerm(term, labelled(pod), labels)) add(node, term, weight);
      }
    }
  }
  if (weights.size === 0) return undefined;
  const raw = nodes.map((node) => {
    let sum = 0;
    for (const [domain, weight] of weights) {
      const key = domain.slice(0, domain.indexOf('='));
      if (domain === `${key}=${labelOf(node, key) ?? '\0'}`) sum += weight;
    }
    return sum;
  });
  const [least, most] = [Math.min(...raw), Math.max(...raw)];
  return raw.map((score) =>
    most > least ? Math.trunc(100 * ((score - least) / (most - least))) : 0,
  );
}

function unwelcomeTaints(pod: Pod, node: Node): number {
  return (node.spec.taints ?? []).filter(
    (taint) =>
      taint.effect === 'PreferNoSchedule' &&
      pod.spec.tolerations?.some((toleration) => toleratesTaint(toleration, taint)) !== true,
  ).length;
}

function preferredNodes(pod: Pod, nodes: readonly Node[]): number[] | undefined {
  const terms = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
  if (terms === undefined) return undefined;
  const raw = nodes.map((node) =>
    terms
      .filter(({ preference }) => matchesNodeSelectorTerm(preference, node))
      .reduce((sum, { weight }) => sum + weight, 0),
  );
  return scaled(raw, false);
}

function scaled(raw: readonly number[], isReversed: boolean): number[] {
  const most = Math.max(0, ...raw);
  return raw.map((score) => {
    const share = most === 0 ? 0 : Math.trunc((100 * score) / most);
    return isReversed ? 100 - share : share;
  });
}
