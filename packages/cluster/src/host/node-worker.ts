/**
 * The module that every thread loads: builds the shard's part of the world.
 *
 * What hosts run is loaded by role, since most of a worker's start is loading modules: a worker holds nodes
 * only and needs no scheduler; the control plane and the outside hosts run on the main thread (ADR 16).
 */
import type { BuildShard } from '@podwire/engine/host';
import { type ProgramFactory, buildWorld } from '../world.ts';
import type { HostRole, WorldSpec } from '../world-spec.ts';

const LOADERS: Readonly<Record<HostRole, () => Promise<ProgramFactory>>> = {
  node: async () => {
    const { NodePrograms } = await import('../node/node-programs.ts');
    return (host, spec) => {
      if (spec.node === undefined) throw new Error(`node ${spec.name} has no configuration`);
      return new NodePrograms(host, spec.node);
    };
  },
  'control-plane': async () => {
    const { ControlPlanePrograms } = await import('../control-plane/control-plane.ts');
    return (host) => new ControlPlanePrograms(host);
  },
  router: async () => (await import('../outside.ts')).routerPrograms,
  client: async () => (await import('../outside.ts')).outsidePrograms,
  'upstream-dns': async () => (await import('../outside.ts')).upstreamDnsPrograms,
};

export const build: BuildShard = async (spec, context) => {
  const world = spec as WorldSpec;
  const roles = new Set<HostRole>();
  world.actors.forEach((actor, id) => {
    if (actor.kind === 'host' && context.actors[id]?.shard === context.shard) roles.add(actor.role);
  });
  const factories = new Map<HostRole, ProgramFactory>();
  for (const role of roles) factories.set(role, await LOADERS[role]());
  return buildWorld(world, context, factories);
};
