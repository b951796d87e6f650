/**
 * A tracked connection (struct nf_conn).
 */
import { CtTuple } from './tuple.ts';

/** Bits of `status` (enum ip_conntrack_status). */
export const CtStatus = {
  expected: 1,
  seenReply: 2,
  assured: 4,
  confirmed: 8,
  srcNat: 16,
  dstNat: 32,
  natMask: 48,
  srcNatDone: 128,
  dstNatDone: 256,
  natDoneMask: 384,
  dying: 512,
} as const;

/** What TCP tracking remembers of one direction (struct ip_ct_tcp_state, without the window). */
export interface TcpSeen {
  /** Highest sequence number after the data sent. */
  end: number;
  hasUnackedData: boolean;
  maxAck: number;
  hasMaxAck: boolean;
  didCloseFirst: boolean;
}

/** TCP part of an entry (struct ip_ct_tcp). */
export interface TcpTrack {
  state: number;
  lastReply: boolean;
  lastIndex: number;
  lastSeq: number;
  lastAck: number;
  lastEnd: number;
  lastWindow: number;
  retransCount: number;
  expectsChallengeAck: boolean;
  isSimultaneousOpen: boolean;
  readonly orig: TcpSeen;
  readonly reply: TcpSeen;
}

export class CtEntry {
  readonly orig: CtTuple = new CtTuple(this, false);
  readonly reply: CtTuple = new CtTuple(this, true);
  readonly zone: number;
  /** Sequence number of creation within the namespace, for listings. */
  readonly id: number;
  status = 0;
  mark = 0;
  /** When it is forgotten unless refreshed. */
  expiresAtNs = 0;
  tcp: TcpTrack | undefined = undefined;
  /** UDP: when the entry counts as a stream once both sides have spoken. */
  streamAtNs = 0;
  /** Device that MASQUERADE used; 0 = none. */
  masqIfindex = 0;
  /** Packets and bytes by direction: original, reply (nf_conntrack_acct). */
  origPackets = 0;
  origBytes = 0;
  replyPackets = 0;
  replyBytes = 0;

  constructor(id: number, zone: number) {
    this.id = id;
    this.zone = zone;
  }

  get isConfirmed(): boolean {
    return (this.status & CtStatus.confirmed) !== 0;
  }

  get hasSeenReply(): boolean {
    return (this.status & CtStatus.seenReply) !== 0;
  }

  get isAssured(): boolean {
    return (this.status & CtStatus.assured) !== 0;
  }
}
