/**
 * Draws random cases: rule sets of all tables with jumps, matches and targets, and packets that meet them.
 */
import { Rng } from '@podwire/base';
import { type Case, PORT_RANGES, type Probe, type RuleLine } from './case.ts';
import {
  CLIENT_IPS,
  CLOSED_TCP_PORT,
  CLOSED_UDP_PORT,
  FIXED_PORT,
  ROUTER_IPS,
  SERVER_IPS,
  TCP_PORTS,
  UDP_PORTS,
  VIPS,
  macOf,
} from './topology.ts';

/** One in so many cases is about random balancing. */
const RANDOM_EVERY = 12;

export function generateCase(seed: number): Case {
  const rng = new Rng(`conformance/kernel/${seed}`);
  return seed % RANDOM_EVERY === 0 ? balancingCase(seed, rng) : ruleCase(seed, rng);
}

/** A chain as kube-proxy writes it: n backends by `statistic`, masquerade by mark. */
function balancingCase(seed: number, rng: Rng): Case {
  const count = 2 + rng.below(2);
  const proto = rng.pick(['udp', 'tcp'] as const);
  const port = proto === 'udp' ? UDP_PORTS[0] : TCP_PORTS[0];
  const rules: RuleLine[] = [];
  const add = (table: string, chain: string, text: string): void => {
    rules.push({ table, chain, text });
  };
  add('nat', 'PREROUTING', `-d ${VIPS[0]}/32 -p ${proto} -m ${proto} --dport 80 -j U1`);
  if (rng.below(2) === 0) add('nat', 'U1', '-j MARK --set-xmark 0x4000/0x4000');
  for (let index = 0; index < count; index++) {
    const left = count - index;
    const chance =
      left === 1 ? '' : ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}`;
    add(
      'nat',
      'U1',
      `${`-p ${proto}${chance}`} -j DNAT --to-destination ${SERVER_IPS[index] ?? ''}:${port}`,
    );
  }
  add('nat', 'POSTROUTING', '-m mark --mark 0x4000/0x4000 -j MASQUERADE');
  const probes: Probe[] = [];
  for (let index = 0; index < 48; index++) {
    probes.push({
      ...makeProbe(rng, index, 'client', proto),
      dst: VIPS[0],
      dport: 80,
      isConnected: false,
    });
  }
  return { seed, rules, policies: [], probes, isRandom: true };
}

function ruleCase(seed: number, rng: Rng): Case {
  const protos =
    rng.below(2) === 0 ? (['udp', 'icmp'] as const) : (['udp', 'tcp', 'icmp'] as const);
  const rules: RuleLine[] = [];
  const count = 2 + rng.below(12);
  for (let index = 0; index < count; index++) rules.push(ruleLine(rng));
  rules.sort((left, right) => compareText(left.table, right.table));
  const policies: RuleLine[] = [];
  for (const chain of ['INPUT', 'FORWARD', 'OUTPUT']) {
    if (rng.below(10) === 0) policies.push({ table: 'filter', chain, text: 'DROP' });
  }
  const probes: Probe[] = [];
  const probeCount = 4 + rng.below(6);
  for (let index = 0; index < probeCount; index++) {
    const from = rng.below(4) === 0 ? 'router' : 'client';
    probes.push(makeProbe(rng, index, from, rng.pick([...protos])));
  }
  return { seed, rules, policies, probes, isRandom: false };
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function makeProbe(rng: Rng, id: number, from: Probe['from'], proto: Probe['proto']): Probe {
  const dst = rng.pick([...VIPS, ...VIPS, ...SERVER_IPS, ...ROUTER_IPS]);
  return {
    id,
    from,
    proto,
    src: from === 'client' ? rng.pick([...CLIENT_IPS]) : undefined,
    sport: rng.pick([...PORT_RANGES])[0] + id,
    dst,
    dport: portFor(rng, proto),
    isConnected: rng.below(3) > 0,
    payloadBytes: proto === 'udp' ? rng.pick([40, 120, 300]) : 56,
  };
}

function portFor(rng: Rng, proto: Probe['proto']): number {
  if (proto === 'udp') return rng.pick([80, 80, ...UDP_PORTS, CLOSED_UDP_PORT]);
  if (proto === 'tcp') return rng.pick([80, 80, ...TCP_PORTS, CLOSED_TCP_PORT]);
  return 0;
}

const CHAINS: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: [
    'PREROUTING',
    'PREROUTING',
    'PREROUTING',
    'OUTPUT',
    'OUTPUT',
    'POSTROUTING',
    'POSTROUTING',
    'INPUT',
  ],
  filter: ['INPUT', 'FORWARD', 'FORWARD', 'OUTPUT'],
};

/** User-defined chains; in nat, U1 is for destinations and U2 for sources. */
const USER_CHAINS = ['U1', 'U2'] as const;

function ruleLine(rng: Rng): RuleLine {
  const table = rng.pick([
    'raw',
    'mangle',
    'nat',
    'nat',
    'nat',
    'nat',
    'filter',
    'filter',
    'filter',
  ]);
  const isUser = rng.below(4) === 0;
  const chain = isUser ? rng.pick([...USER_CHAINS]) : rng.pick([...(CHAINS[table] ?? [])]);
  const proto = rng.pick(['', '', 'udp', 'udp', 'tcp', 'icmp']);
  const words: string[] = [];
  const not = (): string => (rng.below(6) === 0 ? '! ' : '');
  if (rng.below(5) === 0) words.push(`${not()}-s ${rng.pick(SOURCES)}`);
  if (rng.below(3) === 0) words.push(`${not()}-d ${rng.pick(DESTINATIONS)}`);
  if (rng.below(8) === 0) words.push(...interfaceWords(rng, chain, not));
  const isNegated = proto !== '' && rng.below(8) === 0;
  if (proto !== '') words.push(`${isNegated ? '! ' : ''}-p ${proto}`);
  const known = isNegated ? '' : proto;
  const extra = rng.below(3);
  for (let index = 0; index < extra; index++) {
    const match = matchWords(rng, table, chain, known, not);
    const name = /^-m (\S+)/.exec(match)?.[1] ?? '';
    if (!words.some((word) => word.startsWith(`-m ${name} `))) words.push(match);
  }
  words.push(targetWords(rng, table, chain, known));
  return { table, chain, text: words.filter((word) => word !== '').join(' ') };
}

const SOURCES = [
  '10.0.0.2/32',
  '10.0.0.3/32',
  '10.0.0.0/24',
  '10.1.0.0/24',
  '10.1.0.1/32',
  '10.0.0.2/255.0.0.255',
];
const DESTINATIONS = [
  '10.96.0.1/32',
  '10.96.0.2/32',
  '10.96.0.0/16',
  '10.96.0.0/30',
  '10.1.0.11/32',
  '10.1.0.12/32',
  '10.1.0.0/24',
  '10.0.0.1/32',
  '127.0.0.0/8',
];

function interfaceWords(rng: Rng, chain: string, not: () => string): string[] {
  const dev = rng.pick(['r0', 'r1', 'r+', 'lo']);
  const hasIn = ['PREROUTING', 'INPUT', 'FORWARD'].includes(chain);
  const hasOut = ['FORWARD', 'OUTPUT', 'POSTROUTING'].includes(chain);
  if (hasIn && (!hasOut || rng.below(2) === 0)) return [`${not()}-i ${dev}`];
  return hasOut ? [`${not()}-o ${dev}`] : [];
}

function matchWords(
  rng: Rng,
  table: string,
  chain: string,
  proto: string,
  not: () => string,
): string {
  const port = rng.pick([80, 5000, 5001, 5002, 8000, 8001, 8002]);
  const list = rng.pick(['L1', 'L2']);
  const choices: string[] = [
    `-m comment --comment "case ${port}"`,
    `-m mark ${not()}--mark ${rng.pick(['0x1', '0x1/0x1', '0x2/0x3', '0x4000/0x4000'])}`,
    `-m conntrack ${not()}--ctstate ${rng.pick(['NEW', 'ESTABLISHED', 'RELATED,ESTABLISHED', 'INVALID', 'DNAT', 'SNAT', 'NEW,DNAT', 'UNTRACKED'])}`,
    `-m conntrack ${not()}--ctorigdst ${rng.pick([...VIPS])}`,
    `-m conntrack ${not()}--ctreplsrc 10.1.0.0/24`,
    `-m conntrack --ctorigdstport ${port}`,
    `-m conntrack --ctdir ${rng.pick(['ORIGINAL', 'REPLY'])}`,
    `-m conntrack ${not()}--ctstatus ${rng.pick(['SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'NONE'])}`,
    `-m conntrack ${not()}--ctproto ${rng.pick(['6', '17', '1'])}`,
    `-m addrtype ${not()}--dst-type ${rng.pick(['LOCAL', 'UNICAST', 'LOCAL,BROADCAST'])}`,
    `-m addrtype ${not()}--src-type LOCAL`,
    `-m iprange ${not()}--src-range 10.0.0.1-10.0.0.2`,
    `-m iprange ${not()}--dst-range 10.1.0.12-10.96.0.2`,
    `-m ttl ${rng.pick(['--ttl-eq 64', '--ttl-lt 64', '--ttl-gt 62'])}`,
    `-m limit --limit 1/hour --limit-burst ${1 + rng.below(3)}`,
    `-m statistic --mode nth ${not()}--every ${2 + rng.below(2)} --packet ${rng.below(2)}`,
    `-m recent ${not()}--${rng.pick(['set', 'rcheck', 'update --seconds 100', 'rcheck --seconds 100 --hitcount 2', 'remove'])} --name ${list}`,
    `-m pkttype ${not()}--pkt-type unicast`,
    '-m state --state NEW,ESTABLISHED',
  ];
  if (['PREROUTING', 'INPUT', 'FORWARD'].includes(chain) && table !== 'nat') {
    choices.push(`-m mac ${not()}--mac-source ${macOf(0, 1)}`);
  }
  if (proto === 'udp')
    choices.push(`-m length ${not()}--length ${rng.pick(['0:100', '148', '68:328'])}`);
  if (proto === 'udp' || proto === 'tcp') {
    for (let more = 0; more < 6; more++) {
      choices.push(
        rng.pick([
          `-m ${proto} ${not()}--dport ${port}`,
          `-m ${proto} ${not()}--dport ${port}`,
          `-m ${proto} --dport 5000:8000`,
          `-m ${proto} ${not()}--sport 20000:26000`,
          `-m multiport ${not()}--dports 80,5000:5001,8001`,
          `-m multiport --ports 80,8000`,
        ]),
      );
    }
  }
  if (proto === 'tcp')
    choices.push('-m tcp --tcp-flags FIN,SYN,RST,ACK SYN', '-m tcp ! --tcp-flags SYN,RST NONE');
  if (proto === 'icmp')
    choices.push(`-m icmp ${not()}--icmp-type ${rng.pick(['8', '0', 'any', '3', '3/3'])}`);
  return rng.pick(choices);
}

const REJECTS = [
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-proto-unreachable',
  'icmp-port-unreachable',
  'icmp-net-prohibited',
  'icmp-host-prohibited',
  'icmp-admin-prohibited',
];

function targetWords(rng: Rng, table: string, chain: string, proto: string): string {
  const isUser = chain.startsWith('U');
  if (!isUser && rng.below(5) === 0) {
    const goal = table === 'nat' ? natUserChain(chain) : rng.pick([...USER_CHAINS]);
    return `${rng.below(5) === 0 ? '-g' : '-j'} ${goal}`;
  }
  switch (table) {
    case 'raw':
      return rng.pick(['-j NOTRACK', '-j CT --notrack', '-j ACCEPT', '-j RETURN', '-j DROP', '']);
    case 'mangle':
      return rng.pick([
        '-j MARK --set-xmark 0x1/0x1',
        '-j MARK --set-mark 0x2',
        '-j MARK --or-mark 0x4000',
        '-j MARK --and-mark 0xfffe',
        '-j MARK --xor-mark 0x3',
        '-j CONNMARK --save-mark',
        '-j CONNMARK --restore-mark',
        '-j CONNMARK --set-mark 0x1',
        '-j ACCEPT',
        '-j RETURN',
        '-j DROP',
        '',
      ]);
    case 'filter':
      return rng.pick([
        '-j ACCEPT',
        '-j ACCEPT',
        '-j ACCEPT',
        '-j DROP',
        '-j RETURN',
        '-j MARK --set-xmark 0x1/0x1',
        '',
        proto === 'tcp'
          ? '-j REJECT --reject-with tcp-reset'
          : `-j REJECT --reject-with ${rng.pick(REJECTS)}`,
        `-j REJECT --reject-with ${rng.pick(REJECTS)}`,
      ]);
    default:
      return natTarget(rng, chain, proto);
  }
}

function natUserChain(chain: string): string {
  return chain === 'PREROUTING' || chain === 'OUTPUT' ? 'U1' : 'U2';
}

function natTarget(rng: Rng, chain: string, proto: string): string {
  const plain = ['-j ACCEPT', '-j RETURN', '-j MARK --set-xmark 0x4000/0x4000', ''];
  if (rng.below(4) === 0) return rng.pick(plain);
  const hasPorts = proto === 'udp' || proto === 'tcp';
  const open = proto === 'udp' ? [...UDP_PORTS, CLOSED_UDP_PORT] : [...TCP_PORTS, CLOSED_TCP_PORT];
  const port = hasPorts && rng.below(4) > 0 ? `:${rng.pick(open)}` : '';
  const isDst = chain === 'PREROUTING' || chain === 'OUTPUT' || chain === 'U1';
  if (isDst) {
    const redirect =
      hasPorts && rng.below(2) === 0 ? `-j REDIRECT --to-ports ${rng.pick(open)}` : '-j REDIRECT';
    return rng.pick([
      `-j DNAT --to-destination ${rng.pick([...SERVER_IPS])}${port}`,
      `-j DNAT --to-destination ${rng.pick([...SERVER_IPS])}${port}`,
      `-j DNAT --to-destination ${SERVER_IPS[0]}-${SERVER_IPS[2]}${port}`,
      `-j DNAT --to-destination ${SERVER_IPS[0]}-${SERVER_IPS[2]}${port} --persistent`,
      `-j DNAT --to-destination ${ROUTER_IPS[1]}${port}`,
      redirect,
    ]);
  }
  const sports =
    hasPorts && rng.below(2) === 0
      ? rng.pick([`:${FIXED_PORT}`, `:${FIXED_PORT}-${FIXED_PORT}`])
      : '';
  if (chain === 'INPUT') return `-j SNAT --to-source 10.0.0.99${sports}`;
  const snat = [
    `-j SNAT --to-source ${ROUTER_IPS[1]}${sports}`,
    `-j SNAT --to-source 10.1.0.1-10.1.0.1`,
  ];
  // MASQUERADE is refused outside POSTROUTING, so U2 that INPUT may use has none.
  return chain === 'POSTROUTING'
    ? rng.pick([...snat, '-j MASQUERADE', '-j MASQUERADE'])
    : (snat[0] ?? '');
}
