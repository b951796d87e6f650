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
import { NS_PER_SEC, parseIpv4 } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges, isSettled } from './context.ts';
import {
  endpointPorts,
  hasFixedPorts,
  hostnameOf,
  podAddress,
  podHasEndpoint,
  podReference,
  refersTo,
} from './endpoints-of-pod.ts';
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
    queue.addAfter(key, context.options.endpointUpdatesBatchPeriodNs);
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
  const { subsets, isTruncated } = truncate(packSubsets(service, pods, present?.subsets));
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
  readonly pod: Pod;
  readonly address: EndpointAddress;
  readonly isReady: boolean;
  /** An IPv4 address as a number. */
  readonly rank: number | undefined;
}

/** Addresses of one set of ports together; ports in the order of their names, addresses by number. */
function packSubsets(
  service: Service,
  pods: readonly Pod[],
  present: readonly EndpointSubset[] = [],
): EndpointSubset[] {
  const members = membersOf(service, pods, present);
  const subsets: EndpointSubset[] = [];
  for (const { ports, members: packed } of groupByPorts(service, members)) {
    const ready = packed.filter(({ isReady }) => isReady).map(({ address }) => address);
    const notReady = packed.filter(({ isReady }) => !isReady).map(({ address }) => address);
    ports.sort((a, b) => compareText(a.name ?? '', b.name ?? '') || a.port - b.port);
    subsets.push({
      ...(ready.length === 0 ? {} : { addresses: ready }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
      ...(ports.length === 0 ? {} : { ports }),
    });
  }
  if (subsets.length < 2) return subsets;
  return subsets.sort((a, b) =>
    compareText(JSON.stringify(a.ports ?? []), JSON.stringify(b.ports ?? [])),
  );
}

/** The pods' addresses, by number; one that is in the present object and still right is taken from there. */
function membersOf(
  service: Service,
  pods: readonly Pod[],
  present: readonly EndpointSubset[],
): Member[] {
  const known = new Map<string | undefined, EndpointAddress>();
  for (const { addresses = [], notReadyAddresses = [] } of present) {
    for (const address of addresses) known.set(address.targetRef?.uid, address);
    for (const address of notReadyAddresses) known.set(address.targetRef?.uid, address);
  }
  const members: Member[] = [];
  const family = service.spec.ipFamilies?.[0] ?? 'IPv4';
  const publishesAll = service.spec.publishNotReadyAddresses === true;
  for (const pod of pods) {
    const ip = podAddress(pod, family);
    if (ip === undefined) continue;
    // A pod that is being deleted is none, unless the Service publishes what is not ready.
    if (pod.metadata.deletionTimestamp !== undefined && !publishesAll) continue;
    const address = addressOf(service, pod, ip, known.get(pod.metadata.uid));
    const rank = family === 'IPv4' ? parseIpv4(ip) : undefined;
    members.push({ pod, address, isReady: publishesAll || podIsReady(pod), rank });
  }
  return members.sort(compareMembers);
}

/** The members that have the same ports; ports that the same members have are one subset. */
function groupByPorts(
  service: Service,
  members: readonly Member[],
): Iterable<{ readonly ports: EndpointsPort[]; readonly members: readonly Member[] }> {
  const [first] = members;
  if (first === undefined) return [];
  const isPortless = service.spec.clusterIP === 'None' && (service.spec.ports ?? []).length === 0;
  if (isPortless) return [{ ports: [], members }];
  if (hasFixedPorts(service)) {
    const ports = portsOf(service, first.pod);
    return ports.length === 0 ? [] : [{ ports, members }];
  }
  const byPort = new Map<string, { ports: EndpointsPort[]; members: Member[] }>();
  for (const member of members) {
    for (const port of portsOf(service, member.pod)) {
      const key = JSON.stringify(port);
      const entry = byPort.get(key);
      if (entry === undefined) byPort.set(key, { ports: [port], members: [member] });
      else entry.members.push(member);
    }
  }
  const byMembers = new Map<string, { ports: EndpointsPort[]; members: Member[] }>();
  for (const { ports, members: own } of byPort.values()) {
    const key = own.map(({ address }) => `${address.ip}/${address.targetRef?.uid ?? ''}`).join(',');
    const entry = byMembers.get(key);
    if (entry === undefined) byMembers.set(key, { ports, members: own });
    else entry.ports.push(...ports);
  }
  return byMembers.values();
}

function portsOf(service: Service, pod: Pod): EndpointsPort[] {
  return endpointPorts(service, pod).map(({ name, port, protocol, appProtocol }) => ({
    ...(name === undefined || name === '' ? {} : { name }),
    port: port ?? 0,
    ...(protocol === undefined ? {} : { protocol }),
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));
}

function addressOf(
  service: Service,
  pod: Pod,
  ip: string,
  before: EndpointAddress | undefined,
): EndpointAddress {
  const { nodeName } = pod.spec;
  const hostname = hostnameOf(service, pod);
  if (
    before?.ip === ip &&
    before.hostname === hostname &&
    before.nodeName === nodeName &&
    refersTo(before.targetRef, pod)
  ) {
    return before;
  }
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: podReference(pod),
  };
}

function compareMembers(left: Member, right: Member): number {
  if (left.rank !== undefined && right.rank !== undefined) return left.rank - right.rank;
  return compareText(left.address.ip, right.address.ip);
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
