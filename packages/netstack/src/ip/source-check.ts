/**
 * Whether a received packet may have the source address it has (fib_validate_source).
 *
 * Called by ip/rcv.ts for every routed packet and by neigh/arp.ts for requests. A packet "from" one of
 * this host's own addresses is dropped; with rp_filter 1 the way back must use the same device, with 2
 * some way back must exist.
 */
import { type Ip, isLoopback } from '@podwire/base';
import type { DropReason } from '@podwire/trace';
import type { Dev } from '../dev/dev.ts';
import type { NetNs } from '../netns.ts';
import type { Skb } from '../skb.ts';

/** The reason to drop it, or undefined. `outDev` is the device it will leave by when it is forwarded. */
export function sourceProblem(
  ns: NetNs,
  skb: Skb,
  dev: Dev,
  outDev: Dev | undefined,
): DropReason | undefined {
  const src = skb.packet.src;
  const mode = Math.max(dev.conf.rp_filter, ns.sysctl.confAll.rp_filter);
  if (mode === 0 && (outDev !== dev || dev.conf.send_redirects === 0)) {
    if (dev.conf.accept_local !== 0 || !isOwnAddress(ns, src)) return undefined;
    return 'IP_LOCAL_SOURCE';
  }
  const back = ns.fib.lookup(src, 0, undefined, skb.packet.tos, markFor(dev, skb));
  if (back === undefined) return mode === 0 ? undefined : 'IP_RPFILTER';
  if (back.type !== 'unicast') {
    if (back.type === 'local' && dev.conf.accept_local !== 0) return undefined;
    if (back.type === 'local' || back.type === 'broadcast') return 'IP_LOCAL_SOURCE';
    return mode === 0 ? undefined : 'IP_RPFILTER';
  }
  if (back.dev === dev || mode === 0) return undefined;
  return mode === 1 ? 'IP_RPFILTER' : undefined;
}

function markFor(dev: Dev, skb: Skb): number {
  return dev.conf.src_valid_mark === 0 ? 0 : skb.mark;
}

function isOwnAddress(ns: NetNs, address: Ip): boolean {
  if (isLoopback(address)) return true;
  return ns.fib.lookup(address)?.type === 'local';
}
