/**
 * What a traced packet tells at one stage of its walk.
 */
import type { PacketEnd } from './drop-reason.ts';

/** The closed vocabulary of stages, in the words of the kernel and the real components. */
export const STAGES = [
  'app-send',
  'app-receive',
  'socket',
  'local-out',
  'route',
  'neigh',
  'hook',
  'conntrack',
  'nat',
  'rule',
  'forward',
  'local-in',
  'fragment',
  'reassemble',
  'icmp',
  'arp',
  'dev-xmit',
  'dev-receive',
  'veth',
  'bridge',
  'vxlan-encap',
  'vxlan-decap',
  'ovs',
  'logical',
  'geneve-encap',
  'geneve-decap',
  'nic',
  'link',
  'switch',
  'end',
] as const;

export type Stage = (typeof STAGES)[number];

export interface Step {
  readonly atNs: number;
  /** Number of the walk (walk-id.ts); copies and translated packets keep it. */
  readonly traceId: number;
  readonly host: string;
  /** Network namespace or device, as `node-1`, `node-1/cni0`, `pod default/web-1`. */
  readonly where: string;
  readonly stage: Stage;
  /** The packet in one line, as tcpdump would print it. */
  readonly packet: string;
  /** What was looked up: a destination, a tuple, a MAC address. */
  readonly key?: string;
  /** The matched rule's, route's or entry's own text. */
  readonly rule?: string;
  /** What changed in the packet: `dst 10.96.0.10:80 -> 10.244.1.5:8080`. */
  readonly change?: string;
  /** Rules visited or flows looked at in this stage: what its cost counts. */
  readonly lookups?: number;
  /** What was decided: `accept`, `drop`, `forward`, `queue`, … */
  readonly verdict: string;
  /** Set on the last step of a packet. */
  readonly end?: PacketEnd;
}
