/**
 * Invariants: of the API's objects once all is quiet, and of the machines when a run has ended.
 *
 * Each audit returns what is wrong, in sentences; nothing means all is well.
 */
import type {
  Deployment,
  EndpointSlice,
  KubeObject,
  Node,
  Pod,
  ReplicaSet,
  Service,
  StatefulSet,
} from '../../packages/api/src/index.ts';
import { cidrContains, parseCidr, parseIp } from '../../packages/base/src/index.ts';
import type { HostInventory, NetNsInventory, Operator } from '../../packages/cluster/src/index.ts';
import type { ClusterRun } from '../../packages/cluster/src/host/index.ts';
import type { Proc } from '../../packages/engine/src/index.ts';
import type { Plan } from './plan.ts';

export interface PodView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly nodeName: string;
  readonly ip: string;
  readonly phase: string;
  readonly isReady: boolean;
  readonly isTerminating: boolean;
  readonly isUnschedulable: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly owner: string;
  readonly isOnHost: boolean;
}

export interface ServiceView {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIP: string;
  readonly nodePorts: readonly number[];
  /** Of its load balancer, '' when it has none. */
  readonly balancerIP: string;
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly readyAddresses: readonly string[];
}

export interface ApiView {
  readonly nodes: readonly {
    readonly name: string;
    readonly isReady: boolean;
    readonly podCIDR: string;
  }[];
  readonly pods: readonly PodView[];
  readonly services: readonly ServiceView[];
  readonly replicaSets: readonly ReplicaSet[];
  readonly deployments: readonly Deployment[];
  readonly statefulSets: readonly StatefulSet[];
}

export function* readApi(operator: Operator): Proc<ApiView> {
  const list = function* <T extends KubeObject>(resource: string): Proc<readonly T[]> {
    return (yield* operator.list(resource)) as readonly T[];
  };
  const nodes = yield* list<Node>('nodes');
  const pods = yield* list<Pod>('pods');
  const services = yield* list<Service>('services');
  const slices = yield* list<EndpointSlice>('endpointslices');
  return {
    nodes: nodes.map((node) => ({
      name: node.metadata.name ?? '',
      isReady: isTrue(node.status?.conditions, 'Ready'),
      podCIDR: node.spec?.podCIDR ?? '',
    })),
    pods: pods.map(viewPod),
    services: services.map((service) => viewService(service, slices)),
    replicaSets: yield* list<ReplicaSet>('replicasets'),
    deployments: yield* list<Deployment>('deployments'),
    statefulSets: yield* list<StatefulSet>('statefulsets'),
  };
}

function viewPod({ metadata, spec, status }: Pod): PodView {
  const scheduled = status?.conditions?.find((one) => one.type === 'PodScheduled');
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    nodeName: spec.nodeName ?? '',
    ip: status?.podIP ?? '',
    phase: status?.phase ?? '',
    isReady: isTrue(status?.conditions, 'Ready'),
    isTerminating: metadata.deletionTimestamp !== undefined,
    isUnschedulable: scheduled?.reason === 'Unschedulable',
    labels: metadata.labels ?? {},
    isOnHost: spec.hostNetwork === true,
    owner: metadata.ownerReferences?.find((one) => one.controller === true)?.uid ?? '',
  };
}

function viewService(
  { metadata, spec, status }: Service,
  slices: readonly EndpointSlice[],
): ServiceView {
  const own = slices.filter(
    (slice) =>
      slice.metadata.namespace === metadata.namespace &&
      slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name,
  );
  const ready = own.flatMap((slice) =>
    slice.endpoints
      .filter((endpoint) => endpoint.conditions?.ready === true)
      .flatMap((endpoint) => endpoint.addresses),
  );
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    clusterIP: spec?.clusterIP ?? '',
    nodePorts: [
      ...(spec?.ports ?? []).flatMap((port) => port.nodePort ?? []),
      ...(spec?.healthCheckNodePort === undefined ? [] : [spec.healthCheckNodePort]),
    ],
    balancerIP: status?.loadBalancer?.ingress?.[0]?.ip ?? '',
    selector: spec?.type === 'ExternalName' ? undefined : spec?.selector,
    readyAddresses: ready,
  };
}

function isTrue(
  conditions: readonly { readonly type: string; readonly status: string }[] | undefined,
  type: string,
): boolean {
  return conditions?.some((one) => one.type === type && one.status === 'True') ?? false;
}

/** After the last fault was undone and time has passed. */
export function auditSettled(api: ApiView, plan: Plan): string[] {
  return [
    ...api.nodes.filter((node) => !node.isReady).map((node) => `node ${node.name} is not Ready`),
    ...auditPods(api, plan),
    ...auditServices(api),
    ...auditWorkloads(api),
  ];
}

function auditPods({ nodes, pods, replicaSets, statefulSets }: ApiView, plan: Plan): string[] {
  const problems: string[] = [];
  const seen = new Map<string, string>();
  const owners = new Set([...replicaSets, ...statefulSets].map((one) => one.metadata.uid));
  for (const pod of pods) {
    const label = `pod ${pod.namespace}/${pod.name}`;
    if (pod.isTerminating) problems.push(`${label} is still terminating`);
    if (pod.isUnschedulable) continue;
    const node = nodes.find((one) => one.name === pod.nodeName);
    if (node === undefined) {
      problems.push(`${label} is on no node (${pod.phase})`);
      continue;
    }
    if (pod.phase !== 'Running' || !pod.isReady) {
      problems.push(`${label} on ${pod.nodeName} is ${pod.phase}, ready ${pod.isReady}`);
    }
    if (pod.isOnHost) continue;
    // Nodes without a common pod network all have the same 172.17.0.0/16.
    const key = plan.config.provider === 'none' ? `${pod.nodeName} ${pod.ip}` : pod.ip;
    const other = seen.get(key);
    if (other !== undefined) problems.push(`${label} and ${other} both have ${pod.ip}`);
    seen.set(key, label);
    const podNetwork = parseCidr(node.podCIDR);
    const address = parseIp(pod.ip);
    if (plan.config.provider === 'none') continue;
    if (podNetwork === undefined || address === undefined || !cidrContains(podNetwork, address)) {
      problems.push(`${label} has ${pod.ip}, outside ${pod.nodeName}'s ${node.podCIDR}`);
    }
    const isOfSet = pod.owner !== '' && owners.has(pod.owner);
    if (!isOfSet && replicaSets.some((set) => pod.name.startsWith(`${set.metadata.name}-`))) {
      problems.push(`${label} has no owner that exists`);
    }
  }
  return problems;
}

function auditServices({ services, pods }: ApiView): string[] {
  const problems: string[] = [];
  const addresses = new Set<string>();
  const ports = new Set<number>();
  for (const service of services) {
    const label = `service ${service.namespace}/${service.name}`;
    const { clusterIP } = service;
    if (clusterIP !== '' && clusterIP !== 'None') {
      if (addresses.has(clusterIP)) problems.push(`${label} shares ${clusterIP}`);
      addresses.add(clusterIP);
    }
    for (const port of service.nodePorts) {
      if (ports.has(port)) problems.push(`${label} shares node port ${port}`);
      ports.add(port);
    }
    if (service.selector === undefined) continue;
    const wanted = Object.entries(service.selector);
    const ready = pods
      .filter(
        (pod) =>
          pod.namespace === service.namespace &&
          pod.isReady &&
          !pod.isTerminating &&
          wanted.every(([key, value]) => pod.labels[key] === value),
      )
      .map((pod) => pod.ip);
    const expected = [...new Set(ready)].sort(compareText).join(' ');
    const got = [...new Set(service.readyAddresses)].sort(compareText).join(' ');
    if (got !== expected)
      problems.push(`${label} has endpoints [${got}], ready pods [${expected}]`);
  }
  return problems;
}

function auditWorkloads({ deployments, replicaSets, statefulSets, pods }: ApiView): string[] {
  const problems: string[] = [];
  const ownedBy = (uid: string | undefined): number =>
    pods.filter((pod) => pod.owner === uid).length;
  for (const set of [...replicaSets, ...statefulSets]) {
    const wanted = set.spec?.replicas ?? 0;
    const count = ownedBy(set.metadata.uid);
    if (count !== wanted) {
      problems.push(`${set.kind} ${set.metadata.name} has ${count} pods, not ${wanted}`);
    }
  }
  for (const { metadata, spec, status } of deployments) {
    const wanted = spec?.replicas ?? 0;
    const available = status?.availableReplicas ?? 0;
    const isRoomless = pods.some((pod) => pod.isUnschedulable);
    if (available !== wanted && !isRoomless) {
      problems.push(`deployment ${metadata.name} has ${available} available, not ${wanted}`);
    }
  }
  return problems;
}

/** After everything of the user's was deleted. */
export function auditSwept(api: ApiView): string[] {
  const left = [
    ...api.pods.filter((pod) => pod.namespace === 'default').map((pod) => `pod ${pod.name}`),
    ...api.replicaSets
      .filter((set) => set.metadata.namespace === 'default')
      .map((set) => `replica set ${set.metadata.name}`),
    ...api.services
      .filter((one) => one.namespace === 'default' && one.name !== 'kubernetes')
      .map((one) => `service ${one.name}`),
  ];
  return left.map((what) => `${what} is still there`);
}

/** The run as a whole: packets, and what the machines hold that they should not. */
export function auditRun(run: ClusterRun, api: ApiView | undefined): string[] {
  const problems: string[] = [];
  let ended = 0;
  for (const count of run.packets.ends.values()) ended += count;
  const { born, underWay } = run.packets;
  if (born !== ended + underWay) {
    problems.push(`${born} packets were born, ${ended} ended, ${underWay} are under way`);
  }
  if (underWay < 0) problems.push(`${underWay} packets are under way`);
  for (const host of run.inventory) {
    if (api !== undefined) problems.push(...auditMachine(host, api));
    for (const ns of host.namespaces) {
      problems.push(...auditConnections(host, ns), ...auditSockets(host, ns));
    }
  }
  return problems;
}

/** Reserved addresses and namespaces belong to pods that are there. */
function auditMachine(host: HostInventory, api: ApiView): string[] {
  const problems: string[] = [];
  const pods = api.pods.filter((pod) => pod.nodeName === host.name);
  const addresses = new Set(pods.map((pod) => pod.ip));
  for (const [address, owner] of host.reserved) {
    if (!addresses.has(address)) {
      problems.push(`${host.name} keeps ${address} for ${owner}, which no pod has`);
    }
  }
  const podSpaces = host.namespaces.filter((ns) => ns.name !== host.name);
  const own = pods.filter((pod) => !pod.isOnHost);
  if (podSpaces.length !== own.length) {
    const names = podSpaces.map((ns) => ns.name).join(', ');
    problems.push(`${host.name} has ${own.length} pods and the namespaces ${names}`);
  }
  return problems;
}

/** No two connections have the same tuple in the same direction: answers would be ambiguous. */
function auditConnections(host: HostInventory, ns: NetNsInventory): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const { proto, zone, orig, reply } of ns.connections) {
    const place = zone === 0 ? '' : ` in zone ${zone}`;
    for (const tuple of [`${proto} ${orig}${place}`, `${proto} ${reply}${place}`]) {
      if (seen.has(tuple)) problems.push(`${host.name} ${ns.name} tracks ${tuple} twice`);
      seen.add(tuple);
    }
  }
  return problems;
}

/** The quiet at the end is long enough for every program to close what its peer has closed. */
function auditSockets(host: HostInventory, ns: NetNsInventory): string[] {
  const forgotten = ns.tcpSockets.filter(({ state }) => state === 'CLOSE-WAIT');
  if (forgotten.length === 0) return [];
  const ends = forgotten.slice(0, 3).map(({ local, remote }) => `${local} to ${remote}`);
  return [
    `${host.name} ${ns.name} has ${forgotten.length} sockets in CLOSE-WAIT: ${ends.join(', ')}`,
  ];
}

/**
 * Every established TCP connection that is tracked has a socket somewhere; only for runs in which no machine
 * or sandbox lost its sockets without a word. A virtual switch tracks in several zones, of which one may see a
 * connection after one translation of its addresses and before another: there the client's end is enough.
 */
export function auditFlows(run: ClusterRun): string[] {
  const sockets = new Set<string>();
  const ends = new Set<string>();
  for (const host of run.inventory) {
    for (const ns of host.namespaces) {
      for (const { local, remote } of ns.tcpSockets) {
        sockets.add(`${local}>${remote}`);
        ends.add(local);
      }
    }
  }
  const problems: string[] = [];
  for (const host of run.inventory) {
    for (const ns of host.namespaces) {
      for (const flow of ns.connections) {
        if (flow.proto !== 6 || flow.state !== 'ESTABLISHED') continue;
        if (sockets.has(flow.orig) || sockets.has(flow.reply)) continue;
        const [client = ''] = flow.orig.split('>');
        if (flow.zone !== 0 && ends.has(client)) continue;
        problems.push(`${host.name} ${ns.name} tracks ${flow.orig} | ${flow.reply}, of no socket`);
      }
    }
  }
  return problems;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
