/**
 * What the proxies of a thread share: versions of what they have seen, and the rules made from them.
 */
import type { EndpointSlice, Service } from '@podwire/api';
import { type Rule, type SharedChain, readRules } from '@podwire/netstack';
import type { ProxyConfig } from '../config.ts';
import { NetworkProgramming } from '../metrics.ts';
import { type Seen, SeenVersions } from '../seen.ts';
import { ServiceViews } from '../service-view.ts';
import {
  firewallRules,
  forwardRules,
  masqueradeRules,
  nodePortIPs,
  nodePortJumps,
} from './fixed-rules.ts';
import { type Listing, ListingChain } from './listing.ts';
import { type Lists, type RuleSet, RuleSets, orderOf } from './rule-set.ts';
import { healthCheckLine } from './service-rules.ts';

export class ProxyRules {
  readonly programming: NetworkProgramming = new NetworkProgramming();
  readonly services: SeenVersions<Service> = new SeenVersions();
  readonly slices: SeenVersions<EndpointSlice> = new SeenVersions((slice) => {
    this.programming.note(slice);
  });
  readonly views: ServiceViews = new ServiceViews();
  readonly #sets: Map<string, RuleSets> = new Map();
  readonly #fixed: Map<string, ReadonlyMap<string, SharedChain>> = new Map();
  /** Configurations are few objects, asked for often. */
  readonly #keys: WeakMap<ProxyConfig, string> = new WeakMap();
  readonly #tails: Map<string, readonly Rule[]> = new Map();
  readonly #listings: WeakMap<Lists['natServices'], WeakMap<readonly Rule[], Listing>> =
    new WeakMap();
  readonly #healthChecks: WeakMap<object, SharedChain> = new WeakMap();

  ruleSet(config: ProxyConfig, services: Seen<Service>, slices: Seen<EndpointSlice>): RuleSet {
    const key = this.#keyOf(config);
    let sets = this.#sets.get(key);
    if (sets === undefined) {
      sets = new RuleSets(withoutNode(config));
      this.#sets.set(key, sets);
    }
    return sets.of(this.views.view(services, slices));
  }

  /** Chains that depend on the configuration alone. */
  fixed(config: ProxyConfig): ReadonlyMap<string, SharedChain> {
    const key = this.#keyOf(config);
    let fixed = this.#fixed.get(key);
    if (fixed === undefined) {
      fixed = fixedChains(config);
      this.#fixed.set(key, fixed);
    }
    return fixed;
  }

  /** The chains with these lists of services; nat KUBE-SERVICES ends in the jumps for node ports. */
  listing(lists: Lists, config: ProxyConfig): Listing {
    const tail = this.#tail(config);
    let listings = this.#listings.get(lists.natServices);
    if (listings === undefined) {
      listings = new WeakMap();
      this.#listings.set(lists.natServices, listings);
    }
    const known = listings.get(tail);
    const listing: Listing = {
      natServices:
        known?.natServices ?? new ListingChain('KUBE-SERVICES', lists.natServices.withTail(tail)),
      natNodePorts: new ListingChain('KUBE-NODEPORTS', lists.natNodePorts),
      filterServices: new ListingChain('KUBE-SERVICES', lists.filterServices),
      filterExternal: new ListingChain('KUBE-EXTERNAL-SERVICES', lists.filterExternal),
      filterFirewall: new ListingChain('KUBE-PROXY-FIREWALL', lists.filterFirewall),
    };
    if (known === undefined) listings.set(tail, listing);
    return listing;
  }

  /** filter KUBE-NODEPORTS. */
  healthChecks(services: Seen<Service>): SharedChain {
    const { healthPorts } = this.views.ports(services);
    let chain = this.#healthChecks.get(healthPorts);
    if (chain === undefined) {
      const infos = [...healthPorts.values()].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
      chain = chainOf('KUBE-NODEPORTS', readRules('filter', infos.map(healthCheckLine)));
      this.#healthChecks.set(healthPorts, chain);
    }
    return chain;
  }

  #tail(config: ProxyConfig): readonly Rule[] {
    const key = `${config.localhostNodePorts} ${nodePortIPs(config)?.join(' ') ?? 'all'}`;
    let tail = this.#tails.get(key);
    if (tail === undefined) {
      tail = readRules('nat', nodePortJumps(config));
      this.#tails.set(key, tail);
    }
    return tail;
  }

  #keyOf(config: ProxyConfig): string {
    let key = this.#keys.get(config);
    if (key === undefined) {
      key = JSON.stringify(withoutNode(config));
      this.#keys.set(config, key);
    }
    return key;
  }
}

/** The proxies that watch one API server and live in one thread: `scope` stands for both. */
export function proxyRulesOf(scope: object): ProxyRules {
  let rules = SCOPES.get(scope);
  if (rules === undefined) {
    rules = new ProxyRules();
    SCOPES.set(scope, rules);
  }
  return rules;
}

const SCOPES = new WeakMap<object, ProxyRules>();

/** What all nodes with the same options have in common. */
function withoutNode(config: ProxyConfig): ProxyConfig {
  return { ...config, nodeName: '', nodeIPs: [], nodePortAddresses: [] };
}

function fixedChains(config: ProxyConfig): ReadonlyMap<string, SharedChain> {
  const masquerade = readRules('nat', masqueradeRules(config));
  const chains = [
    chainOf('KUBE-FIREWALL', readRules('filter', config.localhostNodePorts ? firewallRules() : [])),
    chainOf('KUBE-FORWARD', readRules('filter', forwardRules(config))),
    chainOf('KUBE-POSTROUTING', masquerade.slice(0, -1)),
    chainOf('KUBE-MARK-MASQ', masquerade.slice(-1)),
  ];
  return new Map(chains.map((chain) => [chain.name, chain]));
}

function chainOf(name: string, rules: readonly Rule[]): SharedChain {
  return { name, rules, length: rules.length };
}
