/**
 * W2: bulk TCP flows that share a bottleneck: two switches joined by a slow line, senders on one side and
 * receivers on the other. Says besides the rate how well the line was used, and how evenly.
 */
import { NS_PER_SEC, assert, must } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { tcpConnect, tcpListen } from '@podwire/netstack';
import { payloadOfFill } from '@podwire/wire';
import { Lan, type LanHost } from './lan.ts';
import type { Outcome, ParameterValues, Workload } from './workload.ts';

const PORT = 5001;
/** What a sender hands over at once, and how much it keeps queued: a socket buffer. */
const WRITE_BYTES = 65_536;
const QUEUED_BYTES_MIN = 1_000_000;
/** Bytes of a full segment with timestamps, and of its frame on the line (IEEE 802.3). */
const SEGMENT_BYTES = 1448;
const LINE_BYTES = 1538;
/** A second's share of the bottleneck that may wait at it: 10 ms, a shallow switch buffer. */
const QUEUE_SHARE = 100;

export const tcpBulk: Workload = {
  name: 'tcp-bulk',
  what: 'bulk TCP flows through one bottleneck: rate, goodput and fairness',
  parameters: [
    {
      name: 'flows',
      what: 'flows, each with a sender and a receiver',
      default: 16,
      max: 500,
      smoke: 4,
    },
    { name: 'megabits', what: 'rate of the bottleneck, Mbit/s', default: 1000, max: 10_000 },
    { name: 'milliseconds', what: 'virtual time of sending', default: 2000, smoke: 20 },
    {
      name: 'delay',
      what: 'nanoseconds of the bottleneck, one way',
      default: 1_000_000,
      min: 1000,
    },
  ],
  variants: [{}],
  rounds: 3,
  warmUps: 1,
  prepare,
};

function prepare(values: ParameterValues): () => Outcome {
  const flows = values.number('flows');
  const rateBytesPerSec = values.number('megabits') * 125_000;
  const spanNs = values.number('milliseconds') * 1_000_000;
  const { lan, senders, receivers } = dumbbell(flows, {
    latencyNs: values.number('delay'),
    rateBytesPerSec,
    queueBytes: Math.floor(rateBytesPerSec / QUEUE_SHARE),
  });
  const receivedBytes = new Float64Array(flows);
  receivers.forEach((host, flow) => {
    host.sim.spawn(
      'receiver',
      receive(host, (count) => {
        receivedBytes[flow] = (receivedBytes[flow] ?? 0) + count;
      }),
    );
  });
  return () => {
    senders.forEach((host, flow) => {
      host.sim.spawn('sender', send(host, must(receivers[flow], 'a receiver')));
    });
    const events = lan.world.runFor(spanNs);
    const totalBytes = receivedBytes.reduce((sum, bytes) => sum + bytes, 0);
    const squares = receivedBytes.reduce((sum, bytes) => sum + bytes * bytes, 0);
    const goodput = (totalBytes * NS_PER_SEC) / spanNs;
    return {
      work: {
        segments: Math.floor(totalBytes / SEGMENT_BYTES),
        bytes: totalBytes,
        events,
        // Of what segments of full size could carry at most.
        goodputPercent: rounded((goodput * LINE_BYTES * 100) / (rateBytesPerSec * SEGMENT_BYTES)),
        goodputMbit: rounded((goodput * 8) / 1e6),
        // Jain's index: 100 when all flows got the same, 100 / flows when one got all.
        fairnessPercent: rounded((totalBytes * totalBytes * 100) / (flows * squares)),
      },
      counted: 'segments',
      digest: lan.world.digest,
    };
  };
}

function dumbbell(
  flows: number,
  bottleneck: { latencyNs: number; rateBytesPerSec: number; queueBytes: number },
): { lan: Lan; senders: LanHost[]; receivers: LanHost[] } {
  const lan = new Lan();
  lan.addSwitch();
  lan.addSwitch();
  lan.addTrunk(0, 1, bottleneck);
  const senders = Array.from({ length: flows }, () => lan.addHost(0));
  const receivers = Array.from({ length: flows }, () => lan.addHost(1));
  lan.settle();
  return { lan, senders, receivers };
}

/** Keeps the socket's buffer filled. */
function* send(host: LanHost, to: LanHost): Proc {
  const conn = tcpConnect(host.ns, { ip: to.address, port: PORT });
  assert(typeof conn !== 'string', 'there is a route');
  if ((yield* conn.connected()) !== undefined) return;
  const payload = payloadOfFill(WRITE_BYTES);
  for (;;) {
    while (conn.unsentBytes < QUEUED_BYTES_MIN) {
      if (conn.send(payload) !== undefined) return;
    }
    yield* conn.writable.wait();
  }
}

function* receive(host: LanHost, onBytes: (count: number) => void): Proc {
  const listener = tcpListen(host.ns, { port: PORT });
  assert(typeof listener !== 'string', 'the port is free');
  const conn = yield* listener.accept();
  if (typeof conn === 'string') return;
  for (;;) {
    const data = yield* conn.read();
    if (typeof data === 'string') return;
    onBytes(data.lenBytes);
  }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
