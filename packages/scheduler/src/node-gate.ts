/**
 * What bars a node or makes it unwelcome: its cordon and its taints, interned.
 *
 * Nodes have few different sets of taints, so what a pod template makes of a set is worked out once per set.
 */
import type { Node, Taint } from '@podwire/api';

export interface NodeGate {
  /** Counts from 0, in the order of appearance. */
  readonly id: number;
  readonly isCordoned: boolean;
  readonly taints: readonly Taint[];
  /** Whether a taint bars pods (NoSchedule, NoExecute). */
  readonly isBarred: boolean;
  /** Whether a taint costs points (PreferNoSchedule). */
  readonly isUnwelcome: boolean;
}

export class NodeGates {
  readonly #byText = new Map<string, NodeGate>();
  readonly all: NodeGate[] = [];
  /** How many known nodes have such a gate. */
  cordonedCount = 0;
  barredCount = 0;
  unwelcomeCount = 0;

  of(node: Node): NodeGate {
    const { unschedulable, taints = [] } = node.spec;
    const isCordoned = unschedulable === true;
    let text = isCordoned ? '!' : '';
    for (const { key, value, effect } of taints) text += `${key}=${value ?? ''}:${effect}\n`;
    let gate = this.#byText.get(text);
    if (gate === undefined) {
      gate = {
        id: this.all.length,
        isCordoned,
        taints,
        isBarred: taints.some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute'),
        isUnwelcome: taints.some(({ effect }) => effect === 'PreferNoSchedule'),
      };
      this.#byText.set(text, gate);
      this.all.push(gate);
    }
    return gate;
  }

  /** Counts a node that came (+1) or went (-1) with this gate. */
  count({ isCordoned, isBarred, isUnwelcome }: NodeGate, delta: number): void {
    if (isCordoned) this.cordonedCount += delta;
    if (isBarred) this.barredCount += delta;
    if (isUnwelcome) this.unwelcomeCount += delta;
  }
}
