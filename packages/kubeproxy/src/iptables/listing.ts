/**
 * The chains that list services, as long as there are services: made of pieces that versions share.
 */
import type { RulePieces, SharedChain } from '@podwire/netstack';

/** The chains that list services. */
export interface Listing {
  readonly natServices: SharedChain;
  readonly natNodePorts: SharedChain;
  readonly filterServices: SharedChain;
  readonly filterExternal: SharedChain;
  readonly filterFirewall: SharedChain;
}

/** A chain that lists services. */
export class ListingChain implements SharedChain {
  readonly name: string;
  readonly index: RulePieces;

  constructor(name: string, pieces: RulePieces) {
    this.name = name;
    this.index = pieces;
  }

  get rules(): SharedChain['rules'] {
    return this.index.rules;
  }

  get length(): number {
    return this.index.length;
  }
}
