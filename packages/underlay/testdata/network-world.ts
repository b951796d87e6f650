/**
 * Hosts on two switches joined by a link, flooding and answering each other: a whole underlay, for runs in
 * worker threads. Loaded by URL into every shard.
 */
import { must } from '@podwire/base';
import type { BuildShard, HostSim, Message } from '@podwire/engine';
import { PacketLedger, Recorder } from '@podwire/trace';
import {
  type FrameMessage,
  Packet,
  type WireMessage,
  decodeFrameMessage,
  encodeFrameMessage,
  payloadOfFill,
} from '@podwire/wire';
import { HostPorts, type LinkConfig, Switch } from '../src/index.ts';

export interface NetworkSpec {
  readonly hostCount: number;
  readonly links: readonly { readonly config: LinkConfig; readonly a: number; readonly b: number }[];
  readonly packetCount: number;
}

/** Actors: 0 the operator, 1 and 2 the switches, then the hosts. */
export const build: BuildShard = (spec, context) => {
  const network = spec as NetworkSpec;
  const ledger = new PacketLedger();
  const recorder = new Recorder();
  const nameOf = (id: number): string => must(context.actors[id], 'an actor').name;
  for (const { id, name, shard } of context.actors) {
    if (shard !== context.shard) continue;
    context.kernel.createActor(id, name, (sim) => {
      const host = { sim, ledger, recorder };
      // The port of a link is its number in the list, at both ends.
      const links = [...network.links.entries()].filter(([, { a, b }]) => a === id || b === id);
      if (name.startsWith('switch')) {
        const own = new Switch(host);
        for (const [port, { config, a, b }] of links) {
          const peer = a === id ? b : a;
          own.addPort(port, config, { actor: peer, port, name: nameOf(peer) });
        }
        return own;
      }
      const ports = new HostPorts(host);
      for (const [number, { config, a, b }] of links) {
        const peer = a === id ? b : a;
        const port = ports.add(
          { number, link: config, peer: { actor: peer, port: number, name: nameOf(peer) } },
          (packet) => {
            ledger.end('delivered');
            sim.digest(packet.payload.lenBytes);
            if (packet.ttlHops === 0 || packet.ethDst !== macOf(id)) return;
            ledger.born++;
            port.transmit(frame(sim, packet.ethSrc, packet.ttlHops - 1));
          },
        );
        for (let count = 0; count < network.packetCount; count++) {
          const dst = 3 + sim.rng('dst').below(network.hostCount);
          sim.schedule(sim.rng('at').below(2_000_000), () => {
            ledger.born++;
            port.transmit(frame(sim, macOf(dst), 3));
          });
        }
      }
      return {
        receive: (message: Message): void => {
          ports.receive(message as FrameMessage);
        },
      };
    });
  }
  return {
    codec: {
      encode: (message) => encodeFrameMessage(message as WireMessage),
      decode: decodeFrameMessage,
    },
    collect: () => ({ born: ledger.born, ends: [...ledger.ends] }),
  };
};

function frame(sim: HostSim, ethDst: number, ttlHops: number): Packet {
  const packet = new Packet(sim.id);
  packet.ethSrc = macOf(sim.id);
  packet.ethDst = ethDst;
  packet.etherType = 0x0800;
  packet.proto = 17;
  packet.ttlHops = ttlHops;
  packet.payload = payloadOfFill(sim.rng('size').below(1400));
  return packet;
}

function macOf(id: number): number {
  return 0x020000000000 + id;
}
