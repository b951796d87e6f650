/**
 * The measures: CPU time of this process, the speed of the reference loop, medians and quantiles.
 */
import { runReference } from './reference.ts';

/** What the reference loops computed, so that nothing is optimised away. */
let consumed = 0;

/** CPU time of the whole process: worker threads and the garbage collector's threads count too. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Turns of the reference loop per CPU second, at this moment. */
export function referenceSpeed(turns: number): number {
  const startSec = cpuSeconds();
  consumed = (consumed + runReference(turns)) | 0;
  return turns / (cpuSeconds() - startSec);
}

export function consumedValue(): number {
  return consumed;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Half the interquartile range, as a share of the median. */
export function spread(values: readonly number[]): number {
  return (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median(values);
}

/** With linear interpolation between neighbours. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

export function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
