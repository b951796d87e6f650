/**
 * Addresses of Services of type ExternalName, as ingress-nginx's Lua keeps them (rootfs/etc/nginx/lua/balancer.lua
 * resolve_external_names, util/dns.lua): looked up by the pod's own resolver, not by the cluster's rules.
 *
 * Simplified: a name is looked up again after a fixed time, whatever its TTL.
 */
import type { Ip } from '@podwire/base';
import { NS_PER_SEC } from '@podwire/base';
import { type HostSim, type Proc, type Process, sleep } from '@podwire/engine';

/** Looks a name up; none: it does not resolve. */
export type LookUp = (name: string) => Proc<readonly Ip[]>;

/** Usual TTL of cluster DNS. */
const REFRESH_NS = 30 * NS_PER_SEC;

export class ExternalNames {
  readonly #sim: HostSim;
  readonly #lookUp: LookUp;
  readonly #onChange: () => void;
  readonly #names = new Map<string, { addresses: readonly Ip[]; readonly process: Process }>();

  constructor(sim: HostSim, lookUp: LookUp, onChange: () => void) {
    this.#sim = sim;
    this.#lookUp = lookUp;
    this.#onChange = onChange;
  }

  /** What is known now; a name that was not asked for before is looked up from here on. */
  addressesOf(name: string): readonly Ip[] {
    const known = this.#names.get(name);
    if (known !== undefined) return known.addresses;
    const process = this.#sim.spawn(`look up ${name}`, this.#follow(name));
    this.#names.set(name, { addresses: [], process });
    return [];
  }

  /** Names that no Service has any more are forgotten. */
  keep(names: ReadonlySet<string>): void {
    for (const [name, { process }] of this.#names) {
      if (names.has(name)) continue;
      process.cancel();
      this.#names.delete(name);
    }
  }

  *#follow(name: string): Proc {
    for (;;) {
      const found = [...(yield* this.#lookUp(name))].sort((a, b) => a - b);
      const known = this.#names.get(name);
      if (known === undefined) return;
      if (known.addresses.join() !== found.join()) {
        known.addresses = found;
        this.#onChange();
      }
      yield* sleep(REFRESH_NS);
    }
  }
}
