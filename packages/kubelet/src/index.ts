/**
 * Pod life on one node: sandboxes, containers, probes, status, lease.
 */
export type { ContainerRun } from './container.ts';
export { ContainerRecord } from './container.ts';
export { Kubelet, type KubeletDeps } from './kubelet.ts';
export type { ContainerRow, RuntimeListing, SandboxRow } from './listing.ts';
export { KUBELET_DEFAULTS, type KubeletOptions } from './options.ts';
export { type ExecAnswer, KUBELET_PORT, TRACE_HEADER, serveKubelet } from './server.ts';
export { PodWorker } from './pod-worker.ts';
export { ServiceHistory } from './service-history.ts';
export type {
  ExecRequest,
  ImageInfo,
  LogLine,
  NodeRuntime,
  ProgramSpec,
  RunningProgram,
} from './runtime.ts';
