/**
 * The module of the main thread: builds its shard's part of the world, which may have every role.
 *
 * What hosts run is loaded by role: with workers, the main thread runs no node (ADR 16).
 */
import type { BuildShard } from '@podwire/engine/host';
import { type ProgramFactory, buildWorld } from '../world.ts';
import type { HostRole, WorldSpec } from '../world-spec.ts';

const LOADERS: Readonly<Record<HostRole, () => Promise<ProgramFactory>>> = {
  node: async () => (await import('../node/node-factory.ts')).nodePrograms,
  'control-plane': async () => {
    const { ControlPlanePrograms } = await import('../control-plane/control-plane.ts');
    return (host) => new ControlPlanePrograms(host);
  },
  router: async () => (await import('../outside.ts')).routerPrograms,
  'load-balancer': async () => (await import('../outside.ts')).loadBalancerPrograms,
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
