/**
 * The loopback device: what is sent arrives (drivers/net/loopback.c). Mark and conntrack stay.
 */
import { MAC_ZERO } from '@podwire/base';
import { Cost } from '../cost.ts';
import type { NetNs } from '../netns.ts';
import type { Skb } from '../skb.ts';
import { Dev, type DevKind, countTx, refuseTx } from './dev.ts';

export const LOOPBACK_MTU_BYTES = 65536;

export class Loopback extends Dev {
  readonly kind: DevKind = 'loopback';

  constructor(ns: NetNs) {
    super(ns, 'lo', MAC_ZERO, LOOPBACK_MTU_BYTES);
    this.isNoArp = true;
  }

  xmit(skb: Skb): boolean {
    if (!this.isUp) return refuseTx(this, skb, 'DEV_READY');
    countTx(this, skb);
    skb.packet.ethSrc = MAC_ZERO;
    skb.packet.ethDst = MAC_ZERO;
    const delayNs = skb.costNs + Cost.loopback;
    const { ledger } = this.ns.host;
    ledger.underWay++;
    this.ns.sim.schedule(delayNs, () => {
      ledger.underWay--;
      skb.costNs = 0;
      skb.inDev = this;
      skb.outDev = undefined;
      this.ns.receive(skb);
    });
    return true;
  }
}
