/**
 * What the datapath does with a packet (enum ovs_action_attr), as an upcall's translation says it.
 */
import type { Ip } from '@podwire/base';

export interface CtAction {
  readonly kind: 'ct';
  readonly zone: number;
  readonly isCommit: boolean;
  /** NAT: what the connection has, or on commit a new binding. */
  readonly nat?: {
    readonly src?: Ip;
    readonly dst?: Ip;
    readonly port?: number;
  };
  /** Bits of ct_mark that are set on commit. */
  readonly mark?: { readonly value: number; readonly mask: number };
}

/** Which of a group's buckets a new connection takes (OVS_ACTION_ATTR_HASH, and OVN's learned affinity). */
export interface SelectAction {
  readonly kind: 'select';
  /** Hash values that are dealt to buckets: a power of two. */
  readonly valueCount: number;
  /** Key of the service and timeout, where connections of one client stay together. */
  readonly affinity?: {
    readonly service: string;
    readonly timeoutSec: number;
    readonly backends: readonly string[];
  };
}

/** What needs ovn-controller: the packet goes up to it. */
export type ControllerAction =
  | { readonly kind: 'controller'; readonly op: 'reject'; readonly resume: number }
  | {
      readonly kind: 'controller';
      readonly op: 'icmp-error';
      readonly icmpType: number;
      readonly icmpCode: number;
      readonly from: Ip;
      readonly resume: number;
    }
  | {
      readonly kind: 'controller';
      readonly op: 'arp';
      readonly port: string;
      readonly source: Ip;
      readonly target: Ip;
      /** Where the packet goes on when the address is known, and where the request itself leaves. */
      readonly resume: number;
      readonly emit: number;
    }
  | { readonly kind: 'controller'; readonly op: 'put-arp'; readonly port: string };

export interface CloneAction {
  readonly kind: 'clone';
  readonly actions: readonly DpAction[];
}

export type DpAction =
  | CloneAction
  | { readonly kind: 'set'; readonly word: number; readonly value: number }
  | CtAction
  | { readonly kind: 'ct-clear' }
  | SelectAction
  | { readonly kind: 'recirc'; readonly id: number }
  | { readonly kind: 'output'; readonly port: number }
  | { readonly kind: 'tunnel'; readonly remote: Ip; readonly vni: number; readonly option: number }
  | ControllerAction
  | { readonly kind: 'drop' };
