// HTTP/1.1 messages: heads, bodies by every way of telling their length, broken input.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HttpHeaders, emitHttpHead } from './http-head.ts';
import {
  type HttpEvent,
  HttpParser,
  emitHttpChunk,
  emitHttpLastChunk,
  httpKeepsAlive,
} from './http-message.ts';
import {
  type Payload,
  concatPayloads,
  payloadFromText,
  payloadOfFill,
  payloadText,
  slicePayload,
} from './payload.ts';

/** Feeds pieces of the given size; body parts are joined. */
function parse(parser: HttpParser, input: Payload, pieceBytes = input.lenBytes): string[] {
  const out: string[] = [];
  let body = '';
  const note = (event: HttpEvent): void => {
    if (event.kind === 'body') {
      body += payloadText(event.payload);
      return;
    }
    if (body !== '') out.push(`body ${body}`);
    body = '';
    if (event.kind === 'head') {
      const { head } = event;
      out.push(
        head.kind === 'request' ? `${head.method} ${head.target}` : `${head.status} ${head.reason}`,
      );
    } else out.push(event.kind === 'error' ? `error ${event.message}` : 'end');
  };
  for (let at = 0; at < input.lenBytes; at += pieceBytes) {
    parser.push(slicePayload(input, at, at + pieceBytes));
    for (let event = parser.next(); event !== undefined; event = parser.next()) note(event);
  }
  const last = parser.finish();
  if (last !== undefined) note(last);
  else if (body !== '') out.push(`open ${body}`);
  return out;
}

const REQUESTS: readonly (readonly [string, readonly string[]])[] = [
  ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', ['GET /', 'end']],
  ['\r\n\r\nGET /x HTTP/1.0\r\n\r\n', ['GET /x', 'end']],
  ['GET / HTTP/1.1\nHost: a\n\n', ['GET /', 'end']],
  [
    'POST /a HTTP/1.1\r\ncontent-LENGTH: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n',
    ['POST /a', 'body abc', 'end', 'GET /b', 'end'],
  ],
  [
    'PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n',
    ['PUT /', 'body abc0123456789', 'end'],
  ],
  ['GET / HTTP/2\r\n\r\n', ['error malformed request line']],
  ['hello\r\n\r\n', ['error malformed request line']],
  ['GET / HTTP/1.1\r\nno colon\r\n\r\n', ['error malformed header line']],
  ['GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n', ['error bad Content-Length']],
  ['GET / HTTP/1.1\r\nHost', ['error unexpected end of the connection']],
  [
    'PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ['PUT /', 'error invalid byte in chunk length'],
  ],
];

const RESPONSES: readonly (readonly [string, readonly string[]])[] = [
  ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi', ['200 OK', 'body hi', 'end']],
  ['HTTP/1.0 200 OK\r\n\r\nuntil the end', ['200 OK', 'body until the end', 'end']],
  ['HTTP/1.1 204 No Content\r\n\r\n', ['204 No Content', 'end']],
  [
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n',
    ['100 Continue', 'end', '200 ', 'end'],
  ],
  [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi',
    ['200 OK', 'body hi', 'error unexpected end of the connection'],
  ],
  ['HTTP/1.1 101 Switching Protocols\r\n\r\nraw', ['101 Switching Protocols']],
];

test('requests, in any pieces', () => {
  for (const [text, expected] of REQUESTS) {
    for (const piece of [text.length, 1, 3, 7]) {
      assert.deepEqual(
        parse(new HttpParser('request'), payloadFromText(text), piece),
        expected,
        text,
      );
    }
  }
});

test('responses, in any pieces', () => {
  for (const [text, expected] of RESPONSES) {
    for (const piece of [text.length, 1, 3, 7]) {
      assert.deepEqual(
        parse(new HttpParser('response'), payloadFromText(text), piece),
        expected,
        text,
      );
    }
  }
});

test('an answer to HEAD has no body', () => {
  const parser = new HttpParser('response');
  parser.expectNoBody();
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
  assert.deepEqual(parse(parser, payloadFromText(text)), ['200 OK', 'end']);
});

test('a bulk body passes through as the chunks it came in', () => {
  const parser = new HttpParser('response');
  const bulk = payloadOfFill(10_000_000);
  parser.push(payloadFromText('HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n'));
  parser.push(bulk);
  parser.next();
  const body = parser.next();
  assert.ok(body?.kind === 'body' && body.payload.lenBytes === 10_000_000);
  assert.equal(body.payload.chunks[0]?.bytes, undefined);
});

test('headers keep order and spelling and compare without case', () => {
  const headers = new HttpHeaders([
    ['X-One', '1'],
    ['hOST', 'a'],
    ['x-one', '2'],
  ]);
  assert.equal(headers.get('Host'), 'a');
  assert.deepEqual(headers.getAll('X-ONE'), ['1', '2']);
  headers.set('x-One', '3');
  assert.deepEqual(
    [...headers.entries()],
    [
      ['x-One', '3'],
      ['hOST', 'a'],
    ],
  );
});

test('what is emitted is parsed again', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 4 }), (sizes) => {
      const headers = new HttpHeaders([['Transfer-Encoding', 'chunked']]);
      const head = {
        kind: 'response',
        version: 'HTTP/1.1',
        status: 200,
        reason: 'OK',
        headers,
      } as const;
      const parts = [
        emitHttpHead(head),
        ...sizes.map((size) => emitHttpChunk(payloadOfFill(size))),
        emitHttpLastChunk(),
      ];
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const body = total === 0 ? [] : [`body ${'x'.repeat(total)}`];
      assert.deepEqual(parse(new HttpParser('response'), concatPayloads(parts)), [
        '200 OK',
        ...body,
        'end',
      ]);
    }),
  );
});

test('keep-alive', () => {
  const head = (version: 'HTTP/1.0' | 'HTTP/1.1', value?: string) =>
    ({
      kind: 'request',
      method: 'GET',
      target: '/',
      version,
      headers: new HttpHeaders(value === undefined ? [] : [['connection', value]]),
    }) as const;
  assert.equal(httpKeepsAlive(head('HTTP/1.1')), true);
  assert.equal(httpKeepsAlive(head('HTTP/1.1', 'Close')), false);
  assert.equal(httpKeepsAlive(head('HTTP/1.0')), false);
  assert.equal(httpKeepsAlive(head('HTTP/1.0', 'keep-alive')), true);
});
