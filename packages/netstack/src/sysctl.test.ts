/**
 * Sysctls by name: defaults, per-device settings, what ip_forward pulls along.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBridge } from './dev/bridge.ts';
import { Lab } from './lab.ts';

test('names reach fields of the namespace and of devices', () => {
  const { ns } = new Lab().host('n1');
  const bridge = createBridge(ns, 'cni0');
  const { sysctl } = ns;
  assert.equal(sysctl.get('net.ipv4.ip_default_ttl'), 64);
  assert.equal(sysctl.get('net/ipv4/conf/cni0/rp_filter'), 0);
  assert.equal(sysctl.get('net.ipv4.nothing'), undefined);
  sysctl.set('net.ipv4.conf.cni0.rp_filter', '1');
  assert.equal(bridge.conf.rp_filter, 1);
  sysctl.set('net.ipv4.ip_forward', 1);
  assert.equal(sysctl.ipForward, true);
  assert.equal(bridge.conf.forwarding, 1);
  assert.equal(createBridge(ns, 'br1').conf.forwarding, 1);
  sysctl.set('net.bridge.bridge-nf-call-iptables', 0);
  assert.equal(sysctl.bridgeNfCallIptables, false);
  sysctl.set('net.ipv4.ip_default_ttl', 32);
  assert.equal(sysctl.defaultTtlHops, 32);
  assert.ok(sysctl.names().includes('net.ipv4.conf.cni0.proxy_arp'));
});
