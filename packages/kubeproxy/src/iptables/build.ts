/**
 * Puts the rules of all service ports together as text for `iptables-restore --noflush`.
 *
 * The chains that list services are always written whole; the chains of single services only where
 * `changed` names them (a partial sync).
 */
import type { ProxyConfig } from '../config.ts';
import { type EndpointInfo, chooseEndpoints } from '../endpoints.ts';
import { type ServicePortInfo, portKey, sortServicePorts } from '../service-map.ts';
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

export function keyOfPort(info: ServicePortInfo): string {
  return portKey(info.namespace, info.service, info.portName, info.proto);
}

export function isLargeCluster(services: ServiceMap, endpoints: EndpointsMap): boolean {
  let count = 0;
  for (const key of services.keys()) count += endpoints.get(key)?.length ?? 0;
  return count > LARGE_CLUSTER_ENDPOINTS;
}

/** The whole rule set of a node: what a full sync writes. */
export function buildIptables(
  services: ServiceMap,
  endpoints: EndpointsMap,
  config: ProxyConfig,
): string {
  const options = { isLargeCluster: isLargeCluster(services, endpoints) };
  const rules = sortServicePorts(services.values()).map((info) => {
    const found = endpoints.get(keyOfPort(info)) ?? [];
    return serviceRules(info, chooseEndpoints(info, found, config), config, options);
  });
  return restoreText(rules, config, { changed: rules, stale: [] });
}

export interface RestoreParts {
  /** Rules of service ports whose own chains are written. */
  readonly changed: readonly ServiceRules[];
  /** Chains that no rule uses any more. */
  readonly stale: readonly string[];
}

export function restoreText(
  rules: readonly ServiceRules[],
  config: ProxyConfig,
  parts: RestoreParts,
): string {
  const all = (pick: (one: ServiceRules) => readonly string[]): string[] => rules.flatMap(pick);
  const own = parts.changed.flatMap((one) => [...one.chains]);
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
    ...parts.stale.map(declare),
    ...masqueradeRules(config),
    ...all((one) => one.natServices),
    ...nodePortJumps(config),
    ...all((one) => one.natNodePorts),
    ...own.flatMap(([, body]) => body),
    ...parts.stale.map((chain) => `-X ${chain}`),
    'COMMIT',
    '',
  ];
  return lines.join('\n');
}

function declare(chain: string): string {
  return `:${chain} - [0:0]`;
}
