// Frames as bytes: known bytes, round trips, checksums, fragments, quotes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ip, mac } from '@podwire/base';
import fc from 'fast-check';
import { describePacket } from './describe.ts';
import {
  decodeFrame,
  decodeIpPacket,
  encodeFrame,
  encodeIpPacket,
  fragmentOf,
  l4Bytes,
  parseL4,
} from './frame.ts';
import { IcmpType } from './icmp.ts';
import { packetArbitrary } from './packet-arbitrary.test.ts';
import {
  ArpOp,
  Encap,
  EtherType,
  IpProto,
  Packet,
  TcpFlag,
  clonePacket,
  frameLenBytes,
  ipLenBytes,
} from './packet.ts';
import {
  concatPayloads,
  payloadBytes,
  payloadFromText,
  payloadOfFill,
  slicePayload,
} from './payload.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Payload chunks are joined, so that packets compare by what they say. */
function plainForm(packet: Packet): object {
  const inner = packet.inner === undefined ? undefined : plainForm(packet.inner);
  const payload = hex(payloadBytes(packet.payload));
  return Object.assign({}, packet, { inner, born: 0, traceId: 0, payload });
}

function udpPacket(text: string): Packet {
  return Object.assign(new Packet(7), {
    ethDst: mac('02:00:00:00:00:02'),
    ethSrc: mac('02:00:00:00:00:01'),
    etherType: EtherType.ipv4,
    src: ip('10.244.1.2'),
    dst: ip('10.96.0.10'),
    proto: IpProto.udp,
    ttlHops: 64,
    srcPort: 40000,
    dstPort: 9,
    payload: payloadFromText(text),
  });
}

function syn(): Packet {
  return Object.assign(udpPacket(''), {
    proto: IpProto.tcp,
    srcPort: 43210,
    dstPort: 80,
    seq: 1,
    window: 64240,
    tcpFlags: TcpFlag.syn,
    optMss: 1460,
    optSackOk: true,
    optTsVal: 7,
    optTsEcr: 0,
    optWscale: 7,
    dontFragment: true,
  });
}

test('an ARP request has the bytes of RFC 826', () => {
  const packet = Object.assign(new Packet(), {
    ethDst: mac('ff:ff:ff:ff:ff:ff'),
    ethSrc: mac('02:00:00:00:00:01'),
    etherType: EtherType.arp,
    arpOp: ArpOp.request,
    arpSha: mac('02:00:00:00:00:01'),
    src: ip('10.244.1.2'),
    dst: ip('10.244.1.1'),
  });
  assert.equal(
    hex(encodeFrame(packet)),
    'ffffffffffff0200000000010806' +
      '0001080006040001' +
      '0200000000010af40102' +
      '0000000000000af40101',
  );
});

test("a SYN carries Linux's options in Linux's order", () => {
  const bytes = encodeFrame(syn());
  assert.equal(hex(bytes.subarray(54)), '020405b4' + '0402080a0000000700000000' + '01030307');
  assert.equal(bytes.length, 74);
});

test('time stamps with SACK blocks are padded to words each', () => {
  const packet = Object.assign(syn(), {
    tcpFlags: TcpFlag.ack,
    optMss: 0,
    optSackOk: false,
    optWscale: -1,
    optSack: [10, 20],
  });
  const bytes = encodeFrame(packet);
  assert.equal(hex(bytes.subarray(54)), '0101080a0000000700000000' + '0101050a0000000a00000014');
});

test('bytes and back is the identity, and the length is the one foretold', () => {
  fc.assert(
    fc.property(packetArbitrary, (packet) => {
      const bytes = encodeFrame(packet);
      assert.equal(bytes.length, frameLenBytes(packet));
      const decoded = decodeFrame(bytes);
      assert.ok(decoded !== undefined);
      assert.deepEqual(plainForm(decoded), plainForm(packet));
    }),
  );
});

test('random bytes never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      decodeFrame(bytes);
      decodeIpPacket(bytes);
    }),
  );
});

test('one flipped bit of the IP header or the transport part is seen', () => {
  fc.assert(
    fc.property(fc.nat(43), fc.nat(7), (index, bit) => {
      const bytes = encodeFrame(udpPacket('0123456789abcdef'));
      const at = 14 + index;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      const decoded = decodeFrame(bytes);
      assert.equal(decoded, undefined);
    }),
  );
});

test('a UDP checksum of zero means that there is none', () => {
  const bytes = encodeFrame(udpPacket('abc'));
  bytes[40] = 0;
  bytes[41] = 0;
  assert.ok(decodeFrame(bytes) !== undefined);
});

test('the outer datagram of VXLAN has no checksum on IPv4', () => {
  const outer = Object.assign(udpPacket(''), {
    dstPort: 4789,
    encap: Encap.vxlan,
    vni: 5,
    inner: udpPacket('x'),
  });
  const bytes = encodeFrame(outer);
  assert.equal(hex(bytes.subarray(40, 42)), '0000');
  assert.equal(hex(bytes.subarray(42, 50)), '0800000000000500');
});

test('an ICMP error quotes the packet and keeps the next-hop MTU', () => {
  const quoted = Object.assign(udpPacket(''), { payload: payloadOfFill(1400) });
  const error = Object.assign(udpPacket(''), {
    proto: IpProto.icmp,
    srcPort: 0,
    dstPort: 0,
    icmpType: IcmpType.destUnreachable,
    icmpCode: 4,
    icmpMtuBytes: 1400,
    encap: Encap.icmpQuote,
    inner: quoted,
  });
  assert.equal(ipLenBytes(error), 576);
  const decoded = decodeFrame(encodeFrame(error));
  assert.equal(decoded?.icmpMtuBytes, 1400);
  assert.equal(decoded?.inner?.dstPort, 9);
  assert.equal(decoded?.inner?.payload.lenBytes, 576 - 28 - 28);
  assert.equal(
    describePacket(error),
    'IP 10.244.1.2 > 10.96.0.10: ICMP 10.96.0.10 unreachable - need to frag (mtu 1400), length 556',
  );
});

test('fragments put together give the packet again, whatever it carries', () => {
  fc.assert(
    fc.property(packetArbitrary, fc.integer({ min: 1, max: 20 }), (packet, units) => {
      if (packet.etherType !== EtherType.ipv4 || packet.fragOffsetBytes > 0) return;
      const whole = l4Bytes(packet);
      const parts: Packet[] = [];
      for (let start = 0; start < whole.lenBytes; start += units * 8) {
        const end = Math.min(start + units * 8, whole.lenBytes);
        const fragment = decodeFrame(encodeFrame(fragmentOf(packet, whole, start, end)));
        assert.ok(fragment !== undefined);
        parts.push(fragment);
      }
      const again = clonePacket(parts[0] as Packet);
      again.moreFragments = false;
      assert.ok(parseL4(again, concatPayloads(parts.map((part) => part.payload))));
      assert.deepEqual(plainForm(again), plainForm(packet));
    }),
  );
});

test('the transport part shares the bulk of the body', () => {
  const packet = Object.assign(udpPacket(''), { payload: payloadOfFill(60000) });
  assert.ok(l4Bytes(packet).chunks.includes(packet.payload.chunks[0] as never));
  assert.deepEqual(
    payloadBytes(slicePayload(l4Bytes(packet), 0, 8)),
    encodeFrame(packet).subarray(34, 42),
  );
});

test('IPv6 headers carry UDP and TCP', () => {
  for (const packet of [udpPacket('hello'), syn()]) {
    packet.etherType = EtherType.ipv6;
    packet.src = ip('2001:db8::1');
    packet.dst = ip('2001:db8::2');
    packet.dontFragment = false;
    assert.equal(encodeIpPacket(packet).length, ipLenBytes(packet));
    const decoded = decodeFrame(encodeFrame(packet));
    assert.ok(decoded !== undefined);
    assert.deepEqual(plainForm(decoded), plainForm(packet));
  }
});

const LINES: readonly (readonly [string, Packet])[] = [
  [
    'IP 10.244.1.2.43210 > 10.96.0.10.80: Flags [S], seq 1, win 64240, options [mss 1460,sackOK,TS val 7 ecr 0,nop,wscale 7], length 0',
    syn(),
  ],
  [
    'IP 10.244.1.2.43210 > 10.96.0.10.80: Flags [P.], seq 5:8, ack 9, win 64240, length 3',
    Object.assign(udpPacket('abc'), {
      proto: IpProto.tcp,
      srcPort: 43210,
      dstPort: 80,
      seq: 5,
      ack: 9,
      window: 64240,
      tcpFlags: TcpFlag.psh | TcpFlag.ack,
    }),
  ],
  ['IP 10.244.1.2.40000 > 10.96.0.10.9: UDP, length 3', udpPacket('abc')],
  [
    'ARP, Request who-has 10.244.1.1 tell 10.244.1.2, length 28',
    Object.assign(new Packet(), {
      etherType: EtherType.arp,
      arpOp: ArpOp.request,
      src: ip('10.244.1.2'),
      dst: ip('10.244.1.1'),
    }),
  ],
  [
    'IP 10.244.1.2 > 10.96.0.10: ICMP echo request, id 1, seq 1, length 64',
    Object.assign(udpPacket(''), {
      proto: IpProto.icmp,
      icmpType: 8,
      icmpId: 1,
      icmpSeq: 1,
      payload: payloadOfFill(56),
    }),
  ],
  [
    'IP 10.244.1.2.40000 > 10.96.0.10.8472: VXLAN, vni 1: IP 10.244.1.2.40000 > 10.96.0.10.9: UDP, length 1',
    Object.assign(udpPacket(''), {
      dstPort: 8472,
      encap: Encap.vxlan,
      vni: 1,
      inner: udpPacket('x'),
    }),
  ],
];

test('packets print as tcpdump prints them', () => {
  for (const [line, packet] of LINES) assert.equal(describePacket(packet), line);
});
