/**
 * Short texts are encoded by hand: the same bytes as the runtime's encoder gives.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8Decode, utf8Encode } from './text.ts';

test('text of any length and alphabet is encoded as TextEncoder does, and reads back', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme-ascii', maxLength: 130 }),
    fc.string({ unit: 'binary', maxLength: 130 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = utf8Encode(text);
      assert.deepEqual(bytes, new TextEncoder().encode(text));
      assert.equal(utf8Decode(bytes), new TextDecoder().decode(bytes));
    }),
  );
});
