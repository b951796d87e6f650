/**
 * A world on one inline shard, for tests: no placement, no links to declare, no threads.
 */
import { assert } from '@podwire/base';
import { combineDigests } from './digest.ts';
import type { ActorFactory, HostSim } from './host.ts';
import { Kernel } from './kernel.ts';

/** More events than any test needs; an endless loop of events ends here. */
const EVENT_COUNT_MAX = 50_000_000;

export class TestWorld {
  readonly kernel: Kernel;
  readonly hosts: Map<string, HostSim> = new Map();

  constructor(seed: string = 'test') {
    this.kernel = new Kernel({ seed });
  }

  /** Adds an actor; its number is the count of those before it. */
  addHost(name: string, factory?: ActorFactory): HostSim {
    assert(!this.hosts.has(name), `host ${name} exists once`);
    const sim = this.kernel.createActor(this.hosts.size, name, factory);
    this.hosts.set(name, sim);
    return sim;
  }

  get nowNs(): number {
    return this.kernel.nowNs;
  }

  /** Runs all events before `untilNs`, then sets the clock there; returns how many ran. */
  run(untilNs: number): number {
    const count = this.kernel.runUntil(untilNs);
    if (untilNs > this.kernel.nowNs && untilNs <= this.kernel.nextEventNs) {
      this.kernel.advanceTo(untilNs);
    }
    return count;
  }

  /** Runs for a span from now. */
  runFor(spanNs: number): number {
    return this.run(this.nowNs + spanNs);
  }

  /** Runs until no event is left; a world that never falls idle asserts. */
  runToIdle(eventCountMax: number = EVENT_COUNT_MAX): number {
    const count = this.kernel.runUntil(Infinity, eventCountMax);
    assert(count < eventCountMax, `the world falls idle within ${eventCountMax} events`);
    return count;
  }

  /** The run digest so far. */
  get digest(): string {
    return combineDigests(this.kernel.digests());
  }
}
