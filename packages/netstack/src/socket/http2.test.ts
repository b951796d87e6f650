// HTTP/2 over sockets: requests side by side, streams that are taken over, pings, ends of all kinds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_MS, NS_PER_SEC, ip } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import { isHttp2Start, payloadFromText, payloadText } from '@podwire/wire';
import { Lab, type LabHost } from '../lab.ts';
import { Http2Connection, http2Connect } from './http2-client.ts';
import { type Http2Handler, type Http2Stream, serveHttp2 } from './http2-server.ts';
import { HttpConnection, httpConnect } from './http-client.ts';
import { httpServe } from './http-server.ts';

const SERVER = { ip: ip('192.0.2.2'), port: 80 };
const PINGS = { idleNs: 30 * NS_PER_SEC, timeoutNs: 15 * NS_PER_SEC };
const TIMEOUT_NS = 10 * NS_PER_SEC;

function lab(handler: Http2Handler): { lab: Lab; client: LabHost; server: LabHost } {
  const made = new Lab('http2');
  const client = made.host('client');
  const server = made.host('server');
  const [left, right] = made.segment('eth0', [client, server]);
  assert.ok(left !== undefined && right !== undefined);
  client.ns.addAddress(left, '192.0.2.1/24');
  server.ns.addAddress(right, '192.0.2.2/24');
  const http = httpServe(
    server.ns,
    {
      port: 80,
      other: (conn, first) => (isHttp2Start(first) ? serveHttp2(conn, first, handler) : undefined),
    },
    () => ({ status: 200, body: payloadFromText('plain') }),
  );
  assert.ok(typeof http !== 'string');
  return { lab: made, client, server };
}

function* connect(host: LabHost): Proc<Http2Connection> {
  const connection = yield* http2Connect(host.ns, { ...SERVER, pings: PINGS });
  assert.ok(connection instanceof Http2Connection);
  return connection;
}

function* get(connection: Http2Connection, target: string): Proc<string> {
  const reply = yield* connection.request(
    { method: 'GET', target, authority: 'server', headers: [] },
    TIMEOUT_NS,
  );
  return reply.kind === 'failure' ? reply.message : `${reply.status} ${payloadText(reply.body)}`;
}

test('requests go side by side on one connection; bodies go both ways', () => {
  const world = lab(function* ({ method, path, body }) {
    yield* sleep(path === '/slow' ? NS_PER_SEC : NS_PER_MS);
    return { status: 200, body: method === 'POST' ? body : payloadFromText(path) };
  });
  const answers: string[] = [];
  world.lab.run(
    world.client,
    (function* () {
      const connection = yield* connect(world.client);
      const asked = ['/slow', '/fast'].map((target) =>
        world.client.sim.spawn(
          target,
          (function* () {
            answers.push(yield* get(connection, target));
          })(),
        ),
      );
      for (const process of asked) if (!process.isDone) yield* process.done.wait();
      const body = payloadFromText('x'.repeat(100_000));
      const request = { method: 'POST', target: '/', authority: 'server', headers: [], body };
      const reply = yield* connection.request(request, TIMEOUT_NS);
      assert.ok(reply.kind === 'reply');
      answers.push(`${reply.body.lenBytes} bytes`);
    })(),
  );
  assert.deepEqual(answers, ['200 /fast', '200 /slow', '100000 bytes']);
});

test('HTTP/1.1 is served on the same port', () => {
  const world = lab(function* () {
    yield* sleep(0);
    return { status: 200 };
  });
  const answer = world.lab.run(
    world.client,
    (function* () {
      const connection = yield* httpConnect(world.client.ns, SERVER);
      assert.ok(connection instanceof HttpConnection);
      const reply = yield* connection.request({ method: 'GET', target: '/' });
      return reply.kind === 'reply' ? payloadText(reply.body) : reply.message;
    })(),
  );
  assert.equal(answer, 'plain');
});

test('a stream that was taken over is written piece by piece until its client closes it', () => {
  const taken: Http2Stream[] = [];
  let goneCount = 0;
  const world = lab(function* (_, stream) {
    yield* sleep(0);
    taken.push(stream);
    stream.onGone = () => {
      goneCount++;
    };
    stream.sendHead(200, []);
    stream.write(payloadFromText('one'));
    stream.write(payloadFromText('two'));
    return undefined;
  });
  world.lab.run(
    world.client,
    (function* () {
      const connection = yield* connect(world.client);
      const stream = connection.open({
        method: 'GET',
        target: '/watch',
        authority: 'server',
        headers: [],
      });
      const head = yield* stream.readHead(TIMEOUT_NS);
      assert.ok(head.kind === 'head' && head.status === 200);
      for (const text of ['one', 'two']) {
        const part = yield* stream.readBody();
        assert.ok(typeof part !== 'string' && !('kind' in part));
        assert.equal(payloadText(part), text);
      }
      assert.equal(goneCount, 0);
      stream.close();
      yield* sleep(NS_PER_SEC);
      assert.equal(goneCount, 1);
      assert.equal(taken[0]?.write(payloadFromText('late')), 'EPIPE');
      assert.ok(connection.isOpen);
    })(),
  );
});

test('a request that takes too long fails alone', () => {
  const world = lab(function* ({ path }) {
    yield* sleep(path === '/slow' ? 60 * NS_PER_SEC : 0);
    return { status: 200, body: payloadFromText(path) };
  });
  const answers: string[] = [];
  world.lab.run(
    world.client,
    (function* () {
      const connection = yield* connect(world.client);
      answers.push(yield* get(connection, '/slow'), yield* get(connection, '/fast'));
    })(),
  );
  assert.deepEqual(answers, ['timed out', '200 /fast']);
});

test('a silent peer is pinged, and given up when it does not answer', () => {
  const world = lab(function* () {
    yield* sleep(0);
    return undefined;
  });
  world.lab.run(
    world.client,
    (function* () {
      const connection = yield* connect(world.client);
      yield* sleep(300 * NS_PER_SEC);
      assert.ok(connection.isOpen, 'pings are answered');
      const stream = connection.open({
        method: 'GET',
        target: '/',
        authority: 'server',
        headers: [],
      });
      world.server.ns.destroy();
      const beginNs = world.client.sim.nowNs();
      const end = yield* stream.readBody();
      assert.ok(typeof end !== 'string' && 'kind' in end && end.errno === 'ETIMEDOUT');
      const tookNs = world.client.sim.nowNs() - beginNs;
      assert.ok(tookNs > 15 * NS_PER_SEC && tookNs <= 46 * NS_PER_SEC, String(tookNs));
      assert.equal(connection.isOpen, false);
    })(),
  );
});
