/**
 * What Open vSwitch's stages cost, in nanoseconds of the host's CPU; conntrack and NAT cost what they cost in netstack.
 *
 * A kernel datapath, put together from what a hash probe, conntrack and a hop cost on Linux 6.18, and from
 * OVS 3.1's own counters (docs/fidelity.md). Established packets do not depend on the number of services.
 */
export const OvsCost = {
  /** One pass: extract the key, one hash, the mask cache. */
  pass: 200,
  /** Each mask probed before the hit; 5.7 of them per hit observed. */
  maskProbe: 20,
  /** Output to a port: 330 with the veth crossing, which netstack adds (180). */
  output: 150,
  /** One end of a Geneve tunnel, as one of VXLAN: 850 to 950 measured for both. */
  tunnelEnd: 425,
  /** A miss: netlink, handler thread, translation, installing the flow. Believed 50 to 150 us in the kernel, measured 11 to 25 in user space. */
  upcall: 60_000,
  /** Each OpenFlow table that the translation visits. */
  tableVisit: 150,
} as const;
