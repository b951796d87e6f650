/**
 * Trains: their segments are what TCP would have sent one by one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ip } from '@podwire/base';
import fc from 'fast-check';
import { decodeFrame, encodeFrame } from './frame.ts';
import { Encap, EtherType, IpProto, Packet, TcpFlag, frameLenBytes, ipLenBytes } from './packet.ts';
import { payloadBytes, payloadFromBytes } from './payload.ts';
import {
  halvesOf,
  segmentCount,
  segmentFrameLenBytes,
  segmentIpLenBytes,
  segmentsOf,
  trainLenBytes,
} from './segments.ts';

function train(options: {
  lenBytes: number;
  gsoSizeBytes: number;
  seq: number;
  inTunnel: boolean;
}): Packet {
  const packet = new Packet(7);
  packet.etherType = EtherType.ipv4;
  packet.src = ip('192.0.2.1');
  packet.dst = ip('192.0.2.2');
  packet.proto = IpProto.tcp;
  packet.ttlHops = 64;
  packet.dontFragment = true;
  packet.seq = options.seq;
  packet.tcpFlags = TcpFlag.ack | TcpFlag.psh;
  packet.optTsVal = 5;
  packet.optTsEcr = 6;
  packet.payload = payloadFromBytes(
    Uint8Array.from({ length: options.lenBytes }, (_, index) => index % 251),
  );
  if (options.lenBytes > options.gsoSizeBytes) packet.gsoSizeBytes = options.gsoSizeBytes;
  if (!options.inTunnel) return packet;
  const outer = new Packet(7);
  outer.etherType = EtherType.ipv4;
  outer.src = ip('198.51.100.1');
  outer.dst = ip('198.51.100.2');
  outer.proto = IpProto.udp;
  outer.ttlHops = 64;
  outer.ipId = 0xfffe;
  outer.srcPort = 40_000;
  outer.dstPort = 4789;
  outer.encap = Encap.vxlan;
  outer.vni = 1;
  outer.inner = packet;
  return outer;
}

const trains = fc.record({
  lenBytes: fc.integer({ min: 1, max: 30_000 }),
  gsoSizeBytes: fc.integer({ min: 48, max: 1448 }),
  seq: fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.constant(0xffffff00)),
  inTunnel: fc.boolean(),
});

const tcpOf = (packet: Packet): Packet => packet.inner ?? packet;

test('segments follow each other, carry all bytes and are real frames', () => {
  fc.assert(
    fc.property(trains, (options) => {
      const packet = train(options);
      const segments = segmentsOf(packet);
      assert.equal(segments.length, segmentCount(packet));
      let at = 0;
      let lenBytes = 0;
      for (const [index, segment] of segments.entries()) {
        const tcp = tcpOf(segment);
        const isLast = index === segments.length - 1;
        assert.equal(segmentCount(segment), 1);
        assert.equal(tcp.seq, (options.seq + at) % 0x100000000);
        assert.equal((tcp.tcpFlags & TcpFlag.psh) !== 0, isLast);
        if (options.inTunnel) assert.equal(segment.ipId, (0xfffe + index) & 0xffff);
        if (index === 0) {
          assert.equal(frameLenBytes(segment), segmentFrameLenBytes(packet));
          assert.equal(ipLenBytes(segment), segmentIpLenBytes(packet));
        }
        const back = decodeFrame(encodeFrame(segment));
        assert(back !== undefined);
        const bytes = payloadBytes(tcpOf(back).payload);
        assert.deepEqual(bytes, payloadBytes(tcpOf(packet).payload).slice(at, at + bytes.length));
        at += bytes.length;
        lenBytes += frameLenBytes(segment);
      }
      assert.equal(at, options.lenBytes);
      assert.equal(lenBytes, trainLenBytes(packet));
    }),
  );
});

test('halves have the same segments', () => {
  fc.assert(
    fc.property(trains, (options) => {
      const packet = train({ ...options, lenBytes: options.lenBytes + options.gsoSizeBytes });
      const frames = (list: readonly Packet[]): Uint8Array[] =>
        list.flatMap(segmentsOf).map(encodeFrame);
      assert.deepEqual(frames(halvesOf(packet)), frames([packet]));
    }),
  );
});

test('a packet of one segment is its only segment', () => {
  const packet = train({ lenBytes: 100, gsoSizeBytes: 1448, seq: 1, inTunnel: false });
  assert.equal(segmentsOf(packet)[0], packet);
  assert.equal(trainLenBytes(packet), frameLenBytes(packet));
});
