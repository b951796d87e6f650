/**
 * A packet inside one host's stack, with what the kernel keeps beside it (struct sk_buff).
 *
 * An skb belongs to one network namespace at a time; crossing a veth makes the receiving namespace
 * forget mark and conntrack (skb_scrub_packet).
 */
import type { Mac } from '@podwire/base';
import type { Packet } from '@podwire/wire';
import type { CtEntry } from './conntrack/track.ts';
import type { BridgePort } from './dev/bridge.ts';
import type { Dev } from './dev/dev.ts';
import type { FibResult } from './route/fib.ts';

/** Which direction of its connection a packet belongs to, and what rules see (enum ip_conntrack_info). */
export const CtState = {
  untracked: 0,
  invalid: 1,
  new: 2,
  established: 3,
  related: 4,
} as const;
export type CtState = (typeof CtState)[keyof typeof CtState];

/** For whom a received frame was meant (skb->pkt_type). */
export const PktType = { host: 0, broadcast: 1, multicast: 2, otherHost: 3 } as const;

/** A socket that is told what of its own waits at the NIC (skb->sk, sk_wmem_alloc). */
export interface SkbOwner {
  /** So many bytes of it will have left at that time. */
  onQueued(lenBytes: number, leavesNs: number): void;
}

export class Skb {
  packet: Packet;
  /** The socket that sent it; forgotten when another namespace receives it (skb_orphan in ip_rcv_core). */
  owner: SkbOwner | undefined = undefined;
  /** Device it arrived by; undefined for packets of this namespace's own making. */
  inDev: Dev | undefined;
  /** Device it is to leave by, set by routing. */
  outDev: Dev | undefined;
  /** Bridge ports a bridged frame came in by and leaves by (`-m physdev`); undefined for routed ones. */
  physInDev: Dev | undefined = undefined;
  physOutDev: Dev | undefined = undefined;
  /** One of PktType, set when a frame arrives. */
  pktType: number = PktType.host;
  /** Bridge port and source MAC of a bridged frame whose destination br_netfilter saw DNATed. */
  bridgeDnatPort: BridgePort | undefined = undefined;
  bridgeDnatSrc: Mac = 0;
  mark = 0;
  ct: CtEntry | undefined = undefined;
  ctState: CtState = CtState.untracked;
  /** True for packets in reply direction of `ct`. */
  ctReply = false;
  /** A raw rule said NOTRACK: conntrack leaves it alone. */
  isUntracked = false;
  /** Zone that a raw rule (CT --zone) gave it. */
  ctZone = 0;
  /** The route it takes (skb_dst). */
  route: FibResult | undefined = undefined;
  /** br_netfilter ran PREROUTING already on the bridge; ip/rcv.ts must not again (ip_sabotage_in). */
  isBridgeNfDone = false;
  /** Larger than a fragment of it was: refragment to at most this on output (IPCB frag_max_size), 0 = no. */
  fragMaxBytes = 0;
  /** Virtual CPU time that stages have cost since the packet last was an event. */
  costNs = 0;

  constructor(packet: Packet, inDev?: Dev) {
    this.packet = packet;
    this.inDev = inDev;
    this.outDev = undefined;
  }

  /** Makes it a packet that just arrived on another device, maybe of another namespace. */
  arriveAt(dev: Dev): void {
    this.owner = undefined;
    this.inDev = dev;
    this.outDev = undefined;
    this.physInDev = undefined;
    this.physOutDev = undefined;
    this.pktType = PktType.host;
    this.bridgeDnatPort = undefined;
    this.mark = 0;
    this.ct = undefined;
    this.ctState = CtState.untracked;
    this.ctReply = false;
    this.isUntracked = false;
    this.ctZone = 0;
    this.route = undefined;
    this.isBridgeNfDone = false;
    this.fragMaxBytes = 0;
    this.costNs = 0;
  }
}
