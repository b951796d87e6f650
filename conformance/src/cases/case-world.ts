/**
 * The world of a case: its cluster, its machines outside, and what the notes say of DNS.
 */
import {
  type ClientConfig,
  type ClusterConfig,
  type LinkSettings,
  type WorldSpec,
  buildWorldSpec,
  withDefaults,
} from '@podwire/cluster';
import type { Case, Combination } from './case-file.ts';
import { CASE_IMAGES, edgeCaseImages } from './case-image.ts';
import { edgeSetup, edgeZones } from './edge-notes.ts';
import { type Notes, parseNotes } from './notes.ts';

export interface CaseWorld {
  readonly spec: WorldSpec;
  readonly notes: Notes;
}

const DEFAULT_NODES = 2;

/** The world of a case under a combination; a text tells why there is none. */
export function caseWorld(
  entry: Case,
  combination: Combination,
  options: { readonly seed: string; readonly needsDns: boolean; readonly needsNodes: boolean },
): CaseWorld | string {
  const notes = parseNotes(entry.cluster.notes ?? '');
  const [unknown] = notes.unknown;
  if (unknown !== undefined) return unknown;
  const setup = edgeSetup(entry);
  if (typeof setup === 'string') return setup;
  const config: ClusterConfig = {
    ...clusterConfig(entry, combination, notes, options),
    ...(setup === undefined ? {} : { edge: setup.edge }),
    ...(setup?.nodeNetwork === undefined ? {} : { nodeNetwork: setup.nodeNetwork }),
  };
  const { cluster, problems } = withDefaults(config);
  const [problem] = problems;
  if (problem !== undefined) return `${problem.path}: ${problem.message}`;
  const links = new Map<string, LinkSettings>();
  if (notes.nodeMtu !== undefined) {
    for (const node of cluster.nodes) links.set(node.name, { mtuBytes: notes.nodeMtu });
  }
  const node = cluster.nodes[0]?.address ?? '';
  const zones =
    setup === undefined ? [] : edgeZones(entry, setup.address === 'node-1' ? node : setup.address);
  const spec = buildWorldSpec({
    seed: `${options.seed}/${entry.name}`,
    cluster,
    clients: externalClients(entry),
    upstream: [...notes.upstream, ...zones],
    images: setup === undefined ? CASE_IMAGES : edgeCaseImages(setup.tlsNames),
    links,
  });
  return { spec, notes };
}

function clusterConfig(
  entry: Case,
  { provider, proxy }: Combination,
  notes: Notes,
  options: { readonly needsDns: boolean; readonly needsNodes: boolean },
): ClusterConfig {
  const { cluster } = entry;
  const count = options.needsNodes ? (cluster.nodes ?? DEFAULT_NODES) : 0;
  const nodes = Array.from({ length: count }, (_, index) => {
    const name = `node-${index + 1}`;
    const podCIDR = cluster.podCIDRs?.[name];
    const zone = cluster.zones?.[name] ?? notes.zones.get(name);
    const labels = {
      ...cluster.nodeLabels?.[name],
      ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
    };
    return { name, labels, ...(podCIDR === undefined ? {} : { podCIDR }) };
  });
  const own = Object.values(cluster.podCIDRs ?? {});
  const podNetwork = cluster.podCIDR ?? (own.length === 0 ? undefined : networkAround(own));
  const serviceNetwork = cluster.serviceCIDR ?? notes.serviceNetwork;
  const domain = cluster.clusterDomain ?? notes.clusterDomain;
  const podMtu = cluster.podMTU ?? notes.podMtu;
  const { hairpin, corefile, nodeResolvConf, masqueradeAll, minSyncPeriodSec } = notes;
  return {
    nodes,
    provider,
    proxyMode: proxy,
    // One server: what a cache holds does not depend on whom a query reaches.
    dnsReplicas: options.needsDns ? (notes.dnsReplicas ?? 1) : 0,
    ...(notes.isOpenshift ? { distribution: 'openshift' as const } : {}),
    ...(corefile === undefined ? {} : { corefile }),
    ...(nodeResolvConf === undefined ? {} : { nodeResolvConf }),
    ...(podNetwork === undefined ? {} : { podNetwork }),
    ...(serviceNetwork === undefined ? {} : { serviceNetwork }),
    ...(domain === undefined ? {} : { domain }),
    ...(podMtu === undefined ? {} : { podMtu }),
    ...(hairpin === undefined ? {} : { hairpin }),
    kubeProxy: {
      ...(masqueradeAll === undefined ? {} : { masqueradeAll }),
      ...(minSyncPeriodSec === undefined ? {} : { minSyncPeriod: minSyncPeriodSec }),
    },
  };
}

/** The smallest network on an octet's border, at least a /16, that holds all. */
function networkAround(networks: readonly string[]): string {
  const octets = networks.map((text) => text.split('.'));
  const [first = '10', second = '0'] = octets[0] ?? [];
  const isSame = octets.every((parts) => parts[0] === first && parts[1] === second);
  return isSame ? `${first}.${second}.0.0/16` : `${first}.0.0.0/9`;
}

/** Clients outside: the usual one, and one for each other sender that a probe names. */
export function externalClients(entry: Case): readonly ClientConfig[] {
  const clients: ClientConfig[] = [{ name: 'client', address: '198.51.100.7/24' }];
  for (const probe of entry.probes ?? []) {
    for (const place of [probe.from, probe.expect]) {
      const sender = place['senderIP'];
      if (typeof sender !== 'string') continue;
      const address = `${sender}/24`;
      if (clients.every((client) => client.address !== address)) {
        clients.push({ name: `client-${clients.length + 1}`, address });
      }
    }
  }
  return clients;
}
