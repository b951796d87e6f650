/**
 * Rings: whatever goes in comes out in order, across wraps, moves and oversize messages.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Envelope } from './event.ts';
import { RingReader, RingWriter, createRing } from './ring.ts';

interface Pair {
  readonly writer: RingWriter;
  readonly reader: RingReader;
  readonly handedOver: SharedArrayBuffer[];
}

function pair(capacityBytes: number): Pair {
  const handedOver: SharedArrayBuffer[] = [];
  let taken = 0;
  const first = createRing(capacityBytes);
  return {
    handedOver,
    writer: new RingWriter(first, (buffer) => handedOver.push(buffer)),
    reader: new RingReader(first, () => {
      const next = handedOver[taken++];
      assert.ok(next !== undefined, 'the bigger ring is there before the mark is seen');
      return next;
    }),
  };
}

function record(index: number, size: number): { envelope: Envelope; body: Uint8Array } {
  const envelope = {
    atNs: 2 ** 50 + index,
    dst: index % 7,
    src: 2 ** 31 - 1 - index,
    srcSeq: index,
  };
  const body = new Uint8Array(size);
  for (let at = 0; at < size; at++) body[at] = (index * 31 + at) & 255;
  return { envelope, body };
}

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('write'), size: fc.nat(120) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('write'), size: fc.nat(3000) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('commit'), size: fc.constant(0) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('drain'), size: fc.constant(0) }) },
  ),
  { maxLength: 200 },
);

test('messages come out whole and in order, however writes, commits and drains mix', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const { writer, reader } = pair(256);
      const sent: unknown[] = [];
      const got: unknown[] = [];
      const take = (envelope: Envelope, body: Uint8Array): void => {
        got.push({ envelope, body: [...body] });
      };
      for (const step of list) {
        if (step.kind === 'commit') writer.commit();
        else if (step.kind === 'drain') reader.drain(take);
        else {
          const { envelope, body } = record(sent.length, step.size);
          writer.write(envelope, body);
          sent.push({ envelope, body: [...body] });
        }
      }
      writer.commit();
      reader.drain(take);
      assert.deepEqual(got, sent);
    }),
  );
});

test('a ring that is read keeps its size through many wraps', () => {
  const { writer, reader, handedOver } = pair(1024);
  let count = 0;
  for (let index = 0; index < 10_000; index++) {
    const { envelope, body } = record(index, index % 200);
    writer.write(envelope, body);
    writer.commit();
    reader.drain((got, bytes) => {
      assert.equal(got.srcSeq, index);
      assert.equal(bytes.length, index % 200);
      assert.deepEqual(bytes, body);
      count++;
    });
  }
  assert.equal(count, 10_000);
  assert.equal(handedOver.length, 0);
});

test('what was not committed is not seen', () => {
  const { writer, reader } = pair(1024);
  const { envelope, body } = record(1, 10);
  writer.write(envelope, body);
  assert.equal(
    reader.drain(() => assert.fail('too early')),
    0,
  );
  writer.commit();
  assert.equal(
    reader.drain(() => undefined),
    1,
  );
});

test('a message larger than the ring moves to one that holds it', () => {
  const { writer, reader, handedOver } = pair(256);
  const { envelope, body } = record(1, 100_000);
  writer.write(envelope, body);
  writer.commit();
  assert.equal(handedOver.length, 1);
  assert.ok((handedOver[0]?.byteLength ?? 0) > 100_000);
  const got: number[] = [];
  reader.drain((_, bytes) => got.push(bytes.length));
  assert.deepEqual(got, [100_000]);
});

test('bodies are the receiver’s own: later writes do not change them', () => {
  const { writer, reader } = pair(256);
  let kept: Uint8Array | undefined;
  writer.write(record(1, 64).envelope, new Uint8Array(64).fill(1));
  writer.commit();
  reader.drain((_, body) => {
    kept = body;
  });
  for (let index = 0; index < 20; index++) {
    writer.write(record(index, 64).envelope, new Uint8Array(64).fill(9));
    writer.commit();
    reader.drain(() => undefined);
  }
  assert.deepEqual(kept, new Uint8Array(64).fill(1));
});
