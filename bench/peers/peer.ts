/**
 * What a comparison with a peer gives: figures of both, taken in turn, and their ratio.
 */
import { median, spread } from '../src/measure.ts';

export interface PeerRow {
  readonly what: string;
  readonly unit: string;
  readonly podwire: number;
  readonly peer: number;
  /** How many times as good podwire is: the median of the pairs. */
  readonly ratio: number;
  readonly spread: number;
  /** What else is to be known of the two. */
  readonly note?: string;
}

export interface Peer {
  readonly name: string;
  /** What is missing, and how it is brought; undefined: all is there. */
  missing(): string | undefined;
  /** Rows as they come. */
  compare(options: { readonly pairs: number }): Iterable<PeerRow>;
}

/** One figure of podwire and one of the peer, measured after each other. */
export type Pair = readonly [podwire: number, peer: number];

/** Measures pairs, podwire first in every other one. */
export function pairs<A, B>(
  count: number,
  podwire: () => A,
  peer: () => B,
): (readonly [podwire: A, peer: B])[] {
  return Array.from({ length: count }, (_, number) => {
    if (number % 2 === 0) return [podwire(), peer()] as const;
    const other = peer();
    return [podwire(), other] as const;
  });
}

export function rowOf(
  what: string,
  unit: string,
  figures: readonly Pair[],
  options: { readonly isLessBetter?: boolean; readonly note?: string } = {},
): PeerRow {
  const ratios = figures.map(([podwire, peer]) =>
    options.isLessBetter === true ? peer / podwire : podwire / peer,
  );
  return {
    what,
    unit,
    podwire: median(figures.map(([podwire]) => podwire)),
    peer: median(figures.map(([, peer]) => peer)),
    ratio: median(ratios),
    spread: spread(ratios),
    ...(options.note === undefined ? {} : { note: options.note }),
  };
}
