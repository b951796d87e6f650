/**
 * What a machine holds when a run ends: namespaces with their addresses, sockets and tracked connections,
 * and the pod addresses that are reserved on its disk. For audits: nothing may be left without an owner.
 */
import { formatIp } from '@podwire/base';
import { NetfilterTables, type NetNs, TCP_STATES, findEntries } from '@podwire/netstack';
import type { EmulatedHost } from './emulated-host.ts';

export interface HostInventory {
  readonly name: string;
  readonly isOn: boolean;
  readonly namespaces: readonly NetNsInventory[];
  /** Pod addresses that host-local has given out, with the container id. */
  readonly reserved: readonly (readonly [address: string, owner: string])[];
}

export interface NetNsInventory {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly tcpSockets: readonly FlowEnd[];
  readonly connections: readonly TrackedFlow[];
}

/** One end of a TCP connection, as `10.0.0.1:80`. */
export interface FlowEnd {
  readonly state: string;
  readonly local: string;
  readonly remote: string;
}

/** A tracked connection: protocol, and both directions as `src:port>dst:port`. */
export interface TrackedFlow {
  readonly proto: number;
  /** Equal tuples of different zones have nothing to do with each other. */
  readonly zone: number;
  /** TCP's, as `conntrack -L` prints it. */
  readonly state: string;
  readonly orig: string;
  readonly reply: string;
}

export function takeInventory(host: EmulatedHost): HostInventory {
  return {
    name: host.spec.name,
    isOn: host.isOn,
    namespaces: host.isOn ? [...host.namespaces].map(netNsInventory) : [],
    reserved: host.programs?.reservedAddresses?.() ?? [],
  };
}

function netNsInventory(ns: NetNs): NetNsInventory {
  const addresses: string[] = [];
  for (const dev of ns.devs.values()) {
    for (const address of dev.addrs) addresses.push(`${dev.name} ${formatIp(address.ip)}`);
  }
  const tcpSockets = ns.sockets
    .rows()
    .filter((row) => row.netid === 'tcp')
    .map((row) => ({
      state: row.state,
      local: endText(row.localIp, row.localPort),
      remote: endText(row.remoteIp, row.remotePort),
    }));
  return { name: ns.name, addresses, tcpSockets, connections: trackedFlows(ns) };
}

function trackedFlows(ns: NetNs): TrackedFlow[] {
  if (!(ns.netfilter instanceof NetfilterTables)) return [];
  const { conntrack } = ns.netfilter;
  return findEntries(conntrack, ns.sim.nowNs()).map(({ orig, reply, tcp, zone }) => ({
    proto: orig.proto,
    zone,
    state: tcp === undefined ? '' : (TCP_STATES[tcp.state] ?? ''),
    orig: `${endText(orig.src, orig.srcPort)}>${endText(orig.dst, orig.dstPort)}`,
    reply: `${endText(reply.src, reply.srcPort)}>${endText(reply.dst, reply.dstPort)}`,
  }));
}

function endText(address: number, port: number): string {
  return `${formatIp(address)}:${port}`;
}
