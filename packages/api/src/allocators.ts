/**
 * Cluster IPs and node ports: ranges with a band that automatic choice avoids (KEP-3070, KEP-3668).
 *
 * As pkg/registry/core/service/{ipallocator,portallocator}: an explicit request may take any free number; an automatic
 * one starts at a random place of the upper band and goes upwards with wrap, then tries the lower band.
 */
import {
  type Cidr,
  type Rng,
  addressAt,
  cidrSize,
  formatIp,
  isIpv4,
  network,
  parseIp,
} from '@podwire/base';
import { ipToBytes } from '@podwire/base';

export type AllocateProblem = 'taken' | 'outside' | 'full';

/** Numbers `first … first + size - 1`, of which the first `offset` are for explicit requests. */
export class BandAllocator {
  readonly #first: number;
  readonly #size: number;
  readonly #offset: number;
  readonly #rng: Rng;
  readonly #taken = new Set<number>();

  constructor(first: number, size: number, offset: number, rng: Rng) {
    this.#first = first;
    this.#size = size;
    this.#offset = offset;
    this.#rng = rng;
  }

  get first(): number {
    return this.#first;
  }

  get last(): number {
    return this.#first + this.#size - 1;
  }

  has(number: number): boolean {
    return this.#taken.has(number);
  }

  get free(): number {
    return this.#size - this.#taken.size;
  }

  take(number: number): AllocateProblem | undefined {
    if (number < this.#first || number > this.last) return 'outside';
    if (this.#taken.has(number)) return 'taken';
    this.#taken.add(number);
    return undefined;
  }

  takeNext(): number | 'full' {
    return (
      this.#takeIn(this.#first + this.#offset, this.#size - this.#offset) ??
      this.#takeIn(this.#first, this.#offset) ??
      'full'
    );
  }

  release(number: number): void {
    this.#taken.delete(number);
  }

  #takeIn(first: number, size: number): number | undefined {
    if (size <= 0) return undefined;
    const start = this.#rng.below(size);
    for (let step = 0; step < size; step++) {
      const number = first + ((start + step) % size);
      if (this.#taken.has(number)) continue;
      this.#taken.add(number);
      return number;
    }
    return undefined;
  }
}

/** calculateRangeOffset of the bitmap allocators: `least` up to `most` numbers, a `share`-th of the range. */
function bandOffset(size: number, least: number, most: number, share: number): number {
  if (size <= least) return 0;
  return Math.min(Math.max(Math.floor(size / share), least), most);
}

/** Node ports, default 30000-32767: the lowest 86 are used last. */
export function nodePortAllocator(first: number, last: number, rng: Rng): BandAllocator {
  const size = last - first + 1;
  return new BandAllocator(first, size, bandOffset(size, 16, 128, 32), rng);
}

/** At most this many addresses of an IPv6 range are used (host numbers stay exact integers). */
const V6_HOSTS_MAX = 2 ** 48;

/** The addresses of one service range. */
export class ClusterIpAllocator {
  readonly range: Cidr;
  readonly #band: BandAllocator;

  constructor(range: Cidr, rng: Rng) {
    this.range = range;
    const size = Math.min(cidrSize(range), V6_HOSTS_MAX);
    // IPv4 leaves out network and broadcast address, IPv6 the first one alone.
    const usable = size - (isIpv4(range.ip) ? 2 : 1);
    this.#band = new BandAllocator(1, usable, bandOffset(size, 16, 256, 16), rng);
  }

  take(address: string): AllocateProblem | undefined {
    const index = this.#indexOf(address);
    return index === undefined ? 'outside' : this.#band.take(index);
  }

  takeNext(): string | undefined {
    const index = this.#band.takeNext();
    return index === 'full' ? undefined : formatIp(addressAt(this.range, index));
  }

  has(address: string): boolean {
    const index = this.#indexOf(address);
    return index !== undefined && this.#band.has(index);
  }

  release(address: string): void {
    const index = this.#indexOf(address);
    if (index !== undefined) this.#band.release(index);
  }

  get free(): number {
    return this.#band.free;
  }

  #indexOf(address: string): number | undefined {
    const ip = parseIp(address);
    if (ip === undefined || isIpv4(ip) !== isIpv4(this.range.ip)) return undefined;
    const from = ipToBytes(network(this.range));
    let difference = 0;
    for (const [at, byte] of ipToBytes(ip).entries())
      difference = difference * 256 + byte - (from[at] ?? 0);
    return difference >= 0 && difference < cidrSize(this.range) ? difference : undefined;
  }
}
