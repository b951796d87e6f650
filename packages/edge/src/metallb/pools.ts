/**
 * MetalLB's pools: which addresses they hold, which Services may have them, who advertises them.
 *
 * As in metallb/metallb 0.16 internal/config and internal/allocator. Not modelled: pools of IPv6.
 */
import {
  type IpAddressPool,
  type L2Advertisement,
  type LabelSelector,
  type Node,
  type Service,
  matchesSelector,
  selectorOf,
} from '@podwire/api';
import { type Ip, type IpRange, ipFamily, parseIpRange, rangeContains } from '@podwire/base';

type Labels = Readonly<Record<string, string>> | undefined;

/** The ranges that can be read, in the order of the pool. */
export function poolRanges({ spec }: IpAddressPool): IpRange[] {
  return (spec.addresses ?? []).flatMap((text) => {
    const range = parseIpRange(text);
    return typeof range === 'string' || ipFamily(range.first) !== 4 ? [] : [range];
  });
}

/** The pool that an address is of. */
export function poolOf(pools: readonly IpAddressPool[], address: Ip): IpAddressPool | undefined {
  return pools.find((pool) =>
    poolRanges(pool).some(
      (range) => rangeContains(range, address) && !(isBuggy(address) && avoidsBuggy(pool)),
    ),
  );
}

/** Its addresses, the lowest of each range first. */
export function* addressesOf(pool: IpAddressPool): Generator<Ip> {
  for (const { first, last } of poolRanges(pool)) {
    for (let address = first; address <= last; address++) {
      if (!(isBuggy(address) && avoidsBuggy(pool))) yield address;
    }
  }
}

function avoidsBuggy({ spec }: IpAddressPool): boolean {
  return spec.avoidBuggyIPs === true;
}

/** Old equipment takes addresses that end in .0 and .255 for networks and broadcasts. */
function isBuggy(address: Ip): boolean {
  const low = address % 256;
  return low === 0 || low === 255;
}

/** Whether a pool may serve a Service, by its serviceAllocation. */
export function mayServe(
  { spec }: IpAddressPool,
  { metadata }: Service,
  namespaceLabels: Labels,
): boolean {
  const allocation = spec.serviceAllocation;
  if (allocation === undefined) return true;
  const { namespaces = [], namespaceSelectors = [], serviceSelectors = [] } = allocation;
  const isOpen = namespaces.length === 0 && namespaceSelectors.length === 0;
  const isHere =
    isOpen ||
    namespaces.includes(metadata.namespace ?? '') ||
    matchesAny(namespaceSelectors, namespaceLabels);
  return isHere && (serviceSelectors.length === 0 || matchesAny(serviceSelectors, metadata.labels));
}

/** Pools to try for a Service that asks for none, in their order: those made for it, then those for all. */
export function automaticPools(
  pools: readonly IpAddressPool[],
  service: Service,
  namespaceLabels: Labels,
): IpAddressPool[] {
  const free = pools.filter(({ spec }) => spec.autoAssign !== false);
  const priority = ({ spec }: IpAddressPool): number => {
    const given = spec.serviceAllocation?.priority ?? 0;
    return given === 0 ? Number.MAX_SAFE_INTEGER : given;
  };
  const pinned = free
    .filter((pool) => pool.spec.serviceAllocation !== undefined)
    .filter((pool) => mayServe(pool, service, namespaceLabels))
    .sort((a, b) => priority(a) - priority(b));
  return [...pinned, ...free.filter((pool) => pool.spec.serviceAllocation === undefined)];
}

/** The L2Advertisements that speak of a pool: by name, by its labels, or of all pools. */
export function advertisementsOf(
  pool: IpAddressPool,
  all: readonly L2Advertisement[],
): L2Advertisement[] {
  return all.filter(({ spec = {} }) => {
    const { ipAddressPools = [], ipAddressPoolSelectors = [] } = spec;
    if (ipAddressPools.length === 0 && ipAddressPoolSelectors.length === 0) return true;
    return (
      ipAddressPools.includes(pool.metadata.name) ||
      matchesAny(ipAddressPoolSelectors, pool.metadata.labels)
    );
  });
}

/** Whether a node may announce by an advertisement. */
export function isNodeOf({ spec = {} }: L2Advertisement, { metadata }: Node): boolean {
  const { nodeSelectors = [] } = spec;
  return nodeSelectors.length === 0 || matchesAny(nodeSelectors, metadata.labels);
}

function matchesAny(selectors: readonly LabelSelector[], labels: Labels): boolean {
  return selectors.some((selector) => matchesSelector(selectorOf(selector), labels));
}
