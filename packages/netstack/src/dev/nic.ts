/**
 * The network card of a host: the border between its stack and the underlay.
 *
 * From: neigh.ts or a bridge with a frame, handed out through `transmit` in order, each after the cost
 * that the stages before it had. To: `receive` of the namespace, for frames that `Nic.receive` brings in.
 */
import type { Mac } from '@podwire/base';
import { type Packet, frameLenBytes } from '@podwire/wire';
import { Cost } from '../cost.ts';
import type { NetNs } from '../netns.ts';
import { Skb } from '../skb.ts';
import { endPacket, traceStep } from '../trace.ts';
import { Dev, type DevKind, countTx, refuseTx } from './dev.ts';

export class Nic extends Dev {
  readonly kind: DevKind = 'nic';
  /** Hands a frame to the underlay at the present time. */
  transmit: (packet: Packet) => void;
  #lastTxNs = 0;

  constructor(
    ns: NetNs,
    name: string,
    mac: Mac,
    mtuBytes: number,
    transmit: (packet: Packet) => void,
  ) {
    super(ns, name, mac, mtuBytes);
    this.transmit = transmit;
  }

  xmit(skb: Skb): boolean {
    if (!this.isUp || !this.hasCarrier) return refuseTx(this, skb, 'DEV_READY');
    if (frameLenBytes(skb.packet) > this.mtuBytes + 18) return refuseTx(this, skb, 'PKT_TOO_BIG');
    countTx(this, skb);
    const packet = skb.packet;
    const nowNs = this.ns.sim.nowNs();
    const atNs = Math.max(nowNs + skb.costNs + Cost.nicXmit, this.#lastTxNs);
    this.#lastTxNs = atNs;
    if (packet.traceId !== 0) {
      traceStep(this.ns, packet, 'nic', 'transmit', { dev: this.name }, atNs - nowNs);
    }
    const { ledger } = this.ns.host;
    ledger.underWay++;
    this.ns.sim.schedule(atNs - nowNs, () => {
      ledger.underWay--;
      // The machine lost power, or the card was taken out, with the frame in its ring.
      if (this.isDestroyed) endPacket(this.ns, skb, 'DEV_READY', { dev: this.name });
      else this.transmit(packet);
    });
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
  transmit: (packet: Packet) => void,
): Nic {
  return new Nic(ns, name, mac, mtuBytes, transmit);
}
