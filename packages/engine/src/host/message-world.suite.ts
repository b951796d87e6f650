/**
 * What the tests ask of testdata/message-world.ts, and random examples of it.
 */
import { Rng } from '@podwire/base';
import type { ActorPlacement, LinkDeclaration } from '../plan.ts';
import type { RunOptions } from './run.ts';

export interface MessageWorldSpec {
  readonly links: readonly LinkDeclaration[];
  /** Messages that each actor starts with, and how far each goes. */
  readonly startCount: number;
  readonly hops: number;
  /** Chance of a message larger than a ring. */
  readonly bigPpm: number;
  /** Whether clocks tick for ever. */
  readonly endless: boolean;
  readonly stop?: { readonly host: string; readonly requestAtNs: number; readonly aheadNs: number };
  readonly fault?: { readonly host: string; readonly atNs: number; readonly kind: string };
  readonly buildFault?: number;
}

/** A random graph of actors, with a ring through all of them so that news gets everywhere. */
export function randomWorld(seed: string, actorCount: number): MessageWorldSpec {
  const dice = new Rng(seed);
  const links: LinkDeclaration[] = [];
  const join = (from: number, to: number): void => {
    links.push({ from, to, minDelayNs: 20 + dice.below(20) * 10 });
  };
  for (let from = 0; from < actorCount; from++) {
    join(from, (from + 1) % actorCount);
    for (let count = dice.below(3); count > 0; count--) {
      const to = dice.below(actorCount);
      if (to !== from) join(from, to);
    }
  }
  return { links, startCount: 2, hops: 20, bigPpm: 2000, endless: false };
}

/** The options of a run with the actors spread at random over the workers (over none: inline). */
export function placeAtRandom(
  spec: MessageWorldSpec,
  options: { seed: string; actorCount: number; workerCount: number; placement: string },
): RunOptions {
  const { seed, actorCount, workerCount, placement } = options;
  const dice = new Rng(placement);
  const actors: ActorPlacement[] = Array.from({ length: actorCount }, (_, id) => ({
    id,
    name: `host-${id}`,
    // Actor 0 stands for the operator, which is always in the main thread.
    shard: id === 0 || workerCount === 0 ? 0 : 1 + dice.below(workerCount),
  }));
  return {
    moduleUrl: new URL('../../testdata/message-world.ts', import.meta.url).href,
    spec,
    seed,
    actors,
    links: spec.links,
    workerCount,
  };
}
