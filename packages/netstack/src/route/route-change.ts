/**
 * Adding, replacing and deleting routes as `ip route` does, with the kernel's checks and error texts
 * (fib_create_info, fib_table_insert). Texts compared with iproute2 6.1 on Linux 6.18.
 */
import { type Ip, ipv4Mask, isIpv4, parseCidr, parseIp } from '@podwire/base';
import type { Dev } from '../dev/dev.ts';
import type { NetNs } from '../netns.ts';
import type { Errno } from '../socket/errno.ts';
import { type Route, type RouteType, RouteTable } from './fib.ts';

/** Why the kernel refused; `text` is what iproute2 prints. */
export interface NetlinkError {
  readonly errno: Errno;
  readonly text: string;
}

/** A route as a program or `ip route` states it. */
export interface RouteSpec {
  /** `default`, `10.1.0.0/16` or an address. */
  readonly dst: string;
  readonly type?: RouteType;
  readonly via?: Ip;
  readonly dev?: Dev;
  readonly table?: number;
  readonly scope?: number;
  readonly metric?: number;
  readonly tos?: number;
  /** Preferred source. */
  readonly src?: Ip;
  readonly mtuBytes?: number;
  /** `boot` when unset, as `ip route` does. */
  readonly protocol?: string;
  readonly isOnlink?: boolean;
}

const SCOPE_LINK = 253;
const SCOPE_HOST = 254;

export function addRoute(ns: NetNs, spec: RouteSpec): NetlinkError | undefined {
  ns.waitingPeers?.all();
  const route = buildRoute(ns, spec);
  if ('errno' in route) return route;
  const same = ns.fib
    .table(route.table)
    .at(route.dst, route.prefixLen)
    .find((other) => isAlias(other, route));
  if (same !== undefined) return answer('EEXIST', 'File exists');
  ns.fib.insert(route);
  return undefined;
}

/** Puts the route in the place of the one with the same network, TOS and metric, if there is one. */
export function replaceRoute(ns: NetNs, spec: RouteSpec): NetlinkError | undefined {
  ns.waitingPeers?.all();
  const route = buildRoute(ns, spec);
  if ('errno' in route) return route;
  const old = ns.fib
    .table(route.table)
    .at(route.dst, route.prefixLen)
    .find((other) => isAlias(other, route));
  if (old !== undefined) ns.fib.remove(old);
  ns.fib.insert(route);
  return undefined;
}

export function delRoute(ns: NetNs, spec: RouteSpec): NetlinkError | undefined {
  ns.waitingPeers?.all();
  const net = parseNet(spec.dst);
  if (net === undefined) return badPrefix(spec.dst);
  const table = ns.fib.tables.get(spec.table ?? RouteTable.main);
  const route = table?.at(net.dst, net.prefixLen).find((one) => matches(one, spec));
  if (route === undefined) return answer('ESRCH', 'No such process');
  ns.fib.remove(route);
  return undefined;
}

/** Of two routes for one network only TOS and metric tell them apart for NLM_F_EXCL. */
function isAlias(left: Route, right: Route): boolean {
  return left.tos === right.tos && left.metric === right.metric;
}

function matches(route: Route, spec: RouteSpec): boolean {
  return (
    (spec.type === undefined || spec.type === route.type) &&
    (spec.via === undefined || spec.via === route.gateway) &&
    (spec.dev === undefined || spec.dev === route.dev) &&
    (spec.metric === undefined || spec.metric === route.metric) &&
    (spec.tos === undefined || spec.tos === route.tos) &&
    (spec.src === undefined || spec.src === route.prefSrc) &&
    (spec.protocol === undefined || spec.protocol === route.protocol) &&
    (spec.scope === undefined || spec.scope === route.scope)
  );
}

function buildRoute(ns: NetNs, spec: RouteSpec): Route | NetlinkError {
  const net = parseNet(spec.dst);
  if (net === undefined) return badPrefix(spec.dst);
  if ((net.dst & ipv4Mask(net.prefixLen)) >>> 0 !== net.dst) {
    return refuse('EINVAL', 'Invalid prefix for given prefix length.');
  }
  const type = spec.type ?? 'unicast';
  const isError =
    type === 'unreachable' || type === 'prohibit' || type === 'blackhole' || type === 'throw';
  let dev = isError ? undefined : spec.dev;
  const gateway = isError ? 0 : (spec.via ?? 0);
  if (!isError) {
    const hop = checkNextHop(ns, spec, dev, gateway);
    if ('errno' in hop) return hop;
    dev = hop.dev;
  }
  const src = spec.src ?? 0;
  if (src !== 0 && !ns.isLocalAddress(src)) return refuse('EINVAL', 'Invalid prefsrc address.');
  const scope =
    spec.scope ?? (isError || gateway !== 0 ? 0 : type === 'local' ? SCOPE_HOST : SCOPE_LINK);
  return {
    table:
      spec.table ?? (type === 'local' || type === 'broadcast' ? RouteTable.local : RouteTable.main),
    dst: net.dst,
    prefixLen: net.prefixLen,
    type,
    dev,
    gateway,
    scope,
    metric: spec.metric ?? 0,
    tos: spec.tos ?? 0,
    prefSrc: src,
    mtuBytes: spec.mtuBytes ?? 0,
    protocol: spec.protocol ?? 'boot',
    isOnlink: spec.isOnlink ?? false,
  };
}

/** fib_check_nh(): the gateway must be a neighbour by the device, which must be up. */
function checkNextHop(
  ns: NetNs,
  spec: RouteSpec,
  dev: Dev | undefined,
  gateway: Ip,
): { readonly dev: Dev } | NetlinkError {
  if (gateway === 0) {
    if (dev === undefined) return answer('ENODEV', 'No such device');
    if (!dev.isUp) return refuse('ENETDOWN', 'Device for nexthop is not up.');
    return { dev };
  }
  if (spec.isOnlink === true) {
    if (dev === undefined) return refuse('ENODEV', 'Nexthop device required for onlink.');
    if (!dev.isUp) return refuse('ENETDOWN', 'Nexthop device is not up.');
    return { dev };
  }
  const route = ns.fib.lookup(gateway, 0, undefined, 0, 0, dev);
  const isOnLink = route !== undefined && route.type === 'unicast' && route.gateway === 0;
  const out = route?.dev;
  if (!isOnLink || out === undefined || (dev !== undefined && out !== dev)) {
    return refuse('ENETUNREACH', 'Nexthop has invalid gateway.');
  }
  return { dev: out };
}

/** `default`, `10.1/16`, `10.1.0.0/16`, `10.1.2.3`. */
export function parseNet(text: string): { dst: Ip; prefixLen: number } | undefined {
  if (text === 'default' || text === 'any' || text === 'all') return { dst: 0, prefixLen: 0 };
  const slash = text.indexOf('/');
  if (slash < 0) {
    const address = parseIp(padded(text));
    return address === undefined || !isIpv4(address) ? undefined : { dst: address, prefixLen: 32 };
  }
  const parsed = parseCidr(`${padded(text.slice(0, slash))}${text.slice(slash)}`);
  if (parsed === undefined || !isIpv4(parsed.ip)) return undefined;
  return { dst: parsed.ip, prefixLen: parsed.prefixLen };
}

/** iproute2 reads `10.1` as 10.1.0.0. */
function padded(text: string): string {
  if (!/^\d+(\.\d+){0,2}$/.test(text)) return text;
  return text + '.0'.repeat(3 - (text.split('.').length - 1));
}

function badPrefix(text: string): NetlinkError {
  return { errno: 'EINVAL', text: `Error: any valid prefix is expected rather than "${text}".` };
}

function refuse(errno: Errno, message: string): NetlinkError {
  return { errno, text: `Error: ${message}` };
}

function answer(errno: Errno, message: string): NetlinkError {
  return { errno, text: `RTNETLINK answers: ${message}` };
}
