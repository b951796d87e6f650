/**
 * The little network in which kernel and netstack are asked the same questions.
 *
 *   client 10.0.0.2, .3 —(r0)— router 10.0.0.1 / 10.1.0.1 —(r1)— server 10.1.0.11, .12, .13
 *
 * The router holds the rules under test; 10.96.0.0/16 is routed towards the server, which does not have
 * those addresses, so what no rule translates is lost there.
 */
export const CLIENT_IPS = ['10.0.0.2', '10.0.0.3'] as const;
export const ROUTER_IPS = ['10.0.0.1', '10.1.0.1'] as const;
export const SERVER_IPS = ['10.1.0.11', '10.1.0.12', '10.1.0.13'] as const;
export const VIPS = ['10.96.0.1', '10.96.0.2', '10.96.0.3'] as const;
export const VIP_NETWORK = '10.96.0.0/16';

/** Open on server and router; one port more of each protocol is used and closed. */
export const UDP_PORTS = [5000, 5001] as const;
export const TCP_PORTS = [8000, 8001] as const;
export const CLOSED_UDP_PORT = 5002;
export const CLOSED_TCP_PORT = 8002;

/** The port that SNAT rules with a port name. */
export const FIXED_PORT = 39_999;

export const CLIENT_DEV = 'r0';
export const SERVER_DEV = 'r1';

/** Hardware addresses by host number and NIC number, the same in both worlds. */
export function macOf(host: number, nic: number): string {
  return `02:00:00:00:0${host}:0${nic}`;
}

/** ICMP errors must not be rate limited, or outcomes depend on the clock. */
export const SYSCTLS: readonly (readonly [string, string])[] = [
  ['net.ipv4.icmp_ratemask', '0'],
  ['net.ipv4.icmp_ratelimit', '0'],
  ['net.ipv4.icmp_msgs_per_sec', '100000'],
  ['net.ipv4.icmp_msgs_burst', '100000'],
];
