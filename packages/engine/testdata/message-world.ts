/**
 * A world for tests: actors on a random graph that send each other messages, set and cancel timers and
 * run processes, all drawn from their own streams. Loaded by URL into every shard.
 */
import { type BuildShard, type HostSim, type Message, type Proc, sleep } from '../src/index.ts';
import type { MessageWorldSpec } from '../src/host/message-world.suite.ts';

interface Hop extends Message {
  readonly kind: 'hop';
  readonly hopsLeft: number;
  readonly body: Uint8Array;
}

const codec = {
  encode(message: Message): Uint8Array {
    const hop = message as Hop;
    const bytes = new Uint8Array(4 + hop.body.length);
    new DataView(bytes.buffer).setUint32(0, hop.hopsLeft);
    bytes.set(hop.body, 4);
    return bytes;
  },
  decode(bytes: Uint8Array): Hop {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return { kind: 'hop', hopsLeft: view.getUint32(0), body: bytes.subarray(4) };
  },
};

class Player {
  readonly #sim: HostSim;
  readonly #spec: MessageWorldSpec;
  readonly #links: readonly { to: number; minDelayNs: number }[];
  received = 0;
  bytes = 0;

  constructor(sim: HostSim, spec: MessageWorldSpec) {
    this.#sim = sim;
    this.#spec = spec;
    this.#links = spec.links.filter((link) => link.from === sim.id);
    for (let count = 0; count < spec.startCount; count++) {
      sim.schedule(sim.rng('start').below(1000), () => this.#sendOne(spec.hops));
    }
    if (spec.fault !== undefined && spec.fault.host === sim.name) {
      sim.schedule(spec.fault.atNs, () => this.#fail(spec.fault?.kind ?? ''));
    }
    if (spec.stop !== undefined && spec.stop.host === sim.name) {
      const { requestAtNs, aheadNs } = spec.stop;
      sim.schedule(requestAtNs, () => sim.requestStop(sim.nowNs() + aheadNs + sim.stopAheadNs));
    }
    if (spec.endless) sim.spawn('clock', this.#tick());
    sim.spawn('worker', this.#work());
  }

  receive(message: Message, from: number): void {
    const hop = message as Hop;
    this.received++;
    this.bytes += hop.body.length;
    this.#sim.digest(from * 1000 + hop.body.length);
    if (hop.body.length > 0) this.#sim.digest(hop.body[hop.body.length - 1] ?? 0);
    if (hop.hopsLeft === 0) return;
    const dice = this.#sim.rng('dice');
    const timer = this.#sim.after(dice.below(300), () => this.#sendOne(hop.hopsLeft - 1));
    if (dice.ppm(100_000)) timer.cancel();
    if (dice.ppm(100_000)) this.#sendOne(hop.hopsLeft - 1);
  }

  #sendOne(hopsLeft: number): void {
    if (this.#links.length === 0) return;
    const dice = this.#sim.rng('dice');
    const link = dice.pick(this.#links);
    const size = dice.ppm(this.#spec.bigPpm) ? dice.below(300_000) : dice.below(60);
    const body = new Uint8Array(size).fill(dice.below(256));
    const message: Hop = { kind: 'hop', hopsLeft, body };
    this.#sim.send(link.to, link.minDelayNs + dice.below(4) * 50, message);
  }

  *#work(): Proc {
    const dice = this.#sim.rng('work');
    for (let count = 0; count < 20; count++) {
      yield* sleep(dice.below(500));
      this.#sim.digest(count);
    }
  }

  *#tick(): Proc {
    for (;;) yield* sleep(100);
  }

  #fail(kind: string): void {
    switch (kind) {
      case 'throw':
        throw new Error('boom');
      case 'exit':
        process.exit(3);
        break;
      case 'memory': {
        const hoard: unknown[] = [];
        for (;;) hoard.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
        break;
      }
      case 'loop':
        // Endless, but made of events.
        this.#sim.schedule(0, () => this.#fail(kind));
        break;
    }
  }
}

export const build: BuildShard = (spec, context) => {
  const world = spec as MessageWorldSpec;
  if (world.buildFault === context.shard) throw new Error('cannot build');
  const players: Player[] = [];
  for (const { id, name, shard } of context.actors) {
    if (shard !== context.shard) continue;
    context.kernel.createActor(id, name, (sim) => {
      const player = new Player(sim, world);
      players.push(player);
      return player;
    });
  }
  return {
    codec,
    collect: () => players.reduce((sum, player) => sum + player.received, 0),
    inspect: (query) => `${String(query)}: ${players.length} actors`,
  };
};
