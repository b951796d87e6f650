// The API's client on a real connection: what a watch reads, however its lines are cut into frames.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap, WatchEvent } from '@podwire/api';
import { NS_PER_SEC, ip } from '@podwire/base';
import { type Http2Stream, Lab, httpServe, serveHttp2 } from '@podwire/netstack';
import {
  JsonLines,
  type Payload,
  isHttp2Start,
  payloadBytes,
  payloadFromBytes,
  payloadFromSource,
  slicePayload,
} from '@podwire/wire';
import { API_PORT, HttpApiClient } from './api-client.ts';

function configMap(version: number, data: Record<string, string>): WatchEvent {
  const metadata = { name: 'one', namespace: 'default', resourceVersion: String(version) };
  const object: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
  return { type: 'MODIFIED', object };
}

/** What a watch hears of a server that writes these pieces of its stream. */
function watched(pieces: readonly Payload[]): readonly WatchEvent[] {
  const lab = new Lab('api-client');
  const node = lab.host('node');
  const server = lab.host('server');
  const [left, right] = lab.segment('eth0', [node, server]);
  assert.ok(left !== undefined && right !== undefined);
  node.ns.addAddress(left, '192.0.2.1/24');
  server.ns.addAddress(right, '192.0.2.2/24');
  const answer = (stream: Http2Stream): void => {
    stream.sendHead(200, [['content-type', 'application/json']]);
    for (const piece of pieces) stream.write(piece);
    stream.end();
  };
  const http = httpServe(
    server.ns,
    {
      port: API_PORT,
      other: (conn, first) =>
        isHttp2Start(first)
          ? // oxlint-disable-next-line require-yield -- answers at once
            serveHttp2(conn, first, function* (_request, stream) {
              answer(stream);
              return undefined;
            })
          : undefined,
    },
    () => ({ status: 404 }),
  );
  assert.ok(typeof http !== 'string');
  const endpoint = { ip: ip('192.0.2.2'), port: API_PORT };
  const client = new HttpApiClient(node.sim, node.ns, endpoint, { userAgent: 'test' });
  const heard: WatchEvent[] = [];
  const request = { verb: 'watch', resource: 'configmaps' } as const;
  const end = lab.run(
    node,
    client.watch(request, (event) => {
      heard.push(event);
    }),
    60 * NS_PER_SEC,
  );
  assert.equal(end, undefined, 'the watch ends in order');
  return heard;
}

test('a watch hears every event, wherever frames cut its lines', () => {
  const events = [1, 2, 3].map((version) => configMap(version, { note: 'two\nlines' }));
  const lines = payloadFromSource(new JsonLines(events));
  for (const whole of [lines, payloadFromBytes(payloadBytes(lines))]) {
    for (const stepBytes of [1, 7, 100, lines.lenBytes]) {
      const pieces: Payload[] = [];
      for (let at = 0; at < whole.lenBytes; at += stepBytes) {
        pieces.push(slicePayload(whole, at, at + stepBytes));
      }
      assert.deepEqual(watched(pieces), events, `frames of ${stepBytes} bytes`);
    }
  }
});

test('a write that needs several frames arrives as the very list that was written', () => {
  const data = { big: 'x'.repeat(100_000) };
  const events = Array.from({ length: 200 }, (_, version) => configMap(version, data));
  const heard = watched([payloadFromSource(new JsonLines(events))]);
  assert.equal(heard.length, events.length);
  assert.ok(heard.every((event, index) => event === events[index]));
});
