/**
 * What pods of one template have in common for the scheduler: requests, ports, images, tolerations; interned.
 *
 * Pods of a workload differ in name, in node affinity (DaemonSet) and in volumes (StatefulSet); none of that is
 * part of the template, so thousands of pods share one. What a template makes of a node's taints is kept here.
 */
import type { Pod, PodSpec, Toleration, TopologySpreadConstraint } from '@podwire/api';
import { type Status, unresolvable } from './framework.ts';
import { type HostPort, hostPortsOf } from './host-ports.ts';
import type { NodeGate } from './node-gate.ts';
import { findUntoleratedTaint, toleratesTaint } from './plugins/tolerations.ts';
import { type Amounts, CPU, MEMORY, podRequests } from './resources.ts';

export interface ResourceDemand {
  readonly name: string;
  /** NodeTable.resourceId. */
  readonly id: number;
  readonly amount: number;
}

const CORDON_TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;
const BARRING = ['NoSchedule', 'NoExecute'] as const;

export class PodTemplate {
  readonly id: number;
  readonly requests: Amounts;
  /** The same in the order of the containers, for the columns of a NodeTable. */
  readonly demands: readonly ResourceDemand[];
  readonly milliCpu: number;
  readonly memoryBytes: number;
  /** With the defaults for containers that ask for nothing. */
  readonly nonZeroMilliCpu: number;
  readonly nonZeroMemoryBytes: number;
  readonly hostPorts: readonly HostPort[];
  /** Of init containers, then containers; with a tag. */
  readonly images: readonly string[];
  readonly tolerations: readonly Toleration[];
  readonly tolerationsText: string;
  readonly toleratesCordon: boolean;
  readonly spreadConstraints: readonly TopologySpreadConstraint[];
  readonly #barred: (Status | null | undefined)[] = [];
  readonly #unwelcome: (number | undefined)[] = [];

  constructor(id: number, pod: Pod, resourceId: (name: string) => number) {
    const { spec } = pod;
    this.id = id;
    this.requests = podRequests(pod);
    this.demands = [...this.requests].map(([name, amount]) => ({
      name,
      id: resourceId(name),
      amount,
    }));
    this.milliCpu = this.requests.get(CPU) ?? 0;
    this.memoryBytes = this.requests.get(MEMORY) ?? 0;
    const nonZero = podRequests(pod, true);
    this.nonZeroMilliCpu = nonZero.get(CPU) ?? 0;
    this.nonZeroMemoryBytes = nonZero.get(MEMORY) ?? 0;
    this.hostPorts = hostPortsOf(pod);
    this.images = [...(spec.initContainers ?? []), ...spec.containers].map(({ image = '' }) =>
      normalizedImageName(image),
    );
    this.tolerations = spec.tolerations ?? [];
    this.tolerationsText = tolerationsText(spec);
    this.toleratesCordon = this.tolerations.some((toleration) =>
      toleratesTaint(toleration, CORDON_TAINT),
    );
    this.spreadConstraints = spec.topologySpreadConstraints ?? [];
  }

  /** Why a node's taints bar the pod; undefined when they do not. */
  barredBy(gate: NodeGate): Status | undefined {
    let status = this.#barred[gate.id];
    if (status === undefined) {
      const taint = findUntoleratedTaint(gate.taints, this.tolerations, BARRING);
      status =
        taint === undefined
          ? null
          : unresolvable(
              'TaintToleration',
              `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`,
            );
      this.#barred[gate.id] = status;
    }
    return status ?? undefined;
  }

  /** How many PreferNoSchedule taints the pod does not tolerate. */
  unwelcomeCount(gate: NodeGate): number {
    let count = this.#unwelcome[gate.id];
    if (count === undefined) {
      const tolerations = this.tolerations.filter(
        ({ effect }) => effect === undefined || effect === 'PreferNoSchedule',
      );
      count = gate.taints.filter(
        (taint) =>
          taint.effect === 'PreferNoSchedule' &&
          !tolerations.some((toleration) => toleratesTaint(toleration, taint)),
      ).length;
      this.#unwelcome[gate.id] = count;
    }
    return count;
  }
}

/** A text that is equal for pods of equal template. */
export function templateText({ spec }: Pod): string {
  let text = spec.hostNetwork === true ? 'host' : '';
  for (const { image, resources, ports } of spec.containers) {
    text += `\nc ${image ?? ''}`;
    const requests = resources?.requests;
    if (requests !== undefined) for (const name in requests) text += ` ${name}=${requests[name]}`;
    for (const { hostPort, hostIP, protocol, containerPort } of ports ?? []) {
      if (hostPort === undefined && spec.hostNetwork !== true) continue;
      text += ` :${hostPort ?? containerPort}/${protocol ?? ''}@${hostIP ?? ''}`;
    }
  }
  for (const { image, resources, restartPolicy } of spec.initContainers ?? []) {
    text += `\ni ${image ?? ''} ${restartPolicy ?? ''}`;
    const requests = resources?.requests;
    if (requests !== undefined) for (const name in requests) text += ` ${name}=${requests[name]}`;
  }
  text += tolerationsText(spec);
  const { overhead, affinity, topologySpreadConstraints } = spec;
  if (overhead !== undefined) text += `\no ${JSON.stringify(overhead)}`;
  if (affinity?.podAffinity !== undefined) text += `\na ${JSON.stringify(affinity.podAffinity)}`;
  if (affinity?.podAntiAffinity !== undefined) {
    text += `\nx ${JSON.stringify(affinity.podAntiAffinity)}`;
  }
  if (topologySpreadConstraints !== undefined && topologySpreadConstraints.length > 0) {
    text += `\ns ${JSON.stringify(topologySpreadConstraints)}`;
  }
  return text;
}

function tolerationsText({ tolerations }: PodSpec): string {
  let text = '';
  for (const { key, operator, value, effect } of tolerations ?? []) {
    text += `\nt ${key ?? ''} ${operator ?? ''} ${value ?? ''} ${effect ?? '*'}`;
  }
  return text;
}

/** A name without a tag means `:latest`. */
function normalizedImageName(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}
