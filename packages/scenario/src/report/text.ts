/**
 * A run as text for people: a block per step while it runs, a summary at the end.
 *
 * Durations of steps are virtual. Colours are given by the caller; without them the text is the same.
 */
import { NS_PER_MS, NS_PER_SEC, formatDurationNs } from '@podwire/base';
import { isAsShown } from '../markdown/compare.ts';
import { type ScenarioResult, isHeld } from '../result.ts';
import type { StepOutcome } from '../runner.ts';
import type { Scenario } from '../scenario.ts';

export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

const same = (text: string): string => text;
export const NO_PAINT: Paint = { good: same, bad: same, strong: same, faint: same };

const OUTPUT_LINES_SHOWN = 12;
const LINE_CHARS_SHOWN = 200;
const RUNS_SHOWN = 3;

export function textHeading(scenario: Scenario, paint: Paint): string {
  const about =
    scenario.description === '' ? '' : `: ${scenario.description.replaceAll(/\s+/g, ' ')}`;
  return `${paint.strong(scenario.name)}${about}\n`;
}

export function textReady(atNs: number, paint: Paint): string {
  return `  ${paint.faint(`cluster ready after ${shortDuration(atNs)}`)}\n`;
}

/** A step with its command, what it printed and what did not hold. */
export function textStep(outcome: StepOutcome, paint: Paint, isVerbose: boolean): string {
  const { step, passed, problems, results } = outcome;
  const mark = passed ? paint.good('✓') : paint.bad('✗');
  const took = paint.faint(`(${shortDuration(outcome.endedNs - outcome.startedNs)})`);
  const command = step.kind === 'run' ? step.command : undefined;
  const place = step.kind === 'run' && step.fromPod !== undefined ? `(${step.from}) ` : '';
  const title = command === step.name ? `${place}$ ${step.name}` : step.name;
  const lines = [`  ${mark} ${title.replaceAll('\n', ' ')} ${took}`];
  if (command !== undefined && command !== step.name) {
    lines.push(...indent(`${place}$ ${command}`, 4).map(paint.faint));
  }
  const shown = isVerbose ? results : tellingRuns(results, passed);
  const documented = step.kind === 'run' ? step.documented : undefined;
  for (const result of shown) {
    const output = result.stdout + result.stderr;
    lines.push(
      ...(documented === undefined
        ? outputLines(output, isVerbose, paint)
        : besideDocument(output, documented.text, isVerbose, paint)),
    );
  }
  const hidden = results.length - shown.length;
  if (hidden > 0) lines.push(paint.faint(`      … and ${hidden} more runs`));
  for (const problem of problems) lines.push(`    ${paint.bad(problem)}`);
  if (!passed) lines.push(paint.faint(`    ${step.pos.file}:${step.pos.line}`));
  return `${lines.join('\n')}\n`;
}

/** Of a repeated command: its first runs, those that went wrong before the others. */
function tellingRuns(results: StepOutcome['results'], passed: boolean): StepOutcome['results'] {
  const bad = passed ? [] : results.filter((result) => result.exitCode !== 0);
  return [...bad, ...results.filter((result) => !bad.includes(result))].slice(0, RUNS_SHOWN);
}

function outputLines(text: string, isVerbose: boolean, paint: Paint): string[] {
  const trimmed = text.replace(/\n+$/, '');
  if (trimmed === '') return [];
  const lines = trimmed.split('\n');
  if (isVerbose) return lines.map((line) => `      ${line}`);
  const shown = lines.slice(0, OUTPUT_LINES_SHOWN).map((line) => `      ${shorten(line)}`);
  const hidden = lines.length - shown.length;
  if (hidden > 0) shown.push(paint.faint(`      … and ${hidden} more lines (--verbose shows all)`));
  return shown;
}

/** Columns of what was printed and of what the document shows. */
const COLUMN_CHARS = 76;

/** The output, and beside it what the document shows, when that is another. */
function besideDocument(output: string, shown: string, isVerbose: boolean, paint: Paint): string[] {
  if (isAsShown(output, shown)) {
    return [...outputLines(output, isVerbose, paint), paint.faint('      = the document')];
  }
  const left = output.trimEnd().split('\n');
  const right = shown.trimEnd().split('\n');
  const height = Math.max(left.length, right.length);
  const count = isVerbose ? height : Math.min(height, OUTPUT_LINES_SHOWN);
  const width = Math.min(
    COLUMN_CHARS,
    Math.max(6, ...left.slice(0, count).map((line) => line.length)),
  );
  const row = (a: string, b: string): string =>
    `      ${cut(a, width).padEnd(width)} │ ${cut(b, COLUMN_CHARS)}`.trimEnd();
  const lines = [paint.faint(row('output', 'the document'))];
  for (let at = 0; at < count; at++) lines.push(row(left[at] ?? '', right[at] ?? ''));
  if (height > count) {
    lines.push(paint.faint(`      … and ${height - count} more lines (--verbose shows all)`));
  }
  return lines;
}

function cut(line: string, chars: number): string {
  const plain = line.replaceAll('\t', ' ');
  return plain.length > chars ? `${plain.slice(0, chars - 1)}…` : plain;
}

export function textSummary(result: ScenarioResult, paint: Paint): string {
  const { scenario, problem, passed, failed } = result;
  const total = scenario.steps.length;
  const lines: string[] = [];
  for (const notice of result.notices) lines.push(`  ${paint.faint(`note: ${notice}`)}`);
  if (problem !== undefined) lines.push(...indent(paint.bad(problem), 2));
  const skipped = total - result.outcomes.length;
  const counts = isHeld(result)
    ? paint.good(`${passed} of ${total} steps held`)
    : paint.bad(
        `${failed} of ${total} steps failed${skipped > 0 ? `, ${skipped} of them never reached` : ''}`,
      );
  lines.push(
    `${paint.strong(scenario.name)}: ${counts}`,
    paint.faint(
      `  virtual ${shortDuration(result.virtualNs)}  wall ${(result.wallMs / 1000).toFixed(2)} s  ` +
        `events ${result.events}  packets ${result.packets.born}  memory ${Math.round(result.peakRssBytes / 2 ** 20)} MB`,
    ),
    paint.faint(`  seed ${result.seed}  workers ${result.workers}  digest ${result.digest}`),
  );
  return `${lines.join('\n')}\n`;
}

/** To three or four digits: what a person compares. */
export function shortDuration(ns: number): string {
  if (ns >= NS_PER_SEC) return formatDurationNs(Math.round(ns / NS_PER_MS) * NS_PER_MS);
  if (ns >= NS_PER_MS) return formatDurationNs(Math.round(ns / 10_000) * 10_000);
  return formatDurationNs(Math.round(ns / 100) * 100);
}

function indent(text: string, columns: number): string[] {
  return text.split('\n').map((line) => ' '.repeat(columns) + line);
}

function shorten(line: string): string {
  return line.length > LINE_CHARS_SHOWN ? `${line.slice(0, LINE_CHARS_SHOWN)}…` : line;
}
