/**
 * Payloads between two threads: sources cross once and are one again there, whatever is cut, repeated or forgotten.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepFreeze } from '@podwire/base';
import fc from 'fast-check';
import { emitHttpHead, HttpHeaders } from './http-head.ts';
import { Http2Parser, emitHttp2Headers } from './http2.ts';
import { JsonLines, JsonSource, payloadJson, payloadJsonLines } from './json-source.ts';
import { decodeFrameMessage, encodeFrameMessage } from './overlay-frame.ts';
import { payloadArbitrary } from './packet-arbitrary.test.ts';
import { Packet } from './packet.ts';
import {
  type Payload,
  concatPayloads,
  payloadBytes,
  payloadFromSource,
  slicePayload,
  wholeSource,
} from './payload.ts';
import { ReceivedNames, SentNames } from './source-names.ts';

/** One way between two threads. */
class Lane {
  readonly sent: SentNames;
  readonly received: ReceivedNames;
  sentBytes = 0;

  constructor(generationBytes?: number) {
    this.sent = new SentNames(generationBytes);
    this.received = new ReceivedNames(generationBytes);
  }

  cross(payload: Payload): Payload {
    const packet = Object.assign(new Packet(), { payload });
    const bytes = encodeFrameMessage({ kind: 'frame', port: 0, packet }, this.sent);
    this.sentBytes += bytes.length;
    const message = decodeFrameMessage(bytes, this.received);
    assert.equal(message.kind, 'frame');
    assert.equal(this.received.size, this.sent.size, 'both ends know the same');
    return message.kind === 'frame' ? message.packet.payload : payload;
  }
}

const object = (name: string): object =>
  deepFreeze({ kind: 'Pod', metadata: { name, note: 'é"\n'.repeat(60) }, spec: { ports: [1, 2] } });

/** Frozen objects to choose from, so that some come again. */
const OBJECTS = Array.from({ length: 6 }, (_, index) => object(`pod-${index}`));

const arbObjects = fc.array(fc.constantFrom(...OBJECTS), { maxLength: 4 });

const arbValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  fc.constantFrom(...OBJECTS),
  arbObjects.map((items) => ({ kind: 'List', metadata: {}, gone: undefined, items })),
  arbObjects.map((items) => ({ kind: 'List', items: Object.freeze(items), __proto__: null })),
);

const arbSource = fc.oneof(
  fc
    .tuple(arbValue, fc.constantFrom('' as const, '\n' as const))
    .map(([value, end]) => new JsonSource(value, end)),
  fc
    .array(fc.constantFrom(...OBJECTS), { minLength: 1, maxLength: 4 })
    .map((objects) => new JsonLines(objects.map((each) => ({ type: 'ADDED', object: each })))),
);

const headers = emitHttp2Headers(
  3,
  [
    [':path', '/api/é'],
    ['accept', 'application/json'],
  ],
  true,
);

const head = emitHttpHead({
  kind: 'response',
  version: 'HTTP/1.1',
  status: 200,
  reason: 'OK',
  headers: new HttpHeaders([['Content-Type', 'application/json']]),
});

const arbPayload: fc.Arbitrary<Payload> = fc
  .array(
    fc.oneof(payloadArbitrary, arbSource.map(payloadFromSource), fc.constantFrom(head, headers)),
    {
      maxLength: 4,
    },
  )
  .map(concatPayloads);

test('a payload of any chunks crosses in any pieces, and has the same bytes and meanings', () => {
  fc.assert(
    fc.property(
      fc.array(arbPayload, { maxLength: 5 }),
      fc.integer({ min: 1, max: 400 }),
      // From tables that forget at once to such that never do.
      fc.constantFrom(1, 600, 2000, undefined),
      (payloads, pieceBytes, generationBytes) => {
        const lane = new Lane(generationBytes);
        for (const payload of [...payloads, ...payloads]) {
          const pieces: Payload[] = [];
          for (let at = 0; at < payload.lenBytes; at += pieceBytes) {
            pieces.push(lane.cross(slicePayload(payload, at, at + pieceBytes)));
          }
          const there = concatPayloads(pieces);
          assert.equal(there.lenBytes, payload.lenBytes);
          assert.deepEqual(payloadBytes(there), payloadBytes(payload));
          const source = wholeSource(payload);
          if (source instanceof JsonSource) {
            assert.deepEqual(payloadJson(there)?.value, JSON.parse(JSON.stringify(source.value)));
          }
          if (source instanceof JsonLines) {
            assert.deepEqual(payloadJsonLines(there), source.values);
          }
        }
      },
    ),
  );
});

test('readers of one source in a thread get the very same meaning, and it crosses once', () => {
  const lane = new Lane();
  const lines = new JsonLines(OBJECTS.map((each) => ({ type: 'ADDED', object: each })));
  const payload = payloadFromSource(lines);
  const parts = [lane.cross(slicePayload(payload, 0, 100)), lane.cross(slicePayload(payload, 100))];
  const first = payloadJsonLines(concatPayloads(parts));
  const { sentBytes } = lane;
  assert.equal(payloadJsonLines(lane.cross(payload)), first);
  assert.ok(lane.sentBytes - sentBytes < 40, 'the second time a number stands for it');
  assert.ok(sentBytes < payload.lenBytes + 400);
});

test('an object that is in several sources crosses once, and is frozen there', () => {
  const lane = new Lane();
  const [pod = {}] = OBJECTS;
  const item = (payload: Payload): unknown => {
    const value = payloadJson(lane.cross(payload))?.value as { items: unknown[] };
    return value.items[0];
  };
  const list = (): Payload =>
    payloadFromSource(new JsonSource({ kind: 'PodList', items: [pod] }, '\n'));
  const first = item(list());
  assert.equal(item(list()), first);
  assert.ok(Object.isFrozen(first));
  const lines = lane.cross(payloadFromSource(new JsonLines([{ type: 'ADDED', object: pod }])));
  assert.equal((payloadJsonLines(lines)[0] as { object: unknown }).object, first);
});

test('a HEADERS frame says there what it says here, whole or cut', () => {
  for (const cutAt of [0, 5]) {
    const lane = new Lane();
    const parser = new Http2Parser();
    parser.push(lane.cross(slicePayload(headers, 0, cutAt)));
    parser.push(lane.cross(slicePayload(headers, cutAt)));
    assert.deepEqual(parser.next(), {
      kind: 'headers',
      streamId: 3,
      fields: [
        [':path', '/api/é'],
        ['accept', 'application/json'],
      ],
      isLast: true,
    });
  }
});

test('what is loose here is loose there', () => {
  const there = new Lane().cross(payloadFromSource(new JsonSource({ text: 'x'.repeat(400) })));
  assert.ok(!Object.isFrozen(payloadJson(there)?.value));
});

test('tables forget what others have crowded out, and it is sent anew', () => {
  const lane = new Lane(20_000);
  const source = payloadFromSource(new JsonSource({ text: 'x'.repeat(400) }));
  const [first, again] = [lane.cross(source), lane.cross(source)];
  assert.equal(wholeSource(again), wholeSource(first));
  for (let index = 0; index < 1000; index++) {
    lane.cross(payloadFromSource(new JsonSource({ index })));
    assert.ok(lane.sent.size < 200, 'a table is bounded');
    if (index < 500) lane.cross(slicePayload(source, 0, 1));
  }
  const anew = lane.cross(source);
  assert.notEqual(wholeSource(anew), wholeSource(first));
  assert.deepEqual(payloadBytes(anew), payloadBytes(source));
});

test('without tables sources cross as bytes', () => {
  const payload = payloadFromSource(new JsonSource({ a: 1 }));
  const packet = Object.assign(new Packet(), { payload });
  const message = decodeFrameMessage(encodeFrameMessage({ kind: 'frame', port: 0, packet }));
  assert.equal(message.kind, 'frame');
  if (message.kind !== 'frame') return;
  assert.equal(message.packet.payload.chunks[0]?.source, undefined);
  assert.deepEqual(payloadBytes(message.packet.payload), payloadBytes(payload));
});
