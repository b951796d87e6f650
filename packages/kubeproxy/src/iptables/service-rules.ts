/**
 * The rules of one service port, in the order and words of kube-proxy's iptables mode.
 */
import { cidrContains, parseCidr, parseIp } from '@podwire/base';
import type { ProxyConfig } from '../config.ts';
import type { ChosenEndpoints, EndpointInfo } from '../endpoints.ts';
import { type ServicePortInfo, isExternallyAccessible } from '../service-map.ts';
import { endpointChain, serviceChains } from './names.ts';

/** Lines of a service port in the chains that list all services. */
export interface ListedRules {
  readonly filterServices: readonly string[];
  readonly filterExternal: readonly string[];
  readonly filterFirewall: readonly string[];
  readonly filterNodePorts: readonly string[];
  readonly natServices: readonly string[];
  readonly natNodePorts: readonly string[];
}

export interface ServiceRules extends ListedRules {
  /** The service port's own chains with their lines. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

export interface RuleOptions {
  /** More than 1000 endpoints: endpoint rules go without comments. */
  readonly isLargeCluster: boolean;
}

export function serviceRules(
  info: ServicePortInfo,
  chosen: ChosenEndpoints,
  config: ProxyConfig,
  options: RuleOptions,
): ServiceRules {
  const writer = new ServiceWriter(info, chosen, config, options);
  const listed = writer.writeListed();
  const chains = new Map<string, readonly string[]>(writer.writeChains());
  for (const endpoint of chosen.union) {
    chains.set(writer.endpointChain(endpoint), writer.writeEndpoint(endpoint));
  }
  return { ...listed, chains };
}

/** Writes the rules of a service port, each part when it is asked for. */
export class ServiceWriter {
  readonly #info: ServicePortInfo;
  readonly #chosen: ChosenEndpoints;
  readonly #config: ProxyConfig;
  readonly #isLarge: boolean;
  readonly #names: ReturnType<typeof serviceChains>;
  readonly #filterServices: string[] = [];
  readonly #filterExternal: string[] = [];
  readonly #filterFirewall: string[] = [];
  readonly #filterNodePorts: string[] = [];
  readonly #natServices: string[] = [];
  readonly #natNodePorts: string[] = [];
  readonly #chains: Map<string, string[]> = new Map();
  readonly #nameOfEndpoint: (endpoint: string) => string;

  /** `nameOfEndpoint` may remember the names of endpoints' chains, which are dear. */
  constructor(
    info: ServicePortInfo,
    chosen: ChosenEndpoints,
    config: ProxyConfig,
    options: RuleOptions,
    nameOfEndpoint?: (endpoint: string) => string,
  ) {
    this.#info = info;
    this.#chosen = chosen;
    this.#config = config;
    this.#isLarge = options.isLargeCluster;
    this.#names = serviceChains(info.name, info.proto);
    this.#nameOfEndpoint =
      nameOfEndpoint ?? ((endpoint) => endpointChain(info.name, info.proto, endpoint));
  }

  writeListed(): ListedRules {
    this.#writeClusterIP();
    this.#writeExternalIPs();
    this.#writeLoadBalancer();
    this.#writeNodePort();
    return {
      filterServices: this.#filterServices,
      filterExternal: this.#filterExternal,
      filterFirewall: this.#filterFirewall,
      filterNodePorts: this.#filterNodePorts,
      natServices: this.#natServices,
      natNodePorts: this.#natNodePorts,
    };
  }

  /** The chains of the service port, without those of its endpoints. */
  writeChains(): ReadonlyMap<string, readonly string[]> {
    const { cluster, local } = this.#chosen;
    this.#writeMasquerade();
    this.#writeExternalChain();
    this.#writeFirewall();
    if (cluster.length > 0) this.#writeBalancing(this.#names.svc, cluster);
    if (local.length > 0) this.#writeBalancing(this.#names.svl, local);
    return this.#chains;
  }

  endpointChain(endpoint: EndpointInfo): string {
    return this.#nameOfEndpoint(endpoint.endpoint);
  }

  get #hasInternal(): boolean {
    const { hasEndpoints, local } = this.#chosen;
    return hasEndpoints && (!this.#info.isInternalLocal || local.length > 0);
  }

  get #hasExternal(): boolean {
    const { hasEndpoints, local } = this.#chosen;
    return hasEndpoints && (!this.#info.isExternalLocal || local.length > 0);
  }

  get #usesExternalChain(): boolean {
    return this.#chosen.hasEndpoints && isExternallyAccessible(this.#info);
  }

  get #usesFirewall(): boolean {
    const { loadBalancerVIPs, sourceRanges } = this.#info;
    return this.#chosen.hasEndpoints && loadBalancerVIPs.length > 0 && sourceRanges.length > 0;
  }

  get #internalChain(): string {
    return this.#info.isInternalLocal ? this.#names.svl : this.#names.svc;
  }

  /** `-d IP/32 -p tcp -m comment --comment "…" -m tcp --dport PORT`. */
  #to(ip: string, comment: string): string {
    const { proto, port } = this.#info;
    return `-d ${ip}${hostMask(ip)} -p ${proto} -m comment --comment "${this.#info.name} ${comment}" -m ${proto} --dport ${port}`;
  }

  /** What happens where nothing can be reached: told apart from "nothing on this node". */
  get #refusal(): readonly [string, string] {
    const reject = this.#info.clusterIP.includes(':')
      ? 'REJECT --reject-with icmp6-port-unreachable'
      : 'REJECT --reject-with icmp-port-unreachable';
    return this.#chosen.hasEndpoints
      ? ['has no local endpoints', 'DROP']
      : ['has no endpoints', reject];
  }

  #chain(name: string): string[] {
    let lines = this.#chains.get(name);
    if (lines === undefined) {
      lines = [];
      this.#chains.set(name, lines);
    }
    return lines;
  }

  #writeClusterIP(): void {
    const { clusterIP } = this.#info;
    if (this.#hasInternal) {
      const match = this.#to(clusterIP, 'cluster IP');
      this.#natServices.push(`-A KUBE-SERVICES ${match} -j ${this.#internalChain}`);
      return;
    }
    const [why, target] = this.#refusal;
    this.#filterServices.push(`-A KUBE-SERVICES ${this.#to(clusterIP, why)} -j ${target}`);
  }

  #writeExternalIPs(): void {
    for (const ip of this.#info.externalIPs) {
      if (this.#chosen.hasEndpoints) {
        const match = this.#to(ip, 'external IP');
        this.#natServices.push(`-A KUBE-SERVICES ${match} -j ${this.#names.ext}`);
      }
      this.#refuseExternal(ip);
    }
  }

  #writeLoadBalancer(): void {
    const { ext, fw } = this.#names;
    for (const ip of this.#info.loadBalancerVIPs) {
      if (this.#chosen.hasEndpoints) {
        const match = this.#to(ip, 'loadbalancer IP');
        this.#natServices.push(`-A KUBE-SERVICES ${match} -j ${this.#usesFirewall ? fw : ext}`);
      }
      if (this.#usesFirewall) {
        const match = this.#to(ip, `traffic not accepted by ${fw}`);
        this.#filterFirewall.push(`-A KUBE-PROXY-FIREWALL ${match} -j DROP`);
      }
    }
    for (const ip of this.#info.loadBalancerVIPs) this.#refuseExternal(ip);
  }

  #refuseExternal(ip: string): void {
    if (this.#hasExternal) return;
    const [why, target] = this.#refusal;
    this.#filterExternal.push(`-A KUBE-EXTERNAL-SERVICES ${this.#to(ip, why)} -j ${target}`);
  }

  #writeNodePort(): void {
    const { nodePort, proto, name, healthCheckNodePort, clusterIP } = this.#info;
    const { localhostNodePorts, hasNfacct } = this.#config;
    if (nodePort !== 0) {
      const comment = `-p ${proto} -m comment --comment "${name}" -m ${proto} --dport ${nodePort}`;
      const isFour = !clusterIP.includes(':');
      if (this.#chosen.hasEndpoints) {
        if (isFour && localhostNodePorts && hasNfacct) {
          this.#natNodePorts.push(
            `-A KUBE-NODEPORTS -d 127.0.0.0/8 ${comment} -m nfacct --nfacct-name  localhost_nps_accepted_pkts -j ${this.#names.ext}`,
          );
        }
        this.#natNodePorts.push(`-A KUBE-NODEPORTS ${comment} -j ${this.#names.ext}`);
      }
      if (!this.#hasExternal) {
        const [why, target] = this.#refusal;
        this.#filterExternal.push(
          `-A KUBE-EXTERNAL-SERVICES -p ${proto} -m comment --comment "${name} ${why}" -m addrtype --dst-type LOCAL -m ${proto} --dport ${nodePort} -j ${target}`,
        );
      }
    }
    if (healthCheckNodePort !== 0) this.#filterNodePorts.push(healthCheckLine(this.#info));
  }

  /** clusterIP traffic from outside the pods is masqueraded, so that the answer comes back this way. */
  #writeMasquerade(): void {
    if (!this.#hasInternal) return;
    const { clusterIP, proto, name, port } = this.#info;
    const { detector, masqueradeAll } = this.#config;
    const to = `-d ${clusterIP}${hostMask(clusterIP)}`;
    let who: string | undefined;
    if (masqueradeAll) who = to;
    else if (detector.kind === 'cidr') who = `! -s ${detector.cidr} ${to}`;
    else if (detector.kind === 'interface') who = `${to} ! -i ${detector.name}`;
    const lines = this.#chain(this.#internalChain);
    if (who === undefined) return;
    lines.push(
      `-A ${this.#internalChain} ${who} -p ${proto} -m comment --comment "${name} cluster IP" -m ${proto} --dport ${port} -j KUBE-MARK-MASQ`,
    );
  }

  #writeExternalChain(): void {
    if (!this.#usesExternalChain) return;
    const { ext, svc, svl } = this.#names;
    const { name, isExternalLocal } = this.#info;
    const lines = this.#chain(ext);
    const comment = (what: string): string =>
      `-m comment --comment "${what} for ${name} external destinations"`;
    if (!isExternalLocal) {
      lines.push(
        `-A ${ext} ${comment('masquerade traffic')} -j KUBE-MARK-MASQ`,
        `-A ${ext} -j ${svc}`,
      );
      return;
    }
    const { detector } = this.#config;
    if (detector.kind !== 'none') {
      const who = detector.kind === 'cidr' ? `-s ${detector.cidr}` : `-i ${detector.name}`;
      lines.push(`-A ${ext} ${who} ${comment('pod traffic')} -j ${svc}`);
    }
    const isLocal = '-m addrtype --src-type LOCAL';
    lines.push(
      `-A ${ext} ${comment('masquerade LOCAL traffic')} ${isLocal} -j KUBE-MARK-MASQ`,
      `-A ${ext} ${comment('route LOCAL traffic')} ${isLocal} -j ${svc}`,
    );
    if (this.#chosen.local.length > 0) lines.push(`-A ${ext} -j ${svl}`);
  }

  #writeFirewall(): void {
    if (!this.#usesFirewall) return;
    const { fw, ext } = this.#names;
    const { name, sourceRanges, loadBalancerVIPs } = this.#info;
    const lines = this.#chain(fw);
    const comment = `-m comment --comment "${name} loadbalancer IP"`;
    for (const range of sourceRanges) lines.push(`-A ${fw} -s ${range} ${comment} -j ${ext}`);
    // A node that has the VIP on an interface uses it as its source.
    if (sourceRanges.some((range) => this.#containsNode(range))) {
      for (const vip of loadBalancerVIPs) {
        lines.push(`-A ${fw} -s ${vip}${hostMask(vip)} ${comment} -j ${ext}`);
      }
    }
    lines.push(
      `-A ${fw} -m comment --comment "other traffic to ${name} will be dropped by KUBE-PROXY-FIREWALL"`,
    );
  }

  #containsNode(range: string): boolean {
    const cidr = parseCidr(range);
    if (cidr === undefined) return false;
    return this.#config.nodeIPs.some((text) => {
      const ip = parseIp(text);
      return ip !== undefined && cidrContains(cidr, ip);
    });
  }

  #writeBalancing(chain: string, endpoints: readonly EndpointInfo[]): void {
    const lines = this.#chain(chain);
    const { affinitySec } = this.#info;
    if (affinitySec > 0) {
      for (const endpoint of endpoints) {
        const sep = this.endpointChain(endpoint);
        lines.push(
          `-A ${chain} ${this.#arrow(endpoint)}-m recent --rcheck --seconds ${affinitySec} --reap --name ${sep} ${mask(endpoint)} --rsource -j ${sep}`,
        );
      }
    }
    endpoints.forEach((endpoint, index) => {
      const left = endpoints.length - index;
      const chance =
        left === 1 ? '' : `-m statistic --mode random --probability ${(1 / left).toFixed(10)} `;
      lines.push(`-A ${chain} ${this.#arrow(endpoint)}${chance}-j ${this.endpointChain(endpoint)}`);
    });
  }

  writeEndpoint(endpoint: EndpointInfo): readonly string[] {
    const { proto, name, affinitySec } = this.#info;
    const sep = this.endpointChain(endpoint);
    const comment = this.#isLarge ? '' : `-m comment --comment "${name}" `;
    const remember =
      affinitySec > 0 ? `-m recent --set --name ${sep} ${mask(endpoint)} --rsource ` : '';
    return [
      `-A ${sep} -s ${endpoint.ip}${hostMask(endpoint.ip)} ${comment}-j KUBE-MARK-MASQ`,
      `-A ${sep} -p ${proto} ${comment}${remember}-m ${proto} -j DNAT --to-destination ${endpoint.endpoint}`,
    ];
  }

  #arrow(endpoint: EndpointInfo): string {
    if (this.#isLarge) return '';
    return `-m comment --comment "${this.#info.name} -> ${endpoint.endpoint}" `;
  }
}

/** Lets load balancers' checks in; needs nothing of the endpoints. */
export function healthCheckLine({ name, healthCheckNodePort }: ServicePortInfo): string {
  return `-A KUBE-NODEPORTS -p tcp -m comment --comment "${name} health check node port" -m tcp --dport ${healthCheckNodePort} -j ACCEPT`;
}

function hostMask(ip: string): string {
  return ip.includes(':') ? '/128' : '/32';
}

function mask(endpoint: EndpointInfo): string {
  return endpoint.ip.includes(':')
    ? '--mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
    : '--mask 255.255.255.255';
}
