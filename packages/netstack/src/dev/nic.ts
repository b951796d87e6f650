/**
 * The network card of a host: the border between its stack and the underlay.
 *
 * From: neigh.ts or a bridge with a frame, handed out through `transmit` in order and at once, with the time
 * until it is really sent: what the stages before it have cost. So sending is no event of its own; a cable
 * that is cut, or a machine that is switched off, within that time (microseconds) comes too late. To: `receive` of the namespace, for frames that `Nic.receive` brings in.
 */
import type { Mac } from '@podwire/base';
import { type Packet, segmentFrameLenBytes, trainLenBytes } from '@podwire/wire';
import { Cost } from '../cost.ts';
import type { NetNs } from '../netns.ts';
import { Skb } from '../skb.ts';
import { traceStep } from '../trace.ts';
import { Dev, type DevKind, countTx, refuseTx } from './dev.ts';

type Transmit = (packet: Packet, delayNs: number) => number;

export class Nic extends Dev {
  readonly kind: DevKind = 'nic';
  /**
   * Hands a frame to the underlay, to be sent after a delay; the delays never let one overtake another. Returns
   * when its last bit is out.
   */
  transmit: Transmit;
  #lastTxNs = 0;

  constructor(ns: NetNs, name: string, mac: Mac, mtuBytes: number, transmit: Transmit) {
    super(ns, name, mac, mtuBytes);
    this.transmit = transmit;
  }

  xmit(skb: Skb): boolean {
    if (!this.isUp || !this.hasCarrier) return refuseTx(this, skb, 'DEV_READY');
    if (segmentFrameLenBytes(skb.packet) > this.mtuBytes + 18) {
      return refuseTx(this, skb, 'PKT_TOO_BIG');
    }
    countTx(this, skb);
    const packet = skb.packet;
    const nowNs = this.ns.sim.nowNs();
    const atNs = Math.max(nowNs + skb.costNs + Cost.nicXmit, this.#lastTxNs);
    this.#lastTxNs = atNs;
    if (packet.traceId !== 0) {
      traceStep(this.ns, packet, 'nic', 'transmit', { dev: this.name }, atNs - nowNs);
    }
    const { owner } = skb;
    const lenBytes = owner === undefined ? 0 : trainLenBytes(packet);
    const leavesNs = this.transmit(packet, atNs - nowNs);
    owner?.onQueued(lenBytes, leavesNs);
    return true;
  }

  /** A frame from the underlay. */
  receive(packet: Packet): void {
    const skb = new Skb(packet, this);
    if (packet.traceId !== 0) traceStep(this.ns, packet, 'nic', 'receive', { dev: this.name });
    this.ns.receive(skb);
  }

  /** The link went up or down; neighbours on it are forgotten as in neigh_carrier_down. */
  setCarrier(hasCarrier: boolean): void {
    if (this.hasCarrier === hasCarrier) return;
    this.hasCarrier = hasCarrier;
    if (!hasCarrier) this.ns.neigh.flush(this, false);
    this.port?.bridge.updateCarrier();
  }
}

export function createNic(
  ns: NetNs,
  name: string,
  mac: Mac,
  mtuBytes: number,
  transmit: Transmit,
): Nic {
  return new Nic(ns, name, mac, mtuBytes, transmit);
}
