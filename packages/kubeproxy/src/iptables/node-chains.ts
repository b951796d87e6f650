/**
 * The chains that a sync writes on a node: shared ones, and the node's own where its endpoints matter.
 *
 * Nothing is made before a packet or a command asks for it; then the node takes the shared rule set of
 * what it has seen and makes only the rules of services of which it has endpoints under a Local policy,
 * that hints mean for it, or whose source ranges contain its address.
 */
import type { EndpointSlice, Service } from '@podwire/api';
import { cidrContains, parseCidr, parseIp } from '@podwire/base';
import type { ChainGroup, SharedChain, SharedChains } from '@podwire/netstack';
import type { ProxyConfig } from '../config.ts';
import type { Seen } from '../seen.ts';
import type { ServicePortInfo } from '../service-map.ts';
import type { Listing } from './listing.ts';
import { hashOf, isEndpointChain, isServiceChain } from './names.ts';
import { PortRules, type PortRulesContext } from './port-rules.ts';
import { type Lists, type RuleSet, changeLists, isFirewalled, orderOf } from './rule-set.ts';
import type { ProxyRules } from './proxy-rules.ts';

/** What a node keeps from sync to sync: the rules that it does not share. */
export class NodeRules {
  readonly config: ProxyConfig;
  readonly #contexts: readonly [small: PortRulesContext, large: PortRulesContext];
  #own: Map<string, PortRules> = new Map();

  constructor(config: ProxyConfig) {
    this.config = config;
    this.#contexts = [
      { config, isLargeCluster: false },
      { config, isLargeCluster: true },
    ];
  }

  /** The node's own rules beside a rule set, by order of port. */
  beside(set: RuleSet): ReadonlyMap<string, PortRules> {
    const own = new Map<string, PortRules>();
    const context = this.#contexts[set.context.isLargeCluster ? 1 : 0];
    for (const key of this.#concerned(set)) {
      const entry = set.view.entries.get(key);
      for (const info of entry?.ports ?? []) {
        const order = orderOf(info);
        const last = this.#own.get(order);
        const isSame = entry === undefined || last?.isOfEntry(entry, context) === true;
        if (entry !== undefined) {
          own.set(
            order,
            isSame && last !== undefined ? last : new PortRules(info, entry, context, last),
          );
        }
      }
    }
    this.#own = own;
    return own;
  }

  #concerned(set: RuleSet): ReadonlySet<string> {
    const concerned = set.ofNode.get(this.config.nodeName);
    if (set.ranged.size === 0) return concerned ?? NOTHING;
    const all = new Set(concerned);
    for (const key of set.ranged.keys()) {
      if (set.view.entries.get(key)?.ports.some((info) => this.#isInRange(info)) === true)
        all.add(key);
    }
    return all;
  }

  #isInRange(info: ServicePortInfo): boolean {
    if (!isFirewalled(info)) return false;
    const ips = this.config.nodeIPs.map(parseIp).filter((ip) => ip !== undefined);
    return info.sourceRanges.some((range) => {
      const cidr = parseCidr(range);
      return cidr !== undefined && ips.some((ip) => cidrContains(cidr, ip));
    });
  }
}

const NOTHING: ReadonlySet<string> = new Set();

/** What a sync writes, made when it is looked at. */
export class NodeChains {
  readonly #rules: ProxyRules;
  readonly #services: Seen<Service>;
  readonly #slices: Seen<EndpointSlice>;
  readonly #node: NodeRules;
  #made: Made | undefined;

  constructor(
    rules: ProxyRules,
    seen: readonly [services: Seen<Service>, slices: Seen<EndpointSlice>],
    node: NodeRules,
  ) {
    this.#rules = rules;
    [this.#services, this.#slices] = seen;
    this.#node = node;
  }

  get config(): ProxyConfig {
    return this.#node.config;
  }

  /** filter KUBE-NODEPORTS needs no endpoints: every packet to the node passes it. */
  healthChecks(): SharedChain {
    return this.#rules.healthChecks(this.#services);
  }

  fixed(name: string): SharedChain | undefined {
    return this.#rules.fixed(this.config).get(name);
  }

  fixedChains(): Iterable<SharedChain> {
    return this.#rules.fixed(this.config).values();
  }

  made(): Made {
    this.#made ??= this.#make();
    return this.#made;
  }

  #make(): Made {
    const set = this.#rules.ruleSet(this.config, this.#services, this.#slices);
    const own = this.#node.beside(set);
    const byHash = new Map([...own.values()].map((rules) => [rules.hash, rules]));
    const lists = changeLists(set.lists, own, (list, rules) => {
      const other = set.byHash.get(rules.hash);
      return other !== undefined && rules.hasSameLines(list, other);
    });
    return { set, byHash, lists, listing: this.#rules.listing(lists, this.config) };
  }
}

interface Made {
  readonly set: RuleSet;
  /** The node's own rules. */
  readonly byHash: ReadonlyMap<string, PortRules>;
  readonly lists: Lists;
  readonly listing: Listing;
}

export class FilterChains implements SharedChains {
  readonly needsConntrack = true;
  readonly #node: NodeChains;

  constructor(node: NodeChains) {
    this.#node = node;
  }

  get(name: string): SharedChain | undefined {
    switch (name) {
      case 'KUBE-FIREWALL':
      case 'KUBE-FORWARD':
        return this.#node.fixed(name);
      case 'KUBE-NODEPORTS':
        return this.#node.healthChecks();
      case 'KUBE-SERVICES':
        return this.#node.made().listing.filterServices;
      case 'KUBE-EXTERNAL-SERVICES':
        return this.#node.made().listing.filterExternal;
      case 'KUBE-PROXY-FIREWALL':
        return this.#node.made().listing.filterFirewall;
      default:
        return undefined;
    }
  }

  values(): IterableIterator<SharedChain> {
    return chainsNamed(this, FILTER_NAMES);
  }

  hasGroup(): boolean {
    return false;
  }

  namesRecentList(): boolean {
    return false;
  }
}

const FILTER_NAMES = [
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-FIREWALL',
  'KUBE-FORWARD',
  'KUBE-NODEPORTS',
  'KUBE-PROXY-FIREWALL',
  'KUBE-SERVICES',
] as const;

const NAT_NAMES = [
  'KUBE-MARK-MASQ',
  'KUBE-NODEPORTS',
  'KUBE-POSTROUTING',
  'KUBE-SERVICES',
] as const;

/** Those of the chains that there are. */
function* chainsNamed(
  chains: SharedChains,
  names: readonly string[],
): IterableIterator<SharedChain> {
  for (const name of names) {
    const chain = chains.get(name);
    if (chain !== undefined) yield chain;
  }
}

export class NatChains implements SharedChains {
  readonly needsConntrack = true;
  readonly #node: NodeChains;

  constructor(node: NodeChains) {
    this.#node = node;
  }

  get(name: string): SharedChain | undefined {
    switch (name) {
      case 'KUBE-MARK-MASQ':
      case 'KUBE-POSTROUTING':
        return this.#node.fixed(name);
      case 'KUBE-SERVICES':
        return this.#node.made().listing.natServices;
      case 'KUBE-NODEPORTS':
        return this.#node.made().listing.natNodePorts;
      default:
        if (!isServiceChain(name)) return undefined;
        return isEndpointChain(name) ? this.#search(name) : this.#rulesOf(hashOf(name))?.get(name);
    }
  }

  hasGroup(group: ChainGroup): boolean {
    return group instanceof PortRules && this.#rulesOf(group.hash)?.isOfSame(group) === true;
  }

  *values(): IterableIterator<SharedChain> {
    yield* chainsNamed(this, NAT_NAMES);
    for (const rules of this.#all()) yield* rules.values();
  }

  namesRecentList(list: string): boolean {
    for (const rules of this.#all()) if (rules.namesRecentList(list)) return true;
    return false;
  }

  #rulesOf(hash: string): PortRules | undefined {
    const { byHash, set } = this.#node.made();
    return byHash.get(hash) ?? set.byHash.get(hash);
  }

  *#all(): IterableIterator<PortRules> {
    const { byHash, set } = this.#node.made();
    for (const rules of set.byHash.values()) yield byHash.get(rules.hash) ?? rules;
  }

  /** An endpoint's chain by its name alone, which does not say whose it is; packets come by their service's. */
  #search(name: string): SharedChain | undefined {
    for (const rules of this.#all()) {
      const found = rules.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
