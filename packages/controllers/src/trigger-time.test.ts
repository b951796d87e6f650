/**
 * The trigger times against a plain twin that reads every time anew.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pod, type Service, formatTime, parseTime } from '@podwire/api';
import fc from 'fast-check';
import { TriggerTimes } from './trigger-time.ts';

/** What was seen last, in whole maps: k8s.io/endpointslice/util TriggerTimeTracker. */
class PlainTriggerTimes {
  #seen: { serviceNs: number | undefined; podsNs: ReadonlyMap<string, number> } | undefined;

  observe(service: Service, pods: readonly Pod[]): number | undefined {
    const before = this.#seen;
    const podsNs = new Map<string, number>();
    let earliest = Infinity;
    for (const { metadata, status } of pods) {
      const condition = status?.conditions?.[0];
      const atNs = parseTime(condition?.lastTransitionTime ?? '');
      if (atNs === undefined) continue;
      podsNs.set(metadata.name, atNs);
      if (atNs > (before?.podsNs.get(metadata.name) ?? -Infinity)) {
        earliest = Math.min(earliest, atNs);
      }
    }
    const serviceNs = parseTime(service.metadata.creationTimestamp ?? '');
    if (serviceNs !== undefined && serviceNs !== before?.serviceNs) {
      earliest = before === undefined ? serviceNs : Math.min(earliest, serviceNs);
    }
    this.#seen = { serviceNs, podsNs };
    return earliest === Infinity ? undefined : earliest;
  }
}

test('the earliest change since the last sync, as whole maps tell it', () => {
  const time = fc.option(fc.nat(5).map((seconds) => formatTime(seconds * 1e9)));
  const pods = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), time), {
    selector: ([name]) => name,
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), pods), { maxLength: 8 }), (rounds) => {
      const [fast, plain] = [new TriggerTimes(), new PlainTriggerTimes()];
      for (const [seconds, members] of rounds) {
        const service = serviceAt(formatTime(seconds * 1e9));
        const list = members.map(([name, at]) => podAt(name, at));
        assert.equal(fast.observe(service, list), plain.observe(service, list));
      }
    }),
  );
});

function serviceAt(creationTimestamp: string): Service {
  return { metadata: { name: 's', creationTimestamp } } as Service;
}

function podAt(name: string, at: string | null): Pod {
  const condition = { type: 'Ready', status: 'True', lastTransitionTime: at };
  return {
    metadata: { name },
    status: { conditions: at === null ? [] : [condition] },
  } as unknown as Pod;
}
