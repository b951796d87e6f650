/**
 * The scheduler: queue, filter and score plugins, preemption, binding. As kube-scheduler 1.32's default profile.
 */
export type { ClusterObjects } from './cluster-objects.ts';
export { DEFAULT_PROFILE, DEFAULT_SCHEDULER_NAME, scoreWeights } from './default-profile.ts';
export { numFeasibleNodesToFind } from './filter.ts';
export type { Status, StatusCode } from './framework.ts';
export { NodeInfo } from './node-info.ts';
export { Nominator } from './nominator.ts';
export { PodInfo } from './pod-info.ts';
export { findUntoleratedTaint, toleratesTaint } from './plugins/tolerations.ts';
export { matchesRequiredNodeAffinity } from './plugins/node-selector.ts';
export type { Preemption } from './preemption.ts';
export { SchedulingQueue, backoffSeconds } from './queue.ts';
export { type Amounts, amountOf, podRequests } from './resources.ts';
export { Scheduler, type SchedulerOptions, startScheduler } from './schedule-one.ts';
export {
  type Decision,
  type ScheduleOutcome,
  type SchedulerState,
  decide,
  newSchedulerState,
  scheduleOne,
} from './schedule-pod.ts';
export { Snapshot } from './snapshot.ts';
export { staticSnapshot } from './static-snapshot.ts';
