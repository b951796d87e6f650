/**
 * Placeholders: what they stand for, and which are not known.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { FACTS } from './facts.suite.ts';
import { fillIn, fillInNodes, hasPlaceholder, unknownPlaceholder } from './placeholders.ts';

const ROWS: readonly (readonly [text: string, filled: string])[] = [
  ['http://{podIP:w1}:80/', 'http://10.244.0.5:80/'],
  ['{podIP:default/w1}', '10.244.0.5'],
  ['${podIP:phpweb/hello-1}', '10.244.1.7'],
  ['{podIP:hello-1}', '10.244.1.7'],
  ['{podIP:web}', '10.244.1.6'],
  ['${dashed:phpweb/hello-1}.phpweb.pod', '10-244-1-7.phpweb.pod'],
  ['{hostIP:w1}', '192.168.10.11'],
  ['{clusterIP:default/web}', '10.96.7.7'],
  ['{oldClusterIP:web} {oldClusterIP}', '10.96.1.1 10.96.1.1'],
  ['{nodePort:web} {nodePort:default/web:http}', '30080 30080'],
  ['{bridgeIP:node-2} {vxlanIP:node-2}', '10.244.1.1 10.244.1.0'],
  [
    '{nodeGateway:node-2} {managementIP:node-2} {joinIP:node-2}',
    '10.244.1.1 10.244.1.2 100.64.0.3',
  ],
  [
    '{nodeIP:node-1} {nodeCIDR:node-1} {nodeCIDR:node-1:200}',
    '192.168.10.11 10.244.0.0/24 10.244.0.200',
  ],
  ['{saved:old} {dnsIP}', '10.244.0.2 10.96.0.10'],
  ["-w '%{http_code}'", "-w '%{http_code}'"],
  ['{.status.podIP} {range .items[*]}{end}', '{.status.podIP} {range .items[*]}{end}'],
];

for (const [text, filled] of ROWS) {
  test(`placeholder: ${text}`, () => {
    assert.deepEqual(fillIn(text, FACTS), { text: filled });
  });
}

test('an unused cluster address is in the service network and nobody’s', () => {
  const filled = fillIn('{unusedClusterIP}', FACTS);
  assert.ok('text' in filled);
  assert.match(filled.text, /^10\.1(0[4-9]|1[01])\./);
});

test('a placeholder without a value is named', () => {
  assert.deepEqual(fillIn('{podIP:nobody}', FACTS), { error: '{podIP:nobody} has no value' });
  assert.deepEqual(fillIn('{saved:new}', FACTS), { error: '{saved:new} has no value' });
});

test('an unknown placeholder is named', () => {
  assert.equal(unknownPlaceholder('http://{transitIP:node-1}/'), '{transitIP:node-1}');
  assert.equal(unknownPlaceholder('http://{podIP:a}/ %{http_code}'), undefined);
  assert.equal(hasPlaceholder('spec: {containers: []}'), false);
  assert.equal(hasPlaceholder('addresses: ["{podIP:a}"]'), true);
});

test('node-N alone is the node’s address, within a name it is not', () => {
  assert.equal(fillInNodes('curl http://node-2:80/', FACTS), 'curl http://192.168.10.12:80/');
  assert.equal(fillInNodes('nc my-node-2 80', FACTS), 'nc my-node-2 80');
  assert.equal(fillInNodes('nc node-2.example.org 80', FACTS), 'nc node-2.example.org 80');
  assert.equal(fillInNodes('nc node-9 80', FACTS), 'nc node-9 80');
});
