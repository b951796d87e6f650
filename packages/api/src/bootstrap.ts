/**
 * What an API server creates by itself when it starts: namespaces, priority classes, the Service `kubernetes`.
 */
import { type Cidr, addressAt, formatIp, isIpv4, parseIp } from '@podwire/base';
import type { ApiRequest } from './request.ts';

export interface Advertised {
  readonly ip: string;
  readonly port: number;
}

export function bootstrapObjects(
  serviceCidrs: readonly Cidr[],
  advertise: Advertised | undefined,
): ApiRequest[] {
  const requests: ApiRequest[] = [];
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    requests.push(create('namespaces', undefined, { metadata: { name } }));
    requests.push(create('serviceaccounts', name, { metadata: { name: 'default' } }));
  }
  for (const [name, value] of [
    ['system-node-critical', 2_000_001_000],
    ['system-cluster-critical', 2_000_000_000],
  ] as const) {
    const part = name === 'system-node-critical' ? 'node' : 'cluster';
    requests.push(
      create('priorityclasses', undefined, {
        metadata: { name },
        value,
        description:
          part === 'node'
            ? 'Used for system critical pods that must not be moved from their current node.'
            : 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
      }),
    );
  }
  const first = serviceCidrs[0];
  if (first === undefined) return requests;
  const port = advertise?.port ?? 6443;
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  requests.push(
    create('services', 'default', {
      metadata: { name: 'kubernetes', labels },
      spec: {
        type: 'ClusterIP',
        clusterIP: formatIp(addressAt(first, 1)),
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
      },
    }),
  );
  if (advertise === undefined) return requests;
  const parsed = parseIp(advertise.ip);
  const addressType = parsed !== undefined && !isIpv4(parsed) ? 'IPv6' : 'IPv4';
  requests.push(
    create('endpoints', 'default', {
      metadata: {
        name: 'kubernetes',
        labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
      },
      subsets: [
        { addresses: [{ ip: advertise.ip }], ports: [{ name: 'https', port, protocol: 'TCP' }] },
      ],
    }),
    create('endpointslices', 'default', {
      metadata: { name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType,
      endpoints: [{ addresses: [advertise.ip], conditions: { ready: true } }],
      ports: [{ name: 'https', port, protocol: 'TCP' }],
    }),
  );
  return requests;
}

function create(resource: string, namespace: string | undefined, body: object): ApiRequest {
  return { verb: 'create', resource, ...(namespace === undefined ? {} : { namespace }), body };
}
