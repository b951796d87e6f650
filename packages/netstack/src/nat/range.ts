/**
 * What a NAT target asks for: the addresses and ports that it may map to (struct nf_nat_range2).
 */
import type { Ip } from '@podwire/base';

/** Which side of a connection is rewritten: the source at POSTROUTING and INPUT, else the destination. */
export type NatManip = 'src' | 'dst';

export interface NatRange {
  /** undefined: the address stays. */
  readonly addresses?: { readonly from: Ip; readonly to: Ip };
  /** undefined: the port (or ICMP identifier) stays if it is free. */
  readonly ports?: { readonly from: number; readonly to: number };
  /** Port shifting (`--to-destination A:5000-5010/8000`): the port that `ports.from` stands for. */
  readonly basePort?: number;
  /** `--random` or `--random-fully`: the port is drawn even when the old one is free. */
  readonly isRandom?: boolean;
  /** `--persistent`: the address depends on the client alone. */
  readonly isPersistent?: boolean;
}
