/**
 * Defaults of Service (pkg/apis/core/v1/defaults.go), and what a change of type drops or keeps
 * (pkg/registry/core/service/strategy.go, storage.go).
 */
import { type Draft, child, ensure, items, setDefault, text } from '../draft.ts';
import type { Service, ServiceSpec } from '../types/service.ts';

/** pkg/apis/core DefaultClientIPServiceAffinitySeconds. */
const AFFINITY_SECONDS = 10_800;

export function defaultService(service: Draft): void {
  const spec = ensure(service, 'spec');
  setDefault(spec, 'sessionAffinity', 'None');
  if (text(spec, 'sessionAffinity') === 'None') delete spec['sessionAffinityConfig'];
  if (text(spec, 'sessionAffinity') === 'ClientIP') {
    const clientIp = ensure(ensure(spec, 'sessionAffinityConfig'), 'clientIP');
    setDefault(clientIp, 'timeoutSeconds', AFFINITY_SECONDS);
  }
  setDefault(spec, 'type', 'ClusterIP');
  for (const port of items(spec, 'ports')) {
    setDefault(port, 'protocol', 'TCP');
    if (Object.isFrozen(port)) continue;
    const target = port['targetPort'];
    if (target === undefined || target === 0 || target === '')
      port['targetPort'] = port['port'] ?? 0;
  }
  const type = text(spec, 'type');
  const isReachable =
    type === 'NodePort' ||
    type === 'LoadBalancer' ||
    (type === 'ClusterIP' && Array.isArray(spec['externalIPs']) && spec['externalIPs'].length > 0);
  if (text(spec, 'externalTrafficPolicy') === '' && isReachable) {
    spec['externalTrafficPolicy'] = 'Cluster';
  }
  if (type === 'NodePort' || type === 'LoadBalancer' || type === 'ClusterIP') {
    setDefault(spec, 'internalTrafficPolicy', 'Cluster');
  }
  if (type === 'LoadBalancer') {
    setDefault(spec, 'allocateLoadBalancerNodePorts', true);
    for (const ingress of items(child(child(service, 'status'), 'loadBalancer'), 'ingress')) {
      if (text(ingress, 'ip') !== '') setDefault(ingress, 'ipMode', 'VIP');
    }
  }
}

const needsClusterIp = (spec: ServiceSpec): boolean => spec.type !== 'ExternalName';
const needsNodePort = (spec: ServiceSpec): boolean =>
  spec.type === 'NodePort' ||
  (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
export const needsHealthCheckPort = (spec: ServiceSpec): boolean =>
  spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

/** Old values stay where an update leaves them out (patchAllocatedValues). */
export function keepAllocated(service: Draft, old: Service): void {
  const spec = ensure(service, 'spec');
  const present = spec as ServiceSpec;
  if (needsClusterIp(old.spec) && needsClusterIp(present)) {
    if (text(spec, 'clusterIP') === '' && old.spec.clusterIP !== undefined) {
      spec['clusterIP'] = old.spec.clusterIP;
    }
    if (present.clusterIPs === undefined && present.clusterIP === old.spec.clusterIP) {
      if (old.spec.clusterIPs !== undefined) spec['clusterIPs'] = old.spec.clusterIPs;
    }
  }
  if (needsNodePort(old.spec) && needsNodePort(present)) {
    const byPort = new Map<string, number>();
    for (const port of old.spec.ports ?? []) {
      if (port.nodePort !== undefined) byPort.set(`${port.protocol}/${port.port}`, port.nodePort);
    }
    const taken = new Set((present.ports ?? []).map((port) => port.nodePort ?? 0));
    for (const port of items(spec, 'ports')) {
      if (port['nodePort'] !== undefined || Object.isFrozen(port)) continue;
      const kept = byPort.get(`${text(port, 'protocol')}/${String(port['port'])}`);
      if (kept === undefined || taken.has(kept)) continue;
      port['nodePort'] = kept;
      taken.add(kept);
    }
  }
  if (
    needsHealthCheckPort(old.spec) &&
    needsHealthCheckPort(present) &&
    present.healthCheckNodePort === undefined &&
    old.spec.healthCheckNodePort !== undefined
  ) {
    spec['healthCheckNodePort'] = old.spec.healthCheckNodePort;
  }
}

/** What the former type needed and the new one does not is dropped, unless the update set it anew. */
export function dropTypeDependent(service: Draft, old: Service): void {
  const spec = ensure(service, 'spec');
  const present = spec as ServiceSpec;
  const same = (field: keyof ServiceSpec): boolean =>
    JSON.stringify(present[field]) === JSON.stringify(old.spec[field]);
  if (needsClusterIp(old.spec) && !needsClusterIp(present)) {
    if (same('clusterIP') && same('clusterIPs')) {
      delete spec['clusterIP'];
      delete spec['clusterIPs'];
    }
    if (same('ipFamilies')) delete spec['ipFamilies'];
    if (same('ipFamilyPolicy')) delete spec['ipFamilyPolicy'];
    if (same('internalTrafficPolicy')) delete spec['internalTrafficPolicy'];
  }
  const dropsPorts = needsNodePort(old.spec) && !needsNodePort(present);
  if (dropsPorts && samePorts(present, old.spec)) {
    spec['ports'] = (present.ports ?? []).map(({ nodePort: _, ...port }) => port);
  }
  if (
    needsHealthCheckPort(old.spec) &&
    !needsHealthCheckPort(present) &&
    same('healthCheckNodePort')
  ) {
    delete spec['healthCheckNodePort'];
  }
  if (old.spec.type === 'LoadBalancer' && present.type !== 'LoadBalancer') {
    if (same('allocateLoadBalancerNodePorts')) delete spec['allocateLoadBalancerNodePorts'];
    if (same('loadBalancerClass')) delete spec['loadBalancerClass'];
  }
  const wasReachable = old.spec.type === 'NodePort' || old.spec.type === 'LoadBalancer';
  const isReachable =
    present.type === 'NodePort' ||
    present.type === 'LoadBalancer' ||
    (present.type === 'ClusterIP' && (present.externalIPs ?? []).length > 0);
  if (wasReachable && !isReachable && same('externalTrafficPolicy')) {
    delete spec['externalTrafficPolicy'];
  }
}

function samePorts(spec: ServiceSpec, old: ServiceSpec): boolean {
  const used = (ports: ServiceSpec['ports']): string =>
    (ports ?? [])
      .map((port) => port.nodePort ?? 0)
      .filter((port) => port !== 0)
      .join();
  return used(spec.ports) === used(old.ports);
}

/** clusterIP and clusterIPs agree (normalizeClusterIPs). */
export function alignClusterIps(service: Draft, old?: Service): void {
  const spec = ensure(service, 'spec');
  const clusterIp = text(spec, 'clusterIP');
  const listed = Array.isArray(spec['clusterIPs']) ? (spec['clusterIPs'] as string[]) : [];
  if (old === undefined) {
    if (clusterIp !== '' && listed.length === 0) spec['clusterIPs'] = [clusterIp];
    return;
  }
  const before = old.spec.clusterIP ?? '';
  const listedBefore = old.spec.clusterIPs ?? [];
  if (clusterIp === before) return;
  const isListSame = JSON.stringify(listed) === JSON.stringify(listedBefore);
  if (clusterIp === '' && isListSame) delete spec['clusterIPs'];
  else if (clusterIp !== '' && (isListSame || listed.length === 0))
    spec['clusterIPs'] = [clusterIp];
}
