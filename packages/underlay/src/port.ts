/**
 * A host's ports: where the frames of its NICs leave for their links and come in from them.
 *
 * From and to: netstack's dev/nic.ts, by plain callbacks; `cluster` joins the two.
 */
import { assert } from '@podwire/base';
import { type FrameMessage, type Packet } from '@podwire/wire';
import { type UnderlayHost, endPacket } from './host.ts';
import { type LinkConfig, LinkEnd, type LinkPeer } from './link.ts';

/** One NIC's side of a link. */
export class LinkPort {
  readonly number: number;
  readonly end: LinkEnd;
  readonly #deliver: (packet: Packet) => void;

  constructor(
    host: UnderlayHost,
    options: { number: number; link: LinkConfig; peer: LinkPeer },
    deliver: (packet: Packet) => void,
  ) {
    this.number = options.number;
    this.end = new LinkEnd(host, options.link, options.peer);
    this.#deliver = deliver;
  }

  /** What the NIC calls to send after a delay: when the last bit has left. May be passed on without its object. */
  readonly transmit = (packet: Packet, delayNs = 0): number => this.end.transmit(packet, delayNs);

  receive(packet: Packet): void {
    if (this.end.arrive(packet)) this.#deliver(packet);
  }
}

/** All ports of one host, by number. */
export class HostPorts {
  readonly #host: UnderlayHost;
  readonly #ports = new Map<number, LinkPort>();

  constructor(host: UnderlayHost) {
    this.#host = host;
  }

  /** `deliver` takes what arrives: the NIC's `receive`. */
  add(
    options: { number: number; link: LinkConfig; peer: LinkPeer },
    deliver: (packet: Packet) => void,
  ): LinkPort {
    assert(!this.#ports.has(options.number), `port ${options.number} exists once`);
    const port = new LinkPort(this.#host, options, deliver);
    this.#ports.set(options.number, port);
    return port;
  }

  get(number: number): LinkPort | undefined {
    return this.#ports.get(number);
  }

  /** The end of the link with this name. */
  findLink(name: string): LinkEnd | undefined {
    for (const { end } of this.#ports.values()) if (end.config.name === name) return end;
    return undefined;
  }

  [Symbol.iterator](): Iterator<LinkPort> {
    return this.#ports.values();
  }

  /** The actor got a frame. */
  receive(message: FrameMessage): void {
    this.#host.ledger.underWay--;
    const { packet } = message;
    const port = this.#ports.get(message.port);
    if (port !== undefined && packet.gsoSpanNs > 0) this.#await(port, packet);
    else if (port !== undefined) port.receive(packet);
    else {
      const where = this.#host.sim.name;
      endPacket(this.#host, packet, { where, stage: 'nic', end: 'SWITCH_NO_PORT' });
    }
  }

  /** The stack gets a train when its last frame is there. */
  #await(port: LinkPort, packet: Packet): void {
    const { sim, ledger } = this.#host;
    ledger.underWay++;
    sim.schedule(packet.gsoSpanNs, () => {
      ledger.underWay--;
      packet.gsoSpanNs = 0;
      port.receive(packet);
    });
  }
}
