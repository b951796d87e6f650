/**
 * Copies of packets: every field of the class, also of one that is added later.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packetArbitrary } from './packet-arbitrary.test.ts';
import { Packet, clonePacket } from './packet.ts';

test('a copy has every field, whatever its value', () => {
  const packet = new Packet(7);
  const values = packet as unknown as Record<string, unknown>;
  Object.keys(packet).forEach((name, index) => {
    if (name !== 'inner') values[name] = 1000 + index;
  });
  assert.deepEqual(clonePacket(packet), packet);
});

test('a copy shares payload chunks and nothing else that changes', () => {
  fc.assert(
    fc.property(packetArbitrary, (packet) => {
      const copy = clonePacket(packet);
      assert.deepEqual(copy, packet);
      assert.equal(copy.payload, packet.payload);
      if (packet.inner !== undefined) assert.notEqual(copy.inner, packet.inner);
      assert.equal(copy.inner?.payload, packet.inner?.payload);
    }),
  );
});
