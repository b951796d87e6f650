/**
 * Load balancers to logical flows (northd.c, build_lb_rules, build_lrouter_defrag_flows_for_lb; OVN 23.03): derived
 * from the rows of a group when a packet asks for an address and port.
 */
import { type Ip, formatIp } from '@podwire/base';
import { EtherType, IpProto } from '@podwire/wire';
import { type Action, type LogicalFlow, NEXT, flow } from '../lflow.ts';
import type { LoadBalancer, LoadBalancerGroup } from '../nb.ts';
import type { DerivedRules } from '../ovs/classifier.ts';
import { exactMask } from '../ovs/classifier.ts';
import { Ct, type FlowKey, Word, newKey } from '../ovs/flow-key.ts';
import { CtMark } from '../symbols.ts';
import { Depends, derive } from './derived.ts';

/** NodePorts are those of nodes' addresses. */
const SERVICES_AND_NODES = Depends.services | Depends.nodes;

export const VIP_MASK: FlowKey = exactMask(Word.ethType, Word.ipDst, Word.ipProto, Word.l4Dst);

/** Logical flows of one virtual address: ls_in_lb, lr_in_defrag, and lr_in_dnat for new and for known connections. */
export const FLOWS_PER_VIP = 4;

/** ls_in_lb. */
export function switchBalancing(group: LoadBalancerGroup): DerivedRules<LogicalFlow> {
  const mask = VIP_MASK.slice();
  mask[Word.ctState] = Ct.new;
  const newOnly = newKey();
  newOnly[Word.ctState] = Ct.new;
  const byAddress = exactMask(Word.ethType, Word.ipDst);
  byAddress[Word.ctState] = Ct.new;
  const missMask = (key: FlowKey): FlowKey => {
    if (((key[Word.ctState] as number) & Ct.new) === 0) return newOnly;
    return group.mayServe(key[Word.ipDst] as number) ? mask : byAddress;
  };
  return derive(SERVICES_AND_NODES, mask, 120, missMask, (key) => {
    if (((key[Word.ctState] as number) & Ct.new) === 0) return undefined;
    const at = vipOf(key, Word.ipDst, Word.l4Dst);
    const found = at === undefined ? undefined : group.find(at.vip, at.proto, at.port);
    if (at === undefined || found === undefined) return undefined;
    const match = `ct.new && ip4.dst == ${formatIp(at.vip)} && ${at.name}.dst == ${at.port}`;
    const action = balance(found, 'ct');
    // What is balanced is committed with its NAT, not once more by ls_in_stateful.
    const uncommit: Action[] =
      action.op === 'lb' ? [{ op: 'set', field: 'reg0[1]', value: 0 }] : [];
    return flow('ls_in_lb', 120, match, ...uncommit, action);
  });
}

/** lr_in_defrag: what is for a service goes through conntrack. */
export function routerDefrag(group: LoadBalancerGroup): DerivedRules<LogicalFlow> {
  return derive(SERVICES_AND_NODES, VIP_MASK, 110, missByAddress(group, VIP_MASK), (key) => {
    const at = vipOf(key, Word.ipDst, Word.l4Dst);
    if (at === undefined || group.find(at.vip, at.proto, at.port) === undefined) return undefined;
    return flow(
      'lr_in_defrag',
      110,
      `ip && ip4.dst == ${formatIp(at.vip)} && ${at.name} && ${at.name}.dst == ${at.port}`,
      { op: 'move', to: 'reg0', from: 'ip4.dst' },
      { op: 'move', to: 'reg9', from: `${at.name}.dst` },
      { op: 'ct', text: 'ct_dnat;', zone: 'dnat', nat: {} },
    );
  });
}

/** lr_in_dnat. */
export function routerBalancing(
  group: LoadBalancerGroup,
  forcesSnat: boolean,
): DerivedRules<LogicalFlow> {
  const mask = exactMask(Word.ethType, Word.reg0, Word.ipProto, Word.reg9);
  mask[Word.ctState] = Ct.new | Ct.est | Ct.rel;
  mask[Word.ctMark] = CtMark.natted;
  return derive(SERVICES_AND_NODES, mask, 120, undefined, (key) => {
    const at = vipOf(key, Word.reg0, Word.reg9);
    const found = at === undefined ? undefined : group.find(at.vip, at.proto, at.port);
    if (at === undefined || found === undefined) return undefined;
    const state = (key[Word.ctState] as number) & (Ct.new | Ct.est | Ct.rel);
    const vip = `ip4 && reg0 == ${formatIp(at.vip)} && ${at.name} && reg9 == ${at.port}`;
    const flag = found.skipSnat ? 'flags.skip_snat_for_lb' : 'flags.force_snat_for_lb';
    const snat: Action[] =
      found.skipSnat || forcesSnat ? [{ op: 'set', field: flag, value: 1 }] : [];
    if (state === Ct.new) {
      const balancing = balance(found, 'dnat');
      const actions = balancing.op === 'lb' ? [...snat, balancing] : [balancing];
      return flow('lr_in_dnat', 120, `ct.new && !ct.rel && ${vip}`, ...actions);
    }
    if (state !== Ct.est || ((key[Word.ctMark] as number) & CtMark.natted) === 0) return undefined;
    return flow(
      'lr_in_dnat',
      120,
      `ct.est && !ct.rel && ${vip} && ct_mark.natted == 1`,
      ...snat,
      NEXT,
    );
  });
}

function balance(balancer: LoadBalancer, zone: 'ct' | 'dnat'): Action {
  const { name, backends, affinitySec } = balancer;
  if (backends.length === 0) return { op: 'reject' };
  return { op: 'lb', backends, service: name, affinitySec, zone };
}

export function vipOf(
  key: FlowKey,
  ipWord: number,
  portWord: number,
):
  | { readonly vip: Ip; readonly proto: number; readonly port: number; readonly name: string }
  | undefined {
  if (key[Word.ethType] !== EtherType.ipv4) return undefined;
  const proto = key[Word.ipProto] as number;
  const name = PROTO_NAMES.get(proto);
  if (name === undefined) return undefined;
  return { vip: key[ipWord] as number, proto, port: key[portWord] as number, name };
}

const PROTO_NAMES: ReadonlyMap<number, string> = new Map([
  [IpProto.tcp, 'tcp'],
  [IpProto.udp, 'udp'],
  [IpProto.sctp, 'sctp'],
]);

/** NodePorts end below the ports that clients get (32768 and up): of those the uppermost bit says enough. */
export const CLIENT_PORT_BIT = 0x8000;

/** What shows that there is no service at an address and port. */
function missByAddress(group: LoadBalancerGroup, mask: FlowKey): (key: FlowKey) => FlowKey {
  const byAddress = mask.slice();
  byAddress[Word.ipProto] = 0;
  byAddress[Word.l4Dst] = 0;
  const byRange = mask.slice();
  byRange[Word.l4Dst] = CLIENT_PORT_BIT;
  return (key) => {
    const address = key[Word.ipDst] as number;
    if (!group.mayServe(address)) return byAddress;
    const isClientPort = ((key[Word.l4Dst] as number) & CLIENT_PORT_BIT) !== 0;
    return isClientPort && !group.mayServe(address, CLIENT_PORT_BIT) ? byRange : mask;
  };
}

/** A row of Load_Balancer as it is written: vips `192.0.2.10:80` with their backends. */
export interface LoadBalancerRow extends Omit<LoadBalancer, 'backends'> {
  readonly proto: number;
  readonly vips: ReadonlyMap<string, LoadBalancer['backends']>;
}

/** A group of rows that are all there. */
export function groupOfRows(
  name: string,
  hairpinSnatIp: Ip,
  rows: readonly LoadBalancerRow[],
): LoadBalancerGroup {
  const byVip = new Map<string, LoadBalancer>();
  const addresses = new Set<string>();
  for (const { proto, vips, ...options } of rows) {
    for (const [vip, backends] of vips) {
      byVip.set(`${proto} ${vip}`, { ...options, backends });
      addresses.add(vip.slice(0, vip.lastIndexOf(':')));
    }
  }
  return {
    name,
    hairpinSnatIp,
    find: (vip, proto, port) => byVip.get(`${proto} ${formatIp(vip)}:${port}`),
    mayServe: (vip) => addresses.has(formatIp(vip)),
  };
}
