/**
 * JSON as payload: the told length is the text's, and the value is what the text says.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  JsonLines,
  JsonSource,
  endsWithLine,
  jsonLength,
  payloadJson,
  payloadJsonLines,
} from './json-source.ts';
import {
  EMPTY_PAYLOAD,
  concatPayloads,
  payloadBytes,
  payloadFromBytes,
  payloadFromSource,
  payloadFromText,
  slicePayload,
} from './payload.ts';
import { utf8Decode, utf8Encode } from './text.ts';

test('the length of any JSON value is that of its text', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      assert.equal(jsonLength(value), utf8Encode(JSON.stringify(value)).length);
    }),
    { numRuns: 500 },
  );
});

test('fields without a value, odd numbers and lone surrogates count as JSON writes them', () => {
  const values = [
    { a: undefined, b: 1 },
    { a: undefined },
    [Number.NaN, -0, 1e21, 1.5, -7],
    '\ud800x\udc00\ud83d\ude00\u2028é',
    Object.freeze({ long: 'x'.repeat(200) }),
  ];
  for (const value of values) {
    assert.equal(jsonLength(value), utf8Encode(JSON.stringify(value)).length);
    assert.equal(jsonLength(value), utf8Encode(JSON.stringify(value)).length, 'a second time');
  }
});

test('a value that was cut and joined is itself again, with or without its bytes', () => {
  const value = { kind: 'Pod', metadata: { name: 'é' } };
  const payload = payloadFromSource(new JsonSource(value, '\n'));
  const joined = concatPayloads([slicePayload(payload, 0, 5), slicePayload(payload, 5)]);
  assert.equal(payloadJson(joined)?.value, value);
  const bytes = payloadFromText(utf8Decode(new JsonSource(value, '\n').render()));
  assert.deepEqual(payloadJson(bytes)?.value, value);
  assert.equal(payloadJson(slicePayload(payload, 0, 5)), undefined);
});

test('JSON lines: the very list when it came whole, equal values from its text', () => {
  const values = [
    { type: 'ADDED', object: { name: 'é\n' } },
    { type: 'DELETED', object: {} },
  ];
  const payload = payloadFromSource(new JsonLines(values));
  const text = utf8Decode(new JsonLines(values).render());
  assert.equal(text, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
  assert.equal(payload.lenBytes, utf8Encode(text).length);
  const joined = concatPayloads([slicePayload(payload, 0, 7), slicePayload(payload, 7)]);
  assert.equal(payloadJsonLines(joined), values);
  assert.deepEqual(payloadJsonLines(payloadFromText(text)), values);
});

test('pieces that end within a line are known, as what they mean and as bytes', () => {
  const values = [{ type: 'ADDED', note: 'one\ntwo' }, { type: 'DELETED' }];
  const lines = payloadFromSource(new JsonLines(values));
  for (const whole of [lines, payloadFromBytes(payloadBytes(lines))]) {
    const first = slicePayload(whole, 0, 5);
    const second = slicePayload(whole, 5);
    assert.deepEqual([first, second, EMPTY_PAYLOAD].map(endsWithLine), [false, true, true]);
    const joined = concatPayloads([first, second]);
    assert.deepEqual(payloadJsonLines(joined), values);
    if (whole === lines) assert.equal(payloadJsonLines(joined), values);
  }
  assert.equal(endsWithLine(payloadFromSource(new JsonSource({ a: 1 }))), false);
});
