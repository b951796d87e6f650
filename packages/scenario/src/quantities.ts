/**
 * Durations, rates, sizes and shares as scenario files write them.
 *
 * Each gives undefined for a text that is not one; the schema has told the user by then.
 */
import { NS_PER_SEC, parseDurationNs } from '@podwire/base';

/** A number of seconds, or a duration. */
export function secondsOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const ns = typeof value === 'string' ? parseDurationNs(value) : undefined;
  return ns === undefined ? undefined : ns / NS_PER_SEC;
}

const BITS: ReadonlyMap<string, number> = new Map([
  ['bit', 1],
  ['kbit', 1e3],
  ['Mbit', 1e6],
  ['Gbit', 1e9],
  ['Tbit', 1e12],
]);

/** `10Gbit` in bytes per second; 0: unlimited. */
export function parseRate(text: string): number | undefined {
  if (text === 'unlimited') return 0;
  const match = /^(\d+(?:\.\d+)?)(bit|kbit|Mbit|Gbit|Tbit)$/.exec(text);
  if (match === null) return undefined;
  return Math.max(1, Math.round((Number(match[1]) * (BITS.get(match[2] ?? '') ?? 1)) / 8));
}

const BYTES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['B', 1],
  ['kB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
]);

export function parseSize(value: string | number): number | undefined {
  if (typeof value === 'number') return value;
  const match = /^(\d+(?:\.\d+)?)(B|kB|MB|GB|KiB|MiB|GiB)?$/.exec(value);
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * (BYTES.get(match[2] ?? '') ?? 1));
}

/** `0.1%` or `0.001` in parts per million. */
export function parseRatioPpm(value: string | number): number | undefined {
  if (typeof value === 'number') return Math.round(value * 1e6);
  const match = /^(\d+(?:\.\d+)?)%$/.exec(value);
  if (match === null) return undefined;
  const ppm = Math.round(Number(match[1]) * 1e4);
  return ppm <= 1_000_000 ? ppm : undefined;
}

/** `>= 20%`, `<= 60%`, `20%..50%` as least and greatest percentage. */
export function parseShareRange(
  text: string,
): { readonly min: number | undefined; readonly max: number | undefined } | undefined {
  const bound = /^(>=|<=)\s*(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  if (bound !== null) {
    const value = Number(bound[2]);
    return bound[1] === '>=' ? { min: value, max: undefined } : { min: undefined, max: value };
  }
  const range = /^(\d+(?:\.\d+)?)\s*%?\s*\.\.\s*(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  if (range === null || Number(range[1]) > Number(range[2])) return undefined;
  return { min: Number(range[1]), max: Number(range[2]) };
}

/** `20% ± 5%` (or `20% +- 5%`, or `20%`, which allows 5). */
export function parseShare(
  text: string,
): { readonly percent: number; readonly tolerance: number } | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*%(?:\s*(?:±|\+-|\+\/-)\s*(\d+(?:\.\d+)?)\s*%?)?$/.exec(
    text.trim(),
  );
  if (match === null) return undefined;
  return { percent: Number(match[1]), tolerance: match[2] === undefined ? 5 : Number(match[2]) };
}

/** `5` or `3..7`. */
export function parseRange(
  value: string | number,
): { readonly min: number; readonly max: number } | undefined {
  if (typeof value === 'number') return { min: value, max: value };
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(value);
  if (match === null) return undefined;
  const min = Number(match[1]);
  const max = match[2] === undefined ? min : Number(match[2]);
  return min <= max ? { min, max } : undefined;
}
