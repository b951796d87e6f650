/**
 * A packet socket on ARP frames: programs that answer for addresses which no device has, as MetalLB's speaker and
 * keepalived do.
 *
 * From: arp.ts, with each request that comes in; the kernel deals with the frame as well. To: the device it came by.
 */
import type { Ip } from '@podwire/base';
import { ArpOp, type Packet } from '@podwire/wire';
import type { Dev } from '../dev/dev.ts';
import type { NetNs } from '../netns.ts';
import { sendArpReply, sendGratuitousArp } from './arp.ts';

export class ArpSocket {
  readonly #ns: NetNs;
  readonly #owns: (address: Ip, dev: Dev) => boolean;

  /** `owns` says which addresses are answered for at a device. */
  constructor(ns: NetNs, owns: (address: Ip, dev: Dev) => boolean) {
    this.#ns = ns;
    this.#owns = owns;
    ns.arpSockets ??= new Set();
    ns.arpSockets.add(this);
  }

  /** Called by arp.ts with a request. */
  receive(dev: Dev, request: Packet): void {
    if (this.#owns(request.dst, dev)) sendArpReply(this.#ns, dev, request);
  }

  /** Tells all machines of the link, as a request and as an answer: some heed only one of them. */
  announce(dev: Dev, address: Ip): void {
    sendGratuitousArp(this.#ns, dev, address, ArpOp.request);
    sendGratuitousArp(this.#ns, dev, address, ArpOp.reply);
  }

  close(): void {
    this.#ns.arpSockets?.delete(this);
  }
}
