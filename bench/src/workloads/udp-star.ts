/**
 * 64 hosts send UDP datagrams to each other through one switch: what a packet costs.
 */
import { assert } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import { udpOpen } from '@podwire/netstack';
import { payloadOfFill } from '@podwire/wire';
import { Star, type StarHost } from '../star.ts';
import type { Work } from '../measure.ts';

const PORT = 9000;
const PAYLOAD_BYTES = 200;
const INTERVAL_NS = 10_000;
const WARM_UP_NS = 1_000_000_000;

/** Each host sends to the hosts that are so many places further. */
const PARTNERS = [1, 7, 23, 31] as const;

/** Builds the star and resolves all addresses; what it returns sends. */
export function prepareUdpStar(options: {
  readonly hostCount: number;
  readonly datagramsPerHost: number;
}): () => Work {
  const { hostCount, datagramsPerHost } = options;
  const star = new Star(hostCount);
  let received = 0;
  for (const host of star.hosts) {
    host.sim.spawn(
      'sink',
      sink(host, () => received++),
    );
  }
  sendFromAll(star, PARTNERS.length);
  star.world.runFor(WARM_UP_NS);
  const warmPackets = star.packets;
  received = 0;
  return () => {
    sendFromAll(star, datagramsPerHost);
    const events = star.world.runFor(WARM_UP_NS + datagramsPerHost * INTERVAL_NS);
    const sent = hostCount * datagramsPerHost;
    assert(received === sent, `${received} of ${sent} datagrams arrive`);
    return { packets: star.packets - warmPackets, events, items: received };
  };
}

function sendFromAll(star: Star, count: number): void {
  star.hosts.forEach((host, index) => {
    host.sim.spawn('source', source(star, host, index, count));
  });
}

function* source(star: Star, host: StarHost, index: number, count: number): Proc {
  const socket = udpOpen(host.ns, {});
  if (typeof socket === 'string') return;
  const payload = payloadOfFill(PAYLOAD_BYTES);
  for (let number = 0; number < count; number++) {
    const further = PARTNERS[number % PARTNERS.length] ?? 1;
    const to = star.hosts[(index + further) % star.hosts.length];
    if (to !== undefined) socket.sendTo(to.address, PORT, payload);
    yield* sleep(INTERVAL_NS);
  }
  socket.close();
}

function* sink(host: StarHost, onDatagram: () => void): Proc {
  const socket = udpOpen(host.ns, { port: PORT });
  if (typeof socket === 'string') return;
  for (;;) {
    const datagram = yield* socket.recv();
    if (typeof datagram === 'object') onDatagram();
  }
}
