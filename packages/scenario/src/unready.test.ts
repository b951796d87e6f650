/**
 * What is said of a cluster that does not become ready.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '@podwire/api';
import { nodeReasons, podReasons } from './unready.ts';

function node(name: string, status?: object): Node {
  return { metadata: { name }, ...(status === undefined ? {} : { status }) } as unknown as Node;
}

function pod(name: string, status: object): Pod {
  return { metadata: { name, namespace: 'default' }, status } as unknown as Pod;
}

test('nodes', () => {
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
  const bad = { conditions: [{ type: 'Ready', status: 'False', message: 'no network' }] };
  assert.deepEqual(nodeReasons(['a', 'b'], [node('a', ready), node('b', ready)]), []);
  assert.deepEqual(nodeReasons(['a', 'b', 'c'], [node('a', bad)]), [
    'nodes b, c have not joined',
    'node a is not Ready: no network',
  ]);
  const many = Array.from({ length: 8 }, (_, index) => `n${index}`);
  assert.deepEqual(nodeReasons(many, []), ['nodes n0, n1, n2, n3, n4 and 3 more have not joined']);
  assert.equal(
    nodeReasons(
      many,
      many.map((name) => node(name)),
    ).at(-1),
    'and 3 more',
  );
});

test('pods', () => {
  const rows: readonly (readonly [status: object, reason: string | undefined])[] = [
    [{ conditions: [{ type: 'Ready', status: 'True' }] }, undefined],
    [
      {
        conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' }],
      },
      '0/1 nodes are available',
    ],
    [
      {
        containerStatuses: [
          { state: { waiting: { reason: 'ErrImagePull', message: 'not found' } } },
        ],
      },
      'not found',
    ],
    [
      { containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }] },
      'ContainerCreating',
    ],
    [
      {
        conditions: [
          { type: 'Ready', status: 'False', message: 'containers with unready status: [c]' },
        ],
      },
      'containers with unready status: [c]',
    ],
    [{ phase: 'Pending' }, 'Pending'],
  ];
  for (const [status, reason] of rows) {
    assert.deepEqual(
      podReasons([pod('p', status)]),
      reason === undefined ? [] : [`pod default/p is not Ready: ${reason}`],
    );
  }
});
