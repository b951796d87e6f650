/**
 * The run digest: a rolling hash per actor over its events, combined by actor number.
 *
 * An actor's events and their order do not depend on the placement, so neither does its hash; the
 * combination goes by actor number. 64 bits, in two lanes of 32, since BigInt would cost more than
 * the events.
 */
import { hashText, mix32 } from '@podwire/base';
import type { ActorId } from './host.ts';

export interface ActorDigest {
  readonly id: ActorId;
  readonly name: string;
  readonly events: number;
  readonly high: number;
  readonly low: number;
}

/** The rolling hash of one actor. */
export class RollingDigest {
  high: number;
  low: number;

  constructor(name: string) {
    this.high = hashText(name, 0x2545f491);
    this.low = hashText(name, 0x6c62272e);
  }

  /** Folds 32 bits. */
  fold32(value: number): void {
    const high = Math.imul(this.high ^ value, 0x9e3779b1);
    this.high = (high << 13) | (high >>> 19);
    const low = Math.imul(this.low ^ this.high, 0x85ebca6b);
    this.low = (low << 15) | (low >>> 17);
  }

  /** Folds the key of an event. */
  foldEvent(atNs: number, src: number, srcSeq: number): void {
    const atHigh = Math.floor(atNs / 2 ** 32);
    this.fold32((atNs | 0) ^ Math.imul(src, 0x27d4eb2f));
    this.fold32(srcSeq ^ Math.imul(atHigh, 0x165667b1));
  }

  /** Folds an integer of up to 53 bits. */
  fold(value: number): void {
    this.fold32(value | 0);
    this.fold32(Math.floor(value / 2 ** 32) | 0);
  }
}

/** The digest of a whole run, in 16 hexadecimal digits. */
export function combineDigests(actors: readonly ActorDigest[]): string {
  const all = new RollingDigest('run');
  for (const actor of [...actors].sort((a, b) => a.id - b.id)) {
    all.fold32(actor.id);
    all.fold32(actor.high);
    all.fold32(actor.low);
  }
  return hex32(mix32(all.high)) + hex32(mix32(all.low));
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
