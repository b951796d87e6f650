/**
 * Services in `kubectl get`.
 */
import type { KubeObject, Service } from '@podwire/api';
import { formatLabels } from '../json-value.ts';
import { age } from './common.ts';
import { type TablePrinter, columns } from './table.ts';

/** LoadBalancer addresses are cut to this many characters without `-o wide`. */
const LOAD_BALANCER_WIDTH = 16;

export const servicePrinter: TablePrinter = {
  columns: columns('Name|Type|Cluster-IP|External-IP|Port(s)|Age', 'Selector'),
  cells(object: KubeObject, nowNs: number, isWide: boolean): string[] {
    const service = object as Service;
    const { spec } = service;
    const clusterIp = spec.clusterIPs?.[0] ?? spec.clusterIP ?? '';
    return [
      service.metadata.name,
      spec.type ?? '',
      clusterIp === '' ? '<none>' : clusterIp,
      externalIpCell(service, isWide),
      portsCell(service),
      age(service, nowNs),
      formatLabels(spec.selector),
    ];
  },
};

function externalIpCell(service: Service, isWide: boolean): string {
  const external = service.spec.externalIPs ?? [];
  switch (service.spec.type) {
    case 'LoadBalancer': {
      const balancer = loadBalancerCell(service, isWide);
      const all = balancer === '' ? external : [balancer, ...external];
      return all.length === 0 ? '<pending>' : all.join(',');
    }
    case 'ExternalName':
      return service.spec.externalName ?? '';
    case 'ClusterIP':
    case 'NodePort':
      return external.length === 0 ? '<none>' : external.join(',');
    default:
      return '<unknown>';
  }
}

function loadBalancerCell(service: Service, isWide: boolean): string {
  const names = new Set<string>();
  for (const { ip, hostname } of service.status?.loadBalancer?.ingress ?? []) {
    const name = ip !== undefined && ip !== '' ? ip : (hostname ?? '');
    if (name !== '') names.add(name);
  }
  const text = [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join(',');
  return !isWide && text.length > LOAD_BALANCER_WIDTH
    ? `${text.slice(0, LOAD_BALANCER_WIDTH - 3)}...`
    : text;
}

function portsCell(service: Service): string {
  const ports = (service.spec.ports ?? []).map((port) => {
    const node = port.nodePort !== undefined && port.nodePort > 0 ? `:${port.nodePort}` : '';
    return `${port.port}${node}/${port.protocol ?? 'TCP'}`;
  });
  return ports.length === 0 ? '<none>' : ports.join(',');
}
