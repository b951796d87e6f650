/**
 * The module of the worker threads: builds a shard of nodes.
 *
 * Most of a worker's start is loading modules. Workers hold nodes only, so this reaches what a node needs and nothing of
 * the control plane (ADR 16).
 */
import type { BuildShard } from '@podwire/engine/host';
import { nodePrograms } from '../node/node-factory.ts';
import { buildWorld } from '../world.ts';
import type { WorldSpec } from '../world-spec.ts';

export const build: BuildShard = (spec, context) =>
  buildWorld(spec as WorldSpec, context, new Map([['node', nodePrograms]]));
