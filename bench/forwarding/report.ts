/**
 * Results of `podwire bench forwarding` as a table, as CSV and as JSON.
 */
import type { ForwardingResult } from './forwarding.ts';

interface Column {
  readonly head: string;
  readonly of: (result: ForwardingResult) => string;
}

const COLUMNS: readonly Column[] = [
  { head: 'plane', of: ({ plane }) => plane },
  { head: 'services', of: ({ services }) => count(services) },
  { head: 'first µs p50', of: ({ firstNsP50 }) => micros(firstNsP50) },
  { head: 'max', of: ({ firstNsMax }) => micros(firstNsMax) },
  { head: 'looked at', of: ({ firstLookupsP50 }) => count(firstLookupsP50) },
  { head: 'max', of: ({ firstLookupsMax }) => count(firstLookupsMax) },
  { head: 'established µs', of: ({ establishedNsP50 }) => micros(establishedNsP50) },
  { head: 'looked at', of: ({ establishedLookupsP50 }) => count(establishedLookupsP50) },
  { head: 'pod first µs', of: ({ podFirstNs }) => micros(podFirstNs) },
  { head: 'table', of: ({ tableSize }) => count(tableSize) },
  { head: 'one more', of: ({ addedSize }) => `+${count(addedSize)}` },
  { head: 'after ms', of: ({ applyNs }) => (applyNs / 1e6).toFixed(1) },
  { head: 'sync ms', of: ({ syncNs }) => (syncNs / 1e6).toFixed(1) },
];

/** A table for people: columns right-aligned but the first. */
export function formatTable(results: readonly ForwardingResult[]): string {
  const rows = [COLUMNS.map(({ head }) => head), ...results.map(cellsOf)];
  const widths = COLUMNS.map((_, index) =>
    Math.max(...rows.map((row) => (row[index] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, index) =>
          index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One line per result under a line of names; times in nanoseconds. */
export function formatCsv(results: readonly ForwardingResult[]): string {
  const [first] = results;
  if (first === undefined) return '';
  const names = Object.keys(first) as (keyof ForwardingResult)[];
  return [
    names.join(','),
    ...results.map((result) => names.map((name) => result[name]).join(',')),
  ].join('\n');
}

function cellsOf(result: ForwardingResult): string[] {
  return COLUMNS.map(({ of }) => of(result));
}

function micros(ns: number): string {
  return (ns / 1000).toFixed(1);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
