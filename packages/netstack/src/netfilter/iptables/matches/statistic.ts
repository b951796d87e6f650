/**
 * The statistic match: at random, or each n-th packet.
 *
 * The kernel keeps a probability as a number of 2^-31, which is why 1/3 prints as 0.33333333349.
 */
import { type MatchExtension, bang, parseNumber } from '../options.ts';
import type { Match } from '../rule.ts';

const SCALE = 2 ** 31;

/** How iptables-save prints a probability after the kernel has stored it. */
export function formatProbability(probability: number): string {
  return (Math.round(probability * SCALE) / SCALE).toFixed(11);
}

function randomMatch(text: string, isInverted: boolean): Match | undefined {
  const probability = Number(text);
  if (text === '' || !(probability >= 0 && probability <= 1)) return undefined;
  const limit = Math.round(probability * SCALE);
  return {
    name: 'statistic',
    text: ` --mode random${bang(isInverted)} --probability ${formatProbability(probability)}`,
    test: ({ memory }) => (memory.rng.uint32() & 0x7fffffff) < limit !== isInverted,
  };
}

function nthMatch(every: number, packet: number, isInverted: boolean): Match {
  const match: Match = {
    name: 'statistic',
    text: ` --mode nth${bang(isInverted)} --every ${every} --packet ${packet}`,
    isPerRule: true,
    test({ memory }): boolean {
      const state = memory.stateOf(match, () => ({ count: every - 1 - packet }));
      state.count = state.count === every - 1 ? 0 : state.count + 1;
      return (state.count === 0) !== isInverted;
    },
  };
  return match;
}

export const STATISTIC_MATCH: MatchExtension = {
  name: 'statistic',
  options: new Map<string, 0 | 1 | 2 | string>([
    ['mode', 1],
    ['probability', 1],
    ['every', 1],
    ['packet', 1],
  ]),
  build(options, context): Match {
    const mode = options.get('mode')?.value;
    if (mode === undefined) context.fail('statistic: option "--mode" must be specified\n');
    else if (mode !== 'random' && mode !== 'nth') context.fail(`Bad mode "${mode}"`);
    if (mode === 'nth') {
      const every = options.get('every');
      const count = parseNumber(every?.value ?? '');
      if (every === undefined) {
        context.fail('statistic: option "--every" must be specified when in nth mode\n');
      } else if (count === undefined || count === 0) {
        context.fail('cannot have an "every" value of 0');
      }
      const packet = parseNumber(options.get('packet')?.value ?? '0') ?? 0;
      if (packet >= (count ?? 1)) context.fail('the --packet p must be 0 <= p <= n-1');
      return nthMatch(count ?? 1, packet, every?.isInverted ?? false);
    }
    const given = options.get('probability');
    const match = randomMatch(given?.value ?? '', given?.isInverted ?? false);
    if (match !== undefined) return match;
    context.fail(
      given === undefined
        ? 'statistic: option "--probability" must be specified when in random mode\n'
        : 'statistic: bad value for option "--probability", or out of range (0-1).\n',
    );
    return { name: 'statistic', text: '', test: () => false };
  },
};
