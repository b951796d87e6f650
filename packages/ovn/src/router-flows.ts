/**
 * The flows of a logical router (northd.c, build_lrouter_flows and what it calls; OVN 23.03).
 */
import { type Cidr, type Ip, type Mac, formatCidr, formatIp, formatMac } from '@podwire/base';
import { type Action, DROP, type LogicalFlow, NEXT, OUTPUT, flow } from './lflow.ts';
import { arpReply } from './switch-flows.ts';

export interface RouterPort {
  readonly name: string;
  readonly mac: Mac;
  readonly ip: Ip;
}

export interface RouterRoute {
  readonly kind: 'connected' | 'static' | 'source';
  readonly prefix: Cidr;
  /** 0: the destination itself. */
  readonly nextHop: Ip;
  readonly out: RouterPort;
}

/** What every router does at a port; `isGateway`: its addresses are used for NAT, too, and not closed. */
export function* routerPortFlows(port: RouterPort, isGateway: boolean): Iterable<LogicalFlow> {
  const inport = `inport == "${port.name}"`;
  const own = formatIp(port.ip);
  yield flow('lr_in_admission', 50, `eth.mcast && ${inport}`, NEXT);
  yield flow('lr_in_admission', 50, `eth.dst == ${formatMac(port.mac)} && ${inport}`, NEXT);
  yield flow('lr_in_ip_input', 100, `${inport} && ip4 && ip.ttl == {0, 1} && !ip.later_frag`, {
    op: 'icmp-error',
    icmpType: 11,
    icmpCode: 0,
    from: port.ip,
  });
  yield flow(
    'lr_in_ip_input',
    90,
    `${inport} && arp.tpa == ${own} && arp.op == 1`,
    ...arpReply(port.mac, port.ip),
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

export function* routerFlows(): Iterable<LogicalFlow> {
  yield flow('lr_in_ip_input', 85, 'arp', DROP);
  yield flow('lr_in_arp_resolve', 1, 'ip4', { op: 'get-arp' });
}

/** Longest prefix first; of one length connected before static before source (northd.c, build_route_match). */
export function routePriority({ kind, prefix }: Pick<RouterRoute, 'kind' | 'prefix'>): number {
  const offset = kind === 'connected' ? 2 : kind === 'static' ? 1 : 0;
  return 3 * prefix.prefixLen + offset;
}

export function routeFlow(route: RouterRoute): LogicalFlow {
  const { kind, prefix } = route;
  const side = kind === 'source' ? 'src' : 'dst';
  const match = prefix.prefixLen === 0 ? 'ip4' : `ip4.${side} == ${formatCidr(prefix)}`;
  return flow('lr_in_ip_routing', routePriority(route), match, ...routeActions(route));
}

export function routeActions({
  nextHop,
  out,
}: Pick<RouterRoute, 'nextHop' | 'out'>): readonly Action[] {
  return [
    { op: 'dec-ttl' },
    nextHop === 0
      ? { op: 'move', to: 'reg0', from: 'ip4.dst' }
      : { op: 'set', field: 'reg0', value: nextHop },
    { op: 'set', field: 'reg1', value: out.ip },
    { op: 'set', field: 'eth.src', value: out.mac },
    { op: 'set-port', field: 'outport', port: out.name },
    { op: 'set', field: 'flags.loopback', value: 1 },
    NEXT,
  ];
}

/** A next hop whose MAC address is known beforehand. */
export function resolveFlow(out: string, address: Ip, mac: Mac): LogicalFlow {
  const match = `outport == "${out}" && reg0 == ${formatIp(address)}`;
  return flow('lr_in_arp_resolve', 100, match, { op: 'set', field: 'eth.dst', value: mac }, NEXT);
}

/** Next hops of a network where every MAC address is 0a:58 and the IP address. */
export function resolveNetworkFlow(out: string, network: Cidr): LogicalFlow {
  const match = `outport == "${out}" && reg0 == ${formatCidr(network)}`;
  return flow('lr_in_arp_resolve', 50, match, { op: 'mac-of', field: 'reg0' }, NEXT);
}

/** An entry of a logical router's policy table. */
export function policyFlow(
  priority: number,
  match: string,
  nextHop: Ip,
  out: RouterPort,
): LogicalFlow {
  return flow(
    'lr_in_policy',
    priority,
    match,
    { op: 'set', field: 'reg0', value: nextHop },
    { op: 'set', field: 'reg1', value: out.ip },
    { op: 'set', field: 'eth.src', value: out.mac },
    { op: 'set-port', field: 'outport', port: out.name },
    { op: 'set', field: 'flags.loopback', value: 1 },
    NEXT,
  );
}

export interface GatewayNat {
  readonly join: RouterPort;
  readonly external: RouterPort;
  readonly clusterNetwork: Cidr;
}

/** NAT of a gateway router with `lb_force_snat_ip=router_ip`. */
export function* gatewayNatFlows({
  join,
  external,
  clusterNetwork,
}: GatewayNat): Iterable<LogicalFlow> {
  for (const port of [join, external]) {
    const match = `ip4 && inport == "${port.name}" && ip4.dst == ${formatIp(port.ip)}`;
    yield flow('lr_in_unsnat', 110, match, { op: 'ct', text: 'ct_snat;', zone: 'snat', nat: {} });
  }
  yield flow('lr_in_learn_neighbor', 100, 'arp.op == 2', { op: 'put-arp' });
  yield flow('lr_in_arp_request', 100, 'eth.dst == 00:00:00:00:00:00 && ip4', {
    op: 'arp-request',
  });
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
  for (const port of [join, external]) {
    const match = `flags.force_snat_for_lb == 1 && ip4 && outport == "${port.name}"`;
    yield flow('lr_out_snat', 110, match, snatTo(port.ip));
  }
  const notReply = '(!ct.trk || !ct.rpl)';
  const fromCluster = `ip && ip4.src == ${formatCidr(clusterNetwork)} && outport == "${external.name}" && ${notReply}`;
  yield flow('lr_out_snat', clusterNetwork.prefixLen + 1, fromCluster, snatTo(external.ip));
  const fromJoin = `ip && ip4.src == ${formatIp(join.ip)} && outport == "${external.name}" && ${notReply}`;
  yield flow('lr_out_snat', 33, fromJoin, snatTo(external.ip));
}

function snatTo(address: Ip): Action {
  const text = `ct_snat(${formatIp(address)});`;
  return { op: 'ct', text, zone: 'snat', isCommit: true, nat: { src: address } };
}
