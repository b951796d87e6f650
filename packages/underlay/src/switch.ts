/**
 * A learning virtual switch (IEEE 802.1D without spanning tree), as an actor of its own.
 *
 * From: a link's end at one of its ports. To: the link's end at the port behind which the destination was
 * last seen, or at all other ports. It takes no time; its links do. With ARP suppression it answers for machines
 * that it knows (arp-table.ts).
 *
 * Not modelled: spanning tree (the underlay's switches form no loops), VLAN filtering (tags pass).
 */
import { type Ip, type Mac, assert, formatIp, formatMac, isMacMulticast } from '@podwire/base';
import type { Actor, ActorId, Message } from '@podwire/engine';
import type { DropReason } from '@podwire/trace';
import { type FrameMessage, type Packet, clonePacket } from '@podwire/wire';
import { ArpTable, type ArpVerdict, arpAnswer } from './arp-table.ts';
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
  /** Answers ARP requests for known addresses instead of flooding them (RFC 9161). Default: no. */
  readonly arpSuppression?: boolean;
  /** Takes messages that are not frames. */
  readonly onMessage?: (message: Message, from: ActorId) => void;
}

export class Switch implements Actor {
  readonly host: UnderlayHost;
  readonly macTable: MacTable;
  readonly partitions: Partitions = new Partitions();
  readonly #arpTable: ArpTable | undefined;
  readonly #onMessage: SwitchOptions['onMessage'];
  readonly #ports = new Map<number, LinkEnd>();

  constructor(host: UnderlayHost, options: SwitchOptions = {}) {
    this.host = host;
    this.macTable = new MacTable(options.ageingNs);
    this.#arpTable = options.arpSuppression === true ? new ArpTable() : undefined;
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

  /** What is known of a port's machine before it speaks, as a fabric has it from DHCP or from its controller. */
  provision(port: number, address: Ip, mac: Mac): void {
    this.macTable.learn(mac, port, this.host.sim.nowNs());
    this.#arpTable?.learn(address, mac);
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
    if (this.#arpTable !== undefined && this.#suppressArp(this.#arpTable, inPort, inEnd, packet)) {
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

  /** True when the packet ended here: answered, or known to all. */
  #suppressArp(table: ArpTable, inPort: number, inEnd: LinkEnd, packet: Packet): boolean {
    const verdict = table.judge(packet);
    if (verdict.kind === 'forward') return false;
    if (verdict.kind === 'ask') {
      const { owner } = verdict;
      const port = this.macTable.lookup(owner, this.host.sim.nowNs());
      const end = port === undefined ? undefined : this.#ports.get(port);
      // One who cannot be reached is not answered for; one on the same side answers himself.
      if (end?.isUp !== true || port === inPort) return false;
      if (this.partitions.isAny && this.partitions.isCut(inEnd.peer.name, end.peer.name)) {
        return false;
      }
      this.host.ledger.born++;
      inEnd.transmit(arpAnswer(packet, owner));
    }
    endPacket(this.host, packet, {
      where: this.host.sim.name,
      stage: 'switch',
      end: 'delivered',
      ...(packet.traceId === 0 ? {} : textOf(packet, verdict)),
    });
    return true;
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

function textOf(packet: Packet, verdict: ArpVerdict): { key: string; verdict: string } {
  return {
    key: formatIp(packet.dst),
    verdict: verdict.kind === 'ask' ? `answer ${formatMac(verdict.owner)}` : 'suppress',
  };
}
