/**
 * Endpoints controller: the older form of a Service's endpoints, one object per Service.
 *
 * From: Services, Pods. To: Endpoints. Copies pkg/controller/endpoint and pkg/api/v1/endpoints RepackSubsets.
 */
import {
  type EndpointAddress,
  type EndpointSubset,
  type Endpoints,
  type EndpointsPort,
  type Informer,
  type Pod,
  type Service,
  type StringMap,
  compareText,
  formatNanoTime,
  jsonEqual,
  splitKey,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges, isSettled } from './context.ts';
import { endpointPorts, podAddress, podHasEndpoint } from './endpoints-of-pod.ts';
import { podIsReady } from './pod-state.ts';
import { ServicePods } from './service-pods.ts';
import { TRIGGER_TIME_ANNOTATION, TriggerTimes } from './trigger-time.ts';

const MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const ADDRESSES_MAX = 1000;

export function startEndpointsController(context: ControllerContext): void {
  const services: Informer<Service> = context.informer('services');
  const pods: Informer<Pod> = context.informer('pods');
  const endpoints: Informer<Endpoints> = context.informer('endpoints');
  const links = new ServicePods(services, pods);
  const triggers = new TriggerTimes();
  const queue = context.reconcile('endpoints', ['services', 'pods', 'endpoints'], sync, {
    queue: { baseDelayNs: NS_PER_SEC },
  });
  enqueueChanges(services, queue);
  links.subscribe((key) => {
    queue.add(key);
  });

  function* sync(key: string): Proc<Outcome> {
    const { namespace, name } = splitKey(key);
    const service = services.get(namespace, name);
    const present = endpoints.get(namespace, name);
    if (service === undefined) {
      triggers.forget(key);
      if (present === undefined || present.metadata.labels?.[MANAGED_BY_LABEL] === undefined) {
        return 'done';
      }
      return isSettled(yield* context.delete('endpoints', present)) ? 'done' : 'retry';
    }
    if (service.spec.selector === undefined || service.spec.type === 'ExternalName') return 'done';
    const members = links.podsOf(service).filter(podHasEndpoint);
    const triggerNs = triggers.observe(service, members);
    const wanted = endpointsOf(service, members, present, triggerNs);
    if (present === undefined) {
      const response = yield* context.create('endpoints', wanted);
      return isSettled(response) || response.code === 403 ? 'done' : 'retry';
    }
    const isSame =
      jsonEqual(present.subsets ?? [], wanted.subsets ?? []) &&
      jsonEqual(present.metadata.labels ?? {}, wanted.metadata.labels ?? {});
    if (isSame) return 'done';
    const { metadata } = wanted;
    const response = yield* context.update('endpoints', {
      ...wanted,
      metadata: { ...present.metadata, ...metadata },
    } as Endpoints);
    return isSettled(response) ? 'done' : 'retry';
  }
}

function endpointsOf(
  service: Service,
  pods: readonly Pod[],
  present: Endpoints | undefined,
  triggerNs: number | undefined,
): Endpoints {
  const {
    [TRIGGER_TIME_ANNOTATION]: _before,
    [OVER_CAPACITY]: _over,
    ...kept
  } = present?.metadata.annotations ?? {};
  const { subsets, isTruncated } = truncate(packSubsets(service, pods));
  const annotations: Record<string, string> = { ...kept };
  if (triggerNs !== undefined) annotations[TRIGGER_TIME_ANNOTATION] = formatNanoTime(triggerNs);
  if (isTruncated) annotations[OVER_CAPACITY] = 'truncated';
  const labels: StringMap = {
    ...service.metadata.labels,
    [MANAGED_BY_LABEL]: 'endpoint-controller',
    ...(service.spec.clusterIP === 'None' ? { [HEADLESS_LABEL]: '' } : {}),
  };
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name: service.metadata.name,
      namespace: service.metadata.namespace ?? 'default',
      labels,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    ...(subsets.length === 0 ? {} : { subsets }),
  };
}

interface Member {
  readonly address: EndpointAddress;
  readonly isReady: boolean;
}

/** Ports that have the same addresses stand together, addresses by number. */
function packSubsets(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const byPort = new Map<string, { ports: EndpointsPort[]; members: Member[] }>();
  const isPortless = service.spec.clusterIP === 'None' && (service.spec.ports ?? []).length === 0;
  for (const pod of pods) {
    const member = memberOf(service, pod);
    if (member === undefined) continue;
    const ports: (EndpointsPort | undefined)[] = endpointPorts(service, pod).map((port) => ({
      ...(port.name === undefined || port.name === '' ? {} : { name: port.name }),
      port: port.port ?? 0,
      ...(port.protocol === undefined ? {} : { protocol: port.protocol }),
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    }));
    for (const port of isPortless ? [undefined] : ports) {
      const key = JSON.stringify(port ?? null);
      const entry = byPort.get(key) ?? { ports: port === undefined ? [] : [port], members: [] };
      entry.members.push(member);
      byPort.set(key, entry);
    }
  }
  const byMembers = new Map<string, { ports: EndpointsPort[]; members: Member[] }>();
  for (const { ports, members } of byPort.values()) {
    members.sort((a, b) => compareAddress(a.address, b.address));
    const key = members
      .map(
        ({ address, isReady }) =>
          `${address.ip}/${address.targetRef?.uid ?? ''}/${String(isReady)}`,
      )
      .join(',');
    const entry = byMembers.get(key);
    if (entry === undefined) byMembers.set(key, { ports, members });
    else entry.ports.push(...ports);
  }
  const subsets: EndpointSubset[] = [];
  for (const { ports, members } of byMembers.values()) {
    const ready = members.filter(({ isReady }) => isReady).map(({ address }) => address);
    const notReady = members.filter(({ isReady }) => !isReady).map(({ address }) => address);
    ports.sort((a, b) => compareText(a.name ?? '', b.name ?? '') || a.port - b.port);
    subsets.push({
      ...(ready.length === 0 ? {} : { addresses: ready }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
      ...(ports.length === 0 ? {} : { ports }),
    });
  }
  return subsets.sort((a, b) =>
    compareText(JSON.stringify(a.ports ?? []), JSON.stringify(b.ports ?? [])),
  );
}

/** A pod that is being deleted is none, unless the Service publishes what is not ready. */
function memberOf(service: Service, pod: Pod): Member | undefined {
  const ip = podAddress(pod, service.spec.ipFamilies?.[0] ?? 'IPv4');
  const publishesAll = service.spec.publishNotReadyAddresses === true;
  if (ip === undefined) return undefined;
  if (pod.metadata.deletionTimestamp !== undefined && !publishesAll) return undefined;
  return { address: addressOf(service, pod, ip), isReady: publishesAll || podIsReady(pod) };
}

function addressOf(service: Service, pod: Pod, ip: string): EndpointAddress {
  const { name, namespace, uid } = pod.metadata;
  const { hostname, subdomain, nodeName } = pod.spec;
  const hasHostname =
    hostname !== undefined && hostname !== '' && subdomain === service.metadata.name;
  return {
    ip,
    ...(hasHostname ? { hostname } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: {
      kind: 'Pod',
      ...(namespace === undefined ? {} : { namespace }),
      name,
      ...(uid === undefined ? {} : { uid }),
    },
  };
}

function compareAddress(left: EndpointAddress, right: EndpointAddress): number {
  const [a, b] = [left.ip.split('.').map(Number), right.ip.split('.').map(Number)];
  for (const [index, part] of a.entries()) {
    const difference = part - (b[index] ?? 0);
    if (Number.isNaN(difference)) break;
    if (difference !== 0) return difference;
  }
  return compareText(left.ip, right.ip);
}

/** At most 1000 addresses in all; ready ones have the first claim. */
function truncate(subsets: readonly EndpointSubset[]): {
  subsets: readonly EndpointSubset[];
  isTruncated: boolean;
} {
  const count = subsets.reduce(
    (sum, { addresses = [], notReadyAddresses = [] }) =>
      sum + addresses.length + notReadyAddresses.length,
    0,
  );
  if (count <= ADDRESSES_MAX) return { subsets, isTruncated: false };
  let left = ADDRESSES_MAX;
  const take = (addresses: readonly EndpointAddress[] = []): readonly EndpointAddress[] => {
    const taken = addresses.slice(0, left);
    left -= taken.length;
    return taken;
  };
  const ready = subsets.map(({ addresses }) => take(addresses));
  const cut = subsets.map((subset, index) => {
    const notReady = take(subset.notReadyAddresses);
    const now = ready[index] ?? [];
    return {
      ...(now.length === 0 ? {} : { addresses: now }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
      ...(subset.ports === undefined ? {} : { ports: subset.ports }),
    };
  });
  return { subsets: cut, isTruncated: true };
}
