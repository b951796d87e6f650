/**
 * Routes, neighbours and tunnel ends that a pod network's agent has for other nodes, while nobody looks at them.
 *
 * On a node of a large cluster there would be thousands, of which a few are ever used. The agent answers for
 * those that wait, and makes an entry real when something asks for it: a packet by its route or next hop, a
 * command that lists or changes entries, a device that goes down. What there is to see is the same.
 */
import type { Ip, Mac } from '@podwire/base';
import type { Dev } from '../dev/dev.ts';

export interface WaitingPeers {
  /** A packet looks for the way to this address. */
  forAddress(dst: Ip): void;
  /** Something asks for a neighbour that is not there. */
  forNeigh(dev: Dev, address: Ip): void;
  /** A frame goes to a MAC address that the tunnel device does not know. */
  forMac(dev: Dev, mac: Mac): void;
  /** Whether entries that wait hang on this device. */
  hangOn(dev: Dev): boolean;
  /** Makes all of them real; none waits from now on. */
  all(): void;
}
