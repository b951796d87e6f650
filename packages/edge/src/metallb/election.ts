/**
 * Which node announces an address on layer 2 (metallb/metallb 0.16 speaker/layer2_controller.go).
 *
 * Every speaker comes to the same result on its own: of the nodes that may, the one whose hash with the address is least.
 */
import { hexOf, sha256 } from '@podwire/base';
import type { EndpointSlice, Node } from '@podwire/api';

const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** Whether a node may announce at all, as its labels and conditions say. */
export function mayAnnounce({ metadata, status }: Node): boolean {
  if (Object.hasOwn(metadata.labels ?? {}, EXCLUDE_LABEL)) return false;
  return !(status?.conditions ?? []).some(
    (condition) => condition.type === 'NetworkUnavailable' && condition.status === 'True',
  );
}

export class LeaderElection {
  /** By `node#address`: each is asked for again with every change. */
  readonly #hashes = new Map<string, string>();

  /** The node with the least sha256 of `node#address`. */
  leaderOf(nodes: readonly string[], address: string): string | undefined {
    let best: readonly [hash: string, node: string] | undefined;
    for (const node of nodes) {
      const hash = this.#hash(`${node}#${address}`);
      if (best === undefined || hash < best[0]) best = [hash, node];
    }
    return best?.[1];
  }

  #hash(text: string): string {
    let hash = this.#hashes.get(text);
    if (hash === undefined) {
      hash = hexOf(sha256(text));
      this.#hashes.set(text, hash);
    }
    return hash;
  }
}

/** Nodes with an endpoint that serves; undefined stands for endpoints whose node is not known. */
export function servingNodes(slices: readonly EndpointSlice[]): ReadonlySet<string | undefined> {
  const nodes = new Set<string | undefined>();
  for (const { endpoints } of slices) {
    for (const { conditions = {}, nodeName } of endpoints) {
      const canServe = conditions.serving ?? conditions.ready ?? true;
      if (canServe) nodes.add(nodeName);
    }
  }
  return nodes;
}
