/**
 * A watch of one object sees of it what a watch of all sees, and ends without a trace.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '@podwire/base';
import { NameWatches } from './name-watches.ts';
import { keyOf } from './object.ts';
import type { KubeObject } from './types/meta.ts';
import { Store } from './store.ts';

function thing(namespace: string, name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name } } as KubeObject;
}

test('what watches of single objects hear is what a watch of all would have sorted out for them', () => {
  for (let seed = 0; seed < 20; seed++) {
    const dice = new Rng(`names/${seed}`);
    const store = new Store(new Rng('store'));
    const watches = new NameWatches(store);
    const heard: string[] = [];
    const wanted: string[] = [];
    const open = new Map<number, { readonly key: string; readonly stop: () => void }>();
    store.watch('configmaps', (event) => {
      for (const [id, { key }] of open) {
        if (key === keyOf(event.object)) wanted.push(`${id} ${event.type} ${event.version}`);
      }
    });
    for (let step = 0; step < 200; step++) {
      const namespace = `n${dice.below(2)}`;
      const name = `o${dice.below(3)}`;
      const at = dice.below(5);
      if (at === 0) {
        const stop = watches.watch('configmaps', { namespace, name }, (event) => {
          heard.push(`${step} ${event.type} ${event.version}`);
        });
        open.set(step, { key: keyOf(thing(namespace, name)), stop });
      } else if (at === 1) {
        const [first] = open;
        if (first === undefined) continue;
        open.delete(first[0]);
        first[1].stop();
      } else if (at === 2) store.remove('configmaps', namespace, name);
      else store.put('configmaps', thing(namespace, name));
    }
    assert.deepEqual(heard, wanted, `seed ${seed}`);
    assert.ok(heard.length > 10);
  }
});

test('a watch that begins during an event does not hear it', () => {
  const store = new Store(new Rng('store'));
  const watches = new NameWatches(store);
  const place = { namespace: 'n', name: 'o' };
  const heard: string[] = [];
  watches.watch('configmaps', place, () => {
    heard.push('first');
    watches.watch('configmaps', place, () => heard.push('late'));
  });
  store.put('configmaps', thing('n', 'o'));
  assert.deepEqual(heard, ['first']);
});
