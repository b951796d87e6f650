/**
 * A long list of rules in pieces, so that a changed list shares what stays with the one before.
 *
 * For chains that many namespaces hold at different ages, as kube-proxy's list of Services: a run of
 * rules per key, in order of key. A change replaces the pieces that it touches, each with its small index
 * (rule-index.ts). All versions of a list share one directory: which pieces may hold a destination or
 * port. It only grows (a piece that no longer holds the key is asked in vain) until it is mostly stale;
 * so a changed Service costs the same among 10 and among 10,000.
 */
import type { Ip } from '@podwire/base';
import type { Rule } from './rule.ts';
import { type ChainIndex, FlatIndex, NetworkMap, firstFrom, networkOf } from './rule-index.ts';

/** Runs in a piece before it is split in two. */
const PIECE_MAX = 256;
/** The slot of rules behind all pieces (`withTail`). */
const TAIL_SLOT = 0;
/** A directory is begun anew when it has this much more than twice the rules of a list. */
const DIRECTORY_SLACK = 4096;

interface Piece {
  /** The same for the versions of a piece; a split gives a new one. */
  readonly slot: number;
  readonly keys: readonly string[];
  readonly runs: readonly (readonly Rule[])[];
  readonly rules: readonly Rule[];
  index: FlatIndex | undefined;
  /** The directory that has its keys. */
  directory: Directory | undefined;
}

/** From a key to the slots that may hold it. */
class Directory {
  readonly byDst: NetworkMap<number[]> = new NetworkMap();
  readonly byPort: Map<number, number[]> = new Map();
  entries = 0;

  add(piece: Piece, index: FlatIndex): void {
    piece.directory = this;
    for (const { mask, networks } of index.byDst.masks) {
      const slots = this.byDst.of(mask);
      for (const network of networks.keys()) this.#add(slots, network, piece.slot);
    }
    for (const port of index.byPort.keys()) this.#add(this.byPort, port, piece.slot);
  }

  #add<K>(map: Map<K, number[]>, key: K, slot: number): void {
    const slots = map.get(key);
    if (slots === undefined) map.set(key, [slot]);
    else if (slots.includes(slot)) return;
    else slots.push(slot);
    this.entries++;
  }
}

/** Slot numbers and the directory of all versions of one list. */
interface Lineage {
  nextSlot: number;
  directory: Directory;
}

export class RulePieces implements ChainIndex {
  readonly #pieces: readonly Piece[];
  readonly #lineage: Lineage;
  readonly #tail: Piece | undefined;
  #flat: readonly Rule[] | undefined;
  /** Places where the pieces start, and the end. */
  #starts: Int32Array | undefined;
  #lookup: Lookup | undefined;

  constructor(pieces: readonly Piece[] = [], lineage?: Lineage, tail?: Piece) {
    this.#pieces = pieces;
    this.#lineage = lineage ?? { nextSlot: TAIL_SLOT + 1, directory: new Directory() };
    this.#tail = tail;
  }

  /** The runs of these keys replaced, added or (undefined) taken away. */
  with(changes: ReadonlyMap<string, readonly Rule[] | undefined>): RulePieces {
    if (changes.size === 0) return this;
    const sorted = [...changes].sort(([left], [right]) => (left < right ? -1 : 1));
    const old = this.#pieces;
    const next: Piece[] = [];
    let hasChanged = false;
    let at = 0;
    for (let number = 0; number < Math.max(1, old.length); number++) {
      const piece = old[number];
      const end = old[number + 1]?.keys[0];
      const from = at;
      while (at < sorted.length && (end === undefined || (sorted[at]?.[0] ?? '') < end)) at++;
      const merged = from === at ? undefined : merge(piece, sorted.slice(from, at));
      if (merged === undefined) {
        if (piece !== undefined) next.push(piece);
        continue;
      }
      hasChanged = true;
      next.push(...this.#cut(piece, merged));
    }
    return hasChanged ? new RulePieces(next, this.#lineage, this.#tail) : this;
  }

  /** The same list with these rules behind it; the array stands for itself, so give the same one again. */
  withTail(rules: readonly Rule[]): RulePieces {
    let tail = TAILS.get(rules);
    if (tail === undefined) {
      tail = makePiece(TAIL_SLOT, [''], [rules]);
      TAILS.set(rules, tail);
    }
    return new RulePieces(this.#pieces, this.#lineage, tail);
  }

  /** All rules in one array, made when first asked for. */
  get rules(): readonly Rule[] {
    this.#flat ??= this.#all().flatMap((piece) => piece.rules);
    return this.#flat;
  }

  get length(): number {
    const starts = this.#places();
    return starts[starts.length - 1] ?? 0;
  }

  rule(place: number): Rule | undefined {
    const number = this.#pieceAt(place);
    return this.#piece(number)?.rules[place - (this.#places()[number] ?? 0)];
  }

  next(at: number, dst: Ip, portKey: number): number {
    const { general, numberOf, directory } = this.#index();
    let best = Number.POSITIVE_INFINITY;
    for (const number of general) {
      best = this.#placeOf(number, at, this.#piece(number)?.index?.general);
      if (best < Number.POSITIVE_INFINITY) break;
    }
    for (const { mask, networks } of directory.byDst.masks) {
      const network = networkOf(dst, mask);
      for (const slot of networks.get(network) ?? NONE) {
        const number = numberOf.get(slot) ?? -1;
        const places = this.#piece(number)?.index?.byDst.of(mask).get(network);
        const found = this.#placeOf(number, at, places);
        if (found < best) best = found;
      }
    }
    for (const slot of directory.byPort.get(portKey) ?? NONE) {
      const number = numberOf.get(slot) ?? -1;
      const found = this.#placeOf(number, at, this.#piece(number)?.index?.byPort.get(portKey));
      if (found < best) best = found;
    }
    return best;
  }

  callsBefore(proto: number, place: number): number {
    const sums = this.#index().calls.get(proto);
    if (sums === undefined) return 0;
    const end = Math.min(place, this.length);
    const number = this.#pieceAt(end);
    const start = this.#places()[number] ?? 0;
    const inside = this.#piece(number)?.index?.callsBefore(proto, end - start) ?? 0;
    return (sums[number] ?? 0) + inside;
  }

  /** The first place from `at` on of those (counted from the piece's start) that a piece has. */
  #placeOf(number: number, at: number, places: readonly number[] | undefined): number {
    const start = this.#places()[number] ?? 0;
    return start + firstFrom(places, at - start);
  }

  /** A piece's new runs as one piece, or as several when they have become too many. */
  #cut(old: Piece | undefined, { keys, runs }: Pick<Piece, 'keys' | 'runs'>): Piece[] {
    const parts = keys.length <= PIECE_MAX ? 1 : Math.ceil(keys.length / (PIECE_MAX / 2));
    const size = Math.ceil(keys.length / parts);
    const pieces: Piece[] = [];
    for (let from = 0; from < keys.length; from += size) {
      const slot = from === 0 && old !== undefined ? old.slot : this.#lineage.nextSlot++;
      pieces.push(makePiece(slot, keys.slice(from, from + size), runs.slice(from, from + size)));
    }
    return pieces;
  }

  #all(): readonly Piece[] {
    return this.#tail === undefined ? this.#pieces : [...this.#pieces, this.#tail];
  }

  #piece(number: number): Piece | undefined {
    return number === this.#pieces.length ? this.#tail : this.#pieces[number];
  }

  #places(): Int32Array {
    if (this.#starts === undefined) {
      const pieces = this.#all();
      const starts = new Int32Array(pieces.length + 1);
      pieces.forEach((piece, number) => {
        starts[number + 1] = (starts[number] ?? 0) + piece.rules.length;
      });
      this.#starts = starts;
    }
    return this.#starts;
  }

  /** The number of the piece that has this place. */
  #pieceAt(place: number): number {
    const starts = this.#places();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((starts[middle] ?? 0) <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #index(): Lookup {
    this.#lookup ??= this.#buildIndex();
    return this.#lookup;
  }

  #buildIndex(): Lookup {
    const lineage = this.#lineage;
    if (lineage.directory.entries > 2 * this.length + DIRECTORY_SLACK) {
      lineage.directory = new Directory();
    }
    const { directory } = lineage;
    const pieces = this.#all();
    const general: number[] = [];
    const numberOf = new Map<number, number>();
    const calls = new Map<number, Float64Array>();
    pieces.forEach((piece, number) => {
      piece.index ??= new FlatIndex(piece.rules);
      if (piece.directory !== directory) directory.add(piece, piece.index);
      numberOf.set(piece.slot, number);
      if (piece.index.general.length > 0) general.push(number);
      for (const proto of piece.index.calls.keys()) {
        if (!calls.has(proto)) calls.set(proto, new Float64Array(pieces.length + 1));
      }
    });
    for (const [proto, sums] of calls) {
      pieces.forEach((piece, number) => {
        const own = piece.index?.callsBefore(proto, piece.rules.length) ?? 0;
        sums[number + 1] = (sums[number] ?? 0) + own;
      });
    }
    return { general, numberOf, calls, directory };
  }
}

/** What a lookup needs, made when a list is first looked up. */
interface Lookup {
  /** Numbers of pieces with rules that are under no key. */
  readonly general: readonly number[];
  readonly numberOf: ReadonlyMap<number, number>;
  /** By protocol: calls of all pieces in front of one. */
  readonly calls: ReadonlyMap<number, Float64Array>;
  readonly directory: Directory;
}

const NONE: readonly number[] = [];
const TAILS = new WeakMap<readonly Rule[], Piece>();

function makePiece(
  slot: number,
  keys: readonly string[],
  runs: readonly (readonly Rule[])[],
): Piece {
  return { slot, keys, runs, rules: runs.flat(), index: undefined, directory: undefined };
}

/** A piece's runs with changes in order of key; undefined when they change nothing. */
function merge(
  piece: Piece | undefined,
  changes: readonly (readonly [string, readonly Rule[] | undefined])[],
): Pick<Piece, 'keys' | 'runs'> | undefined {
  const keys: string[] = [];
  const runs: (readonly Rule[])[] = [];
  const oldKeys = piece?.keys ?? [];
  let hasChanged = false;
  let at = 0;
  const keep = (): void => {
    keys.push(oldKeys[at] ?? '');
    runs.push(piece?.runs[at] ?? []);
    at++;
  };
  for (const [key, run] of changes) {
    while (at < oldKeys.length && (oldKeys[at] ?? '') < key) keep();
    const isThere = at < oldKeys.length && oldKeys[at] === key;
    const old = isThere ? piece?.runs[at] : undefined;
    if (isThere) at++;
    if (old !== run) hasChanged = true;
    if (run === undefined) continue;
    keys.push(key);
    runs.push(run);
  }
  while (at < oldKeys.length) keep();
  return hasChanged ? { keys, runs } : undefined;
}
