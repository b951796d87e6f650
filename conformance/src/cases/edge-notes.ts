/**
 * What the notes of an edge case say of its proxies and balancers, and the names that must lead there.
 *
 * From: case-world.ts. To: the cluster's edge, records of the upstream DNS server, and how long to wait.
 */
import type { EdgeConfig, UpstreamZone } from '@podwire/cluster';
import type { Case } from './case-file.ts';

export interface EdgeSetup {
  readonly edge: EdgeConfig;
  /** Node, or the pool's first address. */
  readonly address: 'node-1' | typeof POOL_FIRST;
  /** Where it must hold the addresses of a pool of layer 2. */
  readonly nodeNetwork?: string;
  /** Pods' port 8443 speaks TLS with the service CA's certificate for these names. */
  readonly tlsNames: readonly string[];
}

const POOL = '203.0.113.0/24';
const POOL_FIRST = '203.0.113.1';

/** Undefined: the case has no edge; a text: why it cannot be had. */
export function edgeSetup(entry: Case): EdgeSetup | string | undefined {
  const notes = entry.cluster.notes ?? '';
  if (!notes.startsWith('edge:')) return undefined;
  const manifests = entry.manifests ?? '';
  if (/Gateway API/.test(notes)) return 'the Gateway API is not modelled yet';
  if (/the CNI drops/.test(notes)) return 'NetworkPolicy is not modelled yet';
  const balanced = { publish: 'loadBalancer', nodes: ['node-1'] } as const;
  const onHost = { publish: 'hostNetwork', nodes: ['node-1'] } as const;
  const tlsNames = [...notes.matchAll(/service CA for ([\w.-]+)/g)].map((match) => match[1] ?? '');
  if (/class nginx/.test(notes)) {
    return /on the pod network/.test(notes)
      ? {
          edge: { ingressNginx: balanced, loadBalancer: { pool: POOL } },
          address: POOL_FIRST,
          tlsNames,
        }
      : { edge: { ingressNginx: onHost }, address: 'node-1', tlsNames };
  }
  if (/OpenShift default IngressController/.test(notes)) {
    return /overrides the HostNetwork default/.test(notes)
      ? { edge: { router: balanced, loadBalancer: { pool: POOL } }, address: POOL_FIRST, tlsNames }
      : { edge: { router: onHost }, address: 'node-1', tlsNames };
  }
  if (/MetalLB/.test(notes)) {
    const network = /addresses: \[(\d+\.\d+\.\d+)\./.exec(manifests)?.[1];
    return {
      edge: { loadBalancer: { provider: 'metallb' } },
      address: 'node-1',
      tlsNames,
      ...(network === undefined ? {} : { nodeNetwork: `${network}.0/24` }),
    };
  }
  if (/load balancer/.test(notes)) {
    return { edge: { loadBalancer: { pool: POOL } }, address: POOL_FIRST, tlsNames };
  }
  return `the edge "${notes}" is not understood`;
}

/** A zone for each name that a probe asks and that is no node. */
export function edgeZones(entry: Case, address: string): UpstreamZone[] {
  const hosts = new Set<string>();
  for (const { request } of entry.probes ?? []) {
    for (const [, host = ''] of request.matchAll(/https?:\/\/([\w.-]+)/gi)) {
      if (/[a-z]/i.test(host) && !/^node-?\d+$/.test(host)) hosts.add(host.toLowerCase());
    }
  }
  return [...hosts].map((host) => ({
    zone: host,
    behaviour: 'answer',
    records: [`${host}. 60 IN A ${address}`],
  }));
}
