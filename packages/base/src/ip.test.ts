/**
 * Addresses and networks: parsing, printing, order, arithmetic, for both families.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Address4 } from 'ip-address';
import {
  addressAt,
  cidr,
  cidrContains,
  cidrsOverlap,
  compareIp,
  formatCidr,
  formatIp,
  formatMac,
  ip,
  ipAdd,
  ipFromBytes,
  ipToBytes,
  isIpv4,
  lastAddress,
  mac,
  network,
  parseCidr,
  parseIp,
  parseIpv4,
} from './index.ts';

test('texts that are no address', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4/24',
    'a::b::c',
    'fe80::1%eth0',
    ':',
  ]) {
    assert.equal(parseIp(text), undefined, text);
  }
});

test('dotted decimal is read as ip-address reads it, but for leading zeros', () => {
  const part = fc.oneof(
    fc.nat(300).map(String),
    fc.constantFrom('', '00', '007', ' 1', '-1', '1e1', '+1'),
  );
  const texts = fc.oneof(
    fc.ipV4(),
    fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.')),
    fc.string({ unit: fc.constantFrom('0', '1', '9', '.', '/', ':') }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const isPlain = /^\d+(\.\d+){3}$/.test(text) && !/(^|\.)0\d/.test(text);
      const isRight = isPlain && Address4.isValid(text);
      const expected = isRight ? Number(new Address4(text).bigInt()) : undefined;
      assert.equal(parseIpv4(text), expected, text);
    }),
  );
});

test('IPv6 prints in its canonical form', () => {
  assert.equal(formatIp(ip('2001:DB8:0:0:0:0:0:1')), '2001:db8::1');
  assert.equal(ip('::1'), ip('0:0:0:0:0:0:0:1'));
  assert.ok(!isIpv4(ip('::1')));
});

test('bytes and texts come back as the same number', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const value = parseIp(text);
      if (value === undefined) return;
      assert.equal(ipFromBytes(ipToBytes(value)), value);
      assert.equal(parseIp(formatIp(value)), value);
    }),
  );
});

test('order is that of the values, IPv4 first', () => {
  assert.ok(compareIp(ip('10.0.0.1'), ip('9.255.255.255')) > 0);
  assert.ok(compareIp(ip('255.255.255.255'), ip('::')) < 0);
  assert.ok(compareIp(ip('2001:db8::2'), ip('2001:db8::1')) > 0);
});

test('networks', () => {
  const net = cidr('10.1.2.77/24');
  assert.equal(formatIp(network(net)), '10.1.2.0');
  assert.equal(formatIp(lastAddress(net)), '10.1.2.255');
  assert.equal(formatIp(addressAt(net, 9)), '10.1.2.9');
  assert.ok(cidrContains(net, ip('10.1.2.200')));
  assert.ok(!cidrContains(net, ip('10.1.3.0')));
  assert.ok(!cidrContains(cidr('0.0.0.0/0'), ip('::1')));
  assert.ok(cidrContains(cidr('0.0.0.0/0'), ip('255.0.0.1')));
  assert.ok(cidrsOverlap(cidr('10.0.0.0/8'), cidr('10.200.0.0/16')));
  assert.ok(!cidrsOverlap(cidr('10.0.0.0/9'), cidr('10.128.0.0/9')));
  assert.equal(formatCidr(cidr('fd00::1/64')), 'fd00::1/64');
  assert.equal(formatIp(lastAddress(cidr('fd00::/126'))), 'fd00::3');
  assert.equal(formatIp(ipAdd(ip('10.0.0.255'), 1)), '10.0.1.0');
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', 'fd00::/129']) {
    assert.equal(parseCidr(text), undefined, text);
  }
});

test('MAC addresses', () => {
  assert.equal(formatMac(mac('0A:58:0a:f4:01:02')), '0a:58:0a:f4:01:02');
});
