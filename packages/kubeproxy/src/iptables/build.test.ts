/**
 * Rule text character for character (Kubernetes 1.36.2), counts, and choices of endpoints.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice, Service } from '@podwire/api';
import { type KubeProxyOptions, proxyConfig } from '../config.ts';
import { chooseEndpoints, endpointsOf } from '../endpoints.ts';
import { base32, sha256 } from '@podwire/base';
import { keyOfPort, servicePortsOf } from '../service-map.ts';
import { buildIptables } from './build.ts';
import { endpointChain, serviceChains } from './names.ts';

type Ends = readonly (Partial<EndpointSlice['endpoints'][number]> & { ip: string })[];

function service(
  name: string,
  spec: Partial<Service['spec']>,
  status?: Service['status'],
): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { clusterIP: '10.96.0.10', ports: [{ port: 80, protocol: 'TCP' }], ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

function slice(
  of: string,
  ends: Ends,
  port = 8080,
  portName = '',
  protocol: 'TCP' | 'UDP' = 'TCP',
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${of}-x`,
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': of },
    },
    addressType: 'IPv4',
    endpoints: ends.map(({ ip, ...rest }) => ({ addresses: [ip], ...rest })),
    ports: [{ name: portName, port, protocol }],
  };
}

const OPTIONS: KubeProxyOptions = { nodeName: 'node-1', clusterCIDR: '10.244.0.0/16' };

function build(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  options: KubeProxyOptions = OPTIONS,
): string {
  const infos = services.flatMap(servicePortsOf);
  const byService = new Map<string, EndpointSlice[]>();
  for (const one of slices) {
    const key = one.metadata.labels?.['kubernetes.io/service-name'] ?? '';
    byService.set(key, [...(byService.get(key) ?? []), one]);
  }
  const endpoints = new Map([...byService.values()].flatMap((list) => [...endpointsOf(list)]));
  const config = proxyConfig(options, { nodeIPs: ['192.168.10.11'] });
  return buildIptables(new Map(infos.map((info) => [keyOfPort(info), info])), endpoints, config);
}

/** The appended rules of a table that contain a text. */
function rules(text: string, table: string, part = ''): string[] {
  const body = text.slice(text.indexOf(`*${table}\n`));
  const lines = body.slice(0, body.indexOf('COMMIT')).split('\n');
  return lines.filter((line) => line.startsWith('-A') && line.includes(part));
}

test('SHA-256 and base32', () => {
  const hex = (text: string): string =>
    [...sha256(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  assert.equal(hex(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.equal(hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.equal(
    hex('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  );
  assert.equal(base32(Uint8Array.of(0x66, 0x6f, 0x6f), 4), 'MZXW');
});

test('names of chains', () => {
  assert.equal(serviceChains('default/web:http', 'tcp').svc, 'KUBE-SVC-CDGGSHYLG3RE2FKL');
  const sep = (endpoint: string): string => endpointChain('default/web:http', 'tcp', endpoint);
  assert.equal(sep('10.244.1.5:8080'), 'KUBE-SEP-AFGSLHOD2HFNCBX4');
  assert.equal(sep('10.244.2.7:8080'), 'KUBE-SEP-2RIJ5GIYXEFH6G4D');
  assert.equal(sep('10.244.3.9:8080'), 'KUBE-SEP-RBX5X5TOEG5GD3RO');
});

const THREE: Ends = [{ ip: '10.244.1.5' }, { ip: '10.244.2.7' }, { ip: '10.244.3.9' }];
const WEB = service('web', { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] });

test('a ClusterIP Service with three endpoints, as kube-proxy 1.36.2 writes it', () => {
  const text = build([WEB], [slice('web', THREE, 8080, 'http')]);
  const svc = 'KUBE-SVC-CDGGSHYLG3RE2FKL';
  const want = [
    `-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j ${svc}`,
    `-A ${svc} ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
    `-A ${svc} -m comment --comment "default/web:http -> 10.244.1.5:8080" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-AFGSLHOD2HFNCBX4`,
    `-A ${svc} -m comment --comment "default/web:http -> 10.244.2.7:8080" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-2RIJ5GIYXEFH6G4D`,
    `-A ${svc} -m comment --comment "default/web:http -> 10.244.3.9:8080" -j KUBE-SEP-RBX5X5TOEG5GD3RO`,
    '-A KUBE-SEP-AFGSLHOD2HFNCBX4 -s 10.244.1.5/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ',
    '-A KUBE-SEP-AFGSLHOD2HFNCBX4 -p tcp -m comment --comment "default/web:http" -m tcp -j DNAT --to-destination 10.244.1.5:8080',
  ];
  const have = rules(text, 'nat', 'default/web:http');
  assert.deepEqual(have.slice(0, want.length), want);
  assert.equal(have.length, 2 + 3 * 3);
});

test('rules that do not depend on Services', () => {
  const text = build([], []);
  assert.deepEqual(rules(text, 'filter'), [
    '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    '-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  ]);
  assert.equal(rules(text, 'nat').length, 5);
});

test('counts: 1000 plain Services of 5 endpoints make 17005 nat rules', () => {
  const services = Array.from({ length: 1000 }, (_, index) =>
    service(`s${index}`, { clusterIP: `10.96.${(index >> 8) + 1}.${index & 255}` }),
  );
  const slices = services.map((one, index) =>
    slice(
      one.metadata.name,
      Array.from({ length: 5 }, (_, end) => ({ ip: `10.244.${index & 255}.${end + 10}` })),
    ),
  );
  assert.equal(rules(build(services, slices), 'nat').length, 17_005);
});

/** [what, spec, endpoints, nat rules of the service, its filter rules]; the counts of facts, section 14. */
const COUNTS: readonly (readonly [string, Partial<Service['spec']>, Ends, number, number])[] = [
  ['plain', {}, THREE, 2 + 9, 0],
  ['affinity', { sessionAffinity: 'ClientIP' }, THREE, 2 + 12, 0],
  ['node port', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }, THREE, 2 + 9 + 4, 0],
  ['no endpoints', {}, [], 0, 1],
  [
    'node port without endpoints',
    { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] },
    [],
    0,
    2,
  ],
  ['internal Local, none here', { internalTrafficPolicy: 'Local' }, THREE, 0, 1],
  [
    'external Local, none here',
    { type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ port: 80, nodePort: 30080 }] },
    THREE,
    1 + 2 + 1 + 3 + 3 + 6,
    1,
  ],
];

test('counts of rules by kind of Service', () => {
  for (const [what, spec, ends, nat, filter] of COUNTS) {
    const text = build([service('web', spec)], [slice('web', ends)]);
    const own = (table: string): number =>
      rules(text, table).filter((line) => /default\/web|-j KUBE-S[VE]/.test(line)).length;
    assert.equal(own('nat'), nat, `${what}: nat`);
    assert.equal(own('filter'), filter, `${what}: filter`);
  }
});

test('policy Local with and without local endpoints', () => {
  const spec: Partial<Service['spec']> = {
    type: 'NodePort',
    externalTrafficPolicy: 'Local',
    ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }],
  };
  const { ext, svc, svl } = serviceChains('default/web', 'tcp');
  const here = build(
    [service('web', spec)],
    [
      slice('web', [
        { ip: '10.244.1.5', nodeName: 'node-1' },
        { ip: '10.244.2.5', nodeName: 'node-2' },
      ]),
    ],
  );
  assert.deepEqual(rules(here, 'nat', `-A ${ext}`), [
    `-A ${ext} -s 10.244.0.0/16 -m comment --comment "pod traffic for default/web external destinations" -j ${svc}`,
    `-A ${ext} -m comment --comment "masquerade LOCAL traffic for default/web external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
    `-A ${ext} -m comment --comment "route LOCAL traffic for default/web external destinations" -m addrtype --src-type LOCAL -j ${svc}`,
    `-A ${ext} -j ${svl}`,
  ]);
  assert.equal(rules(here, 'nat', `-A ${svl}`).length, 1);
  const elsewhere = build(
    [service('web', spec)],
    [slice('web', [{ ip: '10.244.2.5', nodeName: 'node-2' }])],
  );
  assert.equal(rules(elsewhere, 'nat', `-j ${svl}`).length, 0);
  assert.deepEqual(rules(elsewhere, 'filter', 'KUBE-EXTERNAL-SERVICES'), [
    '-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "default/web has no local endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j DROP',
  ]);
});

test('a load balancer with source ranges', () => {
  const lb = service(
    'lb',
    {
      type: 'LoadBalancer',
      loadBalancerSourceRanges: [' 198.51.100.0/24 ', '192.168.10.0/24', '2001:db8::/32'],
      ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }],
    },
    {
      loadBalancer: {
        ingress: [
          { ip: '203.0.113.5', ipMode: 'VIP' },
          { ip: '203.0.113.6', ipMode: 'Proxy' },
          { hostname: 'lb.example.org' },
        ],
      },
    },
  );
  const text = build([lb], [slice('lb', THREE)]);
  const { fw, ext } = serviceChains('default/lb', 'tcp');
  assert.deepEqual(rules(text, 'nat', `-A ${fw}`), [
    `-A ${fw} -s 198.51.100.0/24 -m comment --comment "default/lb loadbalancer IP" -j ${ext}`,
    `-A ${fw} -s 192.168.10.0/24 -m comment --comment "default/lb loadbalancer IP" -j ${ext}`,
    `-A ${fw} -s 203.0.113.5/32 -m comment --comment "default/lb loadbalancer IP" -j ${ext}`,
    `-A ${fw} -m comment --comment "other traffic to default/lb will be dropped by KUBE-PROXY-FIREWALL"`,
  ]);
  assert.deepEqual(rules(text, 'filter', 'KUBE-PROXY-FIREWALL'), [
    `-A KUBE-PROXY-FIREWALL -d 203.0.113.5/32 -p tcp -m comment --comment "default/lb traffic not accepted by ${fw}" -m tcp --dport 80 -j DROP`,
  ]);
  assert.equal(rules(text, 'nat', '203.0.113.6').length, 0);
});

test('affinity rules, and large cluster mode leaves their comments out', () => {
  const sticky = service('web', { sessionAffinity: 'ClientIP' });
  const small = build([sticky], [slice('web', [{ ip: '10.244.1.5' }])]);
  const { svc } = serviceChains('default/web', 'tcp');
  const sep = endpointChain('default/web', 'tcp', '10.244.1.5:8080');
  assert.deepEqual(rules(small, 'nat', `-A ${svc} -m`), [
    `-A ${svc} -m comment --comment "default/web -> 10.244.1.5:8080" -m recent --rcheck --seconds 10800 --reap --name ${sep} --mask 255.255.255.255 --rsource -j ${sep}`,
    `-A ${svc} -m comment --comment "default/web -> 10.244.1.5:8080" -j ${sep}`,
  ]);
  assert.deepEqual(rules(small, 'nat', `-A ${sep}`), [
    `-A ${sep} -s 10.244.1.5/32 -m comment --comment "default/web" -j KUBE-MARK-MASQ`,
    `-A ${sep} -p tcp -m comment --comment "default/web" -m recent --set --name ${sep} --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.244.1.5:8080`,
  ]);
  const many = Array.from({ length: 1001 }, (_, at) => ({ ip: `10.244.${at >> 8}.${at & 255}` }));
  const large = build([service('web', {})], [slice('web', many)]);
  assert.equal(rules(large, 'nat', '->').length, 0);
  assert.equal(rules(large, 'nat', 'default/web cluster IP').length, 2);
});

test('which endpoints a node uses', () => {
  const [info] = servicePortsOf(service('web', {}));
  assert.ok(info !== undefined);
  const node = { nodeName: 'node-1', zone: 'a' };
  const chosen = (ends: Ends): string => {
    const found = endpointsOf([slice('web', ends)]).get(keyOfPort(info)) ?? [];
    const { cluster, hasEndpoints } = chooseEndpoints(info, found, node);
    return hasEndpoints ? cluster.map((one) => one.ip).join(' ') : 'none';
  };
  const ready = { ready: true, serving: true, terminating: false };
  const leaving = { ready: false, serving: true, terminating: true };
  const broken = { ready: false, serving: false, terminating: false };
  assert.equal(chosen([]), 'none');
  assert.equal(chosen([{ ip: '10.0.0.30' }, { ip: '10.0.0.4' }]), '10.0.0.30 10.0.0.4');
  assert.equal(
    chosen([
      { ip: '10.0.0.1', conditions: leaving },
      { ip: '10.0.0.2', conditions: ready },
    ]),
    '10.0.0.2',
  );
  assert.equal(
    chosen([
      { ip: '10.0.0.1', conditions: leaving },
      { ip: '10.0.0.2', conditions: broken },
    ]),
    '10.0.0.1',
  );
  assert.equal(chosen([{ ip: '10.0.0.2', conditions: broken }]), 'none');
  const inZone = (name: string): object => ({ hints: { forZones: [{ name }] } });
  assert.equal(
    chosen([
      { ip: '10.0.0.1', ...inZone('a') },
      { ip: '10.0.0.2', ...inZone('b') },
    ]),
    '10.0.0.1',
  );
  assert.equal(
    chosen([{ ip: '10.0.0.1', ...inZone('a') }, { ip: '10.0.0.2' }]),
    '10.0.0.1 10.0.0.2',
  );
  assert.equal(
    chosen([
      { ip: '10.0.0.1', ...inZone('c') },
      { ip: '10.0.0.2', ...inZone('b') },
    ]),
    '10.0.0.1 10.0.0.2',
  );
  const both = (zone: string, name: string): object => ({
    hints: { forZones: [{ name: zone }], forNodes: [{ name }] },
  });
  assert.equal(
    chosen([
      { ip: '10.0.0.1', ...both('a', 'node-2') },
      { ip: '10.0.0.2', ...both('a', 'node-1') },
    ]),
    '10.0.0.2',
  );
});
