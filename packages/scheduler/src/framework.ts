/**
 * The scheduling framework: what a plugin may do at each extension point.
 *
 * The order of plugins is data (default-profile.ts). A plugin is asked once per pod whether it has anything to
 * decide (preFilter, preScore); if so it hands over a filter for single nodes, or a scorer for all feasible ones,
 * with all that depends on the pod worked out. Nodes are slots of the snapshot's NodeTable.
 */
import type { PodInfo, PodShape } from './pod-info.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * `unschedulable`: preemption might help. `unresolvable`: it would not (UnschedulableAndUnresolvable).
 * `error`: the plugin could not decide.
 */
export type StatusCode = 'unschedulable' | 'unresolvable' | 'error';

/** Why a plugin said no. */
export interface Status {
  readonly code: StatusCode;
  readonly reasons: readonly string[];
  /** The plugin that said it; empty for the framework itself. */
  readonly plugin: string;
}

export function unschedulable(plugin: string, ...reasons: string[]): Status {
  return { code: 'unschedulable', reasons, plugin };
}

export function unresolvable(plugin: string, ...reasons: string[]): Status {
  return { code: 'unresolvable', reasons, plugin };
}

/** One attempt to place one pod. */
export interface Cycle {
  readonly snapshot: Snapshot;
  readonly pod: PodInfo;
  readonly shape: PodShape;
}

/** Judges nodes for one pod. It sees pods that are tried on a node for the while (preemption). */
export interface NodeFilter {
  /** The only nodes that come into question (PreFilterResult). */
  readonly nodeNames?: ReadonlySet<string> | undefined;
  filter(slot: number): Status | undefined;
}

/** Rates nodes for one pod. */
export interface NodeScorer {
  /** Writes the score of each node, 0 to MAX_NODE_SCORE, beside its slot. */
  score(nodes: NodeList, scores: Float64Array): void;
}

/** Some nodes: the first `count` of the slots. */
export interface NodeList {
  readonly slots: Int32Array;
  readonly count: number;
}

export interface Plugin {
  readonly name: string;
  /** A status rejects the pod before any node is looked at; undefined: every node passes (Skip). */
  preFilter?(cycle: Cycle): NodeFilter | Status | undefined;
  /** A number is the score of all nodes; undefined: the plugin has nothing to say (Skip). */
  preScore?(cycle: Cycle, feasible: NodeList): NodeScorer | number | undefined;
}

export const MAX_NODE_SCORE = 100;

/** Scales to 0…100 by the largest score, truncating; `isReversed`: the largest becomes 0. */
export function normalizeByMax(scores: Float64Array, count: number, isReversed: boolean): void {
  let max = 0;
  for (let at = 0; at < count; at++) max = Math.max(max, scores[at] ?? 0);
  if (max === 0) {
    if (isReversed) scores.fill(MAX_NODE_SCORE, 0, count);
    return;
  }
  for (let at = 0; at < count; at++) {
    const scaled = Math.trunc((MAX_NODE_SCORE * (scores[at] ?? 0)) / max);
    scores[at] = isReversed ? MAX_NODE_SCORE - scaled : scaled;
  }
}
