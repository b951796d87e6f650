/**
 * A pod as the scheduler holds it, and the shape that it shares with pods that no plugin can tell from it.
 *
 * A shape is a template with a namespace and labels. What pods are counted by (spread, affinity) is decided per
 * shape; a bound pod adds little of its own. Shapes are interned by pod-index.ts.
 */
import { type Pod, type StringMap, keyOf } from '@podwire/api';
import { must } from '@podwire/base';
import type { PodTerms } from './affinity-term.ts';
import type { PodCounter } from './pod-counter.ts';
import type { PodTemplate } from './pod-template.ts';
import type { ShapeMemo } from './shape-memo.ts';

/** No node. */
export const NO_SLOT = -1;

export class PodInfo {
  /** The newest version that was seen. */
  pod: Pod;
  readonly key: string;
  /** Set by PodIndex.shapeOf. */
  shape: PodShape | undefined;
  /** The node on which it takes room. */
  slot: number = NO_SLOT;
  /** Its place in the shape's list of pods. */
  shapeIndex = 0;
  /** Chosen a node, but the API does not show it yet. */
  isAssumed = false;

  constructor(pod: Pod, key: string = keyOf(pod)) {
    this.pod = pod;
    this.key = key;
  }

  get namespace(): string {
    return this.pod.metadata.namespace ?? 'default';
  }

  get priority(): number {
    return this.pod.spec.priority ?? 0;
  }

  get isLeaving(): boolean {
    return this.pod.metadata.deletionTimestamp !== undefined;
  }

  get template(): PodTemplate {
    return must(this.shape, 'the pod has a shape').template;
  }
}

const NO_PODS: PodInfo[] = [];
const NO_COUNTERS: PodCounter[] = [];

export class PodShape {
  /** Equal for equal shapes. */
  readonly text: string;
  readonly namespace: string;
  readonly labels: StringMap;
  readonly template: PodTemplate;
  readonly terms: PodTerms;
  /** Pods of this shape that have a node. */
  #pods: PodInfo[] = NO_PODS;
  /** What counts these pods, while there are any. */
  counters: readonly PodCounter[] = NO_COUNTERS;
  /** What plugins worked out for pods of this shape. */
  memo: ShapeMemo | undefined;

  constructor(parts: Pick<PodShape, 'text' | 'namespace' | 'labels' | 'template' | 'terms'>) {
    this.text = parts.text;
    this.namespace = parts.namespace;
    this.labels = parts.labels;
    this.template = parts.template;
    this.terms = parts.terms;
  }

  get pods(): readonly PodInfo[] {
    return this.#pods;
  }

  addPod(info: PodInfo): void {
    info.shapeIndex = this.#pods.length;
    // Many shapes have one pod (StatefulSets): a list that has grown by push has room for seventeen.
    if (this.#pods.length === 0) this.#pods = [info];
    else this.#pods.push(info);
  }

  removePod(info: PodInfo): void {
    const last = this.#pods.pop();
    if (last !== undefined && last !== info) {
      last.shapeIndex = info.shapeIndex;
      this.#pods[info.shapeIndex] = last;
    }
    if (this.#pods.length === 0) this.#pods = NO_PODS;
  }
}
