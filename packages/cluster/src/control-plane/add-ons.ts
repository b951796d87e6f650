/**
 * What is installed into a new cluster: its DNS server and its edge.
 */
import type { KubeObject } from '@podwire/api';
import type { FullCluster } from '../cluster-config.ts';
import { dnsAddon } from './dns-addon.ts';
import { edgeAddon } from './edge-addon.ts';

/** Objects in the order in which they are to be created. */
export function addOns(cluster: FullCluster): readonly KubeObject[] {
  return [...dnsAddon(cluster), ...edgeAddon(cluster)];
}

/** Namespaces that are there before a user makes any. */
export function addOnNamespaces(cluster: FullCluster): readonly string[] {
  return addOns(cluster).flatMap(({ kind, metadata }) =>
    kind === 'Namespace' ? [metadata.name] : [],
  );
}
