/**
 * host-local: order of addresses, exhaustion, duplicates.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cidr, formatIp } from '@podwire/base';
import {
  emptyHostLocalDisk,
  hostLocalRange,
  releaseAddresses,
  reserveAddress,
} from './host-local.ts';

function take(disk: ReturnType<typeof emptyHostLocalDisk>, subnet: string, id: string): string {
  const got = reserveAddress(disk, hostLocalRange(cidr(subnet)), {
    containerId: id,
    ifName: 'eth0',
  });
  return 'ip' in got ? formatIp(got.ip) : got.error;
}

test('a /24 starts at .2 and gives 253 pods', () => {
  const disk = emptyHostLocalDisk();
  assert.equal(take(disk, '10.1.0.0/24', 'c0'), '10.1.0.2');
  for (let index = 1; index < 253; index++) take(disk, '10.1.0.0/24', `c${index}`);
  assert.equal(disk.reserved.size, 253);
  assert.equal(
    take(disk, '10.1.0.0/24', 'more'),
    'no IP addresses available in range set: 10.1.0.1-10.1.0.254',
  );
});

test('a freed address comes back only after a full round', () => {
  const disk = emptyHostLocalDisk();
  assert.equal(take(disk, '10.1.0.0/29', 'a'), '10.1.0.2');
  releaseAddresses(disk, 'a');
  const seen = ['b', 'c', 'd', 'e', 'f'].map((id) => {
    const address = take(disk, '10.1.0.0/29', id);
    releaseAddresses(disk, id);
    return address;
  });
  assert.deepEqual(seen, ['10.1.0.3', '10.1.0.4', '10.1.0.5', '10.1.0.6', '10.1.0.2']);
});

test('the same container twice is refused', () => {
  const disk = emptyHostLocalDisk();
  take(disk, '10.1.0.0/24', 'a');
  assert.equal(
    take(disk, '10.1.0.0/24', 'a'),
    '10.1.0.2 has been allocated to a, duplicate allocation is not allowed',
  );
});
