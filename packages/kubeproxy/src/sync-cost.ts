/**
 * What a sync takes, in virtual time: the figures of iptables-legacy measured on Linux 6.18, iptables
 * 1.8.9, rule sets of kube-proxy's shape with 4 endpoints per Service (docs/fidelity.md).
 *
 * As for packets, the rules are those of legacy tables. Every change, however small, replaces the whole
 * table, so a sync costs by the number of Services and not by what changed: 0.074, 0.15, 0.36 and 0.79 s
 * measured at 1,000, 2,000, 5,000 and 10,000. Loading a table whole took 0.087, 0.20, 0.61 and 1.75 s.
 */
import { NS_PER_MS } from '@podwire/base';

/** 0.08 ms per Service. */
const UPDATE_PER_SERVICE_NS = 80_000;
/** The measured loads less the update: 7 ms + 9 ns per Service squared, within 10 %. */
const LOAD_NS = 7 * NS_PER_MS;
const LOAD_SQUARE_NS = 9;
/** About 20 commands that ensure base chains and jumps before a full sync; a process each. */
const ENSURE_NS = 20 * NS_PER_MS;

/** `serviceCount` counts service ports: the rules that list services. */
export function syncCostNs(serviceCount: number, isFull: boolean): number {
  const updateNs = serviceCount * UPDATE_PER_SERVICE_NS;
  if (!isFull) return updateNs;
  return updateNs + LOAD_NS + serviceCount * serviceCount * LOAD_SQUARE_NS + ENSURE_NS;
}
