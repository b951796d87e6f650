/**
 * The flows of a logical switch (northd.c, build_lswitch_flows and what it calls; OVN 23.03).
 */
import { type Ip, type Mac, formatIp, formatMac } from '@podwire/base';
import { type Action, DROP, type LogicalFlow, NEXT, OUTPUT, flow } from './lflow.ts';
import { FLOOD_NAME } from './logical-datapath.ts';
import { HAIRPIN_IP } from './topology.ts';

/** Flows of a switch with load balancers: `routerPort` is its way up. */
export function* balancedSwitchFlows(routerPort: string): Iterable<LogicalFlow> {
  yield flow('ls_in_check_port_sec', 50, '1', { op: 'check-port-sec' });
  yield flow('ls_in_apply_port_sec', 50, 'reg0[15] == 1', DROP);
  for (const [pipeline, port] of [
    ['in', 'inport'],
    ['out', 'outport'],
  ] as const) {
    yield flow(`ls_${pipeline}_pre_lb`, 110, 'eth.mcast', NEXT);
    yield flow(`ls_${pipeline}_pre_lb`, 110, `ip && ${port} == "${routerPort}"`, NEXT);
    yield flow(`ls_${pipeline}_pre_lb`, 100, 'ip', { op: 'set', field: 'reg0[2]', value: 1 }, NEXT);
    yield flow(`ls_${pipeline}_pre_stateful`, 110, 'reg0[2] == 1', {
      op: 'ct',
      text: 'ct_lb_mark;',
      zone: 'ct',
      nat: {},
    });
  }
  yield flow('ls_in_pre_hairpin', 100, 'ip && ct.trk', {
    op: 'check-hairpin',
    hairpinIp: HAIRPIN_IP,
  });
  yield flow('ls_in_nat_hairpin', 110, 'ip && ct.new && ct.trk && reg0[6] == 1', {
    op: 'ct',
    text: 'ct_snat_to_vip;',
    zone: 'hairpin',
    isCommit: true,
    nat: { src: HAIRPIN_IP },
  });
  const unsnat: Action = { op: 'ct', text: 'ct_snat;', zone: 'hairpin', nat: {} };
  yield flow('ls_in_nat_hairpin', 100, 'ip && ct.est && ct.trk && reg0[6] == 1', unsnat);
  yield flow('ls_in_nat_hairpin', 90, 'ip && reg0[12] == 1', unsnat);
  yield flow(
    'ls_in_hairpin',
    1,
    'reg0[6] == 1 || reg0[12] == 1',
    { op: 'swap', one: 'eth.dst', other: 'eth.src' },
    { op: 'move', to: 'outport', from: 'inport' },
    { op: 'set', field: 'flags.loopback', value: 1 },
    OUTPUT,
  );
  yield floodFlow();
}

export function floodFlow(): LogicalFlow {
  return flow(
    'ls_in_l2_lkup',
    70,
    'eth.mcast',
    { op: 'set-port', field: 'outport', port: FLOOD_NAME },
    OUTPUT,
  );
}

/** Flows of a port whose addresses are known. */
export function* switchPortFlows(
  name: string,
  mac: Mac,
  ip: Ip | undefined,
): Iterable<LogicalFlow> {
  yield flow(
    'ls_in_l2_lkup',
    50,
    `eth.dst == ${formatMac(mac)}`,
    { op: 'set-port', field: 'outport', port: name },
    OUTPUT,
  );
  if (ip === undefined) return;
  const match = `arp.tpa == ${formatIp(ip)} && arp.op == 1`;
  yield flow('ls_in_arp_rsp', 100, `${match} && inport == "${name}"`, NEXT);
  yield flow('ls_in_arp_rsp', 50, match, ...arpReply(mac, ip));
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
