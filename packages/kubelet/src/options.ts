/**
 * Settings of the kubelet with the defaults of KubeletConfiguration (kubelet.config.k8s.io/v1beta1).
 */
import type { RateLimit } from '@podwire/api';
import { NS_PER_MS, NS_PER_SEC } from '@podwire/base';

export interface KubeletOptions {
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
  /** The node's own /etc/resolv.conf. */
  readonly nodeResolvConf: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly taints: readonly { key: string; value?: string; effect: string }[];
  readonly capacity: { readonly cpu: string; readonly memory: string; readonly pods: string };
  /** spec.podCIDR of a node whose pod network is given; else the control plane chooses one. */
  readonly podCIDR: string | undefined;
  readonly version: string;
  readonly osImage: string;
  readonly kernelVersion: string;
  readonly containerRuntime: string;
  readonly leaseDurationNs: number;
  readonly leaseRenewNs: number;
  readonly statusReportNs: number;
  /** How often the runtime's state is looked at (PLEG relist). */
  readonly relistNs: number;
  /** Time of making a sandbox before its network is asked for. */
  readonly sandboxCreateNs: number;
  readonly containerStartNs: number;
  readonly pullBytesPerSec: number;
  readonly pullLatencyNs: number;
  /** Creation of a failed sandbox is tried again after this time. */
  readonly sandboxRetryNs: number;
  /** Volumes that cannot be mounted are tried again after this time (first delays of the real back-off). */
  readonly mountRetryNs: number;
  /** Events per second that are written, and how many at once after a pause (eventRecordQPS, eventBurst). */
  readonly eventLimit: RateLimit;
}

export const KUBELET_DEFAULTS: KubeletOptions = {
  clusterDNS: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  nodeResolvConf: '',
  labels: new Map(),
  taints: [],
  capacity: { cpu: '4', memory: '8Gi', pods: '110' },
  podCIDR: undefined,
  version: 'v1.36.2',
  osImage: 'podwire',
  kernelVersion: '6.18.0',
  containerRuntime: 'containerd://2.1.4',
  leaseDurationNs: 40 * NS_PER_SEC,
  leaseRenewNs: 10 * NS_PER_SEC,
  statusReportNs: 300 * NS_PER_SEC,
  relistNs: NS_PER_SEC,
  sandboxCreateNs: 150 * NS_PER_MS,
  containerStartNs: 60 * NS_PER_MS,
  pullBytesPerSec: 100_000_000,
  pullLatencyNs: 400 * NS_PER_MS,
  sandboxRetryNs: 12 * NS_PER_SEC,
  mountRetryNs: 2 * NS_PER_SEC,
  eventLimit: { qps: 50, burst: 100 },
};
