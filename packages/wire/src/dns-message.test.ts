// DNS messages: dns-packet as the oracle of the bytes, sizes measured on CoreDNS, truncation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ip } from '@podwire/base';
import dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { formatDnsBrief } from './dns-brief.ts';
import {
  type DnsMessage,
  type DnsRecord,
  decodeDns,
  dnsLabels,
  dnsQueryMessage,
  dnsResponseTo,
  encodeDns,
  encodeDnsCompressed,
  encodeDnsWithin,
  isDnsName,
} from './dns-message.ts';

const EDNS = { udpSizeBytes: 1232, version: 0, dnssecOk: false, options: [] };

function record(name: string, type: string, data: DnsRecord['data']): DnsRecord {
  return { name, type, class: 'IN', ttlSec: 30, data };
}

function answer(answers: readonly DnsRecord[], edns?: DnsMessage['edns']): DnsMessage {
  const name = answers[0]?.name ?? '.';
  const query = dnsQueryMessage(4242, { name, type: 'A', class: 'IN' });
  return { ...dnsResponseTo(query), authoritative: true, answers, edns };
}

const bigAnswer = answer(
  Array.from({ length: 60 }, (_, index) =>
    record('big.phpweb.svc.cluster.local.', 'A', {
      kind: 'address',
      ip: ip(`10.244.9.${index + 1}`),
    }),
  ),
);

const ALL_KINDS: readonly DnsRecord[] = [
  record('a.example.org.', 'A', { kind: 'address', ip: ip('192.0.2.1') }),
  record('A.example.org.', 'AAAA', { kind: 'address', ip: ip('2001:db8::1') }),
  record('b.example.org.', 'CNAME', { kind: 'name', target: 'a.example.org.' }),
  record('example.org.', 'NS', { kind: 'name', target: 'ns.example.org.' }),
  record('1.2.0.192.in-addr.arpa.', 'PTR', { kind: 'name', target: 'a.example.org.' }),
  record('_http._tcp.example.org.', 'SRV', {
    kind: 'srv',
    priority: 0,
    weight: 33,
    port: 80,
    target: 'a.example.org.',
  }),
  record('example.org.', 'MX', { kind: 'mx', preference: 10, target: 'mail.example.org.' }),
  record('example.org.', 'TXT', { kind: 'text', texts: ['1.1.0', 'two words'] }),
  record('example.org.', 'SOA', {
    kind: 'soa',
    mname: 'ns.example.org.',
    rname: 'host.example.org.',
    serial: 4_000_000_000,
    refresh: 7200,
    retry: 1800,
    expire: 86400,
    minimum: 30,
  }),
  record('example.org.', 'TYPE65280', { kind: 'raw', bytes: Uint8Array.of(1, 2, 3) }),
];

test('every record kind survives, plain and compressed', () => {
  const message = answer(ALL_KINDS, {
    ...EDNS,
    options: [{ code: 10, bytes: Uint8Array.of(1, 2) }],
  });
  assert.deepEqual(decodeDns(encodeDns(message)), message);
  assert.deepEqual(decodeDns(encodeDnsCompressed(message)), message);
  assert.ok(encodeDnsCompressed(message).length < encodeDns(message).length);
});

test('dns-packet reads what is written, and writes the same bytes', () => {
  const message = answer(ALL_KINDS.slice(0, 8));
  for (const bytes of [encodeDns(message), encodeDnsCompressed(message)]) {
    const decoded = dnsPacket.decode(Buffer.from(bytes));
    assert.equal(decoded.id, 4242);
    assert.deepEqual(
      decoded.answers?.map((one) => one.name),
      message.answers.map((one) => one.name.slice(0, -1)),
    );
    const plain = dnsPacket.encode(decoded);
    assert.deepEqual(new Uint8Array(plain), encodeDns(message));
  }
});

test('the sizes measured on CoreDNS', () => {
  assert.equal(encodeDns(bigAnswer).length, 2686);
  assert.equal(encodeDnsCompressed({ ...bigAnswer, edns: EDNS }).length, 1017);
  const truncated = encodeDnsWithin(bigAnswer, 512);
  assert.equal(truncated.length, 510);
  const decoded = decodeDns(truncated);
  assert.equal(decoded?.truncated, true);
  assert.equal(decoded?.answers.length, 29);
  assert.equal(decodeDns(encodeDnsWithin({ ...bigAnswer, edns: EDNS }, 1232))?.truncated, false);
});

test('additional records go first when a message is cut, and TC says so', () => {
  const message = {
    ...answer(bigAnswer.answers.slice(0, 25)),
    additionals: bigAnswer.answers.slice(0, 20),
  };
  const decoded = decodeDns(encodeDnsWithin(message, 512));
  assert.equal(decoded?.answers.length, 25);
  assert.equal(decoded?.additionals.length, 4);
  assert.equal(decoded?.truncated, true);
});

test('an SRV target is not compressed', () => {
  const srv = ALL_KINDS[5] as DnsRecord;
  const bytes = encodeDnsCompressed(answer([srv]));
  // Header 12, question 24 + 4, answer: pointer 2 + fixed 10 + numbers 6 + target 15.
  assert.equal(bytes.length, 12 + 28 + 12 + 6 + 15);
});

test('names: escapes, limits', () => {
  assert.deepEqual(dnsLabels('a\\.b.c.'), ['a\\.b', 'c']);
  const odd = dnsQueryMessage(1, { name: 'a\\.b\\000c.example.org.', type: 'A', class: 'IN' });
  assert.deepEqual(decodeDns(encodeDns(odd)), odd);
  const table: readonly (readonly [string, boolean])[] = [
    ['example.org.', true],
    ['.', true],
    ['', false],
    ['a..b.', false],
    ['.a.', false],
    [`${'x'.repeat(63)}.`, true],
    [`${'x'.repeat(64)}.`, false],
    [`${'abcdefg.'.repeat(31)}abcde.`, true],
    [`${'abcdefg.'.repeat(32)}`, false],
  ];
  for (const [name, isGood] of table) assert.equal(isDnsName(name), isGood, name);
});

test('an extended rcode needs EDNS', () => {
  const message = { ...answer([]), rcode: 'BADVERS' as const, edns: EDNS };
  assert.equal(decodeDns(encodeDns(message))?.rcode, 'BADVERS');
});

test('random and cut bytes never throw and never loop', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void decodeDns(bytes)));
  const whole = encodeDnsCompressed(answer(ALL_KINDS, EDNS));
  for (let end = 0; end < whole.length; end++) {
    assert.equal(decodeDns(whole.subarray(0, end)), undefined);
  }
  // A pointer to itself.
  const loop = Uint8Array.of(0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1);
  assert.equal(decodeDns(loop), undefined);
});

test('messages in brief', () => {
  const query = dnsQueryMessage(7, { name: 'a.example.org.', type: 'A', class: 'IN' }, EDNS);
  assert.equal(formatDnsBrief(encodeDns(query)), '7+ [1au] A? a.example.org.');
  assert.equal(
    formatDnsBrief(encodeDns(answer(ALL_KINDS.slice(0, 1)))),
    '4242*- 1/0/0 A 192.0.2.1',
  );
});
