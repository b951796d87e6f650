/**
 * The MCS labels of projects, as clusters give them out.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mcsLabel } from './project.ts';

test('MCS labels go through the pairs of categories', () => {
  const rows: readonly (readonly [number, string])[] = [
    [0, 's0:c1,c0'],
    [1, 's0:c2,c0'],
    [2, 's0:c2,c1'],
    [5, 's0:c3,c2'],
    [10, 's0:c5,c0'],
    [305, 's0:c25,c5'],
    [330, 's0:c26,c5'],
  ];
  for (const [offset, label] of rows) assert.equal(mcsLabel(offset), label);
});
