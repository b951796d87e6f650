/**
 * Durations in nanoseconds and Kubernetes quantities.
 */

export const NS_PER_US = 1_000;
export const NS_PER_MS = 1_000_000;
export const NS_PER_SEC = 1_000_000_000;

const UNIT_NS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', NS_PER_US],
  ['µs', NS_PER_US],
  ['ms', NS_PER_MS],
  ['s', NS_PER_SEC],
  ['m', 60 * NS_PER_SEC],
  ['h', 3600 * NS_PER_SEC],
]);

/** Parses Go's time.Duration text (`1m30s`, `250ms`, `0`); undefined when it is not that. */
export function parseDurationNs(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const part of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Math.round(Number(part[1]) * (UNIT_NS.get(part[2] ?? '') ?? 0));
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

/** Prints a duration the way Go does: `1m30s`, `1.5ms`, `0s`. */
export function formatDurationNs(ns: number): string {
  if (ns < 0) return `-${formatDurationNs(-ns)}`;
  if (ns === 0) return '0s';
  if (ns < NS_PER_US) return `${ns}ns`;
  if (ns < NS_PER_MS) return `${trim(ns / NS_PER_US)}µs`;
  if (ns < NS_PER_SEC) return `${trim(ns / NS_PER_MS)}ms`;
  const minutes = Math.floor(ns / (60 * NS_PER_SEC));
  const seconds = `${trim((ns - minutes * 60 * NS_PER_SEC) / NS_PER_SEC)}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

function trim(value: number): string {
  return String(Number(value.toFixed(9)));
}

const SUFFIX: ReadonlyMap<string, number> = new Map([
  ['n', 1e-9],
  ['u', 1e-6],
  ['m', 1e-3],
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['P', 1e15],
  ['E', 1e18],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
  ['Pi', 2 ** 50],
  ['Ei', 2 ** 60],
]);

/** Parses a Kubernetes quantity (`500m`, `1Gi`, `2`) into thousandths, rounded up; undefined when malformed. */
export function parseQuantityMilli(text: string): number | undefined {
  const match =
    /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d+))?$/.exec(
      text,
    );
  if (match === null) return undefined;
  const scale = match[3] === undefined ? SUFFIX.get(match[2] ?? '') : 10 ** Number(match[3]);
  if (scale === undefined) return undefined;
  const milli = Number(match[1]) * scale * 1000;
  return Math.ceil(Number(milli.toPrecision(15)));
}
