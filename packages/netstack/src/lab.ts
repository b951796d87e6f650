/**
 * A small laboratory for tests: hosts on one shard, joined by plain Ethernet segments.
 *
 * Frames on a segment reach every other NIC after its delay, as on a hub; who a frame is not for drops
 * it. For tests of this package and of those that build on it; a cluster's underlay is `underlay`.
 */
import { type Mac, mac } from '@podwire/base';
import { type HostSim, type Message, type Proc, TestWorld } from '@podwire/engine';
import { PacketLedger, Recorder, type Step, mergeSteps } from '@podwire/trace';
import { type Packet, clonePacket, segmentsOf } from '@podwire/wire';
import { type Nic, createNic } from './dev/nic.ts';
import { NetNs, type StackHost } from './netns.ts';

interface LabFrame extends Message {
  readonly kind: 'lab-frame';
  readonly nic: string;
  readonly packet: Packet;
}

export class Lab {
  readonly world: TestWorld;
  readonly hosts: Map<string, LabHost> = new Map();

  constructor(seed = 'lab') {
    this.world = new TestWorld(seed);
  }

  /** A host with one namespace of the same name. */
  host(name: string): LabHost {
    const nics = new Map<string, Nic>();
    const sim = this.world.addHost(name, () => ({
      receive: (message: Message): void => {
        const frame = message as LabFrame;
        host.ledger.underWay--;
        const nic = nics.get(frame.nic);
        if (nic !== undefined) nic.receive(frame.packet);
      },
    }));
    const host = new LabHost(sim, nics);
    this.hosts.set(name, host);
    return host;
  }

  /** A NIC per host on one segment; names them `name`. */
  segment(name: string, hosts: readonly LabHost[], delayNs = 10_000, mtuBytes = 1500): Nic[] {
    const members: { host: LabHost; nic: Nic }[] = [];
    for (const host of hosts) {
      const number = host.nics.size + 1;
      const address: Mac = mac('02:00:00:00:00:00') + host.sim.id * 256 + number;
      const nic = createNic(host.ns, name, address, mtuBytes, (train, waitNs) => {
        const others = members.filter((member) => member.nic !== nic);
        const segments = segmentsOf(train);
        host.ledger.born += segments.length * others.length - 1;
        for (const packet of segments) {
          for (const other of others) {
            const copy = others.length === 1 ? packet : clonePacket(packet);
            const message: LabFrame = { kind: 'lab-frame', nic: name, packet: copy };
            host.ledger.underWay++;
            host.sim.send(other.host.sim.id, delayNs + waitNs, message);
          }
        }
        return host.sim.nowNs() + waitNs;
      });
      host.nics.set(name, nic);
      host.ns.setUp(nic, true);
      members.push({ host, nic });
    }
    return members.map((member) => member.nic);
  }

  /** Runs a process to its end and returns what it returned. */
  run<T>(host: LabHost, proc: Proc<T>, withinNs = 3_600_000_000_000): T {
    const process = host.sim.spawn('test', proc);
    const untilNs = this.world.nowNs + withinNs;
    while (!process.isDone && this.world.nowNs < untilNs) this.world.runFor(100_000_000);
    if (!process.isDone) throw new Error('the process ends in time');
    return process.result as T;
  }

  get born(): number {
    let sum = 0;
    for (const host of this.hosts.values()) sum += host.ledger.born;
    return sum;
  }

  get underWay(): number {
    let sum = 0;
    for (const host of this.hosts.values()) sum += host.ledger.underWay;
    return sum;
  }

  get ended(): number {
    let sum = 0;
    for (const host of this.hosts.values()) sum += host.ledger.ended;
    return sum;
  }

  steps(): Step[] {
    return mergeSteps([...this.hosts.values()].map((host) => host.recorder.steps));
  }
}

export class LabHost implements StackHost {
  readonly sim: HostSim;
  readonly recorder: Recorder = new Recorder();
  readonly ledger: PacketLedger = new PacketLedger();
  readonly nics: Map<string, Nic>;
  readonly ns: NetNs;

  constructor(sim: HostSim, nics: Map<string, Nic>) {
    this.sim = sim;
    this.nics = nics;
    this.ns = new NetNs(this, sim.name);
  }

  /** Another namespace of the host: a pod. */
  pod(name: string): NetNs {
    return new NetNs(this, name);
  }
}
