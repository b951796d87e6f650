/**
 * Layers read one by one and all together against one map that was filled in order.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Environment } from './environment.ts';

test('an environment in layers is the map that they fill one after the other', () => {
  const name = fc.constantFrom<string>('PATH', 'HOME', 'A', 'B', 'C');
  const layer = fc.array(fc.tuple(name, fc.string({ maxLength: 2 })), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(layer, { maxLength: 4 }), (layers) => {
      const environment = new Environment(layers.map((entries) => new Map(entries)));
      const plain = new Map<string, string>(layers.flat());
      assert.deepEqual([...environment], [...plain]);
      assert.deepEqual([...environment.keys()], [...plain.keys()]);
      assert.equal(environment.size, plain.size);
      for (const one of ['PATH', 'HOME', 'A', 'B', 'C', 'D']) {
        assert.equal(environment.get(one), plain.get(one));
        assert.equal(environment.has(one), plain.has(one));
      }
    }),
  );
});
