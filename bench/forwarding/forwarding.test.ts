/**
 * The comparison of data planes: what it reads out of traces, what a small run says, how it prints.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Step, walkId } from '@podwire/trace';
import { type ForwardingResult, runForwarding, waysByTrace } from './forwarding.ts';
import { PLANES } from './planes.ts';
import { formatCsv, formatTable } from './report.ts';

function step(traceId: number, atNs: number, rest: Partial<Step>): Step {
  const packet = 'IP 192.0.2.1.40000 > 192.0.2.2.80: Flags [S], seq 1';
  return {
    traceId,
    atNs,
    host: 'node-1',
    where: 'node-1',
    stage: 'hook',
    packet,
    verdict: 'accept',
    ...rest,
  };
}

test('ways begin at the client and end where a packet is delivered', () => {
  const [syn, request, answer] = [walkId(7, 1, 1), walkId(7, 1, 2), walkId(7, 2, 1)];
  const where = 'pod default/client';
  const data = 'IP 192.0.2.1.40000 > 192.0.2.2.80: Flags [P.], seq 2';
  const steps = [
    step(syn, 100, { where, stage: 'local-out' }),
    step(syn, 150, { lookups: 10 }),
    step(syn, 160, { stage: 'end', end: 'OTHERHOST' }),
    step(syn, 170, { lookups: 5 }),
    step(syn, 300, { stage: 'end', end: 'delivered' }),
    step(answer, 310, { where: 'pod default/server-1', stage: 'local-out' }),
    step(answer, 400, { stage: 'end', end: 'delivered' }),
    step(request, 500, { where, packet: data }),
    step(request, 550, { packet: data, lookups: 2 }),
    step(request, 600, { packet: data, stage: 'end', end: 'delivered' }),
  ];
  assert.deepEqual(
    [...waysByTrace(steps)],
    [[7, { first: { latencyNs: 200, lookups: 15 }, established: { latencyNs: 100, lookups: 2 } }]],
  );
  assert.equal(waysByTrace(steps.slice(0, 5)).size, 0, 'no request was seen');
});

test('every plane pays for its Services as its tables say', async () => {
  for (const plane of PLANES) {
    const request = { plane, endpoints: 2, probes: 4, seed: '1' };
    const few = await runForwarding({ ...request, services: 5 });
    const more = await runForwarding({ ...request, services: 40 });
    assert.deepEqual(await runForwarding({ ...request, services: 5 }), few);
    assert(few.firstLookupsP50 > 0 && few.establishedLookupsP50 > 0);
    assert(few.firstNsP50 > few.establishedNsP50);
    // Parts of a nanosecond are cut off at each walk.
    assert(Math.abs(more.establishedNsP50 - few.establishedNsP50) < 100);
    assert.equal(more.tableSize - few.tableSize, 35 * few.addedSize);
    assert(few.addedSize > 0 && few.applyNs > few.syncNs);
  }
});

const RESULT: ForwardingResult = {
  plane: 'iptables',
  services: 1000,
  firstNsP50: 125_900,
  firstNsMax: 128_400,
  firstLookupsP50: 3538,
  firstLookupsMax: 4072,
  establishedNsP50: 106_300,
  establishedLookupsP50: 19,
  podFirstNs: 127_800,
  podFirstLookups: 4000,
  tableSize: 14_062,
  addedSize: 14,
  applyNs: 1_165_900_000,
  syncNs: 80_400_000,
  digest: '0123456789abcdef',
};

test('results print as a table and as comma-separated values', () => {
  assert.deepEqual(formatTable([RESULT]).split('\n'), [
    'plane     services  first µs p50    max  looked at    max  established µs  looked at  pod first µs   table  one more  after ms  sync ms',
    'iptables     1,000         125.9  128.4      3,538  4,072           106.3         19         127.8  14,062       +14    1165.9     80.4',
  ]);
  const [names, values] = formatCsv([RESULT]).split('\n');
  assert.equal(names?.split(',')[2], 'firstNsP50');
  assert.equal(values?.split(',')[2], '125900');
});
