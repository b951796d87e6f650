// The generated protobuf code is what the definition gives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staleFiles } from './gen-proto.ts';

test('the checked-in protobuf code is generated from frame.proto as it stands', () => {
  assert.deepEqual(staleFiles(), [], 'run: npm run gen:proto');
});
