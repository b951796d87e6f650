/**
 * The plain twin of the scheduler's decision: every plugin looks at the objects of every node and pod, each time.
 *
 * Written from the rules (kube-scheduler 1.32), without columns, counters, caches or interning; the fast one
 * must decide the same. Storage is left out.
 */
import {
  type Node,
  type Pod,
  type StringMap,
  compareText,
  keyOf,
  matchesSelector,
} from '@podwire/api';
import type { Rng } from '@podwire/base';
import {
  type AffinityTerm,
  matchesAllTerms,
  matchesTerm,
  podTermsOf,
  resolveNamespaces,
} from './affinity-term.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { DEFAULT_PROFILE } from './default-profile.ts';
import { numFeasibleNodesToFind } from './filter.ts';
import { hostPortsOf } from './host-ports.ts';
import { zoneKeyOf } from './node-tree.ts';
import { PodInfo } from './pod-info.ts';
import { type Candidate, compareImportance, pickCandidate, splitByBudget } from './preemption.ts';
import { matchesNodeSelectorTerm, matchesRequiredNodeAffinity } from './plugins/node-selector.ts';
import {
  type SpreadConstraint,
  defaultConstraints,
  ownConstraints,
} from './plugins/spread-constraints.ts';
import { findUntoleratedTaint, toleratesTaint } from './plugins/tolerations.ts';
import { type Amounts, addTo, amountsOf, podRequests } from './resources.ts';

/** `plugin code reason; reason`. */
export type StatusText = string;

export interface PlainOutcome {
  readonly feasible: readonly string[];
  readonly statuses: ReadonlyMap<string, StatusText>;
  readonly scores: ReadonlyMap<string, number>;
  readonly pluginScores: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly chosen: string | undefined;
  readonly message: string;
  readonly rejectedBy: ReadonlySet<string>;
  readonly preemption: { readonly nominatedNode: string; readonly victims: string[] } | undefined;
}

/** Nodes and what is on them; a copy is cheap. */
class World {
  /** By name; pods in the order of their placing, also on nodes that are not known. */
  readonly pods: Map<string, Pod[]>;
  readonly nodes: Map<string, Node>;
  readonly zones: Map<string, string[]>;

  constructor(from?: World) {
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

/** What preFilter found: which filters have nothing to do, and the only nodes in question. */
interface Prepared {
  readonly skipsAffinity: boolean;
  readonly names: ReadonlySet<string> | undefined;
}

export class PlainScheduler {
  readonly #objects: ClusterObjects;
  #world = new World();
  nextStartNodeIndex = 0;
  /** Pods that were promised a node, by key. */
  readonly promised: Map<string, { readonly pod: Pod; readonly node: string }> = new Map();

  constructor(objects: ClusterObjects) {
    this.#objects = objects;
  }

  putNode(node: Node): void {
    const { name } = node.metadata;
    const old = this.#world.nodes.get(name);
    this.#world.nodes.set(name, node);
    if (old !== undefined && zoneKeyOf(old) === zoneKeyOf(node)) return;
    this.#world.removeFromZone(name);
    const zone = zoneKeyOf(node);
    this.#world.zones.set(zone, [...(this.#world.zones.get(zone) ?? []), name]);
  }

  removeNode(name: string): void {
    this.#world.nodes.delete(name);
    this.#world.removeFromZone(name);
  }

  /** `isMoved`: goes to the end of its node's pods. */
  putPod(pod: Pod, isMoved: boolean): void {
    const key = keyOf(pod);
    const pods = this.#world.podsOn(pod.spec.nodeName ?? '');
    const at = pods.findIndex((other) => keyOf(other) === key);
    if (at >= 0 && !isMoved) {
      pods[at] = pod;
      return;
    }
    this.removePod(key);
    this.#world.podsOn(pod.spec.nodeName ?? '').push(pod);
  }

  removePod(key: string): void {
    for (const pods of this.#world.pods.values()) {
      const at = pods.findIndex((pod) => keyOf(pod) === key);
      if (at >= 0) pods.splice(at, 1);
    }
  }

  schedule(pod: Pod, rng: Rng): PlainOutcome {
    const { order } = this.#world;
    const nothing = {
      feasible: [],
      statuses: new Map(),
      scores: new Map(),
      pluginScores: new Map(),
    };
    const failed = { ...nothing, chosen: undefined, preemption: undefined };
    if (order.length === 0) {
      const message = 'no nodes available to schedule pods';
      return { ...failed, message, rejectedBy: new Set() };
    }
    this.nextStartNodeIndex %= order.length;
    const prepared = this.#prepare(pod);
    const statuses = new Map<string, StatusText>();
    if (typeof prepared === 'string') {
      const text = this.#preempt(
        pod,
        statuses,
        prepared,
        { skipsAffinity: true, names: undefined },
        rng,
      );
      const [plugin = '', , ...words] = prepared.split(' ');
      const head = `0/${order.length} nodes are available: ${words.join(' ')}.`;
      return { ...failed, message: join(head, text.text), rejectedBy: new Set([plugin]) };
    }
    const { names } = prepared;
    const rejectedBy = new Set<string>(names === undefined ? [] : ['NodeAffinity']);
    const promised = this.promised.get(keyOf(pod))?.node ?? pod.status?.nominatedNodeName ?? '';
    let feasible: Node[] = [];
    const promisedNode =
      names?.has(promised) === false ? undefined : this.#world.nodes.get(promised);
    if (
      promisedNode !== undefined &&
      this.#filter(pod, promisedNode, prepared, this.#world) === undefined
    ) {
      feasible = [promisedNode];
    } else {
      const candidates = order.filter(({ metadata }) => names?.has(metadata.name) !== false);
      const wanted = numFeasibleNodesToFind(candidates.length);
      for (let offset = 0; offset < candidates.length && feasible.length < wanted; offset++) {
        const node = candidates[(this.nextStartNodeIndex + offset) % candidates.length] as Node;
        const status = this.#filter(pod, node, prepared, this.#world);
        if (status === undefined) feasible.push(node);
        else {
          statuses.set(node.metadata.name, status);
          rejectedBy.add(status.split(' ')[0] ?? '');
        }
      }
      const examinedCount = feasible.length + statuses.size;
      this.nextStartNodeIndex = (this.nextStartNodeIndex + examinedCount) % order.length;
    }
    if (feasible.length === 0) {
      const absent =
        names === undefined
          ? ' unresolvable '
          : " unresolvable node(s) didn't satisfy plugin(s) [NodeAffinity]";
      const { text, preemption } = this.#preempt(pod, statuses, absent, prepared, rng);
      const head = fitText(order.length, [...statuses.values()], absent);
      return { ...failed, statuses, message: join(head, text), rejectedBy, preemption };
    }
    const found = feasible.map(({ metadata }) => metadata.name);
    const common = { feasible: found, statuses, message: '', preemption: undefined };
    if (found.length === 1) {
      return { ...nothing, ...common, chosen: found[0], rejectedBy: new Set() };
    }
    const { scores, pluginScores } = this.#score(pod, feasible);
    const highest = Math.max(...scores.values());
    const chosen = rng.pick(found.filter((name) => scores.get(name) === highest));
    return { ...common, scores, pluginScores, chosen, rejectedBy: new Set() };
  }

  /** A text is why no node is looked at. */
  #prepare(pod: Pod): Prepared | string {
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
      this.#world.order.every((node) =>
        this.#world
          .podsOn(node.metadata.name)
          .every(
            (other) =>
              !this.#barringKeys(other, pod).some((key) => labelOf(node, key) !== undefined),
          ),
      );
    return { skipsAffinity, names };
  }

  /** Topology keys of the other pod's anti-affinity terms that speak of this pod. */
  #barringKeys(other: Pod, pod: Pod): string[] {
    const namespaceLabels = this.#objects.namespaces().get(namespaceOf(pod));
    return podTermsOf(other)
      .requiredAntiAffinity.filter((term) => matchesTerm(term, labelled(pod), namespaceLabels))
      .map(({ topologyKey }) => topologyKey);
  }

  /** With the pods that were promised the node, then without. */
  #filter(pod: Pod, node: Node, prepared: Prepared, world: World): StatusText | undefined {
    const { name } = node.metadata;
    const promised = [...this.promised.values()].filter(
      (other) =>
        other.node === name &&
        priorityOf(other.pod) >= priorityOf(pod) &&
        keyOf(other.pod) !== keyOf(pod),
    );
    if (promised.length > 0) {
      const trial = new World(world);
      for (const other of promised) trial.podsOn(name).push(other.pod);
      const status = this.#filterPlainly(pod, node, prepared, trial);
      if (status !== undefined) return status;
    }
    return this.#filterPlainly(pod, node, prepared, world);
  }

  #filterPlainly(pod: Pod, node: Node, prepared: Prepared, world: World): StatusText | undefined {
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
      this.#filterSpread(pod, node, world) ??
      (prepared.skipsAffinity ? undefined : this.#filterAffinity(pod, node, world))
    );
  }

  #filterSpread(pod: Pod, node: Node, world: World): StatusText | undefined {
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

  #filterAffinity(pod: Pod, node: Node, world: World): StatusText | undefined {
    const namespaces = this.#objects.namespaces();
    const terms = podTermsOf(pod);
    const affinity = terms.requiredAffinity.map((term) => resolveNamespaces(term, namespaces));
    const matching = (meets: (other: Pod) => boolean, key: string): Node[] =>
      world.order.filter(
        (other) =>
          labelOf(other, key) !== undefined && world.podsOn(other.metadata.name).some(meets),
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
        for (const key of this.#barringKeys(there, pod)) {
          if (labelOf(node, key) === undefined || labelOf(node, key) !== labelOf(other, key))
            continue;
          return "InterPodAffinity unschedulable node(s) didn't satisfy existing pods anti-affinity rules";
        }
      }
    }
    return undefined;
  }

  #score(pod: Pod, nodes: readonly Node[]): Pick<PlainOutcome, 'scores' | 'pluginScores'> {
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
      NodeResourcesFit: nodes.map((node) => this.#leastAllocated(pod, node)),
      PodTopologySpread: this.#spreadScores(pod, nodes),
      InterPodAffinity: this.#affinityScores(pod, nodes),
      NodeResourcesBalancedAllocation: nodes.map((node) => this.#balance(pod, node)),
      ImageLocality: nodes.map((node) => this.#imageScore(pod, node)),
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

  #requested(node: Node, isNonZero: boolean, pod: Pod): Amounts {
    const sum: Amounts = new Map();
    for (const other of [...this.#world.podsOn(node.metadata.name), pod]) {
      addTo(sum, podRequests(other, isNonZero));
    }
    return sum;
  }

  #leastAllocated(pod: Pod, node: Node): number {
    const requested = this.#requested(node, true, pod);
    const scores: number[] = [];
    for (const name of ['cpu', 'memory']) {
      const capacity = amountsOf(node.status?.allocatable).get(name) ?? 0;
      const amount = requested.get(name) ?? 0;
      if (capacity === 0) continue;
      scores.push(amount > capacity ? 0 : Math.trunc(((capacity - amount) * 100) / capacity));
    }
    return scores.length === 0 ? 0 : Math.trunc(scores.reduce((a, b) => a + b) / scores.length);
  }

  #balance(pod: Pod, node: Node): number {
    const requested = this.#requested(node, false, pod);
    const [first, second] = ['cpu', 'memory'].map((name) => {
      const capacity = amountsOf(node.status?.allocatable).get(name) ?? 0;
      return capacity === 0 ? undefined : Math.min((requested.get(name) ?? 0) / capacity, 1);
    });
    if (first === undefined || second === undefined) return 100;
    return Math.trunc((1 - Math.abs((first - second) / 2)) * 100);
  }

  #imageScore(pod: Pod, node: Node): number {
    const all = [...this.#world.nodes.values()];
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

  #spreadScores(pod: Pod, nodes: readonly Node[]): number[] | undefined {
    const hasOwn = (pod.spec.topologySpreadConstraints ?? []).length > 0;
    const constraints = hasOwn
      ? ownConstraints(pod, 'ScheduleAnyway')
      : defaultConstraints(this.#objects, pod);
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
          : this.#world.order.filter(
              (other) =>
                hasAll(other) &&
                (labelOf(other, topologyKey) ?? '') === domain &&
                includesNode(constraint, pod, other),
            );
        const count = counted
          .map((other) => countMatching(constraint, pod, other, this.#world))
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

  #affinityScores(pod: Pod, nodes: readonly Node[]): number[] | undefined {
    const namespaces = this.#objects.namespaces();
    const own = podTermsOf(pod);
    const weights = new Map<string, number>();
    const add = (node: Node, { topologyKey }: AffinityTerm, weight: number): void => {
      const value = labelOf(node, topologyKey);
      if (value === undefined) return;
      const domain = `${topologyKey}=${value}`;
      weights.set(domain, (weights.get(domain) ?? 0) + weight);
    };
    for (const node of this.#world.order) {
      for (const there of this.#world.podsOn(node.metadata.name)) {
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

  #preempt(
    pod: Pod,
    statuses: ReadonlyMap<string, StatusText>,
    absent: StatusText,
    prepared: Prepared,
    rng: Rng,
  ): { readonly text: string; readonly preemption: PlainOutcome['preemption'] } {
    const { order } = this.#world;
    if (pod.spec.preemptionPolicy === 'Never') {
      return {
        text: 'preemption: not eligible due to preemptionPolicy=Never.',
        preemption: undefined,
      };
    }
    const codeOf = ({ metadata }: Node): string =>
      (statuses.get(metadata.name) ?? absent).split(' ')[1] ?? '';
    const potential = order.filter((node) => codeOf(node) === 'unschedulable');
    const candidates: Candidate[] = [];
    const reasons: StatusText[] = [];
    if (potential.length > 0) {
      const offset = rng.below(potential.length);
      const wanted = Math.min(Math.max(Math.trunc(potential.length / 10), 100), potential.length);
      for (let index = 0; index < potential.length; index++) {
        const node = potential[(offset + index) % potential.length] as Node;
        const result = this.#selectVictims(pod, node, prepared);
        if (typeof result === 'string') reasons.push(result);
        else candidates.push(result);
        const hasHarmless = candidates.some(({ violationCount }) => violationCount === 0);
        if (hasHarmless && candidates.length >= wanted) break;
      }
    }
    if (candidates.length === 0) {
      const unhelpful = ' unresolvable Preemption is not helpful for scheduling';
      const text = `preemption: ${fitText(order.length, reasons, unhelpful)}`;
      return { text, preemption: undefined };
    }
    candidates.sort((a, b) => Math.min(a.violationCount, 1) - Math.min(b.violationCount, 1));
    const { node, victims } = pickCandidate(candidates);
    return {
      text: '',
      preemption: { nominatedNode: node, victims: victims.map(({ key }) => key) },
    };
  }

  #selectVictims(pod: Pod, node: Node, prepared: Prepared): Candidate | StatusText {
    const { name } = node.metadata;
    const world = new World(this.#world);
    const here = world.podsOn(name);
    const lower = here.filter((other) => priorityOf(other) < priorityOf(pod));
    if (lower.length === 0) {
      return 'DefaultPreemption unresolvable No preemption victims found for incoming pod';
    }
    const put = (other: Pod): number => here.push(other);
    const take = (other: Pod): unknown => here.splice(here.indexOf(other), 1);
    for (const other of lower) take(other);
    const status = this.#filter(pod, node, prepared, world);
    if (status !== undefined) return status;
    const infos = lower.map((other) => new PodInfo(other)).sort(compareImportance);
    const { violating, harmless } = splitByBudget(infos, this.#objects.disruptionBudgets());
    const victims: PodInfo[] = [];
    let violationCount = 0;
    for (const info of [...violating, ...harmless]) {
      put(info.pod);
      if (this.#filter(pod, node, prepared, world) === undefined) continue;
      take(info.pod);
      victims.push(info);
      if (violating.includes(info)) violationCount++;
    }
    return { node: name, victims: victims.sort(compareImportance), violationCount };
  }
}

function labelOf({ metadata }: Node, key: string): string | undefined {
  const { labels } = metadata;
  return labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function namespaceOf({ metadata }: Pod): string {
  return metadata.namespace ?? 'default';
}

function priorityOf({ spec }: Pod): number {
  return spec.priority ?? 0;
}

function labelled(pod: Pod): { namespace: string; labels: StringMap | undefined } {
  return { namespace: namespaceOf(pod), labels: pod.metadata.labels };
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

/** Whether the node counts as a domain for this pod (nodeAffinityPolicy, nodeTaintsPolicy). */
function includesNode(constraint: SpreadConstraint, pod: Pod, node: Node): boolean {
  if (constraint.honorsNodeAffinity && !matchesRequiredNodeAffinity(pod, node)) return false;
  if (!constraint.honorsNodeTaints) return true;
  const effects = ['NoSchedule', 'NoExecute'] as const;
  return findUntoleratedTaint(node.spec.taints, pod.spec.tolerations, effects) === undefined;
}

/** Pods on the node that the constraint counts. */
function countMatching(
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

function fitText(nodeCount: number, statuses: readonly StatusText[], absent: StatusText): string {
  const counts = new Map<string, number>();
  const absentCount = nodeCount - statuses.length;
  for (const status of [...statuses, ...Array.from({ length: absentCount }, () => absent)]) {
    for (const reason of status.split(' ').slice(2).join(' ').split('; ')) {
      if (reason !== '') counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  }
  const texts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort(compareText);
  const head = `0/${nodeCount} nodes are available:`;
  return texts.length === 0 ? head : `${head} ${texts.join(', ')}.`;
}

function join(head: string, tail: string): string {
  return tail === '' ? head : `${head} ${tail}`;
}
