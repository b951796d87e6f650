/**
 * What is known of a case's world while it runs: objects of the API, addresses of machines.
 */
import { addressAt, formatIp, parseCidr } from '@podwire/base';

export interface PodFacts {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly hostNetwork?: boolean;
    readonly containers?: readonly { readonly name: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly podIP?: string;
    readonly hostIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly ContainerFacts[];
  };
}

export interface ContainerFacts {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: Readonly<Record<string, { readonly reason?: string } | undefined>>;
}

export interface ServiceFacts {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly clusterIP?: string;
    readonly healthCheckNodePort?: number;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly nodePort?: number;
    }[];
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] };
  };
}

export interface NodeFacts {
  readonly name: string;
  readonly address: string;
  readonly podCIDR: string | undefined;
}

export interface Facts {
  /** Nodes whose MetalLB speaker announces a Service's address, as events tell. */
  readonly announcers?: readonly string[];
  readonly pods: readonly PodFacts[];
  readonly services: readonly ServiceFacts[];
  readonly nodes: readonly NodeFacts[];
  readonly serviceNetwork: string;
  readonly dnsServiceIP: string;
  /** Values that a step saved. */
  readonly saved: ReadonlyMap<string, string>;
  /** Cluster IPs that services had at first, by ns/name. */
  readonly oldClusterIPs: ReadonlyMap<string, string>;
}

/** `ns/name`, or a name in `default`, or else the only one of that name anywhere. */
export function findNamed<
  T extends { readonly metadata: { readonly name: string; readonly namespace: string } },
>(all: readonly T[], reference: string): T | undefined {
  const [first = '', second] = reference.split('/');
  if (second !== undefined) {
    return all.find(({ metadata }) => metadata.namespace === first && metadata.name === second);
  }
  const named = all.filter(({ metadata }) => metadata.name === first);
  return named.find(({ metadata }) => metadata.namespace === 'default') ?? named[0];
}

/** A pod by its name, or the first one of a controller by the controller's. */
export function findPod(facts: Facts, reference: string): PodFacts | undefined {
  const exact = findNamed(facts.pods, reference);
  if (exact !== undefined) return exact;
  const [namespace, name] = reference.includes('/')
    ? [reference.split('/')[0] ?? '', reference.split('/')[1] ?? '']
    : [undefined, reference];
  const stem = name.replace(/[-*]+$/, '');
  return facts.pods.find(
    ({ metadata }) =>
      (namespace === undefined || metadata.namespace === namespace) &&
      metadata.name.startsWith(`${stem}-`),
  );
}

export function podIP(pod: PodFacts | undefined): string | undefined {
  const address = pod?.status?.podIP;
  return address === undefined || address === '' ? undefined : address;
}

export function isReady(pod: PodFacts): boolean {
  return hasCondition(pod, 'Ready');
}

export function hasCondition(pod: PodFacts, type: string): boolean {
  return (pod.status?.conditions ?? []).some(
    (condition) => condition.type === type && condition.status === 'True',
  );
}

/** Address number `index` of a node's pod network. */
export function podNetworkAddress(facts: Facts, node: string, index: number): string | undefined {
  const text = facts.nodes.find(({ name }) => name === node)?.podCIDR;
  const cidr = text === undefined ? undefined : parseCidr(text);
  return cidr === undefined ? undefined : formatIp(addressAt(cidr, index));
}
