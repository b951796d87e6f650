/**
 * The composition root: nodes, control plane, outside machines and underlay, put together.
 */
export type { CapturedFrame } from './capture.ts';
export {
  type ClusterConfig,
  type ConfigProblem,
  type FullCluster,
  type FullNode,
  type NodeConfig,
  type Provider,
  type ProxyMode,
  withDefaults,
} from './cluster-config.ts';
export { componentsOf } from './components.ts';
export type {
  CommandResult,
  HostFault,
  HttpSeen,
  ObjectCondition,
  PodPlace,
  ProxyState,
  ScaleStats,
  WatchCounts,
} from './control.ts';
export { type PodTimes, quantile } from './control-plane/pod-timeline.ts';
export { badRecords } from './dns-problems.ts';
export type { FlowEnd, HostInventory, NetNsInventory, TrackedFlow } from './inventory.ts';
export { type ExecOptions, Operator } from './operator.ts';
export { NODE_THREADS_MAX, type Workers, defaultWorkers } from './placement.ts';
export type { OperatorProgram } from './world.ts';
export {
  type ClientConfig,
  DEFAULT_CLIENTS,
  type LinkSettings,
  type UpstreamZone,
  type WorldOptions,
  type WorldSpec,
  buildWorldSpec,
} from './world-spec.ts';
export { addOnNamespaces } from './control-plane/add-ons.ts';
export { type EdgeConfig, type ProxyConfig, kindOrigins } from './edge-config.ts';
