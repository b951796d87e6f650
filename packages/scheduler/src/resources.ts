/**
 * What a pod asks for and what a node has, in the scheduler's integers.
 *
 * cpu is in thousandths, everything else in whole units (bytes, pieces), rounded up as
 * resource.Quantity's MilliValue and Value do. Copies component-helpers/resource PodRequests.
 */
import type { Container, Pod, ResourceList } from '@podwire/api';
import { parseQuantityMilli } from '@podwire/base';

export const CPU = 'cpu';
export const MEMORY = 'memory';
export const PODS = 'pods';

/** A container without a request counts as this much when nodes are scored (not when they are filtered). */
export const DEFAULT_MILLI_CPU = 100;
export const DEFAULT_MEMORY_BYTES: number = 200 * 1024 * 1024;

/** Amounts by resource name; `cpu` in thousandths. */
export type Amounts = Map<string, number>;

/** The amount of one resource in a list; undefined when it is not there. */
export function amountOf(list: ResourceList | undefined, name: string): number | undefined {
  if (list === undefined || !Object.hasOwn(list, name)) return undefined;
  const milli = parseQuantityMilli(String(list[name]));
  if (milli === undefined) return undefined;
  return name === 'cpu' ? milli : Math.ceil(milli / 1000);
}

export function amountsOf(list: ResourceList | undefined): Amounts {
  const amounts: Amounts = new Map();
  for (const name of Object.keys(list ?? {})) {
    const amount = amountOf(list, name);
    if (amount !== undefined) amounts.set(name, amount);
  }
  return amounts;
}

/**
 * The request of a pod: the larger of what its containers and sidecars need together and what each
 * ordinary init container needs beside the sidecars started before it, plus the overhead.
 */
export function podRequests(pod: Pod, isNonZero = false): Amounts {
  const total: Amounts = new Map();
  for (const container of pod.spec.containers) addTo(total, requestsOf(container, isNonZero));
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of pod.spec.initContainers ?? []) {
    const requests = requestsOf(container, isNonZero);
    if (container.restartPolicy === 'Always') {
      addTo(total, requests);
      addTo(sidecars, requests);
      raiseTo(peak, sidecars);
    } else {
      addTo(requests, sidecars);
      raiseTo(peak, requests);
    }
  }
  raiseTo(total, peak);
  addTo(total, amountsOf(pod.spec.overhead));
  return total;
}

function requestsOf(container: Container, isNonZero: boolean): Amounts {
  const amounts = amountsOf(container.resources?.requests);
  if (isNonZero) {
    if (!amounts.has('cpu')) amounts.set('cpu', DEFAULT_MILLI_CPU);
    if (!amounts.has('memory')) amounts.set('memory', DEFAULT_MEMORY_BYTES);
  }
  return amounts;
}

/** Adds `factor` times the other amounts. */
export function addTo(amounts: Amounts, other: ReadonlyMap<string, number>, factor = 1): void {
  for (const [name, amount] of other) {
    amounts.set(name, (amounts.get(name) ?? 0) + factor * amount);
  }
}

function raiseTo(amounts: Amounts, other: ReadonlyMap<string, number>): void {
  for (const [name, amount] of other) {
    if (amount > (amounts.get(name) ?? 0)) amounts.set(name, amount);
  }
}
