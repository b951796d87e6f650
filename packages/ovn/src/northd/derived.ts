/**
 * Flows that are made when a packet asks for them: a subtable of a table as a function of the key (docs/adr/0032).
 */
import type { LogicalFlow } from '../lflow.ts';
import type { DerivedRules, Rule } from '../ovs/classifier.ts';
import type { FlowKey } from '../ovs/flow-key.ts';

/** What derived flows are made from: a change of it may change them. */
export const Depends = {
  /** Ports, flows that are written, MAC bindings: what every walk depends on. */
  own: 1,
  nodes: 2,
  services: 4,
} as const;
export type Dependency = keyof typeof Depends;

/** Rules made by a function of the key. */
export function derive(
  depends: number,
  mask: FlowKey,
  maxPriority: number,
  missMask: ((key: FlowKey) => FlowKey) | undefined,
  make: (key: FlowKey) => LogicalFlow | undefined,
): DerivedRules<LogicalFlow> {
  return {
    depends,
    mask,
    maxPriority,
    ...(missMask === undefined ? {} : { missMask }),
    find: (key): Rule<LogicalFlow> | undefined => {
      const value = make(key);
      return value === undefined ? undefined : { priority: value.priority, key, mask, value };
    },
  };
}
