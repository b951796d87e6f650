/**
 * Endpoints and EndpointSlices in `kubectl get`.
 */
import type { EndpointSlice, Endpoints, KubeObject } from '@podwire/api';
import { age, hostPort, listWithMore } from './common.ts';
import { type TablePrinter, columns } from './table.ts';

export const endpointsPrinter: TablePrinter = {
  columns: columns('Name|Endpoints|Age'),
  cells(object: KubeObject, nowNs: number): string[] {
    const endpoints = object as Endpoints;
    return [endpoints.metadata.name, endpointsCell(endpoints), age(endpoints, nowNs)];
  },
};

/** Ready addresses with every port; without any subset `<none>`, with unready ones alone empty. */
function endpointsCell(endpoints: Endpoints): string {
  const subsets = endpoints.subsets ?? [];
  if (subsets.length === 0) return '<none>';
  const list: string[] = [];
  for (const { addresses = [], ports = [] } of subsets) {
    if (ports.length === 0) for (const { ip } of addresses) list.push(ip);
    for (const { port } of ports) for (const { ip } of addresses) list.push(hostPort(ip, port));
  }
  return listWithMore(list, '');
}

export const endpointSlicePrinter: TablePrinter = {
  columns: columns('Name|AddressType|Ports|Endpoints|Age'),
  cells(object: KubeObject, nowNs: number): string[] {
    const slice = object as EndpointSlice;
    const ports = (slice.ports ?? []).map((port) => String(port.port ?? port.name ?? '*'));
    const addresses = (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
    return [
      slice.metadata.name,
      slice.addressType,
      listWithMore(ports, '<unset>'),
      listWithMore(addresses, '<unset>'),
      age(slice, nowNs),
    ];
  },
};
