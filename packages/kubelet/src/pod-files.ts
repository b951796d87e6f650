/**
 * Files and names that the kubelet gives a pod: resolv.conf, /etc/hosts, host name.
 */
import type { Pod } from '@podwire/api';
import { hostsFileText, podResolvConf, resolvConfText } from '@podwire/dns';
import type { KubeletOptions } from './options.ts';

/** `hostname` in the pod: spec.hostname or the name, cut to 63 characters; on the host network the node's. */
export function podHostname(pod: Pod, nodeName: string, clusterDomain: string): string {
  if (pod.spec.hostNetwork === true) return nodeName;
  const short = (pod.spec.hostname ?? pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '');
  if (pod.spec.setHostnameAsFQDN !== true) return short;
  const fqdn = podFqdn(pod, clusterDomain);
  return fqdn ?? short;
}

function podFqdn(pod: Pod, clusterDomain: string): string | undefined {
  const { subdomain } = pod.spec;
  if (subdomain === undefined || subdomain === '') return undefined;
  const short = pod.spec.hostname ?? pod.metadata.name;
  return `${short}.${subdomain}.${pod.metadata.namespace ?? 'default'}.svc.${clusterDomain}`;
}

export function podResolvConfText(
  pod: Pod,
  options: KubeletOptions,
): { readonly text: string; readonly warnings: readonly string[] } {
  const { dnsPolicy, hostNetwork, dnsConfig } = pod.spec;
  const result = podResolvConf({
    policy: dnsPolicy ?? 'ClusterFirst',
    hostNetwork: hostNetwork === true,
    namespace: pod.metadata.namespace ?? 'default',
    clusterDNS: options.clusterDNS,
    clusterDomain: options.clusterDomain,
    nodeResolvConf: options.nodeResolvConf,
    ...(dnsConfig === undefined ? {} : { dnsConfig }),
  });
  return { text: resolvConfText(result.conf), warnings: result.warnings };
}

export function podHosts(
  pod: Pod,
  podIP: string,
  nodeName: string,
  clusterDomain: string,
): string {
  const { hostNetwork, hostAliases } = pod.spec;
  const fqdn = podFqdn(pod, clusterDomain);
  return hostsFileText({
    podIPs: [podIP],
    hostname: podHostname(pod, nodeName, clusterDomain),
    ...(fqdn === undefined ? {} : { fqdn }),
    hostNetwork: hostNetwork === true,
    hostAliases: hostAliases ?? [],
  });
}
