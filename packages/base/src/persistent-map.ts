/**
 * A map with text keys that never changes: a change gives a new map that shares all it did not touch.
 *
 * For copies of one thing that many hold at different ages: versions cost what they differ in, in memory
 * and in time, and `diff` of two versions looks only at where they part. A trie over 32-bit hashes of the
 * keys, five bits a level, with small buckets at its ends. Iteration is in the order of the hashes, which
 * depends on the keys and on how the map grew: sort what must have an order.
 */
import { hashText } from './rng.ts';

const BITS = 5;
const FAN = 1 << BITS;
const BUCKET_MAX = 12;
/** Where all bits of a hash are spent, keys share a bucket of any size. */
const LAST_SHIFT = 30;

interface Bucket<V> {
  readonly kind: 'bucket';
  readonly owner: object;
  readonly keys: string[];
  readonly values: V[];
}

interface Branch<V> {
  readonly kind: 'branch';
  readonly owner: object;
  readonly children: (Node<V> | undefined)[];
}

type Node<V> = Bucket<V> | Branch<V>;

export class PersistentMap<V> {
  readonly size: number;
  readonly #root: Node<V> | undefined;

  constructor(root?: Node<V>, size = 0) {
    this.#root = root;
    this.size = size;
  }

  get(key: string): V | undefined {
    return this.#root === undefined ? undefined : find(this.#root, key, hashText(key), 0);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: V): PersistentMap<V> {
    return this.with([[key, value]]);
  }

  delete(key: string): PersistentMap<V> {
    return this.with([[key, undefined]]);
  }

  /** Many changes at once; `undefined` deletes. The same map when nothing changes. */
  with(changes: Iterable<readonly [string, V | undefined]>): PersistentMap<V> {
    const owner = {};
    let root = this.#root;
    let size = this.size;
    for (const [key, value] of changes) {
      const hash = hashText(key);
      const old = root === undefined ? undefined : find(root, key, hash, 0);
      if (old === value) continue;
      if (value === undefined) {
        root = root === undefined ? undefined : remove(root, key, hash, 0, owner);
        size--;
        continue;
      }
      if (old === undefined) size++;
      root =
        root === undefined
          ? { kind: 'bucket', owner, keys: [key], values: [value] }
          : put(root, key, value, hash, 0, owner);
    }
    return root === this.#root && size === this.size ? this : new PersistentMap(root, size);
  }

  *entries(): IterableIterator<[string, V]> {
    if (this.#root !== undefined) yield* walk(this.#root);
  }

  *keys(): IterableIterator<string> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  /** Calls with every key whose value is not the same object in both: here, and there. */
  diff(
    other: PersistentMap<V>,
    visit: (key: string, here: V | undefined, there: V | undefined) => void,
  ): void {
    compare(this.#root, other.#root, 0, visit);
  }
}

function find<V>(root: Node<V>, key: string, hash: number, from: number): V | undefined {
  let node: Node<V> | undefined = root;
  for (let shift = from; node !== undefined; shift += BITS) {
    if (node.kind === 'bucket') {
      const at = node.keys.indexOf(key);
      return at < 0 ? undefined : node.values[at];
    }
    node = node.children[(hash >>> shift) & (FAN - 1)];
  }
  return undefined;
}

function put<V>(
  node: Node<V>,
  key: string,
  value: V,
  hash: number,
  shift: number,
  owner: object,
): Node<V> {
  if (node.kind === 'branch') {
    const own = ownBranch(node, owner);
    const slot = (hash >>> shift) & (FAN - 1);
    const child = own.children[slot];
    own.children[slot] =
      child === undefined
        ? { kind: 'bucket', owner, keys: [key], values: [value] }
        : put(child, key, value, hash, shift + BITS, owner);
    return own;
  }
  const at = node.keys.indexOf(key);
  if (at < 0 && node.keys.length >= BUCKET_MAX && shift <= LAST_SHIFT) {
    return put(split(node, shift, owner), key, value, hash, shift, owner);
  }
  const own = ownBucket(node, owner);
  if (at < 0) {
    own.keys.push(key);
    own.values.push(value);
  } else own.values[at] = value;
  return own;
}

function split<V>(bucket: Bucket<V>, shift: number, owner: object): Branch<V> {
  const children: (Node<V> | undefined)[] = Array.from({ length: FAN });
  bucket.keys.forEach((key, at) => {
    const slot = (hashText(key) >>> shift) & (FAN - 1);
    let child = children[slot];
    if (child === undefined) {
      child = { kind: 'bucket', owner, keys: [], values: [] };
      children[slot] = child;
    }
    if (child.kind === 'branch') return;
    child.keys.push(key);
    child.values.push(bucket.values[at] as V);
  });
  return { kind: 'branch', owner, children };
}

/** The key is there. */
function remove<V>(
  node: Node<V>,
  key: string,
  hash: number,
  shift: number,
  owner: object,
): Node<V> | undefined {
  if (node.kind === 'branch') {
    const slot = (hash >>> shift) & (FAN - 1);
    const child = node.children[slot];
    if (child === undefined) return node;
    const own = ownBranch(node, owner);
    own.children[slot] = remove(child, key, hash, shift + BITS, owner);
    return own.children.every((one) => one === undefined) ? undefined : own;
  }
  if (node.keys.length === 1) return undefined;
  const own = ownBucket(node, owner);
  const at = own.keys.indexOf(key);
  own.keys.splice(at, 1);
  own.values.splice(at, 1);
  return own;
}

function ownBranch<V>(node: Branch<V>, owner: object): Branch<V> {
  if (node.owner === owner) return node;
  return { kind: 'branch', owner, children: node.children.slice() };
}

function ownBucket<V>(node: Bucket<V>, owner: object): Bucket<V> {
  if (node.owner === owner) return node;
  return { kind: 'bucket', owner, keys: node.keys.slice(), values: node.values.slice() };
}

function* walk<V>(node: Node<V>): IterableIterator<[string, V]> {
  if (node.kind === 'bucket') {
    for (let at = 0; at < node.keys.length; at++) {
      yield [node.keys[at] as string, node.values[at] as V];
    }
    return;
  }
  for (const child of node.children) if (child !== undefined) yield* walk(child);
}

function compare<V>(
  here: Node<V> | undefined,
  there: Node<V> | undefined,
  shift: number,
  visit: (key: string, here: V | undefined, there: V | undefined) => void,
): void {
  if (here === there) return;
  if (here?.kind === 'branch' && there?.kind === 'branch') {
    for (let slot = 0; slot < FAN; slot++) {
      compare(here.children[slot], there.children[slot], shift + BITS, visit);
    }
    return;
  }
  const seek = (root: Node<V> | undefined, key: string): V | undefined =>
    root === undefined ? undefined : find(root, key, hashText(key), shift);
  if (here !== undefined) {
    each(here, (key, value) => {
      const other = seek(there, key);
      if (other !== value) visit(key, value, other);
    });
  }
  if (there !== undefined) {
    each(there, (key, value) => {
      if (seek(here, key) === undefined) visit(key, undefined, value);
    });
  }
}

function each<V>(node: Node<V>, visit: (key: string, value: V) => void): void {
  if (node.kind === 'bucket') {
    for (let at = 0; at < node.keys.length; at++) {
      visit(node.keys[at] as string, node.values[at] as V);
    }
    return;
  }
  for (const child of node.children) if (child !== undefined) each(child, visit);
}
