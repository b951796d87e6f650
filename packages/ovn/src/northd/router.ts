/**
 * Logical routers to logical flows (northd.c, build_lrouter_flows and what it calls; OVN 23.03).
 */
import {
  type Ip,
  type Mac,
  assert,
  cidrContains,
  formatCidr,
  formatIp,
  formatMac,
  ipv4Mask,
  network as networkOf,
} from '@podwire/base';
import { EtherType } from '@podwire/wire';
import { type Action, DROP, type LogicalFlow, NEXT, OUTPUT, flow } from '../lflow.ts';
import type {
  HostRouteRows,
  LogicalRouter,
  LogicalRouterPort,
  LogicalSwitchPort,
  RouterPolicy,
  RouterPortRows,
  StaticRoute,
} from '../nb.ts';
import { type DerivedRules, exactMask } from '../ovs/classifier.ts';
import { type FlowKey, Word } from '../ovs/flow-key.ts';
import { Depends, derive } from './derived.ts';
import { arpReply, knownAddresses } from './switch.ts';

/** Name of the port that stands for a router port on its gateway chassis. */
export const chassisRedirect = (port: string): string => `cr-${port}`;

export function* routerFlows(row: LogicalRouter): Iterable<LogicalFlow> {
  const isGateway = row.chassis !== undefined;
  yield flow('lr_in_learn_neighbor', 100, 'arp.op == 2', { op: 'put-arp' });
  yield flow('lr_in_ip_input', 85, 'arp', DROP);
  yield flow('lr_in_arp_resolve', 1, 'ip4', { op: 'get-arp' });
  yield flow('lr_in_arp_request', 100, 'eth.dst == 00:00:00:00:00:00 && ip4', {
    op: 'arp-request',
  });
  for (const port of row.ports) {
    yield* portFlows(port, isGateway);
    yield connectedRouteFlow(port);
    if (port.gatewayChassis !== undefined) yield redirectFlow(port.name);
  }
  for (const route of row.staticRoutes) yield staticRouteFlow(row, route);
  for (const policy of row.policies ?? []) yield policyFlow(row, policy);
  for (const { port, ip, mac } of row.staticMacBindings ?? []) yield resolveFlow(port, ip, mac);
  if (isGateway) yield* gatewayNatFlows(row);
}

/** What every router does at a port; addresses of a gateway router are used for NAT, too, and not closed. */
function* portFlows(port: LogicalRouterPort, isGateway: boolean): Iterable<LogicalFlow> {
  const inport = `inport == "${port.name}"`;
  const { ip } = port.network;
  const own = formatIp(ip);
  yield flow('lr_in_admission', 50, `eth.mcast && ${inport}`, NEXT);
  yield flow('lr_in_admission', 50, `eth.dst == ${formatMac(port.mac)} && ${inport}`, NEXT);
  yield flow('lr_in_ip_input', 31, `${inport} && ip4 && ip.ttl == {0, 1} && !ip.later_frag`, {
    op: 'icmp-error',
    icmpType: 11,
    icmpCode: 0,
    from: ip,
  });
  yield flow(
    'lr_in_ip_input',
    90,
    `${inport} && arp.tpa == ${own} && arp.op == 1`,
    ...arpReply(port.mac, ip),
  );
  yield flow(
    'lr_in_ip_input',
    90,
    `ip4.dst == ${own} && icmp4.type == 8 && icmp4.code == 0`,
    { op: 'swap', one: 'ip4.dst', other: 'ip4.src' },
    { op: 'set', field: 'ip.ttl', value: 255 },
    { op: 'set', field: 'icmp4.type', value: 0 },
    { op: 'set', field: 'flags.loopback', value: 1 },
    NEXT,
  );
  if (!isGateway) yield flow('lr_in_ip_input', 60, `ip4.dst == ${own}`, DROP);
  yield flow('lr_out_delivery', 100, `outport == "${port.name}"`, OUTPUT);
}

/** Longest prefix first; of one length connected before static before source (northd.c, build_route_match). */
function routePriority(kind: 'connected' | StaticRoute['policy'], prefixLen: number): number {
  const offset = kind === 'connected' ? 2 : kind === 'dst-ip' ? 1 : 0;
  return 3 * prefixLen + offset;
}

function connectedRouteFlow(port: LogicalRouterPort): LogicalFlow {
  const { network } = port;
  const priority = routePriority('connected', network.prefixLen);
  const toNextHop: Action = { op: 'move', to: 'reg0', from: 'ip4.dst' };
  return flow(
    'lr_in_ip_routing',
    priority,
    `ip4.dst == ${formatCidr({ ...network, ip: networkOf(network) })}`,
    { op: 'dec-ttl' },
    toNextHop,
    ...leaveBy(port),
  );
}

function staticRouteFlow(row: LogicalRouter, route: StaticRoute): LogicalFlow {
  const { ipPrefix, nexthop, policy } = route;
  const side = policy === 'src-ip' ? 'src' : 'dst';
  const match = ipPrefix.prefixLen === 0 ? 'ip4' : `ip4.${side} == ${formatCidr(ipPrefix)}`;
  return flow(
    'lr_in_ip_routing',
    routePriority(policy, ipPrefix.prefixLen),
    match,
    { op: 'dec-ttl' },
    { op: 'set', field: 'reg0', value: nexthop },
    ...leaveBy(portTowards(row, nexthop, route.outputPort)),
  );
}

/** Policies are looked at after the route, and may override it. */
function policyFlow(row: LogicalRouter, policy: RouterPolicy): LogicalFlow {
  const { priority, match, action, nexthop = 0 } = policy;
  if (action !== 'reroute')
    return flow('lr_in_policy', priority, match, action === 'drop' ? DROP : NEXT);
  return flow(
    'lr_in_policy',
    priority,
    match,
    { op: 'set', field: 'reg0', value: nexthop },
    ...leaveBy(portTowards(row, nexthop, undefined)),
  );
}

function leaveBy(port: LogicalRouterPort): readonly Action[] {
  return [
    { op: 'set', field: 'reg1', value: port.network.ip },
    { op: 'set', field: 'eth.src', value: port.mac },
    { op: 'set-port', field: 'outport', port: port.name },
    { op: 'set', field: 'flags.loopback', value: 1 },
    NEXT,
  ];
}

function portTowards(row: LogicalRouter, nexthop: Ip, name: string | undefined): LogicalRouterPort {
  const found = row.ports.find((port) =>
    name === undefined ? cidrContains(port.network, nexthop) : port.name === name,
  );
  assert(found !== undefined, `${row.name} has a port for the next hop ${formatIp(nexthop)}`);
  return found;
}

/** Packets for the network behind a port leave the router on its gateway chassis. */
function redirectFlow(port: string): LogicalFlow {
  const out: Action = { op: 'set-port', field: 'outport', port: chassisRedirect(port) };
  return flow('lr_in_gw_redirect', 50, `outport == "${port}"`, out, NEXT);
}

/** A next hop whose MAC address is known beforehand. */
export function resolveFlow(out: string, address: Ip, mac: Mac): LogicalFlow {
  const match = `outport == "${out}" && reg0 == ${formatIp(address)}`;
  return flow('lr_in_arp_resolve', 100, match, { op: 'set', field: 'eth.dst', value: mac }, NEXT);
}

/** Next hops that are the addresses of a port of the switch behind a router port. */
export function* resolvePortFlows(out: string, port: LogicalSwitchPort): Iterable<LogicalFlow> {
  for (const { mac, ip } of knownAddresses(port)) {
    if (ip !== undefined) yield resolveFlow(out, ip, mac);
  }
}

/** lr_in_ip_routing of ports that are made when asked for, whose networks have this length. */
export function otherRoutes(ports: RouterPortRows, prefixLen: number): DerivedRules<LogicalFlow> {
  const mask = exactMask(Word.ethType);
  mask[Word.ipDst] = ipv4Mask(prefixLen);
  const priority = routePriority('connected', prefixLen);
  return derive(Depends.nodes, mask, priority, undefined, (key) => {
    if (key[Word.ethType] !== EtherType.ipv4) return undefined;
    const port = ports.byAddress(key[Word.ipDst] as number);
    return port?.network.prefixLen === prefixLen ? connectedRouteFlow(port) : undefined;
  });
}

/** lr_in_ip_routing of routes to single addresses that are made when asked for. */
export function otherHostRoutes(
  row: LogicalRouter,
  routes: HostRouteRows,
): DerivedRules<LogicalFlow> {
  const mask = exactMask(Word.ethType, Word.ipDst);
  // A prefix trie tells from the first bits that there is no route (lib/classifier.c, trie_lookup).
  const outside = exactMask(Word.ethType);
  outside[Word.ipDst] = ipv4Mask(routes.network.prefixLen);
  const missMask = (key: FlowKey): FlowKey =>
    cidrContains(routes.network, key[Word.ipDst] as number) ? mask : outside;
  return derive(Depends.nodes, mask, routePriority('dst-ip', 32), missMask, (key) => {
    if (key[Word.ethType] !== EtherType.ipv4) return undefined;
    const address = key[Word.ipDst] as number;
    if (!cidrContains(routes.network, address)) return undefined;
    const route = routes.byAddress(address);
    return route === undefined ? undefined : staticRouteFlow(row, route);
  });
}

/** lr_in_arp_resolve of what is behind ports: `find` says who has an address there. */
export function otherNextHops(
  find: (outKey: number, address: Ip) => { readonly out: string; readonly mac: Mac } | undefined,
): DerivedRules<LogicalFlow> {
  return derive(Depends.nodes, exactMask(Word.outPort, Word.reg0), 100, undefined, (key) => {
    const address = key[Word.reg0] as number;
    const found = find(key[Word.outPort] as number, address);
    return found === undefined ? undefined : resolveFlow(found.out, address, found.mac);
  });
}

/** lr_in_gw_redirect of ports that are made when asked for. */
export function otherRedirects(ports: RouterPortRows): DerivedRules<LogicalFlow> {
  return derive(Depends.nodes, exactMask(Word.outPort), 50, undefined, (key) => {
    const port = ports.byKey(key[Word.outPort] as number);
    return port === undefined ? undefined : redirectFlow(port.name);
  });
}

/** NAT of a gateway router. */
function* gatewayNatFlows(row: LogicalRouter): Iterable<LogicalFlow> {
  for (const { name, network } of row.ports) {
    const match = `ip4 && inport == "${name}" && ip4.dst == ${formatIp(network.ip)}`;
    yield flow('lr_in_unsnat', 110, match, { op: 'ct', text: 'ct_snat;', zone: 'snat', nat: {} });
  }
  yield flow(
    'lr_out_undnat',
    50,
    'ip',
    { op: 'set', field: 'flags.loopback', value: 1 },
    { op: 'ct', text: 'ct_dnat;', zone: 'dnat', nat: {} },
  );
  yield flow(
    'lr_out_post_undnat',
    50,
    'ip && ct.new',
    { op: 'ct', text: 'ct_commit { };', zone: 'dnat', isCommit: true, isInline: true },
    NEXT,
  );
  yield flow('lr_out_snat', 120, 'flags.skip_snat_for_lb == 1 && ip', NEXT);
  if (row.lbForceSnatRouterIp === true) {
    for (const { name, network } of row.ports) {
      const match = `flags.force_snat_for_lb == 1 && ip4 && outport == "${name}"`;
      yield flow('lr_out_snat', 110, match, snatTo(network.ip));
    }
  }
  for (const { logicalIp, externalIp } of row.nat ?? []) {
    const match = `ip && ip4.src == ${formatCidr(logicalIp)} && (!ct.trk || !ct.rpl)`;
    yield flow('lr_out_snat', logicalIp.prefixLen + 1, match, snatTo(externalIp));
  }
}

function snatTo(address: Ip): Action {
  const text = `ct_snat(${formatIp(address)});`;
  return { op: 'ct', text, zone: 'snat', isCommit: true, nat: { src: address } };
}
