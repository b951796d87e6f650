/**
 * A program that answers ARP for an address no device has, and says so to neighbours that know another machine for it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAC_BROADCAST, formatMac, ip } from '@podwire/base';
import { Lab } from '../lab.ts';
import { ArpSocket } from './arp-socket.ts';
import { sendArpRequest } from './arp.ts';

const VIP = ip('10.0.0.100');

test('the owner answers; after an announcement its neighbours know the new owner', () => {
  const lab = new Lab('arp');
  const hosts = ['asks', 'first', 'second'].map((name) => lab.host(name));
  const nics = lab.segment('eth0', hosts);
  hosts.forEach((host, index) => {
    const nic = nics[index];
    if (nic !== undefined) host.ns.addAddress(nic, `10.0.0.${index + 1}/24`);
  });
  const [asks, first, second] = hosts;
  const [askNic, firstNic, secondNic] = nics;
  assert.ok(asks && first && second && askNic && firstNic && secondNic);
  const old = new ArpSocket(first.ns, (address) => address === VIP);
  const known = (): string => {
    const entry = asks.ns.neigh.get(askNic, VIP);
    return entry === undefined ? 'unknown' : formatMac(entry.mac);
  };
  asks.ns.neigh.set(askNic, VIP, firstNic.mac, 'STALE');
  sendArpRequest(asks.ns, askNic, VIP, MAC_BROADCAST);
  lab.world.runFor(1_000_000);
  assert.equal(known(), formatMac(firstNic.mac));
  old.close();
  const now = new ArpSocket(second.ns, (address) => address === VIP);
  now.announce(secondNic, VIP);
  lab.world.runFor(2_000_000_000);
  assert.equal(known(), formatMac(secondNic.mac));
});
