/**
 * Which nodes count when pods are counted by domain: those with certain labels, that the pod's node affinity
 * and tolerations allow.
 */
import type { Node, Pod } from '@podwire/api';
import type { NodeGates } from './node-gate.ts';
import type { NodeTable } from './node-table.ts';
import type { PodTemplate } from './pod-template.ts';
import { matchesRequiredNodeAffinity } from './plugins/node-selector.ts';
import { EMPTY_DOMAIN, NO_DOMAIN, type Topology } from './topology.ts';

/** The nodes that a pod's nodeSelector and required node affinity match; remembered until labels change. */
export class NodeMatcher {
  /** Equal for pods that ask for the same. */
  readonly text: string;
  readonly #pod: Pod;
  readonly #table: NodeTable;
  readonly #nodeOf: (slot: number) => Node;
  /** The label version for which the answer holds, times two, plus one for a match. */
  #answers = new Float64Array(0);

  constructor(text: string, pod: Pod, table: NodeTable, nodeOf: (slot: number) => Node) {
    this.text = text;
    this.#pod = pod;
    this.#table = table;
    this.#nodeOf = nodeOf;
  }

  matches(slot: number): boolean {
    if (slot >= this.#answers.length) this.#answers = new Float64Array(this.#table.capacity);
    const version = 2 * (this.#table.labelVersion[slot] ?? 0);
    const answer = this.#answers[slot];
    if (answer === version + 1) return true;
    if (answer === version) return false;
    const isMatch = matchesRequiredNodeAffinity(this.#pod, this.#nodeOf(slot));
    this.#answers[slot] = version + (isMatch ? 1 : 0);
    return isMatch;
  }
}

export interface EligibilityRule {
  /** A node must have all these labels. */
  readonly required: readonly Topology[];
  readonly matcher: NodeMatcher | undefined;
  /** Whose tolerations must cover the node's taints. */
  readonly template: PodTemplate | undefined;
}

export class Eligibility {
  /** Equal for equal rules. */
  readonly text: string;
  readonly #rule: EligibilityRule;
  readonly #table: NodeTable;
  readonly #gates: NodeGates;
  readonly #domainCounts = new Map<
    Topology,
    { readonly version: number; readonly count: number }
  >();

  constructor(text: string, rule: EligibilityRule, table: NodeTable, gates: NodeGates) {
    this.text = text;
    this.#rule = rule;
    this.#table = table;
    this.#gates = gates;
  }

  /** Moves when another set of nodes may be eligible. */
  get version(): number {
    return this.#table.version;
  }

  includes(slot: number): boolean {
    if (this.#table.known[slot] !== 1) return false;
    const { required, matcher, template } = this.#rule;
    for (const { domainOf } of required) {
      if ((domainOf[slot] ?? NO_DOMAIN) === NO_DOMAIN) return false;
    }
    if (matcher?.matches(slot) === false) return false;
    if (template === undefined) return true;
    const gate = this.#gates.all[this.#table.gate[slot] ?? 0];
    return gate === undefined || template.barredBy(gate) === undefined;
  }

  /** How many domains the eligible nodes make. */
  domainCount(topology: Topology): number {
    const known = this.#domainCounts.get(topology);
    if (known?.version === this.version) return known.count;
    const domains = new Set<number>();
    for (let slot = 0; slot < this.#table.capacity; slot++) {
      if (!this.includes(slot)) continue;
      domains.add(Math.max(topology.domainOf[slot] ?? EMPTY_DOMAIN, EMPTY_DOMAIN));
    }
    this.#domainCounts.set(topology, { version: this.version, count: domains.size });
    return domains.size;
  }
}

export function eligibilityText({ required, matcher, template }: EligibilityRule): string {
  let text = '';
  for (const { key } of required) text += `${key},`;
  if (matcher !== undefined) text += ` ${matcher.text}`;
  if (template !== undefined) text += ` ${template.tolerationsText}`;
  return text;
}
