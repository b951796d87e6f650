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
  Pod,
  Service,
  ServicePort,
} from '@podwire/api';
import { podIsReady, podIsTerminal } from './pod-state.ts';

export const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** Whether the pod is an endpoint at all: it has an address and has not ended. */
export function podHasEndpoint(pod: Pod): boolean {
  return !podIsTerminal(pod) && podAddress(pod, 'IPv4', true) !== undefined;
}

/** The pod's address of a family; `any` takes whatever is there. */
export function podAddress(pod: Pod, family: IpFamilyName, any = false): string | undefined {
  const ips = pod.status?.podIPs?.map(({ ip }) => ip) ?? [];
  if (ips.length === 0 && pod.status?.podIP !== undefined) ips.push(pod.status.podIP);
  return ips.find((ip) => ip !== '' && (any || ip.includes(':') === (family === 'IPv6')));
}

/** The endpoint of a pod; undefined without an address of the family. */
export function endpointOf(
  service: Service,
  pod: Pod,
  family: IpFamilyName,
  node: Node | undefined,
): Endpoint | undefined {
  const address = podAddress(pod, family);
  if (address === undefined) return undefined;
  const serving = podIsReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true ? true : serving && !terminating;
  const { name, namespace, uid } = pod.metadata;
  const { nodeName, hostname, subdomain } = pod.spec;
  const zone = node?.metadata.labels?.[ZONE_LABEL];
  const hasHostname =
    hostname !== undefined && hostname !== '' && subdomain === service.metadata.name;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hasHostname ? { hostname } : {}),
    targetRef: {
      kind: 'Pod',
      ...(namespace === undefined ? {} : { namespace }),
      name,
      ...(uid === undefined ? {} : { uid }),
    },
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
  };
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
