/**
 * The scheduler's view of the cluster, kept up to date event by event.
 *
 * Simulated code runs to completion, so a cycle reads this view as it stands; nothing is copied. A pod is
 * *assumed* on its node from the choice until the API shows the binding.
 * Copies kube-scheduler's backend/cache.
 */
import type {
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  Service,
  StatefulSet,
  StorageClass,
  StringMap,
} from '@podwire/api';
import { keyOf } from '@podwire/api';
import { type ImageState, NodeInfo, PodInfo } from './node-info.ts';
import { NodeTree } from './node-tree.ts';

/** Objects other than nodes and pods that plugins read. */
export interface ClusterObjects {
  namespaces(): ReadonlyMap<string, StringMap>;
  services(namespace: string): readonly Service[];
  replicaSet(namespace: string, name: string): ReplicaSet | undefined;
  statefulSet(namespace: string, name: string): StatefulSet | undefined;
  /** The labels that a ReplicationController selects. */
  replicationController?(namespace: string, name: string): StringMap | undefined;
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  volumes(): Iterable<PersistentVolume>;
  storageClass(name: string): StorageClass | undefined;
  disruptionBudgets(): readonly PodDisruptionBudget[];
}

/** Whether a pod takes room on its node: not when it has ended. */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export class Snapshot {
  readonly objects: ClusterObjects;
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #tree = new NodeTree();
  readonly #pods = new Map<string, { readonly info: PodInfo; readonly nodeName: string }>();
  readonly #assumed = new Set<string>();
  readonly #images = new Map<string, { sizeBytes: number; nodes: Set<string> }>();
  readonly #withAffinity = new Set<NodeInfo>();
  readonly #withRequiredAntiAffinity = new Set<NodeInfo>();
  #list: readonly NodeInfo[] | undefined;

  constructor(objects: ClusterObjects) {
    this.objects = objects;
  }

  /** The nodes in the order in which they are looked at. */
  get nodeInfos(): readonly NodeInfo[] {
    this.#list ??= this.#tree.order
      .map((name) => this.#nodes.get(name))
      .filter((info) => info !== undefined);
    return this.#list;
  }

  get nodesWithAffinityPods(): ReadonlySet<NodeInfo> {
    return this.#withAffinity;
  }

  get nodesWithRequiredAntiAffinityPods(): ReadonlySet<NodeInfo> {
    return this.#withRequiredAntiAffinity;
  }

  /** A known node. */
  node(name: string): NodeInfo | undefined {
    const info = this.#nodes.get(name);
    return info?.isKnown === true ? info : undefined;
  }

  isAssumed(key: string): boolean {
    return this.#assumed.has(key);
  }

  putNode(node: Node): void {
    const { name } = node.metadata;
    const info = this.#nodeInfo(name);
    const wasKnown = info.isKnown;
    if (wasKnown) this.#removeImages(info.node);
    info.setNode(node);
    this.#tree.put(node);
    this.#addImages(info, node);
    this.#list = undefined;
    if (!wasKnown) this.#indexPods(info);
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (info === undefined || !info.isKnown) return;
    this.#removeImages(info.node);
    info.setNode(undefined);
    this.#tree.remove(name);
    this.#list = undefined;
    this.#indexPods(info);
    if (info.pods.size === 0) this.#nodes.delete(name);
  }

  /** A pod as the API shows it; one without a node or one that has ended takes no room. */
  putPod(pod: Pod): void {
    const key = keyOf(pod);
    const nodeName = pod.spec.nodeName ?? '';
    if (nodeName === '' || isTerminal(pod)) {
      if (nodeName === '' && this.#assumed.has(key)) return;
      this.removePod(key);
      return;
    }
    this.#assumed.delete(key);
    this.#place(new PodInfo(pod), nodeName);
  }

  /** Takes the pod as placed before the API knows. */
  assume(info: PodInfo, nodeName: string): void {
    this.#assumed.add(info.key);
    this.#place(info, nodeName);
  }

  /** Takes an assumption back. */
  forget(key: string): void {
    if (this.#assumed.has(key)) this.removePod(key);
  }

  removePod(key: string): void {
    this.#assumed.delete(key);
    const placed = this.#pods.get(key);
    if (placed === undefined) return;
    this.#pods.delete(key);
    const info = this.#nodes.get(placed.nodeName);
    if (info === undefined) return;
    info.removePod(key);
    this.#indexPods(info);
    if (!info.isKnown && info.pods.size === 0) this.#nodes.delete(placed.nodeName);
  }

  #place(pod: PodInfo, nodeName: string): void {
    const placed = this.#pods.get(pod.key);
    if (placed !== undefined) this.#nodes.get(placed.nodeName)?.removePod(pod.key);
    if (placed !== undefined && placed.nodeName !== nodeName) {
      const before = this.#nodes.get(placed.nodeName);
      if (before !== undefined) this.#indexPods(before);
    }
    this.#pods.set(pod.key, { info: pod, nodeName });
    const info = this.#nodeInfo(nodeName);
    info.addPod(pod);
    this.#indexPods(info);
  }

  #nodeInfo(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (info === undefined) {
      info = new NodeInfo(name);
      this.#nodes.set(name, info);
    }
    return info;
  }

  #indexPods(info: NodeInfo): void {
    if (info.isKnown && info.podsWithAffinity.size > 0) this.#withAffinity.add(info);
    else this.#withAffinity.delete(info);
    if (info.isKnown && info.podsWithRequiredAntiAffinity.size > 0) {
      this.#withRequiredAntiAffinity.add(info);
    } else {
      this.#withRequiredAntiAffinity.delete(info);
    }
  }

  #addImages(info: NodeInfo, node: Node): void {
    const images = new Map<string, ImageState>();
    for (const image of node.status?.images ?? []) {
      for (const name of image.names ?? []) {
        let state = this.#images.get(name);
        if (state === undefined) {
          state = { sizeBytes: image.sizeBytes ?? 0, nodes: new Set() };
          this.#images.set(name, state);
        }
        state.nodes.add(node.metadata.name);
        images.set(name, state);
      }
    }
    info.images = images;
  }

  #removeImages(node: Node): void {
    for (const image of node.status?.images ?? []) {
      for (const name of image.names ?? []) {
        const state = this.#images.get(name);
        state?.nodes.delete(node.metadata.name);
        if (state?.nodes.size === 0) this.#images.delete(name);
      }
    }
  }
}
