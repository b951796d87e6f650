/**
 * The annotation image.openshift.io/triggers, as people write it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTriggers } from './image-trigger.ts';

const FROM = '{"kind":"ImageStreamTag","name":"web:latest"}';
const PATH = 'spec.template.spec.containers[0].image';

test('triggers that can be read', () => {
  const rows: readonly (readonly [text: string | undefined, names: readonly string[]])[] = [
    [undefined, []],
    [`[{"from":${FROM},"fieldPath":"${PATH}"}]`, ['web:latest']],
    [`[{"from":${FROM},"fieldPath":"${PATH}","paused":true}]`, []],
    [`[{"from":${FROM},"fieldPath":"${PATH}","paused":"true"}]`, []],
    ['[{"from":{"kind":"DockerImage","name":"nginx"},"fieldPath":"x"}]', []],
    ['', []],
    ['{}', []],
    ['[null, 3, {"from": null}]', []],
    ['[{"from":{"kind":"ImageStreamTag","name":5}}]', []],
    ['[{"from":{"kind":"ImageStreamTag","name":"a:b","namespace":{}}}]', []],
    [`[{"from":${FROM},"fieldPath":7}]`, []],
  ];
  for (const [text, names] of rows) {
    assert.deepEqual(
      readTriggers(text).map(({ from }) => from.name),
      names,
      text,
    );
  }
});
