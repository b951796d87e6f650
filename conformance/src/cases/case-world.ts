/**
 * The world of a case: its cluster, what the notes say of DNS, and the image that answers with the pod's name.
 */
import type { ClusterConfig, ClientConfig, UpstreamZone } from '@podwire/cluster';
import type { Case } from './case-file.ts';

/** What every container of a case runs: HTTP on its declared TCP ports, echo on UDP, answering its pod's name. */
export const CASE_IMAGE = 'podwire.example.org/case:1';

export const CASE_IMAGE_SETTINGS: Readonly<Record<string, unknown>> = {
  name: CASE_IMAGE,
  answers: [{ path: '*', answer: { body: '{pod} {client}\n' } }],
  onTerm: 'ignore',
  sizeBytes: 1_000_000,
};

export interface CaseWorld {
  readonly cluster: ClusterConfig;
  readonly clients: readonly ClientConfig[];
  readonly upstream: readonly UpstreamZone[];
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

export function caseWorld(entry: Case, provider: string): CaseWorld | string {
  const { cluster } = entry;
  const notes = cluster.notes ?? '';
  const count = cluster.nodes ?? 2;
  const nodes = Array.from({ length: count }, (_, index) => {
    const name = `node-${index + 1}`;
    const podCIDR = cluster.podCIDRs?.[name];
    return podCIDR === undefined ? { name } : { name, podCIDR };
  });
  const corefile = corefileOf(notes);
  const resolvConf = nodeResolvConf(notes);
  const isOpenshift = /\bOpenShift\b/.test(notes);
  const podNetwork = cluster.podCIDRs === undefined ? undefined : '10.0.0.0/9';
  const firstPodNetwork = Object.values(cluster.podCIDRs ?? {})[0] ?? '';
  return {
    cluster: {
      nodes,
      provider: provider as 'bridge' | 'vxlan',
      ...(isOpenshift ? { distribution: 'openshift' as const } : {}),
      ...(corefile === undefined ? {} : { corefile }),
      ...(resolvConf === undefined ? {} : { nodeResolvConf: resolvConf }),
      ...(podNetwork === undefined || !firstPodNetwork.startsWith('10.')
        ? {}
        : { podNetwork: parentOf(Object.values(cluster.podCIDRs ?? {})) }),
    },
    clients: externalClients(entry),
    upstream: upstreamZones(notes),
  };
}

/** A network that holds all given ones: their common first octets, at least a /16. */
function parentOf(networks: readonly string[]): string {
  const octets = networks.map((text) => text.split('.'));
  const same = octets.every((parts) => parts[1] === octets[0]?.[1]);
  return same ? `${octets[0]?.[0] ?? '10'}.${octets[0]?.[1] ?? '0'}.0.0/16` : '10.0.0.0/9';
}

const DEFAULT_COREFILE_HEAD = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
`;

/** A Corefile that the notes give whole, or the default one with a changed kubernetes block. */
function corefileOf(notes: string): string | undefined {
  const whole = /Corefile has only "([^"]*)"/.exec(notes)?.[1];
  if (whole !== undefined) return oneDirectivePerLine(whole);
  const option = /kubernetes block has "([^"]*)"/.exec(notes)?.[1];
  const pods = /\bpods (verified|disabled)\b/.exec(notes)?.[1];
  if (option === undefined && pods === undefined) return undefined;
  const lines = [
    `pods ${pods ?? 'insecure'}`,
    'fallthrough in-addr.arpa ip6.arpa',
    'ttl 30',
    ...(option === undefined ? [] : option.split(';').map((line) => line.trim())),
  ];
  return `${DEFAULT_COREFILE_HEAD}    kubernetes cluster.local in-addr.arpa ip6.arpa {
${lines.map((line) => `       ${line}`).join('\n')}
    }
    forward . /etc/resolv.conf
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loadbalance
}
`;
}

/** Notes fold a Corefile into one line, with `;` between directives. */
function oneDirectivePerLine(text: string): string {
  return `${text
    .replaceAll(/\s*\{\s*/g, ' {\n')
    .replaceAll(/\s*\}\s*/g, '\n}\n')
    .replaceAll(/\s*;\s*/g, '\n')}\n`;
}

/** `node resolv.conf: nameserver A, search B, options C` as a file. */
function nodeResolvConf(notes: string): string | undefined {
  const text = /node resolv\.conf: ([^;]*)/.exec(notes)?.[1];
  return text === undefined ? undefined : `${text.split(/,\s*/).join('\n')}\n`;
}

/** Zones of the upstream server that the notes describe. */
function upstreamZones(notes: string): UpstreamZone[] {
  const zones: UpstreamZone[] = [];
  for (const match of notes.matchAll(/zone (\S+) answers (SERVFAIL|REFUSED|NXDOMAIN|nothing)/g)) {
    const words = {
      SERVFAIL: 'servfail',
      REFUSED: 'refused',
      NXDOMAIN: 'nxdomain',
      nothing: 'silent',
    } as const;
    zones.push({
      zone: match[1] ?? '',
      behaviour: words[(match[2] ?? 'NXDOMAIN') as keyof typeof words],
      records: [],
    });
  }
  const known = [...notes.matchAll(/\b([a-z0-9*.-]+\.)\s+(\d+)\s+IN\s+([A-Z]+)\s+([^\s,;]+)/g)];
  const soa = /the (\S+) SOA \(TTL (\d+), minimum (\d+)\)/.exec(notes);
  const byZone = new Map<string, string[]>();
  if (soa !== null) {
    const zone = soa[1] ?? '';
    byZone.set(zone, [
      `${zone}. ${soa[2]} IN SOA ns.${zone}. hostmaster.${zone}. 1 7200 900 1209600 ${soa[3]}`,
    ]);
  }
  for (const match of known) {
    const name = match[1] ?? '';
    const zone = name
      .split('.')
      .filter((part) => part !== '')
      .slice(-2)
      .join('.');
    const records = byZone.get(zone) ?? [];
    records.push(match[0]);
    byZone.set(zone, records);
  }
  for (const [zone, records] of byZone) zones.push({ zone, behaviour: 'answer', records });
  return zones;
}
