/**
 * Case files: forms, combinations, and keys that are not known.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { asCase, combinations, readCaseFile } from './case-file.ts';
import { caseProblem } from './case-program.ts';
import { splitManifests } from './manifests.ts';

test('the head says when clients give up', () => {
  const read = (head: string): number | string => {
    const file = readCaseFile(`${head}\ncases: []\n`, 'x.yaml');
    return typeof file === 'string' ? file : file.clientTimeoutSec;
  };
  assert.equal(read('# A. Timeout for clients: 2 s.'), 2);
  assert.equal(read('# A\n# Clients give up after 5 s unless told.'), 5);
  assert.equal(read('# A'), 30);
});

test('what is no case file is refused in words', () => {
  for (const text of ['a: [1\n', 'a: 1\n', '', '- x\n', 'cases: 3\n']) {
    assert.equal(typeof readCaseFile(text, 'x.yaml'), 'string');
  }
});

test('forms are told by what they hold', () => {
  const form = (text: string): string => {
    const file = readCaseFile(text, 'x.yaml');
    return typeof file === 'string' ? file : file.form;
  };
  assert.equal(form('formulas: {}\ncases: []'), 'scheduler');
  assert.equal(form('bases: {}\ncases: []'), 'netpol');
  assert.equal(form('# Cases: the edge\ncases: []'), 'edge');
  assert.equal(form("cases: [{name: a, cluster: {notes: 'edge: nginx'}}]"), 'edge');
  assert.equal(form('cases: [{name: a}]'), 'cases');
});

test('any means every provider and mode that there is', () => {
  const both = combinations({ cni: 'any', proxyMode: 'any' }, {});
  assert.deepEqual(both, [
    { provider: 'bridge', proxy: 'iptables' },
    { provider: 'vxlan', proxy: 'iptables' },
    { provider: 'ovn-kubernetes', proxy: 'iptables' },
  ]);
  assert.deepEqual(combinations({ cni: 'any' }, {}, true), both.slice(0, 2));
  assert.equal(combinations({ cni: 'ovn-kubernetes' }, {}, true).length, 1);
  const one = combinations({ cni: 'vxlan|openshift-sdn', proxyMode: 'iptables|nftables' }, {});
  assert.deepEqual(one, [{ provider: 'vxlan', proxy: 'iptables' }]);
  assert.equal(typeof combinations({ cni: 'openshift-sdn' }, {}), 'string');
  assert.equal(typeof combinations({ proxyMode: 'ipvs' }, {}), 'string');
  assert.equal(typeof combinations({ ipFamilies: ['IPv6'] }, {}), 'string');
  assert.equal(typeof combinations({ cni: 'bridge' }, { provider: 'vxlan' }), 'string');
});

/** Each has one thing that nobody knows, and the reason names it. */
const UNKNOWN: readonly (readonly [entry: object, named: RegExp])[] = [
  [{ colour: 'red' }, /the key colour/],
  [{ cluster: { weather: 'fair' } }, /the key cluster\.weather/],
  [{ steps: [{ do: 'dance' }] }, /the step dance/],
  [{ steps: [{ do: 'wait', seconds: 1, mood: 'good' }] }, /the key mood of the step wait/],
  [{ steps: [{ do: 'apply', expect: { joy: 1 } }] }, /the expectation joy/],
  [{ steps: [{ do: 'stop', process: 'gravity' }] }, /the process "gravity"/],
  [
    { steps: [{ do: 'cut-link', link: 'node-1 active member' }] },
    /the link "node-1 active member"/,
  ],
  [{ probes: [{ from: { pod: 'a' }, request: 'sing', expect: {} }] }, /request "sing"/],
  [{ probes: [{ from: { cloud: 'a' }, request: 'nc a 1', expect: {} }] }, /the key from\.cloud/],
  [
    { probes: [{ from: { pod: 'a' }, request: 'nc a 1', expect: { joy: 1 } }] },
    /the expectation joy/,
  ],
  [
    { probes: [{ from: { pod: 'a' }, request: 'nc {x:y} 1', expect: {} }] },
    /the placeholder \{x:y\}/,
  ],
  [
    { probes: [{ from: { pod: 'a' }, request: 'nc a 1', after: 'noon', expect: {} }] },
    /"after: noon"/,
  ],
];

for (const [entry, named] of UNKNOWN) {
  test(`never ignored: ${named.source}`, () => {
    const made = asCase({ name: 'x', cluster: {}, ...entry });
    const reason = typeof made === 'string' ? made : caseProblem(made, 2);
    assert.match(reason ?? 'nothing', named);
  });
}

test('containers run the case image, and everything else stays as it is written', () => {
  const text =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: agnhost, args: [x]}]}\n---\nkind: Service\nmetadata: {name:   b}\nspec: {ports: [{port: "80"}]}\n';
  const [pod, service] = splitManifests(text);
  assert.match(pod?.text ?? '', /image: podwire\.example\.org\/case:1/);
  assert.match(pod?.text ?? '', /args: \[ ?x ?\]/);
  assert.equal(
    service?.text,
    '\nkind: Service\nmetadata: {name:   b}\nspec: {ports: [{port: "80"}]}\n',
  );
  assert.deepEqual([pod?.kind, pod?.name, pod?.namespace], ['Pod', 'a', 'default']);
});

test('an image that cannot be pulled stays', () => {
  const [pod] = splitManifests('kind: Pod\nspec: {containers: [{name: c, image: "nginx:9.9"}]}\n');
  assert.match(pod?.text ?? '', /nginx:9\.9/);
});

test('a text that YAML 1.1 would take for a truth value is quoted', () => {
  const [namespace] = splitManifests('kind: Namespace\nmetadata:\n  name: y\n');
  assert.match(namespace?.text ?? '', /name: "y"/);
});
