/**
 * What the scheduler knows of one node: the pods on it and the sums over them.
 *
 * Copies kube-scheduler's framework.NodeInfo and PodInfo.
 */
import {
  type Node,
  type Pod,
  type Selector,
  type StringMap,
  formatSelector,
  keyOf,
  matchesSelector,
} from '@podwire/api';
import { assert } from '@podwire/base';
import { type AffinityTerm, type WeightedAffinityTerm, affinityTermOf } from './affinity-term.ts';
import { type HostPort, UsedPorts, hostPortsOf } from './host-ports.ts';
import { type Amounts, addTo, amountsOf, podRequests } from './resources.ts';

const NO_LABELS: StringMap = {};

/** A pod with all that plugins need of it computed once. */
export class PodInfo {
  readonly pod: Pod;
  readonly key: string;
  readonly namespace: string;
  readonly priority: number;
  readonly requests: ReadonlyMap<string, number>;
  /** With 100m and 200 MiB for containers that ask for nothing: for scores. */
  readonly nonZeroRequests: ReadonlyMap<string, number>;
  readonly hostPorts: readonly HostPort[];
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly WeightedAffinityTerm[];
  readonly preferredAntiAffinity: readonly WeightedAffinityTerm[];

  constructor(pod: Pod) {
    this.pod = pod;
    this.key = keyOf(pod);
    this.namespace = pod.metadata.namespace ?? 'default';
    this.priority = pod.spec.priority ?? 0;
    this.requests = podRequests(pod);
    this.nonZeroRequests = podRequests(pod, true);
    this.hostPorts = hostPortsOf(pod);
    const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
    const required = 'requiredDuringSchedulingIgnoredDuringExecution';
    const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
    this.requiredAffinity = (podAffinity?.[required] ?? []).map((t) => affinityTermOf(pod, t));
    this.requiredAntiAffinity = (podAntiAffinity?.[required] ?? []).map((t) =>
      affinityTermOf(pod, t),
    );
    const weighted = (terms = podAffinity?.[preferred]): WeightedAffinityTerm[] =>
      (terms ?? []).map((t) => ({
        term: affinityTermOf(pod, t.podAffinityTerm),
        weight: t.weight,
      }));
    this.preferredAffinity = weighted();
    this.preferredAntiAffinity = weighted(podAntiAffinity?.[preferred] ?? []);
  }

  get hasAffinity(): boolean {
    return (
      this.requiredAffinity.length > 0 ||
      this.requiredAntiAffinity.length > 0 ||
      this.preferredAffinity.length > 0 ||
      this.preferredAntiAffinity.length > 0
    );
  }
}

/** An image on a node and how many nodes of the cluster have it. */
export interface ImageState {
  readonly sizeBytes: number;
  readonly nodes: ReadonlySet<string>;
}

export class NodeInfo {
  readonly name: string;
  /** Undefined while pods name a node that is not known. */
  #node: Node | undefined;
  #allocatable: ReadonlyMap<string, number> = new Map();
  readonly #pods = new Map<string, PodInfo>();
  readonly #podsWithAffinity = new Map<string, PodInfo>();
  readonly #podsWithRequiredAntiAffinity = new Map<string, PodInfo>();
  #requested: Amounts = new Map();
  #nonZeroRequested: Amounts = new Map();
  #usedPorts = new UsedPorts();
  /** How many pods a selector matches, until a pod comes or goes. */
  readonly #counts = new Map<string, number>();
  images: ReadonlyMap<string, ImageState> = new Map();

  constructor(name: string) {
    this.name = name;
  }

  get isKnown(): boolean {
    return this.#node !== undefined;
  }

  get node(): Node {
    assert(this.#node !== undefined, `node ${this.name} is known`);
    return this.#node;
  }

  get labels(): StringMap {
    return this.#node?.metadata.labels ?? NO_LABELS;
  }

  get pods(): ReadonlyMap<string, PodInfo> {
    return this.#pods;
  }

  get podsWithAffinity(): ReadonlyMap<string, PodInfo> {
    return this.#podsWithAffinity;
  }

  get podsWithRequiredAntiAffinity(): ReadonlyMap<string, PodInfo> {
    return this.#podsWithRequiredAntiAffinity;
  }

  get usedPorts(): UsedPorts {
    return this.#usedPorts;
  }

  setNode(node: Node | undefined): void {
    this.#node = node;
    this.#allocatable = amountsOf(node?.status?.allocatable);
  }

  label(key: string): string | undefined {
    return Object.hasOwn(this.labels, key) ? this.labels[key] : undefined;
  }

  allocatable(resource: string): number {
    return this.#allocatable.get(resource) ?? 0;
  }

  requested(resource: string): number {
    return this.#requested.get(resource) ?? 0;
  }

  nonZeroRequested(resource: string): number {
    return this.#nonZeroRequested.get(resource) ?? 0;
  }

  addPod(info: PodInfo): void {
    this.#pods.set(info.key, info);
    if (info.hasAffinity) this.#podsWithAffinity.set(info.key, info);
    if (info.requiredAntiAffinity.length > 0) {
      this.#podsWithRequiredAntiAffinity.set(info.key, info);
    }
    addTo(this.#requested, info.requests);
    addTo(this.#nonZeroRequested, info.nonZeroRequests);
    for (const port of info.hostPorts) this.#usedPorts.add(port);
    this.#counts.clear();
  }

  removePod(key: string): void {
    const info = this.#pods.get(key);
    if (info === undefined) return;
    this.#pods.delete(key);
    this.#podsWithAffinity.delete(key);
    this.#podsWithRequiredAntiAffinity.delete(key);
    addTo(this.#requested, info.requests, -1);
    addTo(this.#nonZeroRequested, info.nonZeroRequests, -1);
    for (const port of info.hostPorts) this.#usedPorts.remove(port);
    this.#counts.clear();
  }

  /** Pods of the namespace that match, without those being deleted; an empty selector counts none. */
  countMatching(namespace: string, selector: Selector, selectorText?: string): number {
    if (!selector.isNothing && selector.requirements.length === 0) return 0;
    if (this.#pods.size === 0) return 0;
    const key = `${namespace} ${selector.isNothing ? '!' : (selectorText ?? formatSelector(selector))}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    let count = 0;
    for (const info of this.#pods.values()) {
      if (info.namespace !== namespace) continue;
      if (info.pod.metadata.deletionTimestamp !== undefined) continue;
      if (matchesSelector(selector, info.pod.metadata.labels)) count++;
    }
    this.#counts.set(key, count);
    return count;
  }

  /** A copy to try things on. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.name);
    copy.#node = this.#node;
    copy.#allocatable = this.#allocatable;
    for (const [key, info] of this.#pods) copy.#pods.set(key, info);
    for (const [key, info] of this.#podsWithAffinity) copy.#podsWithAffinity.set(key, info);
    for (const [key, info] of this.#podsWithRequiredAntiAffinity) {
      copy.#podsWithRequiredAntiAffinity.set(key, info);
    }
    copy.#requested = new Map(this.#requested);
    copy.#nonZeroRequested = new Map(this.#nonZeroRequested);
    copy.#usedPorts = this.#usedPorts.clone();
    copy.images = this.images;
    return copy;
  }
}
