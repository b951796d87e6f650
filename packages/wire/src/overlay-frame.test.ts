// Messages between threads: identity, and the same bytes as the generated code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ip, ipToBytes } from '@podwire/base';
import fc from 'fast-check';
import { podwire } from './gen/frame.js';
import { decodeFrameMessage, encodeFrameMessage } from './overlay-frame.ts';
import { packetArbitrary } from './packet-arbitrary.test.ts';
import { Packet } from './packet.ts';

const anyPacket: fc.Arbitrary<Packet> = fc
  .record({
    packet: packetArbitrary,
    born: fc.nat(2 ** 50),
    traceId: fc.nat(2 ** 50),
    optTsEcr: fc.integer({ min: -1, max: 0 }),
    gsoSizeBytes: fc.nat(1448),
    gsoSpanNs: fc.nat(2 ** 40),
  })
  .map(({ packet, born, ...rest }) => Object.assign(new Packet(born), packet, { born, ...rest }));

test('decoding what was encoded gives an equal message', () => {
  fc.assert(
    fc.property(anyPacket, fc.nat(5000), (packet, port) => {
      const decoded = decodeFrameMessage(encodeFrameMessage({ kind: 'frame', port, packet }));
      assert.deepEqual(decoded, { kind: 'frame', port, packet });
    }),
  );
});

test('control messages carry JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const body: unknown = JSON.parse(JSON.stringify(value));
      assert.deepEqual(decodeFrameMessage(encodeFrameMessage({ kind: 'control', body })), {
        kind: 'control',
        body,
      });
    }),
  );
});

test('an absent time stamp differs from one of zero', () => {
  for (const optTsVal of [-1, 0, 1, 2 ** 32 - 1]) {
    const packet = Object.assign(new Packet(), { optTsVal });
    const decoded = decodeFrameMessage(encodeFrameMessage({ kind: 'frame', port: 0, packet }));
    assert.equal(decoded.kind === 'frame' && decoded.packet.optTsVal, optTsVal);
  }
});

test('IPv6 addresses cross threads by value', () => {
  const packet = Object.assign(new Packet(), { src: ip('2001:db8::1'), dst: ip('2001:db8::2') });
  const bytes = encodeFrameMessage({ kind: 'frame', port: 0, packet });
  const frame = podwire.Envelope.decode(bytes).frame;
  assert.deepEqual(new Uint8Array(frame?.src6 ?? []), ipToBytes(packet.src));
  const decoded = decodeFrameMessage(bytes);
  assert.deepEqual(decoded.kind === 'frame' && decoded.packet, packet);
});

test('the hand-written code and the generated code agree on the schema', () => {
  fc.assert(
    fc.property(anyPacket, fc.nat(5000), (packet, port) => {
      const bytes = encodeFrameMessage({ kind: 'frame', port, packet });
      const envelope = podwire.Envelope.decode(bytes);
      assert.equal(envelope.port, port);
      const frame = envelope.frame;
      assert.equal(frame?.ethSrc ?? 0, packet.ethSrc);
      assert.equal(frame?.seq ?? 0, packet.seq);
      assert.equal(frame?.born ?? 0, packet.born);
      assert.equal(frame?.traceId ?? 0, packet.traceId);
      assert.equal(frame?.gsoSizeBytes ?? 0, packet.gsoSizeBytes);
      assert.equal(frame?.gsoSpanNs ?? 0, packet.gsoSpanNs);
      assert.equal(frame?.payload?.length ?? 0, packet.payload.chunks.length);
      // What the generated encoder writes is read back as the same packet.
      const again = podwire.Envelope.encode(envelope).finish();
      assert.deepEqual(decodeFrameMessage(again), { kind: 'frame', port, packet });
    }),
  );
});
