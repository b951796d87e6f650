/**
 * The order in which nodes are looked at: round-robin over zones, inside a zone by arrival.
 *
 * Copies kube-scheduler's backend/cache/node_tree.go; a zone is the pair of region and zone labels.
 */
import type { Node } from '@podwire/api';

export function zoneKeyOf(node: Node): string {
  const labels = node.metadata.labels ?? {};
  const region =
    labels['topology.kubernetes.io/region'] ??
    labels['failure-domain.beta.kubernetes.io/region'] ??
    '';
  const zone =
    labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\u0000:${zone}`;
}

export class NodeTree {
  readonly #zones = new Map<string, Set<number>>();
  readonly #zoneOf = new Map<number, string>();
  #order: number[] | undefined = [];

  /** A node, by its slot, came or changed. */
  put(slot: number, node: Node): void {
    const zone = zoneKeyOf(node);
    if (this.#zoneOf.get(slot) === zone) return;
    this.remove(slot);
    let slots = this.#zones.get(zone);
    if (slots === undefined) {
      slots = new Set();
      this.#zones.set(zone, slots);
    }
    this.#order?.splice(this.#placeAtEnd(zone, slots.size), 0, slot);
    slots.add(slot);
    this.#zoneOf.set(slot, zone);
  }

  remove(slot: number): void {
    const zone = this.#zoneOf.get(slot);
    if (zone === undefined) return;
    this.#zoneOf.delete(slot);
    const slots = this.#zones.get(zone);
    slots?.delete(slot);
    if (slots?.size === 0) this.#zones.delete(zone);
    this.#order = undefined;
  }

  /** All slots, one from each zone in turn. */
  get order(): readonly number[] {
    if (this.#order !== undefined) return this.#order;
    const zones = [...this.#zones.values()].map((slots) => [...slots]);
    const order: number[] = [];
    for (let round = 0; order.length < this.#zoneOf.size; round++) {
      for (const slots of zones) {
        const slot = slots[round];
        if (slot !== undefined) order.push(slot);
      }
    }
    this.#order = order;
    return order;
  }

  /** Where the next node of the zone, its `round`-th, stands in the order. */
  #placeAtEnd(zone: string, round: number): number {
    let place = 0;
    let isBefore = true;
    for (const [name, { size }] of this.#zones) {
      if (name === zone) isBefore = false;
      // Full rounds before this one, then the zones that come first in this round.
      place += Math.min(size, round) + (isBefore && size > round ? 1 : 0);
    }
    return place;
  }
}
