// The Corefile: what is read, and what is refused with which words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalizeZone, parseCorefile, unfoldCorefile } from './corefile.ts';
import { DnsLab, KUBEADM_COREFILE } from './dns-lab.ts';
import { addressOfReverseName, reverseName, reverseZones } from './reverse.ts';
import { formatIp, ip } from '@podwire/base';

function zones(text: string): readonly string[] {
  return parseCorefile(text).blocks.flatMap((block) =>
    block.keys.map((key) => `${key.zone}:${key.port}`),
  );
}

test('zones and ports of server blocks', () => {
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['. {\n}\n', ['.:53']],
    ['.:5353 {\n errors\n}', ['.:5353']],
    [':1053 {\n}', ['.:1053']],
    ['Corp.Local:53 stub.test {\n}', ['corp.local.:53', 'stub.test.:53']],
    ['a.test,\nb.test {\n}', ['a.test.:53', 'b.test.:53']],
    ['dns://a.test:54 {\n}', ['a.test.:54']],
    ['10.0.0.0/8 {\n}', ['10.in-addr.arpa.:53']],
    ['.:53\nerrors\nforward . 192.0.2.53\n', ['.:53']],
  ];
  for (const [text, expected] of table) assert.deepEqual(zones(text), expected, text);
});

test('comments, quotes, environment, snippets with arguments', () => {
  const env = new Map([['UPSTREAM', '192.0.2.53']]);
  const text = `
(common) {
    errors # of all
    forward . {args[0]}
}
.:53 {
    import common {$UPSTREAM}
    template IN A {
        answer "{{ .Name }} 60 IN A 192.0.2.1"
    }
}
`;
  const { blocks, errors } = parseCorefile(text, env);
  assert.deepEqual(errors, []);
  const directives = blocks[0]?.directives ?? [];
  assert.deepEqual(
    directives.map((one) => [one.name, ...one.args]),
    [['errors'], ['forward', '.', '192.0.2.53'], ['template', 'IN', 'A']],
  );
  assert.deepEqual(directives[2]?.block?.[0]?.args, ['{{ .Name }} 60 IN A 192.0.2.1']);
});

test('a Corefile folded into one line unfolds', () => {
  const folded = 'cluster.local:53 { errors; kubernetes cluster.local { ttl 30 } }';
  const lines = unfoldCorefile(folded);
  assert.equal(
    lines,
    'cluster.local:53 {\n    errors\n    kubernetes cluster.local {\n        ttl 30\n    }\n}\n',
  );
  assert.equal(unfoldCorefile(lines), lines);
  assert.deepEqual(parseCorefile(unfoldCorefile(KUBEADM_COREFILE)).errors, []);
});

const ERRORS: readonly (readonly [string, number, RegExp])[] = [
  ['.:53 {\n errors\n nonsense\n}', 3, /^Unknown directive 'nonsense'$/],
  ['.:53 {\n errors\n', 2, /Unexpected EOF/],
  ['.:53 {\n}\n}', 3, /Unexpected '}'/],
  ['.:53 {\n import missing\n}', 2, /File to import not found: missing/],
  ['.:53 {\n}\n.:53 {\n}', 3, /^cannot serve dns:\/\/\.:53 - it is already defined$/],
  ['.:53 {\n kubernetes cluster.local {\n  pods maybe\n }\n}', 3, /wrong value for pods: maybe/],
  ['.:53 {\n kubernetes cluster.local {\n  ttl 4000\n }\n}', 3, /ttl must be in range/],
  ['.:53 {\n kubernetes cluster.local {\n  frobnicate\n }\n}', 3, /unknown property 'frobnicate'/],
  ['.:53 {\n forward .\n}', 2, /Wrong argument count/],
  ['.:53 {\n forward . nonsense\n}', 2, /not an IP address or file/],
  ['.:53 {\n forward . 192.0.2.1 {\n  policy best\n }\n}', 3, /unknown policy 'best'/],
  ['.:53 {\n cache 30 {\n  disable all\n }\n}', 3, /cache type for disable/],
  ['tls://a {\n}', 1, /transport tls/],
];

test('errors name their line', () => {
  for (const [corefile, line, message] of ERRORS) {
    const lab = new DnsLab({ corefile });
    const first = lab.errors[0];
    assert.ok(first !== undefined, corefile);
    assert.equal(first.line, line, corefile);
    assert.match(first.message, message);
  }
});

test('what CoreDNS has and podwire has not is a warning', () => {
  const lab = new DnsLab({ corefile: '.:53 {\n dnssec\n}' });
  assert.deepEqual(lab.errors, []);
  assert.match(lab.core.warnings[0]?.message ?? '', /plugin dnssec is not modelled/);
});

test('random text never throws', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom('{', '}', '\n', '.:53', 'errors', '#', '"', 'import', '(a)', ' ', '\\'),
      ),
      (words) => void new DnsLab({ corefile: words.join(' ') }),
    ),
    { numRuns: 200 },
  );
});

test('reverse names and zones', () => {
  assert.equal(reverseName(ip('10.244.1.5')), '5.1.244.10.in-addr.arpa.');
  for (const text of ['10.244.1.5', 'fd00::12', '2001:db8:1:2:3:4:5:6']) {
    assert.equal(formatIp(addressOfReverseName(reverseName(ip(text))) ?? 0), text);
  }
  assert.equal(addressOfReverseName('1.2.in-addr.arpa.'), undefined);
  assert.deepEqual(reverseZones('10.96.0.0/15'), ['96.10.in-addr.arpa.', '97.10.in-addr.arpa.']);
  assert.deepEqual(reverseZones('2001:db8::/32'), ['8.b.d.0.1.0.0.2.ip6.arpa.']);
  assert.deepEqual(normalizeZone('192.0.2.0/24'), ['2.0.192.in-addr.arpa.']);
});
