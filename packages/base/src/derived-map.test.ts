// Maps that are read from elsewhere: every way of reading them tells the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DerivedMap } from './derived-map.ts';

const SQUARES = [
  ['1', 1],
  ['2', 4],
  ['3', 9],
] as const;

class Squares extends DerivedMap<string, number> {
  wholeCount = 0;

  get(key: string): number | undefined {
    const root = Number(key);
    return root >= 1 && root <= 3 ? root * root : undefined;
  }

  protected whole(): ReadonlyMap<string, number> {
    this.wholeCount++;
    return new Map(SQUARES);
  }
}

test('what is looked up is not made whole', () => {
  const map = new Squares();
  assert.deepEqual(
    [map.get('2'), map.get('4'), map.has('3'), map.has('0')],
    [4, undefined, true, false],
  );
  assert.equal(map.wholeCount, 0);
});

test('every way of reading all of it tells the same', () => {
  const map = new Squares();
  const visited: (readonly [string, number])[] = [];
  map.forEach((value, key, self) => {
    assert.equal(self, map);
    visited.push([key, value]);
  });
  assert.deepEqual(visited, SQUARES);
  assert.deepEqual([...map], SQUARES);
  assert.deepEqual([...map.entries()], SQUARES);
  assert.deepEqual([...map.keys()], ['1', '2', '3']);
  assert.deepEqual([...map.values()], [1, 4, 9]);
  assert.equal(map.size, 3);
});
