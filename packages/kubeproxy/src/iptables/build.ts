/**
 * Puts the rules of all service ports together as text for `iptables-restore --noflush`.
 */
import type { ProxyConfig } from '../config.ts';
import { type EndpointInfo, chooseEndpoints } from '../endpoints.ts';
import { type ServicePortInfo, keyOfPort, sortServicePorts } from '../service-map.ts';
import {
  FILTER_CHAINS,
  NAT_CHAINS,
  firewallRules,
  forwardRules,
  masqueradeRules,
  nodePortJumps,
} from './fixed-rules.ts';
import { type ServiceRules, serviceRules } from './service-rules.ts';

/** More endpoint entries than this, summed over service ports: large cluster mode. */
const LARGE_CLUSTER_ENDPOINTS = 1000;

export type ServiceMap = ReadonlyMap<string, ServicePortInfo>;
export type EndpointsMap = ReadonlyMap<string, readonly EndpointInfo[]>;

/** Large cluster mode, by the number of endpoints summed over service ports. */
export function isLargeCount(endpointCount: number): boolean {
  return endpointCount > LARGE_CLUSTER_ENDPOINTS;
}

/** The whole rule set of a node as text: what a full sync writes, and what node-chains.ts must equal. */
export function buildIptables(
  services: ServiceMap,
  endpoints: EndpointsMap,
  config: ProxyConfig,
): string {
  let count = 0;
  for (const key of services.keys()) count += endpoints.get(key)?.length ?? 0;
  const options = { isLargeCluster: isLargeCount(count) };
  const rules = sortServicePorts(services.values()).map((info) => {
    const found = endpoints.get(keyOfPort(info)) ?? [];
    return serviceRules(info, chooseEndpoints(info, found, config), config, options);
  });
  return restoreText(rules, config);
}

function restoreText(rules: readonly ServiceRules[], config: ProxyConfig): string {
  const all = (pick: (one: ServiceRules) => readonly string[]): string[] => rules.flatMap(pick);
  const own = rules.flatMap((one) => [...one.chains]);
  const lines = [
    '*filter',
    ...FILTER_CHAINS.map(declare),
    ...all((one) => one.filterServices),
    ...all((one) => one.filterExternal),
    ...all((one) => one.filterFirewall),
    ...all((one) => one.filterNodePorts),
    ...(config.localhostNodePorts ? firewallRules() : []),
    ...forwardRules(config),
    'COMMIT',
    '*nat',
    ...NAT_CHAINS.map(declare),
    ...own.map(([chain]) => declare(chain)),
    ...masqueradeRules(config),
    ...all((one) => one.natServices),
    ...nodePortJumps(config),
    ...all((one) => one.natNodePorts),
    ...own.flatMap(([, body]) => body),
    'COMMIT',
    '',
  ];
  return lines.join('\n');
}

function declare(chain: string): string {
  return `:${chain} - [0:0]`;
}
