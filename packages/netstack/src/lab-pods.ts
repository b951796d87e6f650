/**
 * Pods and nodes for tests of the stack: a bridge per node with veth pairs, and the routes between nodes.
 */
import { ip } from '@podwire/base';
import { type Bridge, createBridge } from './dev/bridge.ts';
import { type Veth, createVethPair } from './dev/veth.ts';
import type { Lab, LabHost } from './lab.ts';
import type { NetNs } from './netns.ts';

export interface LabPod {
  readonly ns: NetNs;
  readonly eth0: Veth;
  readonly hostEnd: Veth;
}

/** A node with `cni0` (gateway .1) that forwards. */
export function addBridge(node: LabHost, gateway: string): Bridge {
  const bridge = createBridge(node.ns, 'cni0');
  node.ns.addAddress(bridge, gateway);
  node.ns.setUp(bridge, true);
  node.ns.sysctl.set('net.ipv4.ip_forward', 1);
  return bridge;
}

/** A pod on the bridge with an address and a default route by the gateway. */
export function addPod(
  node: LabHost,
  bridge: Bridge,
  name: string,
  cidr: string,
  gateway: string,
  mtuBytes = 1500,
): LabPod {
  const ns = node.pod(name);
  const [hostEnd, eth0] = createVethPair(node.ns, `veth-${name}`, ns, 'eth0', { mtuBytes });
  bridge.addPort(hostEnd);
  node.ns.setUp(hostEnd, true);
  ns.addAddress(eth0, cidr);
  ns.setUp(eth0, true);
  ns.addRoute({ dst: 'default', via: ip(gateway) });
  return { ns, eth0, hostEnd };
}

/** Two nodes 10.100.0.1 and .2 with pod networks 10.1.0.0/24 and 10.1.1.0/24 and plain routes. */
export function twoNodes(lab: Lab): {
  n1: LabHost;
  n2: LabHost;
  a: LabPod;
  b: LabPod;
  c: LabPod;
  br1: Bridge;
  br2: Bridge;
} {
  const n1 = lab.host('n1');
  const n2 = lab.host('n2');
  const [nic1, nic2] = lab.segment('eth0', [n1, n2]);
  if (nic1 === undefined || nic2 === undefined) throw new Error('two NICs');
  n1.ns.addAddress(nic1, '10.100.0.1/24');
  n2.ns.addAddress(nic2, '10.100.0.2/24');
  const br1 = addBridge(n1, '10.1.0.1/24');
  const br2 = addBridge(n2, '10.1.1.1/24');
  n1.ns.addRoute({ dst: '10.1.1.0/24', via: ip('10.100.0.2') });
  n2.ns.addRoute({ dst: '10.1.0.0/24', via: ip('10.100.0.1') });
  const a = addPod(n1, br1, 'a', '10.1.0.2/24', '10.1.0.1');
  const b = addPod(n1, br1, 'b', '10.1.0.3/24', '10.1.0.1');
  const c = addPod(n2, br2, 'c', '10.1.1.2/24', '10.1.1.1');
  return { n1, n2, a, b, c, br1, br2 };
}
