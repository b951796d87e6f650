// getaddrinfo of glibc and musl over a real network: queries, order, timing, errors, as observed with
// glibc 2.36 and musl 1.2.3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_MS, NS_PER_SEC, formatIp, ip } from '@podwire/base';
import { Lab, type LabHost } from '@podwire/netstack';
import { dnsQuery } from './dns-query.ts';
import { parseHostsFile } from './hosts-file.ts';
import { type GetaddrinfoOptions, formatOutcome } from './lookup-run.ts';
import { parseResolvConf } from './resolv-conf.ts';
import { type GetaddrinfoResult, getaddrinfo } from './resolver.ts';
import { type UpstreamZone, startUpstreamDns } from './upstream.ts';

const SEARCH = 'default.svc.cluster.local svc.cluster.local cluster.local';

const BIG = Array.from({ length: 60 }, (_, at) => `big.big.test. 60 IN A 10.9.0.${at + 1}`);

const ZONES: readonly UpstreamZone[] = [
  {
    zone: 'cluster.local',
    records: ['hello.phpweb.svc 30 IN A 10.96.10.20', 'six.phpweb.svc 30 IN AAAA 2001:db8::6'],
  },
  { zone: 'example.com', records: ['www 60 IN A 93.184.216.34'] },
  { zone: 'sf.test', behaviour: 'servfail' },
  { zone: 'ref.test', behaviour: 'refused' },
  { zone: 'quiet.test', behaviour: 'silent' },
  { zone: 'big.test', records: BIG },
];

interface World {
  readonly lab: Lab;
  readonly client: LabHost;
}

/** A client, a name server at 10.0.0.2 and, without a server, 10.0.0.3; nobody is at 10.0.0.9. */
function world(): World {
  const lab = new Lab('resolver');
  const client = lab.host('client');
  const server = lab.host('server');
  const bare = lab.host('bare');
  lab.segment('eth0', [client, server, bare]);
  for (const [host, address] of [
    [client, '10.0.0.1/24'],
    [server, '10.0.0.2/24'],
    [bare, '10.0.0.3/24'],
  ] as const) {
    const dev = host.ns.devs.get('eth0');
    assert.ok(dev !== undefined);
    assert.equal(host.ns.addAddress(dev, address), undefined);
    host.ns.setUp(host.ns.lo, true);
  }
  startUpstreamDns(server.sim, server.ns, { zones: ZONES });
  return { lab, client };
}

interface Lookup {
  readonly libc?: 'glibc' | 'musl';
  readonly conf?: string;
  readonly family?: 4 | 6;
  readonly muslVersion?: '1.2.3' | '1.2.5';
  readonly hosts?: string;
}

function lookup(name: string, options: Lookup = {}): GetaddrinfoResult {
  const { lab, client } = world();
  const conf = options.conf ?? `search ${SEARCH}\nnameserver 10.0.0.2\noptions ndots:5\n`;
  const all: GetaddrinfoOptions = {
    libc: options.libc ?? 'glibc',
    resolvConf: parseResolvConf(conf),
    hosts: parseHostsFile(options.hosts ?? ''),
    ...(options.family === undefined ? {} : { family: options.family }),
    ...(options.muslVersion === undefined ? {} : { muslVersion: options.muslVersion }),
  };
  return lab.run(client, getaddrinfo(client.ns, name, all));
}

function stepsOf(result: GetaddrinfoResult): string[] {
  return result.steps.map(({ name, outcomes }) => {
    const parts = [...outcomes].map(
      ([type, outcome]) => `${type} ${formatOutcome(outcome, formatIp)}`,
    );
    return `${name} ${parts.join(', ')}`;
  });
}

const LIBCS = ['glibc', 'musl'] as const;

test('the search list is walked until a name answers', () => {
  for (const libc of LIBCS) {
    const result = lookup('hello.phpweb', { libc });
    assert.deepEqual(result.addresses.map(formatIp), ['10.96.10.20'], libc);
    assert.deepEqual(stepsOf(result), [
      'hello.phpweb.default.svc.cluster.local. A NXDOMAIN, AAAA NXDOMAIN',
      'hello.phpweb.svc.cluster.local. A NOERROR 10.96.10.20, AAAA NODATA',
    ]);
    assert.equal(result.sentCount, 4);
    assert.ok(result.elapsedNs < 10 * NS_PER_MS);
  }
});

test('how many queries a name costs', () => {
  const table: readonly (readonly [string, number, number])[] = [
    // Name, queries of glibc, queries of musl.
    ['hello.phpweb.svc', 6, 6],
    ['hello.phpweb.svc.cluster.local', 8, 8],
    ['hello.phpweb.svc.cluster.local.', 2, 2],
    ['www.example.com', 8, 8],
    ['hello', 8, 8],
    ['a.b.c.d.e.example.com', 8, 2],
    ['10.1.2.3', 0, 0],
  ];
  for (const [name, glibc, musl] of table) {
    assert.equal(lookup(name).sentCount, glibc, `${name} glibc`);
    assert.equal(lookup(name, { libc: 'musl' }).sentCount, musl, `${name} musl`);
  }
  assert.equal(lookup('www.example.com', { family: 4 }).sentCount, 4);
});

test('the ends of lookups that fail', () => {
  const search = (domains: string): string =>
    `search ${domains}\nnameserver 10.0.0.2\noptions ndots:5\n`;
  const at = (server: string): string =>
    `search ${SEARCH}\nnameserver ${server}\noptions ndots:5\n`;
  const table: readonly (readonly [
    string,
    string,
    string,
    string,
    number,
    string,
    string,
    number,
  ])[] = [
    // What, name, resolv.conf; then per library the error or address, and seconds.
    ['does not exist', 'nope', search(SEARCH), 'EAI_NONAME', 0, 'EAI_NONAME', 'glibc', 0],
    ['no data', 'phpweb.svc', search('cluster.local'), 'EAI_NODATA', 0, 'EAI_NONAME', 'glibc', 0],
    [
      'SERVFAIL, then found',
      'hello.phpweb',
      search('sf.test svc.cluster.local'),
      '10.96.10.20',
      0,
      'EAI_AGAIN',
      'musl',
      5,
    ],
    [
      'REFUSED',
      'hello.phpweb',
      search('ref.test svc.cluster.local'),
      'EAI_AGAIN',
      0,
      'EAI_AGAIN',
      'musl',
      5,
    ],
    [
      'silence',
      'hello.phpweb',
      search('quiet.test svc.cluster.local'),
      '',
      0,
      'EAI_AGAIN',
      'musl',
      5,
    ],
    ['no such port', 'hello.phpweb', at('10.0.0.3'), 'EAI_AGAIN', 0, 'EAI_AGAIN', 'musl', 5],
  ];
  for (const [what, name, conf, glibc, glibcSec, musl, , muslSec] of table) {
    if (glibc !== '') {
      const result = lookup(name, { conf });
      assert.equal(
        result.error ?? result.addresses.map(formatIp).join(' '),
        glibc,
        `${what}, glibc`,
      );
      assert.equal(Math.round(result.elapsedNs / NS_PER_SEC), glibcSec, `${what}, glibc`);
    }
    const result = lookup(name, { conf, libc: 'musl' });
    assert.equal(result.error ?? 'found', musl, `${what}, musl`);
    assert.equal(Math.round(result.elapsedNs / NS_PER_SEC), muslSec, `${what}, musl`);
  }
});

test('glibc: a silent server costs 10 s, then the bare name is tried', () => {
  const conf = `search ${SEARCH}\nnameserver 10.0.0.2\noptions ndots:5\n`;
  const quiet = lookup('x.quiet.test', {
    conf: 'search quiet.test\nnameserver 10.0.0.2\noptions ndots:5\n',
  });
  assert.equal(quiet.error, 'EAI_AGAIN');
  assert.equal(Math.round(quiet.elapsedNs / NS_PER_SEC), 20);
  assert.equal(quiet.steps.length, 2);
  // The whole server is gone: packets go to an address that nobody has.
  const { lab, client } = world();
  const result = lab.run(
    client,
    getaddrinfo(client.ns, 'hello.phpweb', {
      libc: 'glibc',
      resolvConf: parseResolvConf(conf.replace('10.0.0.2', '10.0.0.9')),
      hosts: [],
    }),
  );
  assert.equal(result.error, 'EAI_AGAIN');
});

test('texts of errors', () => {
  assert.equal(lookup('nope').errorText, 'Name or service not known');
  assert.equal(lookup('nope', { libc: 'musl' }).errorText, 'Name does not resolve');
  const conf = 'nameserver 10.0.0.2\n';
  assert.equal(lookup('x.ref.test', { conf }).errorText, 'Temporary failure in name resolution');
  assert.equal(lookup('x.ref.test', { conf, libc: 'musl' }).errorText, 'Try again');
  assert.equal(
    lookup('phpweb.svc.cluster.local', { conf }).errorText,
    'No address associated with hostname',
  );
  assert.equal(
    lookup('phpweb.svc.cluster.local', { conf, libc: 'musl', muslVersion: '1.2.5' }).error,
    'EAI_NODATA',
  );
});

test('several servers: glibc in order, musl all at once', () => {
  const conf = 'nameserver 10.0.0.3\nnameserver 10.0.0.2\n';
  for (const libc of LIBCS) {
    const result = lookup('www.example.com', { conf, libc });
    assert.deepEqual(result.addresses.map(formatIp), ['93.184.216.34'], libc);
    assert.ok(result.elapsedNs < 100 * NS_PER_MS, libc);
  }
  assert.equal(lookup('www.example.com', { conf, libc: 'musl' }).sentCount, 4);
});

test('a truncated answer is asked for again by TCP, but not by musl before 1.2.4', () => {
  const conf = 'nameserver 10.0.0.2\n';
  assert.equal(lookup('big.big.test', { conf }).addresses.length, 60);
  assert.equal(
    lookup('big.big.test', { conf, libc: 'musl', muslVersion: '1.2.5' }).addresses.length,
    60,
  );
  assert.equal(lookup('big.big.test', { conf, libc: 'musl' }).addresses.length, 30);
});

test('ndots:2 asks a name with two dots as it is first, and musl nothing else', () => {
  const conf = `search ${SEARCH}\nnameserver 10.0.0.2\noptions ndots:2\n`;
  const glibc = lookup('hello.phpweb.svc', { conf });
  assert.equal(glibc.steps[0]?.name, 'hello.phpweb.svc.');
  assert.deepEqual(glibc.addresses.map(formatIp), ['10.96.10.20']);
  assert.equal(lookup('hello.phpweb.svc', { conf, libc: 'musl' }).error, 'EAI_NONAME');
});

test('/etc/hosts and addresses need no server', () => {
  const result = lookup('web-0', { hosts: '10.244.1.5\tweb-0\n' });
  assert.deepEqual(result.addresses.map(formatIp), ['10.244.1.5']);
  assert.equal(result.sentCount, 0);
  assert.equal(lookup('192.0.2.1', { family: 6 }).error, 'EAI_NONAME');
});

test('IPv6 addresses alone are an answer', () => {
  assert.deepEqual(lookup('six.phpweb').addresses.map(formatIp), ['2001:db8::6']);
});

test('dig: EDNS and cookie, TCP after truncation, what is said of failures', () => {
  const { lab, client } = world();
  const ask = (server: string, name: string, more: object = {}) =>
    lab.run(
      client,
      dnsQuery(client.ns, { name, type: 'A', server: { ip: ip(server), port: 53 }, ...more }),
    );
  const plain = ask('10.0.0.2', 'www.example.com.');
  assert.equal(plain.transport, 'UDP');
  assert.equal(plain.query.edns?.options[0]?.bytes.length, 8);
  const big = ask('10.0.0.2', 'big.big.test.', { ednsSizeBytes: 0 });
  assert.equal(big.transport, 'TCP');
  assert.equal(big.isTcpRetry, true);
  assert.equal(big.reply?.answers.length, 60);
  const cut = ask('10.0.0.2', 'big.big.test.', { ednsSizeBytes: 0, ignoreTruncation: true });
  assert.equal(cut.lenBytes <= 512 && cut.reply?.truncated, true);
  const refused = ask('10.0.0.3', 'www.example.com.');
  assert.deepEqual(
    refused.failures.map((one) => one.why),
    ['connection refused', 'connection refused', 'connection refused'],
  );
  const quiet = ask('10.0.0.2', 'x.quiet.test.');
  assert.deepEqual(
    quiet.failures.map((one) => one.why),
    ['timed out', 'timed out', 'timed out'],
  );
  assert.equal(quiet.reply, undefined);
});
