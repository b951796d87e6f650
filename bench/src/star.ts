/**
 * A star: hosts with one NIC each on one learning switch, in one thread.
 *
 * As `cluster` puts its machines together, without Kubernetes around them: the packet path and nothing else.
 */
import { type Ip, ip, must } from '@podwire/base';
import { TestWorld, type HostSim } from '@podwire/engine';
import { type Nic, NetNs, type StackHost, createNic } from '@podwire/netstack';
import { PacketLedger, Recorder } from '@podwire/trace';
import { HostPorts, Switch, withLinkDefaults } from '@podwire/underlay';
import type { FrameMessage } from '@podwire/wire';

const SWITCH = 0;

export interface StarHost extends StackHost {
  readonly ns: NetNs;
  readonly address: Ip;
}

export class Star {
  readonly world: TestWorld = new TestWorld('star');
  readonly hosts: StarHost[] = [];
  readonly #ledgers: PacketLedger[] = [];
  readonly #switch: Switch;

  constructor(hostCount: number) {
    let made: Switch | undefined;
    this.world.addHost('switch', (sim) => {
      made = new Switch(this.#parts(sim));
      return made;
    });
    this.#switch = must(made, 'a switch');
    for (let index = 0; index < hostCount; index++) this.#addHost(index);
  }

  /** Packets that were made, copies of broadcasts included. */
  get packets(): number {
    return this.#ledgers.reduce((sum, ledger) => sum + ledger.born, 0);
  }

  get ended(): number {
    return this.#ledgers.reduce((sum, ledger) => sum + ledger.ended, 0);
  }

  #parts(sim: HostSim): { sim: HostSim; ledger: PacketLedger; recorder: Recorder } {
    const ledger = new PacketLedger();
    this.#ledgers.push(ledger);
    return { sim, ledger, recorder: new Recorder() };
  }

  #addHost(index: number): void {
    const name = `host-${index}`;
    const config = withLinkDefaults({ name: `${name}/eth0` });
    let host: StarHost | undefined;
    const sim = this.world.addHost(name, (own) => {
      const parts = this.#parts(own);
      const ports = new HostPorts(parts);
      const peer = { actor: SWITCH, port: index, name: 'switch' };
      const port = ports.add({ number: 0, link: config, peer }, (packet) => nic.receive(packet));
      const ns = new NetNs(parts, name);
      const nic: Nic = createNic(ns, 'eth0', 0x020000000001 + index, 1500, port.transmit);
      const address = ip(`10.0.${Math.floor(index / 250)}.${(index % 250) + 1}`);
      ns.setUp(ns.lo, true);
      ns.addAddress(nic, `10.0.${Math.floor(index / 250)}.${(index % 250) + 1}/16`);
      ns.setUp(nic, true);
      host = { ...parts, ns, address };
      return {
        receive: (message): void => {
          ports.receive(message as FrameMessage);
        },
      };
    });
    this.#switch.addPort(index, config, { actor: sim.id, port: 0, name });
    this.hosts.push(must(host, 'a host'));
  }
}
