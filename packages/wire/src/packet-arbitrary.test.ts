/**
 * Random packets for property tests: such as a wire can carry, so that bytes and back is the identity.
 * (A file of helpers; its name keeps it out of the simulation's program.)
 */
import fc from 'fast-check';
import { IcmpType } from './icmp.ts';
import { Encap, EtherType, IpProto, Packet } from './packet.ts';
import { type Payload, concatPayloads, payloadFromBytes, payloadOfFill } from './payload.ts';

const u8: fc.Arbitrary<number> = fc.nat(0xff);
const u16: fc.Arbitrary<number> = fc.nat(0xffff);
const u32: fc.Arbitrary<number> = fc.nat(0xffffffff);
const u48: fc.Arbitrary<number> = fc.nat(2 ** 48 - 1);

/** Bytes and fill runs of any, also odd, length. */
export const payloadArbitrary: fc.Arbitrary<Payload> = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map(payloadFromBytes),
      fc.tuple(fc.integer({ min: 1, max: 300 }), u8).map(([len, fill]) => payloadOfFill(len, fill)),
    ),
    { maxLength: 3 },
  )
  .map(concatPayloads);

const ipBase = fc.record({
  ethDst: u48,
  ethSrc: u48,
  vlan: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 4094 })),
  etherType: fc.constant<number>(EtherType.ipv4),
  src: u32,
  dst: u32,
  ttlHops: u8,
  tos: u8,
  ipId: u16,
  dontFragment: fc.boolean(),
});

const udp = fc.record({
  proto: fc.constant<number>(IpProto.udp),
  srcPort: u16,
  dstPort: u16.filter((port) => port !== 4789 && port !== 8472),
  payload: payloadArbitrary,
});

const tcp = fc.record({
  proto: fc.constant<number>(IpProto.tcp),
  srcPort: u16,
  dstPort: u16,
  seq: u32,
  ack: u32,
  tcpFlags: fc.nat(0x3f),
  window: u16,
  payload: payloadArbitrary,
});

const tcpOptions = fc.oneof(
  fc.record({
    optMss: fc.nat(0xffff),
    optWscale: fc.integer({ min: -1, max: 14 }),
    optSackOk: fc.boolean(),
  }),
  fc
    .record({ optTsVal: u32, optTsEcr: u32, edges: fc.array(u32, { maxLength: 3 }) })
    .map(({ optTsVal, optTsEcr, edges }) => ({
      optTsVal,
      optTsEcr,
      optSack: edges.length === 0 ? undefined : edges.flatMap((edge) => [edge, edge]),
    })),
);

const echo = fc.record({
  proto: fc.constant<number>(IpProto.icmp),
  icmpType: fc.constantFrom<number>(IcmpType.echoReply, IcmpType.echoRequest),
  icmpId: u16,
  icmpSeq: u16,
  payload: payloadArbitrary,
});

const fragment = fc
  .record({
    proto: fc.constant<number>(IpProto.udp),
    units: fc.integer({ min: 1, max: 0x1fff }),
    moreFragments: fc.boolean(),
    payload: payloadArbitrary,
  })
  .map(({ proto, units, moreFragments, payload }) => ({
    proto,
    fragOffsetBytes: units * 8,
    moreFragments,
    payload,
  }));

const arp = fc.record({
  ethDst: u48,
  ethSrc: u48,
  etherType: fc.constant<number>(EtherType.arp),
  src: u32,
  dst: u32,
  arpOp: fc.constantFrom(1, 2),
  arpSha: u48,
  arpTha: u48,
});

function build(...parts: object[]): Packet {
  return Object.assign(new Packet(), ...parts) as Packet;
}

const plain: fc.Arbitrary<Packet> = fc.oneof(
  fc.tuple(ipBase, udp).map((parts) => build(...parts)),
  fc.tuple(ipBase, tcp, tcpOptions).map((parts) => build(...parts)),
  fc.tuple(ipBase, echo).map((parts) => build(...parts)),
  fc.tuple(ipBase, fragment).map((parts) => build(...parts)),
  arp.map((part) => build(part)),
);

const vxlan = fc
  .tuple(ipBase, plain, fc.nat(0xffffff), u16)
  .map(([base, inner, vni, srcPort]) =>
    build(base, { proto: IpProto.udp, srcPort, dstPort: 8472, encap: Encap.vxlan, vni, inner }),
  );

const geneve = fc
  .tuple(ipBase, plain, fc.nat(0xffffff), u16, u32)
  .map(([base, inner, vni, srcPort, geneveOption]) =>
    build(base, {
      proto: IpProto.udp,
      srcPort,
      dstPort: 6081,
      encap: Encap.geneve,
      vni,
      geneveOption,
      inner,
    }),
  );

export const packetArbitrary: fc.Arbitrary<Packet> = fc.oneof(plain, vxlan, geneve);
