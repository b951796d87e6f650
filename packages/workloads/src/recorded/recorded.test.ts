/**
 * podwire's commands against recordings of the real tools in the same small world.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { differences } from './compare.ts';
import { GAPS } from './gaps.ts';
import { typeLine } from './laboratory.ts';
import { LINES } from './lines.ts';
import type { Recording, RecordingFile } from './world.ts';

const FILE = new URL('../../testdata/recordings.json', import.meta.url);
const recorded = JSON.parse(readFileSync(FILE, 'utf8')) as RecordingFile;

function keyOf(entry: Pick<Recording, 'on' | 'line'>): string {
  return `${entry.on ?? 'client'}: ${entry.line}`;
}

describe('commands against what the real tools printed', () => {
  for (const recording of recorded.recordings) {
    const key = keyOf(recording);
    const gap = GAPS.get(key);
    test(gap === undefined ? key : `${key} (differs: ${gap})`, () => {
      const found = differences(recording, typeLine(recording));
      if (gap === undefined) assert.equal(found, '');
      else assert.notEqual(found, '', 'it agrees now: its line in gaps.ts must go');
    });
  }

  test('every line has a recording, every gap a line', () => {
    const keys = new Set(recorded.recordings.map(keyOf));
    assert.deepEqual(
      LINES.map(keyOf).filter((key) => !keys.has(key)),
      [],
    );
    assert.deepEqual(
      [...GAPS.keys()].filter((key) => !keys.has(key)),
      [],
    );
  });
});
