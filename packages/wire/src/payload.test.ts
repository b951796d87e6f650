/**
 * Payloads against plain byte arrays: slices and joins of any chunks, with bounds outside too.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Payload,
  concatPayloads,
  payloadBytes,
  payloadFromBytes,
  payloadFromSource,
  payloadOfFill,
  slicePayload,
} from './payload.ts';

const arbPayload: fc.Arbitrary<Payload> = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 9 }).map((bytes) => payloadFromBytes(bytes)),
      fc.nat(9).map((lenBytes) => payloadOfFill(lenBytes)),
      fc
        .uint8Array({ minLength: 1, maxLength: 9 })
        .map((bytes) => payloadFromSource({ lenBytes: bytes.length, render: () => bytes })),
    ),
    { maxLength: 5 },
  )
  .map(concatPayloads);

test('a slice is that of the bytes, its length what its chunks hold', () => {
  fc.assert(
    fc.property(
      arbPayload,
      fc.integer({ min: -60, max: 60 }),
      fc.integer({ min: -60, max: 60 }),
      (payload, start, end) => {
        const slice = slicePayload(payload, start, end);
        const expected = payloadBytes(payload).slice(Math.max(start, 0), Math.max(end, 0));
        assert.deepEqual([...payloadBytes(slice)], [...expected]);
        assert.equal(slice.lenBytes, expected.length);
        const held = slice.chunks.reduce((sum, chunk) => sum + chunk.lenBytes, 0);
        assert.equal(held, slice.lenBytes);
      },
    ),
    { numRuns: 500 },
  );
});

test('joined pieces are the bytes one after the other', () => {
  fc.assert(
    fc.property(fc.array(arbPayload, { maxLength: 4 }), (pieces) => {
      const whole = concatPayloads(pieces);
      assert.deepEqual(
        [...payloadBytes(whole)],
        pieces.flatMap((piece) => [...payloadBytes(piece)]),
      );
      assert.equal(whole.lenBytes, payloadBytes(whole).length);
    }),
  );
});
