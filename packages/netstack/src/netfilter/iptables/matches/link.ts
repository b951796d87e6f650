/**
 * Matches of the link layer: mac, physdev, pkttype.
 */
import { type Mac, formatMac, parseMac } from '@podwire/base';
import type { Dev } from '../../../dev/dev.ts';
import { type GivenOption, type MatchExtension, bang } from '../options.ts';
import { ALL_BITS } from '../packet-fields.ts';
import { type InterfaceTest, type Match, testInterface } from '../rule.ts';

export const MAC_MATCH: MatchExtension = {
  name: 'mac',
  options: new Map<string, 0 | 1 | 2 | string>([['mac-source', 1]]),
  build(options, context): Match {
    const given = options.get('mac-source');
    const mac: Mac | undefined = given === undefined ? undefined : parseMac(given.value);
    if (given === undefined) context.fail('mac: option "--mac-source" must be specified\n');
    else if (mac === undefined) {
      context.fail('mac: bad value for option "--mac-source", or out of range.\n');
    }
    const isInverted = given?.isInverted ?? false;
    return {
      name: 'mac',
      text: `${bang(isInverted)} --mac-source ${formatMac(mac ?? 0)}`,
      test: ({ packet, inDev }) => hasMac(inDev) && (packet.ethSrc === mac) !== isInverted,
    };
  },
};

/** Loopback frames carry no hardware address that a rule could see (ARPHRD_LOOPBACK). */
function hasMac(dev: Dev | undefined): boolean {
  return dev !== undefined && dev.kind !== 'loopback';
}

function physTest(given: GivenOption | undefined, option: string): InterfaceTest | undefined {
  if (given === undefined) return undefined;
  const isPrefix = given.value.endsWith('+');
  return {
    name: isPrefix ? given.value.slice(0, -1) : given.value,
    isPrefix,
    isInverted: given.isInverted,
    text: `${bang(given.isInverted)} --${option} ${given.value}`,
  };
}

export const PHYSDEV_MATCH: MatchExtension = {
  name: 'physdev',
  options: new Map<string, 0 | 1 | 2 | string>([
    ['physdev-in', 1],
    ['physdev-out', 1],
    ['physdev-is-in', 0],
    ['physdev-is-out', 0],
    ['physdev-is-bridged', 0],
  ]),
  build(options, context): Match {
    if (options.count === 0) context.fail('PHYSDEV: no physdev option specified');
    const inTest = physTest(options.get('physdev-in'), 'physdev-in');
    const outTest = physTest(options.get('physdev-out'), 'physdev-out');
    const flags = ['physdev-is-in', 'physdev-is-out', 'physdev-is-bridged'] as const;
    const flagText = flags
      .map((flag) => {
        const given = options.get(flag);
        return given === undefined ? '' : `${bang(given.isInverted)} --${flag}`;
      })
      .join('');
    const wanted = (flag: (typeof flags)[number]): boolean | undefined => {
      const given = options.get(flag);
      return given === undefined ? undefined : !given.isInverted;
    };
    const [isIn, isOut, isBridged] = [
      wanted('physdev-is-in'),
      wanted('physdev-is-out'),
      wanted('physdev-is-bridged'),
    ];
    return {
      name: 'physdev',
      text: `${inTest?.text ?? ''}${outTest?.text ?? ''}${flagText}`,
      reads: { phys: ALL_BITS },
      test({ skb }): boolean {
        const { physInDev, physOutDev } = skb;
        if (
          isBridged !== undefined &&
          isBridged !== (physInDev !== undefined && physOutDev !== undefined)
        ) {
          return false;
        }
        if (isIn !== undefined && isIn !== (physInDev !== undefined)) return false;
        if (isOut !== undefined && isOut !== (physOutDev !== undefined)) return false;
        if (inTest !== undefined && !testInterface(inTest, physInDev)) return false;
        return outTest === undefined || testInterface(outTest, physOutDev);
      },
    };
  },
};

const BROADCAST_MAC: Mac = 0xffffffffffff;

export const PKTTYPE_MATCH: MatchExtension = {
  name: 'pkttype',
  options: new Map<string, 0 | 1 | 2 | string>([['pkt-type', 1]]),
  build(options, context): Match {
    const given = options.get('pkt-type');
    const type = given?.value ?? '';
    if (given === undefined) context.fail('pkttype: option "--pkt-type" must be specified\n');
    else if (!['unicast', 'broadcast', 'multicast'].includes(type)) {
      context.fail(`Bad packet type '${type}'`);
    }
    const isInverted = given?.isInverted ?? false;
    return {
      name: 'pkttype',
      text: `${bang(isInverted)} --pkt-type ${type}`,
      test({ packet, inDev }): boolean {
        const isGroup = Math.floor(packet.ethDst / 2 ** 40) % 2 === 1;
        const own =
          inDev === undefined || !isGroup
            ? 'unicast'
            : packet.ethDst === BROADCAST_MAC
              ? 'broadcast'
              : 'multicast';
        return (own === type) !== isInverted;
      },
    };
  },
};
