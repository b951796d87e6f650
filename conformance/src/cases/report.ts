/**
 * What the case runner tells: a line per case, the whole story of each disagreement, figures per file.
 */
import type pc from 'picocolors';
import type { CaseResult } from './case-file.ts';

export interface FileReport {
  readonly file: string;
  readonly cases: number;
  readonly probes: number;
  readonly agree: number;
  readonly disagree: number;
  readonly unsupported: number;
  readonly results: readonly CaseResult[];
}

export function fileReport(file: string, results: readonly CaseResult[]): FileReport {
  const count = (outcome: CaseResult['outcome']): number =>
    results.filter((result) => result.outcome === outcome).length;
  return {
    file,
    cases: results.length,
    probes: results.reduce((sum, { probes }) => sum + probes, 0),
    agree: count('agree'),
    disagree: count('disagree'),
    unsupported: count('unsupported'),
    results,
  };
}

export type Colors = ReturnType<typeof pc.createColors>;

/** A result as text, with a line break at its end. */
export function formatResult(result: CaseResult, colors: Colors): string {
  switch (result.outcome) {
    case 'agree':
      return `${colors.green('✓')} ${result.name}\n`;
    case 'unsupported':
      return `${colors.yellow('-')} ${result.name}: unsupported, ${result.reason ?? ''}\n`;
    case 'disagree':
      return formatDisagreement(result, colors);
  }
}

function formatDisagreement(result: CaseResult, colors: Colors): string {
  const under = result.under === undefined ? '' : ` (${result.under})`;
  const lines = [`${colors.red('✗')} ${result.name}${under}`];
  const { expected, actual, walk, reason } = result;
  if (expected === undefined && actual === undefined) lines.push(indent(reason ?? '', 4));
  if (expected !== undefined) lines.push('    expected', indent(expected, 6));
  if (actual !== undefined) lines.push('    came', indent(actual, 6));
  if (walk !== undefined)
    lines.push('    the walk of the first packet that went wrong', indent(walk, 6));
  return `${lines.join('\n')}\n`;
}

function indent(text: string, width: number): string {
  const blanks = ' '.repeat(width);
  return text
    .split('\n')
    .map((line) => `${blanks}${line}`)
    .join('\n');
}

export function formatSummary(report: FileReport, seconds: number, colors: Colors): string {
  const { file, cases, probes, agree, disagree, unsupported } = report;
  const wrong = disagree === 0 ? `${disagree} disagree` : colors.red(`${disagree} disagree`);
  return `${file}: ${cases} cases, ${probes} probes: ${agree} agree, ${wrong}, ${unsupported} unsupported (${seconds.toFixed(1)} s)\n`;
}
