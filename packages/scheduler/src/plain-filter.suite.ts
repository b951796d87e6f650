/**
 * The filters of the plain twin: each looks at the objects of the node, or of all nodes and pods.
 */
import { type Node, type Pod, keyOf, matchesSelector } from '@podwire/api';
import { matchesAllTerms, matchesTerm, podTermsOf, resolveNamespaces } from './affinity-term.ts';
import { hostPortsOf } from './host-ports.ts';
import {
  World,
  countMatching,
  includesNode,
  labelOf,
  labelled,
  namespaceOf,
  priorityOf,
} from './plain-world.suite.ts';
import { matchesRequiredNodeAffinity } from './plugins/node-selector.ts';
import { ownConstraints } from './plugins/spread-constraints.ts';
import { findUntoleratedTaint, toleratesTaint } from './plugins/tolerations.ts';
import { type Amounts, addTo, amountsOf, podRequests } from './resources.ts';

/** `plugin code reason; reason`. */
export type StatusText = string;

/** A pod that was promised a node. */
export interface Promised {
  readonly pod: Pod;
  readonly node: string;
}

/** What preFilter found: which filters have nothing to do, and the only nodes in question. */
export interface Prepared {
  readonly skipsAffinity: boolean;
  readonly names: ReadonlySet<string> | undefined;
}

/** A text is why no node is looked at. */
export function prepare(world: World, pod: Pod): Prepared | string {
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms ?? [];
  let names: Set<string> | undefined = terms.length === 0 ? undefined : new Set();
  for (const { matchFields = [] } of terms) {
    const fields = matchFields.filter(
      ({ key, operator }) => key === 'metadata.name' && operator === 'In',
    );
    if (fields.length === 0) names = undefined;
    const [first, ...rest] = fields.map(({ values = [] }) => new Set(values));
    const both = rest.reduce((all, more) => all.intersection(more), first ?? new Set<string>());
    names = names?.union(both);
    if (names === undefined) break;
  }
  if (names?.size === 0) return 'NodeAffinity unresolvable pod affinity terms conflict';
  const own = podTermsOf(pod);
  const skipsAffinity =
    own.requiredAffinity.length + own.requiredAntiAffinity.length === 0 &&
    world.order.every((node) =>
      world
        .podsOn(node.metadata.name)
        .every(
          (other) =>
            !barringKeys(world, other, pod).some((key) => labelOf(node, key) !== undefined),
        ),
    );
  return { skipsAffinity, names };
}

/** Topology keys of the other pod's anti-affinity terms that speak of this pod. */
function barringKeys(world: World, other: Pod, pod: Pod): string[] {
  const namespaceLabels = world.objects.namespaces().get(namespaceOf(pod));
  return podTermsOf(other)
    .requiredAntiAffinity.filter((term) => matchesTerm(term, labelled(pod), namespaceLabels))
    .map(({ topologyKey }) => topologyKey);
}

/** With the pods that were promised the node, then without. */
export function filterNode(
  world: World,
  promised: ReadonlyMap<string, Promised>,
  pod: Pod,
  node: Node,
  prepared: Prepared,
): StatusText | undefined {
  const { name } = node.metadata;
  const others = [...promised.values()].filter(
    (other) =>
      other.node === name &&
      priorityOf(other.pod) >= priorityOf(pod) &&
      keyOf(other.pod) !== keyOf(pod),
  );
  if (others.length > 0) {
    const trial = new World(world.objects, world);
    for (const other of others) trial.podsOn(name).push(other.pod);
    const status = filterPlainly(pod, node, prepared, trial);
    if (status !== undefined) return status;
  }
  return filterPlainly(pod, node, prepared, world);
}

function filterPlainly(
  pod: Pod,
  node: Node,
  prepared: Prepared,
  world: World,
): StatusText | undefined {
  const { tolerations } = pod.spec;
  const here = world.podsOn(node.metadata.name);
  if (node.spec.unschedulable === true) {
    const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;
    if (tolerations?.some((toleration) => toleratesTaint(toleration, cordon)) !== true) {
      return 'NodeUnschedulable unresolvable node(s) were unschedulable';
    }
  }
  const taint = findUntoleratedTaint(node.spec.taints, tolerations, ['NoSchedule', 'NoExecute']);
  if (taint !== undefined) {
    return `TaintToleration unresolvable node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  }
  if (!matchesRequiredNodeAffinity(pod, node)) {
    return "NodeAffinity unresolvable node(s) didn't match Pod's node affinity/selector";
  }
  const conflicts = hostPortsOf(pod).some((port) =>
    here
      .flatMap((other) => hostPortsOf(other))
      .some(
        (used) =>
          used.port === port.port &&
          used.protocol === port.protocol &&
          (used.hostIP === port.hostIP || [used.hostIP, port.hostIP].includes('0.0.0.0')),
      ),
  );
  if (conflicts) {
    return "NodePorts unschedulable node(s) didn't have free ports for the requested pod ports";
  }
  const short = insufficient(pod, node, here);
  if (short.length > 0) return `NodeResourcesFit unschedulable ${short.join('; ')}`;
  return (
    filterSpread(pod, node, world) ??
    (prepared.skipsAffinity ? undefined : filterAffinity(pod, node, world))
  );
}

function filterSpread(pod: Pod, node: Node, world: World): StatusText | undefined {
  const reason = "node(s) didn't match pod topology spread constraints";
  const constraints = ownConstraints(pod, 'DoNotSchedule');
  for (const constraint of constraints) {
    const domain = labelOf(node, constraint.topologyKey);
    if (domain === undefined) {
      return `PodTopologySpread unresolvable ${reason} (missing required label)`;
    }
    const counts = new Map<string, number>();
    for (const other of world.order) {
      if (constraints.some(({ topologyKey }) => labelOf(other, topologyKey) === undefined))
        continue;
      if (!includesNode(constraint, pod, other)) continue;
      const value = labelOf(other, constraint.topologyKey) ?? '';
      counts.set(value, (counts.get(value) ?? 0) + countMatching(constraint, pod, other, world));
    }
    const least = counts.size < constraint.minDomains ? 0 : Math.min(...counts.values());
    const self = matchesSelector(constraint.selector, pod.metadata.labels) ? 1 : 0;
    if ((counts.get(domain) ?? 0) + self - least > constraint.maxSkew) {
      return `PodTopologySpread unschedulable ${reason}`;
    }
  }
  return undefined;
}

function filterAffinity(pod: Pod, node: Node, world: World): StatusText | undefined {
  const namespaces = world.objects.namespaces();
  const terms = podTermsOf(pod);
  const affinity = terms.requiredAffinity.map((term) => resolveNamespaces(term, namespaces));
  const matching = (meets: (other: Pod) => boolean, key: string): Node[] =>
    world.order.filter(
      (other) => labelOf(other, key) !== undefined && world.podsOn(other.metadata.name).some(meets),
    );
  const meetsAll = (other: Pod): boolean => matchesAllTerms(affinity, labelled(other), undefined);
  const isNear = (nodes: readonly Node[], key: string): boolean =>
    nodes.some((other) => labelOf(other, key) === labelOf(node, key));
  if (affinity.some(({ topologyKey }) => labelOf(node, topologyKey) === undefined)) {
    return "InterPodAffinity unresolvable node(s) didn't match pod affinity rules";
  }
  const isMet = affinity.every(({ topologyKey }) =>
    isNear(matching(meetsAll, topologyKey), topologyKey),
  );
  const isFirst =
    affinity.every(({ topologyKey }) => matching(meetsAll, topologyKey).length === 0) &&
    meetsAll(pod);
  if (!isMet && !isFirst) {
    return "InterPodAffinity unresolvable node(s) didn't match pod affinity rules";
  }
  for (const raw of terms.requiredAntiAffinity) {
    const term = resolveNamespaces(raw, namespaces);
    const { topologyKey } = term;
    if (labelOf(node, topologyKey) === undefined) continue;
    const meets = (other: Pod): boolean => matchesTerm(term, labelled(other), undefined);
    if (isNear(matching(meets, topologyKey), topologyKey)) {
      return "InterPodAffinity unschedulable node(s) didn't match pod anti-affinity rules";
    }
  }
  for (const other of world.order) {
    for (const there of world.podsOn(other.metadata.name)) {
      for (const key of barringKeys(world, there, pod)) {
        if (labelOf(node, key) === undefined || labelOf(node, key) !== labelOf(other, key))
          continue;
        return "InterPodAffinity unschedulable node(s) didn't satisfy existing pods anti-affinity rules";
      }
    }
  }
  return undefined;
}

function insufficient(pod: Pod, node: Node, here: readonly Pod[]): string[] {
  const allocatable = amountsOf(node.status?.allocatable);
  const short = here.length + 1 > (allocatable.get('pods') ?? 0) ? ['Too many pods'] : [];
  const used: Amounts = new Map();
  for (const other of here) addTo(used, podRequests(other));
  for (const [name, amount] of podRequests(pod)) {
    if (amount === 0 || name === 'pods') continue;
    const free = (allocatable.get(name) ?? 0) - (used.get(name) ?? 0);
    if (amount > free) short.push(`Insufficient ${name}`);
  }
  return short;
}
