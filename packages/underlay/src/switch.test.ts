/**
 * The switch: learning, ageing, flooding, partitions, and that every packet ends once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC, Rng } from '@podwire/base';
import { type FrameMessage, Packet } from '@podwire/wire';
import { Lab, macOf } from './lab.suite.ts';

test('an unknown destination is flooded to all other ports, a learned one is not', () => {
  const lab = new Lab(4);
  lab.send(0, 2);
  lab.world.runToIdle();
  assert.deepEqual(lab.receivers(), [1, 2, 3]);
  lab.send(2, 0);
  lab.world.runToIdle();
  assert.deepEqual(lab.receivers(), [0]);
  lab.send(0, 2);
  lab.world.runToIdle();
  assert.deepEqual(lab.receivers(), [2]);
  lab.send(0, 'all');
  lab.world.runToIdle();
  assert.deepEqual(lab.receivers(), [1, 2, 3]);
  assert.equal(lab.ledger.born, lab.ledger.ended);
});

test('flooded copies are independent', () => {
  const lab = new Lab(3);
  lab.send(0, 'all');
  lab.world.runToIdle();
  const packets = lab.stations.flatMap((station) => station.got.map((got) => got.packet));
  assert.equal(packets.length, 2);
  assert.notEqual(packets[0], packets[1]);
  assert.deepEqual(packets[0], packets[1]);
});

test('an address unseen for 300 s is forgotten', () => {
  const lab = new Lab(3);
  lab.send(1, 'all');
  lab.world.runToIdle();
  const seenNs =
    lab.switch.macTable.entries(lab.world.nowNs).map(({ ageNs }) => lab.world.nowNs - ageNs)[0] ??
    0;
  lab.receivers();
  const arriveAt = (atNs: number): number[] => {
    lab.world.run(atNs - 50_000);
    lab.send(0, 1);
    lab.world.runToIdle();
    return lab.receivers();
  };
  assert.deepEqual(arriveAt(seenNs + 300 * NS_PER_SEC - 1), [1]);
  assert.deepEqual(arriveAt(seenNs + 300 * NS_PER_SEC), [1, 2]);
});

test('a station that moves is learned anew', () => {
  const lab = new Lab(3);
  lab.send(1, 'all');
  lab.world.runToIdle();
  // Station 2 now speaks with station 1's address, as after a migration.
  const packet = new Packet();
  packet.ethSrc = macOf(1);
  packet.ethDst = macOf(0);
  lab.ledger.born++;
  lab.station(2).port.transmit(packet);
  lab.world.runToIdle();
  lab.receivers();
  lab.send(0, 1);
  lab.world.runToIdle();
  assert.deepEqual(lab.receivers(), [2]);
});

test('what a switch does not forward ends there, with its reason', () => {
  const rows: [string, (lab: Lab) => void, Record<string, number>][] = [
    ['no hairpin', (lab) => sendRaw(lab, macOf(5), macOf(0)), { SWITCH_NO_PORT: 1 }],
    [
      'reserved group address',
      (lab) => sendRaw(lab, macOf(0), 0x0180c2000000),
      { SWITCH_NO_PORT: 1 },
    ],
    [
      'a port that does not exist',
      (lab) => {
        lab.ledger.born++;
        const message: FrameMessage = { kind: 'frame', port: 99, packet: new Packet() };
        lab.station(0).sim.send(0, 1, message);
      },
      { SWITCH_NO_PORT: 1 },
    ],
  ];
  for (const [name, run, expected] of rows) {
    const lab = new Lab(2);
    lab.send(0, 'all');
    lab.world.runToIdle();
    lab.ledger.ends.clear();
    lab.receivers();
    run(lab);
    lab.world.runToIdle();
    assert.deepEqual(Object.fromEntries(lab.ledger.ends), expected, name);
    assert.deepEqual(lab.receivers(), []);
  }
});

function sendRaw(lab: Lab, ethSrc: number, ethDst: number): void {
  const packet = new Packet();
  packet.ethSrc = ethSrc;
  packet.ethDst = ethDst;
  lab.ledger.born++;
  lab.station(0).port.transmit(packet);
}

test('a partition cuts groups from each other, not inside, and heals', () => {
  const lab = new Lab(5);
  const all = (): number[][] =>
    [0, 1, 2, 3, 4].map((from) => {
      lab.send(from, 'all');
      lab.world.runToIdle();
      return lab.receivers();
    });
  const whole = all();
  lab.switch.apply({
    kind: 'partition',
    name: 'p',
    groups: [['host-0', 'host-1'], ['host-2', 'elsewhere'], ['host-3']],
  });
  assert.deepEqual(all(), [[1, 4], [0, 4], [4], [4], [0, 1, 2, 3]]);
  // The addresses are learned: unicast is cut as well, and says so.
  lab.ledger.ends.clear();
  lab.send(0, 2);
  lab.world.runToIdle();
  assert.deepEqual([...lab.ledger.ends], [['LINK_PARTITION', 1]]);
  lab.send(0, 1);
  lab.world.runToIdle();
  assert.deepEqual(lab.receivers(), [1]);
  lab.switch.apply({ kind: 'heal', name: 'p' });
  assert.deepEqual(all(), whole);
});

test('a port that goes down is not flooded to, and its addresses are forgotten', () => {
  const lab = new Lab(3);
  lab.send(1, 'all');
  lab.world.runToIdle();
  lab.receivers();
  assert.equal(
    lab.switch.apply({ kind: 'link', link: 'host-1', change: { isUp: false } }),
    undefined,
  );
  lab.send(0, 1);
  lab.world.runToIdle();
  assert.deepEqual(lab.receivers(), [2]);
  assert.deepEqual(
    lab.switch.macTable.entries(lab.world.nowNs).map(({ port }) => port),
    [0],
  );
});

test('a traced packet tells of link and switch', () => {
  const lab = new Lab(2);
  lab.send(1, 'all');
  lab.world.runToIdle();
  assert.equal(lab.recorder.steps.length, 0);
  lab.send(0, 1, { traceId: 7 });
  lab.world.runToIdle();
  assert.deepEqual(
    lab.recorder.steps.map(({ host, where, stage, key, verdict }) => ({
      host,
      where,
      stage,
      key,
      verdict,
    })),
    [
      { host: 'host-0', where: 'host-0', stage: 'link', key: 'switch', verdict: 'send' },
      {
        host: 'switch',
        where: 'switch',
        stage: 'switch',
        key: '02:00:00:00:00:02',
        verdict: 'forward to host-1',
      },
      { host: 'switch', where: 'host-1', stage: 'link', key: 'host-1', verdict: 'send' },
    ],
  );
});

test('whatever happens, every packet ends once', () => {
  for (let seed = 0; seed < 20; seed++) {
    const dice = new Rng(`balance/${seed}`);
    const lab = new Lab(
      5,
      {
        lossPpm: 50_000,
        rateBytesPerSec: 1_000_000,
        queueBytes: 4000,
        mtuBytes: 1000,
        jitterNs: 90_000,
      },
      { seed: `${seed}` },
    );
    for (let step = 0; step < 400; step++) {
      const from = dice.below(5);
      lab.send(from, dice.ppm(100_000) ? 'all' : dice.below(5), { size: 60 + dice.below(1100) });
      if (dice.ppm(20_000)) {
        const change = { isUp: dice.ppm(500_000) };
        const fault = { kind: 'link', link: `host-${dice.below(5)}`, change } as const;
        lab.switch.apply(fault);
        lab.station(dice.below(5)).port.end.change(change);
      }
      if (dice.ppm(20_000))
        lab.switch.apply({ kind: 'partition', name: 'p', groups: [['host-0'], ['host-1']] });
      lab.world.runFor(dice.below(200_000));
    }
    lab.world.runToIdle();
    assert.equal(lab.ledger.born, lab.ledger.ended, `seed ${seed}`);
    assert.ok(lab.ledger.ends.size >= 5, [...lab.ledger.ends.keys()].join(' '));
  }
});
