/**
 * The workloads do what they say, the same way each time; the yardstick does not change; the command
 * refuses what it does not know.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { eventQueue } from '../workloads/event-queue.ts';
import { exponent } from '../workloads/growth.ts';
import { shortConnections } from '../workloads/short-connections.ts';
import { tcpBulk } from '../workloads/tcp-bulk.ts';
import { udpStar } from '../workloads/udp-star.ts';
import { type Outcome, ParameterValues, type Workload } from '../workloads/workload.ts';
import { median, quantile, spread } from './measure.ts';
import { runReference } from './reference.ts';
import type { WorkloadResult } from './run-workload.ts';

type Given = Readonly<Record<string, number>>;

async function run(workload: Workload, given: Given): Promise<Outcome> {
  return await workload.prepare(ParameterValues.of(workload, given))();
}

/** Runs twice, and expects the same. */
async function runTwice(workload: Workload, given: Given): Promise<Outcome> {
  const outcome = await run(workload, given);
  assert.deepEqual(await run(workload, given), outcome);
  return outcome;
}

test('every datagram arrives', async () => {
  const { work, digest } = await runTwice(udpStar, { hosts: 5, packets: 20 });
  assert.equal(work['packets'], 100);
  const longer = await run(udpStar, { hosts: 5, packets: 21 });
  assert.notEqual(longer.digest, digest);
});

test('every connection ends', async () => {
  const { work } = await runTwice(shortConnections, { hosts: 4, connections: 10 });
  assert.equal(work['connections'], 10);
  // Handshake 3, request, 3 segments of the answer, and the ends.
  assert.ok((work['segments'] ?? 0) >= 10 * 9);
});

test('bulk flows fill the bottleneck', async () => {
  const { work } = await runTwice(tcpBulk, { flows: 2, megabits: 100, milliseconds: 500 });
  const percent = work['goodputPercent'] ?? 0;
  assert.ok(percent > 80 && percent <= 100, `${percent} %`);
});

test('events come out of the queue in order', async () => {
  const { work } = await runTwice(eventQueue, { pending: 50, events: 1000 });
  assert.equal(work['events'], 1000);
});

test('the exponent of growth', () => {
  const sizes = [1000, 3000, 10_000];
  assert.equal(exponent(sizes.map((size) => [size, 7 * size])), 1);
  assert.equal(exponent(sizes.map((size) => [size, size * size])), 2);
});

test('the reference loop computes what it always did', () => {
  assert.equal(runReference(100_000), REFERENCE_100_000);
});

test('median, quantiles, spread', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(quantile([1, 2, 3, 4, 5], 0.25), 2);
  assert.equal(spread([1, 2, 3, 4, 5]), 1 / 3);
});

const MAIN = path.join(import.meta.dirname, '..', '..', 'packages', 'cli', 'src', 'main.ts');

function podwire(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
}

test('podwire bench workload prints one line of JSON', () => {
  const done = podwire(
    'bench',
    'workload',
    'udp-star',
    '--hosts',
    '3',
    '--packets=4',
    '--rounds',
    '1',
    '--warm-ups',
    '0',
  );
  assert.equal(done.stdout.trim().split('\n').length, 1, done.stderr);
  const result = JSON.parse(done.stdout) as WorkloadResult;
  assert.equal(result.workload, 'udp-star');
  assert.equal(result.work['packets'], 12);
  assert.equal(result.parameters['hosts'], 3);
  assert.ok(result.cpuSeconds > 0 && result.wallSeconds > 0 && result.peakRssBytes > 1e6);
});

for (const [args, message] of [
  ['bench', /^Usage:.*Workloads and their parameters/s],
  ['bench workloads', /no bench command workloads\n {2}hint: did you mean workload\?/],
  ['bench workload', /no workload is named\n {2}hint: one of udp-star/],
  ['bench workload udp-sta', /no workload udp-sta\n {2}hint: did you mean udp-star\?/],
  [
    'bench workload udp-star --host 3',
    /no parameter of udp-star --host\n {2}hint: did you mean --hosts/,
  ],
  ['bench workload udp-star --hosts', /--hosts wants a value/],
  ['bench workload udp-star --hosts 1', /--hosts 1 is not a whole number from 2 to 4000/],
  [
    'bench workload service-path --plane foo',
    /PW4102: --plane foo is not one of iptables, ovn\n {2}hint: iptables/,
  ],
  ['bench workload service-path --via nod-port', /hint: did you mean node-port\?/],
  ['bench forwarding --planes ipvs', /PW4102: there is no plane ipvs\n {2}hint: one of iptables/],
  ['bench forwarding --nope', /PW4101: Unknown option '--nope'/],
  ['bench workload growth --pods 10', /--pods wants at least two numbers/],
  ['bench workload sparse-threads --scenario no', /--scenario no is no good scenario/],
  ['bench workload udp-star 3', /3 is not a parameter/],
] as const) {
  test(`podwire ${args} ends with status 2`, () => {
    const done = podwire(...args.split(' '));
    assert.equal(done.status, 2);
    assert.match(done.stderr + done.stdout, message);
  });
}

test('the help names every parameter', () => {
  const done = podwire('bench', 'workload', 'event-queue', '--help');
  assert.equal(done.status, 0);
  for (const word of ['--pending', '--events', '--rounds']) assert.ok(done.stdout.includes(word));
});

const REFERENCE_100_000 = 204832406;
