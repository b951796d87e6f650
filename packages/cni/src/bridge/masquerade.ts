/**
 * Masquerade of plain pod networks: pods go out under the node's address, but not inside the cluster.
 *
 * In the form of the ip-masq-agent: networks that are left alone return, the rest is masqueraded.
 */
import { type Cidr, formatCidr } from '@podwire/base';

export function bridgeMasqueradeRules(podCIDR: Cidr, leftAlone: readonly Cidr[]): string {
  const comment = (text: string): string => `-m comment --comment "${text}"`;
  return [
    '*nat',
    ':IP-MASQ - [0:0]',
    `-A POSTROUTING -s ${formatCidr(podCIDR)} ${comment('pods to outside the cluster')} -j IP-MASQ`,
    ...leftAlone.map(
      (network) =>
        `-A IP-MASQ -d ${formatCidr(network)} ${comment('cluster network is not masqueraded')} -j RETURN`,
    ),
    `-A IP-MASQ ${comment('outgoing traffic is masqueraded')} -j MASQUERADE`,
    'COMMIT',
    '',
  ].join('\n');
}
