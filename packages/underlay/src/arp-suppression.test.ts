/**
 * ARP at a switch with and without suppression: who hears what, and that every packet ends once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC, Rng, ip } from '@podwire/base';
import { ArpOp, EtherType, Packet } from '@podwire/wire';
import { Lab, macOf } from './lab.suite.ts';

const addressOf = (index: number): number => ip('192.0.2.1') + index;
const NOBODY = ip('192.0.2.200');

interface Said {
  readonly op?: number;
  readonly src?: number;
  readonly dst: number;
  readonly mac?: number;
  readonly to?: number;
  readonly traceId?: number;
}

function say(lab: Lab, from: number, said: Said): void {
  const packet = new Packet();
  packet.etherType = EtherType.arp;
  packet.arpOp = said.op ?? ArpOp.request;
  packet.ethSrc = said.mac ?? macOf(from);
  packet.arpSha = packet.ethSrc;
  packet.ethDst = said.to === undefined ? 0xffffffffffff : macOf(said.to);
  packet.src = said.src ?? addressOf(from);
  packet.dst = said.dst;
  packet.traceId = said.traceId ?? 0;
  lab.ledger.born++;
  lab.station(from).port.transmit(packet);
}

/** Who got something, as `station: op address mac`. */
function heard(lab: Lab): string[] {
  lab.world.runToIdle();
  assert.equal(lab.ledger.born, lab.ledger.ended, 'every packet ends once');
  return lab.stations.flatMap(({ got }, index) =>
    got.splice(0).map(({ packet }) => {
      const what = packet.arpOp === ArpOp.reply ? 'is-at' : 'who-has';
      return `${index}: ${what} ${(packet.arpOp === ArpOp.reply ? packet.src : packet.dst) - addressOf(0)} ${packet.arpSha - macOf(0)}`;
    }),
  );
}

/** A switch of four ports; station 1 has answered station 0, so both are known. */
function acquainted(arpSuppression: boolean): Lab {
  const lab = new Lab(4, {}, { arpSuppression });
  say(lab, 0, { dst: addressOf(1) });
  assert.deepEqual(heard(lab), ['1: who-has 1 0', '2: who-has 1 0', '3: who-has 1 0']);
  say(lab, 1, { op: ArpOp.reply, dst: addressOf(0), to: 0 });
  assert.deepEqual(heard(lab), ['0: is-at 1 1']);
  return lab;
}

test('a known address is answered at the port that asks; without the option all hear it', () => {
  for (const [isOn, expected] of [
    [true, ['2: is-at 1 1']],
    [false, ['0: who-has 1 2', '1: who-has 1 2', '3: who-has 1 2']],
  ] as const) {
    const lab = acquainted(isOn);
    say(lab, 2, { dst: addressOf(1) });
    assert.deepEqual(heard(lab), expected);
  }
});

test('what is flooded all the same', () => {
  const rows: [string, Said & { readonly from: number }, string[]][] = [
    ['an unknown address', { from: 0, dst: NOBODY }, ['1', '2', '3']],
    [
      'a changed binding that asks',
      { from: 2, src: addressOf(0), dst: addressOf(1) },
      ['0', '1', '3'],
    ],
    ['a changed announcement', { from: 2, src: addressOf(0), dst: addressOf(0) }, ['0', '1', '3']],
    ['a new announcement', { from: 3, dst: addressOf(3) }, ['0', '1', '2']],
    [
      'who asks for himself by another name',
      { from: 1, src: 0, dst: addressOf(1) },
      ['0', '2', '3'],
    ],
  ];
  for (const [name, { from, ...said }, expected] of rows) {
    const lab = acquainted(true);
    say(lab, from, said);
    assert.deepEqual(
      heard(lab).map((line) => line[0]),
      expected,
      name,
    );
  }
});

test('an announcement of what is known ends at the switch; a unicast probe passes', () => {
  const lab = acquainted(true);
  say(lab, 1, { dst: addressOf(1) });
  say(lab, 1, { op: ArpOp.reply, dst: addressOf(1) });
  assert.deepEqual(heard(lab), []);
  say(lab, 0, { dst: addressOf(1), to: 1 });
  assert.deepEqual(heard(lab), ['1: who-has 1 0']);
});

test('an address probe is answered and teaches nothing', () => {
  const lab = acquainted(true);
  say(lab, 3, { src: 0, dst: addressOf(1) });
  assert.deepEqual(heard(lab), ['3: is-at 1 1']);
});

test('after a move the new owner is named', () => {
  const lab = acquainted(true);
  say(lab, 3, { src: addressOf(1), dst: addressOf(1) });
  heard(lab);
  say(lab, 0, { dst: addressOf(1) });
  assert.deepEqual(heard(lab), ['0: is-at 1 3']);
});

test('one who is unplugged, cut off or long silent is not answered for', () => {
  const change = { isUp: false };
  const rows: [string, (lab: Lab) => void, string[]][] = [
    ['unplugged', (lab) => lab.switch.apply({ kind: 'link', link: 'host-1', change }), ['0', '3']],
    [
      'cut off',
      (lab) => lab.switch.apply({ kind: 'partition', name: 'p', groups: [['host-1'], ['host-2']] }),
      ['0', '3'],
    ],
    ['silent', (lab) => lab.world.run(lab.world.nowNs + 300 * NS_PER_SEC), ['0', '1', '3']],
  ];
  for (const [name, happens, expected] of rows) {
    const lab = acquainted(true);
    happens(lab);
    say(lab, 2, { dst: addressOf(1) });
    assert.deepEqual(
      heard(lab).map((line) => line[0]),
      expected,
      name,
    );
  }
});

test('what is provisioned is answered before it speaks', () => {
  const lab = new Lab(4, {}, { arpSuppression: true });
  lab.switch.provision(1, addressOf(1), macOf(1));
  say(lab, 0, { dst: addressOf(1) });
  assert.deepEqual(heard(lab), ['0: is-at 1 1']);
});

test('a traced request tells that the switch answered', () => {
  const lab = acquainted(true);
  say(lab, 2, { dst: addressOf(1), traceId: 9 });
  heard(lab);
  const [step] = lab.recorder.steps.filter(({ stage }) => stage === 'switch');
  assert.equal(step?.verdict, 'answer 02:00:00:00:00:02');
  assert.equal(step.key, '192.0.2.2');
  assert.equal(step.end, 'delivered');
});

test('whoever asks gets the answer that he would get without the option', () => {
  for (let seed = 0; seed < 30; seed++) {
    const dice = new Rng(`arp/${seed}`);
    const answers = [true, false].map((arpSuppression) => {
      const lab = new Lab(5, {}, { arpSuppression });
      return { lab, told: [] as string[] };
    });
    for (let step = 0; step < 60; step++) {
      const from = dice.below(5);
      const target = dice.below(6);
      if (target === from) continue;
      for (const { lab, told } of answers) {
        say(lab, from, { dst: addressOf(target) });
        lab.world.runToIdle();
        // The owner answers what reaches it, as arp.c does.
        const asked = lab.stations[target]?.got.some(
          ({ packet }) => packet.arpOp === ArpOp.request,
        );
        if (asked === true) say(lab, target, { op: ArpOp.reply, dst: addressOf(from), to: from });
        told.push(
          heard(lab)
            .filter((line) => line.includes('is-at'))
            .join(),
        );
      }
    }
    const [on, off] = answers;
    assert.deepEqual(on?.told, off?.told, `seed ${seed}`);
  }
});
