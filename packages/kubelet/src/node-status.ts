/**
 * The node's own object: registration and status reports.
 *
 * Source: kubelet_node_status.go. A new node carries its labels and taints; status is reported when it
 * changed and otherwise every five minutes (nodeStatusReportFrequency), heartbeats are the lease's.
 */
import { formatIp } from '@podwire/base';
import {
  type ApiClient,
  type Node,
  type NodeCondition,
  type NodeStatus,
  type TaintEffect,
  formatTime,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import type { KubeletOptions } from './options.ts';
import type { NodeRuntime } from './runtime.ts';

export interface NodeReport {
  readonly ready: boolean;
  readonly message: string;
}

/** Creates the Node object, or finds the one that is there; false when the API cannot be reached. */
export function* registerNode(
  node: NodeRuntime,
  client: ApiClient,
  options: KubeletOptions,
  report: NodeReport,
): Proc<Node | undefined> {
  const { nodeName } = node;
  const labels: Record<string, string> = {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
  };
  for (const [key, value] of options.labels) labels[key] = value;
  const body: Node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName, labels },
    spec: {
      ...(options.podCIDR === undefined
        ? {}
        : { podCIDR: options.podCIDR, podCIDRs: [options.podCIDR] }),
      taints: options.taints.map((taint) => ({ ...taint, effect: taint.effect as TaintEffect })),
    },
    status: nodeStatus(node, options, report, undefined),
  };
  const made = yield* client.request({ verb: 'create', resource: 'nodes', body });
  if (made.code === 201) return made.body as Node;
  if (made.code !== 409) return undefined;
  const got = yield* client.request({ verb: 'get', resource: 'nodes', name: nodeName });
  return got.code === 200 ? (got.body as Node) : undefined;
}

/** Reports the node's status; the stored object, or undefined when it could not be. */
export function* reportNodeStatus(
  node: NodeRuntime,
  client: ApiClient,
  options: KubeletOptions,
  report: NodeReport,
): Proc<Node | undefined> {
  const { nodeName } = node;
  const got = yield* client.request({ verb: 'get', resource: 'nodes', name: nodeName });
  if (got.code === 404) return yield* registerNode(node, client, options, report);
  if (got.code !== 200) return undefined;
  const current = got.body as Node;
  // PatchNodeStatus: a patch meets no conflict with the controllers that write to the same object.
  const patched = yield* client.request({
    verb: 'patch',
    resource: 'nodes',
    name: nodeName,
    subresource: 'status',
    patchType: 'strategic-merge-patch',
    body: { status: nodeStatus(node, options, report, current.status) },
  });
  return patched.code === 200 ? (patched.body as Node) : undefined;
}

function nodeStatus(
  node: NodeRuntime,
  options: KubeletOptions,
  report: NodeReport,
  before: NodeStatus | undefined,
): NodeStatus {
  const now = formatTime(node.sim.nowNs());
  const entry = (
    type: string,
    status: 'True' | 'False',
    reason: string,
    message: string,
  ): NodeCondition => {
    const old = before?.conditions?.find((condition) => condition.type === type);
    const kept = old?.status === status ? old.lastTransitionTime : undefined;
    return {
      type,
      status,
      lastHeartbeatTime: now,
      lastTransitionTime: kept ?? now,
      reason,
      message,
    };
  };
  const own = [
    entry(
      'MemoryPressure',
      'False',
      'KubeletHasSufficientMemory',
      'kubelet has sufficient memory available',
    ),
    entry('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    entry(
      'PIDPressure',
      'False',
      'KubeletHasSufficientPID',
      'kubelet has sufficient PID available',
    ),
    report.ready
      ? entry('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
      : entry('Ready', 'False', 'KubeletNotReady', report.message),
  ];
  const ownTypes = new Set(own.map((condition) => condition.type));
  const foreign = (before?.conditions ?? []).filter((condition) => !ownTypes.has(condition.type));
  const { cpu, memory, pods } = options.capacity;
  const resources = { cpu, 'ephemeral-storage': '100Gi', memory, pods };
  return {
    ...before,
    capacity: resources,
    allocatable: resources,
    conditions: [...foreign, ...own],
    addresses: [
      { type: 'InternalIP', address: formatIp(node.nodeIP) },
      { type: 'Hostname', address: node.nodeName },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: options.kernelVersion,
      osImage: options.osImage,
      containerRuntimeVersion: options.containerRuntime,
      kubeletVersion: options.version,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
    images: [...node.pulledImages.values()].map((image) => ({
      names: [image.reference],
      sizeBytes: image.sizeBytes,
    })),
  };
}
