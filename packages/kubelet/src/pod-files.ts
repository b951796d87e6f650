/**
 * Files and names that the kubelet gives a pod: resolv.conf, /etc/hosts, host name.
 */
import { type Pod } from '@podwire/api';
import {
  formatResolvConf,
  hostNetworkHostsFile,
  parseResolvConf,
  podHostsFile,
  podResolvConf,
} from '@podwire/dns';
import type { KubeletOptions } from './options.ts';

/** `hostname` in the pod: spec.hostname or the name, cut to 63 characters; on the host network the node's. */
export function podHostname(pod: Pod, nodeName: string, clusterDomain: string): string {
  if (pod.spec.hostNetwork === true) return nodeName;
  const short = (pod.spec.hostname ?? pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '');
  if (pod.spec.setHostnameAsFQDN !== true) return short;
  const { subdomain } = pod.spec;
  if (subdomain === undefined || subdomain === '') return short;
  return `${short}.${subdomain}.${pod.metadata.namespace ?? 'default'}.svc.${clusterDomain}`;
}

/** /etc/resolv.conf of a pod's sandbox, with the warnings that go to events. */
export interface PodResolvConf {
  readonly text: string;
  readonly events: readonly { readonly reason: string; readonly message: string }[];
}

/** Gives pods their resolv.conf. Those of a namespace have the same one, unless they ask for more. */
export function resolvConfs(options: KubeletOptions): (pod: Pod) => PodResolvConf {
  const known = new Map<string, PodResolvConf>();
  return (pod) => {
    const { dnsConfig, dnsPolicy = '', hostNetwork = false } = pod.spec;
    if (dnsConfig !== undefined) return podResolvConfText(pod, options);
    const key = `${pod.metadata.namespace ?? 'default'} ${dnsPolicy} ${hostNetwork}`;
    let conf = known.get(key);
    if (conf === undefined) {
      conf = podResolvConfText(pod, options);
      // A warning names its pod.
      if (conf.events.length === 0) known.set(key, conf);
    }
    return conf;
  };
}

function podResolvConfText(pod: Pod, options: KubeletOptions): PodResolvConf {
  const { name, namespace = 'default', uid = '' } = pod.metadata;
  const { conf, events } = podResolvConf(
    {
      pod: `${name}_${namespace}(${uid})`,
      namespace,
      policy: pod.spec.dnsPolicy,
      hostNetwork: pod.spec.hostNetwork === true,
      dnsConfig: pod.spec.dnsConfig,
    },
    { clusterDNS: options.clusterDNS, clusterDomain: options.clusterDomain },
    parseResolvConf(options.nodeResolvConf),
  );
  return { text: formatResolvConf(conf), events };
}

/** /etc/hosts of the pod. */
export function podHosts(pod: Pod, podIP: string, nodeName: string, clusterDomain: string): string {
  const { hostNetwork, hostAliases = [], subdomain } = pod.spec;
  if (hostNetwork === true) {
    return hostNetworkHostsFile(`127.0.0.1\tlocalhost\n127.0.1.1\t${nodeName}\n`, hostAliases);
  }
  const short = (pod.spec.hostname ?? pod.metadata.name).slice(0, 63);
  const hostDomain =
    subdomain === undefined || subdomain === ''
      ? undefined
      : `${subdomain}.${pod.metadata.namespace ?? 'default'}.svc.${clusterDomain}`;
  return podHostsFile({ podIPs: [podIP], hostname: short, hostDomain, hostAliases });
}
