/**
 * The cluster's rim: runs a world on threads.
 */
export { type ClusterRun, type ClusterRunOptions, runCluster } from './run-cluster.ts';
