/**
 * Which of several pods goes first (control-plane A.3), and the hash of templates.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Pod, formatTime } from '@podwire/api';
import { podTemplateHash } from './hash.ts';
import { orderVictims } from './victims.ts';

const NOW_NS = 1_000_000_000_000;

interface Traits {
  readonly node?: string;
  readonly phase?: string;
  readonly ready?: boolean;
  readonly cost?: string;
  readonly readyForSec?: number;
  readonly restarts?: number;
  readonly ageSec?: number;
  readonly uid?: string;
}

function pod(name: string, traits: Traits): Pod {
  const { node = 'n1', phase = 'Running', ready = true, readyForSec = 100, ageSec = 100 } = traits;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: traits.uid ?? name,
      creationTimestamp: formatTime(NOW_NS - ageSec * 1e9),
      ...(traits.cost === undefined
        ? {}
        : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': traits.cost } }),
    },
    spec: { containers: [], ...(node === '' ? {} : { nodeName: node }) },
    status: {
      phase,
      conditions: [
        {
          type: 'Ready',
          status: ready ? 'True' : 'False',
          lastTransitionTime: formatTime(NOW_NS - readyForSec * 1e9),
        },
      ],
      containerStatuses: [
        { name: 'c', ready, restartCount: traits.restarts ?? 0, image: '', imageID: '' },
      ],
    },
  } as Pod;
}

test('the first difference decides, and the first is deleted first', () => {
  const ranks = new Map([
    ['n1', 1],
    ['n2', 3],
  ]);
  const rows: [string, Traits, Traits][] = [
    ['not assigned before assigned', { node: '' }, {}],
    ['Pending before Unknown', { phase: 'Pending' }, { phase: 'Unknown' }],
    ['Unknown before Running', { phase: 'Unknown' }, {}],
    ['not ready before ready', { ready: false }, {}],
    ['lower deletion cost', { cost: '-5' }, {}],
    ['higher cost stays', {}, { cost: '10' }],
    ['the node with more of the family', { node: 'n2' }, { node: 'n1' }],
    ['ready for a shorter power of two', { readyForSec: 10 }, { readyForSec: 1000 }],
    ['equal powers: smaller uid', { readyForSec: 90, uid: 'a' }, { readyForSec: 80, uid: 'b' }],
    ['more restarts', { restarts: 2 }, { restarts: 1 }],
    ['created later by a power of two', { ageSec: 10 }, { ageSec: 1000 }],
    ['not ready beats deletion cost', { ready: false, cost: '100' }, { cost: '-100' }],
  ];
  for (const [name, first, second] of rows) {
    const [a, b] = [pod('a', first), pod('b', second)];
    assert.deepEqual(orderVictims([a, b], ranks, NOW_NS), [a, b], name);
    assert.deepEqual(orderVictims([b, a], ranks, NOW_NS), [a, b], name);
  }
});

test('a template hash is stable and made of the safe digits', () => {
  const template = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [] } };
  const reordered = { spec: { containers: [] }, metadata: { labels: { b: '2', a: '1' } } };
  assert.equal(podTemplateHash(template), podTemplateHash(reordered));
  assert.match(podTemplateHash(template), /^[456789bcdf]{1,10}$/);
  assert.notEqual(podTemplateHash(template), podTemplateHash(template, 1));
});
