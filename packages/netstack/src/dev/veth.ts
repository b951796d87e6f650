/**
 * A veth pair: what one end sends, the other receives (drivers/net/veth.c).
 *
 * From: neigh.ts, the bridge, or a program's frame. To: `receive` of the peer's namespace, as an event
 * after what the stages have cost so far. A frame above the receiver's MTU (with room for a VLAN tag) is
 * dropped, and the sender is told (ENOBUFS for those who ask); measured on 6.18 with ping between
 * namespaces: MTU + 4 arrives, MTU + 5 does not.
 */
import type { Mac } from '@podwire/base';
import { segmentFrameLenBytes } from '@podwire/wire';
import { Cost } from '../cost.ts';
import type { NetNs } from '../netns.ts';
import type { Skb } from '../skb.ts';
import { endPacket, traceStep } from '../trace.ts';
import { Dev, type DevKind, countTx, refuseTx } from './dev.ts';

/** Ethernet header and one VLAN tag (__is_skb_forwardable). */
const HEADER_AND_TAG_BYTES = 14 + 4;

export class Veth extends Dev {
  readonly kind: DevKind = 'veth';
  peer: Veth | undefined = undefined;

  xmit(skb: Skb): boolean {
    const peer = this.peer;
    if (!this.isUp || peer === undefined || !peer.isUp) return refuseTx(this, skb, 'DEV_READY');
    if (segmentFrameLenBytes(skb.packet) > peer.mtuBytes + HEADER_AND_TAG_BYTES) {
      peer.stats.rxDropped++;
      return refuseTx(this, skb, 'PKT_TOO_BIG');
    }
    countTx(this, skb);
    if (skb.packet.traceId !== 0) {
      const key = `${this.name} -> ${peer.name}`;
      traceStep(
        this.ns,
        skb.packet,
        'veth',
        `to ${peer.ns.name}`,
        { key, dev: this.name },
        skb.costNs,
      );
    }
    const { ledger } = this.ns.host;
    ledger.underWay++;
    this.ns.sim.schedule(skb.costNs + Cost.vethCross, () => {
      ledger.underWay--;
      skb.arriveAt(peer);
      if (peer.isDestroyed) endPacket(peer.ns, skb, 'DEV_READY');
      else peer.ns.receive(skb);
    });
    return true;
  }

  /** The carrier of both ends is up when both are up. */
  override onUpChange(): void {
    const peer = this.peer;
    if (peer === undefined) return;
    const hasCarrier = this.isUp && peer.isUp;
    peer.setCarrier(hasCarrier);
    this.setCarrier(hasCarrier);
  }

  override onDestroy(): void {
    const peer = this.peer;
    this.peer = undefined;
    if (peer !== undefined) peer.ns.deleteDev(peer);
  }

  setCarrier(hasCarrier: boolean): void {
    if (this.hasCarrier === hasCarrier) return;
    this.hasCarrier = hasCarrier;
    if (!hasCarrier) this.ns.neigh.flush(this, false);
    this.port?.bridge.updateCarrier();
  }
}

export interface VethOptions {
  readonly mtuBytes?: number;
  readonly macA?: Mac;
  readonly macB?: Mac;
  readonly peerMtuBytes?: number;
}

/** `ip link add NAMEA type veth peer name NAMEB netns B`; both ends are down. */
export function createVethPair(
  nsA: NetNs,
  nameA: string,
  nsB: NetNs,
  nameB: string,
  options: VethOptions = {},
): [Veth, Veth] {
  const mtu = options.mtuBytes ?? 1500;
  const a = new Veth(nsA, nameA, options.macA ?? nsA.randomMac(nameA), mtu);
  const b = new Veth(nsB, nameB, options.macB ?? nsB.randomMac(nameB), options.peerMtuBytes ?? mtu);
  a.peer = b;
  b.peer = a;
  a.hasCarrier = false;
  b.hasCarrier = false;
  return [a, b];
}
