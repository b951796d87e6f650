/**
 * The addrtype match: what kind of address the local routing table says it is (xt_addrtype.c).
 */
import { type Ip, IP_BROADCAST, isIpv4, isMulticast } from '@podwire/base';
import type { Dev } from '../../../dev/dev.ts';
import type { NetNs } from '../../../netns.ts';
import { type BuildContext, type GivenOption, type MatchExtension, bang } from '../options.ts';
import { ALL_BITS, HIGH_HALF, LOW_HALF } from '../packet-fields.ts';
import type { Match } from '../rule.ts';

const TYPES = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
] as const;
type AddressType = (typeof TYPES)[number];

/** inet_dev_addr_type: only the local table counts; with a device, only its own addresses. */
export function addressType(ns: NetNs, ip: Ip, dev: Dev | undefined): AddressType {
  if (isIpv4(ip) && (ip >>> 24 === 0 || ip === IP_BROADCAST)) return 'BROADCAST';
  if (isMulticast(ip)) return 'MULTICAST';
  const route = ns.lookup(ip);
  if (route === undefined || (route.type !== 'local' && route.type !== 'broadcast')) {
    return 'UNICAST';
  }
  if (dev !== undefined && route.dev !== dev) return 'UNICAST';
  return route.type === 'local' ? 'LOCAL' : 'BROADCAST';
}

interface TypeTest {
  readonly types: ReadonlySet<string>;
  readonly isInverted: boolean;
  readonly text: string;
}

function typeTest(
  given: GivenOption | undefined,
  option: string,
  context: BuildContext,
): TypeTest | undefined {
  if (given === undefined) return undefined;
  const types = new Set<string>();
  for (const word of given.value.split(',')) {
    const type = TYPES.find((one) => one === word.toUpperCase());
    if (type === undefined) context.fail(`addrtype: bad type \`${word}'`);
    else types.add(type);
  }
  const names = TYPES.filter((one) => types.has(one)).join(',');
  return {
    types,
    isInverted: given.isInverted,
    text: `${bang(given.isInverted)} --${option} ${names}`,
  };
}

export const ADDRTYPE_MATCH: MatchExtension = {
  name: 'addrtype',
  options: new Map<string, 0 | 1 | 2 | string>([
    ['src-type', 1],
    ['dst-type', 1],
    ['limit-iface-in', 0],
    ['limit-iface-out', 0],
  ]),
  build(options, context): Match {
    const src = typeTest(options.get('src-type'), 'src-type', context);
    const dst = typeTest(options.get('dst-type'), 'dst-type', context);
    if (src === undefined && dst === undefined) {
      context.fail('addrtype: you must specify --src-type or --dst-type');
    }
    const limitIn = options.has('limit-iface-in');
    const limitOut = options.has('limit-iface-out');
    const limits = `${limitIn ? ' --limit-iface-in' : ''}${limitOut ? ' --limit-iface-out' : ''}`;
    return {
      name: 'addrtype',
      text: `${src?.text ?? ''}${dst?.text ?? ''}${limits}`,
      reads: {
        src: src === undefined ? 0 : ALL_BITS,
        dst: dst === undefined ? 0 : ALL_BITS,
        devs: limitIn ? HIGH_HALF : limitOut ? LOW_HALF : 0,
      },
      test({ ns, packet, inDev, outDev }): boolean {
        const dev = limitIn ? inDev : limitOut ? outDev : undefined;
        const passes = (test: TypeTest, ip: Ip): boolean =>
          test.types.has(addressType(ns, ip, dev)) !== test.isInverted;
        if (src !== undefined && !passes(src, packet.src)) return false;
        return dst === undefined || passes(dst, packet.dst);
      },
    };
  },
};
