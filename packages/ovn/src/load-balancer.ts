/**
 * Load balancers as flows: derived from what the node knows of services, when a packet asks for an address and port.
 */
import { type Ip, formatIp } from '@podwire/base';
import { EtherType, IpProto } from '@podwire/wire';
import { type Action, type Backend, type LogicalFlow, NEXT, flow } from './lflow.ts';
import type { DerivedRules, Rule } from './ovs/classifier.ts';
import { exactMask } from './ovs/classifier.ts';
import { Ct, type FlowKey, Word, newKey } from './ovs/flow-key.ts';
import { CtMark } from './symbols.ts';

/** A virtual address with its backends (one vip of a Load_Balancer row). */
export interface LoadBalancer {
  /** `Service_default/web_TCP_cluster`. */
  readonly name: string;
  readonly backends: readonly Backend[];
  /** 0 = none. */
  readonly affinitySec: number;
  /** externalTrafficPolicy Local: the client's address stays. */
  readonly skipSnat: boolean;
}

/** Load balancers of a node's switch and of its gateway router. */
export interface LoadBalancers {
  onSwitch(vip: Ip, proto: number, port: number): LoadBalancer | undefined;
  onRouter(vip: Ip, proto: number, port: number): LoadBalancer | undefined;
  /** Whether some port of this address, from a first one upwards, may belong to a service. */
  mayServe(vip: Ip, fromPort?: number): boolean;
  /** An address of a service that reaches the node from outside. */
  isExternal(vip: Ip, proto: number, port: number): boolean;
}

/** What derived flows are made from: a change of it may change them. */
export const Depends = {
  /** Ports, flows that are written, MAC bindings: what every walk depends on. */
  own: 1,
  nodes: 2,
  services: 4,
} as const;
export type Dependency = keyof typeof Depends;

/** NodePorts are those of nodes' addresses. */
const SERVICES_AND_NODES = Depends.services | Depends.nodes;

const VIP_MASK: FlowKey = exactMask(Word.ethType, Word.ipDst, Word.ipProto, Word.l4Dst);

/** Logical flows of one virtual address: ls_in_lb, lr_in_defrag, and lr_in_dnat for new and for known connections. */
export const FLOWS_PER_VIP = 4;

/** ls_in_lb. */
export function switchBalancing(balancers: LoadBalancers): DerivedRules<LogicalFlow> {
  const mask = VIP_MASK.slice();
  mask[Word.ctState] = Ct.new;
  const newOnly = newKey();
  newOnly[Word.ctState] = Ct.new;
  const byAddress = exactMask(Word.ethType, Word.ipDst);
  byAddress[Word.ctState] = Ct.new;
  const missMask = (key: FlowKey): FlowKey => {
    if (((key[Word.ctState] as number) & Ct.new) === 0) return newOnly;
    return balancers.mayServe(key[Word.ipDst] as number) ? mask : byAddress;
  };
  return derive(SERVICES_AND_NODES, mask, 120, missMask, (key) => {
    if (((key[Word.ctState] as number) & Ct.new) === 0) return undefined;
    const at = vipOf(key, Word.ipDst, Word.l4Dst);
    const found = at === undefined ? undefined : balancers.onSwitch(at.vip, at.proto, at.port);
    if (at === undefined || found === undefined) return undefined;
    const match = `ct.new && ip4.dst == ${formatIp(at.vip)} && ${at.name}.dst == ${at.port}`;
    return flow('ls_in_lb', 120, match, balance(found, 'ct'));
  });
}

/** lr_in_defrag: what is for a service goes through conntrack. */
export function routerDefrag(balancers: LoadBalancers): DerivedRules<LogicalFlow> {
  return derive(SERVICES_AND_NODES, VIP_MASK, 110, missByAddress(balancers, VIP_MASK), (key) => {
    const at = vipOf(key, Word.ipDst, Word.l4Dst);
    if (at === undefined || balancers.onRouter(at.vip, at.proto, at.port) === undefined)
      return undefined;
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
export function routerBalancing(balancers: LoadBalancers): DerivedRules<LogicalFlow> {
  const mask = exactMask(Word.ethType, Word.reg0, Word.ipProto, Word.reg9);
  mask[Word.ctState] = Ct.new | Ct.est | Ct.rel;
  mask[Word.ctMark] = CtMark.natted;
  return derive(SERVICES_AND_NODES, mask, 120, undefined, (key) => {
    const at = vipOf(key, Word.reg0, Word.reg9);
    const found = at === undefined ? undefined : balancers.onRouter(at.vip, at.proto, at.port);
    if (at === undefined || found === undefined) return undefined;
    const state = (key[Word.ctState] as number) & (Ct.new | Ct.est | Ct.rel);
    const vip = `ip4 && reg0 == ${formatIp(at.vip)} && ${at.name} && reg9 == ${at.port}`;
    const snat: Action[] = [
      found.skipSnat
        ? { op: 'set', field: 'flags.skip_snat_for_lb', value: 1 }
        : { op: 'set', field: 'flags.force_snat_for_lb', value: 1 },
    ];
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

/** br-ex: NodePorts and external addresses go to OVN. */
export function externalServices(
  balancers: LoadBalancers,
  uplink: { readonly key: number; readonly name: string },
  nodeIp: Ip,
): DerivedRules<LogicalFlow> {
  const mask = VIP_MASK.slice();
  mask[Word.inPort] = 0xffffffff;
  const byPort = exactMask(Word.inPort);
  const byRange = mask.slice();
  byRange[Word.l4Dst] = CLIENT_PORT_BIT;
  const missMask = (key: FlowKey): FlowKey => {
    if (key[Word.inPort] !== uplink.key) return byPort;
    const isClientPort = ((key[Word.l4Dst] as number) & CLIENT_PORT_BIT) !== 0;
    return isClientPort && key[Word.ipDst] === nodeIp ? byRange : mask;
  };
  return derive(Depends.services, mask, 110, missMask, (key) => {
    if (key[Word.inPort] !== uplink.key) return undefined;
    const at = vipOf(key, Word.ipDst, Word.l4Dst);
    if (at === undefined || !balancers.isExternal(at.vip, at.proto, at.port)) return undefined;
    const match = `inport == "${uplink.name}" && ip4.dst == ${formatIp(at.vip)} && ${at.name}.dst == ${at.port}`;
    return flow('table-0', 110, match, { op: 'to-ports', ports: ['patch-br-int'] });
  });
}

function balance(balancer: LoadBalancer, zone: 'ct' | 'dnat'): Action {
  const { name, backends, affinitySec } = balancer;
  if (backends.length === 0) return { op: 'reject' };
  return { op: 'lb', backends, service: name, affinitySec, zone };
}

function vipOf(
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
const CLIENT_PORT_BIT = 0x8000;

/** What shows that there is no service at an address and port. */
function missByAddress(balancers: LoadBalancers, mask: FlowKey): (key: FlowKey) => FlowKey {
  const byAddress = mask.slice();
  byAddress[Word.ipProto] = 0;
  byAddress[Word.l4Dst] = 0;
  const byRange = mask.slice();
  byRange[Word.l4Dst] = CLIENT_PORT_BIT;
  return (key) => {
    const address = key[Word.ipDst] as number;
    if (!balancers.mayServe(address)) return byAddress;
    const isClientPort = ((key[Word.l4Dst] as number) & CLIENT_PORT_BIT) !== 0;
    return isClientPort && !balancers.mayServe(address, CLIENT_PORT_BIT) ? byRange : mask;
  };
}

/** Rules made by a function of the key. */
export function derive(
  depends: number,
  mask: FlowKey,
  maxPriority: number,
  missMask: ((key: FlowKey) => FlowKey) | undefined,
  make: (key: FlowKey) => LogicalFlow | undefined,
): DerivedRules<LogicalFlow> {
  return {
    depends,
    mask,
    maxPriority,
    ...(missMask === undefined ? {} : { missMask }),
    find: (key): Rule<LogicalFlow> | undefined => {
      const value = make(key);
      return value === undefined ? undefined : { priority: value.priority, key, mask, value };
    },
  };
}
