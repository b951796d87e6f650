/**
 * Lookahead between shards.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lookahead } from './plan.ts';

const actors = [
  { id: 0, name: 'operator', shard: 0 },
  { id: 1, name: 'node-1', shard: 1 },
  { id: 2, name: 'node-2', shard: 2 },
  { id: 3, name: 'switch', shard: 1 },
];

test('lookahead is the least delay over all ways, and home again', () => {
  const lookahead = new Lookahead({
    seed: 's',
    actors,
    shardCount: 3,
    links: [
      { from: 0, to: 1, minDelayNs: 100 },
      { from: 1, to: 3, minDelayNs: 1 },
      { from: 3, to: 2, minDelayNs: 50 },
      { from: 2, to: 3, minDelayNs: 70 },
      { from: 0, to: 2, minDelayNs: 400 },
    ],
  });
  const { shardDelayNs } = lookahead;
  assert.deepEqual([...shardDelayNs], [Infinity, 100, 150, Infinity, 120, 50, Infinity, 70, 120]);
  assert.equal(lookahead.greatestNs, 400);
  assert.equal(lookahead.minDelaysFrom(1).get(3), 1);
  assert.equal(lookahead.minDelaysFrom(3).get(1), undefined);
  assert.equal(lookahead.hasDirect(0, 2), true);
  assert.equal(lookahead.hasDirect(2, 0), false);
});

test('an impossible plan asserts', () => {
  const rows: [string, () => void, RegExp][] = [
    [
      'actor twice',
      () =>
        new Lookahead({
          seed: 's',
          actors: [...actors, { id: 1, name: 'x', shard: 0 }],
          links: [],
          shardCount: 3,
        }),
      /placed once/,
    ],
    [
      'no such shard',
      () => new Lookahead({ seed: 's', actors, links: [], shardCount: 2 }),
      /a shard that exists/,
    ],
    [
      'link without delay',
      () =>
        new Lookahead({
          seed: 's',
          actors,
          links: [{ from: 0, to: 1, minDelayNs: 0 }],
          shardCount: 3,
        }),
      /at least 1 ns/,
    ],
    [
      'link to nobody',
      () =>
        new Lookahead({
          seed: 's',
          actors,
          links: [{ from: 0, to: 9, minDelayNs: 1 }],
          shardCount: 3,
        }),
      /actors that exist/,
    ],
  ];
  for (const [name, run, pattern] of rows) assert.throws(run, pattern, name);
});
