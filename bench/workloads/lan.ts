/**
 * A local network: hosts with one NIC each on learning switches, in one thread.
 *
 * As `cluster` puts its machines together, without Kubernetes around them: the packet path and nothing
 * else. All addresses are known to all hosts before the first packet (permanent neighbours), and the
 * switches have learned every port, so that no workload measures address resolution.
 */
import { type Ip, ip, must } from '@podwire/base';
import { type ActorId, type HostSim, TestWorld } from '@podwire/engine';
import { NetNs, type Nic, type StackHost, createNic, sendGratuitousArp } from '@podwire/netstack';
import { PacketLedger, Recorder } from '@podwire/trace';
import { HostPorts, type LinkConfig, Switch, withLinkDefaults } from '@podwire/underlay';
import type { FrameMessage } from '@podwire/wire';

/** Longer than the announcements of all hosts take. */
const SETTLE_NS = 10_000_000;
const HOSTS_PER_BLOCK = 250;

export interface LanHost extends StackHost {
  readonly ns: NetNs;
  readonly nic: Nic;
  readonly address: Ip;
}

interface LanSwitch {
  readonly name: string;
  readonly actor: ActorId;
  readonly switch: Switch;
  portCount: number;
}

export class Lan {
  readonly world: TestWorld = new TestWorld('lan');
  readonly hosts: LanHost[] = [];
  readonly #ledgers: PacketLedger[] = [];
  readonly #switches: LanSwitch[] = [];

  /** Hosts around one switch, ready to talk. */
  static star(hostCount: number): Lan {
    const lan = new Lan();
    lan.addSwitch();
    for (let index = 0; index < hostCount; index++) lan.addHost();
    lan.settle();
    return lan;
  }

  /** Packets that were made, copies of broadcasts included. */
  get packets(): number {
    return this.#ledgers.reduce((sum, ledger) => sum + ledger.born, 0);
  }

  addSwitch(): void {
    const name = `switch-${this.#switches.length}`;
    let made: Switch | undefined;
    const sim = this.world.addHost(name, (own) => {
      made = new Switch(this.#parts(own));
      return made;
    });
    this.#switches.push({ name, actor: sim.id, switch: must(made, 'a switch'), portCount: 0 });
  }

  /** Joins two switches by a link. */
  addTrunk(one: number, other: number, link: Partial<LinkConfig>): void {
    const a = must(this.#switches[one], 'a switch');
    const b = must(this.#switches[other], 'a switch');
    const config = withLinkDefaults({ name: `${a.name}-${b.name}`, ...link });
    const ports = [a.portCount++, b.portCount++] as const;
    a.switch.addPort(ports[0], config, { actor: b.actor, port: ports[1], name: b.name });
    b.switch.addPort(ports[1], config, { actor: a.actor, port: ports[0], name: a.name });
  }

  /** Adds a host at a switch; all are in one subnet. */
  addHost(at = 0, link: Partial<LinkConfig> = {}): LanHost {
    const index = this.hosts.length;
    const place = must(this.#switches[at], 'a switch');
    const name = `host-${index}`;
    const config = withLinkDefaults({ name: `${name}/eth0`, ...link });
    const portAtSwitch = place.portCount++;
    const text = `10.0.${Math.floor(index / HOSTS_PER_BLOCK)}.${(index % HOSTS_PER_BLOCK) + 1}`;
    let host: LanHost | undefined;
    const sim = this.world.addHost(name, (own) => {
      const parts = this.#parts(own);
      const ports = new HostPorts(parts);
      const peer = { actor: place.actor, port: portAtSwitch, name: place.name };
      const port = ports.add({ number: 0, link: config, peer }, (packet) => nic.receive(packet));
      const ns = new NetNs(parts, name);
      const nic: Nic = createNic(ns, 'eth0', 0x020000000001 + index, 1500, port.transmit);
      ns.setUp(ns.lo, true);
      ns.addAddress(nic, `${text}/16`);
      ns.setUp(nic, true);
      host = { ...parts, ns, nic, address: ip(text) };
      return {
        receive: (message): void => {
          ports.receive(message as FrameMessage);
        },
      };
    });
    place.switch.addPort(portAtSwitch, config, { actor: sim.id, port: 0, name });
    this.hosts.push(must(host, 'a host'));
    return must(host, 'a host');
  }

  /** Every host gets to know every other one, and every switch where each is. */
  settle(): void {
    for (const host of this.hosts) {
      for (const other of this.hosts) {
        if (other !== host) host.ns.neigh.set(host.nic, other.address, other.nic.mac);
      }
    }
    for (const host of this.hosts) sendGratuitousArp(host.ns, host.nic, host.address);
    this.world.runFor(SETTLE_NS);
  }

  #parts(sim: HostSim): { sim: HostSim; ledger: PacketLedger; recorder: Recorder } {
    const ledger = new PacketLedger();
    this.#ledgers.push(ledger);
    return { sim, ledger, recorder: new Recorder() };
  }
}
