/**
 * Counts packets from birth to end, per host: every packet ends once, with a named end.
 *
 * A packet is born where a stack or a program makes it, or where a copy is made; it keeps its life
 * while it crosses hosts. At any instant, over all hosts: born = ended + under way.
 */
import type { PacketEnd } from './drop-reason.ts';

export class PacketLedger {
  born = 0;
  /**
   * Packets between two stages: in an event, on a link, in a queue. A link's sender counts up and its
   * receiver down, so that only the sum over all hosts is a number of packets.
   */
  underWay = 0;
  readonly ends: Map<PacketEnd, number> = new Map();

  end(how: PacketEnd): void {
    this.ends.set(how, (this.ends.get(how) ?? 0) + 1);
  }

  get ended(): number {
    let sum = 0;
    for (const count of this.ends.values()) sum += count;
    return sum;
  }
}
