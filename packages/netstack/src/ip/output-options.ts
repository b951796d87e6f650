/**
 * What a sender may ask of the stack beside the packet itself.
 */
import type { Dev } from '../dev/dev.ts';
import type { Skb } from '../skb.ts';

export interface OutputOptions {
  readonly mark?: number;
  /** Only routes of this device (SO_BINDTODEVICE). */
  readonly oif?: Dev;
  /**
   * IP_MTU_DISCOVER: `want` (default) sets DF when the packet fits and fragments it when not, `do` refuses
   * with EMSGSIZE, `dont` leaves DF off and fragments.
   */
  readonly pmtu?: 'want' | 'do' | 'dont';
  /** The packet that this one answers (ICMP error, reset): conntrack ties the two (nf_ct_attach). */
  readonly cause?: Skb;
}

/** Options of a packet that has none: no allocation per packet. */
export const NO_OPTIONS: OutputOptions = {};
