/**
 * What each stage costs, in nanoseconds of the host's CPU.
 *
 * Measured on Linux 6.18 in network namespaces; the method and the curves they reproduce are in
 * docs/fidelity.md, the check is `podwire bench forwarding`. A stage adds its cost to `skb.costNs`,
 * which becomes delay where the packet next is an event: veth, loopback, NIC, socket. Integers only,
 * no randomness: spread comes from queues, positions in chains and CPU contention.
 */
export const Cost = {
  /** FIB lookup, neighbour and header work of one routed hop: measured 330-380 with the veth crossing. */
  routeHop: 170,
  /** Crossing a veth pair: the other part of the routed hop. */
  vethCross: 180,
  /** Learning bridge, measured 550-590 for a hop by bridge with its veth crossing. */
  bridgeHop: 390,
  /** Loopback: one queueing to the receive side. */
  loopback: 180,
  /** One end of VXLAN; measured 850-950 for both. */
  vxlanEnd: 450,
  /** The driver's part of a NIC hop; not measured here, taken like a veth crossing. */
  nicXmit: 180,
  /** conntrack lookup and update of a known connection. */
  ctEstablished: 300,
  /** Lookup miss, creation and confirmation; split so that the confirmation is charged where it happens. */
  ctNew: 750,
  /** Choosing and storing a DNAT, first packet. */
  natSetup: 550,
  /** Rewriting each later packet. */
  natApply: 40,
  /** Finding a free source port, first packet. */
  masqSetup: 400,
  /** iptables: one visited rule whose address test fails (tenths of a nanosecond: 4.6). */
  iptRuleTenths: 46,
  /** The same when the chain no longer fits in the cache: from `iptColdRules` visited rules on. */
  iptRuleColdTenths: 200,
  iptWarmRules: 7_500,
  iptColdRules: 11_000,
  /** Each match extension that is really called. */
  iptMatch: 12,
  /** Jump to a user chain and return. */
  iptJumpTenths: 115,
  /** Entering a table at a hook. */
  iptTable: 75,
  /** Waking a process, with the system call. */
  wakeup: 1_500,
} as const;
