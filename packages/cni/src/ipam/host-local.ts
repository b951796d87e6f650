/**
 * Address management of one node as the CNI plugin `host-local` does it.
 *
 * Addresses are handed out upwards from the last reserved one, round and round, so that a freed address
 * comes back only after a full circle. The record is what the plugin keeps on disk: it survives the pods,
 * the plugin and, when the disk does, a reboot. Source: containernetworking/plugins
 * plugins/ipam/host-local/backend/allocator/allocator.go.
 */
import { type Cidr, type Ip, addressAt, cidrSize, formatIp, ipAdd, network } from '@podwire/base';

/** Reservations of one range, as files below /var/lib/cni/networks/NAME. */
export interface HostLocalDisk {
  /** Address → container id and interface name. */
  readonly reserved: Map<Ip, HostLocalOwner>;
  /** Container id → its addresses. */
  readonly byContainer: Map<string, Ip[]>;
  lastReserved: Ip | undefined;
}

export interface HostLocalOwner {
  readonly containerId: string;
  readonly ifName: string;
}

export function emptyHostLocalDisk(): HostLocalDisk {
  return { reserved: new Map(), byContainer: new Map(), lastReserved: undefined };
}

export interface HostLocalRange {
  readonly subnet: Cidr;
  readonly rangeStart: Ip;
  readonly rangeEnd: Ip;
  readonly gateway: Ip;
}

/** The defaults: start .1, end the one before broadcast, gateway the first address. */
export function hostLocalRange(
  subnet: Cidr,
  options: { gateway?: Ip; rangeStart?: Ip } = {},
): HostLocalRange {
  const size = cidrSize(subnet);
  return {
    subnet,
    rangeStart: options.rangeStart ?? addressAt(subnet, 1),
    rangeEnd: addressAt(subnet, Math.max(size - 2, 0)),
    gateway: options.gateway ?? addressAt(subnet, 1),
  };
}

/** Whether a pod network has room for at least one pod beside its gateway. */
export function isUsableSubnet(subnet: Cidr): boolean {
  return cidrSize(subnet) >= 4;
}

/** Reserves the next free address; the plugin's own error text when it cannot. */
export function reserveAddress(
  disk: HostLocalDisk,
  range: HostLocalRange,
  owner: HostLocalOwner,
): { readonly ip: Ip } | { readonly error: string } {
  const held = disk.byContainer.get(owner.containerId) ?? [];
  for (const address of held) {
    if (disk.reserved.get(address)?.ifName === owner.ifName) {
      return {
        error: `${formatIp(address)} has been allocated to ${owner.containerId}, duplicate allocation is not allowed`,
      };
    }
  }
  const { rangeStart, rangeEnd, gateway } = range;
  const count = rangeEnd - rangeStart + 1;
  const last = disk.lastReserved;
  const inRange = last !== undefined && last >= rangeStart && last < rangeEnd;
  let candidate = inRange ? ipAdd(last, 1) : rangeStart;
  for (let tried = 0; tried < count; tried++) {
    if (candidate !== gateway && !disk.reserved.has(candidate)) {
      disk.reserved.set(candidate, owner);
      disk.byContainer.set(owner.containerId, [...held, candidate]);
      disk.lastReserved = candidate;
      return { ip: candidate };
    }
    candidate = candidate === rangeEnd ? rangeStart : ipAdd(candidate, 1);
  }
  return {
    error: `no IP addresses available in range set: ${formatIp(rangeStart)}-${formatIp(rangeEnd)}`,
  };
}

/** Gives back all addresses of a container; nothing happens when it has none. */
export function releaseAddresses(disk: HostLocalDisk, containerId: string): void {
  for (const address of disk.byContainer.get(containerId) ?? []) disk.reserved.delete(address);
  disk.byContainer.delete(containerId);
}

/** Gives back all addresses; the next one is still the one after the last. */
export function releaseAll(disk: HostLocalDisk): void {
  disk.reserved.clear();
  disk.byContainer.clear();
}

/** The gateway of a node's pod network. */
export function gatewayOf(subnet: Cidr, which: 'first' | 'last'): Ip {
  return addressAt(subnet, which === 'first' ? 1 : Math.max(cidrSize(subnet) - 2, 0));
}

/** The subnet's zeroth address, which flannel gives to its VXLAN device. */
export function subnetAddress(subnet: Cidr): Ip {
  return network(subnet);
}
