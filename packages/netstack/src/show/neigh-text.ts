/**
 * Neighbours as `ip neigh` prints them (iproute2 6.1).
 */
import { formatIp, formatMac } from '@podwire/base';
import type { Neigh } from '../neigh/neigh.ts';
import type { NetNs } from '../netns.ts';

/** One entry without the trailing blank that iproute2 leaves. */
export function formatNeigh(ns: NetNs, neigh: Neigh): string {
  const state = ns.neigh.stateOf(neigh);
  const hasMac = state !== 'INCOMPLETE' && state !== 'FAILED' && state !== 'NONE';
  const mac = hasMac ? ` lladdr ${formatMac(neigh.mac)}` : '';
  const protocol = neigh.protocol === '' ? '' : ` proto ${neigh.protocol}`;
  return `${formatIp(neigh.ip)} dev ${neigh.dev.name}${mac} ${state}${protocol}`;
}

export interface NeighListOptions {
  readonly dev?: string;
  readonly ip?: number;
}

/** `ip neigh show`: NOARP entries are left out, as iproute2 does. */
export function formatIpNeigh(ns: NetNs, options: NeighListOptions = {}): string {
  let text = '';
  for (const neigh of ns.neigh.list()) {
    if (options.dev !== undefined && neigh.dev.name !== options.dev) continue;
    if (options.ip !== undefined && neigh.ip !== options.ip) continue;
    const state = ns.neigh.stateOf(neigh);
    if (state === 'NOARP' || state === 'NONE') continue;
    const line = formatNeigh(ns, neigh);
    text +=
      options.dev === undefined ? `${line} \n` : `${line.replace(` dev ${options.dev}`, '')} \n`;
  }
  return text;
}
