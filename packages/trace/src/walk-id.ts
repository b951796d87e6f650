/**
 * Numbers of walks: what was asked to be traced, and which of its packets.
 *
 * A program is told to trace under a small number; each packet that it, or a host in answer to it, sends is
 * a walk of its own. Both are in one number, which the packet carries from host to host.
 */
const TRACES_MAX = 2 ** 13;
const HOSTS_MAX = 2 ** 16;

/** What a program was told: the number without the packet's part. */
export function traceOf(walkId: number): number {
  return walkId % TRACES_MAX;
}

/** The number of a packet that a host sends as its `serial`th one (from 1) under the given trace or walk. */
export function walkId(trace: number, host: number, serial: number): number {
  return traceOf(trace) + TRACES_MAX * ((host % HOSTS_MAX) + HOSTS_MAX * serial);
}
