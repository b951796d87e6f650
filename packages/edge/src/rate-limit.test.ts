/**
 * Rates as HAProxy counts them, and what a client is let through.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC, ip } from '@podwire/base';
import type { TcpConn } from '@podwire/netstack';
import { FrequencyCounter, RateLimiter } from './rate-limit.ts';

test('the last period counts by what still lies in the window', () => {
  const counter = new FrequencyCounter(10 * NS_PER_SEC);
  const start = 100 * NS_PER_SEC;
  for (let each = 0; each < 10; each++) counter.add(start);
  assert.equal(counter.read(start), 10);
  assert.equal(counter.read(start + 10 * NS_PER_SEC), 10);
  assert.equal(counter.read(start + 15 * NS_PER_SEC), 5);
  assert.equal(counter.read(start + 19.5 * NS_PER_SEC), 0);
  assert.equal(counter.read(start + 30 * NS_PER_SEC), 0);
});

type Connection = Pick<TcpConn, 'remoteIp'> & { state: TcpConn['state'] };

function connection(address = '192.0.2.1'): Connection {
  return { state: 'ESTABLISHED', remoteIp: ip(address) };
}

const NONE = { concurrentTcp: undefined, tcpRate: undefined, httpRate: undefined };

test('requests in ten seconds, by client', () => {
  const limiter = new RateLimiter({ ...NONE, httpRate: 5 });
  const now = 50 * NS_PER_SEC;
  const answers = Array.from({ length: 6 }, () => limiter.admit(connection(), now));
  assert.deepEqual(answers, [true, true, true, true, true, false]);
  assert.ok(limiter.admit(connection('192.0.2.2'), now));
  assert.ok(limiter.admit(connection(), now + 20 * NS_PER_SEC));
});

test('connections at once and in three seconds', () => {
  const atOnce = new RateLimiter({ ...NONE, concurrentTcp: 2 });
  const open = [connection(), connection(), connection()];
  assert.deepEqual(
    open.map((each) => atOnce.admit(each, 0)),
    [true, true, false],
  );
  const [first, second] = open;
  assert.ok(first !== undefined && second !== undefined);
  assert.ok(atOnce.admit(second, 0), 'a connection that is in may go on');
  first.state = 'CLOSED';
  assert.ok(atOnce.admit(connection(), 0));
  const rate = new RateLimiter({ ...NONE, tcpRate: 2 });
  assert.deepEqual(
    [0, 0, 0].map(() => rate.admit(connection(), 0)),
    [true, true, false],
  );
});
