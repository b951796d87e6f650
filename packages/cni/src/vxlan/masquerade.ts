/**
 * Flannel's rules: what is masqueraded, and that pod traffic may be forwarded.
 *
 * Order as facts/pod-network.md §6 gives it (flannel pkg/trafficmngr/iptables/iptables.go).
 */
import { type Cidr, formatCidr } from '@podwire/base';

export function flannelRules(clusterCIDR: Cidr, podCIDR: Cidr): string {
  const cluster = formatCidr(clusterCIDR);
  const own = formatCidr(podCIDR);
  const comment = (text: string): string => `-m comment --comment "${text}"`;
  const masq = comment('flanneld masq');
  return [
    '*nat',
    ':FLANNEL-POSTRTG - [0:0]',
    `-A POSTROUTING ${masq} -j FLANNEL-POSTRTG`,
    `-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${own} -d ${cluster} ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${cluster} -d ${own} ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG ! -s ${cluster} -d ${own} ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${cluster} ! -d 224.0.0.0/4 ${masq} -j MASQUERADE --random-fully`,
    `-A FLANNEL-POSTRTG ! -s ${cluster} -d ${cluster} ${masq} -j MASQUERADE --random-fully`,
    'COMMIT',
    '*filter',
    ':FLANNEL-FWD - [0:0]',
    `-A FORWARD ${comment('flanneld forward')} -j FLANNEL-FWD`,
    `-A FLANNEL-FWD -s ${cluster} ${comment('flanneld forward')} -j ACCEPT`,
    `-A FLANNEL-FWD -d ${cluster} ${comment('flanneld forward')} -j ACCEPT`,
    'COMMIT',
    '',
  ].join('\n');
}
