/**
 * Notes: which clauses set something up, which explain, and which are not understood.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseNotes } from './notes.ts';

const USUAL =
  'cluster domain cluster.local, service CIDR 10.96.0.0/12, DNS service 10.96.0.10, kubeadm 1.32 Corefile (ttl 30, cache 30 with cluster.local disabled, pods insecure, loadbalance); the upstream resolver answers NXDOMAIN unless stated';

test('the usual notes change nothing', () => {
  const notes = parseNotes(USUAL);
  assert.equal(notes.corefile, undefined);
  assert.deepEqual(notes.unknown, []);
  assert.deepEqual(notes.upstream, []);
});

test('a clause that explains is passed over', () => {
  assert.deepEqual(parseNotes('every new connection restarts the timeout').unknown, []);
});

test('a clause that sets something up is understood or named', () => {
  const clause = 'kube-proxy runs with nodePortAddresses 192.0.2.0/24';
  assert.deepEqual(parseNotes(`hairpinMode true; ${clause}`).unknown, [
    `the note "${clause}" is not understood`,
  ]);
});

test('records and behaviour of the upstream server', () => {
  const notes = parseNotes(
    `${USUAL}; upstream resolver knows www.example.org. 300 IN A 192.0.2.1; zone sf.test answers SERVFAIL to everything`,
  );
  assert.deepEqual(notes.upstream, [
    { zone: 'sf.test', behaviour: 'servfail', records: [] },
    { zone: 'example.org', behaviour: 'answer', records: ['www.example.org. 300 IN A 192.0.2.1'] },
  ]);
});

test('an option of the kubernetes block makes a Corefile', () => {
  const { corefile } = parseNotes('Corefile: kubernetes block has "namespaces default"');
  assert.match(corefile ?? '', /kubernetes cluster\.local in-addr\.arpa ip6\.arpa \{/);
  assert.match(corefile ?? '', /^\s+namespaces default$/m);
  assert.match(corefile ?? '', /^\s+pods insecure$/m);
});

test('a whole Corefile gets what its pods’ probes need', () => {
  const { corefile } = parseNotes(
    'Corefile has only "example.org:53 { errors; forward . 192.0.2.9 }"',
  );
  assert.match(corefile ?? '', /^example\.org:53 \{$/m);
  assert.match(corefile ?? '', /^\s+ready$/m);
});

test('the Corefile of old clusters caches everything', () => {
  const { corefile } = parseNotes('kubeadm 1.31 Corefile (ttl 30, cache 30, loadbalance)');
  assert.match(corefile ?? '', /^\s+cache 30$/m);
});

test('a plugin that podwire does not have is named', () => {
  assert.deepEqual(parseNotes('Corefile has "file example.org.db example.org"').unknown, [
    'the CoreDNS plugin file is not modelled yet',
  ]);
});

test("OpenShift's notes keep OpenShift's own Corefile", () => {
  const notes = parseNotes(
    'OpenShift: service CIDR 172.30.0.0/16, DNS 172.30.0.10, operator Corefile (ttl 5, cache 900 denial 9984 30, no loadbalance)',
  );
  assert.equal(notes.isOpenshift, true);
  assert.equal(notes.serviceNetwork, '172.30.0.0/16');
  assert.equal(notes.corefile, undefined);
  assert.deepEqual(notes.unknown, []);
});

test('the resolv.conf of the nodes', () => {
  const notes = parseNotes(
    'node resolv.conf: nameserver 192.0.2.53, search a.example, options edns0',
  );
  assert.equal(notes.nodeResolvConf, 'nameserver 192.0.2.53\nsearch a.example\noptions edns0\n');
});

test('zones of nodes', () => {
  const pairs = [
    ['node-1', 'a'],
    ['node-2', 'a'],
    ['node-3', 'b'],
  ];
  for (const text of [
    'node-1 and node-2 in zone a, node-3 in zone b',
    'zones: node-1 a, node-2 a, node-3 b',
  ]) {
    assert.deepEqual([...parseNotes(text).zones], pairs);
  }
});

test('sysctls, hairpin and TTLs by other words', () => {
  assert.deepEqual(parseNotes('br_netfilter not loaded').sysctls, [
    ['net.bridge.bridge-nf-call-iptables', '0'],
  ]);
  assert.equal(parseNotes('hairpin mode off').hairpin, false);
  assert.match(parseNotes('Corefile: ttl 60').corefile ?? '', /^\s+ttl 60$/m);
});
