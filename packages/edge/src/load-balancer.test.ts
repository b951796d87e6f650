/**
 * Rules of load balancers: accepted by iptables-restore, equal shares, nobody but the allowed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '@podwire/api';
import { Lab, iptablesRestore } from '@podwire/netstack';
import { lbPorts, lbRules } from './lb-rules.ts';

const SERVICE = {
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    ports: [
      { port: 80, nodePort: 30_080, protocol: 'TCP' },
      { port: 53, nodePort: 30_053, protocol: 'UDP', name: 'dns' },
    ],
    loadBalancerSourceRanges: ['198.51.100.0/24'],
  },
} as unknown as Service;

test('each node gets its share; other sources have no rule', () => {
  const ports = lbPorts(SERVICE, '203.0.113.1', ['192.168.10.11', '192.168.10.12']);
  const text = lbRules(ports, '192.168.10.0/24');
  const host = new Lab('lb').host('router');
  assert.equal(iptablesRestore(host.ns, text), undefined);
  const rules = text.split('\n').filter((line) => line.startsWith('-A'));
  assert.deepEqual(rules.slice(0, 3), [
    '-A PREROUTING -s 198.51.100.0/24 -d 203.0.113.1/32 -p tcp -m tcp --dport 80 -m comment --comment "load balancer of default/web:80" -j LB-1',
    '-A LB-1 -m statistic --mode random --probability 0.5000000000 -p tcp -j DNAT --to-destination 192.168.10.11:30080',
    '-A LB-1 -p tcp -j DNAT --to-destination 192.168.10.12:30080',
  ]);
  assert.ok(rules.some((rule) => rule.includes('-p udp -m udp --dport 53')));
});

test('without a healthy node there is no rule: what comes is dropped at the routes', () => {
  const text = lbRules(lbPorts(SERVICE, '203.0.113.1', []), '192.168.10.0/24');
  assert.ok(!text.includes('-A'));
});
