/**
 * Starts the controllers on a host. Which there are, and in which order they start, is data.
 */
import type { ApiClient } from '@podwire/api';
import type { HostSim } from '@podwire/engine';
import { ControllerContext } from './context.ts';
import { startDaemonSetController } from './daemonset.ts';
import { startDeploymentController } from './deployment.ts';
import { startDisruptionController } from './disruption.ts';
import { startEndpointsController } from './endpoints.ts';
import { startEndpointSliceMirroringController } from './endpointslice-mirroring.ts';
import { startEndpointSliceController } from './endpointslice.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startRootCaPublisher, startServiceAccountController } from './namespace-defaults.ts';
import { startNamespaceController } from './namespace.ts';
import { startNodeIpamController } from './node-ipam.ts';
import { startNodeLifecycleController } from './node-lifecycle.ts';
import { startBuildConfigController } from './openshift/buildconfig.ts';
import { startBuildController } from './openshift/build.ts';
import { startDeploymentConfigController } from './openshift/deploymentconfig.ts';
import { startImageImportController } from './openshift/image-import.ts';
import { startImageTriggerController } from './openshift/image-trigger.ts';
import { startProjectAccounts, startSecurityAllocator } from './openshift/project.ts';
import type { ControllerOptions } from './options.ts';
import { startPodGarbageCollector } from './pod-gc.ts';
import { startReplicaSetController, startReplicationController } from './replicaset.ts';
import { startStatefulSetController } from './statefulset.ts';
import { startTaintEvictionController } from './taint-eviction.ts';

export interface ControllerEntry {
  readonly name: string;
  readonly start: (context: ControllerContext) => void;
}

export const CONTROLLERS: readonly ControllerEntry[] = [
  { name: 'serviceaccount', start: startServiceAccountController },
  { name: 'root-ca-certificate-publisher', start: startRootCaPublisher },
  { name: 'nodeipam', start: startNodeIpamController },
  { name: 'nodelifecycle', start: startNodeLifecycleController },
  { name: 'taint-eviction', start: startTaintEvictionController },
  { name: 'namespace', start: startNamespaceController },
  { name: 'deployment', start: startDeploymentController },
  { name: 'replicaset', start: startReplicaSetController },
  { name: 'replicationcontroller', start: startReplicationController },
  { name: 'statefulset', start: startStatefulSetController },
  { name: 'daemonset', start: startDaemonSetController },
  { name: 'endpointslice', start: startEndpointSliceController },
  { name: 'endpoints', start: startEndpointsController },
  { name: 'endpointslicemirroring', start: startEndpointSliceMirroringController },
  { name: 'disruption', start: startDisruptionController },
  { name: 'podgc', start: startPodGarbageCollector },
  { name: 'garbagecollector', start: startGarbageCollector },
];

/** Those of an OpenShift cluster besides. */
export const OPENSHIFT_CONTROLLERS: readonly ControllerEntry[] = [
  { name: 'openshift.io/serviceaccount', start: startProjectAccounts },
  { name: 'openshift.io/namespace-security-allocation', start: startSecurityAllocator },
  { name: 'openshift.io/image-import', start: startImageImportController },
  { name: 'openshift.io/image-trigger', start: startImageTriggerController },
  { name: 'openshift.io/build-config-change', start: startBuildConfigController },
  { name: 'openshift.io/build', start: startBuildController },
  { name: 'openshift.io/deploymentconfig', start: startDeploymentConfigController },
];

/** The running controllers of one host. */
export class ControllerManager {
  readonly #context: ControllerContext;

  constructor(context: ControllerContext) {
    this.#context = context;
  }

  /** Ends all their processes. */
  stop(): void {
    this.#context.stop();
  }
}

export function startControllers(
  sim: HostSim,
  client: ApiClient,
  options: ControllerOptions = {},
): ControllerManager {
  const context = new ControllerContext(sim, client, options);
  const own = context.options.openshift === undefined ? [] : OPENSHIFT_CONTROLLERS;
  for (const { name, start } of [...CONTROLLERS, ...own]) {
    if (!context.options.disabled.includes(name)) start(context);
  }
  context.startInformers();
  return new ControllerManager(context);
}
