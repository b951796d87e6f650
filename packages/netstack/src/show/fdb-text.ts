/**
 * Forwarding databases and bridge ports as `bridge fdb` and `bridge link` print them (iproute2 6.1).
 *
 * Not shown: multicast entries of the devices (`01:00:5e:… self permanent`), which podwire does not keep.
 */
import { formatIp, formatMac } from '@podwire/base';
import { Bridge, type FdbEntry } from '../dev/bridge.ts';
import { Vxlan, type VxlanFdbEntry } from '../dev/vxlan.ts';
import type { NetNs } from '../netns.ts';
import { linkName } from './link-text.ts';

export interface FdbListOptions {
  /** `dev NAME`: the name is left out of the lines then. */
  readonly dev?: string;
  /** `br NAME`. */
  readonly bridge?: string;
}

/** `bridge fdb show`. */
export function formatBridgeFdb(ns: NetNs, options: FdbListOptions = {}): string {
  ns.waitingPeers?.all();
  let text = '';
  for (const dev of ns.devs.values()) {
    if (dev instanceof Bridge) {
      if (options.bridge !== undefined && dev.name !== options.bridge) continue;
      for (const entry of Array.from(dev.fdb.values())) {
        if (dev.lookupFdb(entry.mac) === undefined) continue;
        const on = entry.port?.dev.name ?? dev.name;
        if (options.dev !== undefined && on !== options.dev) continue;
        text += `${formatMac(entry.mac)}${options.dev === undefined ? ` dev ${on}` : ''} master ${dev.name} ${stateOf(entry)}\n`;
      }
    }
    if (dev instanceof Vxlan && options.bridge === undefined) {
      if (options.dev !== undefined && dev.name !== options.dev) continue;
      for (const entry of Array.from(dev.fdb.values())) {
        if (dev.lookupFdb(entry.mac) !== undefined) text += vxlanLines(dev, entry, options);
      }
    }
  }
  return text;
}

function stateOf(entry: FdbEntry): string {
  if (entry.isLocal) return 'permanent';
  return entry.isStatic ? 'static' : '';
}

function vxlanLines(dev: Vxlan, entry: VxlanFdbEntry, options: FdbListOptions): string {
  let text = '';
  for (const remote of entry.remotes) {
    const on = options.dev === undefined ? ` dev ${dev.name}` : '';
    const port = remote.port === undefined ? '' : ` port ${remote.port}`;
    const vni = remote.vni === undefined ? '' : ` vni ${remote.vni}`;
    const state = entry.isPermanent ? 'permanent' : '';
    text += `${formatMac(entry.mac)}${on} dst ${formatIp(remote.ip)}${port}${vni} self ${state}\n`;
  }
  return text;
}

/** `bridge link`, with flags when `isDetailed`. */
export function formatBridgeLink(ns: NetNs, isDetailed = false): string {
  let text = '';
  for (const dev of ns.devs.values()) {
    const port = dev.port;
    if (port === undefined) continue;
    const flags = dev.isRunning
      ? '<BROADCAST,MULTICAST,UP,LOWER_UP>'
      : dev.isUp
        ? '<NO-CARRIER,BROADCAST,MULTICAST,UP>'
        : '<BROADCAST,MULTICAST>';
    const state = dev.isRunning && port.bridge.isUp ? 'forwarding' : 'disabled';
    text += `${dev.ifindex}: ${linkName(dev)}: ${flags} mtu ${dev.mtuBytes} master ${port.bridge.name} state ${state} priority 32 cost 2 \n`;
    if (!isDetailed) continue;
    text += `    hairpin ${onOff(port.hairpin)} guard off root_block off fastleave off learning ${onOff(port.learning)} flood ${onOff(port.flood)} mcast_flood ${onOff(port.mcastFlood)} bcast_flood ${onOff(port.bcastFlood)} mcast_router 1 mcast_to_unicast off neigh_suppress off vlan_tunnel off isolated ${onOff(port.isolated)} locked off \n`;
  }
  return text;
}

function onOff(value: boolean): string {
  return value ? 'on' : 'off';
}
