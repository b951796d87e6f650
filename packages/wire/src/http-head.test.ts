/**
 * Heads as sources against heads as text: a parser reads the same from both, however they are cut.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type HttpHead, HttpHeaders, HttpHeadSource, emitHttpHead } from './http-head.ts';
import { HttpParser } from './http-message.ts';
import { type Payload, payloadFromBytes, slicePayload, wholeSource } from './payload.ts';

const arbValue = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('text/plain', ' padded ', 'a\r\nb: c', 'é', ''),
);
const arbHeaders = fc
  .array(
    fc.tuple(fc.oneof(fc.constantFrom('Host', 'X-A', 'x a', 'a:b', ''), fc.string()), arbValue),
  )
  .map((fields) => new HttpHeaders(fields));
const arbHead: fc.Arbitrary<HttpHead> = fc.oneof(
  fc.record({
    kind: fc.constant('request' as const),
    method: fc.constantFrom('GET', 'POST', 'x y', ''),
    target: fc.constantFrom('/', '/a?b=c', '/ é', ''),
    version: fc.constantFrom('HTTP/1.0' as const, 'HTTP/1.1' as const),
    headers: arbHeaders,
  }),
  fc.record({
    kind: fc.constant('response' as const),
    version: fc.constantFrom('HTTP/1.0' as const, 'HTTP/1.1' as const),
    status: fc.constantFrom(200, 204, 404, 1000),
    reason: fc.constantFrom('OK', 'Not Found', ''),
    headers: arbHeaders,
  }),
);

/** What a parser makes of a head that arrives in two pieces. */
function read(kind: HttpHead['kind'], payload: Payload, cut: number): unknown {
  const parser = new HttpParser(kind);
  parser.push(slicePayload(payload, 0, cut));
  const early = parser.next();
  parser.push(slicePayload(payload, cut));
  const event = early ?? parser.next();
  if (event?.kind !== 'head') return event;
  const { headers, ...rest } = event.head;
  return { ...rest, headers: [...headers.entries()], early: early !== undefined };
}

test('a head that travels as what it says reads as its text does', () => {
  let told = 0;
  fc.assert(
    fc.property(arbHead, fc.nat(60), (head, cut) => {
      const payload = emitHttpHead(head);
      const source = wholeSource(payload);
      if (!(source instanceof HttpHeadSource)) return;
      told++;
      const bytes = source.render();
      assert.equal(bytes.length, payload.lenBytes);
      assert.deepEqual(
        read(head.kind, payload, cut),
        read(head.kind, payloadFromBytes(bytes), cut),
      );
    }),
    { numRuns: 1000 },
  );
  assert.ok(told > 50, `${told} heads travelled so`);
});
