/**
 * W1: hosts on one switch send UDP datagrams to each other at fixed intervals: what a packet costs.
 */
import { assert } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type UdpSocket, udpOpen } from '@podwire/netstack';
import { type Payload, payloadOfFill } from '@podwire/wire';
import { Lan, type LanHost } from './lan.ts';
import type { Outcome, ParameterValues, Workload } from './workload.ts';

const PORT = 9000;
/** After the last datagram: two links and the stacks on both sides. */
const TAIL_NS = 10_000_000;

export const udpStar: Workload = {
  name: 'udp-star',
  what: 'hosts on one switch send UDP datagrams to random others',
  parameters: [
    { name: 'hosts', what: 'hosts on the switch', default: 64, min: 2, max: 4000, smoke: 8 },
    { name: 'packets', what: 'datagrams from each host', default: 1000, smoke: 50 },
    { name: 'bytes', what: 'payload of a datagram', default: 512, max: 1472 },
    { name: 'interval', what: 'nanoseconds between two of a host', default: 100_000, min: 1000 },
  ],
  variants: [{ hosts: 8 }, { hosts: 64 }, { hosts: 512 }],
  rounds: 9,
  warmUps: 1,
  prepare,
};

interface Stream {
  readonly packets: number;
  readonly intervalNs: number;
  readonly payload: Payload;
}

function prepare(values: ParameterValues): () => Outcome {
  const intervalNs = values.number('interval');
  const packets = values.number('packets');
  const stream: Stream = { packets, intervalNs, payload: payloadOfFill(values.number('bytes')) };
  const lan = Lan.star(values.number('hosts'));
  const { hosts } = lan;
  let received = 0;
  const sockets = hosts.map((host) => {
    const socket = udpOpen(host.ns, { port: PORT });
    assert(typeof socket !== 'string', 'the port is free');
    host.sim.spawn(
      'sink',
      sink(socket, () => received++),
    );
    return socket;
  });
  const packetsBefore = lan.packets;
  return () => {
    sockets.forEach((socket, index) => {
      // The hosts are spread evenly over the interval.
      const startNs = Math.floor((index * intervalNs) / hosts.length);
      startSource(socket, { ...stream, hosts, index, startNs });
    });
    const events = lan.world.runFor((packets + 1) * intervalNs + TAIL_NS);
    const sent = hosts.length * packets;
    assert(received === sent, `${received} of ${sent} datagrams arrive`);
    assert(lan.packets - packetsBefore === sent, 'no packets but the datagrams');
    return { work: { packets: received, events }, counted: 'packets', digest: lan.world.digest };
  };
}

/** Sends at fixed times, each time to a host that is drawn among the others. */
function startSource(
  socket: UdpSocket,
  options: Stream & {
    readonly hosts: readonly LanHost[];
    readonly index: number;
    readonly startNs: number;
  },
): void {
  const { packets, intervalNs, payload, hosts, index } = options;
  const { sim } = socket.ns;
  const dice = sim.rng('udp-star');
  let left = packets;
  const sendNext = (): void => {
    const drawn = dice.below(hosts.length - 1);
    const to = hosts[drawn < index ? drawn : drawn + 1];
    if (to !== undefined) socket.sendTo(to.address, PORT, payload);
    left--;
    if (left > 0) sim.schedule(intervalNs, sendNext);
  };
  sim.schedule(options.startNs, sendNext);
}

function* sink(socket: UdpSocket, onDatagram: () => void): Proc {
  for (;;) {
    const datagram = yield* socket.recv();
    if (typeof datagram === 'object') onDatagram();
  }
}
