/**
 * The icmp match: type and code by name or number.
 */
import { isLaterFragment } from '@podwire/wire';
import { type MatchExtension, bang, parseNumber } from '../options.ts';
import { ALL_BITS, FieldBit } from '../packet-fields.ts';
import type { Match } from '../rule.ts';

/** Type, least and greatest code, as libxt_icmp.h. */
const NAMES: ReadonlyMap<string, readonly [number, number, number]> = new Map([
  ['any', [255, 0, 255]],
  ['echo-reply', [0, 0, 255]],
  ['pong', [0, 0, 255]],
  ['destination-unreachable', [3, 0, 255]],
  ['network-unreachable', [3, 0, 0]],
  ['host-unreachable', [3, 1, 1]],
  ['protocol-unreachable', [3, 2, 2]],
  ['port-unreachable', [3, 3, 3]],
  ['fragmentation-needed', [3, 4, 4]],
  ['source-route-failed', [3, 5, 5]],
  ['network-unknown', [3, 6, 6]],
  ['host-unknown', [3, 7, 7]],
  ['network-prohibited', [3, 9, 9]],
  ['host-prohibited', [3, 10, 10]],
  ['communication-prohibited', [3, 13, 13]],
  ['source-quench', [4, 0, 255]],
  ['redirect', [5, 0, 255]],
  ['echo-request', [8, 0, 255]],
  ['ping', [8, 0, 255]],
  ['router-advertisement', [9, 0, 255]],
  ['router-solicitation', [10, 0, 255]],
  ['time-exceeded', [11, 0, 255]],
  ['ttl-exceeded', [11, 0, 255]],
  ['ttl-zero-during-transit', [11, 0, 0]],
  ['ttl-zero-during-reassembly', [11, 1, 1]],
  ['parameter-problem', [12, 0, 255]],
  ['timestamp-request', [13, 0, 255]],
  ['timestamp-reply', [14, 0, 255]],
  ['address-mask-request', [17, 0, 255]],
  ['address-mask-reply', [18, 0, 255]],
]);

function parseType(text: string): readonly [number, number, number] | undefined {
  const named = NAMES.get(text.toLowerCase());
  if (named !== undefined) return named;
  const [typeText = '', codeText] = text.split('/');
  const type = parseNumber(typeText, 255);
  const code = codeText === undefined ? 0 : parseNumber(codeText, 255);
  if (type === undefined || code === undefined) return undefined;
  return codeText === undefined ? [type, 0, 255] : [type, code, code];
}

export const ICMP_MATCH: MatchExtension = {
  name: 'icmp',
  options: new Map<string, 0 | 1 | 2 | string>([['icmp-type', 1]]),
  build(options, context): Match {
    const given = options.get('icmp-type');
    if (given === undefined) context.fail('icmp: option "--icmp-type" must be specified\n');
    const parsed = parseType(given?.value ?? 'any');
    if (parsed === undefined) context.fail(`Unknown ICMP type \`${given?.value ?? ''}'`);
    const [type, least, most] = parsed ?? [255, 0, 255];
    const isInverted = given?.isInverted ?? false;
    const code = least === most ? `/${least}` : '';
    const shown = type === 255 ? 'any' : `${type}${code}`;
    return {
      name: 'icmp',
      text: given === undefined ? '' : `${bang(isInverted)} --icmp-type ${shown}`,
      reads: { ports: ALL_BITS, meta: FieldBit.proto | FieldBit.laterFragment },
      test({ packet }): boolean {
        if (isLaterFragment(packet)) return false;
        if (type === 255) return !isInverted;
        const { icmpType, icmpCode } = packet;
        return (icmpType === type && icmpCode >= least && icmpCode <= most) !== isInverted;
      },
    };
  },
};
