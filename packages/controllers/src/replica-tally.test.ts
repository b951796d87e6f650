/**
 * The tally against counting anew.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, ReplicaSet } from '@podwire/api';
import fc from 'fast-check';
import { podIsActive, podIsReady } from './pod-state.ts';
import { ReplicaTally, isSameReplica } from './replica-tally.ts';

const traits = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  owner: fc.constantFrom('s', 't', ''),
  isReady: fc.boolean(),
  phase: fc.constantFrom('Pending', 'Running', 'Failed'),
  isDeleted: fc.boolean(),
  app: fc.constantFrom('x', 'y', undefined),
  isGone: fc.boolean(),
});

test('as pods come, change and go, the groups are what the present pods make', () => {
  fc.assert(
    fc.property(fc.array(traits, { maxLength: 20 }), (steps) => {
      const tally = new ReplicaTally();
      const present = new Map<string, Pod>();
      for (const step of steps) {
        const pod = podOf(step);
        const old = present.get(step.name);
        if (step.isGone) {
          if (old !== undefined) tally.remove(old);
          present.delete(step.name);
          continue;
        }
        if (old === undefined) tally.put(pod);
        else if (!isSameReplica(pod, old)) tally.change(pod, old);
        present.set(step.name, pod);
        for (const uid of ['s', 't']) {
          const groups = tally.of({ metadata: { uid } } as ReplicaSet);
          const texts = groups.flatMap(({ labels, isReady, count }) =>
            Array.from({ length: count }, () => JSON.stringify([labels, isReady])),
          );
          const own = [...present.values()].filter(
            (each) => podIsActive(each) && each.metadata.ownerReferences?.[0]?.uid === uid,
          );
          const expected = own.map((each) =>
            JSON.stringify([each.metadata.labels, podIsReady(each)]),
          );
          assert.deepEqual(texts.sort(), expected.sort());
        }
      }
    }),
  );
});

function podOf({
  name,
  owner,
  isReady,
  phase,
  isDeleted,
  app,
}: typeof traits extends fc.Arbitrary<infer T> ? T : never): Pod {
  const reference = { kind: 'ReplicaSet', uid: owner, name: owner, controller: true };
  const status = { phase, conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] };
  return {
    metadata: {
      name,
      uid: name,
      labels: app === undefined ? undefined : { app },
      ownerReferences: owner === '' ? undefined : [reference],
      deletionTimestamp: isDeleted ? '2026-01-01T00:00:00Z' : undefined,
    },
    status,
  } as unknown as Pod;
}
