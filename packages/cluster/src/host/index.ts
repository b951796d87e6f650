/**
 * The cluster's rim: runs a world on threads.
 */
export { prepareWorkers } from './prepare-workers.ts';
export { type ClusterRun, type ClusterRunOptions, runCluster } from './run-cluster.ts';
