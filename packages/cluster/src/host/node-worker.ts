/**
 * The module that every thread loads: builds the shard's part of the world.
 */
import type { BuildShard } from '@podwire/engine';
import { buildWorld } from '../world.ts';
import type { WorldSpec } from '../world-spec.ts';

export const build: BuildShard = (spec, context) => buildWorld(spec as WorldSpec, context);
