// HTTP/2 frames: as bytes and as what they mean, in pieces of any size, and what is not modelled.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  HTTP2_CLIENT_START,
  HTTP2_PING,
  HTTP2_SERVER_START,
  type Http2Event,
  Http2Parser,
  behindHttp2Preface,
  emitHttp2Data,
  emitHttp2Headers,
  emitHttp2Reset,
  isHttp2Start,
} from './http2.ts';
import {
  type Payload,
  concatPayloads,
  payloadBytes,
  payloadFromBytes,
  payloadFromText,
  payloadText,
  slicePayload,
} from './payload.ts';

function events(input: Payload, pieceBytes = Math.max(input.lenBytes, 1)): readonly unknown[] {
  const parser = new Http2Parser();
  const found: unknown[] = [];
  const plain = (event: Http2Event): unknown =>
    event.kind === 'data' ? { ...event, payload: payloadText(event.payload) } : event;
  for (let at = 0; at < input.lenBytes; at += pieceBytes) {
    parser.push(slicePayload(input, at, at + pieceBytes));
    for (let event = parser.next(); event !== undefined; event = parser.next()) {
      found.push(plain(event));
    }
  }
  return found;
}

test('a header block is the one of RFC 7541, C.3.1 without its entry for the dynamic table', () => {
  const fields = [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
  ] as const;
  const bytes = payloadBytes(emitHttp2Headers(1, fields, true));
  assert.equal(
    Buffer.from(bytes).toString('hex'),
    `${'00001601050000000182860401' + '2f'}010f${Buffer.from('www.example.com').toString('hex')}`,
  );
});

test('both sides begin with settings, the client with a preface before', () => {
  assert.equal(isHttp2Start(HTTP2_CLIENT_START), true);
  assert.equal(isHttp2Start(payloadFromText('GET / HTTP/1.1\r\nHost: a\r\n\r\n')), false);
  assert.deepEqual(events(behindHttp2Preface(HTTP2_CLIENT_START)), [{ kind: 'settings' }]);
  assert.deepEqual(events(HTTP2_SERVER_START), [{ kind: 'settings' }]);
  assert.deepEqual(events(HTTP2_PING), [{ kind: 'ping' }]);
});

test('what is not modelled ends the connection with a reason', () => {
  const rows: readonly (readonly [string, readonly number[], string])[] = [
    ['no END_HEADERS', [0, 0, 0, 1, 0, 0, 0, 0, 1], 'a header block goes on in other frames'],
    ['CONTINUATION', [0, 0, 0, 9, 4, 0, 0, 0, 1], 'a header block goes on in other frames'],
    ['dynamic table', [0, 0, 1, 1, 4, 0, 0, 0, 1, 0xbe], 'a header block that cannot be read'],
    [
      'Huffman code',
      [0, 0, 3, 1, 4, 0, 0, 0, 1, 0x04, 0x81, 0x63],
      'a header block that cannot be read',
    ],
  ];
  for (const [name, bytes, message] of rows) {
    const found = events(payloadFromBytes(Uint8Array.from(bytes)));
    assert.deepEqual(found, [{ kind: 'error', message }], name);
  }
});

test('frames read back, by bytes or by what they mean, in pieces of any size', () => {
  const name = fc.constantFrom(':status', ':path', 'content-type', 'accept', 'x-any', 'warning');
  const fields = fc.array(fc.tuple(name, fc.string({ maxLength: 300, unit: 'grapheme' })));
  const item = fc.oneof(
    fc.record({ fields, isLast: fc.boolean() }),
    fc.record({ text: fc.string({ minLength: 1 }), isLast: fc.boolean() }),
    fc.constant('reset' as const),
  );
  fc.assert(
    fc.property(fc.array(item), fc.integer({ min: 1, max: 400 }), (items, pieceBytes) => {
      const expected: unknown[] = [];
      const frames = items.map((one, index) => {
        const streamId = 2 * index + 1;
        if (one === 'reset') {
          expected.push({ kind: 'reset', streamId });
          return emitHttp2Reset(streamId);
        }
        const { isLast } = one;
        if ('fields' in one) {
          expected.push({ kind: 'headers', streamId, fields: one.fields, isLast });
          return emitHttp2Headers(streamId, one.fields, isLast);
        }
        expected.push({ kind: 'data', streamId, payload: one.text, isLast });
        return emitHttp2Data(streamId, payloadFromText(one.text), isLast);
      });
      const all = concatPayloads(frames);
      assert.deepEqual(events(all), expected);
      assert.deepEqual(events(all, pieceBytes), expected);
      assert.deepEqual(events(payloadFromBytes(payloadBytes(all)), pieceBytes), expected);
    }),
  );
});
