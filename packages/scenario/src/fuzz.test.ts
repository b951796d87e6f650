/**
 * Whatever the input: diagnostics or a scenario, never an exception, never a hang.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkManifestFile } from './check-manifests.ts';
import { load, memoryReader } from './memory-reader.suite.ts';

const SCENARIO = `name: x
seed: 3
parameters: {provider: bridge}
cluster:
  provider: \${provider}
  nodes:
    - {name: node-1, address: 192.168.10.21, podCIDR: 10.244.3.0/24, labels: {a: b}}
    - {name: node-2}
  nodeMonitorGracePeriod: 50s
underlay:
  link: {latency: 1ms, rate: 1Gbit, loss: 1%}
  clients: [{name: laptop, address: 192.168.1.20/24}]
images: [{name: img, ports: [80], answers: [{path: /, delay: 1ms}], failures: [{kind: reset, ratio: 1%}]}]
manifests: [m, {inline: "apiVersion: v1"}]
steps:
  - wait: {for: deployment/web, field: status.readyReplicas=3, timeout: 60s}
  - {run: kubectl apply -f m/a.yaml, save: out, retry: 5s, expect: {output: {matches: x}, json: [{path: .a, equals: 1}]}}
  - {run: "curl -s http://web/{{out}}", repeat: 3, expect: {backends: {selector: app=web, each: ">= 20%"}}}
  - fault: {partition: {groups: [[node-1], [node-2]]}}
`;
const MANIFEST = readFileSync(
  new URL('../../../scenarios/quickstart/manifests/web.yaml', import.meta.url),
  'utf8',
);
/** PODWIRE_FUZZ_RUNS=5000 looks longer. */
const RUNS = Number(process.env['PODWIRE_FUZZ_RUNS'] ?? 200);
/** Longer would be a hang: the slowest input takes some milliseconds. */
const TIMEOUT = { timeout: 60_000 };

/** Parts of the text cut out, doubled, or replaced by what often breaks things. */
function mutated(text: string): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      '- ',
      '&a ',
      '*a',
      '<<: ',
      '|\n',
      '"',
      "'",
      '\t',
      '\n',
      '#',
    ),
    fc.constantFrom(
      'null',
      '-1',
      '1e400',
      '0x7f',
      '~',
      '!!binary ',
      '${',
      '{{x}}',
      '\0',
      '999999999999999999999',
    ),
    fc.string({ maxLength: 8 }),
  );
  const edit = fc.record({
    at: fc.nat({ max: text.length }),
    length: fc.nat({ max: 12 }),
    piece,
  });
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    let result = text;
    for (const { at, length, piece: put } of edits) {
      result = result.slice(0, at) + put + result.slice(at + length);
    }
    return result;
  });
}

function judge(text: string, manifest = MANIFEST): void {
  const { scenario, diagnostics } = load(text, { 'm/a.yaml': manifest }, { isCheck: true });
  const hasErrors = diagnostics.some((each) => each.severity === 'error');
  assert.equal(scenario === undefined, hasErrors);
  for (const each of diagnostics)
    assert.ok(each.message.length > 0 && each.line >= 0 && each.col >= 0);
}

test('the example itself is good', () => {
  const { diagnostics } = load(SCENARIO, { 'm/a.yaml': MANIFEST });
  assert.deepEqual(
    diagnostics.map((each) => each.code),
    ['PW2006'],
  );
});

test('random bytes as a scenario', TIMEOUT, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      judge(Buffer.from(bytes).toString('utf8'));
    }),
    { numRuns: RUNS },
  );
});

test('mutated scenarios', TIMEOUT, () => {
  fc.assert(
    fc.property(mutated(SCENARIO), (text) => {
      judge(text);
    }),
    { numRuns: RUNS },
  );
});

test('scenarios with values of any type anywhere', TIMEOUT, () => {
  const keys = fc.constantFrom(
    ...`name cluster nodes steps run wait fault expect underlay link latency images manifests inline
    for output matches json backends partition groups`.split(/\s+/),
  );
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<unknown>(
        null,
        true,
        -1,
        1.5,
        '',
        'x',
        '10.0.0.0/8',
        'kubectl get pods',
        '1s',
      ),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(keys, tie('node'), { maxKeys: 5 }),
    ),
  })).node;
  fc.assert(
    fc.property(fc.dictionary(keys, value, { maxKeys: 8 }), (data) => {
      judge(JSON.stringify(data));
    }),
    { numRuns: RUNS },
  );
});

test('mutated manifests', TIMEOUT, () => {
  fc.assert(
    fc.property(mutated(MANIFEST), (text) => {
      judge('name: x\nmanifests: [m]\nsteps: []\n', text);
      checkManifestFile(memoryReader({ 'a.yaml': text }), 'a.yaml', { strict: true });
    }),
    { numRuns: RUNS },
  );
});
