/**
 * Routes and rules as `ip route` and `ip rule` print them (iproute2 6.1).
 */
import { type Ip, formatIp } from '@podwire/base';
import type { NetNs } from '../netns.ts';
import { type FibRule, type Route, RouteTable } from '../route/fib.ts';

const TABLE_NAMES: ReadonlyMap<number, string> = new Map([
  [RouteTable.default, 'default'],
  [RouteTable.main, 'main'],
  [RouteTable.local, 'local'],
]);

const SCOPE_NAMES: ReadonlyMap<number, string> = new Map([
  [200, 'site'],
  [253, 'link'],
  [254, 'host'],
  [255, 'nowhere'],
]);

export function tableName(table: number): string {
  return TABLE_NAMES.get(table) ?? String(table);
}

/** The number of a table by name or number; undefined when it is neither. */
export function tableByName(text: string): number | undefined {
  for (const [id, name] of TABLE_NAMES) if (name === text) return id;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** One route without the trailing blank that iproute2 leaves. */
export function formatRoute(route: Route, options: { readonly showTable?: boolean } = {}): string {
  const parts: string[] = [];
  if (route.type !== 'unicast') parts.push(route.type);
  const isHost = route.prefixLen === 32;
  parts.push(
    route.prefixLen === 0
      ? 'default'
      : `${formatIp(route.dst)}${isHost ? '' : `/${route.prefixLen}`}`,
  );
  if (route.tos !== 0) parts.push(`tos 0x${route.tos.toString(16)}`);
  if (route.gateway !== 0) parts.push(`via ${formatIp(route.gateway)}`);
  if (route.dev !== undefined) parts.push(`dev ${route.dev.name}`);
  if (options.showTable === true && route.table !== RouteTable.main) {
    parts.push(`table ${tableName(route.table)}`);
  }
  if (route.protocol !== 'boot') parts.push(`proto ${route.protocol}`);
  if (route.scope !== 0) parts.push(`scope ${SCOPE_NAMES.get(route.scope) ?? String(route.scope)}`);
  if (route.prefSrc !== 0) parts.push(`src ${formatIp(route.prefSrc)}`);
  if (route.metric !== 0) parts.push(`metric ${route.metric}`);
  if (route.mtuBytes !== 0) parts.push(`mtu ${route.mtuBytes}`);
  if (route.isOnlink) parts.push('onlink');
  if (route.dev !== undefined && !route.dev.hasCarrier && route.type !== 'local')
    parts.push('linkdown');
  return parts.join(' ');
}

export interface RouteListOptions {
  /** A table's number, `all`, or unset for main. */
  readonly table?: number | 'all';
  readonly dev?: string;
  /** Only this network. */
  readonly exact?: { readonly dst: Ip; readonly prefixLen: number };
}

/** `ip route show`. */
export function formatIpRoute(ns: NetNs, options: RouteListOptions = {}): string {
  ns.waitingPeers?.all();
  const wanted = options.table ?? RouteTable.main;
  const ids = wanted === 'all' ? [...ns.fib.tables.keys()].sort((a, b) => a - b) : [wanted];
  let text = '';
  for (const id of ids) {
    for (const route of ns.fib.tables.get(id)?.list() ?? []) {
      if (options.dev !== undefined && route.dev?.name !== options.dev) continue;
      const exact = options.exact;
      if (exact !== undefined && (route.dst !== exact.dst || route.prefixLen !== exact.prefixLen)) {
        continue;
      }
      let line = formatRoute(route, { showTable: wanted === 'all' });
      if (options.dev !== undefined) line = line.replace(` dev ${options.dev}`, '');
      text += `${line} \n`;
    }
  }
  return text;
}

/** `ip rule`. */
export function formatIpRule(ns: NetNs): string {
  let text = '';
  for (const rule of ns.fib.rules) text += `${rule.priority}:\t${formatRule(rule)}\n`;
  return text;
}

function formatRule(rule: FibRule): string {
  const parts: string[] = [];
  if (rule.isNot === true) parts.push('not');
  parts.push(`from ${rule.from === undefined ? 'all' : net(rule.from)}`);
  if (rule.to !== undefined) parts.push(`to ${net(rule.to)}`);
  if (rule.tos !== undefined) parts.push(`tos 0x${rule.tos.toString(16)}`);
  if (rule.fwmark !== undefined) {
    const mask = rule.fwmask === undefined ? '' : `/0x${(rule.fwmask >>> 0).toString(16)}`;
    parts.push(`fwmark 0x${rule.fwmark.toString(16)}${mask}`);
  }
  if (rule.iif !== undefined) parts.push(`iif ${rule.iif}`);
  if (rule.oif !== undefined) parts.push(`oif ${rule.oif}`);
  parts.push(rule.action === 'lookup' ? `lookup ${tableName(rule.table)}` : rule.action);
  return parts.join(' ');
}

function net(value: { readonly ip: Ip; readonly prefixLen: number }): string {
  return value.prefixLen === 32 ? formatIp(value.ip) : `${formatIp(value.ip)}/${value.prefixLen}`;
}
