/**
 * The underlay in worker threads: frames cross encoded, and nothing changes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RunResult, runWorld } from '@podwire/engine/host';
import { declareLink, withLinkDefaults } from './link.ts';

const HOST_COUNT = 6;

/** Two switches of three hosts each, joined by a slower link; `shardOf` places the actors. */
async function run(
  workerCount: number,
  shardOf: (id: number) => number,
  encodeAlways = false,
): Promise<RunResult> {
  const join = (name: string, a: number, b: number, latencyNs: number) => ({
    config: withLinkDefaults({
      name,
      latencyNs,
      jitterNs: 3000,
      lossPpm: 20_000,
      rateBytesPerSec: 50_000_000,
      queueBytes: 20_000,
    }),
    a,
    b,
  });
  const links = [join('trunk', 1, 2, 20_000)];
  for (let index = 0; index < HOST_COUNT; index++) {
    links.push(join(`host-${index}`, 3 + index, 1 + (index % 2), 5000));
  }
  const names = ['operator', 'switch-1', 'switch-2'];
  for (let index = 0; index < HOST_COUNT; index++) names.push(`host-${index}`);
  return await runWorld({
    moduleUrl: new URL('../testdata/network-world.ts', import.meta.url).href,
    spec: { hostCount: HOST_COUNT, links, packetCount: 60 },
    seed: 'net',
    actors: names.map((name, id) => ({
      id,
      name,
      shard: workerCount === 0 || id === 0 ? 0 : shardOf(id),
    })),
    links: links.flatMap(({ config, a, b }) => declareLink(config, a, b)),
    workerCount,
    encodeAlways,
  });
}

function ledgerOf(result: RunResult): Record<string, number> {
  const sum: Record<string, number> = { born: 0, ended: 0 };
  for (const part of result.collected as { born: number; ends: [string, number][] }[]) {
    sum['born'] = (sum['born'] ?? 0) + part.born;
    for (const [end, count] of part.ends) {
      sum[end] = (sum[end] ?? 0) + count;
      sum['ended'] = (sum['ended'] ?? 0) + count;
    }
  }
  return sum;
}

test('digest and ledger are the same for every number of workers', async () => {
  const inline = await run(0, () => 0);
  const ledger = ledgerOf(inline);
  assert.equal(inline.end, 'idle');
  assert.equal(ledger['born'], ledger['ended']);
  for (const end of ['delivered', 'LINK_LOSS', 'LINK_QUEUE_FULL'])
    assert.ok((ledger[end] ?? 0) > 50, end);
  assert.equal((await run(0, () => 0, true)).digest, inline.digest, 'all frames encoded');
  const placements: [workerCount: number, shardOf: (id: number) => number][] = [
    [1, () => 1],
    [2, (id) => 1 + (id % 2)],
    [4, (id) => 1 + (id % 4)],
    [8, (id) => id],
  ];
  for (const [workerCount, shardOf] of placements) {
    const result = await run(workerCount, shardOf);
    assert.equal(result.digest, inline.digest, `${workerCount} workers`);
    assert.deepEqual(ledgerOf(result), ledger);
    assert.equal(result.events, inline.events);
  }
});
