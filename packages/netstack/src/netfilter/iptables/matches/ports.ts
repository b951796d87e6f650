/**
 * The tcp, udp and sctp matches: ports, and for TCP flags and options.
 */
import { isLaterFragment } from '@podwire/wire';
import {
  type BuildContext,
  type MatchExtension,
  type OptionTable,
  type Options,
  type PortRange,
  bang,
  formatPortRange,
  inRange,
  parseNumber,
  parsePortRange,
} from '../options.ts';
import { FieldBit, HIGH_HALF, LOW_HALF, type PacketFields } from '../packet-fields.ts';
import type { Match, RuleContext } from '../rule.ts';

const PORT_OPTIONS: readonly (readonly [string, 1 | string])[] = [
  ['source-port', 1],
  ['sport', 'source-port'],
  ['destination-port', 1],
  ['dport', 'destination-port'],
];

interface PortTest {
  readonly range: PortRange;
  readonly isInverted: boolean;
}

/** A match of ports alone can be indexed by the fast evaluator. */
export interface PortMatch extends Match {
  readonly sport: PortTest | undefined;
  readonly dport: PortTest | undefined;
  readonly hasMore: boolean;
}

function portTest(options: Options, name: string, context: BuildContext): PortTest | undefined {
  const given = options.get(name);
  if (given === undefined) return undefined;
  return { range: parsePortRange(given.value, context), isInverted: given.isInverted };
}

function portText(test: PortTest | undefined, option: string): string {
  if (test === undefined) return '';
  if (test.range.from === 0 && test.range.to === 65535 && !test.isInverted) return '';
  return `${bang(test.isInverted)} ${option} ${formatPortRange(test.range)}`;
}

function testPort(test: PortTest | undefined, port: number): boolean {
  return test === undefined || inRange(test.range, port) !== test.isInverted;
}

function portMatch(name: string, options: Options, context: BuildContext): PortMatch {
  const sport = portTest(options, 'source-port', context);
  const dport = portTest(options, 'destination-port', context);
  return {
    name,
    sport,
    dport,
    hasMore: false,
    reads: {
      ports: (sport === undefined ? 0 : HIGH_HALF) | (dport === undefined ? 0 : LOW_HALF),
      meta: FieldBit.laterFragment,
    },
    text: portText(sport, '--sport') + portText(dport, '--dport'),
    test(rule: RuleContext): boolean {
      const packet = rule.packet;
      if (isLaterFragment(packet)) return false;
      return testPort(sport, packet.srcPort) && testPort(dport, packet.dstPort);
    },
  };
}

const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'] as const;
const ALL_FLAGS = 0x3f;
const SYN_MASK = 0x17;
const SYN_FLAG = 0x02;

function parseFlags(text: string, context: BuildContext): number {
  let flags = 0;
  for (const word of text.split(',')) {
    const index = FLAG_NAMES.findIndex((name) => name === word.toUpperCase());
    if (index >= 0) flags |= 1 << index;
    else if (word.toUpperCase() === 'ALL') flags |= ALL_FLAGS;
    else if (word.toUpperCase() !== 'NONE') context.fail(`Unknown TCP flag \`${word}'`);
  }
  return flags;
}

function formatFlags(flags: number): string {
  if (flags === 0) return 'NONE';
  return FLAG_NAMES.filter((_, index) => (flags & (1 << index)) !== 0).join(',');
}

/** Bytes of options that a segment would carry, by option kind. */
function hasTcpOption(context: RuleContext, kind: number): boolean {
  const packet = context.packet;
  switch (kind) {
    case 2:
      return packet.optMss > 0;
    case 3:
      return packet.optWscale >= 0;
    case 4:
      return packet.optSackOk;
    case 5:
      return packet.optSack !== undefined;
    case 8:
      return packet.optTsVal >= 0;
    default:
      return false;
  }
}

function buildTcp(options: Options, context: BuildContext): PortMatch {
  const ports = portMatch('tcp', options, context);
  const syn = options.get('syn');
  const given = options.get('tcp-flags') ?? syn;
  const option = options.get('tcp-option');
  if (given === undefined && option === undefined) return ports;
  const mask = given === syn ? SYN_MASK : parseFlags(given?.value ?? '', context);
  const wanted = given === syn ? SYN_FLAG : parseFlags(given?.second ?? '', context);
  const isInverted = given?.isInverted ?? false;
  const kind = option === undefined ? undefined : parseNumber(option.value, 255);
  if (option !== undefined && kind === undefined) {
    context.fail(`Bad TCP option \`${option.value}'`);
  }
  const optionText =
    option === undefined ? '' : `${bang(option.isInverted)} --tcp-option ${option.value}`;
  const flagText =
    given === undefined
      ? ''
      : `${bang(isInverted)} --tcp-flags ${formatFlags(mask)} ${formatFlags(wanted)}`;
  const { reads: portReads, ...rest } = ports;
  const reads: Partial<PacketFields> | undefined =
    kind === undefined
      ? { ...portReads, meta: (portReads?.meta ?? 0) | FieldBit.tcpFlags }
      : undefined;
  return {
    ...rest,
    ...(reads === undefined ? {} : { reads }),
    hasMore: true,
    text: ports.text + optionText + flagText,
    test(rule: RuleContext): boolean {
      if (!ports.test(rule)) return false;
      if (kind !== undefined && hasTcpOption(rule, kind) === (option?.isInverted ?? false)) {
        return false;
      }
      if (given === undefined) return true;
      return ((rule.packet.tcpFlags & mask) === wanted) !== isInverted;
    },
  };
}

function repeatText(option: string): string {
  return `Only one \`--${option}' allowed`;
}

export const TCP_MATCH: MatchExtension = {
  name: 'tcp',
  options: new Map<string, 0 | 1 | 2 | string>([
    ...PORT_OPTIONS,
    ['syn', 0],
    ['tcp-flags', 2],
    ['tcp-option', 1],
  ]),
  repeatText,
  build: buildTcp,
};

const UDP_OPTIONS: OptionTable = new Map<string, 0 | 1 | 2 | string>(PORT_OPTIONS);

export const UDP_MATCH: MatchExtension = {
  name: 'udp',
  options: UDP_OPTIONS,
  repeatText,
  build: (options, context) => portMatch('udp', options, context),
};

export const SCTP_MATCH: MatchExtension = {
  name: 'sctp',
  options: UDP_OPTIONS,
  repeatText,
  build: (options, context) => portMatch('sctp', options, context),
};
