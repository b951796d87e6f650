/**
 * The checked-in validator is that of the schema, and needs no library.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { VALIDATOR_FILE, generateValidator } from './gen-validator.ts';

test('the validator is not stale (node packages/scenario/src/host/gen-validator.ts writes it)', () => {
  const text = readFileSync(VALIDATOR_FILE, 'utf8');
  assert.equal(text, generateValidator());
  assert.ok(!text.includes('require('));
});
