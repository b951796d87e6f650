/**
 * Host ports in use on a node: (address, protocol, port), where 0.0.0.0 stands for every address.
 *
 * Copies kube-scheduler's HostPortInfo.
 */
import type { Pod } from '@podwire/api';

const ANY_ADDRESS = '0.0.0.0';

export interface HostPort {
  readonly hostIP: string;
  readonly protocol: string;
  readonly port: number;
}

/** The host ports of a pod's containers; the API server has set hostPort for pods on the host network. */
export function hostPortsOf(pod: Pod): readonly HostPort[] {
  const found: HostPort[] = [];
  for (const container of pod.spec.containers) {
    for (const port of container.ports ?? []) {
      const hostPort =
        port.hostPort ?? (pod.spec.hostNetwork === true ? port.containerPort : undefined);
      if (hostPort === undefined || hostPort <= 0) continue;
      found.push({
        hostIP: port.hostIP === undefined || port.hostIP === '' ? ANY_ADDRESS : port.hostIP,
        protocol: port.protocol ?? 'TCP',
        port: hostPort,
      });
    }
  }
  return found;
}

export class UsedPorts {
  /** `protocol/port` to the addresses that use it, each with a count of its users. */
  readonly #addresses = new Map<string, Map<string, number>>();

  add({ hostIP, protocol, port }: HostPort): void {
    const key = `${protocol}/${port}`;
    let addresses = this.#addresses.get(key);
    if (addresses === undefined) {
      addresses = new Map();
      this.#addresses.set(key, addresses);
    }
    addresses.set(hostIP, (addresses.get(hostIP) ?? 0) + 1);
  }

  remove({ hostIP, protocol, port }: HostPort): void {
    const addresses = this.#addresses.get(`${protocol}/${port}`);
    const count = addresses?.get(hostIP);
    if (addresses === undefined || count === undefined) return;
    if (count > 1) addresses.set(hostIP, count - 1);
    else addresses.delete(hostIP);
  }

  conflicts({ hostIP, protocol, port }: HostPort): boolean {
    const addresses = this.#addresses.get(`${protocol}/${port}`);
    if (addresses === undefined || addresses.size === 0) return false;
    return hostIP === ANY_ADDRESS || addresses.has(ANY_ADDRESS) || addresses.has(hostIP);
  }
}
