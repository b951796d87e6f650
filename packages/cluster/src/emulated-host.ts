/**
 * One machine of the emulated world: its network stack, its NICs on the underlay, and what is done to it
 * from outside (control.ts). What runs on it depends on its role: role files add programs.
 */
import { IP_ANY, cidr, ip, lastAddress, must } from '@podwire/base';
import type { Actor, HostSim, Message, Proc, Process } from '@podwire/engine';
import {
  type Nic,
  NetNs,
  type StackHost,
  createNic,
  ipCommand,
  setEvaluator,
} from '@podwire/netstack';
import { PacketLedger, Recorder } from '@podwire/trace';
import { HostPorts, type UnderlayFault, applyToHost } from '@podwire/underlay';
import type { FrameMessage } from '@podwire/wire';
import {
  type CommandResult,
  type ControlMessage,
  type ControlReply,
  type ControlRequest,
  type HostFault,
  controlMessage,
} from './control.ts';
import type { CaptureTap } from './capture.ts';
import type { SharedWorld } from './shared-world.ts';
import { CONTROL_DELAY_NS, type HostSpec } from './world-spec.ts';

/** What a role adds to a machine. */
export interface HostPrograms {
  /** Starts what runs on the machine; called at power-on. */
  start(): void;
  /** The machine loses power. */
  powerOff(): void;
  /** Runs a command typed at the console. */
  exec(request: Extract<ControlRequest, { op: 'exec' }>): Proc<CommandResult>;
  hostFault?(fault: HostFault): string | undefined;
  /** Pod addresses that are given out, with their owners; for the inventory. */
  reservedAddresses?(): readonly (readonly [address: string, owner: string])[];
  /** Requests that only this role knows. */
  control?(request: ControlRequest): Proc<ControlReply> | undefined;
}

export class EmulatedHost implements Actor, StackHost {
  readonly sim: HostSim;
  readonly spec: HostSpec;
  readonly world: SharedWorld;
  readonly recorder: Recorder = new Recorder();
  readonly ledger: PacketLedger = new PacketLedger();
  readonly ports: HostPorts;
  readonly namespaces: Set<NetNs> = new Set();
  ns: NetNs;
  isOn = true;
  programs: HostPrograms | undefined;
  readonly #capture: CaptureTap | undefined;
  readonly #running = new Map<number, Process>();
  #nics = new Map<string, Nic>();

  constructor(sim: HostSim, spec: HostSpec, world: SharedWorld, capture?: CaptureTap) {
    this.sim = sim;
    this.spec = spec;
    this.world = world;
    this.#capture = capture;
    setEvaluator(this, world.spec.evaluator);
    this.ports = new HostPorts(this);
    spec.nics.forEach((nic, number) => {
      const link = must(world.spec.links[nic.link], 'a NIC has a link');
      const peer = {
        actor: link.switch,
        port: link.switchPort,
        name: world.spec.actors[link.switch]?.name ?? '',
      };
      this.ports.add({ number, link: link.config, peer }, (packet) => {
        this.#nics.get(nic.name)?.receive(packet);
      });
    });
    this.ns = this.#boot();
  }

  /** Makes a namespace of a pod on this machine. */
  createNetNs(name: string): NetNs {
    const ns = new NetNs(this, name);
    this.namespaces.add(ns);
    ns.onDestroy.push(() => {
      this.namespaces.delete(ns);
    });
    this.#capture?.watch(this, ns);
    return ns;
  }

  receive(message: Message, from: number): void {
    if (message.kind === 'frame') {
      this.#receiveFrame(message as FrameMessage);
      return;
    }
    const { body } = message as ControlMessage;
    this.#control(body as ControlRequest, from);
  }

  /** Power goes off: everything in memory is gone, frames on the wire to us die. */
  powerOff(): void {
    if (!this.isOn) return;
    this.isOn = false;
    for (const process of this.#running.values()) process.cancel();
    this.programs?.powerOff();
    for (const ns of this.namespaces) ns.destroy();
  }

  powerOn(): void {
    if (this.isOn) return;
    this.isOn = true;
    this.ns = this.#boot();
    this.programs?.start();
  }

  /** The address of the first NIC. */
  get address(): number {
    const text = this.spec.nics[0]?.cidr ?? '';
    return text === '' ? IP_ANY : ip(text.split('/')[0] ?? '');
  }

  #boot(): NetNs {
    const ns = this.createNetNs(this.spec.name);
    ns.setUp(ns.lo, true);
    if (this.world.spec.cluster.tuning === 'large') tuneForManyPeers(ns);
    this.#nics = new Map();
    this.spec.nics.forEach((spec, number) => {
      const port = must(this.ports.get(number), 'a NIC has a port');
      const nic = createNic(ns, spec.name, spec.mac, port.end.config.mtuBytes, port.transmit);
      nic.hasCarrier = port.end.isUp;
      ns.addAddress(nic, spec.cidr, { broadcast: lastAddress(cidr(spec.cidr)) });
      ns.setUp(nic, true);
      this.#nics.set(spec.name, nic);
    });
    this.#capture?.watch(this, ns);
    const { gateway } = this.spec;
    if (gateway !== undefined) {
      ipCommand(ns, ['route', 'add', 'default', 'via', gateway, 'dev', 'eth0']);
    }
    return ns;
  }

  #receiveFrame(message: FrameMessage): void {
    if (this.isOn) {
      this.ports.receive(message);
      return;
    }
    this.ledger.underWay--;
    this.ledger.end('HOST_DOWN');
  }

  #control(request: ControlRequest, from: number): void {
    switch (request.op) {
      case 'exec':
        this.#exec(request, from);
        return;
      case 'cancel':
        this.#running.get(request.target)?.cancel();
        this.#running.delete(request.target);
        return;
      case 'host-fault':
        this.#reply(from, {
          op: 'done',
          id: request.id,
          ...errorOf(this.#hostFault(request.fault)),
        });
        return;
      case 'underlay-fault':
        this.#reply(from, {
          op: 'done',
          id: request.id,
          ...errorOf(this.#underlayFault(request.fault)),
        });
        return;
      case 'wait':
      case 'ready':
      case 'list':
      case 'create':
      case 'observe':
      case 'endpoints':
      case 'stats':
        this.#roleControl(request, from);
    }
  }

  #roleControl(request: ControlRequest, from: number): void {
    const proc = this.programs?.control?.(request);
    if (proc === undefined) {
      this.#reply(from, { op: 'done', id: request.id, error: 'not a control plane' });
      return;
    }
    this.#start(request.op, request.id, from, proc);
  }

  #exec(request: Extract<ControlRequest, { op: 'exec' }>, from: number): void {
    const { id, argv } = request;
    if (this.isOn && this.programs !== undefined) {
      this.#start(`exec ${argv.join(' ')}`, id, from, resultOf(id, this.programs.exec(request)));
      return;
    }
    const nowNs = this.sim.nowNs();
    const result: CommandResult = {
      exitCode: 255,
      stdout: '',
      stderr: `${this.spec.name} is powered off\n`,
      startedNs: nowNs,
      endedNs: nowNs,
      http: [],
    };
    this.#reply(from, { op: 'result', id, result });
  }

  /** Runs a request as a process that replies when it has ended; a cancelled one does not. */
  #start(name: string, id: number, from: number, proc: Proc<ControlReply>): void {
    const replied = this.#replyWhenDone(id, from, proc);
    this.#running.set(id, this.sim.spawn(name, replied));
  }

  *#replyWhenDone(id: number, from: number, proc: Proc<ControlReply>): Proc {
    this.#reply(from, yield* proc);
    this.#running.delete(id);
  }

  #hostFault(fault: HostFault): string | undefined {
    if (fault.kind === 'power') {
      if (fault.on) this.powerOn();
      else this.powerOff();
      return undefined;
    }
    if (fault.kind === 'route') {
      const done = ipCommand(this.ns, [...fault.argv]);
      return done.exitCode === 0 ? undefined : done.stderr;
    }
    if (this.programs?.hostFault === undefined) return `${this.spec.name} has nothing of that kind`;
    return this.programs.hostFault(fault);
  }

  #underlayFault(fault: UnderlayFault): string | undefined {
    const problem = applyToHost(this.ports, fault);
    for (const { number, end } of this.ports) {
      const nic = this.#nics.get(this.spec.nics[number]?.name ?? '');
      nic?.setCarrier(end.isUp);
    }
    return problem;
  }

  #reply(to: number, body: ControlReply): void {
    this.sim.send(to, CONTROL_DELAY_NS, controlMessage(body));
  }
}

/**
 * A machine that talks to thousands of others on its link needs room for them, and connections that keep their
 * window while they are idle, so that a watch event of many segments goes out at once.
 */
function tuneForManyPeers({ sysctl }: NetNs): void {
  sysctl.set('net.ipv4.tcp_slow_start_after_idle', 0);
  sysctl.set('net.ipv4.neigh.default.gc_thresh1', 80_000);
  sysctl.set('net.ipv4.neigh.default.gc_thresh2', 90_000);
  sysctl.set('net.ipv4.neigh.default.gc_thresh3', 100_000);
}

function* resultOf(id: number, proc: Proc<CommandResult>): Proc<ControlReply> {
  return { op: 'result', id, result: yield* proc };
}

function errorOf(error: string | undefined): { error?: string } {
  return error === undefined ? {} : { error };
}
