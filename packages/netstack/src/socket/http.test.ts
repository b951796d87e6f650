/**
 * HTTP over sockets: kept connections, streams, ends of all kinds.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_MS, NS_PER_SEC, ip } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import { payloadFromText, payloadText } from '@podwire/wire';
import { Lab, type LabHost } from '../lab.ts';
import { type HttpConnection, type HttpHandler, httpConnect, httpServe } from './http.ts';

const SERVER = ip('192.0.2.2');

function lab(handler: HttpHandler): { lab: Lab; client: LabHost; server: LabHost } {
  const made = new Lab('http');
  const client = made.host('client');
  const server = made.host('server');
  const [left, right] = made.segment('eth0', [client, server]);
  assert.ok(left !== undefined && right !== undefined);
  client.ns.addAddress(left, '192.0.2.1/24');
  server.ns.addAddress(right, '192.0.2.2/24');
  assert.ok(typeof httpServe(server.ns, { port: 80 }, handler) !== 'string');
  return { lab: made, client, server };
}

function* connect(host: LabHost): Proc<HttpConnection> {
  const connection = yield* httpConnect(host.ns, { ip: SERVER, port: 80 });
  assert.ok(!('kind' in connection));
  return connection;
}

const HOST = [['Host', 'server']] as const;

test('requests follow each other on one connection', () => {
  const world = lab((request) => ({
    status: 200,
    body: payloadFromText(`${request.path}?${request.query}`),
  }));
  const bodies = world.lab.run(
    world.client,
    (function* () {
      const connection = yield* connect(world.client);
      const found: string[] = [];
      for (const target of ['/a', '/b?x=1']) {
        const reply = yield* connection.request({ method: 'GET', target, headers: HOST });
        assert.ok(reply.kind === 'reply');
        found.push(payloadText(reply.body));
        assert.ok(connection.isReusable);
      }
      connection.close();
      return found;
    })(),
  );
  assert.deepEqual(bodies, ['/a?', '/b?x=1']);
});

test('a request body arrives whole; HEAD has none in return', () => {
  const world = lab((request) => ({ status: 201, body: request.body }));
  world.lab.run(
    world.client,
    (function* () {
      const connection = yield* connect(world.client);
      const body = payloadFromText('x'.repeat(10_000));
      const post = yield* connection.request({ method: 'POST', target: '/', headers: HOST, body });
      assert.ok(post.kind === 'reply');
      assert.deepEqual([post.status, post.body.lenBytes], [201, 10_000]);
      const head = yield* connection.request({ method: 'HEAD', target: '/', headers: HOST });
      assert.ok(head.kind === 'reply');
      assert.equal(head.body.lenBytes, 0);
    })(),
  );
});

test('a stream is read as it comes, and the server learns that nobody reads on', () => {
  let sent = 0;
  let stopped = 0;
  const world = lab(() => ({
    status: 200,
    body: function* (write) {
      for (let index = 0; index < 1000; index++) {
        if (write(payloadFromText(`event ${index}\n`)) !== undefined) break;
        sent++;
        yield* sleep(NS_PER_SEC);
      }
      stopped = sent;
    },
  }));
  const parts = world.lab.run(
    world.client,
    (function* () {
      const connection = yield* connect(world.client);
      const head = yield* connection.open({ method: 'GET', target: '/watch', headers: HOST });
      assert.ok(head.kind === 'response');
      assert.equal(head.headers.get('Transfer-Encoding'), 'chunked');
      const found: string[] = [];
      while (found.length < 3) {
        const part = yield* connection.readBody();
        assert.ok(typeof part !== 'string' && !('kind' in part));
        found.push(payloadText(part));
      }
      assert.equal(yield* connection.readBody(100 * NS_PER_MS), 'timeout');
      connection.close();
      return found;
    })(),
  );
  assert.deepEqual(parts, ['event 0\n', 'event 1\n', 'event 2\n']);
  world.lab.world.runFor(10 * NS_PER_SEC);
  assert.ok(stopped > 0 && stopped < 10, `stopped after ${stopped}`);
});

test('failures are values with a reason', () => {
  const world = lab((request, conn) => {
    if (request.path === '/reset') conn.abort();
    else if (request.path === '/close') conn.close();
    else {
      return (function* () {
        yield* sleep(10 * NS_PER_SEC);
        return { status: 200 };
      })();
    }
    return undefined;
  });
  const reasons = world.lab.run(
    world.client,
    (function* () {
      const found: string[] = [];
      for (const target of ['/reset', '/close', '/slow']) {
        const connection = yield* connect(world.client);
        const reply = yield* connection.request(
          { method: 'GET', target, headers: HOST },
          2 * NS_PER_SEC,
        );
        found.push(
          reply.kind === 'failure' ? `${reply.reason} ${reply.errno ?? ''}`.trim() : 'reply',
        );
        connection.close();
      }
      const refused = yield* httpConnect(world.client.ns, { ip: SERVER, port: 81 });
      found.push('kind' in refused ? `${refused.reason} ${refused.errno ?? ''}` : 'connected');
      return found;
    })(),
  );
  assert.deepEqual(reasons, ['reset ECONNRESET', 'closed', 'timeout', 'connect ECONNREFUSED']);
});

test('a server that closes takes its connections along', () => {
  const made = lab(() => ({ status: 200 }));
  const second = httpServe(made.server.ns, { port: 8080 }, () => ({ status: 200 }));
  assert.ok(typeof second !== 'string');
  const outcome = made.lab.run(
    made.client,
    (function* () {
      const connection = yield* httpConnect(made.client.ns, { ip: SERVER, port: 8080 });
      assert.ok(!('kind' in connection));
      yield* sleep(NS_PER_MS);
      assert.equal(second.connectionCount, 1);
      second.close();
      return yield* connection.conn.read();
    })(),
  );
  assert.equal(outcome, 'eof');
  assert.ok(typeof httpServe(made.server.ns, { port: 8080 }, () => ({ status: 200 })) !== 'string');
});
