/**
 * The plain verdicts, and the targets that only watch: LOG, NFLOG, TRACE, and those that switch tracking
 * off: NOTRACK, CT.
 */
import { type TargetExtension, parseNumber, quote } from '../options.ts';
import type { Target } from '../rule.ts';

function verdictTarget(name: string, verdict: 'accept' | 'drop' | 'return'): TargetExtension {
  const target: Target = { name, text: name, verdict, run: () => verdict };
  return { name, options: new Map(), build: () => target };
}

export const ACCEPT_TARGET: TargetExtension = verdictTarget('ACCEPT', 'accept');
export const DROP_TARGET: TargetExtension = verdictTarget('DROP', 'drop');
export const RETURN_TARGET: TargetExtension = verdictTarget('RETURN', 'return');

const LEVELS = ['emerg', 'alert', 'crit', 'error', 'warning', 'notice', 'info', 'debug'];
const DEFAULT_LEVEL = 4;
const LOG_FLAGS = [
  'log-tcp-sequence',
  'log-tcp-options',
  'log-ip-options',
  'log-uid',
  'log-macdecode',
];

export const LOG_TARGET: TargetExtension = {
  name: 'LOG',
  options: new Map<string, 0 | 1 | 2 | string>([
    ['log-prefix', 1],
    ['log-level', 1],
    ...LOG_FLAGS.map((flag): [string, 0] => [flag, 0]),
  ]),
  build(options, context): Target {
    const prefix = options.get('log-prefix')?.value;
    const levelText = options.get('log-level')?.value;
    const named = LEVELS.indexOf(levelText === 'warn' ? 'warning' : (levelText ?? ''));
    const level =
      levelText === undefined ? DEFAULT_LEVEL : named >= 0 ? named : parseNumber(levelText, 7);
    if (level === undefined) context.fail(`log-level "${levelText ?? ''}" unknown`);
    const texts = [
      prefix === undefined ? '' : ` --log-prefix ${quote(prefix)}`,
      level === DEFAULT_LEVEL || level === undefined ? '' : ` --log-level ${level}`,
      ...LOG_FLAGS.map((flag) => (options.has(flag) ? ` --${flag}` : '')),
    ];
    return { name: 'LOG', text: `LOG${texts.join('')}`, run: () => 'continue' };
  },
};

export const NOTRACK_TARGET: TargetExtension = {
  name: 'NOTRACK',
  options: new Map(),
  build(_options, context): Target {
    if (context.table !== 'raw') context.fail('RULE_APPEND failed (Invalid argument)');
    return notrack('NOTRACK');
  },
};

export const CT_TARGET: TargetExtension = {
  name: 'CT',
  options: new Map<string, 0 | 1 | 2 | string>([
    ['notrack', 0],
    ['zone', 1],
  ]),
  build(options, context): Target {
    if (context.table !== 'raw') context.fail('RULE_APPEND failed (Invalid argument)');
    if (options.has('notrack')) return notrack('CT --notrack');
    const given = options.get('zone');
    const zone = parseNumber(given?.value ?? '0', 65535);
    if (zone === undefined) {
      context.fail('CT: bad value for option "--zone", or out of range (0-65535).\n');
    }
    return {
      name: 'CT',
      text: given === undefined ? 'CT' : `CT --zone ${zone ?? 0}`,
      needsConntrack: true,
      run({ skb }): 'continue' {
        skb.ctZone = zone ?? 0;
        return 'continue';
      },
    };
  },
};

/** Does not by itself make the kernel track connections (xt_ct_tg_check leaves early). */
function notrack(text: string): Target {
  return {
    name: text === 'NOTRACK' ? 'NOTRACK' : 'CT',
    text,
    run({ skb }): 'continue' {
      if (skb.ct === undefined) skb.isUntracked = true;
      return 'continue';
    },
  };
}
