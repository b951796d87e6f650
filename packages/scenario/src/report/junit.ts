/**
 * Runs as JUnit XML: a test suite per scenario, a test case per step; times are virtual seconds.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { ScenarioResult } from '../result.ts';
import type { StepOutcome } from '../runner.ts';
import type { Step } from '../scenario.ts';

export function junitReport(results: readonly ScenarioResult[]): string {
  const total = (count: (result: ScenarioResult) => number): number =>
    results.reduce((sum, result) => sum + count(result), 0);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="podwire" tests="${total((r) => r.scenario.steps.length)}" failures="${total(failures)}" skipped="${total(skipped)}" time="${seconds(total((r) => r.virtualNs))}">`,
    ...results.flatMap(suite),
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function suite(result: ScenarioResult): string[] {
  const { scenario } = result;
  const head = `  <testsuite name="${escape(scenario.name)}" file="${escape(scenario.file)}" tests="${scenario.steps.length}" failures="${failures(result)}" skipped="${skipped(result)}" time="${seconds(result.virtualNs)}">`;
  const lines = [
    head,
    '    <properties>',
    `      <property name="seed" value="${escape(result.seed)}"/>`,
    `      <property name="workers" value="${result.workers}"/>`,
    `      <property name="digest" value="${result.digest}"/>`,
    '    </properties>',
    ...scenario.steps.flatMap((step, index) => testCase(result, step, result.outcomes[index])),
  ];
  if (result.problem !== undefined)
    lines.push(`    <system-err>${escape(result.problem)}</system-err>`);
  lines.push('  </testsuite>');
  return lines;
}

function testCase(
  result: ScenarioResult,
  written: Step,
  outcome: StepOutcome | undefined,
): string[] {
  const step = outcome?.step ?? written;
  const timeNs = outcome === undefined ? 0 : outcome.endedNs - outcome.startedNs;
  const head = `    <testcase name="${escape(step.name)}" classname="${escape(result.scenario.name)}" file="${escape(step.pos.file)}" line="${step.pos.line}" time="${seconds(timeNs)}"`;
  if (outcome === undefined) {
    return [
      `${head}>`,
      `      <skipped message="${escape(result.problem ?? 'not reached')}"/>`,
      '    </testcase>',
    ];
  }
  const last = outcome.results.at(-1);
  const output = last === undefined ? '' : last.stdout + last.stderr;
  if (outcome.passed && output === '') return [`${head}/>`];
  const lines = [`${head}>`];
  if (!outcome.passed) {
    const command = step.kind === 'run' ? `$ ${step.command}\n` : '';
    const text = `${command}${outcome.problems.join('\n')}`;
    lines.push(
      `      <failure message="${escape(outcome.problems[0] ?? 'failed')}">${escape(text)}</failure>`,
    );
  }
  if (output !== '') lines.push(`      <system-out>${escape(output)}</system-out>`);
  lines.push('    </testcase>');
  return lines;
}

/** Steps that failed; a run that never came to its first step fails as a whole in its first. */
function failures(result: ScenarioResult): number {
  return result.outcomes.filter((outcome) => !outcome.passed).length;
}

function skipped(result: ScenarioResult): number {
  return result.scenario.steps.length - result.outcomes.length;
}

function seconds(ns: number): string {
  return (ns / NS_PER_SEC).toFixed(6);
}

/** XML text; what XML 1.0 cannot hold becomes U+FFFD. */
function escape(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
