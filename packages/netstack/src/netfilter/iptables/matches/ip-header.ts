/**
 * Matches of the IP header: iprange, length, ttl.
 */
import { type Ip, compareIp, formatIp, parseIp } from '@podwire/base';
import { ipLenBytes } from '@podwire/wire';
import {
  type BuildContext,
  type GivenOption,
  type MatchExtension,
  bang,
  formatPortRange,
  inRange,
  parseNumber,
} from '../options.ts';
import type { Match } from '../rule.ts';

interface IpRangeTest {
  readonly text: string;
  test(ip: Ip): boolean;
}

function ipRange(
  given: GivenOption | undefined,
  option: string,
  context: BuildContext,
): IpRangeTest | undefined {
  if (given === undefined) return undefined;
  const [first = '', last = first] = given.value.split('-');
  const from = parseIp(first);
  const to = parseIp(last);
  if (from === undefined || to === undefined) {
    context.fail(`iprange: Bad value for "--${option}" option: "${given.value}"`);
  }
  const [least, most] = [from ?? 0, to ?? 0];
  return {
    text: `${bang(given.isInverted)} --${option} ${formatIp(least)}-${formatIp(most)}`,
    test: (ip) => (compareIp(ip, least) >= 0 && compareIp(ip, most) <= 0) !== given.isInverted,
  };
}

export const IPRANGE_MATCH: MatchExtension = {
  name: 'iprange',
  options: new Map<string, 0 | 1 | 2 | string>([
    ['src-range', 1],
    ['dst-range', 1],
  ]),
  build(options, context): Match {
    const src = ipRange(options.get('src-range'), 'src-range', context);
    const dst = ipRange(options.get('dst-range'), 'dst-range', context);
    if (src === undefined && dst === undefined) {
      context.fail("iprange match: You must specify `--src-range' or `--dst-range'");
    }
    return {
      name: 'iprange',
      text: `${src?.text ?? ''}${dst?.text ?? ''}`,
      test: ({ packet }) =>
        (src === undefined || src.test(packet.src)) && (dst === undefined || dst.test(packet.dst)),
    };
  },
};

export const LENGTH_MATCH: MatchExtension = {
  name: 'length',
  options: new Map<string, 0 | 1 | 2 | string>([['length', 1]]),
  build(options, context): Match {
    const given = options.get('length');
    const [first = '', last = first] = given?.value.split(':') ?? [];
    const from = first === '' ? 0 : parseNumber(first, 65535);
    const to = last === '' ? 65535 : parseNumber(last, 65535);
    if (given === undefined) context.fail('length: option "--length" must be specified\n');
    else if (from === undefined || to === undefined || from > to) {
      context.fail('length: bad value for option "--length", or out of range (0-65535).\n');
    }
    const range = { from: from ?? 0, to: to ?? 65535 };
    const isInverted = given?.isInverted ?? false;
    return {
      name: 'length',
      text: `${bang(isInverted)} --length ${formatPortRange(range)}`,
      test: ({ packet }) => inRange(range, ipLenBytes(packet)) !== isInverted,
    };
  },
};

export const TTL_MATCH: MatchExtension = {
  name: 'ttl',
  options: new Map<string, 0 | 1 | 2 | string>([
    ['ttl-eq', 1],
    ['ttl-lt', 1],
    ['ttl-gt', 1],
  ]),
  build(options, context): Match {
    const form = (['ttl-eq', 'ttl-lt', 'ttl-gt'] as const).find((one) => options.has(one));
    if (form === undefined) {
      context.fail("TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt");
    }
    const given = form === undefined ? undefined : options.get(form);
    const value = parseNumber(given?.value ?? '', 255);
    if (given !== undefined && value === undefined) {
      context.fail(`ttl: bad value for option "--${form ?? ''}", or out of range (0-255).\n`);
    }
    const limit = value ?? 0;
    const isInverted = form === 'ttl-eq' && given?.isInverted === true;
    return {
      name: 'ttl',
      text: `${bang(isInverted)} --${form ?? ''} ${limit}`,
      test({ packet }): boolean {
        if (form === 'ttl-lt') return packet.ttlHops < limit;
        if (form === 'ttl-gt') return packet.ttlHops > limit;
        return (packet.ttlHops === limit) !== isInverted;
      },
    };
  },
};
