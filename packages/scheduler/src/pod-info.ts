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

export class PodShape {
  readonly namespace: string;
  readonly labels: StringMap;
  readonly template: PodTemplate;
  readonly terms: PodTerms;
  /** Pods of this shape that have a node. */
  readonly pods: PodInfo[] = [];
  /** What counts these pods, while there are any. */
  counters: PodCounter[] = [];
  /** What plugins worked out for pods of this shape. */
  memo: ShapeMemo | undefined;

  constructor(namespace: string, labels: StringMap, template: PodTemplate, terms: PodTerms) {
    this.namespace = namespace;
    this.labels = labels;
    this.template = template;
    this.terms = terms;
  }
}
