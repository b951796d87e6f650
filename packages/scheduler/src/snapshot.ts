/**
 * The scheduler's view of the cluster, kept up to date event by event.
 *
 * Simulated code runs to completion, so a cycle reads this view as it stands; nothing is copied. A pod is
 * *assumed* on its node from the choice until the API shows the binding. Preemption tries pods on nodes by
 * putting them there and taking them away again.
 * Copies kube-scheduler's backend/cache.
 */
import type { Node, Pod } from '@podwire/api';
import { jsonEqual, keyOf } from '@podwire/api';
import { assert, must } from '@podwire/base';
import type { ClusterObjects } from './cluster-objects.ts';
import { Eligibility, type EligibilityRule, NodeMatcher, eligibilityText } from './eligibility.ts';
import { type NodeGate, NodeGates } from './node-gate.ts';
import { NodeImages } from './node-images.ts';
import { NodeInfo } from './node-info.ts';
import { NodeTable } from './node-table.ts';
import { NodeTree } from './node-tree.ts';
import { PodIndex } from './pod-index.ts';
import { NO_SLOT, PodInfo } from './pod-info.ts';
import { amountsOf } from './resources.ts';
import { Topologies } from './topology.ts';
import { Workspace } from './workspace.ts';

/** Matchers of node affinity and eligibilities that are remembered. */
const MATCHERS_MAX = 64;
const ELIGIBILITIES_MAX = 256;

/** Whether a pod takes room on its node: not when it has ended. */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export class Snapshot {
  readonly objects: ClusterObjects;
  readonly table: NodeTable = new NodeTable();
  readonly gates: NodeGates = new NodeGates();
  readonly images: NodeImages = new NodeImages();
  readonly topologies: Topologies;
  readonly podIndex: PodIndex = new PodIndex(this.table);
  readonly workspace: Workspace = new Workspace();
  readonly #byName = new Map<string, NodeInfo>();
  readonly #bySlot: (NodeInfo | undefined)[] = [];
  readonly #tree = new NodeTree();
  readonly #pods = new Map<string, PodInfo>();
  /** How many pods have a node, by priority. */
  readonly #priorities = new Map<number, number>();
  readonly #matchers = new Map<string, NodeMatcher>();
  readonly #eligibilities = new Map<string, Eligibility>();

  constructor(objects: ClusterObjects) {
    this.objects = objects;
    this.topologies = new Topologies(this.table, (slot) => this.info(slot).labels);
  }

  /** The slots of the known nodes in the order in which they are looked at. */
  get order(): readonly number[] {
    return this.#tree.order;
  }

  /** The known nodes in the order in which they are looked at. */
  get nodeInfos(): readonly NodeInfo[] {
    return this.order.map((slot) => this.info(slot));
  }

  info(slot: number): NodeInfo {
    return must(this.#bySlot[slot], `a node has slot ${slot}`);
  }

  /** A known node. */
  node(name: string): NodeInfo | undefined {
    const info = this.#byName.get(name);
    return info?.isKnown === true ? info : undefined;
  }

  gateOf(slot: number): NodeGate {
    return must(this.gates.all[this.table.gate[slot] ?? 0], 'a known node has a gate');
  }

  isAssumed(key: string): boolean {
    return this.#pods.get(key)?.isAssumed === true;
  }

  /** Whether any pod that has a node is of lower priority. */
  hasLowerPriority(priority: number): boolean {
    for (const other of this.#priorities.keys()) if (other < priority) return true;
    return false;
  }

  putNode(node: Node): void {
    const info = this.#nodeInfo(node.metadata.name);
    const { slot, isKnown } = info;
    const old = isKnown ? info.node : undefined;
    info.node = node;
    if (!jsonEqual(old?.status?.allocatable, node.status?.allocatable) || !isKnown) {
      this.table.setAllocatable(slot, amountsOf(node.status?.allocatable));
    }
    this.images.update(slot, old, node);
    const gate = this.gates.of(node);
    const gateBefore = isKnown ? this.gateOf(slot) : undefined;
    if (gate !== gateBefore) {
      if (gateBefore !== undefined) this.gates.count(gateBefore, -1);
      this.gates.count(gate, 1);
      this.table.gate[slot] = gate.id;
      this.table.version++;
    }
    if (isKnown && jsonEqual(old?.metadata.labels, node.metadata.labels)) return;
    this.table.known[slot] = 1;
    this.table.labelsChanged(slot);
    this.table.version++;
    this.topologies.update(slot, node.metadata.labels ?? {});
    this.#tree.put(slot, node);
  }

  removeNode(name: string): void {
    const info = this.node(name);
    if (info === undefined) return;
    const { slot } = info;
    this.images.update(slot, info.node, undefined);
    this.gates.count(this.gateOf(slot), -1);
    info.node = undefined;
    this.table.known[slot] = 0;
    this.table.setAllocatable(slot, undefined);
    this.table.version++;
    this.topologies.update(slot, undefined);
    this.#tree.remove(slot);
    this.#dropIfUnused(info);
  }

  /** A pod as the API shows it; one without a node or one that has ended takes no room. */
  putPod(pod: Pod): void {
    const key = keyOf(pod);
    const known = this.#pods.get(key);
    const nodeName = pod.spec.nodeName ?? '';
    if (nodeName === '' || isTerminal(pod)) {
      if (nodeName === '' && known?.isAssumed === true) return;
      this.removePod(key);
      return;
    }
    if (known !== undefined) {
      if (this.info(known.slot).name === nodeName && takesSameRoom(known.pod, pod)) {
        known.pod = pod;
        known.isAssumed = false;
        return;
      }
      this.removePod(key);
    }
    this.#place(new PodInfo(pod, key), nodeName);
  }

  /** Takes the pod as placed before the API knows. */
  assume(info: PodInfo, nodeName: string): void {
    this.removePod(info.key);
    info.isAssumed = true;
    this.#place(info, nodeName);
  }

  /** Takes an assumption back. */
  forget(key: string): void {
    if (this.isAssumed(key)) this.removePod(key);
  }

  removePod(key: string): void {
    const info = this.#pods.get(key);
    if (info === undefined) return;
    this.#pods.delete(key);
    const { priority } = info;
    const left = (this.#priorities.get(priority) ?? 0) - 1;
    if (left === 0) this.#priorities.delete(priority);
    else this.#priorities.set(priority, left);
    const { slot } = info;
    this.takeOff(info);
    info.isAssumed = false;
    this.#dropIfUnused(this.info(slot));
  }

  /** Puts a pod on a node, to stay or for a try. */
  putOn(info: PodInfo, slot: number): void {
    assert(info.slot === NO_SLOT, `pod ${info.key} is on one node at most`);
    this.podIndex.add(info, slot);
    this.info(slot).addPod(info);
  }

  takeOff(info: PodInfo): void {
    const { slot } = info;
    this.info(slot).removePod(info);
    this.podIndex.remove(info, slot);
    info.slot = NO_SLOT;
  }

  /** The nodes that the pod's nodeSelector and required node affinity match; undefined: all. */
  nodeMatcher(pod: Pod): NodeMatcher | undefined {
    const { nodeSelector, affinity } = pod.spec;
    const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (required === undefined && Object.keys(nodeSelector ?? {}).length === 0) return undefined;
    const text = JSON.stringify([nodeSelector, required]);
    let matcher = this.#matchers.get(text);
    if (matcher === undefined) {
      if (this.#matchers.size >= MATCHERS_MAX) this.#matchers.clear();
      matcher = new NodeMatcher(text, pod, this.table, (slot) => this.info(slot).node);
      this.#matchers.set(text, matcher);
    }
    return matcher;
  }

  eligibility(rule: EligibilityRule): Eligibility {
    const text = eligibilityText(rule);
    let eligibility = this.#eligibilities.get(text);
    if (eligibility === undefined) {
      if (this.#eligibilities.size >= ELIGIBILITIES_MAX) this.#eligibilities.clear();
      eligibility = new Eligibility(text, rule, this.table, this.gates);
      this.#eligibilities.set(text, eligibility);
    }
    return eligibility;
  }

  #place(info: PodInfo, nodeName: string): void {
    this.#pods.set(info.key, info);
    this.#priorities.set(info.priority, (this.#priorities.get(info.priority) ?? 0) + 1);
    this.putOn(info, this.#nodeInfo(nodeName).slot);
  }

  #nodeInfo(name: string): NodeInfo {
    let info = this.#byName.get(name);
    if (info === undefined) {
      info = new NodeInfo(name, this.table.newSlot(), this.table);
      this.#byName.set(name, info);
      this.#bySlot[info.slot] = info;
    }
    return info;
  }

  #dropIfUnused(info: NodeInfo): void {
    if (info.isKnown || info.pods.length > 0) return;
    this.#byName.delete(info.name);
    this.#bySlot[info.slot] = undefined;
    this.table.freeSlot(info.slot);
  }
}

/** Whether the change from one version of a placed pod to the next is nothing to other pods. */
function takesSameRoom(old: Pod, now: Pod): boolean {
  if (old.metadata.uid !== now.metadata.uid) return false;
  const wasLeaving = old.metadata.deletionTimestamp !== undefined;
  if (wasLeaving !== (now.metadata.deletionTimestamp !== undefined)) return false;
  if (!jsonEqual(old.metadata.labels, now.metadata.labels)) return false;
  if (old.spec === now.spec) return true;
  if (old.spec.priority !== now.spec.priority) return false;
  return old.spec.containers.every(
    ({ resources }, index) =>
      resources === now.spec.containers[index]?.resources ||
      jsonEqual(resources?.requests, now.spec.containers[index]?.resources?.requests),
  );
}
