/**
 * Which address a Service gets (metallb/metallb 0.16 internal/allocator, controller/service.go). The messages are its own.
 */
import type { IpAddressPool, Service } from '@podwire/api';
import { type Ip, formatIp, parseIp } from '@podwire/base';
import { serviceKey } from '../service-status.ts';
import { addressesOf, automaticPools, mayServe, poolOf } from './pools.ts';

interface Assignment {
  readonly address: Ip;
  /** `80/TCP`. */
  readonly ports: readonly string[];
  /** Services with the same key may share an address; '' = with nobody. */
  readonly sharingKey: string;
  /** With externalTrafficPolicy Local, only those with the same pods may share. */
  readonly backendKey: string;
}

export interface AllocationFailure {
  readonly why: string;
}

type Labels = Readonly<Record<string, string>> | undefined;

export class Allocator {
  readonly #assignments = new Map<string, Assignment>();
  pools: readonly IpAddressPool[] = [];

  addressOf(key: string): Ip | undefined {
    return this.#assignments.get(key)?.address;
  }

  get keys(): readonly string[] {
    return [...this.#assignments.keys()];
  }

  release(key: string): void {
    this.#assignments.delete(key);
  }

  /** Takes the address for a Service; a text says why it cannot have it. */
  assign(service: Service, address: Ip): string | undefined {
    const wanted = assignmentOf(service, address);
    const key = serviceKey(service);
    const shown = formatIp(address);
    if (poolOf(this.pools, address) === undefined) return `["${shown}"] is not allowed in config`;
    const others = this.#on(address, key);
    const [first] = others;
    const clash = first === undefined ? undefined : sharingProblem(first[1], wanted);
    if (clash !== undefined) {
      const names = others.map(([name]) => name).join(',');
      return `can't change sharing key for "${key}", address also in use by ${names}`;
    }
    for (const port of wanted.ports) {
      if (others.some(([, { ports }]) => ports.includes(port))) {
        return `port ${port} is already in use on "${shown}"`;
      }
    }
    this.#assignments.set(key, wanted);
    return undefined;
  }

  /** Finds an address: the one that is asked for, one of the pool that is, or any. */
  allocate(service: Service, namespaceLabels: Labels): Ip | AllocationFailure {
    const asked = askedAddress(service);
    if (typeof asked === 'object') return asked;
    if (asked !== undefined) {
      const why = this.assign(service, asked);
      return why === undefined ? asked : { why };
    }
    const name = annotation(service, 'address-pool');
    if (name !== undefined) return this.#fromPool(service, name, namespaceLabels);
    for (const pool of automaticPools(this.pools, service, namespaceLabels)) {
      const address = this.#take(service, pool);
      if (address !== undefined) return address;
    }
    return { why: 'no available IPs' };
  }

  #fromPool(service: Service, name: string, labels: Labels): Ip | AllocationFailure {
    const pool = this.pools.find(({ metadata }) => metadata.name === name);
    if (pool === undefined) return { why: `unknown pool "${name}"` };
    if (!mayServe(pool, service, labels)) {
      return { why: `pool ${name} not compatible for ip assignment` };
    }
    const address = this.#take(service, pool);
    return address ?? { why: `no available IPs in pool "${name}" for ipv4 IPFamily` };
  }

  #take(service: Service, pool: IpAddressPool): Ip | undefined {
    for (const address of addressesOf(pool)) {
      if (this.assign(service, address) === undefined) return address;
    }
    return undefined;
  }

  #on(address: Ip, butKey: string): (readonly [key: string, assignment: Assignment])[] {
    return [...this.#assignments].filter(
      ([key, each]) => each.address === address && key !== butKey,
    );
  }
}

/** `metallb.io/NAME`, or its form until 0.14. */
function annotation({ metadata }: Service, name: string): string | undefined {
  const all = metadata.annotations ?? {};
  return all[`metallb.io/${name}`] ?? all[`metallb.universe.tf/${name}`];
}

function askedAddress(service: Service): Ip | undefined | AllocationFailure {
  const byAnnotation = annotation(service, 'loadBalancerIPs');
  const bySpec = service.spec.loadBalancerIP ?? '';
  if (byAnnotation !== undefined && bySpec !== '') {
    return {
      why: 'service can not have both metallb.io/loadBalancerIPs and svc.Spec.LoadBalancerIP',
    };
  }
  const text = byAnnotation ?? bySpec;
  if (text === '') return undefined;
  const address = parseIp(text.trim());
  const where = byAnnotation === undefined ? 'spec.loadBalancerIP' : 'metallb.io/loadBalancerIPs';
  return address ?? { why: `invalid ${where}: "${text}"` };
}

function assignmentOf(service: Service, address: Ip): Assignment {
  const { spec } = service;
  const selector = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  return {
    address,
    ports: (spec.ports ?? []).map(({ port, protocol = 'TCP' }) => `${protocol}/${port}`),
    sharingKey: annotation(service, 'allow-shared-ip') ?? '',
    backendKey: spec.externalTrafficPolicy === 'Local' ? selector.sort().join(',') : '',
  };
}

function sharingProblem(there: Assignment, wanted: Assignment): 'not shared' | undefined {
  const isShared =
    there.sharingKey !== '' &&
    there.sharingKey === wanted.sharingKey &&
    there.backendKey === wanted.backendKey;
  return isShared ? undefined : 'not shared';
}
