/**
 * The default profile: which plugins run, in which order, with which weight.
 *
 * Order and weights are those of kube-scheduler 1.32's MultiPoint set. Left out are the plugins that decide
 * nothing here: NodeVolumeLimits (CSI drivers), DynamicResources.
 */
import type { Plugin } from './framework.ts';
import { imageLocality } from './plugins/image-locality.ts';
import { interPodAffinity } from './plugins/inter-pod-affinity.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { nodeName } from './plugins/node-name.ts';
import { nodePorts } from './plugins/node-ports.ts';
import { nodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './plugins/node-resources-fit.ts';
import { nodeUnschedulable } from './plugins/node-unschedulable.ts';
import { podTopologySpread } from './plugins/pod-topology-spread.ts';
import { taintToleration } from './plugins/taint-toleration.ts';
import { volumeBinding } from './plugins/volume-binding.ts';
import { volumeRestrictions } from './plugins/volume-restrictions.ts';
import { volumeZone } from './plugins/volume-zone.ts';

export interface ProfileEntry {
  readonly plugin: Plugin;
  /** Of the plugin's score; 0 for one that does not score. */
  readonly weight: number;
}

export const DEFAULT_SCHEDULER_NAME = 'default-scheduler';

export const DEFAULT_PROFILE: readonly ProfileEntry[] = [
  { plugin: nodeUnschedulable, weight: 0 },
  { plugin: nodeName, weight: 0 },
  { plugin: taintToleration, weight: 3 },
  { plugin: nodeAffinity, weight: 2 },
  { plugin: nodePorts, weight: 0 },
  { plugin: nodeResourcesFit, weight: 1 },
  { plugin: volumeRestrictions, weight: 0 },
  { plugin: volumeBinding, weight: 0 },
  { plugin: volumeZone, weight: 0 },
  { plugin: podTopologySpread, weight: 2 },
  { plugin: interPodAffinity, weight: 2 },
  { plugin: nodeResourcesBalancedAllocation, weight: 1 },
  { plugin: imageLocality, weight: 1 },
];

/** The weights of the plugins that score. */
export function scoreWeights(): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const { plugin, weight } of DEFAULT_PROFILE) {
    if (weight > 0) weights.set(plugin.name, weight);
  }
  return weights;
}
