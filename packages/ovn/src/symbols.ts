/**
 * Names of OVN's expression language and the words of the flow key behind them (ovn logical-fields.c).
 */
import { EtherType, IpProto } from '@podwire/wire';
import { Ct, Word } from './ovs/flow-key.ts';

export interface Field {
  /** Word of the key; `hiWord` holds the upper 16 bits of a MAC address. */
  readonly word: number;
  readonly hiWord?: number;
  readonly shift: number;
  readonly width: number;
  /** What must hold for the field to be there. */
  readonly prereq?: string;
  /** Values are names of logical ports. */
  readonly isPort?: boolean;
}

function word(at: number, width = 32, prereq?: string): Field {
  return { word: at, shift: 0, width, ...(prereq === undefined ? {} : { prereq }) };
}

function mac(hiWord: number, loWord: number, prereq?: string): Field {
  return { word: loWord, hiWord, shift: 0, width: 48, ...(prereq === undefined ? {} : { prereq }) };
}

function bit(at: number, shift: number): Field {
  return { word: at, shift, width: 1 };
}

/** Conntrack's bits say something only of packets that it has seen. */
function ctBit(value: number): Field {
  return { ...bit(Word.ctState, Math.log2(value)), prereq: 'ct.trk' };
}

/** Bits of the logical flags. */
export const Flag = { loopback: 1, forceSnatForLb: 2, skipSnatForLb: 4 } as const;
/** Bits of ct_mark. */
export const CtMark = { blocked: 1, natted: 2 } as const;

export const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ['inport', { ...word(Word.inPort), isPort: true }],
  ['outport', { ...word(Word.outPort), isPort: true }],
  ['flags.loopback', bit(Word.flags, 0)],
  ['flags.force_snat_for_lb', bit(Word.flags, 1)],
  ['flags.skip_snat_for_lb', bit(Word.flags, 2)],
  ['eth.dst', mac(Word.ethDstHi, Word.ethDstLo)],
  ['eth.src', mac(Word.ethSrcHi, Word.ethSrcLo)],
  ['eth.type', word(Word.ethType, 16)],
  ['ip4.src', word(Word.ipSrc, 32, 'ip4')],
  ['ip4.dst', word(Word.ipDst, 32, 'ip4')],
  ['ip.proto', word(Word.ipProto, 8, 'ip4')],
  ['ip.ttl', word(Word.ipTtl, 8, 'ip4')],
  ['ip.later_frag', { word: Word.ipFrag, shift: 1, width: 1 }],
  ['ip.is_frag', { word: Word.ipFrag, shift: 0, width: 1 }],
  ['tcp.src', word(Word.l4Src, 16, 'tcp')],
  ['tcp.dst', word(Word.l4Dst, 16, 'tcp')],
  ['udp.src', word(Word.l4Src, 16, 'udp')],
  ['udp.dst', word(Word.l4Dst, 16, 'udp')],
  ['sctp.src', word(Word.l4Src, 16, 'sctp')],
  ['sctp.dst', word(Word.l4Dst, 16, 'sctp')],
  ['icmp4.type', word(Word.l4Src, 8, 'icmp4')],
  ['icmp4.code', word(Word.l4Dst, 8, 'icmp4')],
  ['arp.op', word(Word.arpOp, 16, 'arp')],
  ['arp.spa', word(Word.ipSrc, 32, 'arp')],
  ['arp.tpa', word(Word.ipDst, 32, 'arp')],
  ['arp.sha', mac(Word.arpShaHi, Word.arpShaLo, 'arp')],
  ['arp.tha', mac(Word.arpThaHi, Word.arpThaLo, 'arp')],
  ['ct.new', ctBit(Ct.new)],
  ['ct.est', ctBit(Ct.est)],
  ['ct.rel', ctBit(Ct.rel)],
  ['ct.rpl', ctBit(Ct.rpl)],
  ['ct.inv', ctBit(Ct.inv)],
  ['ct.trk', bit(Word.ctState, Math.log2(Ct.trk))],
  ['ct_mark', word(Word.ctMark)],
  ['ct_mark.blocked', bit(Word.ctMark, 0)],
  ['ct_mark.natted', bit(Word.ctMark, 1)],
  ['reg0', word(Word.reg0)],
  ['reg1', word(Word.reg1)],
  ['reg2', word(Word.reg2)],
  ['reg9', word(Word.reg9)],
  // In OVN these are bits of reg0 on a switch, where no next hop is kept.
  ...[0, 1, 2, 6, 7, 8, 9, 10, 12, 15, 16, 17].map((at): [string, Field] => [
    `reg0[${at}]`,
    bit(Word.bits, at),
  ]),
]);

/** Words for a condition. */
export const PREDICATES: ReadonlyMap<string, string> = new Map([
  ['ip', `eth.type == ${EtherType.ipv4}`],
  ['ip4', `eth.type == ${EtherType.ipv4}`],
  ['arp', `eth.type == ${EtherType.arp}`],
  ['tcp', `ip.proto == ${IpProto.tcp}`],
  ['udp', `ip.proto == ${IpProto.udp}`],
  ['sctp', `ip.proto == ${IpProto.sctp}`],
  ['icmp4', `ip.proto == ${IpProto.icmp}`],
  ['eth.bcast', 'eth.dst == ff:ff:ff:ff:ff:ff'],
  ['eth.mcast', 'eth.dst == 01:00:00:00:00:00/01:00:00:00:00:00'],
]);
