// The server's own rules and the plugins around kubernetes, as observed on CoreDNS 1.11.3.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC } from '@podwire/base';
import type { DnsEdns } from '@podwire/wire';
import { DnsLab, type DnsLabOptions, KUBEADM_COREFILE } from './dns-lab.ts';
import { formatRecord } from './record-text.ts';

const EDNS: DnsEdns = { udpSizeBytes: 1232, version: 0, dnssecOk: false, options: [] };

const UPSTREAM = [
  {
    zone: 'example.com',
    records: [
      '@ 3600 IN SOA ns.example.com. admin.example.com. 1 7200 1800 86400 600',
      'www 300 IN A 93.184.216.34',
      'short 2 IN A 192.0.2.3',
      'long 9000 IN A 192.0.2.4',
      'many 60 IN A 192.0.2.11',
      'many 60 IN A 192.0.2.12',
      'many 60 IN A 192.0.2.13',
      'many 60 IN A 192.0.2.14',
    ],
  },
  {
    zone: 'corp.test',
    records: ['*.corp.test. 60 IN A 192.0.2.99', 'real.corp.test. 60 IN A 192.0.2.98'],
  },
  { zone: 'sf.test', behaviour: 'servfail' as const },
  { zone: 'quiet.test', behaviour: 'silent' as const },
];

function lab(body: string, more: DnsLabOptions = {}): DnsLab {
  const made = new DnsLab({ corefile: `.:53 {\n${body}\n}\n`, upstream: UPSTREAM, ...more });
  assert.deepEqual(made.errors, []);
  return made;
}

function texts(made: DnsLab, name: string, type = 'A'): readonly string[] | string {
  const message = made.ask(name, type)?.message;
  if (message === undefined) return 'silence';
  if (message.answers.length > 0)
    return message.answers.map((one) => formatRecord(one).replaceAll('\t', ' '));
  if (message.rcode !== 'NOERROR') return message.rcode;
  return message.authorities.length > 0 ? 'NODATA' : 'EMPTY';
}

test('the most specific zone answers, in whatever order the blocks stand', () => {
  const made = new DnsLab({
    corefile:
      '.:53 {\n forward . 192.0.2.53\n}\nexample.com:53 {\n hosts {\n 192.0.2.1 www.example.com\n }\n}\n',
    upstream: UPSTREAM,
  });
  assert.deepEqual(texts(made, 'www.example.com.'), ['www.example.com. 3600 IN A 192.0.2.1']);
  assert.deepEqual(texts(made, 'short.example.com.'), 'SERVFAIL');
  assert.deepEqual(texts(made, 'real.corp.test.'), ['real.corp.test. 60 IN A 192.0.2.98']);
});

test('a zone that is not served is REFUSED, a block without an answer SERVFAIL', () => {
  const made = new DnsLab({ corefile: 'cluster.local:53 {\n errors\n}\n' });
  const refused = made.ask('www.example.com.', 'A')?.message;
  assert.equal(refused?.rcode, 'REFUSED');
  assert.equal(refused?.authoritative, false);
  assert.equal(refused?.authorities.length, 0);
  assert.equal(texts(made, 'x.cluster.local.'), 'SERVFAIL');
});

test('EDNS: size and cookie are echoed, bufsize lowers the size, other versions are refused', () => {
  const plain = lab('forward . 192.0.2.53');
  const cookie = { code: 10, bytes: Uint8Array.of(1, 2, 3) };
  const reply = plain.ask('www.example.com.', 'A', {
    edns: { ...EDNS, dnssecOk: true, options: [cookie] },
  });
  assert.deepEqual(reply?.message.edns, { ...EDNS, dnssecOk: true, options: [cookie] });
  const small = lab('bufsize 600\nforward . 192.0.2.53');
  assert.equal(small.ask('www.example.com.', 'A', { edns: EDNS })?.message.edns?.udpSizeBytes, 600);
  assert.equal(
    plain.ask('www.example.com.', 'A', { edns: { ...EDNS, version: 1 } })?.message.rcode,
    'BADVERS',
  );
  assert.equal(plain.ask('www.example.com.', 'A')?.message.edns, undefined);
});

test('cache: one TTL for all, at least 5 s, at most its own, counting down', () => {
  const made = lab('cache 30\nforward . 192.0.2.53');
  assert.deepEqual(texts(made, 'www.example.com.'), ['www.example.com. 30 IN A 93.184.216.34']);
  assert.deepEqual(texts(made, 'short.example.com.'), ['short.example.com. 5 IN A 192.0.2.3']);
  made.wait(2 * NS_PER_SEC);
  assert.deepEqual(
    texts(made, 'WWW.example.com.'),
    ['www.example.com. 28 IN A 93.184.216.34'].map((line) => line),
  );
  assert.equal(
    made.forwarded.filter((line) => line.toLowerCase() === 'www.example.com. a').length,
    1,
  );
  made.wait(29 * NS_PER_SEC);
  assert.deepEqual(texts(made, 'www.example.com.'), ['www.example.com. 30 IN A 93.184.216.34']);
});

test('cache: without a number an hour at most; denials by the SOA, its minimum field untouched', () => {
  const made = lab('cache\nforward . 192.0.2.53');
  assert.deepEqual(texts(made, 'long.example.com.'), ['long.example.com. 3600 IN A 192.0.2.4']);
  const denial = made.ask('nope.example.com.', 'A')?.message;
  assert.equal(denial?.rcode, 'NXDOMAIN');
  assert.match(
    formatRecord(denial?.authorities[0] as never),
    /^example\.com\.\t600\tIN\tSOA\t.* 600$/,
  );
  made.setUpstream([{ zone: 'example.com', records: ['nope 60 IN A 192.0.2.5'] }]);
  assert.equal(texts(made, 'nope.example.com.'), 'NXDOMAIN');
});

test('cache: SERVFAIL from upstream stays for 5 s, disabled zones do not stay', () => {
  const made = lab(
    'cache 30 {\n disable success example.com\n disable denial example.com\n}\nforward . 192.0.2.53',
  );
  assert.equal(texts(made, 'x.sf.test.'), 'SERVFAIL');
  made.setUpstream([{ zone: 'sf.test', records: ['x 60 IN A 192.0.2.6'] }]);
  assert.equal(texts(made, 'x.sf.test.'), 'SERVFAIL');
  made.wait(5 * NS_PER_SEC);
  assert.deepEqual(texts(made, 'x.sf.test.'), ['x.sf.test. 30 IN A 192.0.2.6']);
  assert.equal(texts(made, 'www.example.com.'), 'NXDOMAIN');
  made.setUpstream(UPSTREAM);
  assert.deepEqual(texts(made, 'www.example.com.'), ['www.example.com. 30 IN A 93.184.216.34']);
});

test('forward: failures are SERVFAIL without a SOA, exceptions fall to the next plugin', () => {
  const made = lab('errors\nforward . 192.0.2.53 {\n except corp.test\n}');
  const failed = made.ask('x.quiet.test.', 'A')?.message;
  assert.equal(failed?.rcode, 'SERVFAIL');
  assert.equal(failed?.authorities.length, 0);
  assert.match(
    made.log.join('\n'),
    /\[ERROR\] plugin\/errors: 2 x\.quiet\.test\. A: read udp 10\.244\.7\.7->192\.0\.2\.53:53: read: connection refused/,
  );
  assert.equal(texts(made, 'real.corp.test.'), 'SERVFAIL');
  assert.deepEqual(texts(made, 'any.corp.example.'), 'NXDOMAIN');
});

test('upstream: wildcards stand for missing names only', () => {
  const made = lab('forward . 192.0.2.53');
  assert.deepEqual(texts(made, 'hello.phpweb.corp.test.'), [
    'hello.phpweb.corp.test. 60 IN A 192.0.2.99',
  ]);
  assert.deepEqual(texts(made, 'real.corp.test.'), ['real.corp.test. 60 IN A 192.0.2.98']);
  assert.deepEqual(texts(made, 'corp.test.'), 'NODATA');
});

test('loadbalance permutes addresses; without it their order stays', () => {
  const still = lab('forward . 192.0.2.53');
  const shuffled = lab('loadbalance\nforward . 192.0.2.53');
  const orders = (made: DnsLab): Set<string> =>
    new Set(Array.from({ length: 20 }, () => String(texts(made, 'many.example.com.'))));
  assert.equal(orders(still).size, 1);
  assert.ok(orders(shuffled).size > 3);
});

test('hosts: several lines, A only asked for AAAA, reverse, fallthrough', () => {
  const made = lab(
    'hosts {\n 192.0.2.1 a.test b.test\n 192.0.2.2 a.test\n fallthrough example.com\n}\nforward . 192.0.2.53',
  );
  assert.deepEqual(texts(made, 'A.test.'), [
    'a.test. 3600 IN A 192.0.2.1',
    'a.test. 3600 IN A 192.0.2.2',
  ]);
  assert.equal(texts(made, 'a.test.', 'AAAA'), 'EMPTY');
  assert.deepEqual(texts(made, '1.2.0.192.in-addr.arpa.', 'PTR'), [
    '1.2.0.192.in-addr.arpa. 3600 IN PTR a.test.',
    '1.2.0.192.in-addr.arpa. 3600 IN PTR b.test.',
  ]);
  assert.equal(texts(made, 'c.test.'), 'SERVFAIL');
  assert.deepEqual(texts(made, 'www.example.com.'), ['www.example.com. 300 IN A 93.184.216.34']);
});

test('rewrite: another name is asked, the answer bears the asked one', () => {
  const made = lab(
    'rewrite name exact old.test www.example.com\nrewrite name suffix .legacy.test .example.com answer auto\nrewrite type ANY A\nforward . 192.0.2.53',
  );
  assert.deepEqual(texts(made, 'old.test.'), ['old.test. 300 IN A 93.184.216.34']);
  assert.deepEqual(texts(made, 'www.legacy.test.'), ['www.legacy.test. 300 IN A 93.184.216.34']);
  assert.equal(made.ask('old.test.', 'A')?.message.questions[0]?.name, 'old.test.');
});

test('template, chaos, acl, any, whoami', () => {
  const made = lab(
    'template IN A ip.test {\n match ^(?P<a>\\d+)-(?P<b>\\d+)\\.ip\\.test\\.$\n answer "{{ .Name }} 60 IN A 192.0.{{ .Group.a }}.{{ .Group.b }}"\n fallthrough\n}\nacl {\n block type TXT net 10.244.1.0/24\n}\nany\nchaos CoreDNS-1.11.3\nforward . 192.0.2.53',
  );
  assert.deepEqual(texts(made, '2-9.ip.test.'), ['2-9.ip.test. 60 IN A 192.0.2.9']);
  assert.equal(texts(made, 'x.ip.test.'), 'NXDOMAIN');
  assert.equal(texts(made, 'www.example.com.', 'TXT'), 'REFUSED');
  assert.deepEqual(texts(made, 'www.example.com.', 'ANY'), [
    'www.example.com. 8482 IN HINFO "ANY obsoleted" "See RFC 8482"',
  ]);
  const version = made.ask('version.bind.', 'TXT', { class: 'CH', from: '192.0.2.1' })?.message;
  assert.deepEqual(
    version?.answers.map((one) => formatRecord(one)),
    ['version.bind.\t0\tCH\tTXT\t"CoreDNS-1.11.3"'],
  );
  const who = lab('whoami').ask('example.org.', 'A')?.message;
  assert.deepEqual(
    who?.additionals.map((one) => one.type),
    ['A', 'SRV'],
  );
});

test('log writes a line as CoreDNS does', () => {
  const made = lab('log\nforward . 192.0.2.53');
  made.ask('www.example.com.', 'A');
  assert.match(
    made.log[0] ?? '',
    /^\[INFO\] 10\.244\.1\.9:40000 - 1 "A IN www\.example\.com\. udp 33 false 512" NOERROR qr,rd,ra 64 [\d.]+s$/,
  );
});

test('loop: a probe that comes back ends the server', () => {
  const made = lab('loop\nforward . 192.0.2.53');
  made.core.start();
  made.wait(NS_PER_SEC);
  const [name, type] = (made.forwarded[0] ?? '').split(' ');
  assert.equal(type, 'HINFO');
  made.ask(name ?? '', 'HINFO');
  made.ask(name ?? '', 'HINFO');
  assert.match(made.log.join('\n'), /plugin\/loop: Loop .* detected for zone "\."/);
});

test('metrics count requests by zone and type', () => {
  const made = lab('cache 30\nforward . 192.0.2.53');
  made.ask('www.example.com.', 'A');
  made.ask('www.example.com.', 'A');
  assert.equal(made.metrics.total('coredns_dns_requests_total'), 2);
  assert.equal(made.metrics.total('coredns_cache_hits_total'), 1);
  assert.match(
    made.metrics.format(),
    /coredns_dns_responses_total\{server="dns:\/\/:53",zone="\.",rcode="NOERROR"\} 2/,
  );
});

test('dns-version passes the cache with its TTL', () => {
  const made = new DnsLab({ corefile: KUBEADM_COREFILE });
  assert.deepEqual(texts(made, 'dns-version.cluster.local.', 'TXT'), [
    'dns-version.cluster.local. 30 IN TXT "1.1.0"',
  ]);
});
