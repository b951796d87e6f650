/**
 * Remembers walks through a base chain: what they found, what they counted, and what they depended on.
 *
 * A walk depends on what it looked at and on nothing else. While fast.ts walks, a `WalkNotes` takes down
 * which bits of the packet were looked at; the result is kept under their values, and every later packet
 * with the same bits, of whatever connection, gets the same verdict, counts and cost without a walk. A walk
 * that asks a match with a memory (limit, statistic, recent, …) or runs a target with an effect is not kept.
 *
 * From: netfilter/tables.ts, which throws all memos away when rules, routes or names of devices change.
 * memo.test.ts holds them against the plain walk.
 */
import { ipLenBytes, isLaterFragment } from '@podwire/wire';
import type { Chain } from './chain.ts';
import {
  ALL_BITS,
  FieldBit,
  HIGH_HALF,
  LOW_HALF,
  PacketFields,
  readFields,
} from './packet-fields.ts';
import {
  type AddressTest,
  type Rule,
  type RuleContext,
  testAddress,
  testInterface,
} from './rule.ts';
import type { WalkResult } from './walk.ts';

/** Memos and sets of masks of one chain; beyond them it starts over. */
const MEMOS_MAX = 512;
const SHAPES_MAX = 12;

/** What one walk looked at and counted. */
export class WalkNotes {
  /** The packet as it was when the walk began. */
  readonly fields: PacketFields;
  /** The bits of it that were looked at. */
  readonly seen: PacketFields = new PacketFields();
  /** Something was asked whose answer may be another next time. */
  isVoid = false;
  readonly chains: Chain[] = [];
  readonly places: number[] = [];

  constructor(fields: PacketFields) {
    this.fields = fields;
  }

  /** An index led past rules: by destination, protocol and destination port. */
  noteIndex(): void {
    this.seen.dst = ALL_BITS;
    this.seen.ports |= LOW_HALF;
    this.seen.meta |= FieldBit.proto | FieldBit.laterFragment;
  }

  /** A rule is tested: takes down what the tests look at, up to the first that fails. */
  noteRule(rule: Rule, context: RuleContext): void {
    const { seen } = this;
    const { packet } = context;
    const { src, dst, inInterface, outInterface } = rule;
    if (src !== undefined) {
      seen.src |= maskOf(src);
      if (!testAddress(src, packet.src)) return;
    }
    if (dst !== undefined) {
      seen.dst |= maskOf(dst);
      if (!testAddress(dst, packet.dst)) return;
    }
    if (inInterface !== undefined) {
      seen.devs |= HIGH_HALF;
      if (!testInterface(inInterface, context.inDev)) return;
    }
    if (outInterface !== undefined) {
      seen.devs |= LOW_HALF;
      if (!testInterface(outInterface, context.outDev)) return;
    }
    if (rule.proto !== 0) {
      seen.meta |= FieldBit.proto;
      if ((rule.proto === packet.proto) === rule.isProtoInverted) return;
    }
    if (rule.fragment !== 'any') {
      seen.meta |= FieldBit.laterFragment;
      if (isLaterFragment(packet) !== (rule.fragment === 'later')) return;
    }
    for (const match of rule.matches) {
      if (match.reads === undefined) {
        this.isVoid = true;
        return;
      }
      seen.add(match.reads);
      if (!match.test(context)) return;
    }
    if (rule.target !== undefined && rule.target.verdict === undefined) this.isVoid = true;
  }

  noteCount(chain: Chain, place: number): void {
    this.chains.push(chain);
    this.places.push(place);
  }
}

/** The bits of an address that a test looks at; what is no IPv4 network is looked at whole. */
function maskOf(test: AddressTest): number {
  return test.network.ip > 0xffffffff ? ALL_BITS : test.mask | 0;
}

export interface WalkMemo {
  /** The packet's bits that the walk looked at, and no others. */
  readonly bits: PacketFields;
  readonly result: WalkResult;
  readonly costNs: number;
  /** Rules that count the packet. */
  readonly chains: readonly Chain[];
  readonly places: readonly number[];
  /** The walk ended by the base chain's policy. */
  readonly isByPolicy: boolean;
}

/** All memos of walks that looked at the same bits. */
class Shape {
  readonly masks: PacketFields;
  readonly #memos: Map<number, WalkMemo> = new Map();

  constructor(masks: PacketFields) {
    this.masks = masks;
  }

  find(of: PacketFields): WalkMemo | undefined {
    const memo = this.#memos.get(hashOf(of, this.masks));
    return memo !== undefined && isSame(memo.bits, of, this.masks) ? memo : undefined;
  }

  /** Of two with one hash the later stays. */
  add(memo: WalkMemo): void {
    this.#memos.set(hashOf(memo.bits, this.masks), memo);
  }
}

export class WalkMemory {
  readonly #base: Chain;
  #shapes: Shape[] = [];
  #memoCount = 0;

  constructor(base: Chain) {
    this.#base = base;
  }

  /** What a walk of this packet would find, if it is known; its counts are made. */
  find(context: RuleContext): WalkMemo | undefined {
    if (!readFields(context, FIELDS)) return undefined;
    const shapes = this.#shapes;
    for (let index = 0; index < shapes.length; index++) {
      const memo = shapes[index]?.find(FIELDS);
      if (memo === undefined) continue;
      this.#count(memo, ipLenBytes(context.packet));
      return memo;
    }
    return undefined;
  }

  /** Paper for the walk of the packet that `find` did not know. */
  takeNotes(context: RuleContext): WalkNotes | undefined {
    const fields = new PacketFields();
    return readFields(context, fields) ? new WalkNotes(fields) : undefined;
  }

  /** Keeps what a walk found, unless it depended on more than the packet's fields. */
  keep(notes: WalkNotes, result: WalkResult, costNs: number): void {
    if (notes.isVoid) return;
    if (this.#memoCount >= MEMOS_MAX) this.forget();
    const { seen, fields, chains, places } = notes;
    let shape = this.#shapes.find((one) => isSame(one.masks, seen, EVERYTHING));
    if (shape === undefined) {
      if (this.#shapes.length >= SHAPES_MAX) this.forget();
      shape = new Shape(seen);
      this.#shapes.push(shape);
    }
    const isByPolicy = result.rule === undefined;
    shape.add({ bits: masked(fields, seen), result, costNs, chains, places, isByPolicy });
    this.#memoCount++;
  }

  forget(): void {
    this.#shapes = [];
    this.#memoCount = 0;
  }

  #count({ chains, places, isByPolicy }: WalkMemo, lenBytes: number): void {
    for (let index = 0; index < chains.length; index++) {
      chains[index]?.count(places[index] ?? 0, lenBytes);
    }
    if (isByPolicy) this.#base.countPolicy(lenBytes);
  }
}

/** The packet that `find` looks for; nothing else happens meanwhile. */
const FIELDS = new PacketFields();
const EVERYTHING = new PacketFields();
EVERYTHING.add({
  src: ALL_BITS,
  dst: ALL_BITS,
  ports: ALL_BITS,
  meta: ALL_BITS,
  mark: ALL_BITS,
  devs: ALL_BITS,
  phys: ALL_BITS,
});

function masked(of: PacketFields, masks: PacketFields): PacketFields {
  const bits = new PacketFields();
  bits.src = of.src & masks.src;
  bits.dst = of.dst & masks.dst;
  bits.ports = of.ports & masks.ports;
  bits.meta = of.meta & masks.meta;
  bits.mark = of.mark & masks.mark;
  bits.devs = of.devs & masks.devs;
  bits.phys = of.phys & masks.phys;
  return bits;
}

/** Whether a packet has the (already masked) bits. */
function isSame(bits: PacketFields, of: PacketFields, masks: PacketFields): boolean {
  return (
    bits.meta === (of.meta & masks.meta) &&
    bits.dst === (of.dst & masks.dst) &&
    bits.src === (of.src & masks.src) &&
    bits.ports === (of.ports & masks.ports) &&
    bits.mark === (of.mark & masks.mark) &&
    bits.devs === (of.devs & masks.devs) &&
    bits.phys === (of.phys & masks.phys)
  );
}

function hashOf(of: PacketFields, masks: PacketFields): number {
  let hash = Math.imul(of.src & masks.src, 0x9e3779b1) ^ Math.imul(of.dst & masks.dst, 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae3d) ^ (of.ports & masks.ports);
  hash = Math.imul(hash ^ (hash >>> 13), 0x27d4eb2f) ^ (of.meta & masks.meta);
  hash = Math.imul(hash ^ (of.mark & masks.mark), 0x165667b1) ^ (of.devs & masks.devs);
  return (hash ^ Math.imul(of.phys & masks.phys, 0x9e3779b1)) | 0;
}
