/**
 * The ct() action: connection tracking in a zone, with NAT, on the host's own table (net/openvswitch/conntrack.c).
 */
import { type NetfilterTables, CtState, CtStatus, Cost, type Skb } from '@podwire/netstack';
import type { CtAction } from './actions.ts';
import { Ct } from './flow-key.ts';

/** Runs the action; false when the packet may not pass (its new entry clashes, or there is no room). */
export function runCt(tables: NetfilterTables, skb: Skb, action: CtAction, nowNs: number): boolean {
  const { conntrack, nat } = tables;
  if (skb.ct?.zone !== action.zone || skb.ctState === CtState.untracked) {
    clearCt(skb);
    skb.ctZone = action.zone;
    const outcome = conntrack.trackPacket(skb, nowNs);
    skb.costNs += outcome === 'new' ? Cost.ctNew : Cost.ctEstablished;
    if (outcome === 'full') return false;
  }
  const entry = skb.ct;
  if (entry === undefined) return true;
  if (action.nat !== undefined) {
    const { src, dst, port } = action.nat;
    const isFresh = action.isCommit && !entry.isConfirmed;
    const ports = port === undefined ? {} : { ports: { from: port, to: port } };
    if (isFresh && dst !== undefined) {
      skb.costNs += Cost.natSetup;
      nat.setup(entry, { addresses: { from: dst, to: dst }, ...ports }, 'dst', nowNs);
    }
    if (isFresh && src !== undefined) {
      skb.costNs += Cost.masqSetup;
      nat.setup(entry, { addresses: { from: src, to: src } }, 'src', nowNs);
    }
    if ((entry.isConfirmed || isFresh) && (entry.status & CtStatus.natMask) !== 0) {
      if (nat.natPacket(skb, 'dst', nowNs) === 'drop') return false;
      if (nat.natPacket(skb, 'src', nowNs) === 'drop') return false;
    }
  }
  if (!action.isCommit) return true;
  if (action.mark !== undefined) {
    const { value, mask } = action.mark;
    entry.mark = ((entry.mark & ~mask) | (value & mask)) >>> 0;
  }
  return conntrack.confirmEntry(skb, nowNs);
}

export function clearCt(skb: Skb): void {
  skb.ct = undefined;
  skb.ctState = CtState.untracked;
  skb.ctReply = false;
  skb.ctZone = 0;
}

/** What tables see of it (ovs_ct_get_state). */
export function ctStateWord(skb: Skb): number {
  let bits = 0;
  switch (skb.ctState) {
    case CtState.untracked:
      return 0;
    case CtState.invalid:
      return Ct.trk | Ct.inv;
    case CtState.new:
      bits = Ct.trk | Ct.new;
      break;
    case CtState.established:
      bits = Ct.trk | Ct.est;
      break;
    case CtState.related:
      bits = Ct.trk | Ct.rel;
      break;
  }
  if (skb.ctReply) bits |= Ct.rpl;
  const status = skb.ct?.status ?? 0;
  if ((status & CtStatus.srcNat) !== 0) bits |= Ct.snat;
  if ((status & CtStatus.dstNat) !== 0) bits |= Ct.dnat;
  return bits;
}
