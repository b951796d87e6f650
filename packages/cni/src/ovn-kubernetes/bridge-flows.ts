/**
 * OpenFlow rules of br-ex in shared gateway mode: who gets what comes from the NIC, whose address host and OVN share.
 *
 * Source: ovn-kubernetes go-controller/pkg/node/gateway_shared_intf.go, flowsForDefaultBridge and
 * commonFlows. Where those end in NORMAL, the three ports of the bridge are named.
 * Not modelled: VLANs, the ofport of other pods' bridges, IPv6, LoadBalancer flows with source ranges.
 */
import { type Cidr, type Ip, type Mac, formatCidr, formatIp, formatMac } from '@podwire/base';
import {
  type Action,
  CLIENT_PORT_BIT,
  DROP,
  Depends,
  type DerivedRules,
  type FlowKey,
  type LogicalFlow,
  VIP_MASK,
  Word,
  derive,
  exactMask,
  flow,
  vipOf,
} from '@podwire/ovn';
import { GENEVE_PORT } from '@podwire/wire';
import { HOST_MASQUERADE_IP, ZONE_DEFAULT, ZONE_HOST_MASQUERADE } from './topology.ts';

export const PATCH_PORT = 'patch-br-int';
export const LOCAL_PORT = 'LOCAL';
const MARK_OVN = 1;
const MARK_HOST = 2;

export interface BridgeConfig {
  readonly uplink: string;
  readonly mac: Mac;
  readonly clusterNetwork: Cidr;
  readonly serviceNetwork: Cidr;
}

export function* bridgeFlows(config: BridgeConfig): Iterable<LogicalFlow> {
  const { uplink, mac, clusterNetwork, serviceNetwork } = config;
  const from = (port: string): string => `inport == "${port}"`;
  const to = (...ports: string[]): Action => ({ op: 'to-ports', ports });
  const ownMac: Action = { op: 'set', field: 'eth.dst', value: mac };
  const services = formatCidr(serviceNetwork);
  const host = formatIp(HOST_MASQUERADE_IP);
  yield flow('table-0', 205, `${from(uplink)} && udp.dst == ${GENEVE_PORT}`, to(LOCAL_PORT));
  yield flow('table-0', 200, `${from(LOCAL_PORT)} && udp.dst == ${GENEVE_PORT}`, to(uplink));
  yield flow('table-0', 500, `${from(LOCAL_PORT)} && ip4.dst == ${services}`, {
    op: 'ct',
    text: `ct(commit,zone=${ZONE_HOST_MASQUERADE},nat(src=${host}),table=2)`,
    zone: ZONE_HOST_MASQUERADE,
    isCommit: true,
    nat: { src: HOST_MASQUERADE_IP },
    at: 'table-2',
  });
  yield flow(
    'table-0',
    500,
    `${from(PATCH_PORT)} && ip4.src == ${services} && ip4.dst == ${host}`,
    {
      op: 'ct',
      text: `ct(zone=${ZONE_HOST_MASQUERADE},nat,table=3)`,
      zone: ZONE_HOST_MASQUERADE,
      nat: {},
      at: 'table-3',
    },
  );
  yield flow('table-0', 105, `${from(PATCH_PORT)} && ip4.dst == ${services}`, DROP);
  yield flow(
    'table-0',
    104,
    `${from(PATCH_PORT)} && ip4.src == ${formatCidr(clusterNetwork)}`,
    DROP,
  );
  yield flow('table-0', 100, `${from(PATCH_PORT)} && ip4`, commitWith(MARK_OVN), to(uplink));
  yield flow('table-0', 100, `${from(LOCAL_PORT)} && ip4`, commitWith(MARK_HOST), to(uplink));
  yield flow('table-0', 50, `${from(uplink)} && ip4`, {
    op: 'ct',
    text: `ct(zone=${ZONE_DEFAULT},nat,table=1)`,
    zone: ZONE_DEFAULT,
    nat: {},
  });
  yield flow('table-0', 10, `${from(uplink)} && arp.op == 2`, to(LOCAL_PORT, PATCH_PORT));
  yield flow('table-0', 1, from(uplink), to(LOCAL_PORT));
  yield flow('table-0', 1, from(LOCAL_PORT), to(uplink));
  yield flow('table-0', 1, from(PATCH_PORT), to(uplink));
  for (const state of ['ct.est', 'ct.rel']) {
    yield flow('table-1', 100, `${state} && ct_mark == ${MARK_OVN}`, to(PATCH_PORT));
    yield flow('table-1', 100, `${state} && ct_mark == ${MARK_HOST}`, to(LOCAL_PORT));
  }
  yield flow('table-1', 10, `eth.dst == ${formatMac(mac)}`, to(LOCAL_PORT));
  yield flow('table-1', 1, 'eth.mcast', to(LOCAL_PORT));
  yield flow('table-2', 0, '1', ownMac, to(PATCH_PORT));
  yield flow(
    'table-3',
    0,
    '1',
    { op: 'move', to: 'eth.src', from: 'eth.dst' },
    ownMac,
    to(LOCAL_PORT),
  );
}

function commitWith(mark: number): Action {
  return {
    op: 'ct',
    text: `ct(commit,zone=${ZONE_DEFAULT},exec(load:${mark}->NXM_NX_CT_MARK[]))`,
    zone: ZONE_DEFAULT,
    isCommit: true,
    isInline: true,
    mark: { field: 'ct_mark', value: mark },
  };
}

/** Which addresses reach the node from outside as services. */
export interface ExternalServices {
  isExternal(vip: Ip, proto: number, port: number): boolean;
}

/** NodePorts and external addresses go to OVN: rules of table 0, derived when a packet asks. */
export function externalServiceFlows(
  services: ExternalServices,
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
    if (at === undefined || !services.isExternal(at.vip, at.proto, at.port)) return undefined;
    const match = `inport == "${uplink.name}" && ip4.dst == ${formatIp(at.vip)} && ${at.name}.dst == ${at.port}`;
    return flow('table-0', 110, match, { op: 'to-ports', ports: [PATCH_PORT] });
  });
}
