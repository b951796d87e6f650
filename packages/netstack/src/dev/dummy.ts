/**
 * A dummy device: carries addresses, swallows what is sent (drivers/net/dummy.c).
 */
import type { Mac } from '@podwire/base';
import type { NetNs } from '../netns.ts';
import type { Skb } from '../skb.ts';
import { endPacket } from '../trace.ts';
import { Dev, type DevKind, countTx } from './dev.ts';

export class Dummy extends Dev {
  readonly kind: DevKind = 'dummy';

  constructor(ns: NetNs, name: string, mac: Mac, mtuBytes = 1500) {
    super(ns, name, mac, mtuBytes);
    this.isNoArp = true;
  }

  xmit(skb: Skb): boolean {
    countTx(this, skb);
    endPacket(this.ns, skb, 'stolen', { dev: this.name });
    return true;
  }
}

export function createDummy(ns: NetNs, name: string, options: { readonly mac?: Mac } = {}): Dummy {
  return new Dummy(ns, name, options.mac ?? ns.randomMac(name));
}
