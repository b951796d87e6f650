/**
 * What a pod asks for in all, and amounts in the form in which Kubernetes prints a sum.
 */
import type { Container, Pod } from '@podwire/api';
import { parseQuantityMilli } from '@podwire/base';

type Which = 'requests' | 'limits';

/** In thousandths: containers and sidecars together, or the largest init container, plus overhead. */
export function podAmount(pod: Pod, which: Which, name: string): number {
  let total = 0;
  for (const container of pod.spec.containers) total += amountOf(container, which, name);
  let sidecars = 0;
  let initPeak = 0;
  for (const container of pod.spec.initContainers ?? []) {
    const amount = amountOf(container, which, name);
    if (container.restartPolicy === 'Always') {
      sidecars += amount;
      initPeak = Math.max(initPeak, sidecars);
    } else {
      initPeak = Math.max(initPeak, sidecars + amount);
    }
  }
  const own = Math.max(total + sidecars, initPeak);
  const overhead = parseQuantityMilli(pod.spec.overhead?.[name] ?? '0') ?? 0;
  return own === 0 && which === 'limits' ? 0 : own + overhead;
}

function amountOf(container: Container, which: Which, name: string): number {
  return parseQuantityMilli(container.resources?.[which]?.[name] ?? '0') ?? 0;
}

export function formatCpu(milli: number): string {
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** The largest binary unit without a remainder. */
export function formatMemory(milli: number): string {
  let amount = Math.ceil(milli / 1000);
  let unit = 0;
  while (amount !== 0 && amount % 1024 === 0 && unit < BINARY.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${amount}${BINARY[unit] ?? ''}`;
}
