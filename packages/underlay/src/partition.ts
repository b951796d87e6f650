/**
 * Partitions of a switch: groups of hosts between which nothing passes.
 *
 * Hosts of different groups of one partition are cut off from each other; a host in no group reaches all.
 * Several partitions may hold at once, by name.
 */
import { assert } from '@podwire/base';

export class Partitions {
  readonly #byName = new Map<string, ReadonlyMap<string, number>>();

  /** Whether any holds; the common case costs this one look. */
  get isAny(): boolean {
    return this.#byName.size > 0;
  }

  set(name: string, groups: readonly (readonly string[])[]): void {
    const groupOf = new Map<string, number>();
    for (const [index, group] of groups.entries()) {
      for (const host of group) {
        assert(!groupOf.has(host), `${host} is in one group of partition ${name}`);
        groupOf.set(host, index);
      }
    }
    this.#byName.set(name, groupOf);
  }

  heal(name: string): void {
    this.#byName.delete(name);
  }

  isCut(left: string, right: string): boolean {
    for (const groupOf of this.#byName.values()) {
      const group = groupOf.get(left);
      if (group === undefined) continue;
      const other = groupOf.get(right);
      if (other !== undefined && other !== group) return true;
    }
    return false;
  }
}
