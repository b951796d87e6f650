/**
 * docs/errors.md lists exactly the registered codes, with their meanings.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DIAGNOSTIC_CODES } from './diagnostic-codes.ts';

test('docs/errors.md lists exactly the registered codes', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| (PW\d{4}) \| ([^|]+) \|/gm)].map(
    ([, code = '', meaning = '']) => [code, meaning.trim()],
  );
  assert.deepEqual(rows, Object.entries(DIAGNOSTIC_CODES));
});
