/**
 * The targets of the nat table: DNAT, SNAT, MASQUERADE, REDIRECT.
 *
 * Each turns its options into a NatRange when the rule is read and stores a binding when a connection's
 * first packet meets it.
 */
import { type Ip, IP_LOCALHOST, formatIp, isIpv4, parseIp } from '@podwire/base';
import { IpProto } from '@podwire/wire';
import { Cost } from '../../../cost.ts';
import type { NatManip, NatRange } from '../../../nat/range.ts';
import { traceStep } from '../../../trace.ts';
import { type BuildContext, type Options, type TargetExtension, parsePort } from '../options.ts';
import type { RuleContext, Target, TargetVerdict } from '../rule.ts';

const PORT_PROTOCOLS: ReadonlySet<number> = new Set([
  IpProto.tcp,
  IpProto.udp,
  IpProto.sctp,
  33,
  IpProto.icmp,
]);
const PORT_ERROR = 'Need TCP, UDP, SCTP or DCCP with port specification';

/** Parses `[A[-B]][:P[-Q[/BASE]]]`. */
function parseDestination(text: string, context: BuildContext): NatRange {
  const match =
    /^(?:([0-9.]+|\[[0-9a-fA-F:]+\]|[0-9a-fA-F:]{3,})(?:-([0-9.]+|\[?[0-9a-fA-F:]+\]?))?)?(?::(.+))?$/.exec(
      text,
    );
  if (match === null) {
    context.fail(`Bad IP address "${text}"`);
    return {};
  }
  const [, first, last, portText] = match;
  const from = first === undefined ? undefined : parseIp(first.replace(/[[\]]/g, ''));
  const to = last === undefined ? from : parseIp(last.replace(/[[\]]/g, ''));
  if (first !== undefined && from === undefined) context.fail(`Bad IP address "${first}"`);
  else if (last !== undefined && to === undefined) context.fail(`Bad IP address "${last}"`);
  return {
    ...(from === undefined || to === undefined ? {} : { addresses: { from, to } }),
    ...(portText === undefined ? {} : parsePorts(portText, context)),
  };
}

function parsePorts(text: string, context: BuildContext): NatRange {
  if (!PORT_PROTOCOLS.has(context.proto) || context.isProtoInverted) context.fail(PORT_ERROR);
  const [range = '', base] = text.split('/');
  const [first = '', last = first] = range.split('-');
  const from = parsePort(first);
  const to = parsePort(last);
  if (from === undefined || to === undefined || from === 0) {
    context.fail(`Port \`${text}' not valid\n`);
  } else if (from > to) context.fail(`Port range \`${text}' funky\n`);
  const basePort = base === undefined ? undefined : parsePort(base);
  return {
    ports: { from: from ?? 0, to: to ?? 0 },
    ...(basePort === undefined ? {} : { basePort }),
  };
}

function formatAddresses(range: NatRange): string {
  const { addresses } = range;
  if (addresses === undefined) return '';
  const show = (ip: Ip): string =>
    isIpv4(ip) || range.ports === undefined ? formatIp(ip) : `[${formatIp(ip)}]`;
  return addresses.from === addresses.to
    ? show(addresses.from)
    : `${show(addresses.from)}-${show(addresses.to)}`;
}

function formatPorts(range: NatRange): string {
  const { ports, basePort } = range;
  if (ports === undefined) return '';
  const base = basePort === undefined ? '' : `/${basePort}`;
  return ports.from === ports.to ? `${ports.from}` : `${ports.from}-${ports.to}${base}`;
}

/** `--random`, `--random-fully` and `--persistent`, and how they print. */
function flagsOf(options: Options): { range: NatRange; text: string } {
  const isRandom = options.has('random') || options.has('random-fully');
  const isPersistent = options.has('persistent');
  const names = ['random', 'random-fully', 'persistent'].filter((name) => options.has(name));
  return {
    range: {
      ...(isRandom ? { isRandom } : {}),
      ...(isPersistent ? { isPersistent } : {}),
    },
    text: names.map((name) => ` --${name}`).join(''),
  };
}

/** Stores the binding; the nat table ends with it in every case. */
function bind(context: RuleContext, range: NatRange, manip: NatManip): TargetVerdict {
  const { skb, packet, nat, nowNs } = context;
  const ct = skb.ct;
  if (ct === undefined) return 'accept';
  const before = manip === 'src' ? ct.reply.dst : ct.reply.src;
  const beforePort = manip === 'src' ? ct.reply.dstPort : ct.reply.srcPort;
  if (!nat.setup(ct, range, manip, nowNs)) return 'drop';
  skb.costNs += manip === 'src' ? Cost.masqSetup : Cost.natSetup;
  if (packet.traceId !== 0) {
    const after = manip === 'src' ? ct.reply.dst : ct.reply.src;
    const afterPort = manip === 'src' ? ct.reply.dstPort : ct.reply.srcPort;
    const hasPorts = packet.proto !== IpProto.icmp;
    const shown = (ip: Ip, port: number): string =>
      hasPorts ? `${formatIp(ip)}:${port}` : formatIp(ip);
    traceStep(
      context.ns,
      packet,
      'nat',
      manip === 'src' ? 'snat' : 'dnat',
      {
        change: `${manip} ${shown(before, beforePort)} -> ${shown(after, afterPort)}`,
      },
      skb.costNs,
    );
  }
  return 'accept';
}

function onlyIn(context: BuildContext, chains: readonly string[]): void {
  const isBuiltin = /^[A-Z]+$/.test(context.chain) && BUILTIN.has(context.chain);
  if (context.table !== 'nat' || (isBuiltin && !chains.includes(context.chain))) {
    context.fail('RULE_APPEND failed (Invalid argument)');
  }
}

const BUILTIN: ReadonlySet<string> = new Set([
  'PREROUTING',
  'INPUT',
  'FORWARD',
  'OUTPUT',
  'POSTROUTING',
]);

const NAT_OPTIONS: readonly (readonly [string, 0 | 1])[] = [
  ['random', 0],
  ['random-fully', 0],
  ['persistent', 0],
];

export const DNAT_TARGET: TargetExtension = {
  name: 'DNAT',
  options: new Map<string, 0 | 1 | 2 | string>([['to-destination', 1], ...NAT_OPTIONS]),
  build(options, context): Target {
    onlyIn(context, ['PREROUTING', 'OUTPUT']);
    const given = options.get('to-destination');
    if (given === undefined) context.fail('DNAT: option "--to-destination" must be specified\n');
    const flags = flagsOf(options);
    const range = { ...parseDestination(given?.value ?? '', context), ...flags.range };
    const ports = range.ports === undefined ? '' : `:${formatPorts(range)}`;
    return {
      name: 'DNAT',
      text: `DNAT --to-destination ${formatAddresses(range)}${ports}${flags.text}`,
      needsConntrack: true,
      run: (rule) => bind(rule, range, 'dst'),
    };
  },
};

export const SNAT_TARGET: TargetExtension = {
  name: 'SNAT',
  options: new Map<string, 0 | 1 | 2 | string>([['to-source', 1], ...NAT_OPTIONS]),
  build(options, context): Target {
    onlyIn(context, ['INPUT', 'POSTROUTING']);
    const given = options.get('to-source');
    if (given === undefined) context.fail('SNAT: option "--to-source" must be specified\n');
    const flags = flagsOf(options);
    const range = { ...parseDestination(given?.value ?? '', context), ...flags.range };
    const ports = range.ports === undefined ? '' : `:${formatPorts(range)}`;
    return {
      name: 'SNAT',
      text: `SNAT --to-source ${formatAddresses(range)}${ports}${flags.text}`,
      needsConntrack: true,
      run: (rule) => bind(rule, range, 'src'),
    };
  },
};

function portsOption(options: Options, context: BuildContext): NatRange {
  const given = options.get('to-ports');
  return given === undefined ? {} : parsePorts(given.value, context);
}

export const MASQUERADE_TARGET: TargetExtension = {
  name: 'MASQUERADE',
  options: new Map<string, 0 | 1 | 2 | string>([
    ['to-ports', 1],
    ['random', 0],
    ['random-fully', 0],
  ]),
  build(options, context): Target {
    onlyIn(context, ['POSTROUTING']);
    const flags = flagsOf(options);
    const wanted = portsOption(options, context);
    const ports = wanted.ports === undefined ? '' : ` --to-ports ${formatPorts(wanted)}`;
    return {
      name: 'MASQUERADE',
      text: `MASQUERADE${ports}${flags.text}`,
      needsConntrack: true,
      run: (rule) => masquerade(rule, { ...wanted, ...flags.range }),
    };
  },
};

/** The address is the outgoing device's, chosen for the next hop (nf_nat_masquerade_ipv4). */
function masquerade(context: RuleContext, wanted: NatRange): TargetVerdict {
  const { ns, skb, packet, outDev } = context;
  const ct = skb.ct;
  if (ct === undefined || outDev === undefined) return 'accept';
  if (packet.src === 0) return 'accept';
  const nexthop = skb.route?.gateway ?? packet.dst;
  const address = ns.primaryAddress(outDev, nexthop === 0 ? packet.dst : nexthop);
  if (address === 0) return 'drop';
  ct.masqIfindex = outDev.ifindex;
  return bind(context, { ...wanted, addresses: { from: address, to: address } }, 'src');
}

export const REDIRECT_TARGET: TargetExtension = {
  name: 'REDIRECT',
  options: new Map<string, 0 | 1 | 2 | string>([
    ['to-ports', 1],
    ['random', 0],
  ]),
  build(options, context): Target {
    onlyIn(context, ['PREROUTING', 'OUTPUT']);
    const flags = flagsOf(options);
    const wanted = portsOption(options, context);
    const ports = wanted.ports === undefined ? '' : ` --to-ports ${formatPorts(wanted)}`;
    return {
      name: 'REDIRECT',
      text: `REDIRECT${ports}${flags.text}`,
      needsConntrack: true,
      run: (rule) => redirect(rule, { ...wanted, ...flags.range }),
    };
  },
};

/** To the machine itself: loopback for its own packets, else the incoming device's first address. */
function redirect(context: RuleContext, wanted: NatRange): TargetVerdict {
  const { inDev, hook } = context;
  const address = hook === 'output' ? IP_LOCALHOST : (inDev?.addrs[0]?.ip ?? 0);
  if (address === 0) return 'drop';
  return bind(context, { ...wanted, addresses: { from: address, to: address } }, 'dst');
}
