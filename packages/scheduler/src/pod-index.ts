/**
 * Pods by shape, and the counters that follow them.
 *
 * A pod that comes is found by its shape; the shape knows what counts it: selectors that some pod spreads or
 * groups by, and the affinity terms that the pods themselves bring along (TermGroup), which speak of newcomers.
 */
import type { Pod, StringMap } from '@podwire/api';
import {
  type AffinityTerm,
  matchesTerm,
  onlyNamespace,
  podTermsOf,
  termText,
} from './affinity-term.ts';
import { LabelIndex, pairOf, requiredPair } from './label-index.ts';
import type { NodeTable } from './node-table.ts';
import { PodCounter } from './pod-counter.ts';
import { type PodInfo, PodShape } from './pod-info.ts';
import { PodTemplate, templateText } from './pod-template.ts';
import type { TermMatches } from './shape-memo.ts';

/** Shapes without a bound pod and templates that are remembered until there are more than this. */
const RECENT_MAX = 4096;
const NO_LABELS: StringMap = {};

/** The pods that bring the same term along. */
export interface TermGroup {
  readonly text: string;
  readonly term: AffinityTerm;
  /** What a match counts in scores; not used for anti-affinity that bars. */
  readonly weight: number;
  readonly counter: PodCounter;
  readonly index: LabelIndex<TermGroup>;
  /** Shapes with bound pods that have the term; 0: the group is gone. */
  shapeCount: number;
}

export class PodIndex {
  readonly #table: NodeTable;
  readonly #templates = new Map<string, PodTemplate>();
  #templateIdNext = 0;
  /** By text; those with bound pods, and those seen lately. */
  readonly #bound = new Map<string, PodShape>();
  readonly #recent = new Map<string, PodShape>();
  /** One shape, or several. */
  readonly #shapesByPair = new Map<string, PodShape | Set<PodShape>>();
  readonly #counters = new Map<string, { counter: PodCounter; pair: string | undefined }>();
  readonly #counterIndex = new LabelIndex<PodCounter>();
  #countersMax = 1024;
  #useCount = 0;
  readonly #groups = new Map<string, TermGroup>();
  /** Required anti-affinity of bound pods: bars newcomers. */
  readonly barring: LabelIndex<TermGroup> = new LabelIndex();
  /** Preferences and required affinity of bound pods: weigh for newcomers. */
  readonly weighing: LabelIndex<TermGroup> = new LabelIndex();

  constructor(table: NodeTable) {
    this.#table = table;
  }

  /** The shape of a pod, the same for all pods that plugins treat alike. */
  shapeOf(info: PodInfo): PodShape {
    info.shape ??= this.#intern(info.pod);
    return info.shape;
  }

  /** A pod takes room on a node. */
  add(info: PodInfo, slot: number): void {
    let shape = this.shapeOf(info);
    if (shape.pods.length === 0) {
      // Both may have been made while neither was remembered; only one has pods.
      const bound = this.#bound.get(shape.text);
      if (bound === undefined) this.#register(shape);
      else shape = bound;
      info.shape = shape;
    }
    info.slot = slot;
    shape.addPod(info);
    this.#table.count(slot, shape.template, 1);
    this.#count(info, shape, slot, 1);
  }

  remove(info: PodInfo, slot: number): void {
    const shape = this.shapeOf(info);
    this.#table.count(slot, shape.template, -1);
    this.#count(info, shape, slot, -1);
    shape.removePod(info);
    if (shape.pods.length === 0) this.#unregister(shape);
  }

  /**
   * The counter under this text, made when it is not there. `pair` is a label that all its pods have.
   */
  counter(
    text: string,
    pair: string | undefined,
    skipsLeaving: boolean,
    matches: (shape: PodShape) => boolean,
  ): PodCounter {
    let entry = this.#counters.get(text);
    if (entry === undefined) {
      this.#dropOldCounters();
      entry = { counter: new PodCounter(matches, skipsLeaving), pair };
      this.#counters.set(text, entry);
      this.#counterIndex.add(entry.counter, pair);
      for (const shape of this.#boundWith(pair)) {
        if (!matches(shape)) continue;
        shape.counters = [...shape.counters, entry.counter];
        for (const info of shape.pods) this.#countIn(entry.counter, info, info.slot, 1);
      }
    }
    entry.counter.usedAt = ++this.#useCount;
    return entry.counter;
  }

  /** The groups of an index whose term speaks of the shape. */
  matchingGroups(
    index: LabelIndex<TermGroup>,
    known: TermMatches | undefined,
    shape: PodShape,
    namespaces: ReadonlyMap<string, StringMap>,
  ): TermMatches {
    if (known?.indexVersion === index.version && known.namespaces === namespaces) return known;
    const groups: TermGroup[] = [];
    const namespaceLabels = namespaces.get(shape.namespace);
    index.visit(shape.namespace, shape.labels, (group) => {
      if (matchesTerm(group.term, shape, namespaceLabels)) groups.push(group);
    });
    return { indexVersion: index.version, namespaces, groups };
  }

  /** Shapes with bound pods that have the label; undefined: all. */
  #boundWith(pair: string | undefined): Iterable<PodShape> {
    if (pair === undefined) return this.#bound.values();
    const shapes = this.#shapesByPair.get(pair) ?? [];
    return shapes instanceof PodShape ? [shapes] : shapes;
  }

  #intern(pod: Pod): PodShape {
    const template = this.#template(pod);
    const { namespace = 'default', labels = NO_LABELS } = pod.metadata;
    let text = `${template.id} ${namespace}`;
    for (const key of Object.keys(labels)) text += `\n${key}=${labels[key] ?? ''}`;
    let shape = this.#bound.get(text) ?? this.#recent.get(text);
    if (shape === undefined) {
      shape = new PodShape({ text, namespace, labels, template, terms: podTermsOf(pod) });
      if (this.#recent.size >= RECENT_MAX) this.#recent.clear();
      this.#recent.set(text, shape);
    }
    return shape;
  }

  #template(pod: Pod): PodTemplate {
    const text = templateText(pod);
    let template = this.#templates.get(text);
    if (template === undefined) {
      template = new PodTemplate(this.#templateIdNext++, pod, (name) =>
        this.#table.resourceId(name),
      );
      if (this.#templates.size >= RECENT_MAX) this.#templates.clear();
      this.#templates.set(text, template);
    }
    return template;
  }

  #register(shape: PodShape): void {
    this.#recent.delete(shape.text);
    this.#bound.set(shape.text, shape);
    for (const pair of pairsOf(shape)) {
      const shapes = this.#shapesByPair.get(pair);
      if (shapes === undefined) this.#shapesByPair.set(pair, shape);
      else if (shapes instanceof Set) shapes.add(shape);
      else this.#shapesByPair.set(pair, new Set([shapes, shape]));
    }
    const counters: PodCounter[] = [];
    this.#counterIndex.visit(shape.namespace, shape.labels, (counter) => {
      if (counter.matches(shape)) counters.push(counter);
    });
    for (const { kind, term, weight } of termsBrought(shape)) {
      counters.push(this.#joinGroup(kind, term, weight).counter);
    }
    if (counters.length > 0) shape.counters = counters;
  }

  #unregister(shape: PodShape): void {
    this.#bound.delete(shape.text);
    if (this.#recent.size >= RECENT_MAX) this.#recent.clear();
    this.#recent.set(shape.text, shape);
    for (const pair of pairsOf(shape)) {
      const shapes = this.#shapesByPair.get(pair);
      if (shapes instanceof Set) shapes.delete(shape);
      if (shapes === shape || (shapes instanceof Set && shapes.size === 0)) {
        this.#shapesByPair.delete(pair);
      }
    }
    shape.counters = [];
    for (const { kind, term, weight } of termsBrought(shape)) this.#leaveGroup(kind, term, weight);
  }

  #joinGroup(kind: TermKind, term: AffinityTerm, weight: number): TermGroup {
    const text = groupText(kind, term, weight);
    let group = this.#groups.get(text);
    if (group === undefined) {
      group = {
        text,
        term,
        weight,
        counter: new PodCounter(() => false, false),
        index: kind === 'bars' ? this.barring : this.weighing,
        shapeCount: 0,
      };
      this.#groups.set(text, group);
      group.index.add(group, pairOfTerm(term));
    }
    group.shapeCount++;
    return group;
  }

  #leaveGroup(kind: TermKind, term: AffinityTerm, weight: number): void {
    const group = this.#groups.get(groupText(kind, term, weight));
    if (group === undefined || --group.shapeCount > 0) return;
    this.#groups.delete(group.text);
    group.index.remove(group, pairOfTerm(term));
  }

  #count(info: PodInfo, shape: PodShape, slot: number, delta: number): void {
    for (const counter of shape.counters) this.#countIn(counter, info, slot, delta);
  }

  #countIn(counter: PodCounter, info: PodInfo, slot: number, delta: number): void {
    if (counter.skipsLeaving && info.isLeaving) return;
    counter.add(slot, delta, this.#table.capacity);
  }

  /** Forgets the half that was asked for longest ago, once there are many more than pods could need. */
  #dropOldCounters(): void {
    if (this.#counters.size < this.#countersMax) return;
    const sorted = [...this.#counters].sort(([, a], [, b]) => a.counter.usedAt - b.counter.usedAt);
    const dropped = new Set<PodCounter>();
    for (const [text, { counter, pair }] of sorted.slice(0, sorted.length >> 1)) {
      this.#counters.delete(text);
      this.#counterIndex.remove(counter, pair);
      dropped.add(counter);
    }
    for (const shape of this.#bound.values()) {
      shape.counters = shape.counters.filter((counter) => !dropped.has(counter));
    }
    this.#countersMax = Math.max(1024, 2 * this.#counters.size, 4 * this.#bound.size);
  }
}

type TermKind = 'bars' | 'weighs';

/** What an existing pod's required affinity to the new pod counts in scores (hardPodAffinityWeight). */
const HARD_AFFINITY_WEIGHT = 1;

function* termsBrought({
  terms,
}: PodShape): Generator<{ kind: TermKind; term: AffinityTerm; weight: number }> {
  for (const term of terms.requiredAntiAffinity) yield { kind: 'bars', term, weight: 0 };
  for (const term of terms.requiredAffinity) {
    yield { kind: 'weighs', term, weight: HARD_AFFINITY_WEIGHT };
  }
  for (const { term, weight } of terms.preferredAffinity) yield { kind: 'weighs', term, weight };
  for (const { term, weight } of terms.preferredAntiAffinity) {
    yield { kind: 'weighs', term, weight: -weight };
  }
}

function groupText(kind: TermKind, term: AffinityTerm, weight: number): string {
  return `${kind} ${weight} ${term.topologyKey} ${termText(term)}`;
}

function pairOfTerm(term: AffinityTerm): string | undefined {
  const namespace = onlyNamespace(term);
  return namespace === undefined ? undefined : requiredPair(namespace, term.selector);
}

function pairsOf({ namespace, labels }: PodShape): string[] {
  return Object.keys(labels).map((key) => pairOf(namespace, key, labels[key] ?? ''));
}
