/**
 * Addresses and ports of Services: filled in before validation, given back when no longer needed
 * (pkg/registry/core/service/storage/alloc.go).
 *
 * A failure is told alone, as the real server tells it, and leaves nothing taken.
 */
import { type Cidr, type Rng, isIpv4, parseIp } from '@podwire/base';
import type { IpFamilyName, Service, ServiceSpec } from './types/service.ts';
import type { ApiResponse } from './request.ts';
import { type Draft, ensure, items, thaw } from './draft.ts';
import { ClusterIpAllocator, type BandAllocator, nodePortAllocator } from './allocators.ts';
import { needsHealthCheckPort } from './defaults/service.ts';
import { internalError, invalid } from './errors.ts';
import { type FieldError, invalidValue } from './validate/field-error.ts';
import { validateClusterIps } from './validate/service.ts';

export interface ServiceRanges {
  /** One range, or one of each family; the first is the default family. */
  readonly serviceCidrs: readonly Cidr[];
  readonly nodePortFirst: number;
  readonly nodePortLast: number;
}

/** What an allocation took, to be given back when the write fails. */
export interface Taken {
  readonly ips: string[];
  readonly ports: number[];
}

export class ServiceAllocator {
  readonly #ips: ReadonlyMap<IpFamilyName, ClusterIpAllocator>;
  readonly #families: readonly IpFamilyName[];
  readonly #ports: BandAllocator;
  readonly #portRange: string;

  constructor(ranges: ServiceRanges, rng: Rng) {
    const pairs = ranges.serviceCidrs.map((range): [IpFamilyName, ClusterIpAllocator] => {
      const family = isIpv4(range.ip) ? 'IPv4' : 'IPv6';
      return [family, new ClusterIpAllocator(range, rng.fork(`cluster-ip/${family}`))];
    });
    this.#ips = new Map(pairs);
    this.#families = pairs.map(([family]) => family);
    this.#ports = nodePortAllocator(
      ranges.nodePortFirst,
      ranges.nodePortLast,
      rng.fork('node-port'),
    );
    this.#portRange = `${ranges.nodePortFirst}-${ranges.nodePortLast}`;
  }

  /** Fills in what the service lacks. Returns what it took, or the answer that refuses the write. */
  allocate(service: Draft, old?: Service): Taken | ApiResponse {
    const taken: Taken = { ips: [], ports: [] };
    const failed = this.#allocate(service, old, taken);
    if (failed === undefined) return taken;
    this.release(taken);
    return failed;
  }

  release(taken: Taken): void {
    for (const ip of taken.ips) this.#releaseIp(ip);
    for (const port of taken.ports) this.#ports.release(port);
  }

  /** After a write: gives back what only the former version held. */
  settle(old: Service | undefined, now: Service | undefined): void {
    const held = now === undefined ? emptyHold() : holdOf(now.spec);
    const before = old === undefined ? emptyHold() : holdOf(old.spec);
    for (const ip of before.ips) if (!held.ips.has(ip)) this.#releaseIp(ip);
    for (const port of before.ports) if (!held.ports.has(port)) this.#ports.release(port);
  }

  #allocate(service: Draft, old: Service | undefined, taken: Taken): ApiResponse | undefined {
    const spec = thaw(service, 'spec');
    const name = nameOf(service);
    const refuse = (errors: readonly FieldError[]): ApiResponse =>
      invalid('', 'Service', name, errors);
    if (spec['type'] !== 'ExternalName') {
      const problems = this.#initFamilies(spec, old);
      if (problems.length > 0) return refuse(problems);
      const failed = this.#takeIps(spec, old, name, taken, refuse);
      if (failed !== undefined) return failed;
    }
    if (spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer') {
      const failed = this.#takePorts(spec, old, taken, refuse);
      if (failed !== undefined) return failed;
    }
    return this.#takeHealthCheckPort(spec, old, taken);
  }

  /** ipFamilies and ipFamilyPolicy from what the user gave and what the cluster has (defaultOnWriteIPFamilies). */
  #initFamilies(spec: Draft, old: Service | undefined): FieldError[] {
    const view = spec as ServiceSpec;
    if (old !== undefined && old.spec.type !== 'ExternalName') {
      spec['ipFamilies'] ??= old.spec.ipFamilies;
      spec['ipFamilyPolicy'] ??= old.spec.ipFamilyPolicy;
    }
    const problems = validateClusterIps(view);
    if (problems.length > 0) return problems;
    const isHeadless = view.clusterIP === 'None';
    const hasSelector = view.selector !== undefined && Object.keys(view.selector).length > 0;
    const isFree = isHeadless && !hasSelector;
    const families = [...(view.ipFamilies ?? [])];
    // What is headless and without a selector is of both families unless said otherwise.
    const policy = view.ipFamilyPolicy ?? (isFree ? 'RequireDualStack' : undefined);
    const unfit = this.#inferFamilies(view.clusterIPs ?? [], families, policy ?? 'SingleStack');
    if (unfit.length > 0) return unfit;
    const missing = isFree ? [] : this.#missingFamilies(families, policy);
    if (missing.length > 0) return missing;
    const first = families[0] ?? this.#families[0] ?? 'IPv4';
    if (families.length === 0) families.push(first);
    if ((policy === 'PreferDualStack' || policy === 'RequireDualStack') && families.length === 1) {
      const second = first === 'IPv4' ? 'IPv6' : 'IPv4';
      if (this.#ips.has(second) || isFree) families.push(second);
    }
    spec['ipFamilyPolicy'] = policy ?? (families.length > 1 ? 'RequireDualStack' : 'SingleStack');
    spec['ipFamilies'] = policy === 'SingleStack' ? families.slice(0, 1) : families;
    return [];
  }

  /** The policy must allow what was given; families of given addresses are added to `families`. */
  #inferFamilies(
    addresses: readonly string[],
    families: IpFamilyName[],
    policy: string,
  ): FieldError[] {
    const problems: FieldError[] = [];
    const check = (count: number, what: string): void => {
      if (policy !== 'SingleStack' || count < 2) return;
      const text = `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
      problems.push(invalidValue('spec.ipFamilyPolicy', policy, text));
    };
    check(addresses.length, 'cluster IPs');
    check(families.length, 'IP families');
    for (const [index, ip] of addresses.entries()) {
      const parsed = parseIp(ip);
      if (parsed === undefined || index < families.length) continue;
      const family = isIpv4(parsed) ? 'IPv4' : 'IPv6';
      if (this.#ips.has(family)) families.push(family);
      else {
        const text = `${family} is not configured on this cluster`;
        problems.push(invalidValue(`spec.clusterIPs[${index}]`, addresses, text));
      }
    }
    return problems;
  }

  /** What is asked for and the cluster has not. */
  #missingFamilies(
    families: readonly IpFamilyName[],
    policy: ServiceSpec['ipFamilyPolicy'],
  ): FieldError[] {
    const problems: FieldError[] = [];
    if (policy === 'RequireDualStack' && this.#ips.size < 2) {
      const text = 'this cluster is not configured for dual-stack services';
      problems.push(invalidValue('spec.ipFamilyPolicy', policy, text));
    }
    for (const [index, family] of families.entries()) {
      if (this.#ips.has(family)) continue;
      const path = `spec.ipFamilies[${index}]`;
      problems.push(invalidValue(path, family, 'not configured on this cluster'));
    }
    return problems;
  }

  #takeIps(
    spec: Draft,
    old: Service | undefined,
    name: string,
    taken: Taken,
    refuse: (errors: readonly FieldError[]) => ApiResponse,
  ): ApiResponse | undefined {
    const view = spec as ServiceSpec;
    if (view.clusterIP === 'None') return undefined;
    const before = new Set(old?.spec.clusterIPs ?? []);
    // A change of the first address is refused by validation, not by the allocator.
    const first = old?.spec.clusterIPs?.[0];
    if (
      first !== undefined &&
      old?.spec.type !== 'ExternalName' &&
      view.clusterIPs?.[0] !== first
    ) {
      return undefined;
    }
    const wanted = [...(view.clusterIPs ?? [])];
    const result: string[] = [];
    for (const [index, family] of (view.ipFamilies ?? []).entries()) {
      const allocator = this.#ips.get(family);
      if (allocator === undefined) continue;
      const asked = wanted[index];
      if (asked === undefined || asked === '') {
        const next = allocator.takeNext();
        if (next === undefined) {
          return internalError(
            `failed to allocate a serviceIP for Service ${JSON.stringify(name)}: range is full`,
          );
        }
        taken.ips.push(next);
        result.push(next);
        continue;
      }
      result.push(asked);
      if (before.has(asked)) continue;
      const problem = allocator.take(asked);
      if (problem !== undefined) {
        const why =
          problem === 'taken'
            ? 'provided IP is already allocated'
            : 'the provided network does not match the current range';
        return refuse([
          invalidValue('spec.clusterIPs', wanted, `failed to allocate IP ${asked}: ${why}`),
        ]);
      }
      taken.ips.push(asked);
    }
    spec['clusterIPs'] = result;
    if (result[0] !== undefined) spec['clusterIP'] = result[0];
    return undefined;
  }

  #takePorts(
    spec: Draft,
    old: Service | undefined,
    taken: Taken,
    refuse: (errors: readonly FieldError[]) => ApiResponse,
  ): ApiResponse | undefined {
    const mayChoose =
      spec['type'] === 'NodePort' || spec['allocateLoadBalancerNodePorts'] !== false;
    const hadPorts = old?.spec.type === 'NodePort' || old?.spec.type === 'LoadBalancer';
    const held = new Set(hadPorts ? holdOf(old.spec).ports : []);
    const ports = items(spec, 'ports').map((port) => (Object.isFrozen(port) ? { ...port } : port));
    spec['ports'] = ports;
    const byPort = new Map<unknown, number>();
    const refusePort = (index: number, number: number, problem: string): ApiResponse =>
      refuse([
        invalidValue(
          `spec.ports[${index}].nodePort`,
          number,
          problem === 'taken' ? 'provided port is already allocated' : this.#rangeText(),
        ),
      ]);
    /** Numbers that this service holds already or has taken in this pass. */
    const own = new Set<number>();
    const take = (number: number): string | undefined => {
      if (held.has(number)) return own.has(number) ? 'taken' : void own.add(number);
      const problem = this.#ports.take(number);
      if (problem === undefined) taken.ports.push(number);
      return problem;
    };
    for (const [index, port] of ports.entries()) {
      const given = numberOf(port['nodePort']);
      if (given === 0 && !mayChoose) continue;
      const known = byPort.get(port['port']);
      if (known !== undefined) {
        if (given === 0) port['nodePort'] = known;
        else if (given !== known) {
          const problem = take(given);
          if (problem !== undefined) return refusePort(index, given, problem);
        }
        continue;
      }
      // Only items further on can match here: it looks for a number that the user asked for.
      const wanted = ports.find(
        (each) => each['port'] === port['port'] && numberOf(each['nodePort']) !== 0,
      );
      const asked = numberOf(wanted?.['nodePort']);
      if (asked !== 0) {
        const problem = take(asked);
        if (problem !== undefined) return refusePort(index, asked, problem);
        port['nodePort'] = asked;
        byPort.set(port['port'], asked);
        continue;
      }
      const next = this.#ports.takeNext();
      if (next === 'full') return internalError('failed to allocate a nodePort: range is full');
      taken.ports.push(next);
      port['nodePort'] = next;
      byPort.set(port['port'], next);
    }
    return undefined;
  }

  #takeHealthCheckPort(
    spec: Draft,
    old: Service | undefined,
    taken: Taken,
  ): ApiResponse | undefined {
    if (!needsHealthCheckPort(spec as ServiceSpec)) return undefined;
    const asked = numberOf(spec['healthCheckNodePort']);
    if (
      old !== undefined &&
      needsHealthCheckPort(old.spec) &&
      old.spec.healthCheckNodePort !== undefined
    ) {
      return undefined;
    }
    if (asked === 0) {
      const next = this.#ports.takeNext();
      if (next === 'full') {
        return internalError('failed to allocate a HealthCheck NodePort : range is full');
      }
      taken.ports.push(next);
      spec['healthCheckNodePort'] = next;
      return undefined;
    }
    const problem = this.#ports.take(asked);
    if (problem === undefined) {
      taken.ports.push(asked);
      return undefined;
    }
    const why = problem === 'taken' ? 'provided port is already allocated' : this.#rangeText();
    return internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${why}`);
  }

  #rangeText(): string {
    return `provided port is not in the valid range. The range of valid ports is ${this.#portRange}`;
  }

  #releaseIp(ip: string): void {
    for (const allocator of this.#ips.values()) allocator.release(ip);
  }
}

interface Hold {
  readonly ips: ReadonlySet<string>;
  readonly ports: ReadonlySet<number>;
}

function emptyHold(): Hold {
  return { ips: new Set(), ports: new Set() };
}

/** What a stored service holds of the ranges. */
function holdOf(spec: ServiceSpec): Hold {
  const ips =
    spec.type === 'ExternalName' ? [] : (spec.clusterIPs ?? []).filter((ip) => ip !== 'None');
  const ports: number[] = [];
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') {
    for (const port of spec.ports ?? []) if (port.nodePort !== undefined) ports.push(port.nodePort);
  }
  if (needsHealthCheckPort(spec) && spec.healthCheckNodePort !== undefined) {
    ports.push(spec.healthCheckNodePort);
  }
  return { ips: new Set(ips), ports: new Set(ports) };
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function nameOf(service: Draft): string {
  const name = ensure(service, 'metadata')['name'];
  return typeof name === 'string' ? name : '';
}
