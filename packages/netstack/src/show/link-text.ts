/**
 * Devices and their addresses as `ip link` and `ip addr` print them (iproute2 6.1).
 */
import { formatIp, formatMac } from '@podwire/base';
import { Bridge } from '../dev/bridge.ts';
import type { Dev } from '../dev/dev.ts';
import { Veth } from '../dev/veth.ts';
import { Vxlan } from '../dev/vxlan.ts';
import type { NetNs } from '../netns.ts';
import { formatAddress } from '../route/address.ts';

export interface LinkListOptions {
  readonly dev?: string;
  /** `-4`: only devices with IPv4 addresses, without the link line. */
  readonly isIpv4Only?: boolean;
  /** `-br`. */
  readonly isBrief?: boolean;
  /** `-o`. */
  readonly isOneline?: boolean;
  /** `-s`. */
  readonly hasStats?: boolean;
  /** `-d`. */
  readonly hasDetails?: boolean;
  /** `up`. */
  readonly isUpOnly?: boolean;
}

/** `ip addr show`. */
export function formatIpAddr(ns: NetNs, options: LinkListOptions = {}): string {
  return formatDevs(ns, options, true);
}

/** `ip link show`. */
export function formatIpLink(ns: NetNs, options: LinkListOptions = {}): string {
  return formatDevs(ns, options, false);
}

function formatDevs(ns: NetNs, options: LinkListOptions, withAddrs: boolean): string {
  let text = '';
  const devs = [...ns.devs.values()].sort((a, b) => a.ifindex - b.ifindex);
  for (const dev of devs) {
    if (options.dev !== undefined && dev.name !== options.dev) continue;
    if (options.isUpOnly === true && !dev.isUp) continue;
    if (withAddrs && options.isIpv4Only === true && dev.addrs.length === 0) continue;
    if (options.isBrief === true) {
      text += formatBrief(dev, withAddrs);
      continue;
    }
    const lines = withAddrs && options.isOneline === true ? [] : linkLines(dev, options, withAddrs);
    if (withAddrs) {
      const addrs = addrLines(dev, options);
      lines.push(...addrs);
    }
    const oneline = !withAddrs && options.isOneline === true;
    text += oneline ? `${lines.join('\\')}\n` : lines.map((line) => `${line}\n`).join('');
  }
  return text;
}

/** `eth0@if5`, `eth0@veth1`. */
export function linkName(dev: Dev): string {
  const peer = dev instanceof Veth ? dev.peer : undefined;
  if (peer === undefined) return dev.name;
  return peer.ns === dev.ns ? `${dev.name}@${peer.name}` : `${dev.name}@if${peer.ifindex}`;
}

/** UP, DOWN or UNKNOWN (operstate). */
export function operState(dev: Dev): string {
  if (!dev.isUp || !dev.hasCarrier) return 'DOWN';
  const hasOperState =
    dev.kind === 'veth' || dev.kind === 'nic' || (dev instanceof Bridge && dev.ports.length > 0);
  return hasOperState ? 'UP' : 'UNKNOWN';
}

function linkFlags(dev: Dev): string {
  const flags: string[] = [];
  if (dev.isUp && !dev.hasCarrier) flags.push('NO-CARRIER');
  if (dev.kind === 'loopback') flags.push('LOOPBACK');
  else flags.push('BROADCAST');
  if (dev.kind === 'dummy') flags.push('NOARP');
  else if (dev.kind !== 'loopback') flags.push('MULTICAST');
  if (dev.isPromisc) flags.push('PROMISC');
  if (dev.isUp) flags.push('UP');
  if (dev.isUp && dev.hasCarrier) flags.push('LOWER_UP');
  const peer = dev instanceof Veth ? dev.peer : undefined;
  if (peer !== undefined && peer.ns === dev.ns && !peer.isUp) flags.push('M-DOWN');
  return `<${flags.join(',')}>`;
}

function linkLines(dev: Dev, options: LinkListOptions, withAddrs: boolean): string[] {
  const qdisc =
    dev.kind === 'nic' ? 'fq_codel' : dev.isUp || dev.port !== undefined ? 'noqueue' : 'noop';
  const master = dev.port === undefined ? '' : ` master ${dev.port.bridge.name}`;
  const mode = withAddrs ? '' : ' mode DEFAULT';
  const state = operState(dev);
  const head = `${dev.ifindex}: ${linkName(dev)}: ${linkFlags(dev)} mtu ${dev.mtuBytes} qdisc ${qdisc}${master} state ${state}${mode} group default qlen 1000`;
  const lines = [head];
  if (options.isIpv4Only !== true || !withAddrs) {
    const isLoopback = dev.kind === 'loopback';
    const broadcast = isLoopback ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff';
    const peer = dev instanceof Veth ? dev.peer : undefined;
    const netns = peer !== undefined && peer.ns !== dev.ns ? ` link-netnsid ${netnsId(dev)}` : '';
    const kind = isLoopback ? 'loopback' : 'ether';
    const details =
      options.hasDetails === true ? ' promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 ' : '';
    lines.push(`    link/${kind} ${formatMac(dev.mac)} brd ${broadcast}${netns}${details}`);
    if (options.hasDetails === true) lines.push(...detailLines(dev));
  }
  if (options.hasStats === true) lines.push(...statLines(dev));
  return lines;
}

/** Other namespaces are numbered in the order in which devices meet them, from 0. */
function netnsId(dev: Dev): number {
  const seen: NetNs[] = [];
  for (const other of dev.ns.devs.values()) {
    const peer = other instanceof Veth ? other.peer : undefined;
    if (peer === undefined || peer.ns === dev.ns) continue;
    if (!seen.includes(peer.ns)) seen.push(peer.ns);
    if (other === dev) return seen.indexOf(peer.ns);
  }
  return 0;
}

function detailLines(dev: Dev): string[] {
  if (dev instanceof Vxlan) {
    const local = dev.local === 0 ? '' : ` local ${formatIp(dev.local)}`;
    const remote = dev.remote === 0 ? '' : ` remote ${formatIp(dev.remote)}`;
    const lower = dev.lower === undefined ? '' : ` dev ${dev.lower.name}`;
    const learning = dev.learning ? '' : ' nolearning';
    return [
      `    vxlan id ${dev.vni}${remote}${local}${lower} srcport 0 0 dstport ${dev.dstPort}${learning} ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx `,
    ];
  }
  if (dev.kind === 'veth') return ['    veth '];
  if (dev.kind === 'dummy') return ['    dummy '];
  if (dev instanceof Bridge) {
    return [
      `    bridge forward_delay 1500 hello_time 200 max_age 2000 ageing_time ${dev.ageingNs / 10_000_000} stp_state 0 priority 32768 vlan_filtering 0 `,
    ];
  }
  return [];
}

function statLines(dev: Dev): string[] {
  const { rxPackets, rxBytes, rxDropped, txPackets, txBytes, txDropped } = dev.stats;
  return [
    '    RX:  bytes packets errors dropped  missed   mcast           ',
    `    ${numbers([rxBytes, rxPackets, 0, rxDropped, 0, 0])}`,
    '    TX:  bytes packets errors dropped carrier collsns           ',
    `    ${numbers([txBytes, txPackets, 0, txDropped, 0, 0])}`,
  ];
}

function numbers(values: readonly number[]): string {
  const widths = [10, 7, 6, 7, 7, 7];
  return `${values.map((value, index) => String(value).padStart(widths[index] ?? 7)).join(' ')} `;
}

function addrLines(dev: Dev, options: LinkListOptions): string[] {
  const lines: string[] = [];
  for (const address of dev.addrs) {
    const broadcast = address.broadcast === 0 ? '' : ` brd ${formatIp(address.broadcast)}`;
    const secondary = address.isSecondary ? ' secondary' : '';
    const noPrefix = address.noPrefixRoute ? ' noprefixroute' : '';
    const inet = `inet ${formatAddress(address)}${broadcast} scope ${scopeName(address.scope)}${secondary}${noPrefix} ${address.label}`;
    const lifetime = 'valid_lft forever preferred_lft forever';
    if (options.isOneline === true) {
      const name = `${dev.ifindex}: ${dev.name}`;
      lines.push(`${name}    ${inet}\\       ${lifetime}`);
    } else {
      lines.push(`    ${inet}`, `       ${lifetime}`);
    }
  }
  return lines;
}

function scopeName(scope: number): string {
  if (scope === 0) return 'global';
  if (scope === 253) return 'link';
  return scope === 254 ? 'host' : String(scope);
}

function formatBrief(dev: Dev, withAddrs: boolean): string {
  const head = `${linkName(dev).padEnd(16)} ${operState(dev).padEnd(14)} `;
  if (!withAddrs) return `${head}${formatMac(dev.mac)} ${linkFlags(dev)} \n`;
  return `${head}${dev.addrs.map((one) => `${formatAddress(one)} `).join('')}\n`;
}
