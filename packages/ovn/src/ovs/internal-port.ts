/**
 * An internal port of the virtual switch: a device of the host whose other end is the datapath (vport-internal_dev.c).
 */
import type { Mac } from '@podwire/base';
import { Dev, type DevKind, type NetNs, type Skb, countTx, refuseTx } from '@podwire/netstack';

export class InternalPort extends Dev {
  readonly kind: DevKind = 'openvswitch';
  /** Hands a frame of the host to the datapath. */
  readonly #toSwitch: (skb: Skb) => void;

  constructor(ns: NetNs, name: string, mac: Mac, mtuBytes: number, toSwitch: (skb: Skb) => void) {
    super(ns, name, mac, mtuBytes);
    this.#toSwitch = toSwitch;
  }

  xmit(skb: Skb): boolean {
    if (!this.isUp) return refuseTx(this, skb, 'DEV_READY');
    countTx(this, skb);
    this.#toSwitch(skb);
    return true;
  }

  /** A frame of the datapath for the host. */
  deliver(skb: Skb): void {
    const { costNs } = skb;
    skb.arriveAt(this);
    skb.costNs = costNs;
    this.ns.receive(skb);
  }
}
