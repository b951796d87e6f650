/**
 * Logical switches to logical flows (northd.c, build_lswitch_flows and what it calls; OVN 23.03).
 */
import { type Ip, type Mac, formatIp, formatMac } from '@podwire/base';
import { type Action, DROP, type LogicalFlow, NEXT, OUTPUT, flow } from '../lflow.ts';
import { FLOOD_NAME } from '../logical-datapath.ts';
import type { LogicalSwitch, LogicalSwitchPort, PortAddress } from '../nb.ts';
import { type DerivedRules, exactMask } from '../ovs/classifier.ts';
import { Word } from '../ovs/flow-key.ts';
import type { SwitchPortRows } from '../nb.ts';
import { Depends, derive } from './derived.ts';

/** Flows of a switch as a whole; those of its ports and ACLs have functions of their own. */
export function* switchFlows(row: LogicalSwitch): Iterable<LogicalFlow> {
  yield flow('ls_in_check_port_sec', 50, '1', { op: 'check-port-sec' });
  yield flow('ls_in_apply_port_sec', 50, 'reg0[15] == 1', DROP);
  yield flow(
    'ls_in_l2_lkup',
    70,
    'eth.mcast',
    { op: 'set-port', field: 'outport', port: FLOOD_NAME },
    OUTPUT,
  );
  const unknown = row.ports.find(({ addresses }) => addresses.includes('unknown'));
  if (unknown !== undefined) {
    const toUnknown: Action = { op: 'set-port', field: 'outport', port: unknown.name };
    yield flow('ls_in_l2_unknown', 50, '1', toUnknown, OUTPUT);
  }
  if (row.loadBalancerGroup !== undefined)
    yield* balancedFlows(row, row.loadBalancerGroup.hairpinSnatIp);
}

/** Every packet of a workload goes through conntrack, and what is balanced back to its sender is turned round. */
function* balancedFlows(row: LogicalSwitch, hairpinIp: Ip): Iterable<LogicalFlow> {
  for (const [pipeline, port] of PIPELINES) {
    yield flow(`ls_${pipeline}_pre_lb`, 110, 'eth.mcast', NEXT);
    yield flow(`ls_${pipeline}_pre_lb`, 110, 'reg0[16] == 1', NEXT);
    for (const { name, type } of row.ports) {
      if (type === 'router')
        yield flow(`ls_${pipeline}_pre_lb`, 110, `ip && ${port} == "${name}"`, NEXT);
    }
    yield flow(`ls_${pipeline}_pre_lb`, 100, 'ip', { op: 'set', field: 'reg0[2]', value: 1 }, NEXT);
    const unNat: Action = { op: 'ct', text: 'ct_lb_mark;', zone: 'ct', nat: {} };
    yield flow(`ls_${pipeline}_pre_stateful`, 110, 'reg0[2] == 1', unNat);
  }
  yield flow('ls_in_pre_hairpin', 100, 'ip && ct.trk', { op: 'check-hairpin', hairpinIp });
  yield flow('ls_in_nat_hairpin', 100, 'ip && ct.new && ct.trk && reg0[6] == 1', {
    op: 'ct',
    text: 'ct_snat_to_vip;',
    zone: 'hairpin',
    isCommit: true,
    nat: { src: hairpinIp },
  });
  const unSnat: Action = { op: 'ct', text: 'ct_snat;', zone: 'hairpin', nat: {} };
  yield flow('ls_in_nat_hairpin', 100, 'ip && ct.est && ct.trk && reg0[6] == 1', unSnat);
  yield flow('ls_in_nat_hairpin', 90, 'ip && reg0[12] == 1', unSnat);
  yield flow(
    'ls_in_hairpin',
    1,
    'reg0[6] == 1 || reg0[12] == 1',
    { op: 'swap', one: 'eth.dst', other: 'eth.src' },
    { op: 'move', to: 'outport', from: 'inport' },
    { op: 'set', field: 'flags.loopback', value: 1 },
    OUTPUT,
  );
}

/** The two pipelines of a switch, and the port that each is about. */
export const PIPELINES = [
  ['in', 'inport'],
  ['out', 'outport'],
] as const;

/** Flows of one port. */
export function* switchPortFlows(port: LogicalSwitchPort): Iterable<LogicalFlow> {
  const { name, type } = port;
  if (type === 'localnet') yield flow('ls_in_arp_rsp', 100, `inport == "${name}"`, NEXT);
  for (const { mac, ip } of knownAddresses(port)) {
    yield unicastFlow(name, mac);
    if (ip === undefined) continue;
    const match = `arp.tpa == ${formatIp(ip)} && arp.op == 1`;
    yield flow('ls_in_arp_rsp', 100, `${match} && inport == "${name}"`, NEXT);
    yield flow('ls_in_arp_rsp', 50, match, ...arpReply(mac, ip));
  }
}

/** Addresses of a port other than `unknown`. */
export function knownAddresses(port: LogicalSwitchPort): readonly PortAddress[] {
  return port.addresses.filter((address) => address !== 'unknown');
}

function unicastFlow(port: string, mac: Mac): LogicalFlow {
  const out: Action = { op: 'set-port', field: 'outport', port };
  return flow('ls_in_l2_lkup', 50, `eth.dst == ${formatMac(mac)}`, out, OUTPUT);
}

/** ls_in_l2_lkup of ports that are made when asked for. */
export function otherPortsLookup(ports: SwitchPortRows): DerivedRules<LogicalFlow> {
  return derive(Depends.nodes, exactMask(Word.ethDstHi, Word.ethDstLo), 50, undefined, (key) => {
    const mac = (key[Word.ethDstHi] as number) * 0x1_0000_0000 + (key[Word.ethDstLo] as number);
    const port = ports.byMac(mac);
    return port === undefined ? undefined : unicastFlow(port.name, mac);
  });
}

/** Turns an ARP request into its answer and sends it back. */
export function arpReply(mac: Mac, ip: Ip): readonly Action[] {
  return [
    { op: 'move', to: 'eth.dst', from: 'eth.src' },
    { op: 'set', field: 'eth.src', value: mac },
    { op: 'set', field: 'arp.op', value: 2 },
    { op: 'move', to: 'arp.tha', from: 'arp.sha' },
    { op: 'set', field: 'arp.sha', value: mac },
    { op: 'move', to: 'arp.tpa', from: 'arp.spa' },
    { op: 'set', field: 'arp.spa', value: ip },
    { op: 'move', to: 'outport', from: 'inport' },
    { op: 'set', field: 'flags.loopback', value: 1 },
    OUTPUT,
  ];
}
