/**
 * The engine: virtual time, the event loop, processes, shards and their synchronisation.
 *
 * The parts that need Node (worker threads) lie behind `@podwire/engine/host`.
 */
export { type Attempt, attempt } from './attempt.ts';
export type { Clock } from './clock.ts';
export { type ActorDigest, combineDigests } from './digest.ts';
export type { Envelope } from './event.ts';
export type { Actor, ActorFactory, ActorId, HostSim, Message } from './host.ts';
export { Kernel, type KernelOptions, type MinDelays, SimulationError } from './kernel.ts';
export { type ActorPlacement, type LinkDeclaration, Lookahead, type WorldPlan } from './plan.ts';
export {
  type Proc,
  type Process,
  ProcessError,
  Signal,
  type Wait,
  type Waiting,
  type Waker,
  type WakeReason,
  sleep,
  waitAny,
  waitUntil,
} from './process.ts';
export type {
  MessageCodec,
  ShardContext,
  ShardResult,
  ShardStats,
  ShardWorld,
} from './shard.ts';
export { TestWorld } from './test-world.ts';
export type { Timer } from './timer.ts';
