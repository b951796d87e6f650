/**
 * Captures frames as tcpdump would on an interface, for pcapng files.
 *
 * An interface is a device of a namespace: `node-1/eth0`, `node-1/cni0`, `pod default/web-1/eth0`; a name
 * without a device means all its devices, `*` all devices of all namespaces. Each shard captures its own hosts; the coordinator merges by time.
 */
import type { NetNs } from '@podwire/netstack';
import { type Packet, encodeFrame } from '@podwire/wire';
import type { EmulatedHost } from './emulated-host.ts';
import type { CaptureSpec } from './world-spec.ts';

export interface CapturedFrame {
  readonly atNs: number;
  readonly interfaceName: string;
  readonly direction: 'in' | 'out';
  readonly bytes: Uint8Array;
}

export class CaptureTap {
  readonly frames: CapturedFrame[] = [];
  readonly #spec: CaptureSpec;

  constructor(spec: CaptureSpec) {
    this.#spec = spec;
  }

  /** Puts taps on the devices that are there, and on those that come. */
  watch(host: EmulatedHost, ns: NetNs): void {
    const tapAll = (): void => {
      for (const dev of ns.devs.values()) {
        if (dev.tap !== undefined || !this.#wants(host, ns, dev.name)) continue;
        const interfaceName =
          ns.name === host.spec.name ? `${ns.name}/${dev.name}` : `${ns.name}/${dev.name}`;
        // What is sent on the loopback device arrives there: tcpdump shows it once.
        const isSeenTwice = dev.kind === 'loopback';
        dev.tap = (packet: Packet, direction) => {
          if (isSeenTwice && direction === 'out') return;
          this.frames.push({
            atNs: host.sim.nowNs(),
            interfaceName,
            direction,
            bytes: encodeFrame(packet),
          });
        };
      }
    };
    tapAll();
    ns.onDevice.push(tapAll);
  }

  #wants(host: EmulatedHost, ns: NetNs, dev: string): boolean {
    const { interfaces } = this.#spec;
    if (interfaces.length === 0) return ns.name === host.spec.name && dev === 'eth0';
    return interfaces.some(
      (name) => name === '*' || name === ns.name || name === `${ns.name}/${dev}`,
    );
  }
}
