/**
 * Ranges of pools: what is understood, and the complaints of MetalLB about the rest.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIp, ip } from './ip.ts';
import { parseIpRange, rangeContains, rangesOverlap } from './ip-range.ts';

const ROWS: readonly (readonly [text: string, expected: string])[] = [
  ['192.168.1.240-192.168.1.250', '192.168.1.240 192.168.1.250'],
  ['192.168.1.5 - 192.168.1.5', '192.168.1.5 192.168.1.5'],
  ['192.168.1.77/30', '192.168.1.76 192.168.1.79'],
  ['192.168.1.9/32', '192.168.1.9 192.168.1.9'],
  ['2001:db8::1-2001:db8::f', '2001:db8::1 2001:db8::f'],
  ['192.168.1.9', 'invalid CIDR "192.168.1.9"'],
  ['192.168.1.0/33', 'invalid CIDR "192.168.1.0/33"'],
  ['x-192.168.1.9', 'invalid IP range "x-192.168.1.9": invalid start IP "x"'],
  ['192.168.1.9-x', 'invalid IP range "192.168.1.9-x": invalid end IP "x"'],
  [
    '192.168.1.9-192.168.1.8',
    'invalid IP range "192.168.1.9-192.168.1.8": start IP "192.168.1.9" is after the end IP "192.168.1.8"',
  ],
];

for (const [text, expected] of ROWS) {
  test(`range ${text}`, () => {
    const range = parseIpRange(text);
    const told =
      typeof range === 'string' ? range : `${formatIp(range.first)} ${formatIp(range.last)}`;
    assert.equal(told, expected);
  });
}

test('what lies in a range', () => {
  const [a, b] = [parseIpRange('10.0.0.5-10.0.0.9'), parseIpRange('10.0.0.8/29')];
  assert.ok(typeof a !== 'string' && typeof b !== 'string');
  assert.ok(rangesOverlap(a, b) && rangesOverlap(b, a));
  assert.ok(rangeContains(a, ip('10.0.0.9')) && !rangeContains(a, ip('10.0.0.10')));
  assert.ok(!rangeContains(a, ip('2001:db8::1')));
});
