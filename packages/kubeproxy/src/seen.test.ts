/**
 * Versions that proxies share against what each informer shows.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type KubeObject, ObjectViews } from '@podwire/api';
import { DurationHistogram, NetworkProgramming } from './metrics.ts';
import { SeenVersions, isChanged } from './seen.ts';
import { syncCostNs } from './sync-cost.ts';

function object(name: string, version: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name, uid: name, resourceVersion: String(version) },
  };
}

/** One informer: its place in the view, and what the proxy behind it holds. */
interface Follower {
  readonly cursor: { at: number };
  held: number | undefined;
}

const step = fc.oneof(
  fc.record({
    kind: fc.constant('change' as const),
    key: fc.integer({ min: 0, max: 30 }),
    isGone: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('move' as const),
    who: fc.integer({ min: 0, max: 3 }),
    by: fc.integer({ min: 0, max: 40 }),
  }),
  fc.record({ kind: fc.constant('look' as const), who: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant('burst' as const) }),
);

test('what proxies see at a place is what the view shows there', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const listed = [object('k0', 1), object('k1', 2)];
      const { view } = new ObjectViews().join<KubeObject>('things', listed, 2);
      const versions = new SeenVersions<KubeObject>();
      const followers: Follower[] = [0, 1, 2, 3].map(() => ({
        cursor: view.openEnd(),
        held: undefined,
      }));
      const writer = view.openEnd();
      let version = 2;
      const change = (key: number, isGone: boolean): void => {
        version++;
        view.advance(writer, version, `k${key}`, isGone ? undefined : object(`k${key}`, version));
      };
      const look = (one: Follower): void => {
        const seen = versions.hold({ view, at: one.cursor.at }, one.cursor.at);
        if (one.held !== undefined) versions.release({ view, at: one.held });
        one.held = one.cursor.at;
        const keys = view.keys(one.cursor.at);
        assert.deepEqual([...seen.items.keys()].sort(), [...keys].sort());
        for (const key of keys) {
          assert.equal(seen.items.get(key), view.at(one.cursor.at, key));
        }
        const again = versions.hold({ view, at: one.cursor.at }, one.cursor.at);
        assert.equal(again, seen, 'the same version for all');
        versions.release({ view, at: one.cursor.at });
      };
      for (const one of steps) {
        if (one.kind === 'change') change(one.key, one.isGone);
        else if (one.kind === 'burst') {
          // So many that the log is cut behind the slowest.
          for (let count = 0; count < 600; count++) change(count % 31, count % 7 === 0);
        } else {
          const who = followers[one.who] ?? assert.fail();
          if (one.kind === 'look') look(who);
          else who.cursor.at = Math.min(view.end, who.cursor.at + one.by);
        }
      }
      followers.forEach(look);
    }),
    { numRuns: 150 },
  );
});

test('the same objects at another place are no change', () => {
  const versions = new SeenVersions<KubeObject>();
  const one = versions.scan(new Map([['a', object('a', 5)]]), 5, versions.nothing);
  assert.equal(versions.scan(new Map([['a', object('a', 5)]]), 9, one), one);
  const other = versions.scan(new Map([['a', object('a', 6)]]), 9, one);
  assert.ok(isChanged(one, other));
  const same = versions.scan(new Map([['a', object('a', 5)]]), 9, versions.nothing);
  assert.ok(!isChanged(one, same));
});

test('syncs take what was measured, within 15 %', () => {
  const measured: readonly (readonly [number, number, number])[] = [
    // Services, load ms, update ms
    [1000, 87, 74],
    [2000, 200, 150],
    [5000, 610, 360],
    [10_000, 1750, 790],
  ];
  for (const [count, loadMs, updateMs] of measured) {
    const near = (ns: number, ms: number): boolean => Math.abs(ns / 1e6 - ms) <= 0.15 * ms;
    assert.ok(near(syncCostNs(count, false), updateMs), `update of ${count}`);
    assert.ok(near(syncCostNs(count, true) - 20e6, loadMs), `load of ${count}`);
  }
});

test('histogram: quantiles within 5 %, merged as if counted together', () => {
  const all = new DurationHistogram();
  const parts = [new DurationHistogram(), new DurationHistogram()] as const;
  for (let number = 1; number <= 1000; number++) {
    all.add(number * 1000);
    parts[number % 2 === 0 ? 0 : 1].add(number * 1000);
  }
  assert.ok(Math.abs(all.percentileNs(50) - 500_000) < 25_000);
  assert.ok(Math.abs(all.percentileNs(99) - 990_000) < 50_000);
  assert.equal(all.percentileNs(100), 1_000_000);
  parts[0].merge(parts[1].toJSON());
  assert.deepEqual(parts[0].toJSON(), all.toJSON());
});

test('latency counts the changes between two versions, not those before the start', () => {
  const programming = new NetworkProgramming();
  const note = (version: number, second: number): void => {
    programming.note({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `s${version}`,
        resourceVersion: String(version),
        annotations: {
          'endpoints.kubernetes.io/last-change-trigger-time': `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`,
        },
      },
      addressType: 'IPv4',
      endpoints: [],
    });
  };
  for (const [version, second] of [
    [5, 1],
    [9, 3],
    [7, 2],
    [9, 3],
  ] as const) {
    note(version, second);
  }
  const endNs = 10e9;
  programming.record({ from: 0, to: 5, endNs, sinceNs: 2e9 });
  assert.equal(programming.latency.count, 0);
  programming.record({ from: 5, to: 9, endNs, sinceNs: 0 });
  assert.equal(programming.latency.count, 2);
  assert.equal(programming.latency.sumNs, 15e9);
});
