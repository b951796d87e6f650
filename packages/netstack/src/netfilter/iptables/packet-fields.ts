/**
 * What rules look at in a packet, as seven words of 32 bits, and masks over them.
 *
 * walk-memo.ts keeps what a walk found under the masked words that the walk looked at: any packet that is
 * equal there takes the same way. A match says by `reads` what it looks at; one that looks at anything else,
 * or remembers something, has no `reads`, and no walk that asks it is kept.
 */
import type { Dev } from '../../dev/dev.ts';
import { CtStatus } from '../../conntrack/entry.ts';
import { IpProto, isLaterFragment } from '@podwire/wire';
import type { RuleContext } from './rule.ts';

/** Seven words: of a packet, or the bits of them that somebody looked at. */
export class PacketFields {
  src = 0;
  dst = 0;
  /** Source and destination port, or type and code of ICMP. */
  ports = 0;
  /** The bits of FieldBit. */
  meta = 0;
  mark = 0;
  /** Index of the device it came in by in the high half, of that it leaves by in the low half; 0 = none. */
  devs = 0;
  /** The same for ports of a bridge. */
  phys = 0;

  /** Adds the bits of another set of masks. */
  add(other: Partial<PacketFields>): void {
    this.src |= other.src ?? 0;
    this.dst |= other.dst ?? 0;
    this.ports |= other.ports ?? 0;
    this.meta |= other.meta ?? 0;
    this.mark |= other.mark ?? 0;
    this.devs |= other.devs ?? 0;
    this.phys |= other.phys ?? 0;
  }
}

type FieldName =
  | 'proto'
  | 'laterFragment'
  | 'untracked'
  | 'hasCt'
  | 'ctReply'
  | 'ctState'
  | 'srcNat'
  | 'dstNat'
  | 'tcpFlags';

/** What `PacketFields.meta` is made of. */
export const FieldBit: Readonly<Record<FieldName, number>> = {
  proto: 0xff,
  laterFragment: 1 << 8,
  untracked: 1 << 9,
  hasCt: 1 << 10,
  ctReply: 1 << 11,
  ctState: 7 << 12,
  srcNat: 1 << 15,
  dstNat: 1 << 16,
  tcpFlags: 0x3f << 17,
};

export const ALL_BITS = -1;
export const HIGH_HALF: number = 0xffff << 16;
export const LOW_HALF = 0xffff;
const CT_STATE_SHIFT = 12;
const TCP_FLAGS_SHIFT = 17;
/** From CtStatus.srcNat (16) and dstNat (32) to their places in `meta`. */
const NAT_SHIFT = 11;

/** Reads a packet into `into`; false when a word cannot hold what it should. */
export function readFields(context: RuleContext, into: PacketFields): boolean {
  const { skb, packet, inDev, outDev } = context;
  const { src, dst, proto } = packet;
  if (src > 0xffffffff || dst > 0xffffffff) return false;
  into.src = src | 0;
  into.dst = dst | 0;
  into.ports =
    proto === IpProto.icmp
      ? (packet.icmpType << 16) | packet.icmpCode
      : (packet.srcPort << 16) | packet.dstPort;
  let meta = proto | (skb.ctState << CT_STATE_SHIFT) | (packet.tcpFlags << TCP_FLAGS_SHIFT);
  const { ct } = skb;
  if (ct !== undefined) {
    meta |= FieldBit.hasCt | ((ct.status & CtStatus.natMask) << NAT_SHIFT);
    if (skb.ctReply) meta |= FieldBit.ctReply;
  }
  if (skb.isUntracked) meta |= FieldBit.untracked;
  if (isLaterFragment(packet)) meta |= FieldBit.laterFragment;
  into.meta = meta;
  into.mark = skb.mark | 0;
  const inIndex = indexOf(inDev);
  const outIndex = indexOf(outDev);
  const physIn = indexOf(skb.physInDev);
  const physOut = indexOf(skb.physOutDev);
  into.devs = (inIndex << 16) | outIndex;
  into.phys = (physIn << 16) | physOut;
  return (inIndex | outIndex | physIn | physOut) <= LOW_HALF;
}

function indexOf(dev: Dev | undefined): number {
  return dev === undefined ? 0 : dev.ifindex;
}
