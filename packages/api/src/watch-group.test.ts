/**
 * Groups of watches: each member takes every event once and in order, those at one place the same batch.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StoreEvent } from './store.ts';
import type { ConfigMap } from './types/config.ts';
import { WatchGroup, type Watcher } from './watch-group.ts';

function event(version: number): StoreEvent {
  const object: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', resourceVersion: String(version) },
  };
  return { type: 'MODIFIED', object, before: undefined, version, atNs: 0 };
}

interface Member {
  watcher: Watcher;
  readonly expected: number[];
  readonly taken: number[];
  ready: number;
}

function take(member: Member): void {
  const batch = member.watcher.take();
  assert.equal(batch !== undefined, member.ready > 0, 'ready means that there is something');
  member.ready = 0;
  for (const { object } of batch?.events ?? []) {
    member.taken.push(Number((object as ConfigMap).metadata.resourceVersion));
  }
  if (!member.watcher.isBehind) return;
  member.ready = 1;
  take(member);
}

test('every member takes what happened since it joined, once and in order', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ kind: 'event' as const, member: 0 }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'join' as const, member: 0 }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('take' as const), member: fc.nat(6) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const), member: fc.nat(6) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 700, size: 'max' }), (steps) => {
      // Every third event is not seen through the filter.
      const group = new WatchGroup(({ version, object }) =>
        version % 3 === 0 ? undefined : { type: 'MODIFIED', object },
      );
      const members: Member[] = [];
      let version = 0;
      for (const { kind, member: index } of steps) {
        const member = members[index];
        if (kind === 'event') {
          version++;
          group.event(event(version));
          if (version % 3 !== 0) for (const { expected } of members) expected.push(version);
        } else if (kind === 'join') {
          const past =
            version % 2 === 0 ? [] : [{ type: 'ADDED' as const, object: event(0).object }];
          const fresh: Member = {
            watcher: { take: () => undefined, isBehind: false, stop: () => undefined },
            expected: past.length > 0 ? [0] : [],
            taken: [],
            ready: 0,
          };
          fresh.watcher = group.join(
            past,
            () => {
              fresh.ready++;
              assert.equal(fresh.ready, 1, 'told once until it takes');
            },
            () => undefined,
          );
          members.push(fresh);
        } else if (member !== undefined && kind === 'take') take(member);
        else if (member !== undefined) {
          member.watcher.stop();
          members.splice(index, 1);
        }
      }
      for (const member of members) {
        take(member);
        assert.deepEqual(member.taken, member.expected);
      }
    }),
    { numRuns: 60 },
  );
});

test('members at one place get the same batch, and the last to leave is told of', () => {
  let isLeft = false;
  const group = new WatchGroup(({ object }) => ({ type: 'MODIFIED', object }));
  const onLast = (): void => {
    isLeft = true;
  };
  const nothing = (): void => undefined;
  const [one, two] = [group.join([], nothing, onLast), group.join([], nothing, onLast)];
  group.event(event(1));
  group.event(event(2));
  const batch = one.take();
  assert.equal(batch?.events.length, 2);
  assert.equal(two.take(), batch);
  one.stop();
  assert.equal(isLeft, false);
  two.stop();
  assert.equal(isLeft, true);
  group.event(event(3));
  assert.equal(two.take(), undefined);
});

test('members that fell behind by different lengths come to take the same batches, none of them large', () => {
  const group = new WatchGroup(({ object }) => ({ type: 'MODIFIED', object }));
  const nothing = (): void => undefined;
  const members = [0, 1, 2].map(() => group.join([], nothing, nothing));
  let version = 0;
  for (const [index, member] of members.entries()) {
    for (let count = 0; count < 10 * index; count++) group.event(event(++version));
    member.take();
  }
  for (let count = 0; count < 1000; count++) group.event(event(++version));
  const taken = members.map((member) => {
    const batches = [];
    do batches.push(member.take());
    while (member.isBehind);
    return batches;
  });
  for (const batches of taken) {
    assert.ok(batches.every((batch) => batch !== undefined && batch.events.length <= 128));
    assert.deepEqual(batches.slice(1), taken[0]?.slice(1));
    for (const [index, batch] of batches.entries()) {
      if (index > 0) assert.equal(batch, taken[0]?.[index], 'the very same');
    }
  }
  assert.deepEqual(
    taken.map((batches) => batches.reduce((sum, batch) => sum + (batch?.events.length ?? 0), 0)),
    [1030, 1020, 1000],
  );
});
