/**
 * An update of endpoints is judged as a new object would be, though what was stored is not judged again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EndpointAddress, Endpoints } from '../types/endpoints.ts';
import type { Endpoint, EndpointSlice } from '../types/endpointslice.ts';
import {
  validateEndpointSlice,
  validateEndpointSliceUpdate,
  validateEndpoints,
  validateEndpointsUpdate,
} from './other.ts';

const RIGHT = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const WRONG = ['127.0.0.1', '10.0.0', '::1', ''];
const places = fc.array(fc.nat(RIGHT.length + WRONG.length - 1), { maxLength: 6 });
const rightPlaces = fc.array(fc.nat(RIGHT.length - 1), { maxLength: 4 });

test('EndpointSlice', () => {
  const pool = [...RIGHT, ...WRONG].map((ip): Endpoint => ({ addresses: [ip] }));
  const sliceOf = (at: readonly number[], addressType: 'IPv4' | 'IPv6'): EndpointSlice =>
    ({ addressType, endpoints: at.map((place) => pool[place]) }) as unknown as EndpointSlice;
  fc.assert(
    fc.property(rightPlaces, places, (before, after) => {
      const [old, slice] = [sliceOf(before, 'IPv4'), sliceOf(after, 'IPv4')];
      assert.deepEqual(validateEndpointSliceUpdate(slice, old), validateEndpointSlice(slice));
      const other = sliceOf(after, 'IPv6');
      const errors = validateEndpointSlice(other);
      assert.deepEqual(validateEndpointSliceUpdate(other, old).slice(0, errors.length), errors);
    }),
  );
});

test('Endpoints', () => {
  const pool = [...RIGHT, ...WRONG].map((ip): EndpointAddress => ({ ip }));
  const endpointsOf = (ready: readonly number[], notReady: readonly number[]): Endpoints =>
    ({
      subsets: [
        {
          addresses: ready.map((place) => pool[place]),
          notReadyAddresses: notReady.map((place) => pool[place]),
        },
      ],
    }) as unknown as Endpoints;
  fc.assert(
    fc.property(rightPlaces, rightPlaces, places, places, (a, b, c, d) => {
      const [old, now] = [endpointsOf(a, b), endpointsOf(c, d)];
      assert.deepEqual(validateEndpointsUpdate(now, old), validateEndpoints(now));
    }),
  );
});
