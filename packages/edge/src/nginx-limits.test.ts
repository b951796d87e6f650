/**
 * Limits of requests as nginx 1.22 counted them: `rate=1r/s burst=5 nodelay`, `rate=30r/m burst=3 nodelay`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC, cidr, ip } from '@podwire/base';
import { type NginxLimit, NginxLimits } from './nginx-limits.ts';

const CLIENT = ip('198.51.100.7');

function answers(limits: NginxLimits, limit: NginxLimit, count: number, atSec: number): string {
  return Array.from({ length: count }, () =>
    limits.admit([limit], CLIENT, atSec * NS_PER_SEC) ? '200' : '503',
  ).join(' ');
}

test('requests in a second', () => {
  const limits = new NginxLimits();
  const limit = { zone: 'a', rateMilli: 1000, burst: 5, exempt: [] };
  assert.equal(answers(limits, limit, 8, 100), '200 200 200 200 200 200 503 503');
  assert.equal(answers(limits, limit, 4, 102), '200 200 503 503');
});

test('requests in a minute', () => {
  const limits = new NginxLimits();
  const limit = { zone: 'm', rateMilli: 500, burst: 3, exempt: [] };
  assert.equal(answers(limits, limit, 6, 100), '200 200 200 200 503 503');
  assert.equal(answers(limits, limit, 3, 102), '200 503 503');
});

test('clients that are exempt, and each one by itself', () => {
  const limits = new NginxLimits();
  const limit = { zone: 'a', rateMilli: 1000, burst: 0, exempt: [cidr('198.51.100.0/24')] };
  assert.equal(answers(limits, limit, 3, 1), '200 200 200');
  const others = ['192.0.2.1', '192.0.2.1', '192.0.2.2'].map((text) =>
    limits.admit([limit], ip(text), NS_PER_SEC),
  );
  assert.deepEqual(others, [true, false, true]);
});
