/**
 * The limit match: a token bucket per rule (xt_limit.c).
 */
import { NS_PER_SEC } from '@podwire/base';
import { type MatchExtension, parseNumber } from '../options.ts';
import type { Match } from '../rule.ts';

const DEFAULT_BURST = 5;
/** Rates are kept as ten-thousandths of a second between packets (XT_LIMIT_SCALE). */
const SCALE = 10_000;

const UNITS = [
  { name: 'day', mult: SCALE * 86_400 },
  { name: 'hour', mult: SCALE * 3600 },
  { name: 'min', mult: SCALE * 60 },
  { name: 'sec', mult: SCALE },
] as const;

/** Parses `5/min` into the ten-thousandths of a second between packets. */
function parseRate(text: string): number | undefined {
  const match = /^(\d+)(?:\/(.+))?$/.exec(text);
  if (match === null) return undefined;
  const rate = Number(match[1]);
  const word = (match[2] ?? 'sec').toLowerCase();
  const unit = [...UNITS].reverse().find(({ name }) => {
    const long = name === 'sec' ? 'second' : name === 'min' ? 'minute' : name;
    return long.startsWith(word);
  });
  if (rate === 0 || unit === undefined) return undefined;
  const period = Math.floor(unit.mult / rate);
  return period === 0 ? undefined : period;
}

function formatRate(period: number): string {
  let chosen: (typeof UNITS)[number] = UNITS[3];
  for (let index = UNITS.length - 1; index >= 0; index--) {
    const unit = UNITS[index] ?? UNITS[3];
    chosen = unit;
    if (period <= unit.mult && Math.floor(unit.mult / period) >= unit.mult % period) break;
  }
  return `${Math.floor(chosen.mult / period)}/${chosen.name}`;
}

export const LIMIT_MATCH: MatchExtension = {
  name: 'limit',
  options: new Map<string, 0 | 1 | 2 | string>([
    ['limit', 1],
    ['limit-burst', 1],
  ]),
  build(options, context): Match {
    const text = options.get('limit')?.value ?? '3/hour';
    const period = parseRate(text);
    if (period === undefined) {
      context.fail(`bad rate \`${text}'`);
    }
    const burst = parseNumber(options.get('limit-burst')?.value ?? `${DEFAULT_BURST}`, 10_000);
    if (burst === undefined) {
      context.fail('limit: bad value for option "--limit-burst", or out of range (0-10000).\n');
    }
    const costNs = ((period ?? SCALE) * NS_PER_SEC) / SCALE;
    const capNs = costNs * (burst ?? DEFAULT_BURST);
    const burstText = burst === DEFAULT_BURST ? '' : ` --limit-burst ${burst ?? 0}`;
    const match: Match = {
      name: 'limit',
      text: ` --limit ${formatRate(period ?? SCALE)}${burstText}`,
      isPerRule: true,
      test({ memory, nowNs }): boolean {
        const state = memory.stateOf(match, () => ({ creditNs: capNs, atNs: nowNs }));
        state.creditNs = Math.min(capNs, state.creditNs + nowNs - state.atNs);
        state.atNs = nowNs;
        if (state.creditNs < costNs) return false;
        state.creditNs -= costNs;
        return true;
      },
    };
    return match;
  },
};
