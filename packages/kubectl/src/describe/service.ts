/**
 * `kubectl describe service|endpoints|endpointslice`.
 */
import {
  type EndpointSlice,
  type Endpoints,
  type KubeObject,
  SCHEME,
  type Service,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { isFailure } from '../failure.ts';
import { formatLabels } from '../json-value.ts';
import { hostPort } from '../printers/common.ts';
import type { Session } from '../session.ts';
import type { DescribeWriter } from './writer.ts';

export function* describeService(session: Session, object: KubeObject, w: DescribeWriter): Proc {
  const service = object as Service;
  const { metadata, spec } = service;
  const slices = yield* slicesOfName(session, metadata.namespace ?? '', metadata.name);
  w.field(0, 'Name', metadata.name);
  w.field(0, 'Namespace', metadata.namespace ?? '');
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
  w.field(0, 'Selector', formatLabels(spec.selector));
  w.field(0, 'Type', spec.type ?? '');
  if (spec.ipFamilyPolicy !== undefined) w.field(0, 'IP Family Policy', spec.ipFamilyPolicy);
  w.field(0, 'IP Families', joined(spec.ipFamilies));
  w.field(0, 'IP', spec.clusterIP ?? '');
  w.field(0, 'IPs', joined(spec.clusterIPs));
  if ((spec.externalIPs ?? []).length > 0) w.field(0, 'External IPs', joined(spec.externalIPs));
  if ((spec.loadBalancerIP ?? '') !== '')
    w.field(0, 'Desired LoadBalancer IP', spec.loadBalancerIP ?? '');
  if ((spec.externalName ?? '') !== '') w.field(0, 'External Name', spec.externalName ?? '');
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  if (ingress.length > 0) {
    const texts = ingress.map(({ ip, hostname, ipMode }) =>
      ip === undefined || ip === ''
        ? (hostname ?? '')
        : ipMode === undefined
          ? ip
          : `${ip} (${ipMode})`,
    );
    w.field(0, 'LoadBalancer Ingress', texts.join(', '));
  }
  for (const port of spec.ports ?? []) {
    const name = port.name === undefined || port.name === '' ? '<unset>' : port.name;
    const protocol = port.protocol ?? 'TCP';
    w.line(0, `Port:\t${name}\t${port.port}/${protocol}`);
    w.field(0, 'TargetPort', `${port.targetPort ?? 0}/${protocol}`);
    if (port.appProtocol !== undefined) w.field(0, 'AppProtocol', port.appProtocol);
    if ((port.nodePort ?? 0) !== 0) w.line(0, `NodePort:\t${name}\t${port.nodePort}/${protocol}`);
    w.field(0, 'Endpoints', endpointsText(slices, port.name ?? ''));
  }
  w.field(0, 'Session Affinity', spec.sessionAffinity ?? '');
  if (spec.externalTrafficPolicy !== undefined)
    w.field(0, 'External Traffic Policy', spec.externalTrafficPolicy);
  if (spec.internalTrafficPolicy !== undefined)
    w.field(0, 'Internal Traffic Policy', spec.internalTrafficPolicy);
  if ((spec.healthCheckNodePort ?? 0) !== 0)
    w.field(0, 'HealthCheck NodePort', spec.healthCheckNodePort ?? 0);
  if ((spec.loadBalancerSourceRanges ?? []).length > 0) {
    w.field(0, 'LoadBalancer Source Ranges', joined(spec.loadBalancerSourceRanges));
  }
  if (spec.trafficDistribution !== undefined)
    w.field(0, 'Traffic Distribution', spec.trafficDistribution);
}

function joined(list: readonly string[] | undefined): string {
  return list === undefined || list.length === 0 ? '<none>' : list.join(',');
}

/** The EndpointSlices of a Service; none when they cannot be had. */
export function* slicesOfName(
  session: Session,
  namespace: string,
  name: string,
): Proc<readonly EndpointSlice[]> {
  const info = SCHEME.byKind('discovery.k8s.io/v1', 'EndpointSlice');
  if (info === undefined) return [];
  const listed = yield* session.list(info, {
    namespace,
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  return isFailure(listed) ? [] : (listed.items as readonly EndpointSlice[]);
}

/** The first three ready endpoints of a port (formatEndpointSlices). */
export function endpointsText(slices: readonly EndpointSlice[], portName: string): string {
  if (slices.length === 0) return '<none>';
  const list: string[] = [];
  let count = 0;
  let hasMore = false;
  const add = (text: string, isReady: boolean): void => {
    if (list.length === 3) hasMore = true;
    if (!isReady) return;
    if (!hasMore) list.push(text);
    count++;
  };
  for (const { ports = [], endpoints } of slices) {
    for (const endpoint of endpoints ?? []) {
      if (ports.length === 0)
        add(endpoint.addresses[0] ?? '', endpoint.conditions?.ready !== false);
    }
    for (const port of ports) {
      if ((port.name ?? '') !== portName) continue;
      for (const endpoint of endpoints ?? []) {
        add(
          hostPort(endpoint.addresses[0] ?? '', port.port ?? 0),
          endpoint.conditions?.ready !== false,
        );
      }
    }
  }
  const text = list.join(',');
  return hasMore ? `${text} + ${count - 3} more...` : text;
}

export function describeEndpoints(object: KubeObject, w: DescribeWriter): void {
  const { metadata, subsets = [] } = object as Endpoints;
  w.field(0, 'Name', metadata.name);
  w.field(0, 'Namespace', metadata.namespace ?? '');
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
  w.line(0, 'Subsets:');
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    w.field(1, 'Addresses', joined(addresses.map(({ ip }) => ip)));
    w.field(1, 'NotReadyAddresses', joined(notReadyAddresses.map(({ ip }) => ip)));
    if (ports.length > 0) {
      w.line(1, 'Ports:');
      w.line(2, 'Name\tPort\tProtocol');
      w.line(2, '----\t----\t--------');
      for (const port of ports) {
        const name = port.name === undefined || port.name === '' ? '<unset>' : port.name;
        w.line(2, `${name}\t${port.port}\t${port.protocol ?? 'TCP'}`);
      }
    }
    w.line(0, '');
  }
}

export function describeEndpointSlice(object: KubeObject, w: DescribeWriter): void {
  const { metadata, addressType, ports = [], endpoints } = object as EndpointSlice;
  w.field(0, 'Name', metadata.name);
  w.field(0, 'Namespace', metadata.namespace ?? '');
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
  w.field(0, 'AddressType', addressType);
  if (ports.length === 0) w.line(0, 'Ports: <unset>');
  else {
    w.line(0, 'Ports:');
    w.line(1, 'Name\tPort\tProtocol');
    w.line(1, '----\t----\t--------');
    for (const port of ports) {
      const name = port.name === undefined || port.name === '' ? '<unset>' : port.name;
      w.line(1, `${name}\t${port.port ?? '<unset>'}\t${port.protocol ?? 'TCP'}`);
    }
  }
  if (endpoints.length === 0) {
    w.line(0, 'Endpoints: <none>');
    return;
  }
  w.line(0, 'Endpoints:');
  for (const endpoint of endpoints) {
    w.field(
      1,
      '- Addresses',
      endpoint.addresses.length === 0 ? '<none>' : endpoint.addresses.join(', '),
    );
    w.line(2, 'Conditions:');
    w.field(3, 'Ready', endpoint.conditions?.ready ?? '<unset>');
    w.field(2, 'Hostname', endpoint.hostname ?? '<unset>');
    if (endpoint.targetRef !== undefined) {
      w.field(2, 'TargetRef', `${endpoint.targetRef.kind ?? ''}/${endpoint.targetRef.name ?? ''}`);
    }
    w.field(2, 'NodeName', endpoint.nodeName ?? '<unset>');
    w.field(2, 'Zone', endpoint.zone ?? '<unset>');
  }
}
