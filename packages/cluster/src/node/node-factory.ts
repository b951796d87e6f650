/**
 * Makes what runs on a node from its part of the world's spec.
 */
import type { ProgramFactory } from '../world.ts';
import { NodePrograms } from './node-programs.ts';

export const nodePrograms: ProgramFactory = (host, spec) => {
  if (spec.node === undefined) throw new Error(`node ${spec.name} has no configuration`);
  return new NodePrograms(host, spec.node);
};
