/**
 * What a Service makes of a pod: an endpoint with its conditions, and the ports that resolve on that pod.
 *
 * Pure. Copies k8s.io/endpointslice utils.go and pkg/api/v1/pod FindPort.
 */
import type {
  Endpoint,
  EndpointPort,
  IpFamilyName,
  Node,
  ObjectReference,
  Pod,
  Service,
  ServicePort,
} from '@podwire/api';
import { jsonEqual } from '@podwire/api';
import { podIsReady, podIsTerminal } from './pod-state.ts';

export const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** Whether the pod is an endpoint at all: it has an address and has not ended. */
export function podHasEndpoint(pod: Pod): boolean {
  return !podIsTerminal(pod) && podAddress(pod, 'IPv4', true) !== undefined;
}

/** The pod's address of a family; `any` takes whatever is there. */
export function podAddress(pod: Pod, family: IpFamilyName, any = false): string | undefined {
  const { podIP, podIPs } = pod.status ?? {};
  if (podIPs === undefined || podIPs.length === 0) {
    return podIP !== undefined && isOfFamily(podIP, family, any) ? podIP : undefined;
  }
  for (const { ip } of podIPs) if (isOfFamily(ip, family, any)) return ip;
  return undefined;
}

function isOfFamily(ip: string, family: IpFamilyName, any: boolean): boolean {
  return ip !== '' && (any || ip.includes(':') === (family === 'IPv6'));
}

/** The endpoint of a pod, `before` itself when that still holds; undefined without an address of the family. */
export function endpointOf(
  service: Service,
  pod: Pod,
  family: IpFamilyName,
  node: Node | undefined,
  before?: Endpoint,
): Endpoint | undefined {
  const address = podAddress(pod, family);
  if (address === undefined) return undefined;
  const serving = podIsReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true ? true : serving && !terminating;
  const conditions = { ready, serving, terminating };
  const zone = node?.metadata.labels?.[ZONE_LABEL];
  const hostname = hostnameOf(service, pod);
  const { nodeName } = pod.spec;
  if (
    before !== undefined &&
    before.addresses.length === 1 &&
    before.addresses[0] === address &&
    before.nodeName === nodeName &&
    before.zone === zone &&
    before.hostname === hostname &&
    before.hints === undefined &&
    before.deprecatedTopology === undefined &&
    refersTo(before.targetRef, pod) &&
    jsonEqual(before.conditions, conditions)
  ) {
    return before;
  }
  return {
    addresses: [address],
    conditions,
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: podReference(pod),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
  };
}

/** A pod's hostname counts in the subdomain that is the Service's. */
export function hostnameOf(service: Service, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname !== '' && subdomain === service.metadata.name ? hostname : undefined;
}

export function podReference({ metadata }: Pod): ObjectReference {
  const { name, namespace, uid } = metadata;
  return {
    kind: 'Pod',
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { uid }),
  };
}

/** Whether a reference is the one that `podReference` makes. */
export function refersTo(reference: ObjectReference | undefined, { metadata }: Pod): boolean {
  return (
    reference !== undefined &&
    reference.kind === 'Pod' &&
    reference.uid === metadata.uid &&
    reference.name === metadata.name &&
    reference.namespace === metadata.namespace &&
    reference.apiVersion === undefined &&
    reference.resourceVersion === undefined &&
    reference.fieldPath === undefined
  );
}

/** Whether the Service's ports are the same numbers on every pod. */
export function hasFixedPorts({ spec }: Service): boolean {
  return (spec.ports ?? []).every(
    ({ port, targetPort = port }) => typeof targetPort === 'number' || targetPort === '',
  );
}

/** The Service's ports on this pod; a named target that the pod does not have is left out. */
export function endpointPorts(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const servicePort of service.spec.ports ?? []) {
    const port = resolvePort(servicePort, pod);
    if (port === undefined) continue;
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    ports.push({ name, protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) });
  }
  return ports;
}

export function resolvePort(servicePort: ServicePort, pod: Pod): number | undefined {
  const target = servicePort.targetPort ?? servicePort.port;
  if (typeof target === 'number') return target === 0 ? servicePort.port : target;
  if (target === '') return servicePort.port;
  const protocol = servicePort.protocol ?? 'TCP';
  const sidecars = (pod.spec.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  for (const container of [...pod.spec.containers, ...sidecars]) {
    for (const port of container.ports ?? []) {
      if (port.name === target && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
    }
  }
  return undefined;
}
