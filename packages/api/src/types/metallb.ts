/**
 * IPAddressPool and L2Advertisement (metallb.io/v1beta1).
 */
import type { KubeObject, LabelSelector } from './meta.ts';

export interface ServiceAllocation {
  /** Of several pools that would do, the lowest but zero goes first. */
  readonly priority?: number;
  readonly namespaces?: readonly string[];
  readonly namespaceSelectors?: readonly LabelSelector[];
  readonly serviceSelectors?: readonly LabelSelector[];
}

export interface IpAddressPool extends KubeObject {
  readonly spec: {
    /** Networks and ranges `a-b`. */
    readonly addresses?: readonly string[];
    readonly autoAssign?: boolean;
    readonly avoidBuggyIPs?: boolean;
    readonly serviceAllocation?: ServiceAllocation;
  };
}

export interface L2Advertisement extends KubeObject {
  readonly spec?: {
    readonly ipAddressPools?: readonly string[];
    readonly ipAddressPoolSelectors?: readonly LabelSelector[];
    readonly nodeSelectors?: readonly LabelSelector[];
    readonly interfaces?: readonly string[];
  };
}
