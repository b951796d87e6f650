/**
 * Hangs a pod on a node's bridge: veth pair, port, address, default route (CNI plugin `bridge`).
 *
 * Source: containernetworking/plugins plugins/main/bridge/bridge.go, pkg/ip/link_linux.go.
 */
import { type Cidr, type Ip, assert, formatCidr, formatIp, lastAddress } from '@podwire/base';
import {
  type Bridge,
  type NetNs,
  createBridge,
  createVethPair,
  iptablesRestore,
  iptablesSave,
} from '@podwire/netstack';
import type { CniArgs, CniResult, NodeContext } from './cni.ts';
import {
  type HostLocalDisk,
  type HostLocalRange,
  hostLocalRange,
  releaseAddresses,
  reserveAddress,
} from './ipam/host-local.ts';
import { portmapAddRules, portmapBaseRules, portmapChain } from './portmap.ts';

/** Makes the bridge with the gateway's address, once; it forwards from then on. */
export function ensureBridge(
  ns: NetNs,
  name: string,
  gateway: Cidr,
  mtuBytes: number | undefined,
): Bridge {
  const existing = ns.dev(name);
  if (existing !== undefined) return existing as Bridge;
  const bridge = createBridge(ns, name, mtuBytes === undefined ? {} : { mtuBytes });
  // Without this it would follow the least address of its ports, and pods' neighbour entries go stale.
  bridge.setMac(bridge.mac);
  ns.addAddress(bridge, formatCidr(gateway), { broadcast: lastAddress(gateway) });
  ns.setUp(bridge, true);
  ns.sysctl.set('net.ipv4.ip_forward', 1);
  return bridge;
}

export interface PodNetwork {
  readonly name: string;
  readonly bridgeName: string;
  readonly subnet: Cidr;
  readonly gateway: Ip;
  readonly mtuBytes: number;
  readonly hairpin: boolean;
}

/** ADD of the chained plugins: bridge, host-local, portmap. */
export function attachPod(
  context: NodeContext,
  net: PodNetwork,
  disk: HostLocalDisk,
  args: CniArgs,
): CniResult | { readonly error: string } {
  const range: HostLocalRange = hostLocalRange(net.subnet, { gateway: net.gateway });
  const owner = { containerId: args.containerId, ifName: args.ifName };
  const got = reserveAddress(disk, range, owner);
  if ('error' in got) return { error: `failed to allocate for range 0: ${got.error}` };
  const { ns } = context;
  const { subnet, gateway, mtuBytes } = net;
  const bridge = ensureBridge(
    ns,
    net.bridgeName,
    { ip: gateway, prefixLen: subnet.prefixLen },
    mtuBytes,
  );
  const hostIfName = vethName(context);
  const [host, pod] = createVethPair(ns, hostIfName, args.netns, args.ifName, { mtuBytes });
  const port = bridge.addPort(host);
  port.hairpin = net.hairpin;
  ns.setUp(host, true);
  args.netns.setUp(args.netns.lo, true);
  const address = { ip: got.ip, prefixLen: subnet.prefixLen };
  args.netns.addAddress(pod, address, { broadcast: lastAddress(subnet) });
  args.netns.setUp(pod, true);
  args.netns.addRoute({ dst: 'default', via: gateway, dev: pod });
  addPortMappings(context, net.name, args, got.ip);
  return { ip: got.ip, prefixLen: subnet.prefixLen, gateway, mac: pod.mac, hostIfName };
}

/** DEL: gives the address back, takes the veth pair and the port mappings away. */
export function detachPod(
  context: NodeContext,
  networkName: string,
  disk: HostLocalDisk,
  args: { readonly containerId: string; readonly hostIfName?: string },
): void {
  releaseAddresses(disk, args.containerId);
  const { ns } = context;
  const dev = args.hostIfName === undefined ? undefined : ns.dev(args.hostIfName);
  if (dev !== undefined) ns.deleteDev(dev);
  removePortMappings(ns, networkName, args.containerId);
}

/** Rules for a container's host ports (plugin portmap). */
export function addPortMappings(
  context: NodeContext,
  networkName: string,
  args: CniArgs,
  ip: Ip,
): void {
  if (args.portMappings.length === 0) return;
  const { ns } = context;
  if (!hasChain(ns, 'CNI-HOSTPORT-DNAT')) {
    restore(ns, portmapBaseRules());
    // So that 127.0.0.1:hostPort works from the node itself.
    ns.sysctl.set('net.ipv4.conf.all.route_localnet', 1);
  }
  mappedIn(ns).add(args.containerId);
  const address = formatIp(ip);
  restore(
    ns,
    portmapAddRules(networkName, args.containerId, address, `${address}/32`, args.portMappings),
  );
}

export function removePortMappings(ns: NetNs, networkName: string, containerId: string): void {
  if (!mappedIn(ns).delete(containerId)) return;
  const chain = portmapChain(networkName, containerId);
  const jumps = iptablesSave(ns, { table: 'nat' })
    .split('\n')
    .filter((line) => line.startsWith('-A CNI-HOSTPORT-DNAT ') && line.endsWith(` -j ${chain}`));
  const lines = [
    '*nat',
    ...jumps.map((line) => line.replace(/^-A/, '-D')),
    `-F ${chain}`,
    `-X ${chain}`,
  ];
  restore(ns, `${lines.join('\n')}\nCOMMIT\n`);
}

/** Containers of a node that have port mappings: the runtime asks the plugin for no others. */
function mappedIn(ns: NetNs): Set<string> {
  let mapped = MAPPED.get(ns);
  if (mapped === undefined) {
    mapped = new Set();
    MAPPED.set(ns, mapped);
  }
  return mapped;
}

const MAPPED = new WeakMap<NetNs, Set<string>>();

function hasChain(ns: NetNs, chain: string): boolean {
  return iptablesSave(ns, { table: 'nat' }).includes(`\n:${chain} `);
}

/** Restores rules of our own making beside those that are there. */
export function restore(ns: NetNs, text: string): void {
  const error = iptablesRestore(ns, text, { noflush: true });
  assert(error === undefined, `rules of the pod network are well formed: ${error?.text ?? ''}`);
}

/** `veth` and eight hexadecimal digits. */
function vethName(context: NodeContext): string {
  const rng = context.sim.rng('cni/veth');
  for (;;) {
    const name = `veth${rng.uint32().toString(16).padStart(8, '0')}`;
    if (context.ns.dev(name) === undefined) return name;
  }
}
