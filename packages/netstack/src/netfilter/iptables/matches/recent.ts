/**
 * The recent match: has this address been seen lately? kube-proxy's session affinity.
 */
import { type Ip, NS_PER_SEC, formatIp, isIpv4, parseIp } from '@podwire/base';
import {
  type BuildContext,
  type MatchExtension,
  type Options,
  bang,
  parseNumber,
} from '../options.ts';
import type { Match, RuleContext } from '../rule.ts';
import type { RecentEntry } from './recent-list.ts';

const ACTIONS = ['set', 'rcheck', 'update', 'remove'] as const;

interface RecentTest {
  readonly action: (typeof ACTIONS)[number];
  readonly isInverted: boolean;
  readonly seconds: number;
  readonly hitCount: number;
  readonly reaps: boolean;
  readonly checksTtl: boolean;
  readonly list: string;
  readonly mask: number;
  readonly isByDst: boolean;
}

function testRecent(test: RecentTest, context: RuleContext): boolean {
  const { packet, nowNs, memory } = context;
  const list = memory.recentList(test.list);
  const address: Ip = test.isByDst ? packet.dst : packet.src;
  const key = isIpv4(address) ? (address & test.mask) >>> 0 : address;
  const found = list.get(key);
  const entry = test.checksTtl && found?.ttlHops !== packet.ttlHops ? undefined : found;
  if (entry === undefined) {
    if (test.action !== 'set') return test.isInverted;
    list.add(key, packet.ttlHops, nowNs);
    return !test.isInverted;
  }
  if (test.action === 'remove') {
    list.remove(key);
    return !test.isInverted;
  }
  const isSeen = test.action === 'set' || wasSeen(test, entry, nowNs);
  if (test.reaps) {
    const spared = test.action === 'update' && isSeen ? entry : undefined;
    list.reap(nowNs - test.seconds * NS_PER_SEC, spared);
  }
  const result = isSeen !== test.isInverted;
  if (test.action === 'set' || (test.action === 'update' && result)) {
    list.touch(entry, packet.ttlHops, nowNs);
  }
  return result;
}

function wasSeen(test: RecentTest, entry: RecentEntry, nowNs: number): boolean {
  const sinceNs = nowNs - test.seconds * NS_PER_SEC;
  let hits = 0;
  for (const stampNs of entry.stampsNs) {
    if (test.seconds > 0 && stampNs < sinceNs) continue;
    if (test.hitCount === 0 || ++hits >= test.hitCount) return true;
  }
  return false;
}

function numberOption(options: Options, name: string, most: number, context: BuildContext): number {
  const given = options.get(name);
  if (given === undefined) return 0;
  const value = parseNumber(given.value, most);
  if (value === undefined || value === 0) {
    context.fail(`recent: bad value for option "--${name}", or out of range (1-${most}).\n`);
  }
  return value ?? 0;
}

function buildRecent(options: Options, context: BuildContext): Match {
  const action = ACTIONS.find((one) => options.has(one));
  if (action === undefined) {
    context.fail("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'");
  }
  const maskText = options.get('mask')?.value ?? '255.255.255.255';
  const mask = parseIp(maskText);
  if (mask === undefined) context.fail(`recent: bad value for option "--mask"`);
  const test: RecentTest = {
    action: action ?? 'rcheck',
    isInverted: action !== undefined && options.get(action)?.isInverted === true,
    seconds: numberOption(options, 'seconds', 0xffffffff, context),
    hitCount: numberOption(options, 'hitcount', 255, context),
    reaps: options.has('reap'),
    checksTtl: options.has('rttl'),
    list: options.get('name')?.value ?? 'DEFAULT',
    mask: mask ?? 0xffffffff,
    isByDst: options.has('rdest'),
  };
  if (test.reaps && test.seconds === 0) {
    context.fail('recent: option "--reap" requires "--seconds".\n');
  }
  const text = [
    `${bang(test.isInverted)} --${test.action}`,
    test.seconds > 0 ? ` --seconds ${test.seconds}` : '',
    test.reaps ? ' --reap' : '',
    test.hitCount > 0 ? ` --hitcount ${test.hitCount}` : '',
    test.checksTtl ? ' --rttl' : '',
    ` --name ${test.list} --mask ${formatIp(test.mask)}`,
    test.isByDst ? ' --rdest' : ' --rsource',
  ].join('');
  return {
    name: 'recent',
    text,
    recentList: test.list,
    test: (rule) => testRecent(test, rule),
  };
}

export const RECENT_MATCH: MatchExtension = {
  name: 'recent',
  options: new Map<string, 0 | 1 | 2 | string>([
    ['set', 0],
    ['rcheck', 0],
    ['update', 0],
    ['remove', 0],
    ['seconds', 1],
    ['hitcount', 1],
    ['reap', 0],
    ['rttl', 0],
    ['name', 1],
    ['mask', 1],
    ['rsource', 0],
    ['rdest', 0],
  ]),
  build: buildRecent,
};
