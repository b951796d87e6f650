/**
 * All records of the cluster zone, as a zone transfer lists them: services by name, without SOA and NS.
 *
 * Pure functions over a `ClusterView`. Neither pods' names nor reverse names are part of it.
 */
import { type Ip, isIpv4, parseIp } from '@podwire/base';
import { type DnsRecord, absoluteDnsName } from '@podwire/wire';
import type { ClusterView, ViewPort, ViewService } from '../cluster-view.ts';
import { joinName } from '../names.ts';
import type { KubernetesOptions } from './kubernetes-options.ts';
import { endpointLabel, isExposed } from './kubernetes-records.ts';

/** In a transfer every SRV record weighs the same. */
const SRV_WEIGHT = 100;

export function recordsOfZone(
  view: ClusterView,
  options: KubernetesOptions,
  zone: string,
): DnsRecord[] {
  const services = view
    .services()
    .filter((service) => isExposed(view, options, service.namespace))
    .sort((a, b) => compareText(a.name, b.name) || compareText(a.namespace, b.namespace));
  return services.flatMap((service) => {
    const name = joinName(`${service.name}.${service.namespace}.svc`, zone);
    const records = new RecordMaker(name, options.ttlSec);
    if (service.isExternal) return records.alias(service.externalName);
    if (!service.isHeadless) return ofClusterIps(service, records, name);
    return options.hasEndpoints ? ofEndpoints(view, service, options, records, name) : [];
  });
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function ofClusterIps(service: ViewService, records: RecordMaker, name: string): DnsRecord[] {
  return service.ports.flatMap((port) =>
    service.clusterIps.flatMap((ip) => [
      records.address(name, ip),
      ...(port.port === -1 ? [] : [records.service(name, port.port, name)]),
      ...records.namedPort(port, name),
    ]),
  );
}

function ofEndpoints(
  view: ClusterView,
  service: ViewService,
  options: KubernetesOptions,
  records: RecordMaker,
  name: string,
): DnsRecord[] {
  return view.slices(service.namespace, service.name).flatMap(({ endpoints, ports }) =>
    endpoints.flatMap((endpoint) => {
      const own = `${endpointLabel(endpoint, options.usesPodNames)}.${name}`;
      return [
        records.address(name, endpoint.ip),
        records.address(own, endpoint.ip),
        ...ports.flatMap((port) => records.namedPort(port, own)),
      ];
    }),
  );
}

class RecordMaker {
  readonly #name: string;
  readonly #ttlSec: number;

  constructor(name: string, ttlSec: number) {
    this.#name = name;
    this.#ttlSec = ttlSec;
  }

  address(name: string, ip: Ip): DnsRecord {
    const type = isIpv4(ip) ? 'A' : 'AAAA';
    return { name, type, class: 'IN', ttlSec: this.#ttlSec, data: { kind: 'address', ip } };
  }

  service(name: string, port: number, target: string): DnsRecord {
    const data = { kind: 'srv', priority: 0, weight: SRV_WEIGHT, port, target } as const;
    return { name, type: 'SRV', class: 'IN', ttlSec: this.#ttlSec, data };
  }

  /** A port without a name has no record of its own. */
  namedPort({ name, protocol, port }: ViewPort, target: string): DnsRecord[] {
    if (name === '' || port === -1) return [];
    const owner = `_${name.toLowerCase()}._${protocol}.${this.#name}`;
    return [this.service(owner, port, target)];
  }

  /** What looks like an address is no name, and then there is no record. */
  alias(target: string): DnsRecord[] {
    if (parseIp(target) !== undefined) return [];
    const data = { kind: 'name', target: absoluteDnsName(target) } as const;
    return [{ name: this.#name, type: 'CNAME', class: 'IN', ttlSec: this.#ttlSec, data }];
  }
}
