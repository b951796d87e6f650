/**
 * The persistent map against a Map: same contents in every version, and exact differences.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PersistentMap } from './persistent-map.ts';

type Edits = readonly (readonly [string, number | undefined])[];

const key = fc.integer({ min: 0, max: 150 }).map((value) => `key-${value}`);
const value = fc.oneof({ weight: 3, arbitrary: fc.integer() }, fc.constant(undefined));
const edits: fc.Arbitrary<Edits> = fc.array(fc.tuple(key, value), { maxLength: 120 });

function apply(map: ReadonlyMap<string, number>, changes: Edits): Map<string, number> {
  const next = new Map(map);
  for (const [name, number] of changes) {
    if (number === undefined) next.delete(name);
    else next.set(name, number);
  }
  return next;
}

const sorted = (entries: Iterable<[string, number]>): [string, number][] =>
  [...entries].sort(([left], [right]) => (left < right ? -1 : 1));

test('every version stays as it was, and differs from every other in what diff says', () => {
  fc.assert(
    fc.property(fc.array(edits, { minLength: 1, maxLength: 6 }), (batches) => {
      const versions: [PersistentMap<number>, Map<string, number>][] = [
        [new PersistentMap<number>(), new Map()],
      ];
      for (const batch of batches) {
        const [map, plain] = versions.at(-1) ?? assert.fail();
        versions.push([map.with(batch), apply(plain, batch)]);
      }
      for (const [map, plain] of versions) {
        assert.equal(map.size, plain.size);
        assert.deepEqual(sorted(map.entries()), sorted(plain.entries()));
        for (const name of plain.keys()) assert.equal(map.get(name), plain.get(name));
        assert.equal(map.get('elsewhere'), undefined);
        for (const [other, otherPlain] of versions) {
          const found = new Map<string, number>(otherPlain);
          map.diff(other, (name, here, there) => {
            assert.equal(here, plain.get(name));
            assert.equal(there, otherPlain.get(name));
            assert.notEqual(here, there);
            if (here === undefined) found.delete(name);
            else found.set(name, here);
          });
          assert.deepEqual(sorted(found.entries()), sorted(plain.entries()));
        }
      }
    }),
    { numRuns: 150 },
  );
});

test('a change that changes nothing gives the same map', () => {
  const map = new PersistentMap<number>().set('a', 1);
  assert.equal(map.set('a', 1), map);
  assert.equal(map.delete('b'), map);
  assert.equal(map.delete('a').size, 0);
});
