/**
 * Asks an API server whether it would take the nodes that a scenario describes, since a node that it refuses never joins.
 */
import type { Node, Taint } from '@podwire/api';
import type { FullCluster, FullNode } from '@podwire/cluster';
import type { Field } from './field.ts';
import { TrialServer } from './trial-server.ts';

/** Tells what is wrong with the labels, taints and capacities of listed nodes. */
export function checkNodes(field: Field, cluster: FullCluster): void {
  const items = field.items;
  if (items.length === 0) return;
  const server = new TrialServer({ cluster, makesNamespaces: false });
  for (const item of items) {
    const node = cluster.nodes.find(({ name }) => name === item.get('name').text);
    if (node === undefined) continue;
    for (const { field: path, message } of server.refusals('nodes', nodeObject(node))) {
      fieldAt(item, path).add({
        code: 'PW4004',
        message: `the API server refuses the node: ${message}`,
      });
    }
  }
}

/** As its kubelet registers it. */
function nodeObject({
  name,
  labels,
  taints,
  capacity,
}: FullNode): Pick<Node, 'apiVersion' | 'kind' | 'metadata' | 'spec' | 'status'> {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: Object.fromEntries(labels) },
    // The schema knows the effects.
    spec: { taints: taints as readonly Taint[] },
    status: { capacity, allocatable: capacity },
  };
}

/** The scenario's field for one of the object's, or the node as a whole. */
function fieldAt(item: Field, path: string): Field {
  const [, list, index] = /^(?:metadata|spec|status)\.(\w+)(?:\[(\d+)\])?/.exec(path) ?? [];
  if (list === undefined || !item.has(list)) return item.get('name');
  const found = item.get(list);
  return index === undefined ? found : (found.items[Number(index)] ?? found);
}
