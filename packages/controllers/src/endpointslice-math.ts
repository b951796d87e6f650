/**
 * How wanted endpoints are laid out in slices with as few writes as possible.
 *
 * Pure. Existing slices are changed in place first, then the fullest that still has room is filled, then new ones are
 * made; slices are not merged when they shrink. Copies k8s.io/endpointslice reconciler.go.
 */
import type { Endpoint, EndpointPort, EndpointSlice } from '@podwire/api';
import { compareText, jsonEqual } from '@podwire/api';

/** Slices and endpoints with one set of resolved ports. */
export interface PortGroup {
  readonly ports: readonly EndpointPort[];
  /** By pod. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
}

export interface SlicePlan {
  readonly create: readonly Endpoint[][];
  readonly update: readonly {
    readonly slice: EndpointSlice;
    readonly endpoints: readonly Endpoint[];
  }[];
  readonly remove: readonly EndpointSlice[];
}

/** A key for a set of ports, whatever their order. */
export function portsKey(ports: readonly EndpointPort[] | undefined): string {
  return (ports ?? [])
    .map(({ name = '', protocol = 'TCP', port, appProtocol = '' }) =>
      JSON.stringify([name, protocol, port ?? null, appProtocol]),
    )
    .sort(compareText)
    .join(',');
}

/** The key that pairs an endpoint of a slice with a wanted one. */
export function endpointKey(endpoint: Endpoint): string {
  return endpoint.targetRef?.uid ?? endpoint.addresses.join(',');
}

export function planSlices(
  existing: readonly EndpointSlice[],
  wanted: ReadonlyMap<string, Endpoint>,
  mostPerSlice: number,
): SlicePlan {
  const missing = new Map(wanted);
  const kept = new Map<EndpointSlice, Endpoint[]>();
  const changed = new Set<EndpointSlice>();
  for (const slice of existing) {
    const endpoints: Endpoint[] = [];
    for (const endpoint of slice.endpoints ?? []) {
      const key = endpointKey(endpoint);
      const now = missing.get(key);
      if (now === undefined) {
        changed.add(slice);
        continue;
      }
      missing.delete(key);
      endpoints.push(now);
      if (!jsonEqual(now, endpoint)) changed.add(slice);
    }
    kept.set(slice, endpoints);
  }
  const remove = existing.filter((slice) => kept.get(slice)?.length === 0);
  const fillable = existing.filter((slice) => !remove.includes(slice));
  // What is to be changed anyway takes new endpoints first.
  for (const slice of fillable) {
    if (changed.has(slice)) fill(kept.get(slice) ?? [], missing, mostPerSlice);
  }
  const create: Endpoint[][] = [];
  while (missing.size > 0) {
    // An emptied slice is used again before a new one is made.
    const spare = remove.shift();
    if (spare !== undefined) {
      fill(kept.get(spare) ?? [], missing, mostPerSlice);
      changed.add(spare);
      continue;
    }
    if (missing.size < mostPerSlice) {
      const slice = fullestWithRoom(fillable, kept, changed, missing.size, mostPerSlice);
      if (slice !== undefined) {
        fill(kept.get(slice) ?? [], missing, mostPerSlice);
        changed.add(slice);
        continue;
      }
    }
    const endpoints: Endpoint[] = [];
    fill(endpoints, missing, mostPerSlice);
    create.push(endpoints);
  }
  const update = existing
    .filter((slice) => changed.has(slice) && !remove.includes(slice))
    .map((slice) => ({ slice, endpoints: kept.get(slice) ?? [] }));
  return { create, update, remove };
}

/** Moves wanted endpoints into a slice until it is full. */
function fill(endpoints: Endpoint[], missing: Map<string, Endpoint>, most: number): void {
  for (const [key, endpoint] of missing) {
    if (endpoints.length >= most) return;
    endpoints.push(endpoint);
    missing.delete(key);
  }
}

function fullestWithRoom(
  slices: readonly EndpointSlice[],
  kept: ReadonlyMap<EndpointSlice, readonly Endpoint[]>,
  changed: ReadonlySet<EndpointSlice>,
  count: number,
  most: number,
): EndpointSlice | undefined {
  let best: EndpointSlice | undefined;
  let bestSize = -1;
  for (const slice of slices) {
    const size = kept.get(slice)?.length ?? 0;
    if (changed.has(slice) || size + count > most || size <= bestSize) continue;
    best = slice;
    bestSize = size;
  }
  return best;
}
