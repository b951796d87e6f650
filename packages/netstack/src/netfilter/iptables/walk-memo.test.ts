/**
 * Remembered walks against plain ones: random rules, random flows there and back, and changes of rules,
 * addresses and time in between. Every packet has the same verdict, cost, mark and translation; at the end
 * every counter is the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Dev } from '../../dev/dev.ts';
import { Skb } from '../../skb.ts';
import { HOOKS, type Hook } from '../hook.ts';
import { type TestNs, makePacket, makeTestNs } from '../test-ns.ts';
import { iptables } from './command.ts';
import { iptablesRestore } from './restore.ts';
import { iptablesSave } from './save.ts';

const ADDRESSES = ['10.1.0.2', '10.1.0.3', '10.2.0.2', '127.0.0.1', '192.0.2.9'] as const;
const address = fc.constantFrom(...ADDRESSES);
const net = fc.constantFrom('10.1.0.0/24', '10.0.0.0/8', '127.0.0.0/8', '10.2.0.2/32', '192.0.2.9');
const port = fc.constantFrom(53, 80, 4000);
const test1 = fc.oneof(
  net.map((one) => `-s ${one}`),
  net.map((one) => `! -s ${one}`),
  net.map((one) => `-d ${one}`),
  net.map((one) => `! -d ${one}`),
  fc.constantFrom('-i eth0', '! -i eth0', '-i et+', '-p tcp', '! -p udp', '-f', '! -f'),
  port.map((one) => `-p tcp -m tcp --dport ${one}`),
  port.map((one) => `-p udp -m udp ! --sport ${one}`),
  fc.constantFrom(
    '-m comment --comment "nothing"',
    '-p tcp -m tcp --syn',
    '-p tcp -m tcp --tcp-flags FIN,ACK ACK',
    '-p tcp -m tcp --tcp-option 8',
    '-p tcp -m multiport --dports 80,4000',
    '-p icmp -m icmp --icmp-type 8',
    '-m mark --mark 0x1/0x1',
    '-m mark ! --mark 0x2/0x3',
    '-m connmark --mark 0x1',
    '-m conntrack --ctstate NEW',
    '-m conntrack --ctstate RELATED,ESTABLISHED',
    '-m conntrack ! --ctstate INVALID,DNAT',
    '-m conntrack --ctstate SNAT',
    '-m conntrack --ctdir REPLY',
    '-m conntrack --ctstatus ASSURED',
    '-m conntrack --ctorigdst 10.2.0.2',
    '-m state --state ESTABLISHED',
    '-m addrtype --dst-type LOCAL',
    '-m addrtype ! --src-type LOCAL',
    '-m physdev --physdev-in veth1',
    '-m physdev ! --physdev-is-bridged',
    '-m pkttype --pkt-type broadcast',
    '-m length --length 0:50',
    '-m ttl --ttl-gt 60',
    '-m iprange --src-range 10.1.0.2-10.1.0.9',
    '-m mac --mac-source 02:00:00:00:00:01',
    '-m statistic --mode nth --every 3',
    '-m limit --limit 1/sec --limit-burst 2',
    '-m recent --name R --set',
    '-m recent --name R --rcheck --seconds 2',
    '',
  ),
);
const FILTER_GOALS = ['ACCEPT', 'DROP', 'RETURN', 'A', 'B', ''] as const;
const MANGLE_GOALS = [
  'MARK --set-xmark 0x1/0x1',
  'MARK --set-xmark 0x0/0x3',
  'CONNMARK --set-mark 0x1',
  'ACCEPT',
  'RETURN',
  'A',
] as const;
const jump = (goal: string): string => (goal === '' ? '' : ` -j ${goal}`);
const filterRule = fc
  .tuple(test1, fc.constantFrom(...FILTER_GOALS))
  .map(([head, goal]) => `${head}${jump(goal)}`);
const mangleRule = fc
  .tuple(test1, fc.constantFrom(...MANGLE_GOALS))
  .map(([head, goal]) => `${head}${jump(goal)}`);
const natRule = fc.oneof(
  fc.tuple(net, port).map(([to, p]) => `-d ${to} -p tcp -m tcp --dport ${p} -j DNAT_TARGET`),
  test1.map((head) => `${head} -j RETURN`),
);
const ruleSet = fc.record({
  filter: fc.array(fc.tuple(fc.constantFrom('INPUT', 'FORWARD', 'A', 'B'), filterRule), {
    maxLength: 30,
  }),
  mangle: fc.array(fc.tuple(fc.constantFrom('PREROUTING', 'FORWARD', 'A'), mangleRule), {
    maxLength: 8,
  }),
  nat: fc.array(natRule, { maxLength: 3 }),
});
type RuleSet = typeof ruleSet extends fc.Arbitrary<infer T> ? T : never;

const flow = fc.record({
  src: address,
  dst: address,
  proto: fc.constantFrom('tcp', 'udp', 'icmp'),
  sport: port,
  dport: port,
});
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('packet' as const),
      flow: fc.nat(5),
      isBack: fc.boolean(),
      flags: fc.constantFrom('S', 'A', 'PA', 'FA', 'R', 'SA'),
      path: fc.constantFrom(
        ['prerouting', 'forward', 'postrouting'],
        ['prerouting', 'input'],
        ['output', 'postrouting'],
      ),
      inDev: fc.nat(2),
      isBridged: fc.boolean(),
      isFragment: fc.constantFrom(false, false, false, true),
      mark: fc.constantFrom(0, 0, 1, 2),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('rule' as const),
      words: fc.tuple(fc.constantFrom('-A FORWARD', '-I FORWARD', '-I INPUT'), filterRule),
    }),
  },
  fc.record({
    kind: fc.constant('change' as const),
    words: fc.constantFrom('-D FORWARD 1', '-Z', '-P FORWARD DROP', '-P FORWARD ACCEPT', '-F A'),
  }),
  fc.record({ kind: fc.constant('local' as const), address, isLocal: fc.boolean() }),
  fc.record({ kind: fc.constant('wait' as const), ns: fc.constantFrom(1_000_000, 3_000_000_000) }),
);

const DEVS = ['eth0', 'cni0', 'veth1'].map(
  (name, index) => ({ name, ifindex: index + 1, kind: 'veth' }) as unknown as Dev,
);

function build(evaluator: 'plain' | 'fast', rules: RuleSet): TestNs {
  const of = makeTestNs(evaluator);
  const lines = (list: readonly (readonly [string, string])[]): string[] =>
    list
      // No endless circles: A may jump to B, B to nothing.
      .filter(([chain, body]) => !/-j [AB]$/.test(body) || chain.length > 1)
      .map(([chain, body]) => `-A ${chain} ${body}`);
  const text = [
    '*mangle',
    ':A - [0:0]',
    ...lines(rules.mangle),
    'COMMIT',
    '*filter',
    ':A - [0:0]',
    ':B - [0:0]',
    ...lines(rules.filter),
    'COMMIT',
    '*nat',
    ...rules.nat.map(
      (body) =>
        `-A PREROUTING ${body.replace('DNAT_TARGET', 'DNAT --to-destination 10.2.0.2:4000')}`,
    ),
    '-A POSTROUTING -s 10.1.0.3/32 -j MASQUERADE',
    'COMMIT',
    '',
  ].join('\n');
  const error = iptablesRestore(of.ns, text);
  assert.equal(error, undefined, `${error?.text}\n${text}`);
  return of;
}

test('a remembered walk is as good as a walk', () => {
  fc.assert(
    fc.property(
      ruleSet,
      fc.array(flow, { minLength: 6, maxLength: 6 }),
      fc.array(step, { minLength: 20, maxLength: 120 }),
      (rules, flows, steps) => {
        const both = [build('plain', rules), build('fast', rules)] as const;
        for (const one of steps) {
          const [plain, fast] = both.map((of) => run(of, flows, one));
          assert.deepEqual(fast, plain);
        }
        const [plain, fast] = both.map((of) => iptablesSave(of.ns, { counters: true }));
        assert.equal(fast, plain);
      },
    ),
    { numRuns: 250 },
  );
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Flow = typeof flow extends fc.Arbitrary<infer T> ? T : never;

function run(of: TestNs, flows: readonly Flow[], one: Step): unknown {
  switch (one.kind) {
    case 'rule':
      return iptables(of.ns, one.words.join(' ').replaceAll('"', '').split(/\s+/)).exitCode;
    case 'change':
      return iptables(of.ns, one.words.split(' ')).exitCode;
    case 'local':
      of.setLocal(one.address, one.isLocal);
      return undefined;
    case 'wait':
      of.world.runFor(one.ns);
      return undefined;
    case 'packet': {
      const { src, dst, sport, dport, proto } = flows[one.flow] as Flow;
      const spec = one.isBack
        ? { src: dst, dst: src, sport: dport, dport: sport, icmpType: 0 }
        : { src, dst, sport, dport };
      const packet = makePacket({ ...spec, proto, flags: one.flags });
      if (one.isFragment) packet.fragOffsetBytes = 1480;
      const skb = new Skb(packet, DEVS[one.inDev]);
      skb.mark = one.mark;
      skb.outDev = DEVS[(one.inDev + 1) % 3];
      if (one.isBridged) skb.physInDev = DEVS[2];
      const verdicts: string[] = [];
      for (const hook of one.path) {
        verdicts.push(of.tables.run(hook as Hook, of.ns, skb));
        assert.ok(HOOKS.includes(hook as Hook));
        if (verdicts.at(-1) !== 'accept') break;
      }
      const { costNs, mark, ctState } = skb;
      const { src: from, dst: to, srcPort, dstPort } = packet;
      return { verdicts, costNs, mark, ctState, from, to, srcPort, dstPort };
    }
  }
}
