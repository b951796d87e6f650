/**
 * What kube-controller-manager can be told, with its own defaults (1.32).
 */
import type { KindOrigin, RateLimit } from '@podwire/api';
import type { OpenShiftOptions } from './openshift/options.ts';

/**
 * The rate limit is for the requests of all controllers together, and there is none by default. Upstream each
 * controller has a client of its own with 20 requests per second and a burst of 30.
 */
export interface ControllerOptions extends RateLimit {
  /** Controllers by name that are not started. */
  readonly disabled?: readonly string[];
  /** Workers by controller, where they are to be others than `CONCURRENT_SYNCS`. */
  readonly concurrentSyncs?: ReadonlyMap<string, number>;
  /** Pod network; nodes without one get no podCIDR. */
  readonly clusterCIDR?: string;
  readonly nodeCIDRMaskSize?: number;
  /** After how long without a lease renewal a node counts as unreachable. */
  readonly nodeMonitorGracePeriodNs?: number;
  readonly nodeMonitorPeriodNs?: number;
  readonly nodeStartupGracePeriodNs?: number;
  /** Nodes per second whose pods may be evicted in a healthy zone, in thousandths. */
  readonly nodeEvictionRateMilli?: number;
  readonly secondaryNodeEvictionRateMilli?: number;
  readonly terminatedPodGcThreshold?: number;
  readonly maxEndpointsPerSlice?: number;
  /** `--endpoint-updates-batch-period`: how long changes of pods wait for more of them; large clusters take 500 ms. */
  readonly endpointUpdatesBatchPeriodNs?: number;
  /** What the ConfigMap kube-root-ca.crt says. */
  readonly rootCa?: string;
  /** The cluster is OpenShift: its own controllers run too. */
  readonly openshift?: OpenShiftOptions;
  /** Whose kinds the API server has beside Kubernetes' own. */
  readonly origins?: readonly KindOrigin[];
}

export type ResolvedOptions = Required<
  Omit<ControllerOptions, keyof RateLimit | 'clusterCIDR' | 'openshift'>
> &
  Pick<ControllerOptions, 'clusterCIDR' | 'openshift'>;

/** The defaults of `--concurrent-…-syncs`, and the constants of the controllers that have no such flag. */
export const CONCURRENT_SYNCS: ReadonlyMap<string, number> = new Map([
  ['deployment', 5],
  ['replicaset', 5],
  ['statefulset', 5],
  ['daemonset', 2],
  ['endpoints', 5],
  ['endpointslice', 5],
  ['endpointslicemirroring', 5],
  ['garbagecollector', 20],
  ['namespace', 10],
  ['tainteviction', 8],
  // One worker: the order of nodes decides who gets which part of the pod network.
  ['nodeipam', 1],
  ['disruption', 1],
  ['serviceaccount', 1],
  ['rootca', 1],
  ['replicationcontroller', 5],
  ['deploymentconfig', 5],
  ['build', 5],
  ['buildconfig', 5],
  ['imageimport', 1],
  ['imagetrigger', 5],
  ['securityallocation', 1],
]);

export function resolveOptions(options: ControllerOptions): ResolvedOptions {
  return {
    disabled: options.disabled ?? [],
    concurrentSyncs: new Map([...CONCURRENT_SYNCS, ...(options.concurrentSyncs ?? [])]),
    nodeCIDRMaskSize: options.nodeCIDRMaskSize ?? 24,
    nodeMonitorGracePeriodNs: options.nodeMonitorGracePeriodNs ?? 50_000_000_000,
    nodeMonitorPeriodNs: options.nodeMonitorPeriodNs ?? 5_000_000_000,
    nodeStartupGracePeriodNs: options.nodeStartupGracePeriodNs ?? 60_000_000_000,
    nodeEvictionRateMilli: options.nodeEvictionRateMilli ?? 100,
    secondaryNodeEvictionRateMilli: options.secondaryNodeEvictionRateMilli ?? 10,
    terminatedPodGcThreshold: options.terminatedPodGcThreshold ?? 12_500,
    maxEndpointsPerSlice: options.maxEndpointsPerSlice ?? 100,
    endpointUpdatesBatchPeriodNs: options.endpointUpdatesBatchPeriodNs ?? 0,
    rootCa: options.rootCa ?? '',
    origins: options.origins ?? (options.openshift === undefined ? [] : ['openshift']),
    ...(options.clusterCIDR === undefined ? {} : { clusterCIDR: options.clusterCIDR }),
    ...(options.openshift === undefined ? {} : { openshift: options.openshift }),
  };
}
