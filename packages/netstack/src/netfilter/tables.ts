/**
 * The iptables tables and connection tracking of one namespace, run hook by hook.
 */
import type { NetNs } from '../netns.ts';
import type { Skb } from '../skb.ts';
import type { Hook, Netfilter, Verdict } from './hook.ts';

export class NetfilterTables implements Netfilter {
  readonly ns: NetNs;

  constructor(ns: NetNs) {
    this.ns = ns;
  }

  run(_hook: Hook, _ns: NetNs, _skb: Skb): Verdict {
    return 'accept';
  }
}
