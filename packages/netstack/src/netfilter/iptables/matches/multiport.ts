/**
 * The multiport match: up to 15 ports and ranges.
 */
import { IpProto, isLaterFragment } from '@podwire/wire';
import {
  type MatchExtension,
  type PortRange,
  bang,
  formatPortRange,
  inRange,
  parsePort,
} from '../options.ts';
import { ALL_BITS, FieldBit } from '../packet-fields.ts';
import type { Match } from '../rule.ts';

const MAX_PORTS = 15;
const PROTOCOLS: ReadonlySet<number> = new Set([IpProto.tcp, IpProto.udp, 136, IpProto.sctp, 33]);

const FORMS = ['source-ports', 'destination-ports', 'ports'] as const;
const SHOWN = { 'source-ports': 'sports', 'destination-ports': 'dports', ports: 'ports' } as const;

export const MULTIPORT_MATCH: MatchExtension = {
  name: 'multiport',
  options: new Map<string, 0 | 1 | 2 | string>([
    ['source-ports', 1],
    ['sports', 'source-ports'],
    ['destination-ports', 1],
    ['dports', 'destination-ports'],
    ['ports', 1],
  ]),
  build(options, context): Match {
    const form = FORMS.find((one) => options.has(one)) ?? 'ports';
    const given = options.get(form);
    if (given === undefined) context.fail('multiport expection an option');
    if (!PROTOCOLS.has(context.proto) || context.isProtoInverted) {
      context.fail("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'");
    }
    const ranges: PortRange[] = [];
    let count = 0;
    for (const word of given?.value.split(',') ?? []) {
      const [first = '', last] = word.split(':');
      const from = parsePort(first);
      const to = last === undefined ? from : parsePort(last);
      if (from === undefined) context.fail(`invalid port/service \`${first}' specified`);
      else if (to === undefined) context.fail(`invalid port/service \`${last ?? ''}' specified`);
      else if (from > to) context.fail('invalid portrange specified');
      count += last === undefined ? 1 : 2;
      ranges.push({ from: from ?? 0, to: to ?? 0 });
    }
    if (count > MAX_PORTS) context.fail('too many ports specified');
    const isInverted = given?.isInverted ?? false;
    return {
      name: 'multiport',
      text: `${bang(isInverted)} --${SHOWN[form]} ${ranges.map(formatPortRange).join(',')}`,
      reads: { ports: ALL_BITS, meta: FieldBit.proto | FieldBit.laterFragment },
      test({ packet }): boolean {
        if (isLaterFragment(packet)) return false;
        const { srcPort, dstPort } = packet;
        const isListed = ranges.some(
          (range) =>
            (form !== 'destination-ports' && inRange(range, srcPort)) ||
            (form !== 'source-ports' && inRange(range, dstPort)),
        );
        return isListed !== isInverted;
      },
    };
  },
};
