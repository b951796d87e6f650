/**
 * A packet inside one host's stack, with what the kernel keeps beside it (struct sk_buff).
 *
 * An skb belongs to one network namespace at a time; crossing a veth makes the receiving namespace
 * forget mark and conntrack (skb_scrub_packet).
 */
import type { Packet } from '@podwire/wire';
import type { CtEntry } from './conntrack/track.ts';
import type { Dev } from './dev/dev.ts';

/** Which direction of its connection a packet belongs to, and what rules see (enum ip_conntrack_info). */
export const CtState = {
  untracked: 0,
  invalid: 1,
  new: 2,
  established: 3,
  related: 4,
} as const;
export type CtState = (typeof CtState)[keyof typeof CtState];

export class Skb {
  packet: Packet;
  /** Device it arrived by; undefined for packets of this namespace's own making. */
  inDev: Dev | undefined;
  /** Device it is to leave by, set by routing. */
  outDev: Dev | undefined;
  mark = 0;
  ct: CtEntry | undefined = undefined;
  ctState: CtState = CtState.untracked;
  /** True for packets in reply direction of `ct`. */
  ctReply = false;
  /** Virtual CPU time that stages have cost since the packet last was an event. */
  costNs = 0;

  constructor(packet: Packet, inDev?: Dev) {
    this.packet = packet;
    this.inDev = inDev;
  }
}
