/**
 * The report of a run that ended early says nothing of what it did not come to know.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCALE_PHASES } from './scale-program.ts';
import { type ScaleReport, textScale } from './scale-report.ts';

const NONE = { right: 0, wrong: 0 };

function report(phaseCount: number): ScaleReport {
  return {
    nodes: 2,
    pods: 4,
    services: 1,
    provider: 'bridge',
    proxy: 'iptables',
    seed: '1',
    workers: 0,
    digest: '0123456789abcdef',
    held: false,
    problem: 'it was interrupted',
    wallMs: 1000,
    cpuMs: 900,
    virtualNs: 13_000_000_000,
    peakRssBytes: 150_000_000,
    events: 1234,
    packets: 99,
    phases: SCALE_PHASES.slice(0, phaseCount).map((phase) => ({
      phase,
      virtualNs: 1,
      wallMs: 1,
      cpuMs: 1,
      heapUsedBytes: 1,
    })),
    rates: { nodesPerSec: 2, podsPerSec: 4, eventsPerSec: 1234, scheduledPerVirtualSec: 4 },
    latencies: {
      podReadyP50: 1,
      podReadyP99: 1,
      podBoundP50: 1,
      podBoundP99: 1,
      ruleSyncP50: 1,
      ruleSyncP99: 1,
      programmingP50: 1,
      programmingP99: 1,
      probeP50: 1,
      probeP99: 1,
    },
    watches: { events: 0, writes: 0, bytes: 0 },
    objects: {},
    memory: {
      bytesPerNode: 1000,
      bytesPerPod: 2000,
      bytesPerService: 3000,
      rulesBytes: 0,
      objectsBytes: 0,
      conntrackEntries: 0,
      conntrackBytes: 0,
    },
    probes: { service: { right: 1, wrong: 0 }, pod: NONE, nodePort: NONE, problems: [] },
  };
}

function names(phaseCount: number): string[] {
  const lines = textScale(report(phaseCount), undefined).trimEnd().split('\n').slice(0, -1);
  return lines.map((line) => line.slice(2, 19).trimEnd());
}

test('rows come with the phase that their figures are from', () => {
  assert.deepEqual(names(0), ['memory', 'events']);
  assert.deepEqual(names(1), ['memory', 'events']);
  assert.deepEqual(names(2), ['brought up', 'memory', 'events']);
  assert(names(4).includes('watches') && !names(4).includes('probes'));
  assert.equal(names(5).length, names(4).length + 2);
});

test('nothing is said of probes that were not asked for', () => {
  const unasked = report(5);
  const text = textScale({ ...unasked, probes: { ...unasked.probes, service: NONE } }, undefined);
  assert.doesNotMatch(text, /probe/);
});

test('memory tells the parts that were reached', () => {
  const memory = (phaseCount: number): string =>
    /memory +(.*)/.exec(textScale(report(phaseCount), undefined))?.[1] ?? '';
  assert.equal(memory(0), 'peak 150 MB');
  assert.equal(memory(2), 'peak 150 MB; heap per node 1.0 kB, per pod 2.0 kB');
  assert.match(memory(4), /per service 3\.0 kB$/);
});
