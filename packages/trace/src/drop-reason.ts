/**
 * The closed list of ways in which a packet ends.
 *
 * Drop reasons spell as the kernel's skb:kfree_skb tracepoint prints them; podwire's own begin with
 * LINK_, SWITCH_ or APP_.
 */
export const DROP_REASONS = [
  'NO_SOCKET',
  'SOCKET_RCVBUFF',
  'SOCKET_CLOSE',
  'PKT_TOO_SMALL',
  'PKT_TOO_BIG',
  'TCP_CSUM',
  'TCP_FLAGS',
  'TCP_OLD_SEQUENCE',
  'TCP_OVERWINDOW',
  'TCP_INVALID_SEQUENCE',
  'TCP_RESET',
  'TCP_ABORT_ON_DATA',
  'TCP_LISTEN_OVERFLOW',
  'UDP_CSUM',
  'NETFILTER_DROP',
  'OTHERHOST',
  'IP_CSUM',
  'IP_INHDR',
  'IP_RPFILTER',
  'IP_NOPROTO',
  'IP_OUTNOROUTES',
  'IP_INNOROUTES',
  'IP_INADDRERRORS',
  'IP_LOCAL_SOURCE',
  'IP_INVALID_DEST',
  'IP_FORWARDING_DISABLED',
  'ICMP_CSUM',
  'UNHANDLED_PROTO',
  'NEIGH_CREATEFAIL',
  'NEIGH_FAILED',
  'NEIGH_QUEUEFULL',
  'NEIGH_DEAD',
  'DUP_FRAG',
  'FRAG_REASM_TIMEOUT',
  'FRAG_TOO_FAR',
  'DEV_READY',
  'DEV_HDR',
  'NOMEM',
  'QDISC_DROP',
  'TAP_FILTER',
  'VXLAN_INVALID_HDR',
  'VXLAN_VNI_NOT_FOUND',
  'VXLAN_NO_REMOTE',
  'VXLAN_ENTRY_EXISTS',
  'OVS_DROP_LAST_ACTION',
  'OVS_DROP_EXPLICIT',
  'OVS_DROP_RECURSION_LIMIT',
  'BRIDGE_INGRESS_STP_STATE',
  'BRIDGE_NO_EGRESS_PORT',
  'NF_CONNTRACK_FULL',
  'NF_CONNTRACK_INVALID',
  'LINK_DOWN',
  'LINK_LOSS',
  'LINK_QUEUE_FULL',
  'LINK_MTU',
  'LINK_PARTITION',
  'SWITCH_NO_PORT',
  'HOST_DOWN',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** Ways to end that are not drops. `copied`: a flooded or split original replaced by its copies. */
export const GOOD_ENDS = ['delivered', 'stolen', 'copied', 'reassembled'] as const;
export type GoodEnd = (typeof GOOD_ENDS)[number];

export type PacketEnd = DropReason | GoodEnd;
