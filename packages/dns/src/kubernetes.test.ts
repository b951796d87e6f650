// Names of the cluster zone, one row per rule as observed on CoreDNS 1.11.3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@podwire/api';
import { DnsLab, KUBEADM_COREFILE, LAB_SERIAL } from './dns-lab.ts';
import { formatRecord } from './record-text.ts';

function namespace(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function service(name: string, spec: object, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'phpweb', ...metadata },
    spec,
  } as never;
}

function slice(
  name: string,
  of: string,
  endpoints: readonly object[],
  ports: readonly object[],
  addressType = 'IPv4',
): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'phpweb', labels: { 'kubernetes.io/service-name': of } },
    addressType,
    endpoints,
    ports,
  } as never;
}

function endpoint(address: string, extra: object = {}): object {
  return { addresses: [address], conditions: { ready: true }, ...extra };
}

function external(name: string, externalName: string): KubeObject {
  return service(name, { type: 'ExternalName', externalName });
}

const HTTP = { name: 'http', port: 8080, protocol: 'TCP' };

const OBJECTS: readonly KubeObject[] = [
  namespace('default'),
  namespace('kube-system'),
  namespace('phpweb'),
  service('hello', { clusterIPs: ['10.96.10.20'], ports: [{ port: 8080, protocol: 'TCP' }] }),
  slice(
    'hello-1',
    'hello',
    [endpoint('10.244.1.5', { targetRef: { name: 'hello-1' } })],
    [{ name: '', port: 80, protocol: 'TCP' }],
  ),
  service('empty', { clusterIPs: ['10.96.10.30'], ports: [{ port: 80 }] }),
  service('multi', {
    clusterIPs: ['10.96.10.21'],
    ports: [
      { name: 'http', port: 80, protocol: 'TCP' },
      { name: 'metrics', port: 9100, protocol: 'TCP' },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
  }),
  service('dual', {
    clusterIPs: ['10.96.10.22', 'fd00:10:96::22'],
    ports: [{ name: 'http', port: 80 }],
  }),
  service('web', { clusterIPs: ['None'], ports: [{ name: 'http', port: 80 }] }),
  slice(
    'web-1',
    'web',
    [
      endpoint('10.244.1.10', { hostname: 'web-0' }),
      endpoint('10.244.2.10', { hostname: 'web-1' }),
      endpoint('10.244.3.10', { hostname: 'web-2', conditions: { ready: false } }),
      endpoint('10.244.3.11', { conditions: {} }),
      endpoint('10.244.3.12', { hostname: 'twin' }),
      endpoint('10.244.3.13', { hostname: 'twin' }),
    ],
    [HTTP],
  ),
  service('none-ready', { clusterIPs: ['None'], ports: [{ name: 'http', port: 80 }] }),
  slice(
    'none-ready-1',
    'none-ready',
    [endpoint('10.244.3.20', { conditions: { ready: false } })],
    [HTTP],
  ),
  service('portless', { clusterIPs: ['None'] }),
  slice('portless-1', 'portless', [endpoint('10.244.3.30', { hostname: 'p-0' })], []),
  service('both', { clusterIPs: ['None'], ports: [{ name: 'http', port: 80 }] }),
  slice(
    'both-4',
    'both',
    [endpoint('10.244.4.1', { hostname: 'a' }), endpoint('10.244.4.2', { hostname: 'b' })],
    [HTTP],
  ),
  slice(
    'both-6',
    'both',
    [
      endpoint('fd00::1', { hostname: 'a' }),
      endpoint('fd00::2', { hostname: 'b' }),
      endpoint('fd00::', {}),
    ],
    [HTTP],
    'IPv6',
  ),
  external('ext', 'www.example.com'),
  external('gone', 'nope.example.com'),
  external('down', 'x.sf.test'),
  external('alias', 'hello.phpweb.svc.cluster.local'),
  external('alias2', 'alias.phpweb.svc.cluster.local'),
  external('self', 'self.phpweb.svc.cluster.local'),
  external('ring1', 'ring2.phpweb.svc.cluster.local'),
  external('ring2', 'ring1.phpweb.svc.cluster.local'),
  external('lost', 'nope.phpweb.svc.cluster.local'),
  external('ip', '192.0.2.7'),
  {
    ...service(
      'kube-dns',
      { clusterIPs: ['10.96.0.10'], ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] },
      { namespace: 'kube-system' },
    ),
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'kube-dns-1',
      namespace: 'kube-system',
      labels: { 'kubernetes.io/service-name': 'kube-dns' },
    },
    addressType: 'IPv4',
    endpoints: [endpoint('10.244.7.7')],
    ports: [{ name: 'dns', port: 53, protocol: 'UDP' }],
  } as never,
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'hello-1', namespace: 'phpweb' },
    status: { phase: 'Running', podIP: '10.244.1.5' },
  } as never,
];

const UPSTREAM = [
  {
    zone: 'example.com',
    records: [
      '@ 3600 IN SOA ns.example.com. admin.example.com. 1 7200 1800 86400 600',
      'www 300 IN A 93.184.216.34',
    ],
  },
  { zone: 'sf.test', behaviour: 'servfail' as const },
];

const NODATA = 'NODATA';
const NXDOMAIN = 'NXDOMAIN';

/** Name (without `.cluster.local.` unless it ends in a dot), type, and records or what is missing. */
const TABLE: readonly (readonly [string, string, readonly string[] | string])[] = [
  // Container nodes and what is none.
  ['cluster.local.', 'A', NODATA],
  ['svc', 'A', NODATA],
  ['pod', 'A', NODATA],
  ['phpweb.svc', 'A', NODATA],
  ['phpweb.svc', 'SRV', NODATA],
  ['nope.svc', 'A', NXDOMAIN],
  ['phpweb.pod', 'A', NODATA],
  ['nope.pod', 'A', NXDOMAIN],
  ['hello.phpweb', 'A', NXDOMAIN],
  ['x', 'A', NXDOMAIN],
  // ClusterIP services.
  ['hello.phpweb.svc', 'A', ['10.96.10.20']],
  ['hello.phpweb.svc', 'AAAA', NODATA],
  ['dual.phpweb.svc', 'AAAA', ['fd00:10:96::22']],
  ['empty.phpweb.svc', 'A', ['10.96.10.30']],
  ['nope.phpweb.svc', 'A', NXDOMAIN],
  ['hello.nope.svc', 'A', NXDOMAIN],
  ['*.phpweb.svc', 'A', NXDOMAIN],
  ['any.phpweb.svc', 'A', NXDOMAIN],
  ['_http._tcp.multi.phpweb.svc', 'A', ['10.96.10.21']],
  ['http.tcp.multi.phpweb.svc', 'A', ['10.96.10.21']],
  ['_http._tcp.multi.phpweb.svc', 'SRV', ['0 100 80 multi.phpweb.svc.cluster.local.']],
  ['_nope._tcp.multi.phpweb.svc', 'SRV', NXDOMAIN],
  ['_http._udp.multi.phpweb.svc', 'SRV', NXDOMAIN],
  [
    '_._tcp.multi.phpweb.svc',
    'SRV',
    ['0 50 80 multi.phpweb.svc.cluster.local.', '0 50 9100 multi.phpweb.svc.cluster.local.'],
  ],
  [
    'multi.phpweb.svc',
    'SRV',
    [
      '0 33 80 multi.phpweb.svc.cluster.local.',
      '0 33 9100 multi.phpweb.svc.cluster.local.',
      '0 33 53 multi.phpweb.svc.cluster.local.',
    ],
  ],
  ['dual.phpweb.svc', 'SRV', ['0 50 80 dual.phpweb.svc.cluster.local.']],
  ['10-244-1-5.hello.phpweb.svc', 'A', ['10.244.1.5']],
  ['10-244-1-6.hello.phpweb.svc', 'A', NXDOMAIN],
  ['a.b.c.hello.phpweb.svc', 'A', NXDOMAIN],
  // Headless services.
  [
    'web.phpweb.svc',
    'A',
    ['10.244.1.10', '10.244.2.10', '10.244.3.11', '10.244.3.12', '10.244.3.13'],
  ],
  ['web.phpweb.svc', 'AAAA', NODATA],
  ['none-ready.phpweb.svc', 'A', NXDOMAIN],
  ['none-ready.phpweb.svc', 'SRV', NXDOMAIN],
  ['web-0.web.phpweb.svc', 'A', ['10.244.1.10']],
  ['web-2.web.phpweb.svc', 'A', NXDOMAIN],
  ['twin.web.phpweb.svc', 'A', ['10.244.3.12', '10.244.3.13']],
  ['10-244-3-11.web.phpweb.svc', 'A', ['10.244.3.11']],
  ['10-244-1-10.web.phpweb.svc', 'A', NXDOMAIN],
  [
    '_http._tcp.web.phpweb.svc',
    'SRV',
    [
      '0 20 8080 web-0.web.phpweb.svc.cluster.local.',
      '0 20 8080 web-1.web.phpweb.svc.cluster.local.',
      '0 20 8080 10-244-3-11.web.phpweb.svc.cluster.local.',
      '0 20 8080 twin.web.phpweb.svc.cluster.local.',
    ],
  ],
  ['web-0.web.phpweb.svc', 'SRV', ['0 100 8080 web-0.web.phpweb.svc.cluster.local.']],
  ['_http._tcp.web-0.web.phpweb.svc', 'SRV', NXDOMAIN],
  ['portless.phpweb.svc', 'A', ['10.244.3.30']],
  ['portless.phpweb.svc', 'SRV', NODATA],
  ['both.phpweb.svc', 'A', ['10.244.4.1', '10.244.4.2']],
  ['both.phpweb.svc', 'AAAA', ['fd00::1', 'fd00::2', 'fd00::']],
  [
    'both.phpweb.svc',
    'SRV',
    [
      '0 20 8080 a.both.phpweb.svc.cluster.local.',
      '0 20 8080 b.both.phpweb.svc.cluster.local.',
      '0 20 8080 fd00--.both.phpweb.svc.cluster.local.',
    ],
  ],
  // ExternalName.
  ['ext.phpweb.svc', 'A', ['www.example.com.', '93.184.216.34']],
  ['ext.phpweb.svc', 'AAAA', ['www.example.com.']],
  ['gone.phpweb.svc', 'A', ['nope.example.com.']],
  ['down.phpweb.svc', 'A', ['x.sf.test.']],
  ['ext.phpweb.svc', 'CNAME', ['www.example.com.']],
  ['ext.phpweb.svc', 'SRV', NODATA],
  ['ext.phpweb.svc', 'TXT', NODATA],
  ['_http._tcp.ext.phpweb.svc', 'A', NXDOMAIN],
  ['alias.phpweb.svc', 'A', ['hello.phpweb.svc.cluster.local.', '10.96.10.20']],
  [
    'alias2.phpweb.svc',
    'A',
    ['alias.phpweb.svc.cluster.local.', 'hello.phpweb.svc.cluster.local.', '10.96.10.20'],
  ],
  ['self.phpweb.svc', 'A', NODATA],
  ['ring1.phpweb.svc', 'A', NODATA],
  ['lost.phpweb.svc', 'A', NODATA],
  ['ip.phpweb.svc', 'A', NXDOMAIN],
  ['ip.phpweb.svc', 'CNAME', NXDOMAIN],
  // Pods, mode insecure.
  ['1-2-3-4.phpweb.pod', 'A', ['1.2.3.4']],
  ['1-2-3-4.phpweb.pod', 'AAAA', NODATA],
  ['1-2-3-4.phpweb.pod', 'TXT', NODATA],
  ['1-2-3-4.phpweb.pod', 'SRV', ['0 100 0 1-2-3-4.phpweb.pod.cluster.local.']],
  ['1-2-3-4.nope.pod', 'A', NXDOMAIN],
  ['1-2-3.phpweb.pod', 'A', NXDOMAIN],
  ['999-2-3-4.phpweb.pod', 'A', NXDOMAIN],
  ['x.10-244-1-5.phpweb.pod', 'A', ['10.244.1.5']],
  ['y.x.10-244-1-5.phpweb.pod', 'A', ['10.244.1.5']],
  ['fd00--5.phpweb.pod', 'AAAA', ['fd00::5']],
  ['fd00--5.phpweb.pod', 'A', NODATA],
  // Other types, apex, schema.
  ['hello.phpweb.svc', 'MX', NODATA],
  ['hello.phpweb.svc', 'ANY', NODATA],
  ['hello.phpweb.svc', 'HTTPS', NODATA],
  ['hello.phpweb.svc', 'PTR', NODATA],
  ['nope.phpweb.svc', 'MX', NXDOMAIN],
  ['nope.phpweb.svc', 'TXT', NXDOMAIN],
  ['dns-version', 'TXT', ['"1.1.0"']],
  ['dns-version', 'A', NXDOMAIN],
  [
    'cluster.local.',
    'SOA',
    [`ns.dns.cluster.local. hostmaster.cluster.local. ${LAB_SERIAL} 7200 1800 86400 30`],
  ],
  ['phpweb.svc', 'SOA', NODATA],
  ['cluster.local.', 'NS', ['kube-dns.kube-system.svc.cluster.local.']],
  ['ns.dns', 'A', ['10.96.0.10']],
  // Reverse.
  ['20.10.96.10.in-addr.arpa.', 'PTR', ['hello.phpweb.svc.cluster.local.']],
  ['10.1.244.10.in-addr.arpa.', 'PTR', ['web-0.web.phpweb.svc.cluster.local.']],
  ['5.1.244.10.in-addr.arpa.', 'PTR', ['10-244-1-5.hello.phpweb.svc.cluster.local.']],
  ['10.3.244.10.in-addr.arpa.', 'PTR', NXDOMAIN],
];

test('every rule of the name grammar', () => {
  const lab = new DnsLab({ objects: OBJECTS, upstream: UPSTREAM });
  assert.deepEqual(lab.errors, []);
  for (const [short, type, expected] of TABLE) {
    const name = short.endsWith('.') ? short : `${short}.cluster.local.`;
    const message = lab.ask(name, type, { transport: 'tcp' })?.message;
    assert.ok(message !== undefined, name);
    const got = message.answers.map((record) => formatRecord(record).split('\t')[4] ?? '');
    if (typeof expected === 'string') {
      assert.deepEqual(got, [], `${name} ${type}`);
      const rcode = expected === NODATA ? 'NOERROR' : expected;
      assert.equal(message.rcode, rcode, `${name} ${type}`);
      assert.equal(message.authorities.filter((record) => record.type === 'SOA').length, 1, name);
    } else {
      assert.equal(message.rcode, 'NOERROR', `${name} ${type}`);
      assert.deepEqual([...got].sort(order), [...expected].sort(order), `${name} ${type}`);
    }
  }
});

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function ask(
  corefile: string,
  name: string,
  type = 'A',
  more: object = {},
): readonly string[] | string {
  const lab = new DnsLab({ corefile, objects: OBJECTS, ...more });
  assert.deepEqual(lab.errors, []);
  const message = lab.ask(name, type)?.message;
  assert.ok(message !== undefined);
  if (message.answers.length > 0) return message.answers.map(formatRecord);
  return message.rcode === 'NOERROR' ? NODATA : message.rcode;
}

function corefile(options: string): string {
  return `.:53 {\n kubernetes cluster.local in-addr.arpa {\n ${options}\n }\n}\n`;
}

test('answers keep the case of the question', () => {
  const lab = new DnsLab({ objects: OBJECTS });
  const name = 'HeLLo.PhpWeb.SVC.cluster.LOCAL.';
  assert.equal(lab.ask(name, 'A')?.message.answers[0]?.name, name);
  const srv = lab.ask('multi.PHPWEB.svc.CLUSTER.local.', 'SRV')?.message;
  assert.equal(srv?.additionals[0]?.name, 'multi.phpweb.svc.CLUSTER.local.');
});

test('options of the plugin', () => {
  const table: readonly (readonly [string, string, string, unknown])[] = [
    ['pods disabled', '1-2-3-4.phpweb.pod.cluster.local.', 'A', NXDOMAIN],
    ['pods disabled', 'phpweb.pod.cluster.local.', 'A', NXDOMAIN],
    [
      'pods verified',
      '10-244-1-5.phpweb.pod.cluster.local.',
      'A',
      ['10-244-1-5.phpweb.pod.cluster.local.\t5\tIN\tA\t10.244.1.5'],
    ],
    ['pods verified', '10-244-1-5.default.pod.cluster.local.', 'A', NXDOMAIN],
    ['pods verified', '1-2-3-4.phpweb.pod.cluster.local.', 'A', NXDOMAIN],
    ['namespaces default', 'hello.phpweb.svc.cluster.local.', 'A', NXDOMAIN],
    ['namespaces default', '20.10.96.10.in-addr.arpa.', 'PTR', NXDOMAIN],
    [
      'ttl 0',
      'hello.phpweb.svc.cluster.local.',
      'A',
      ['hello.phpweb.svc.cluster.local.\t0\tIN\tA\t10.96.10.20'],
    ],
    ['ignore empty_service', 'empty.phpweb.svc.cluster.local.', 'A', NXDOMAIN],
    ['noendpoints', 'web.phpweb.svc.cluster.local.', 'A', NXDOMAIN],
    [
      'endpoint_pod_names',
      'hello-1.hello.phpweb.svc.cluster.local.',
      'A',
      ['hello-1.hello.phpweb.svc.cluster.local.\t5\tIN\tA\t10.244.1.5'],
    ],
    ['endpoint_pod_names', '10-244-1-5.hello.phpweb.svc.cluster.local.', 'A', NXDOMAIN],
    ['labels nope=1', 'hello.phpweb.svc.cluster.local.', 'A', NXDOMAIN],
  ];
  for (const [options, name, type, expected] of table) {
    assert.deepEqual(ask(corefile(options), name, type), expected, `${options}: ${name}`);
  }
});

test('a reverse zone without fallthrough has a SOA of its own', () => {
  const lab = new DnsLab({ corefile: corefile('ttl 5'), objects: OBJECTS });
  const message = lab.ask('9.9.9.9.in-addr.arpa.', 'PTR')?.message;
  assert.equal(message?.rcode, 'NXDOMAIN');
  assert.match(
    formatRecord(message?.authorities[0] as never),
    /^in-addr\.arpa\.\t5\tIN\tSOA\tns\.dns\.in-addr\.arpa\. hostmaster\.in-addr\.arpa\./,
  );
});

test('before the API is synchronised a miss is SERVFAIL, with a SOA of serial 0', () => {
  const lab = new DnsLab({ objects: OBJECTS, isSynced: false });
  const message = lab.ask('late.phpweb.svc.cluster.local.', 'A')?.message;
  assert.equal(message?.rcode, 'SERVFAIL');
  assert.equal(message?.authoritative, true);
  assert.match(formatRecord(message?.authorities[0] as never), / 0 7200 /);
  assert.equal(lab.ask('hello.phpweb.svc.cluster.local.', 'A')?.message.answers.length, 1);
  assert.equal(lab.ask('svc.cluster.local.', 'A')?.message.rcode, 'NOERROR');
});

test('a deleted namespace hides names at once, while the PTR of a service stays', () => {
  const lab = new DnsLab({ corefile: corefile('ttl 5'), objects: OBJECTS });
  lab.index.deleteNamespace(namespace('phpweb') as never);
  assert.equal(lab.ask('hello.phpweb.svc.cluster.local.', 'A')?.message.rcode, 'NXDOMAIN');
  assert.equal(lab.ask('20.10.96.10.in-addr.arpa.', 'PTR')?.message.answers.length, 1);
});

test('without a service of its own the server names itself ns.dns', () => {
  const lab = new DnsLab({ objects: OBJECTS, localIp: '10.244.9.9' });
  const ns = lab.ask('cluster.local.', 'NS')?.message;
  assert.deepEqual(ns?.answers.map(formatRecord), [
    'cluster.local.\t30\tIN\tNS\tns.dns.cluster.local.',
  ]);
  assert.deepEqual(ns?.additionals.map(formatRecord), [
    'ns.dns.cluster.local.\t30\tIN\tA\t10.244.9.9',
  ]);
});

test('a chain of aliases ends after ten', () => {
  const links = Array.from({ length: 12 }, (_, at) =>
    external(`c${at}`, `c${at + 1}.phpweb.svc.cluster.local`),
  );
  const lab = new DnsLab({
    objects: [...OBJECTS, ...links, external('c12', 'hello.phpweb.svc.cluster.local')],
  });
  assert.equal(lab.ask('c3.phpweb.svc.cluster.local.', 'A')?.message.answers.length, 11);
  assert.equal(lab.ask('c2.phpweb.svc.cluster.local.', 'A')?.message.answers.length, 0);
});

test('a zone transfer by the ordinary port is refused', () => {
  const lab = new DnsLab({ objects: OBJECTS });
  assert.equal(lab.ask('cluster.local.', 'AXFR', { transport: 'tcp' })?.message.rcode, 'REFUSED');
});

test('a zone transfer lists the services between two SOAs', () => {
  const corefile = KUBEADM_COREFILE.replace('    loop\n', '    transfer {\n       to *\n    }\n');
  const lab = new DnsLab({ corefile, objects: [...OBJECTS, external('ip', '192.0.2.7')] });
  assert.deepEqual(lab.errors, []);
  const records = lab.ask('cluster.local.', 'AXFR', { transport: 'tcp' })?.message.answers ?? [];
  assert.equal(records[0]?.type, 'SOA');
  assert.equal(records.at(-1)?.type, 'SOA');
  assert.equal(records[1]?.type, 'NS');
  const owners = records.map(({ name, type }) => `${name} ${type}`);
  assert.ok(owners.includes('hello.phpweb.svc.cluster.local. A'));
  assert.ok(owners.includes('hello.phpweb.svc.cluster.local. SRV'));
  assert.ok(!owners.includes('ip.phpweb.svc.cluster.local. CNAME'));
  assert.equal(
    lab.ask('phpweb.svc.cluster.local.', 'AXFR', { transport: 'tcp' })?.message.rcode,
    'REFUSED',
  );
});

test('a zone transfer is for those it is meant for', () => {
  const corefile = KUBEADM_COREFILE.replace(
    '    loop\n',
    '    transfer {\n       to 192.0.2.9\n    }\n',
  );
  const lab = new DnsLab({ corefile, objects: OBJECTS });
  assert.equal(lab.ask('cluster.local.', 'AXFR', { transport: 'tcp' })?.message.rcode, 'REFUSED');
});

test("autopath walks the rest of the client's search list", () => {
  const text = KUBEADM_COREFILE.replace('pods insecure', 'pods verified').replace(
    '    loop\n',
    '    autopath @kubernetes\n',
  );
  const lab = new DnsLab({ corefile: text, objects: OBJECTS, upstream: UPSTREAM });
  assert.deepEqual(lab.errors, []);
  const from = '10.244.1.5';
  const found = lab.ask('www.example.com.phpweb.svc.cluster.local.', 'A', { from })?.message;
  assert.deepEqual(
    found?.answers.map((record) => record.type),
    ['CNAME', 'A'],
  );
  assert.equal(found?.answers[0]?.name, 'www.example.com.phpweb.svc.cluster.local.');
  const missing = lab.ask('nope.phpweb.svc.cluster.local.', 'A', { from })?.message;
  assert.equal(missing?.rcode, 'NXDOMAIN');
});
