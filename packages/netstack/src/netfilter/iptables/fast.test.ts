/**
 * The fast evaluator against the plain one: same packets, same rules, same verdicts, counters and cost.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Skb } from '../../skb.ts';
import { type PacketSpec, type TestNs, makePacket, makeTestNs } from '../test-ns.ts';
import { iptablesRestore } from './restore.ts';
import { iptablesSave } from './save.ts';

const address = fc.integer({ min: 1, max: 12 }).map((last) => `10.96.0.${last}`);
const proto = fc.constantFrom('tcp', 'udp');
const port = fc.constantFrom(53, 80, 443, 30_001, 30_002);

/** The forms that long chains really have, and some that an index must leave alone. */
const ruleHead = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(address, proto, port)
      .map(([ip, p, n]) => `-d ${ip}/32 -p ${p} -m comment --comment "x" -m ${p} --dport ${n}`),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(proto, port)
      .map(([p, n]) => `-p ${p} -m comment --comment "n" -m ${p} --dport ${n}`),
  },
  { weight: 2, arbitrary: fc.tuple(proto, port).map(([p, n]) => `-p ${p} -m ${p} --dport ${n}`) },
  address.map((ip) => `-s ${ip}/32`),
  address.map((ip) => `! -d ${ip}/32`),
  fc.constantFrom(
    '-d 10.96.0.0/29',
    '-d 127.0.0.0/8 -p tcp -m tcp --dport 80',
    '-p tcp -m tcp --dport 1:1000',
    '-p tcp -m tcp ! --dport 80',
    '-p tcp -m tcp --sport 1000:2000 --dport 80',
    '! -p tcp',
    '-i eth0 -p tcp -m tcp --dport 80',
    '-m mark --mark 0x1/0x1',
    '-m statistic --mode random --probability 0.3',
    '-m statistic --mode nth --every 3',
    '-m conntrack --ctstate NEW',
    '',
  ),
);
const goal = fc.constantFrom(
  '-j ACCEPT',
  '-j DROP',
  '-j RETURN',
  '-j C1',
  '-j C2',
  '-g C2',
  '-j MARK --set-xmark 0x1/0x1',
  '',
);
const rule = fc.tuple(ruleHead, goal).map(([head, end]) => `${head} ${end}`.trim());
const chain = fc.array(rule, { minLength: 0, maxLength: 40 });
const packet: fc.Arbitrary<PacketSpec> = fc.record({
  src: address,
  dst: fc.oneof(address, fc.constant('127.0.0.1')),
  proto: fc.constantFrom('tcp', 'udp', 'icmp'),
  sport: fc.constantFrom(1500, 4000),
  dport: port,
});

function build(evaluator: 'plain' | 'fast', chains: readonly (readonly string[])[]): TestNs {
  const of = makeTestNs(evaluator);
  const [forward = [], first = [], second = []] = chains;
  const text = [
    '*filter',
    ':C1 - [0:0]',
    ':C2 - [0:0]',
    ...forward.map((line) => `-A FORWARD ${line}`),
    ...first.filter((line) => !line.includes('C1')).map((line) => `-A C1 ${line}`),
    ...second.filter((line) => !/C[12]/.test(line)).map((line) => `-A C2 ${line}`),
    'COMMIT',
    '',
  ].join('\n');
  const error = iptablesRestore(of.ns, text);
  assert.equal(error, undefined, error?.text);
  return of;
}

test('plain and fast agree in verdict, counters and cost', () => {
  fc.assert(
    fc.property(
      fc.tuple(chain, chain, chain),
      fc.array(packet, { minLength: 1, maxLength: 30 }),
      (chains, packets) => {
        const plain = build('plain', chains);
        const fast = build('fast', chains);
        for (const spec of packets) {
          const outcome = [plain, fast].map((of) => {
            const skb = new Skb(makePacket(spec));
            const verdicts = ['prerouting', 'forward', 'postrouting'].map((hook) =>
              of.tables.run(hook as 'forward', of.ns, skb),
            );
            return { verdicts, costNs: skb.costNs, mark: skb.mark };
          });
          assert.deepEqual(outcome[1], outcome[0]);
        }
        assert.equal(
          iptablesSave(fast.ns, { counters: true }),
          iptablesSave(plain.ns, { counters: true }),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('a jump back into the middle of a long chain goes on behind the jump', () => {
  const forward = [
    '-j C1',
    ...Array.from({ length: 30 }, (_, index) => `-d 10.96.0.${index + 1}/32 -j RETURN`),
    '-d 10.96.0.31/32 -j DROP',
  ];
  for (const evaluator of ['plain', 'fast'] as const) {
    const of = build(evaluator, [forward, ['-d 10.96.0.31/32 -j MARK --set-xmark 0x1/0x1']]);
    const skb = new Skb(makePacket({ src: '10.0.0.1', dst: '10.96.0.31' }));
    assert.equal(of.tables.run('forward', of.ns, skb), 'drop');
    assert.equal(skb.mark, 1);
  }
});
