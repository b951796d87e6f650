/**
 * Trains of segments on links: the last frame arrives when it would have arrived alone, and only where the frames fare
 * differently does the train fall apart.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EtherType,
  IpProto,
  Packet,
  payloadBytes,
  payloadFromBytes,
  segmentsOf,
} from '@podwire/wire';
import fc from 'fast-check';
import { Lab, macOf } from './lab.suite.ts';
import type { LinkConfig } from './link.ts';

const MSS = 1448;

function tcpTrain(lenBytes: number, seq = 0): Packet {
  const packet = new Packet();
  packet.ethSrc = macOf(0);
  packet.ethDst = macOf(1);
  packet.etherType = EtherType.ipv4;
  packet.proto = IpProto.tcp;
  packet.optTsVal = 1;
  packet.seq = seq;
  packet.payload = payloadFromBytes(
    Uint8Array.from({ length: lenBytes }, (_, index) => index % 253),
  );
  if (lenBytes > MSS) packet.gsoSizeBytes = MSS;
  return packet;
}

/** Sends packets from the first station at once, after the switch has learned the second; who got what when. */
function run(link: Partial<LinkConfig>, packets: readonly Packet[]): { lab: Lab; startNs: number } {
  const lab = new Lab(2, link);
  lab.send(1, 0);
  lab.world.runToIdle();
  const startNs = lab.world.nowNs;
  lab.ledger.born += packets.length;
  for (const packet of packets) lab.station(0).port.transmit(packet);
  lab.world.runToIdle();
  assert.equal(lab.ledger.underWay, 0);
  let ended = 0;
  for (const count of lab.ledger.ends.values()) ended += count;
  assert.equal(ended, lab.ledger.born);
  return { lab, startNs };
}

const lengths = fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 6 });

test('a train ends when the last of its frames sent alone arrives', () => {
  fc.assert(
    fc.property(lengths, fc.constantFrom(0, 125_000_000, 1_250_000_000), (sizes, rate) => {
      const link = { rateBytesPerSec: rate, queueBytes: 1e9, latencyNs: 20_000 };
      const whole = run(
        link,
        sizes.map((size) => tcpTrain(size)),
      );
      const alone = run(
        link,
        sizes.flatMap((size) => segmentsOf(tcpTrain(size))),
      );
      const last = ({ lab, startNs }: ReturnType<typeof run>): number =>
        (lab.station(1).got.at(-1)?.atNs ?? 0) - startNs;
      assert.equal(whole.lab.station(1).got.length, sizes.length);
      // The time of one frame is rounded once per train instead of once per frame.
      assert(
        Math.abs(last(whole) - last(alone)) <= 2 * sizes.length,
        `${last(whole)} ${last(alone)}`,
      );
      const counters = ({ lab }: ReturnType<typeof run>): unknown => {
        const { txPackets, txBytes } = lab.station(0).port.end.counters;
        return { txPackets, txBytes };
      };
      assert.deepEqual(counters(whole), counters(alone));
    }),
  );
});

test('where there is room for some of the frames these go on', () => {
  // 1514 + 24 bytes a frame; the line takes the first two halves of 20 frames and no more.
  const link = { rateBytesPerSec: 1_000_000, queueBytes: 1538 * 10, latencyNs: 1000 };
  const { lab } = run(link, [tcpTrain(100), tcpTrain(20 * MSS)]);
  const got = lab.station(1).got.slice(1);
  const bytes = got.reduce((sum, { packet }) => sum + packet.payload.lenBytes, 0);
  assert.equal(lab.ledger.ends.get('LINK_QUEUE_FULL'), 20 - bytes / MSS);
  assert.equal(bytes / MSS, 9);
});

test('loss takes single frames out of a train', () => {
  const { lab } = run({ lossPpm: 200_000, latencyNs: 1000 }, [tcpTrain(40 * MSS)]);
  const lost = lab.ledger.ends.get('LINK_LOSS') ?? 0;
  assert(lost > 0 && lost < 40);
  assert.equal(lab.station(1).got.length, 40 - lost);
});

test('a link of a smaller MTU drops a train frame by frame', () => {
  const { lab } = run({ mtuBytes: 1400 }, [tcpTrain(3 * MSS)]);
  assert.equal(lab.ledger.ends.get('LINK_MTU'), 3);
});

test('a tap sees the frames of the line and changes nothing', () => {
  const link = { rateBytesPerSec: 125_000_000, latencyNs: 1000 };
  const plain = run(link, [tcpTrain(5 * MSS + 10)]);
  const lab = new Lab(2, link);
  lab.send(1, 0);
  lab.world.runToIdle();
  const startNs = lab.world.nowNs;
  const seen: { atNs: number; seq: number; lenBytes: number }[] = [];
  lab.station(1).port.end.tap = (atNs, _direction, packet): void => {
    seen.push({ atNs, seq: packet.seq, lenBytes: payloadBytes(packet.payload).length });
  };
  lab.ledger.born++;
  lab.station(0).port.transmit(tcpTrain(5 * MSS + 10));
  lab.world.runToIdle();
  assert.deepEqual(
    seen.map(({ seq, lenBytes }) => [seq, lenBytes]),
    [0, 1, 2, 3, 4, 5].map((index) => [index * MSS, index === 5 ? 10 : MSS]),
  );
  const arrivesNs = lab.station(1).got.at(-1)?.atNs ?? 0;
  assert.equal(arrivesNs - startNs, (plain.lab.station(1).got.at(-1)?.atNs ?? 0) - plain.startNs);
});
