/**
 * Validation of Service, in the order of pkg/apis/core/validation ValidateService (1.36).
 */
import type { Service, ServicePort, ServiceSpec } from '../types/service.ts';
import { jsonEqual } from '../object.ts';
import { labelKeyProblems } from '../selector.ts';
import { needsHealthCheckPort } from '../defaults/service.ts';
import { validateLabels } from './meta.ts';
import {
  type FieldError,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from './field-error.ts';
import {
  dns1123Label,
  dns1123Subdomain,
  each,
  portNameProblems,
  portProblems,
  validateCidr,
  validateIp,
  validateNonSpecialIp,
} from './names.ts';
import { parseIp, isIpv4 } from '@podwire/base';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
/** pkg/cluster/ports KubeletPort. */
const KUBELET_PORT = 10_250;
/** pkg/apis/core MaxClientIPServiceAffinitySeconds. */
const AFFINITY_SECONDS_MAX = 86_400;

export function validateService(service: Service): FieldError[] {
  const found: FieldError[] = [];
  const spec = service.spec;
  const ports = spec.ports ?? [];
  const isHeadless = spec.clusterIP === 'None';
  if (ports.length === 0 && !isHeadless && spec.type !== 'ExternalName') {
    found.push(required('spec.ports'));
  }
  switch (spec.type) {
    case 'LoadBalancer':
      for (const [index, port] of ports.entries()) {
        if (port.port === KUBELET_PORT) {
          found.push(
            invalidValue(
              `spec.ports[${index}]`,
              port.port,
              `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`,
            ),
          );
        }
      }
      if (isHeadless) found.push(noHeadless('LoadBalancer'));
      break;
    case 'NodePort':
      if (isHeadless) found.push(noHeadless('NodePort'));
      break;
    case 'ExternalName':
      if ((spec.clusterIPs ?? []).length > 0) {
        found.push(forbiddenField('spec.clusterIPs', 'may not be set for ExternalName services'));
      }
      if (spec.externalName === undefined || spec.externalName === '') {
        found.push(required('spec.externalName'));
      } else {
        const name = spec.externalName.endsWith('.')
          ? spec.externalName.slice(0, -1)
          : spec.externalName;
        found.push(...each('spec.externalName', spec.externalName, dns1123Subdomain(name, false)));
      }
      break;
    default:
  }
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    found.push(...validatePort(port, `spec.ports[${index}]`, ports.length > 1, names));
  }
  found.push(...validateLabels(spec.selector, 'spec.selector'));
  found.push(...validateAffinity(spec));
  for (const [index, ip] of (spec.externalIPs ?? []).entries()) {
    const at = `spec.externalIPs[${index}]`;
    const problems = validateIp(at, ip);
    found.push(...(problems.length > 0 ? problems : validateNonSpecialIp(at, ip)));
  }
  if (spec.type === undefined || !TYPES.includes(spec.type)) {
    found.push(notSupported('spec.type', spec.type, TYPES));
  }
  if (spec.type === 'ClusterIP') {
    for (const [index, port] of ports.entries()) {
      if (port.nodePort !== undefined && port.nodePort !== 0) {
        found.push(
          forbiddenField(
            `spec.ports[${index}].nodePort`,
            "may not be used when `type` is 'ClusterIP'",
          ),
        );
      }
    }
  }
  found.push(...validateDuplicates(ports));
  found.push(...validateLoadBalancer(spec));
  found.push(...validateTrafficPolicies(spec));
  found.push(...validateClusterIps(spec));
  return found;
}

function noHeadless(type: string): FieldError {
  return invalidValue(
    'spec.clusterIPs[0]',
    'None',
    `may not be set to 'None' for ${type} services`,
  );
}

function validatePort(
  port: ServicePort,
  at: string,
  needsName: boolean,
  names: Set<string>,
): FieldError[] {
  const found: FieldError[] = [];
  const name = port.name ?? '';
  if (needsName && name === '') found.push(required(`${at}.name`));
  else if (name !== '') {
    found.push(...each(`${at}.name`, name, dns1123Label(name, false)));
    if (names.has(name)) found.push(duplicate(`${at}.name`, name));
    else names.add(name);
  }
  found.push(...each(`${at}.port`, port.port, portProblems(port.port)));
  const protocol = port.protocol ?? '';
  if (protocol === '') found.push(required(`${at}.protocol`));
  else if (!PROTOCOLS.includes(protocol)) {
    found.push(notSupported(`${at}.protocol`, protocol, PROTOCOLS));
  }
  found.push(...validatePortOrName(port.targetPort ?? 0, `${at}.targetPort`));
  if (port.appProtocol !== undefined) {
    found.push(...each(`${at}.appProtocol`, port.appProtocol, labelKeyProblems(port.appProtocol)));
  }
  return found;
}

export function validatePortOrName(port: number | string, at: string): FieldError[] {
  return typeof port === 'number'
    ? each(at, port, portProblems(port))
    : each(at, port, portNameProblems(port));
}

function validateAffinity(spec: ServiceSpec): FieldError[] {
  const found: FieldError[] = [];
  const affinity = spec.sessionAffinity;
  if (affinity === undefined) found.push(required('spec.sessionAffinity'));
  else if (affinity !== 'ClientIP' && affinity !== 'None') {
    found.push(notSupported('spec.sessionAffinity', affinity, ['ClientIP', 'None']));
  }
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (affinity === 'ClientIP' && seconds !== undefined) {
    if (seconds <= 0 || seconds > AFFINITY_SECONDS_MAX) {
      found.push(
        invalidValue(
          'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
          seconds,
          `must be greater than 0 and less than ${AFFINITY_SECONDS_MAX}`,
        ),
      );
    }
  }
  return found;
}

function validateDuplicates(ports: readonly ServicePort[]): FieldError[] {
  const found: FieldError[] = [];
  const nodePorts = new Set<string>();
  for (const [index, port] of ports.entries()) {
    if (port.nodePort === undefined || port.nodePort === 0) continue;
    const key = `${port.protocol}/${port.nodePort}`;
    if (nodePorts.has(key)) found.push(duplicate(`spec.ports[${index}].nodePort`, port.nodePort));
    nodePorts.add(key);
  }
  const seen = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const key = `${port.protocol}/${port.port}`;
    if (seen.has(key)) {
      found.push(
        duplicate(`spec.ports[${index}]`, {
          Name: '',
          Protocol: port.protocol,
          AppProtocol: null,
          Port: port.port,
          TargetPort: 0,
          NodePort: 0,
        }),
      );
    }
    seen.add(key);
  }
  return found;
}

const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";

function validateLoadBalancer(spec: ServiceSpec): FieldError[] {
  const found: FieldError[] = [];
  const isLoadBalancer = spec.type === 'LoadBalancer';
  if (isLoadBalancer && spec.allocateLoadBalancerNodePorts === undefined) {
    found.push(required('spec.allocateLoadBalancerNodePorts'));
  }
  if (!isLoadBalancer && spec.allocateLoadBalancerNodePorts !== undefined) {
    found.push(forbiddenField('spec.allocateLoadBalancerNodePorts', ONLY_LOAD_BALANCER));
  }
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0) {
    const path = 'spec.LoadBalancerSourceRanges';
    if (!isLoadBalancer) found.push(forbiddenField(path, ONLY_LOAD_BALANCER));
    for (const [index, range] of ranges.entries()) {
      found.push(
        ...validateCidr(`${path}[${index}]`, range.trim()).map((error) => ({
          ...error,
          text: error.text.replace(JSON.stringify(range.trim()), JSON.stringify(range)),
        })),
      );
    }
  }
  if (spec.loadBalancerClass !== undefined) {
    if (!isLoadBalancer) found.push(forbiddenField('spec.loadBalancerClass', ONLY_LOAD_BALANCER));
    found.push(
      ...each(
        'spec.loadBalancerClass',
        spec.loadBalancerClass,
        labelKeyProblems(spec.loadBalancerClass),
      ),
    );
  }
  return found;
}

function isReachableFromOutside(spec: ServiceSpec): boolean {
  return (
    spec.type === 'LoadBalancer' ||
    spec.type === 'NodePort' ||
    (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0)
  );
}

function validateTrafficPolicies(spec: ServiceSpec): FieldError[] {
  const found: FieldError[] = [];
  const external: string | undefined = spec.externalTrafficPolicy;
  if (external !== undefined && !isReachableFromOutside(spec)) {
    found.push(
      invalidValue(
        'spec.externalTrafficPolicy',
        external,
        'may only be set for externally-accessible services',
      ),
    );
  } else if (external !== undefined && external !== 'Cluster' && external !== 'Local') {
    found.push(notSupported('spec.externalTrafficPolicy', external, ['Cluster', 'Local']));
  }
  if (spec.healthCheckNodePort !== undefined && !needsHealthCheckPort(spec)) {
    found.push(
      invalidValue(
        'spec.healthCheckNodePort',
        spec.healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    );
  }
  const internal: string | undefined = spec.internalTrafficPolicy;
  if (internal === undefined) {
    if (spec.type !== 'ExternalName' && TYPES.includes(spec.type ?? '')) {
      found.push(required('spec.internalTrafficPolicy'));
    }
  } else if (internal !== 'Cluster' && internal !== 'Local') {
    found.push(notSupported('spec.internalTrafficPolicy', internal, ['Cluster', 'Local']));
  }
  const distribution = spec.trafficDistribution;
  const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
  if (distribution !== undefined && !distributions.includes(distribution)) {
    found.push(notSupported('spec.trafficDistribution', distribution, distributions));
  }
  return found;
}

export function validateClusterIps(spec: ServiceSpec): FieldError[] {
  const found: FieldError[] = [];
  if (spec.type === 'ExternalName') {
    if ((spec.ipFamilies ?? []).length > 0) {
      found.push(forbiddenField('spec.ipFamilies', 'may not be set for ExternalName services'));
    }
    if (spec.ipFamilyPolicy !== undefined) {
      found.push(forbiddenField('spec.ipFamilyPolicy', 'may not be set for ExternalName services'));
    }
    return found;
  }
  const ips = spec.clusterIPs ?? [];
  if (ips.length > 0 && spec.clusterIP !== ips[0]) {
    found.push(invalidValue('spec.clusterIPs', ips, 'first value must match `clusterIP`'));
  }
  if (ips.length === 0 && spec.clusterIP !== undefined && spec.clusterIP !== '') {
    found.push(required('spec.clusterIPs'));
  }
  for (const [index, ip] of ips.entries()) {
    const at = `spec.clusterIPs[${index}]`;
    if (ip === 'None') {
      if (index > 0 || ips.length > 1) {
        found.push(invalidValue(at, ip, "must be empty, 'None', or a valid IP address"));
      }
      continue;
    }
    found.push(...validateIp(at, ip));
  }
  if (ips.length > 2) {
    found.push(invalidValue('spec.clusterIPs', ips, 'may only hold up to 2 values'));
  }
  const families = spec.ipFamilies ?? [];
  for (const [index, family] of families.entries()) {
    if (family !== 'IPv4' && family !== 'IPv6') {
      found.push(notSupported(`spec.ipFamilies[${index}]`, family, ['IPv4', 'IPv6']));
    }
    if (families.indexOf(family) < index)
      found.push(duplicate(`spec.ipFamilies[${index}]`, family));
  }
  for (const [index, ip] of ips.entries()) {
    const parsed = parseIp(ip);
    const family = families[index];
    if (parsed === undefined || family === undefined) continue;
    const isV4 = isIpv4(parsed);
    if (isV4 !== (family === 'IPv4')) {
      found.push(
        invalidValue(
          `spec.clusterIPs[${index}]`,
          ip,
          `expected an ${family} value as indicated by \`ipFamilies[${index}]\``,
        ),
      );
    }
  }
  return found;
}

export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const found: FieldError[] = [];
  const spec = service.spec;
  const before = old.spec;
  if (before.type !== 'ExternalName' && spec.type !== 'ExternalName') {
    const ip = spec.clusterIPs?.[0];
    const ipBefore = before.clusterIPs?.[0];
    if (ipBefore !== undefined && ip !== ipBefore) {
      found.push(
        invalidValue('spec.clusterIPs[0]', spec.clusterIPs ?? null, 'may not change once set'),
      );
    }
    const family = spec.ipFamilies?.[0];
    const familyBefore = before.ipFamilies?.[0];
    if (familyBefore !== undefined && family !== familyBefore) {
      found.push(
        invalidValue('spec.ipFamilies[0]', spec.ipFamilies ?? null, 'may not change once set'),
      );
    }
  }
  if (spec.type === 'LoadBalancer' && before.type === 'LoadBalancer') {
    if (spec.loadBalancerClass !== before.loadBalancerClass) {
      found.push(
        invalidValue(
          'spec.loadBalancerClass',
          spec.loadBalancerClass ?? null,
          'may not change once set',
        ),
      );
    }
  }
  if (
    needsHealthCheckPort(before) &&
    needsHealthCheckPort(spec) &&
    before.healthCheckNodePort !== undefined &&
    !jsonEqual(spec.healthCheckNodePort, before.healthCheckNodePort)
  ) {
    found.push(forbiddenField('spec.healthCheckNodePort', 'field is immutable'));
  }
  return [...found, ...validateService(service)];
}

/** pkg/api/service/warnings.go (1.36). */
export function serviceWarnings(service: Service): string[] {
  const warnings: string[] = [];
  const spec = service.spec;
  if (
    service.metadata.annotations !== undefined &&
    Object.hasOwn(service.metadata.annotations, 'service.kubernetes.io/topology-aware-hints')
  ) {
    warnings.push(
      'annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead',
    );
  }
  const hasExternalIps = (spec.externalIPs ?? []).length > 0;
  if (hasExternalIps) {
    warnings.push(
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    );
  }
  if (spec.clusterIP === 'None') {
    if (hasExternalIps) warnings.push('spec.externalIPs is ignored for headless services');
    if (spec.loadBalancerIP !== undefined) {
      warnings.push('spec.loadBalancerIP is ignored for headless services');
    }
    if (spec.sessionAffinity !== 'None') {
      warnings.push('spec.SessionAffinity is ignored for headless services');
    }
  }
  if (spec.type === 'ExternalName' && hasExternalIps) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (spec.type !== 'ExternalName' && spec.externalName !== undefined) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.trafficDistribution === 'PreferClose') {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return warnings;
}
