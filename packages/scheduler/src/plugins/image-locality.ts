/**
 * ImageLocality: a node that has the images already scores higher, less so the rarer they are in the cluster.
 */
import type { Container } from '@podwire/api';
import { MAX_NODE_SCORE, type Plugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';

const MIB = 1024 * 1024;
const LEAST_BYTES = 23 * MIB;
const MOST_BYTES_PER_CONTAINER = 1000 * MIB;

export const imageLocality: Plugin = {
  name: 'ImageLocality',
  score(cycle, node) {
    const { containers, initContainers = [] } = cycle.pod.pod.spec;
    const all = [...initContainers, ...containers];
    const nodeCount = cycle.snapshot.nodeInfos.length;
    let sum = 0;
    for (const container of all) sum += scaledSize(container, node, nodeCount);
    const most = MOST_BYTES_PER_CONTAINER * all.length;
    const clamped = Math.min(Math.max(sum, LEAST_BYTES), most);
    return Math.trunc((MAX_NODE_SCORE * (clamped - LEAST_BYTES)) / (most - LEAST_BYTES));
  },
};

function scaledSize({ image = '' }: Container, node: NodeInfo, nodeCount: number): number {
  const state = node.images.get(normalizedImageName(image));
  if (state === undefined) return 0;
  const spread = state.nodes.size / nodeCount;
  return Math.trunc(state.sizeBytes * spread);
}

/** A name without a tag means `:latest`. */
export function normalizedImageName(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}
