/**
 * The conntrack match, and its ancestor state.
 */
import { formatIp, type Cidr, cidrContains, ipv4Mask, parseCidr, parseIp } from '@podwire/base';
import { CtStatus } from '../../../conntrack/entry.ts';
import type { CtTuple } from '../../../conntrack/tuple.ts';
import { CtState, type Skb } from '../../../skb.ts';
import {
  type BuildContext,
  type MatchExtension,
  type Options,
  type PortRange,
  bang,
  formatPortRange,
  inRange,
  parseNumber,
  parsePortRange,
} from '../options.ts';
import { FieldBit } from '../packet-fields.ts';
import type { Match } from '../rule.ts';

const StateBit = {
  INVALID: 1,
  NEW: 2,
  RELATED: 4,
  ESTABLISHED: 8,
  UNTRACKED: 16,
  SNAT: 32,
  DNAT: 64,
} as const;
const STATE_NAMES = Object.keys(StateBit) as (keyof typeof StateBit)[];

const STATUS_BITS: ReadonlyMap<string, number> = new Map([
  ['EXPECTED', CtStatus.expected],
  ['SEEN_REPLY', CtStatus.seenReply],
  ['ASSURED', CtStatus.assured],
  ['CONFIRMED', CtStatus.confirmed],
]);

function parseStates(text: string, names: readonly string[], context: BuildContext): number {
  let bits = 0;
  for (const word of text.split(',')) {
    const name = names.find((one) => one === word.toUpperCase());
    if (name === undefined) context.fail(`Bad ctstate "${word}"`);
    else bits |= StateBit[name as keyof typeof StateBit];
  }
  return bits;
}

function formatStates(bits: number): string {
  return STATE_NAMES.filter((name) => (bits & StateBit[name]) !== 0).join(',');
}

function stateBits(skb: Skb): number {
  if (skb.isUntracked) return StateBit.UNTRACKED;
  const ct = skb.ct;
  if (ct === undefined) return StateBit.INVALID;
  let bits: number =
    skb.ctState === CtState.new
      ? StateBit.NEW
      : skb.ctState === CtState.related
        ? StateBit.RELATED
        : StateBit.ESTABLISHED;
  if ((ct.status & CtStatus.srcNat) !== 0) bits |= StateBit.SNAT;
  if ((ct.status & CtStatus.dstNat) !== 0) bits |= StateBit.DNAT;
  return bits;
}

/** What telling states apart looks at. */
function stateFields(wanted: number): number {
  const state = FieldBit.untracked | FieldBit.hasCt | FieldBit.ctState;
  const src = (wanted & StateBit.SNAT) === 0 ? 0 : FieldBit.srcNat;
  return state | src | ((wanted & StateBit.DNAT) === 0 ? 0 : FieldBit.dstNat);
}

type TupleTest = (orig: CtTuple, reply: CtTuple) => boolean;

interface TupleOption {
  readonly option: string;
  readonly isPort: boolean;
  readonly read: (orig: CtTuple, reply: CtTuple) => number;
}

/** In the order in which iptables-save prints them. */
const TUPLE_OPTIONS: readonly TupleOption[] = [
  { option: 'ctorigsrc', isPort: false, read: (orig) => orig.src },
  { option: 'ctorigdst', isPort: false, read: (orig) => orig.dst },
  { option: 'ctreplsrc', isPort: false, read: (_, reply) => reply.src },
  { option: 'ctrepldst', isPort: false, read: (_, reply) => reply.dst },
  { option: 'ctorigsrcport', isPort: true, read: (orig) => orig.srcPort },
  { option: 'ctorigdstport', isPort: true, read: (orig) => orig.dstPort },
  { option: 'ctreplsrcport', isPort: true, read: (_, reply) => reply.srcPort },
  { option: 'ctrepldstport', isPort: true, read: (_, reply) => reply.dstPort },
];

function tupleTest(
  one: TupleOption,
  options: Options,
  context: BuildContext,
): { text: string; test: TupleTest } | undefined {
  const given = options.get(one.option);
  if (given === undefined) return undefined;
  const { isInverted } = given;
  const prefix = `${bang(isInverted)} --${one.option} `;
  if (one.isPort) {
    const range: PortRange = parsePortRange(given.value, context);
    return {
      text: prefix + formatPortRange(range),
      test: (orig, reply) => inRange(range, one.read(orig, reply)) !== isInverted,
    };
  }
  const network = parseNetwork(given.value);
  if (network === undefined) context.fail(`host/network \`${given.value}' not found`);
  const at: Cidr = network ?? { ip: 0, prefixLen: 32 };
  const length = at.prefixLen === 32 ? '' : `/${at.prefixLen}`;
  return {
    text: prefix + formatIp(at.ip) + length,
    test: (orig, reply) => cidrContains(at, one.read(orig, reply)) !== isInverted,
  };
}

function parseNetwork(text: string): Cidr | undefined {
  const parsed = parseCidr(text);
  if (parsed !== undefined) {
    return { ip: (parsed.ip & ipv4Mask(parsed.prefixLen)) >>> 0, prefixLen: parsed.prefixLen };
  }
  const ip = parseIp(text);
  return ip === undefined ? undefined : { ip, prefixLen: 32 };
}

function buildConntrack(options: Options, context: BuildContext): Match {
  if (options.count === 0) {
    context.fail('conntrack: At least one option is required');
  }
  const state = options.get('ctstate');
  const wanted = state === undefined ? 0 : parseStates(state.value, STATE_NAMES, context);
  const status = options.get('ctstatus');
  let statusMask = 0;
  for (const word of status?.value.split(',') ?? []) {
    const bit = STATUS_BITS.get(word.toUpperCase());
    if (bit !== undefined) statusMask |= bit;
    else if (word.toUpperCase() !== 'NONE') context.fail(`Bad ctstatus "${word}"`);
  }
  const proto = options.get('ctproto');
  const protoNumber = proto === undefined ? 0 : protoOf(proto.value);
  if (protoNumber === undefined) context.fail(`unknown protocol "${proto?.value ?? ''}" specified`);
  const dir = options.get('ctdir')?.value.toUpperCase();
  if (dir !== undefined && dir !== 'ORIGINAL' && dir !== 'REPLY') {
    context.fail(`conntrack: Bad value for "--ctdir" option: "${dir}"`);
  }
  const tuples = TUPLE_OPTIONS.map((one) => tupleTest(one, options, context)).filter(
    (one) => one !== undefined,
  );
  const statusNames = [...STATUS_BITS].filter(([, bit]) => (statusMask & bit) !== 0);
  const texts = [
    state === undefined ? '' : `${bang(state.isInverted)} --ctstate ${formatStates(wanted)}`,
    proto === undefined ? '' : `${bang(proto.isInverted)} --ctproto ${protoNumber ?? 0}`,
    ...tuples.map((one) => one.text),
    status === undefined
      ? ''
      : `${bang(status.isInverted)} --ctstatus ${
          statusMask === 0 ? 'NONE' : statusNames.map(([name]) => name).join(',')
        }`,
    dir === undefined ? '' : ` --ctdir ${dir}`,
  ];
  return {
    name: 'conntrack',
    text: texts.join(''),
    needsConntrack: true,
    ...(status === undefined && proto === undefined && tuples.length === 0
      ? { reads: { meta: stateFields(wanted) | (dir === undefined ? 0 : FieldBit.ctReply) } }
      : {}),
    test({ skb }): boolean {
      if (state !== undefined && ((stateBits(skb) & wanted) !== 0) === state.isInverted) {
        return false;
      }
      const ct = skb.ct;
      if (ct === undefined) return state !== undefined;
      if (dir !== undefined && skb.ctReply !== (dir === 'REPLY')) return false;
      if (proto !== undefined && (ct.orig.proto === protoNumber) === proto.isInverted) return false;
      if (status !== undefined && ((ct.status & statusMask) !== 0) === status.isInverted) {
        return false;
      }
      return tuples.every((one) => one.test(ct.orig, ct.reply));
    },
  };
}

function protoOf(text: string): number | undefined {
  const known: ReadonlyMap<string, number> = new Map([
    ['tcp', 6],
    ['udp', 17],
    ['icmp', 1],
    ['sctp', 132],
  ]);
  return known.get(text.toLowerCase()) ?? parseNumber(text, 255);
}

export const CONNTRACK_MATCH: MatchExtension = {
  name: 'conntrack',
  options: new Map<string, 0 | 1 | 2 | string>([
    ['ctstate', 1],
    ['ctproto', 1],
    ['ctstatus', 1],
    ['ctdir', 1],
    ...TUPLE_OPTIONS.map((one): [string, 1] => [one.option, 1]),
  ]),
  build: buildConntrack,
};

const OLD_STATES = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED'];

export const STATE_MATCH: MatchExtension = {
  name: 'state',
  options: new Map<string, 0 | 1 | 2 | string>([['state', 1]]),
  build(options, context): Match {
    const given = options.get('state');
    if (given === undefined) context.fail('state: option "--state" must be specified\n');
    const wanted = parseStates(given?.value ?? 'NEW', OLD_STATES, context);
    const isInverted = given?.isInverted ?? false;
    return {
      name: 'state',
      text: `${bang(isInverted)} --state ${formatStates(wanted)}`,
      needsConntrack: true,
      reads: { meta: stateFields(wanted) },
      test: ({ skb }) => ((stateBits(skb) & wanted) !== 0) !== isInverted,
    };
  },
};
