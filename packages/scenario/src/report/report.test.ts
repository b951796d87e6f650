/**
 * Reports of a run that was never run: their shapes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../memory-reader.suite.ts';
import type { ScenarioResult } from '../result.ts';
import { jsonReport } from './json.ts';
import { junitReport } from './junit.ts';
import { NO_PAINT, textStep, textSummary } from './text.ts';

function result(): ScenarioResult {
  const { scenario } = load(`name: x
steps:
  - {name: "list <all>", run: kubectl get pods, expect: web}
  - {run: kubectl get nodes, repeat: 5}
  - wait: 40s
`);
  assert.ok(scenario);
  const ran = (
    stdout: string,
    exitCode = 0,
  ): ScenarioResult['outcomes'][number]['results'][number] => ({
    exitCode,
    stdout,
    stderr: '',
    startedNs: 0,
    endedNs: 1_500_000,
    http: [],
  });
  const [first, second] = scenario.steps;
  assert.ok(first && second);
  const times = { startedNs: 0, endedNs: 1_500_000 };
  return {
    scenario,
    seed: '1',
    workers: 'node',
    end: 'until',
    problem: 'the time was over',
    outcomes: [
      {
        index: 0,
        step: first,
        passed: false,
        problems: ['output does not contain "web"'],
        results: [ran('NAME\u0001\n')],
        ...times,
      },
      {
        index: 1,
        step: second,
        passed: true,
        problems: [],
        results: [1, 2, 3, 4, 5].map((n) => ran(`${n}\n`)),
        ...times,
      },
    ],
    passed: 1,
    failed: 2,
    digest: '0123456789abcdef',
    events: 10,
    readyNs: 12,
    virtualNs: 2_000_000_000,
    wallMs: 12.345,
    cpuMs: 10,
    peakRssBytes: 1 << 20,
    packets: { born: 3, ended: 3 },
    notices: ['image acme/x is not known'],
    walks: '',
    capture: undefined,
  };
}

test('JSON has what programs need', () => {
  const report = jsonReport(result());
  const {
    scenario,
    seed,
    workers,
    digest,
    passed,
    failed,
    virtualNs,
    wallMs,
    cpuMs,
    peakRssBytes,
  } = report;
  assert.deepEqual(
    { scenario, seed, workers, digest, passed, failed, virtualNs, wallMs, cpuMs, peakRssBytes },
    {
      scenario: 'x',
      seed: '1',
      workers: 'node',
      digest: '0123456789abcdef',
      passed: 1,
      failed: 2,
      virtualNs: 2e9,
      wallMs: 12.3,
      cpuMs: 10,
      peakRssBytes: 1048576,
    },
  );
  assert.deepEqual(
    report.steps.map((step) => step.outcome),
    ['failed', 'passed', 'not-run'],
  );
  assert.equal(report.steps[0]?.command, 'kubectl get pods');
  assert.equal(report.steps[1]?.runs?.length, 5);
  assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
});

test('JUnit is XML with a case per step', () => {
  const xml = junitReport([result()]);
  assert.match(xml, /<testsuite name="x" .* tests="3" failures="1" skipped="1"/);
  assert.match(xml, /<testcase name="list &lt;all&gt;"/);
  assert.match(xml, /<failure message="output does not contain &quot;web&quot;">/);
  assert.match(xml, /<skipped message="the time was over"\/>/);
  assert.ok(!xml.includes('\u0001'));
});

test('text shows command, output and what did not hold', () => {
  const { outcomes } = result();
  const [first, second] = outcomes;
  assert.ok(first && second);
  assert.equal(
    textStep(
      { ...first, results: first.results.map((r) => ({ ...r, stdout: 'NAME\n' })) },
      NO_PAINT,
      false,
    ),
    `  ✗ list <all> (1.5ms)
    $ kubectl get pods
      NAME
    output does not contain "web"
    s/scenario.yaml:3
`,
  );
  assert.equal(
    textStep(second, NO_PAINT, false),
    '  ✓ $ kubectl get nodes (1.5ms)\n      1\n      2\n      3\n      … and 2 more runs\n',
  );
  assert.equal(textStep(second, NO_PAINT, true).split('\n').length, 7);
  assert.match(textSummary(result(), NO_PAINT), /x: 2 of 3 steps failed, 1 of them never reached/);
});
