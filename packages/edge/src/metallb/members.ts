/**
 * Which speakers are alive: a memberlist in each of them, over UDP port 7946 (hashicorp/memberlist as MetalLB sets it up).
 *
 * Each second a member asks the next of the others; who does not answer within the second is suspected, and is dead when
 * it has not answered four seconds later. The news goes to all. A member that leaves says so itself.
 *
 * Simplified: messages are words; others are not asked to ask, and do not hear of a mere suspicion.
 */
import { type Ip, NS_PER_MS, NS_PER_SEC } from '@podwire/base';
import { type HostSim, type Proc, type Process, Signal, sleep } from '@podwire/engine';
import { type NetNs, type UdpSocket, isErrno, udpOpen } from '@podwire/netstack';
import { payloadFromText, payloadText } from '@podwire/wire';

/** METALLB_ML_BIND_PORT. */
const PORT = 7946;
/** ProbeInterval of DefaultLANConfig; an answer must come within it, by whatever way. */
const PROBE_NS = NS_PER_SEC;
/** SuspicionMult 4, times the interval, times log10 of the members where there are more than ten. */
const SUSPICION_MULT = 4;

export class Members {
  /** Notified when somebody came or went. */
  readonly changed: Signal = new Signal();
  readonly #sim: HostSim;
  readonly #me: string;
  /** All that there should be, by node. */
  readonly #peers: () => ReadonlyMap<string, Ip>;
  readonly #socket: UdpSocket | undefined;
  readonly #processes: Process[] = [];
  readonly #dead = new Set<string>();
  readonly #heardNs = new Map<string, number>();
  readonly #suspectedNs = new Map<string, number>();

  constructor(
    sim: HostSim,
    ns: NetNs,
    options: { readonly me: string; readonly peers: () => ReadonlyMap<string, Ip> },
  ) {
    this.#sim = sim;
    this.#me = options.me;
    this.#peers = options.peers;
    const socket = udpOpen(ns, { port: PORT, process: '("speaker",pid=1,fd=9)' });
    if (isErrno(socket)) return;
    this.#socket = socket;
    this.#processes.push(
      sim.spawn('memberlist listen', this.#listen(socket)),
      sim.spawn('memberlist probe', this.#probe()),
    );
  }

  isAlive(node: string): boolean {
    return node === this.#me || (this.#peers().has(node) && !this.#dead.has(node));
  }

  /** Says goodbye: the others need not find out. */
  leave(): void {
    this.#tellAll(`leave ${this.#me}`);
  }

  stop(): void {
    for (const process of this.#processes) process.cancel();
    this.#socket?.close();
  }

  *#listen(socket: UdpSocket): Proc {
    for (;;) {
      const got = yield* socket.recv();
      if (typeof got === 'string') {
        if (socket.isClosed) return;
        continue;
      }
      const [word = '', node = ''] = payloadText(got.payload).split(' ');
      if (word === 'ping' || word === 'ack') {
        this.#heard(node);
        if (word === 'ping') this.#send(got.fromIp, `ack ${this.#me}`);
      } else if (node !== this.#me) this.#lost(node);
    }
  }

  *#probe(): Proc {
    // Members do not all ask at the same moment.
    yield* sleep(this.#sim.rng(`memberlist/${this.#me}`).below(1000) * NS_PER_MS);
    for (let turn = 0; ; turn++) {
      const others = [...this.#peers()].filter(([node]) => node !== this.#me);
      const next = others[turn % Math.max(others.length, 1)];
      // Those under suspicion are asked each time: an answer clears them.
      const asked = others.filter(([node]) => node === next?.[0] || this.#suspectedNs.has(node));
      const sentNs = this.#sim.nowNs();
      for (const [, ip] of asked) this.#send(ip, `ping ${this.#me}`);
      yield* sleep(PROBE_NS);
      for (const [node] of asked) {
        if ((this.#heardNs.get(node) ?? -1) >= sentNs || this.#dead.has(node)) continue;
        this.#suspect(node, others.length + 1);
      }
    }
  }

  #suspect(node: string, memberCount: number): void {
    const nowNs = this.#sim.nowNs();
    const sinceNs = this.#suspectedNs.get(node);
    if (sinceNs === undefined) {
      this.#suspectedNs.set(node, nowNs);
      return;
    }
    const scale = Math.max(1, Math.log10(memberCount));
    if (nowNs - sinceNs < Math.round(SUSPICION_MULT * scale) * PROBE_NS) return;
    this.#lost(node);
    this.#tellAll(`dead ${node}`);
  }

  #heard(node: string): void {
    this.#heardNs.set(node, this.#sim.nowNs());
    this.#suspectedNs.delete(node);
    if (this.#dead.delete(node)) this.changed.notify();
  }

  #lost(node: string): void {
    this.#suspectedNs.delete(node);
    if (this.#dead.has(node)) return;
    this.#dead.add(node);
    this.changed.notify();
  }

  #tellAll(text: string): void {
    for (const [node, ip] of this.#peers()) {
      if (node !== this.#me && !this.#dead.has(node)) this.#send(ip, text);
    }
  }

  #send(ip: Ip, text: string): void {
    this.#socket?.sendTo(ip, PORT, payloadFromText(text));
  }
}
