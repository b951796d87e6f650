/**
 * Addresses of devices and the routes that the kernel makes for them (net/ipv4/devinet.c, fib_frontend.c).
 *
 * An address brings a local route at once, and while the device is up its connected and broadcast
 * routes. Taking the device down removes all routes by it but the local ones.
 */
import {
  type Cidr,
  type Ip,
  formatIp,
  ipv4Mask,
  isIpv4,
  isLoopback,
  parseCidr,
} from '@podwire/base';
import type { Dev, IfAddr } from '../dev/dev.ts';
import type { NetNs } from '../netns.ts';
import { type Route, type RouteType, RouteTable } from './fib.ts';
import type { NetlinkError } from './route-change.ts';

const SCOPE_HOST = 254;
const SCOPE_LINK = 253;

export interface AddressOptions {
  readonly scope?: number;
  readonly label?: string;
  readonly broadcast?: Ip;
  readonly noprefixroute?: boolean;
}

export function addAddress(
  ns: NetNs,
  dev: Dev,
  text: string | Cidr,
  options: AddressOptions = {},
): NetlinkError | undefined {
  const parsed =
    typeof text === 'string' ? parseCidr(text.includes('/') ? text : `${text}/32`) : text;
  if (parsed === undefined) return invalidPrefix(typeof text === 'string' ? text : '');
  // Not modelled: IPv6 addresses; accepted and ignored would mislead.
  if (!isIpv4(parsed.ip))
    return { errno: 'EOPNOTSUPP', text: 'RTNETLINK answers: Operation not supported' };
  const { ip, prefixLen } = parsed;
  if (dev.addrs.some((other) => other.ip === ip && other.prefixLen === prefixLen)) {
    return { errno: 'EEXIST', text: 'Error: ipv4: Address already assigned.' };
  }
  const mask = ipv4Mask(prefixLen);
  const isSecondary = dev.addrs.some(
    (other) => other.prefixLen === prefixLen && ((other.ip ^ ip) & mask) === 0,
  );
  const address: IfAddr = {
    ip,
    prefixLen,
    broadcast: options.broadcast ?? 0,
    scope: options.scope ?? (isLoopback(ip) ? SCOPE_HOST : 0),
    label: options.label ?? dev.name,
    isSecondary,
    noPrefixRoute: options.noprefixroute ?? false,
  };
  dev.addrs.push(address);
  addAddressRoutes(ns, dev, address);
  return undefined;
}

export function delAddress(ns: NetNs, dev: Dev, which: string | IfAddr): NetlinkError | undefined {
  const address = typeof which === 'string' ? findAddress(dev, which) : which;
  if (address === 'invalid')
    return invalidPrefix(typeof which === 'string' ? which : formatAddress(which));
  if (address === undefined) {
    return { errno: 'EADDRNOTAVAIL', text: 'Error: ipv4: Address not found.' };
  }
  const mask = ipv4Mask(address.prefixLen);
  const gone = [address];
  if (!address.isSecondary) {
    // Without promote_secondaries the secondaries of the network go with their primary.
    for (const other of dev.addrs) {
      const isSame =
        other.prefixLen === address.prefixLen && ((other.ip ^ address.ip) & mask) === 0;
      if (other.isSecondary && isSame) gone.push(other);
    }
  }
  for (const one of gone) {
    dev.addrs.splice(dev.addrs.indexOf(one), 1);
  }
  for (const one of gone) removeAddressRoutes(ns, dev, one);
  return undefined;
}

function findAddress(dev: Dev, text: string): IfAddr | undefined | 'invalid' {
  const parsed = parseCidr(text.includes('/') ? text : `${text}/32`);
  if (parsed === undefined) return 'invalid';
  const hasLen = text.includes('/');
  return dev.addrs.find(
    (one) => one.ip === parsed.ip && (!hasLen || one.prefixLen === parsed.prefixLen),
  );
}

function invalidPrefix(text: string): NetlinkError {
  return { errno: 'EINVAL', text: `Error: any valid prefix is expected rather than "${text}".` };
}

/** The routes of fib_add_ifaddr(). */
function addAddressRoutes(ns: NetNs, dev: Dev, address: IfAddr): void {
  const { ip, prefixLen } = address;
  put(ns, dev, 'local', ip, 32, ip);
  if (!dev.isUp) return;
  const net = (ip & ipv4Mask(prefixLen)) >>> 0;
  if (address.broadcast !== 0) put(ns, dev, 'broadcast', address.broadcast, 32, ip);
  if (net === 0 || address.isSecondary || (net === ip && prefixLen === 32)) return;
  if (!address.noPrefixRoute) {
    put(ns, dev, dev.kind === 'loopback' ? 'local' : 'unicast', net, prefixLen, ip);
  }
  if (prefixLen < 31) put(ns, dev, 'broadcast', (net | ~ipv4Mask(prefixLen)) >>> 0, 32, ip);
}

function removeAddressRoutes(ns: NetNs, dev: Dev, address: IfAddr): void {
  for (const table of ns.fib.tables.values()) {
    for (const route of table.list()) {
      if (route.prefSrc !== address.ip) continue;
      const isStillHere = ns.lookupAddress(address.ip) !== undefined;
      if (route.dev === dev && route.protocol === 'kernel') {
        const hasTwin = dev.addrs.some((other) => other.ip === address.ip);
        if (!hasTwin || route.prefixLen === address.prefixLen) ns.fib.remove(route);
      } else if (!isStillHere) {
        // fib_sync_down_addr(): routes that prefer a source that is gone.
        ns.fib.remove(route);
      }
    }
  }
}

function put(ns: NetNs, dev: Dev, type: RouteType, dst: Ip, prefixLen: number, prefSrc: Ip): void {
  const table = type === 'unicast' ? RouteTable.main : RouteTable.local;
  const exists = ns.fib
    .table(table)
    .at(dst, prefixLen)
    .some((other) => other.dev === dev && other.type === type && other.prefSrc === prefSrc);
  if (exists) return;
  const route: Route = {
    table,
    dst,
    prefixLen,
    type,
    dev,
    gateway: 0,
    scope: type === 'local' ? SCOPE_HOST : SCOPE_LINK,
    metric: 0,
    tos: 0,
    prefSrc,
    mtuBytes: 0,
    protocol: 'kernel',
    isOnlink: false,
  };
  ns.fib.insert(route);
}

/** The device goes down: all its routes but the local ones (fib_disable_ip). */
export function flushDevRoutes(ns: NetNs, dev: Dev): void {
  if (ns.waitingPeers?.hangOn(dev) === true) ns.waitingPeers.all();
  for (const table of ns.fib.tables.values()) {
    for (const route of table.list()) {
      if (route.dev === dev && route.type !== 'local') ns.fib.remove(route);
    }
  }
}

/** The device comes up: the routes of its addresses are back, those added by hand are not. */
export function restoreDevRoutes(ns: NetNs, dev: Dev): void {
  if (dev.kind === 'loopback' && dev.addrs.length === 0) addAddress(ns, dev, '127.0.0.1/8');
  for (const address of dev.addrs) addAddressRoutes(ns, dev, address);
}

/**
 * inet_select_addr(): the device's first primary address whose network holds `dst`, else its first; a
 * device without addresses borrows the first global one of another. 0 = none.
 */
export function selectAddress(ns: NetNs, dev: Dev | undefined, dst: Ip): Ip {
  let first: Ip = 0;
  for (const address of dev?.addrs ?? []) {
    if (address.isSecondary || address.scope > SCOPE_LINK) continue;
    if (dst === 0 || ((address.ip ^ dst) & ipv4Mask(address.prefixLen)) === 0) return address.ip;
    if (first === 0) first = address.ip;
  }
  if (first !== 0) return first;
  for (const other of ns.devs.values()) {
    for (const address of other.addrs) {
      if (!address.isSecondary && address.scope < SCOPE_LINK) return address.ip;
    }
  }
  return 0;
}

/** `10.1.0.1/24`. */
export function formatAddress(address: IfAddr): string {
  return `${formatIp(address.ip)}/${address.prefixLen}`;
}
