/**
 * What plugins worked out for a shape of pods, with what it was worked out from.
 */
import type { SpreadConstraint } from './plugins/spread-constraints.ts';
import type { TermGroup } from './pod-index.ts';

export interface ShapeMemo {
  /** Own topology spread constraints. */
  hard?: readonly SpreadConstraint[];
  soft?: readonly SpreadConstraint[];
  defaults?: {
    /** The owner's identity and the version of the services for which the constraints hold. */
    readonly ownerText: string;
    readonly ownerSelector: unknown;
    readonly servicesVersion: number;
    readonly constraints: readonly SpreadConstraint[];
  };
  /** Terms of other pods that speak of this shape. */
  barredBy?: TermMatches;
  weighedBy?: TermMatches;
}

export interface TermMatches {
  readonly indexVersion: number;
  /** Identity of the map of namespaces. */
  readonly namespaces: unknown;
  readonly groups: readonly TermGroup[];
}
