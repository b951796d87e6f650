/**
 * The cluster's DNS as an add-on: the objects that kubeadm (or the OpenShift operator) makes.
 *
 * Facts: dns.md §6.2 and §12.
 */
import type { KubeObject } from '@podwire/api';
import type { FullCluster } from '../cluster-config.ts';

export const DNS_IMAGE = 'registry.k8s.io/coredns/coredns:v1.12.3';

/** Corefile of kubeadm 1.32 and later. */
function kubeadmCorefile(domain: string): string {
  return `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${domain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${domain}
       disable denial ${domain}
    }
    loop
    reload
    loadbalance
}
`;
}

function openshiftCorefile(domain: string): string {
  return `.:5353 {
    bufsize 1232
    errors
    log . {
        class error
    }
    health {
        lameduck 20s
    }
    ready
    kubernetes ${domain} in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }
    prometheus 127.0.0.1:9153
    forward . /etc/resolv.conf {
        policy sequential
    }
    cache 900 {
        denial 9984 30
    }
    reload
}
hostname.bind:5353 {
    chaos
}
`;
}

/**
 * Objects of the add-on in the order in which they are to be created. The last one, which makes pods, is to
 * be created when the nodes have joined, so that the pods spread over them.
 */
export function dnsAddon(cluster: FullCluster): readonly KubeObject[] {
  const openshift = cluster.distribution === 'openshift';
  const namespace = openshift ? 'openshift-dns' : 'kube-system';
  const name = openshift ? 'dns-default' : 'coredns';
  const labels = openshift
    ? { 'dns.operator.openshift.io/daemonset-dns': 'default' }
    : { 'k8s-app': 'kube-dns' };
  const port = openshift ? 5353 : 53;
  const corefile =
    cluster.corefile ??
    (openshift ? openshiftCorefile(cluster.domain) : kubeadmCorefile(cluster.domain));
  const objects: object[] = [];
  if (openshift)
    objects.push({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  objects.push(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: { Corefile: corefile },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: openshift ? 'dns-default' : 'kube-dns',
        namespace,
        labels: {
          ...labels,
          'kubernetes.io/cluster-service': 'true',
          'kubernetes.io/name': 'CoreDNS',
        },
      },
      spec: {
        clusterIP: cluster.dnsServiceIP,
        selector: labels,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: port },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: port },
          {
            name: 'metrics',
            port: openshift ? 9154 : 9153,
            protocol: 'TCP',
            targetPort: openshift ? 9154 : 9153,
          },
        ],
      },
    },
  );
  const template = {
    metadata: { labels },
    spec: {
      priorityClassName: 'system-cluster-critical',
      ...(openshift
        ? {}
        : {
            affinity: {
              podAntiAffinity: {
                preferredDuringSchedulingIgnoredDuringExecution: [
                  {
                    weight: 100,
                    podAffinityTerm: {
                      labelSelector: {
                        matchExpressions: [
                          { key: 'k8s-app', operator: 'In', values: ['kube-dns'] },
                        ],
                      },
                      topologyKey: 'kubernetes.io/hostname',
                    },
                  },
                ],
              },
            },
          }),
      serviceAccountName: 'default',
      dnsPolicy: 'Default',
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: openshift
        ? [{ key: 'node-role.kubernetes.io/master', operator: 'Exists' }]
        : [
            { key: 'CriticalAddonsOnly', operator: 'Exists' },
            { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
          ],
      containers: [
        {
          name: openshift ? 'dns' : 'coredns',
          image: DNS_IMAGE,
          args: ['-conf', '/etc/coredns/Corefile'],
          imagePullPolicy: 'IfNotPresent',
          resources: openshift
            ? { requests: { cpu: '50m', memory: '70Mi' } }
            : { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
          ports: [
            { name: 'dns', containerPort: port, protocol: 'UDP' },
            { name: 'dns-tcp', containerPort: port, protocol: 'TCP' },
          ],
          volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
          livenessProbe: {
            httpGet: { path: '/health', port: 8080, scheme: 'HTTP' },
            initialDelaySeconds: 60,
            timeoutSeconds: 5,
            successThreshold: 1,
            failureThreshold: 5,
          },
          readinessProbe: {
            httpGet: { path: '/ready', port: 8181, scheme: 'HTTP' },
            ...(openshift ? { initialDelaySeconds: 10, periodSeconds: 3 } : {}),
          },
        },
      ],
      volumes: [
        {
          name: 'config-volume',
          configMap: { name, items: [{ key: 'Corefile', path: 'Corefile' }] },
        },
      ],
    },
  };
  if (cluster.dnsReplicas > 0) {
    objects.push(
      openshift
        ? {
            apiVersion: 'apps/v1',
            kind: 'DaemonSet',
            metadata: { name, namespace, labels },
            spec: { selector: { matchLabels: labels }, template },
          }
        : {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            metadata: { name, namespace, labels },
            spec: {
              replicas: Math.min(cluster.dnsReplicas, Math.max(1, cluster.nodes.length)),
              strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
              selector: { matchLabels: labels },
              template,
            },
          },
    );
  }
  return objects as KubeObject[];
}
