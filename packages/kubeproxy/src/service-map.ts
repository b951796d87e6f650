/**
 * Services as the proxy sees them: one entry per service port, with the addresses it answers at.
 */
import { ipFamily, parseCidr, parseIp } from '@podwire/base';
import { type Service, compareText } from '@podwire/api';

export interface ServicePortInfo {
  /** `NAMESPACE/NAME`, with `:PORTNAME` where the port has one. */
  readonly name: string;
  readonly namespace: string;
  readonly service: string;
  readonly portName: string;
  /** Lower case. */
  readonly proto: 'tcp' | 'udp' | 'sctp';
  readonly clusterIP: string;
  readonly port: number;
  /** 0 = none. */
  readonly nodePort: number;
  readonly externalIPs: readonly string[];
  readonly loadBalancerVIPs: readonly string[];
  /** Empty = no filtering. */
  readonly sourceRanges: readonly string[];
  /** Seconds of ClientIP affinity; 0 = none. */
  readonly affinitySec: number;
  readonly isInternalLocal: boolean;
  readonly isExternalLocal: boolean;
  /** 0 = none. */
  readonly healthCheckNodePort: number;
}

export const PROXY_NAME_LABEL = 'service.kubernetes.io/service-proxy-name';
export const HEADLESS_LABEL = 'service.kubernetes.io/headless';
/** What the informers of Services and EndpointSlices select. */
export const PROXY_SELECTOR: string = `!${PROXY_NAME_LABEL},!${HEADLESS_LABEL}`;

const DEFAULT_AFFINITY_SEC = 10_800;

/** The service ports that kube-proxy serves; none for headless and ExternalName Services. */
export function servicePortsOf(service: Service): ServicePortInfo[] {
  const { spec, metadata } = service;
  const clusterIP = spec.clusterIP ?? '';
  if (spec.type === 'ExternalName' || clusterIP === '' || clusterIP === 'None') return [];
  if (metadata.labels?.[PROXY_NAME_LABEL] !== undefined) return [];
  const namespace = metadata.namespace ?? '';
  const vips = (service.status?.loadBalancer?.ingress ?? [])
    .filter(
      (ingress) => ingress.ip !== undefined && ingress.ip !== '' && ingress.ipMode !== 'Proxy',
    )
    .map((ingress) => ingress.ip ?? '');
  const isLoadBalancer = spec.type === 'LoadBalancer';
  const isExternal =
    isLoadBalancer || spec.type === 'NodePort' || (spec.externalIPs ?? []).length > 0;
  return (spec.ports ?? []).map((port) => {
    const portName = port.name ?? '';
    return {
      name: servicePortName(namespace, metadata.name, portName),
      namespace,
      service: metadata.name,
      portName,
      proto: lowerProto(port.protocol ?? 'TCP'),
      clusterIP,
      port: port.port,
      nodePort: port.nodePort ?? 0,
      externalIPs: ofFamily(spec.externalIPs ?? [], clusterIP),
      loadBalancerVIPs: isLoadBalancer ? ofFamily(vips, clusterIP) : [],
      sourceRanges: isLoadBalancer
        ? sourceRangesOf(spec.loadBalancerSourceRanges ?? [], clusterIP)
        : [],
      affinitySec:
        spec.sessionAffinity === 'ClientIP'
          ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SEC)
          : 0,
      isInternalLocal: spec.internalTrafficPolicy === 'Local',
      isExternalLocal: isExternal && spec.externalTrafficPolicy === 'Local',
      healthCheckNodePort:
        isLoadBalancer && spec.externalTrafficPolicy === 'Local'
          ? (spec.healthCheckNodePort ?? 0)
          : 0,
    };
  });
}

export function servicePortName(namespace: string, service: string, portName: string): string {
  return portName === '' ? `${namespace}/${service}` : `${namespace}/${service}:${portName}`;
}

/** Key of a service port and of its endpoints. */
export function portKey(
  namespace: string,
  service: string,
  portName: string,
  proto: string,
): string {
  return `${servicePortName(namespace, service, portName)}/${proto}`;
}

export function keyOfPort(info: ServicePortInfo): string {
  return portKey(info.namespace, info.service, info.portName, info.proto);
}

/** Reached at more than its clusterIP. */
export function isExternallyAccessible(info: ServicePortInfo): boolean {
  return info.nodePort !== 0 || info.loadBalancerVIPs.length > 0 || info.externalIPs.length > 0;
}

export function usesClusterEndpoints(info: ServicePortInfo): boolean {
  if (!info.isInternalLocal) return true;
  // Local policy outside still lets pods and the node itself reach every endpoint (short-circuit).
  return isExternallyAccessible(info);
}

export function usesLocalEndpoints(info: ServicePortInfo): boolean {
  return info.isInternalLocal || (info.isExternalLocal && isExternallyAccessible(info));
}

/** Service ports in the fixed order of podwire's rules: by name, then protocol. */
export function sortServicePorts(infos: Iterable<ServicePortInfo>): ServicePortInfo[] {
  return [...infos].sort(
    (left, right) => compareText(left.name, right.name) || compareText(left.proto, right.proto),
  );
}

function lowerProto(protocol: string): 'tcp' | 'udp' | 'sctp' {
  return protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp';
}

function ofFamily(addresses: readonly string[], like: string): string[] {
  const isSix = like.includes(':');
  return addresses.filter((address) => address.includes(':') === isSix);
}

/** Blanks are trimmed, the other family's ranges ignored; a zero range lifts the filter. */
function sourceRangesOf(ranges: readonly string[], clusterIP: string): string[] {
  const own = parseIp(clusterIP);
  const kept: string[] = [];
  for (const range of ranges) {
    const text = range.trim();
    const parsed = parseCidr(text);
    if (parsed === undefined || own === undefined) continue;
    if (ipFamily(parsed.ip) !== ipFamily(own)) continue;
    if (parsed.prefixLen === 0) return [];
    kept.push(text);
  }
  return kept;
}
