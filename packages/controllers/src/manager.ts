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
import type { ControllerOptions } from './options.ts';
import { startPodGarbageCollector } from './pod-gc.ts';
import { startReplicaSetController } from './replicaset.ts';
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
  { name: 'statefulset', start: startStatefulSetController },
  { name: 'daemonset', start: startDaemonSetController },
  { name: 'endpointslice', start: startEndpointSliceController },
  { name: 'endpoints', start: startEndpointsController },
  { name: 'endpointslicemirroring', start: startEndpointSliceMirroringController },
  { name: 'disruption', start: startDisruptionController },
  { name: 'podgc', start: startPodGarbageCollector },
  { name: 'garbagecollector', start: startGarbageCollector },
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
  for (const { name, start } of CONTROLLERS) {
    if (!context.options.disabled.includes(name)) start(context);
  }
  context.startInformers();
  return new ControllerManager(context);
}
