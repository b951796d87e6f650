// resolv.conf and /etc/hosts of pods, by kubelet's rules.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIp } from '@podwire/base';
import { hostNetworkHostsFile, lookupHosts, parseHostsFile, podHostsFile } from './hosts-file.ts';
import { searchNames } from './lookup-run.ts';
import {
  type PodDnsRequest,
  formatResolvConf,
  parseResolvConf,
  podResolvConf,
  resolverOptions,
} from './resolv-conf.ts';

const NODE = parseResolvConf(
  'nameserver 192.0.2.53\nsearch corp.example .\noptions edns0 timeout:1\n',
);
const CLUSTER = { clusterDNS: ['10.96.0.10'], clusterDomain: 'cluster.local' };

function request(more: Partial<PodDnsRequest>): PodDnsRequest {
  return {
    pod: 'p_phpweb(1234)',
    namespace: 'phpweb',
    policy: 'ClusterFirst',
    hostNetwork: false,
    dnsConfig: undefined,
    ...more,
  };
}

function fileOf(more: Partial<PodDnsRequest>): string {
  return formatResolvConf(podResolvConf(request(more), CLUSTER, NODE).conf);
}

const OWN = 'phpweb.svc.cluster.local svc.cluster.local cluster.local';
const CLUSTER_FILE = `search ${OWN} corp.example\nnameserver 10.96.0.10\noptions ndots:5\n`;
const NODE_FILE = 'search corp.example\nnameserver 192.0.2.53\noptions edns0 timeout:1\n';

test('policies', () => {
  const table: readonly (readonly [Partial<PodDnsRequest>, string])[] = [
    [{}, CLUSTER_FILE],
    [{ policy: undefined }, CLUSTER_FILE],
    [{ hostNetwork: true }, NODE_FILE],
    [{ policy: 'ClusterFirstWithHostNet', hostNetwork: true }, CLUSTER_FILE],
    [{ policy: 'Default' }, NODE_FILE],
    [
      { policy: 'None', dnsConfig: { nameservers: ['192.0.2.1'], searches: ['a.test', '.'] } },
      'search a.test .\nnameserver 192.0.2.1\n',
    ],
    [
      {
        dnsConfig: {
          nameservers: ['192.0.2.1', '10.96.0.10'],
          searches: ['cluster.local', 'x.test'],
          options: [{ name: 'ndots', value: '2' }, { name: 'rotate' }],
        },
      },
      `search ${OWN} corp.example x.test\nnameserver 10.96.0.10\nnameserver 192.0.2.1\noptions ndots:2 rotate\n`,
    ],
  ];
  for (const [more, expected] of table) assert.equal(fileOf(more), expected);
});

test('without a cluster DNS the node file is used, and an event says so', () => {
  const { conf, events } = podResolvConf(request({}), { ...CLUSTER, clusterDNS: [] }, NODE);
  assert.equal(formatResolvConf(conf), NODE_FILE);
  assert.deepEqual(events, [
    {
      reason: 'MissingClusterDNS',
      message:
        'pod: "p_phpweb(1234)". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.',
    },
  ]);
});

test('limits cut and tell', () => {
  const searches = Array.from({ length: 40 }, (_, at) => `s${at}.test`);
  const nameservers = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
  const many = podResolvConf(
    request({ policy: 'None', dnsConfig: { nameservers, searches } }),
    CLUSTER,
    NODE,
  );
  assert.equal(many.conf.search.length, 32);
  assert.equal(many.conf.nameservers.length, 3);
  assert.deepEqual(many.events, [
    {
      reason: 'DNSConfigForming',
      message:
        'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 192.0.2.1 192.0.2.2 192.0.2.3',
    },
    {
      reason: 'DNSConfigForming',
      message: `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${searches.slice(0, 32).join(' ')}`,
    },
  ]);
  const long = Array.from(
    { length: 20 },
    (_, at) => `${'x'.repeat(60)}.${'y'.repeat(60)}.s${at}.test`,
  );
  const cut = podResolvConf(
    request({ policy: 'None', dnsConfig: { searches: long } }),
    CLUSTER,
    NODE,
  );
  assert.ok(cut.conf.search.join(' ').length <= 2048);
  assert.ok([...cut.conf.search, long[cut.conf.search.length]].join(' ').length > 2048);
});

test('options as the resolvers read them', () => {
  const conf = parseResolvConf(
    'options ndots:99 timeout:2 attempts:9 rotate edns0 # not a comment',
  );
  const options = resolverOptions(conf);
  assert.equal(options.ndots, 15);
  assert.equal(options.timeoutSec, 2);
  assert.equal(options.attempts, 5);
  assert.equal(options.rotate && options.edns0, true);
  assert.equal(resolverOptions(parseResolvConf('')).ndots, 1);
  assert.deepEqual(parseResolvConf('domain a.test\nsearch b.test. c.test\n# x\n').search, [
    'b.test',
    'c.test',
  ]);
});

test('names that a search list makes', () => {
  const conf = parseResolvConf('search a.test b.test\n');
  assert.deepEqual(searchNames('web', conf, 2), ['web.a.test.', 'web.b.test.', 'web.']);
  assert.deepEqual(searchNames('x.y.z', conf, 2), ['x.y.z.', 'x.y.z.a.test.', 'x.y.z.b.test.']);
  assert.deepEqual(searchNames('web.', conf, 2), ['web.']);
});

test('/etc/hosts of a pod', () => {
  const text = podHostsFile({
    podIPs: ['10.244.1.5'],
    hostname: 'web-0',
    hostDomain: 'web.phpweb.svc.cluster.local',
    hostAliases: [{ ip: '10.1.2.3', hostnames: ['foo.local', 'bar.local'] }],
  });
  assert.equal(
    text,
    '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n10.244.1.5\tweb-0.web.phpweb.svc.cluster.local\tweb-0\n\n# Entries added by HostAliases.\n10.1.2.3\tfoo.local\tbar.local\n',
  );
  const entries = parseHostsFile(text);
  assert.deepEqual(lookupHosts(entries, 'WEB-0', 4).map(formatIp), ['10.244.1.5']);
  assert.deepEqual(lookupHosts(entries, 'bar.local.', 4).map(formatIp), ['10.1.2.3']);
  assert.deepEqual(lookupHosts(entries, 'localhost', undefined).map(formatIp), [
    '127.0.0.1',
    '::1',
  ]);
  assert.deepEqual(lookupHosts(entries, 'nope', undefined), []);
});

test("/etc/hosts on the node's network is the node's own", () => {
  assert.equal(
    hostNetworkHostsFile('127.0.0.1\tlocalhost\n', []),
    '# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n',
  );
});
