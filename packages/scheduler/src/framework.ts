/**
 * The scheduling framework: what a plugin may do at each extension point, and what a cycle carries.
 *
 * The order of plugins is data (default-profile.ts). Order of the points: preFilter, filter, postFilter
 * (preemption.ts), preScore, score, normalize.
 */
import type { NodeInfo, PodInfo } from './node-info.ts';
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

export function schedulerError(plugin: string, reason: string): Status {
  return { code: 'error', reasons: [reason], plugin };
}

/** `skip`: this plugin has nothing to do at the later points. */
export type PreFilterResult =
  | { readonly kind: 'skip' }
  | { readonly kind: 'rejected'; readonly status: Status }
  | { readonly kind: 'nodes'; readonly names: ReadonlySet<string> };

/** Something that a plugin remembers during a cycle; preemption tries things on a clone. */
export interface PluginState {
  clone(): PluginState;
}

/** Where a plugin finds its state again. */
export class StateKey<T extends PluginState> {
  readonly name: string;
  /** Only for the type. */
  declare readonly state: T;

  constructor(name: string) {
    this.name = name;
  }
}

/** One attempt to place one pod. */
export class Cycle {
  readonly snapshot: Snapshot;
  readonly pod: PodInfo;
  readonly #states = new Map<StateKey<PluginState>, PluginState>();
  readonly skipFilter: ReadonlySet<string>;

  constructor(snapshot: Snapshot, pod: PodInfo, skipFilter: ReadonlySet<string> = new Set()) {
    this.snapshot = snapshot;
    this.pod = pod;
    this.skipFilter = skipFilter;
  }

  read<T extends PluginState>(key: StateKey<T>): T | undefined {
    return this.#states.get(key) as T | undefined;
  }

  write<T extends PluginState>(key: StateKey<T>, state: T): void {
    this.#states.set(key, state);
  }

  clone(): Cycle {
    const copy = new Cycle(this.snapshot, this.pod, this.skipFilter);
    for (const [key, state] of this.#states) copy.#states.set(key, state.clone());
    return copy;
  }
}

export interface NodeScore {
  readonly node: string;
  score: number;
}

export interface Plugin {
  readonly name: string;
  preFilter?(cycle: Cycle): PreFilterResult | undefined;
  /** Keeps the plugin's state right when preemption adds or removes a pod on a node. */
  addPod?(cycle: Cycle, added: PodInfo, node: NodeInfo): void;
  removePod?(cycle: Cycle, removed: PodInfo, node: NodeInfo): void;
  filter?(cycle: Cycle, node: NodeInfo): Status | undefined;
  preScore?(cycle: Cycle, feasible: readonly NodeInfo[]): 'skip' | undefined;
  score?(cycle: Cycle, node: NodeInfo): number;
  normalize?(cycle: Cycle, scores: NodeScore[]): void;
}

export const MAX_NODE_SCORE = 100;

/** Scales to 0…100 by the largest score, truncating; `isReversed`: the largest becomes 0. */
export function normalizeByMax(scores: NodeScore[], isReversed: boolean): void {
  let max = 0;
  for (const { score } of scores) max = Math.max(max, score);
  for (const entry of scores) {
    if (max === 0) {
      if (isReversed) entry.score = MAX_NODE_SCORE;
      continue;
    }
    const scaled = Math.trunc((MAX_NODE_SCORE * entry.score) / max);
    entry.score = isReversed ? MAX_NODE_SCORE - scaled : scaled;
  }
}
