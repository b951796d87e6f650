/**
 * The mark and connmark matches.
 */
import {
  type BuildContext,
  type MatchExtension,
  type Options,
  bang,
  hex,
  parseMarkMask,
} from '../options.ts';
import type { Match, RuleContext } from '../rule.ts';

function buildMark(
  name: string,
  options: Options,
  context: BuildContext,
  read: (context: RuleContext) => number | undefined,
): Match {
  const given = options.get('mark');
  if (given === undefined) context.fail(`${name}: option "--mark" must be specified\n`);
  const parsed = parseMarkMask(given?.value ?? '0');
  if (parsed === undefined) {
    context.fail(`${name}: bad mark value for option "--mark", or out of range.\n`);
  }
  const { value, mask } = parsed ?? { value: 0, mask: 0 };
  const isInverted = given?.isInverted ?? false;
  const masked = mask === 0xffffffff ? '' : `/${hex(mask)}`;
  return {
    name,
    text: `${bang(isInverted)} --mark ${hex(value)}${masked}`,
    needsConntrack: name === 'connmark',
    // A connection's mark is no field of the packet.
    ...(name === 'mark' ? { reads: { mark: mask | 0 } } : {}),
    test(rule): boolean {
      const mark = read(rule);
      return mark !== undefined && ((mark & mask) >>> 0 === value) !== isInverted;
    },
  };
}

export const MARK_MATCH: MatchExtension = {
  name: 'mark',
  options: new Map<string, 0 | 1 | 2 | string>([['mark', 1]]),
  build: (options, context) => buildMark('mark', options, context, ({ skb }) => skb.mark),
};

export const CONNMARK_MATCH: MatchExtension = {
  name: 'connmark',
  options: new Map<string, 0 | 1 | 2 | string>([['mark', 1]]),
  build: (options, context) => buildMark('connmark', options, context, ({ skb }) => skb.ct?.mark),
};
