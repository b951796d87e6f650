/**
 * Links: latency, jitter, rate, queue, loss, MTU, up and down, taps and counters.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMac } from '@podwire/base';
import { declareLink, withLinkDefaults } from './link.ts';
import { LineQueue } from './queue.ts';
import { Lab } from './lab.suite.ts';

test('a frame takes the latency of each link it crosses', () => {
  const lab = new Lab(2, { latencyNs: 70_000 });
  lab.send(0, 1);
  lab.world.runToIdle();
  assert.equal(lab.station(1).got[0]?.atNs, 140_000);
});

test('a limited line sends one frame after the other', () => {
  // 1538 bytes on the line at 1 byte per ns.
  const lab = new Lab(2, { latencyNs: 1000, rateBytesPerSec: 1_000_000_000 });
  for (let mark = 0; mark < 3; mark++) lab.send(0, 1, { mark, size: 1514 });
  lab.world.runToIdle();
  // Up to the switch: 1538 k + 1000; down: each has waited already, so once more 1538 + 1000.
  assert.deepEqual(
    lab.station(1).got.map(({ atNs, mark }) => [mark, atNs]),
    [0, 1, 2].map((mark) => [mark, 1538 * (mark + 1) + 1000 + 1538 + 1000]),
  );
});

test('rates are exact over many frames', () => {
  // 84 bytes at 0.3 bytes per ns are 280 ns; 85 would be 283.33.
  const queue = new LineQueue({ rateBytesPerSec: 300_000_000, queueBytes: 1e9 });
  let leavesNs = 0;
  for (let count = 0; count < 3000; count++) leavesNs = queue.push(0, 61) ?? assert.fail();
  assert.equal(leavesNs, (3000 * 85 * 10) / 3);
  assert.equal(queue.backlogBytes(0), 3000 * 85);
  assert.equal(queue.backlogBytes(leavesNs), 0);
});

test('short frames are padded on the line', () => {
  const queue = new LineQueue({ rateBytesPerSec: 1_000_000_000, queueBytes: 10_000 });
  assert.equal(queue.push(0, 14), 84);
});

test('a full queue drops the tail, an idle line takes any frame', () => {
  const queue = new LineQueue({ rateBytesPerSec: 1_000_000_000, queueBytes: 2000 });
  const rows: [atNs: number, frame: number, leavesNs: number | undefined][] = [
    [0, 5000, 5024],
    [0, 60, undefined],
    [3023, 60, undefined],
    [3108, 60, 5108],
    [3108, 60, undefined],
    [5108, 60, 5192],
  ];
  for (const [atNs, frame, leavesNs] of rows)
    assert.equal(queue.push(atNs, frame), leavesNs, `${atNs}`);
  const lab = new Lab(2, { rateBytesPerSec: 1_000_000, queueBytes: 3000 });
  for (let count = 0; count < 10; count++) lab.send(0, 1, { size: 976 });
  lab.world.runToIdle();
  assert.equal(lab.station(1).got.length, 3);
  assert.deepEqual(
    [...lab.ledger.ends],
    [
      ['LINK_QUEUE_FULL', 7],
      ['delivered', 3],
    ],
  );
  assert.deepEqual([...lab.station(0).port.end.counters.drops], [['LINK_QUEUE_FULL', 7]]);
});

test('jitter spreads arrivals, never below the latency and never out of order', () => {
  const lab = new Lab(2, { latencyNs: 10_000, jitterNs: 50_000 });
  // So far apart that no frame waits for the one before it.
  const sentNs = Array.from({ length: 2000 }, (_, index) => 200_000 * (1 + index));
  const tight = Array.from({ length: 500 }, (_, index) => 500_000_000 + 100 * index);
  for (const [mark, atNs] of [...sentNs, ...tight].entries()) {
    lab.station(0).sim.schedule(atNs, () => lab.send(0, 1, { mark }));
  }
  lab.world.runToIdle();
  const { got } = lab.station(1);
  assert.deepEqual(
    got.map(({ mark }) => mark),
    [...sentNs, ...tight].map((_, mark) => mark),
  );
  const delays = got.slice(0, 2000).map(({ atNs }, index) => atNs - (sentNs[index] ?? 0));
  assert.ok(Math.min(...delays) >= 20_000);
  assert.ok(Math.max(...delays) <= 120_000);
  const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  // Two links of 10 µs and 25 µs on average.
  assert.ok(Math.abs(mean - 70_000) < 2000, `mean ${mean}`);
});

test('loss is a share of the frames, the same for the same seed', () => {
  const lost = (seed: string, lossPpm: number): number => {
    const lab = new Lab(2, { lossPpm, latencyNs: 1 }, { seed });
    for (let count = 0; count < 20_000; count++) lab.send(0, 1);
    lab.world.runToIdle();
    return lab.station(0).port.end.counters.drops.get('LINK_LOSS') ?? 0;
  };
  assert.equal(lost('a', 0), 0);
  assert.equal(lost('a', 1_000_000), 20_000);
  const once = lost('a', 100_000);
  assert.equal(once, lost('a', 100_000));
  assert.notEqual(once, lost('b', 100_000));
  // 2000 expected, standard deviation 42.
  assert.ok(Math.abs(once - 2000) < 170, `${once} lost`);
});

test('frames above the MTU are dropped', () => {
  const lab = new Lab(2, { mtuBytes: 1500 });
  lab.send(0, 1, { size: 1514 });
  lab.send(0, 1, { size: 1515 });
  lab.world.runToIdle();
  assert.deepEqual(
    [...lab.ledger.ends],
    [
      ['LINK_MTU', 1],
      ['delivered', 1],
    ],
  );
});

test('a link that is down drops at both ends, also what is under way', () => {
  const lab = new Lab(2, { latencyNs: 1000 });
  lab.send(0, 1);
  lab.world.run(500);
  const down = { kind: 'link', link: 'host-0', change: { isUp: false } } as const;
  lab.switch.apply(down);
  lab.station(0).port.end.change(down.change);
  lab.send(0, 1);
  lab.world.runToIdle();
  assert.deepEqual([...lab.ledger.ends], [['LINK_DOWN', 2]]);
  assert.equal(lab.station(0).port.end.isUp, false);
  assert.equal(lab.switch.ports.get(0)?.counters.drops.get('LINK_DOWN'), 1);
});

test('latency may grow while the link runs, but not fall below what was declared', () => {
  const lab = new Lab(2, { latencyNs: 1_000_000 });
  const { end } = lab.station(0).port;
  assert.equal(end.change({ latencyNs: 5_000_000 }), undefined);
  lab.send(0, 1);
  lab.world.runToIdle();
  assert.equal(lab.station(1).got[0]?.atNs, 6_000_000);
  assert.equal(
    end.change({ latencyNs: 999_999 }),
    'latency of link host-0 cannot fall below the 1ms it started with',
  );
  assert.equal(end.config.latencyNs, 5_000_000);
});

test('taps see frames of both directions, counters count them', () => {
  const lab = new Lab(2, { latencyNs: 1000 });
  const seen: string[] = [];
  for (const index of [0, 1]) {
    lab.station(index).port.end.tap = (atNs, direction, packet) => {
      seen.push(`host-${index} ${atNs} ${direction} ${formatMac(packet.ethDst)}`);
    };
  }
  lab.send(0, 1, { size: 100 });
  lab.world.runToIdle();
  assert.deepEqual(seen, ['host-0 0 out 02:00:00:00:00:02', 'host-1 2000 in 02:00:00:00:00:02']);
  const { txPackets, txBytes, rxPackets } = lab.station(0).port.end.counters;
  assert.deepEqual({ txPackets, txBytes, rxPackets }, { txPackets: 1, txBytes: 100, rxPackets: 0 });
  assert.equal(lab.station(1).port.end.counters.rxBytes, 100);
});

test('a link declares its latency in both directions', () => {
  assert.deepEqual(declareLink(withLinkDefaults({ name: 'l', latencyNs: 7 }), 3, 4), [
    { from: 3, to: 4, minDelayNs: 7 },
    { from: 4, to: 3, minDelayNs: 7 },
  ]);
});
