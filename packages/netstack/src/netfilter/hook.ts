/**
 * The five hooks and who is called at each, in the kernel's order of priority.
 *
 * Order is data: `HOOK_ORDER` is the one place that says what runs before what (enum nf_ip_hook_priorities).
 */
import type { NetNs } from '../netns.ts';
import type { Skb } from '../skb.ts';

export const HOOKS = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;
export type Hook = (typeof HOOKS)[number];

/** `accept` lets the packet go on; `drop` ends it; `stolen` = the callee took it (queued, answered). */
export type Verdict = 'accept' | 'drop' | 'stolen';

export type HookStage =
  | 'defrag'
  | 'raw'
  | 'conntrack'
  | 'mangle'
  | 'nat-dst'
  | 'filter'
  | 'security'
  | 'nat-src'
  | 'confirm';

/** Stages at each hook in order of priority: -400, -300, -200, -150, -100, 0, 50, 100, last. */
export const HOOK_ORDER: Readonly<Record<Hook, readonly HookStage[]>> = {
  prerouting: ['defrag', 'raw', 'conntrack', 'mangle', 'nat-dst'],
  input: ['mangle', 'filter', 'security', 'nat-src', 'confirm'],
  forward: ['mangle', 'filter', 'security'],
  output: ['defrag', 'raw', 'conntrack', 'mangle', 'nat-dst', 'filter', 'security'],
  postrouting: ['mangle', 'nat-src', 'confirm'],
};

/** What a namespace's netfilter does with a packet at a hook; on `drop` it has recorded and counted the end. */
export interface Netfilter {
  run(hook: Hook, ns: NetNs, skb: Skb): Verdict;
}
