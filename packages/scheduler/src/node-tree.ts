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
  readonly #zones = new Map<string, Set<string>>();
  readonly #zoneOf = new Map<string, string>();
  #order: readonly string[] | undefined;

  put(node: Node): void {
    const { name } = node.metadata;
    const zone = zoneKeyOf(node);
    if (this.#zoneOf.get(name) === zone) return;
    this.remove(name);
    let names = this.#zones.get(zone);
    if (names === undefined) {
      names = new Set();
      this.#zones.set(zone, names);
    }
    names.add(name);
    this.#zoneOf.set(name, zone);
    this.#order = undefined;
  }

  remove(name: string): void {
    const zone = this.#zoneOf.get(name);
    if (zone === undefined) return;
    this.#zoneOf.delete(name);
    const names = this.#zones.get(zone);
    names?.delete(name);
    if (names?.size === 0) this.#zones.delete(zone);
    this.#order = undefined;
  }

  /** All names, one from each zone in turn. */
  get order(): readonly string[] {
    if (this.#order !== undefined) return this.#order;
    const zones = [...this.#zones.values()].map((names) => [...names]);
    const order: string[] = [];
    for (let round = 0; order.length < this.#zoneOf.size; round++) {
      for (const names of zones) {
        const name = names[round];
        if (name !== undefined) order.push(name);
      }
    }
    this.#order = order;
    return order;
  }
}
