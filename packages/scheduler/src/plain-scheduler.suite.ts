/**
 * The plain twin of the scheduler's decision: every plugin looks at the objects of every node and pod, each time.
 *
 * Written from the rules (kube-scheduler 1.32), without columns, counters, caches or interning; the fast one
 * must decide the same. Storage is left out.
 */
import { type Node, type Pod, compareText, keyOf } from '@podwire/api';
import type { Rng } from '@podwire/base';
import type { ClusterObjects } from './cluster-objects.ts';
import { numFeasibleNodesToFind } from './filter.ts';
import { zoneKeyOf } from './node-tree.ts';
import {
  type Prepared,
  type Promised,
  type StatusText,
  filterNode,
  prepare,
} from './plain-filter.suite.ts';
import { type PlainScores, scoreNodes } from './plain-score.suite.ts';
import { World, priorityOf } from './plain-world.suite.ts';
import { PodInfo } from './pod-info.ts';
import { type Candidate, compareImportance, pickCandidate, splitByBudget } from './preemption.ts';

export interface PlainOutcome extends PlainScores {
  readonly feasible: readonly string[];
  readonly statuses: ReadonlyMap<string, StatusText>;
  readonly chosen: string | undefined;
  readonly message: string;
  readonly rejectedBy: ReadonlySet<string>;
  readonly preemption: { readonly nominatedNode: string; readonly victims: string[] } | undefined;
}

export class PlainScheduler {
  readonly #world: World;
  nextStartNodeIndex = 0;
  /** Pods that were promised a node, by key. */
  readonly promised: Map<string, Promised> = new Map();

  constructor(objects: ClusterObjects) {
    this.#world = new World(objects);
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
    const prepared = prepare(this.#world, pod);
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
      filterNode(this.#world, this.promised, pod, promisedNode, prepared) === undefined
    ) {
      feasible = [promisedNode];
    } else {
      const candidates = order.filter(({ metadata }) => names?.has(metadata.name) !== false);
      const wanted = numFeasibleNodesToFind(candidates.length);
      for (let offset = 0; offset < candidates.length && feasible.length < wanted; offset++) {
        const node = candidates[(this.nextStartNodeIndex + offset) % candidates.length] as Node;
        const status = filterNode(this.#world, this.promised, pod, node, prepared);
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
    const { scores, pluginScores } = scoreNodes(this.#world, pod, feasible);
    const highest = Math.max(...scores.values());
    const chosen = rng.pick(found.filter((name) => scores.get(name) === highest));
    return { ...common, scores, pluginScores, chosen, rejectedBy: new Set() };
  }

  /** A text is why no node is looked at. */
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
    const world = new World(this.#world.objects, this.#world);
    const here = world.podsOn(name);
    const lower = here.filter((other) => priorityOf(other) < priorityOf(pod));
    if (lower.length === 0) {
      return 'DefaultPreemption unresolvable No preemption victims found for incoming pod';
    }
    const put = (other: Pod): number => here.push(other);
    const take = (other: Pod): unknown => here.splice(here.indexOf(other), 1);
    for (const other of lower) take(other);
    const status = filterNode(world, this.promised, pod, node, prepared);
    if (status !== undefined) return status;
    const infos = lower.map((other) => new PodInfo(other)).sort(compareImportance);
    const { violating, harmless } = splitByBudget(infos, this.#world.objects.disruptionBudgets());
    const victims: PodInfo[] = [];
    let violationCount = 0;
    for (const info of [...violating, ...harmless]) {
      put(info.pod);
      if (filterNode(world, this.promised, pod, node, prepared) === undefined) continue;
      take(info.pod);
      victims.push(info);
      if (violating.includes(info)) violationCount++;
    }
    return { node: name, victims: victims.sort(compareImportance), violationCount };
  }
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
