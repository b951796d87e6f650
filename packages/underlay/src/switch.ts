/**
 * A learning virtual switch (IEEE 802.1D without spanning tree), as an actor of its own.
 *
 * From: a link's end at one of its ports. To: the link's end at the port behind which the destination was
 * last seen, or at all other ports. It takes no time; its links do.
 *
 * Not modelled: spanning tree (the underlay's switches form no loops), VLAN filtering (tags pass).
 */
import { assert, formatMac, isMacMulticast } from '@podwire/base';
import type { Actor, ActorId, Message } from '@podwire/engine';
import type { DropReason } from '@podwire/trace';
import { type FrameMessage, type Packet, clonePacket } from '@podwire/wire';
import { type UnderlayFault, applyToSwitch } from './fault.ts';
import { type UnderlayHost, endPacket, recordStep } from './host.ts';
import { type LinkConfig, LinkEnd, type LinkPeer } from './link.ts';
import { MacTable } from './mac-table.ts';
import { Partitions } from './partition.ts';

/** 01:80:c2:00:00:00 to 0f, which no bridge forwards (IEEE 802.1D, table 7-10). */
const RESERVED_FIRST = 0x0180c2000000;
const RESERVED_LAST = 0x0180c200000f;

export interface SwitchOptions {
  readonly ageingNs?: number;
  /** Takes messages that are not frames. */
  readonly onMessage?: (message: Message, from: ActorId) => void;
}

export class Switch implements Actor {
  readonly host: UnderlayHost;
  readonly macTable: MacTable;
  readonly partitions: Partitions = new Partitions();
  readonly #onMessage: SwitchOptions['onMessage'];
  readonly #ports = new Map<number, LinkEnd>();

  constructor(host: UnderlayHost, options: SwitchOptions = {}) {
    this.host = host;
    this.macTable = new MacTable(options.ageingNs);
    this.#onMessage = options.onMessage;
  }

  get ports(): ReadonlyMap<number, LinkEnd> {
    return this.#ports;
  }

  addPort(number: number, link: LinkConfig, peer: LinkPeer): LinkEnd {
    assert(!this.#ports.has(number), `port ${number} of a switch exists once`);
    const end = new LinkEnd(this.host, link, peer);
    this.#ports.set(number, end);
    return end;
  }

  /** The reason when the fault cannot be applied. */
  apply(fault: UnderlayFault): string | undefined {
    return applyToSwitch(this, fault);
  }

  receive(message: Message, from: ActorId): void {
    if (message.kind === 'frame') this.#frame(message as FrameMessage);
    else {
      assert(
        this.#onMessage !== undefined,
        'a switch without an ear for messages gets only frames',
      );
      this.#onMessage(message, from);
    }
  }

  #frame({ port, packet }: FrameMessage): void {
    this.host.ledger.underWay--;
    const end = this.#ports.get(port);
    if (end === undefined) this.#drop(packet, 'SWITCH_NO_PORT');
    else if (end.arrive(packet)) this.#forward(port, end, packet);
  }

  #forward(inPort: number, inEnd: LinkEnd, packet: Packet): void {
    const nowNs = this.host.sim.nowNs();
    const { ethDst } = packet;
    this.macTable.learn(packet.ethSrc, inPort, nowNs);
    if (ethDst >= RESERVED_FIRST && ethDst <= RESERVED_LAST) {
      this.#drop(packet, 'SWITCH_NO_PORT');
      return;
    }
    const outPort = isMacMulticast(ethDst) ? undefined : this.macTable.lookup(ethDst, nowNs);
    const out = outPort === undefined ? undefined : this.#ports.get(outPort);
    if (out === undefined) {
      this.#flood(inPort, inEnd, packet);
      return;
    }
    // Both on the same side: the frame is where it should be already.
    if (outPort === inPort) {
      this.#drop(packet, 'SWITCH_NO_PORT');
      return;
    }
    if (this.partitions.isAny && this.partitions.isCut(inEnd.peer.name, out.peer.name)) {
      this.#drop(packet, 'LINK_PARTITION');
      return;
    }
    if (packet.traceId !== 0) this.#tell(packet, `forward to ${out.peer.name}`);
    out.transmit(packet);
  }

  #flood(inPort: number, inEnd: LinkEnd, packet: Packet): void {
    const outs: LinkEnd[] = [];
    let isAnyCut = false;
    for (const [port, end] of this.#ports) {
      if (port === inPort || !end.isUp) continue;
      if (this.partitions.isAny && this.partitions.isCut(inEnd.peer.name, end.peer.name)) {
        isAnyCut = true;
      } else outs.push(end);
    }
    const last = outs.pop();
    if (last === undefined) {
      this.#drop(packet, isAnyCut ? 'LINK_PARTITION' : 'SWITCH_NO_PORT');
      return;
    }
    if (packet.traceId !== 0) this.#tell(packet, `flood to ${outs.length + 1} ports`);
    // The packet itself goes out last; the others get copies, which are born here.
    for (const out of outs) {
      this.host.ledger.born++;
      out.transmit(clonePacket(packet));
    }
    last.transmit(packet);
  }

  #tell(packet: Packet, verdict: string): void {
    const where = this.host.sim.name;
    recordStep(this.host, packet, {
      where,
      stage: 'switch',
      key: formatMac(packet.ethDst),
      verdict,
    });
  }

  #drop(packet: Packet, end: DropReason): void {
    endPacket(this.host, packet, { where: this.host.sim.name, stage: 'switch', end });
  }
}
