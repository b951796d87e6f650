/**
 * `kubectl describe node`.
 */
import {
  type KubeEvent,
  type KubeObject,
  type Lease,
  type Node,
  type Pod,
  type ResourceList,
  SCHEME,
} from '@podwire/api';
import { parseQuantityMilli } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { isFailure } from '../failure.ts';
import { ageOf, longDate } from '../human-duration.ts';
import { sortedEntries } from '../json-value.ts';
import { nodeRoles } from '../printers/node.ts';
import type { Session } from '../session.ts';
import { eventsAbout } from './events.ts';
import { formatCpu, formatMemory, podAmount } from './resources.ts';
import type { DescribeWriter } from './writer.ts';

export function* describeNode(session: Session, object: KubeObject, w: DescribeWriter): Proc {
  const node = object as Node;
  const { metadata, status = {} } = node;
  const { spec = {} } = object as Partial<Node>;
  const roles = nodeRoles(node);
  w.field(0, 'Name', metadata.name);
  w.field(0, 'Roles', roles.length === 0 ? '<none>' : roles.join(','));
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
  w.field(0, 'CreationTimestamp', longDate(metadata.creationTimestamp));
  w.list(0, 'Taints', taintTexts(node));
  w.field(0, 'Unschedulable', spec.unschedulable === true);
  yield* describeLease(session, node, w);
  if ((status.conditions ?? []).length > 0) {
    w.line(
      0,
      'Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage',
    );
    w.line(1, '----\t------\t-----------------\t------------------\t------\t-------');
    for (const c of status.conditions ?? []) {
      w.line(
        1,
        `${c.type} \t${c.status} \t${longDate(c.lastHeartbeatTime)} \t${longDate(c.lastTransitionTime)} \t${c.reason ?? ''} \t${c.message ?? ''}`,
      );
    }
  }
  w.line(0, 'Addresses:');
  for (const { type, address } of status.addresses ?? []) w.field(1, type, address);
  for (const [title, list] of [
    ['Capacity', status.capacity],
    ['Allocatable', status.allocatable],
  ] as const) {
    const entries = sortedEntries(list);
    if (entries.length > 0) w.line(0, `${title}:`);
    for (const [name, amount] of entries) w.field(1, name, amount);
  }
  const info = status.nodeInfo;
  w.line(0, 'System Info:');
  w.field(1, 'Machine ID', info?.machineID ?? '');
  w.field(1, 'System UUID', info?.systemUUID ?? '');
  w.field(1, 'Boot ID', info?.bootID ?? '');
  w.field(1, 'Kernel Version', info?.kernelVersion ?? '');
  w.field(1, 'OS Image', info?.osImage ?? '');
  w.field(1, 'Operating System', info?.operatingSystem ?? '');
  w.field(1, 'Architecture', info?.architecture ?? '');
  w.field(1, 'Container Runtime Version', info?.containerRuntimeVersion ?? '');
  w.field(1, 'Kubelet Version', info?.kubeletVersion ?? '');
  if ((spec.podCIDR ?? '') !== '') w.field(0, 'PodCIDR', spec.podCIDR ?? '');
  if ((spec.podCIDRs ?? []).length > 0) w.field(0, 'PodCIDRs', (spec.podCIDRs ?? []).join(','));
  if ((spec.providerID ?? '') !== '') w.field(0, 'ProviderID', spec.providerID ?? '');
  yield* describePods(session, node, w);
}

/** Controllers name a node's events by its uid, the kubelet by the node's name. */
export function* nodeEvents(session: Session, object: KubeObject): Proc<readonly KubeEvent[]> {
  const { uid, name } = object.metadata;
  const byUid = uid === undefined ? [] : yield* eventsAbout(session, object, { kind: 'Node', uid });
  const byName = yield* eventsAbout(session, object, { kind: 'Node', uid: name });
  return [...byUid, ...byName];
}

function taintTexts(node: Node): string[] {
  const taints = [...(node.spec?.taints ?? [])].sort((a, b) => {
    const [x, y] = [`${a.effect},${a.key}`, `${b.effect},${b.key}`];
    return x < y ? -1 : x > y ? 1 : 0;
  });
  return taints.map(({ key, value, effect }) =>
    value === undefined || value === '' ? `${key}:${effect}` : `${key}=${value}:${effect}`,
  );
}

function* describeLease(session: Session, node: Node, w: DescribeWriter): Proc {
  const info = SCHEME.byKind('coordination.k8s.io/v1', 'Lease');
  if (info === undefined) return;
  const lease = yield* session.get<Lease>(info, 'kube-node-lease', node.metadata.name);
  if (isFailure(lease)) {
    w.field(0, 'Lease', `Failed to get lease: ${lease.message}`);
    return;
  }
  const { holderIdentity, acquireTime, renewTime } = lease.spec;
  w.line(0, 'Lease:');
  w.field(1, 'HolderIdentity', holderIdentity ?? '<unset>');
  w.field(1, 'AcquireTime', acquireTime === undefined ? '<unset>' : longDate(acquireTime));
  w.field(1, 'RenewTime', renewTime === undefined ? '<unset>' : longDate(renewTime));
}

function* describePods(session: Session, node: Node, w: DescribeWriter): Proc {
  const info = SCHEME.byKind('v1', 'Pod');
  if (info === undefined) return;
  const listed = yield* session.list(info, {
    namespace: undefined,
    fieldSelector: `spec.nodeName=${node.metadata.name},status.phase!=Succeeded,status.phase!=Failed`,
  });
  const pods = isFailure(listed) ? [] : (listed.items as readonly Pod[]);
  const allocatable = node.status?.allocatable ?? node.status?.capacity ?? {};
  w.line(0, `Non-terminated Pods:\t(${pods.length} in total)`);
  w.line(1, 'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge');
  w.line(1, '---------\t----\t\t------------\t----------\t---------------\t-------------\t---');
  for (const pod of pods) {
    w.line(
      1,
      [
        pod.metadata.namespace ?? '',
        pod.metadata.name,
        '',
        share('cpu', podAmount(pod, 'requests', 'cpu'), allocatable),
        share('cpu', podAmount(pod, 'limits', 'cpu'), allocatable),
        share('memory', podAmount(pod, 'requests', 'memory'), allocatable),
        share('memory', podAmount(pod, 'limits', 'memory'), allocatable),
        ageOf(pod.metadata.creationTimestamp, session.nowNs()),
      ].join('\t'),
    );
  }
  w.line(0, 'Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)');
  w.line(1, 'Resource\tRequests\tLimits');
  w.line(1, '--------\t--------\t------');
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    const total = (which: 'requests' | 'limits'): number =>
      pods.reduce((sum, pod) => sum + podAmount(pod, which, name), 0);
    w.line(
      1,
      `${name}\t${share(name, total('requests'), allocatable)}\t${share(name, total('limits'), allocatable)}`,
    );
  }
  for (const [name] of sortedEntries(allocatable)) {
    if (!name.startsWith('hugepages-')) continue;
    w.line(1, `${name}\t0 (0%)\t0 (0%)`);
  }
}

/** `100m (5%)`, of amounts in thousandths. */
function share(name: string, milli: number, allocatable: ResourceList): string {
  const whole = parseQuantityMilli(allocatable[name] ?? '0') ?? 0;
  const percent = whole === 0 ? 0 : Math.trunc((milli / whole) * 100);
  return `${name === 'cpu' ? formatCpu(milli) : formatMemory(milli)} (${percent}%)`;
}
