/**
 * The rules of all service ports for a node without endpoints of its own: what all nodes share.
 *
 * Made from the nearest of those that were made last, by the services that differ. It knows for which ports a
 * node's own endpoints or addresses matter, so that a node makes only those for itself (node-chains.ts).
 */
import { PersistentMap } from '@podwire/base';
import { type Rule, RulePieces } from '@podwire/netstack';
import type { ProxyConfig } from '../config.ts';
import {
  type ServicePortInfo,
  isExternallyAccessible,
  keyOfPort,
  usesLocalEndpoints,
} from '../service-map.ts';
import { Recent, type Standing } from '../recent.ts';
import { type ServiceEntry, type ServiceView, keep } from '../service-view.ts';
import { isLargeCount } from './build.ts';
import { LISTS, type ListName, PortRules, type PortRulesContext } from './port-rules.ts';

export type Lists = Readonly<Record<ListName, RulePieces>>;

export interface RuleSet extends Standing {
  readonly view: ServiceView;
  readonly context: PortRulesContext;
  /** By `namespace/name`. */
  readonly services: PersistentMap<readonly PortRules[]>;
  /** By the hash in the names of their chains. */
  readonly byHash: PersistentMap<PortRules>;
  readonly lists: Lists;
  /** By node: keys of Services of which it has endpoints that it treats in a way of its own. */
  readonly ofNode: PersistentMap<ReadonlySet<string>>;
  /** Keys of Services with source ranges, which may contain a node's address. */
  readonly ranged: PersistentMap<true>;
}

/** Makes the rule sets of one configuration; the parts of it that differ between nodes are left out. */
export class RuleSets {
  readonly #sets: WeakMap<ServiceView, RuleSet> = new WeakMap();
  readonly #small: RulesOfSize;
  readonly #large: RulesOfSize;

  constructor(config: ProxyConfig) {
    this.#small = new RulesOfSize({ config, isLargeCluster: false });
    this.#large = new RulesOfSize({ config, isLargeCluster: true });
  }

  of(view: ServiceView): RuleSet {
    let set = this.#sets.get(view);
    if (set === undefined) {
      set = (isLargeCount(view.endpointCount) ? this.#large : this.#small).of(view);
      this.#sets.set(view, set);
    }
    return set;
  }
}

/** Rule sets of one configuration, of a small cluster or of a large one. */
class RulesOfSize {
  readonly #context: PortRulesContext;
  readonly #ports: WeakMap<ServiceEntry, PortRules[][]> = new WeakMap();
  readonly #last: Recent<RuleSet> = new Recent();

  constructor(context: PortRulesContext) {
    this.#context = context;
  }

  of(view: ServiceView): RuleSet {
    const last = this.#last.nearest(view.at) ?? this.#empty(view);
    const set = nextRuleSet(last, view, (entry, before) =>
      keep(
        this.#ports,
        entry,
        () => true,
        () => this.#portRules(entry, before),
      ),
    );
    this.#last.add(set);
    return set;
  }

  #portRules(entry: ServiceEntry, before: readonly PortRules[]): PortRules[] {
    return entry.ports.map((info) => {
      const last = before.find((one) => keyOfPort(one.info) === keyOfPort(info));
      return new PortRules(info, entry, this.#context, last);
    });
  }

  #empty(view: ServiceView): RuleSet {
    return {
      at: [0, 0],
      view: { at: [0, 0], entries: new PersistentMap(), endpointCount: 0, services: view.services },
      context: this.#context,
      services: new PersistentMap(),
      byHash: new PersistentMap(),
      lists: {
        filterServices: new RulePieces(),
        filterExternal: new RulePieces(),
        filterFirewall: new RulePieces(),
        natServices: new RulePieces(),
        natNodePorts: new RulePieces(),
      },
      ofNode: new PersistentMap(),
      ranged: new PersistentMap(),
    };
  }
}

/** The order of service ports in all lists: by name, then protocol. */
export function orderOf(info: ServicePortInfo): string {
  return `${info.name}\u0000${info.proto}`;
}

/** Lists with the lines of some ports replaced: by key of order, undefined takes them away. */
export function changeLists(
  lists: Lists,
  ports: ReadonlyMap<string, PortRules | undefined>,
  isSame: (list: ListName, rules: PortRules) => boolean = () => false,
): Lists {
  const next = {} as Record<ListName, RulePieces>;
  for (const list of LISTS) {
    const changes = new Map<string, readonly Rule[] | undefined>();
    for (const [order, rules] of ports) {
      if (rules === undefined || !isSame(list, rules)) changes.set(order, rules?.listed(list));
    }
    next[list] = lists[list].with(changes);
  }
  return next;
}

function nextRuleSet(
  last: RuleSet,
  view: ServiceView,
  rulesOf: (entry: ServiceEntry, before: readonly PortRules[]) => readonly PortRules[],
): RuleSet {
  const services = new Map<string, readonly PortRules[] | undefined>();
  const byHash = new Map<string, PortRules | undefined>();
  const ports = new Map<string, PortRules | undefined>();
  const nodes = new Map<string, Set<string>>();
  const ranged = new Map<string, true | undefined>();
  last.view.entries.diff(view.entries, (key, old, entry) => {
    const before = last.services.get(key) ?? [];
    for (const rules of before) {
      byHash.set(rules.hash, undefined);
      ports.set(orderOf(rules.info), undefined);
    }
    const made = entry === undefined ? [] : rulesOf(entry, before);
    for (const rules of made) {
      byHash.set(rules.hash, rules);
      ports.set(orderOf(rules.info), rules);
    }
    services.set(key, made.length === 0 ? undefined : made);
    noteNodes(key, { old, entry, ofNode: last.ofNode }, nodes);
    const isRanged = entry?.ports.some((info) => info.sourceRanges.length > 0) === true;
    ranged.set(key, isRanged ? true : undefined);
  });
  return {
    at: view.at,
    view,
    context: last.context,
    services: last.services.with(services),
    byHash: last.byHash.with(byHash),
    lists: changeLists(last.lists, ports),
    ofNode: last.ofNode.with(
      [...nodes].map(([node, keys]) => [node, keys.size === 0 ? undefined : keys] as const),
    ),
    ranged: last.ranged.with(ranged),
  };
}

/** Notes for which nodes a Service begins or ceases to need rules of its own. */
function noteNodes(
  key: string,
  change: {
    readonly old: ServiceEntry | undefined;
    readonly entry: ServiceEntry | undefined;
    readonly ofNode: RuleSet['ofNode'];
  },
  nodes: Map<string, Set<string>>,
): void {
  const before = concernedNodes(change.old);
  const after = concernedNodes(change.entry);
  const keysOf = (node: string): Set<string> => {
    let keys = nodes.get(node);
    if (keys === undefined) {
      keys = new Set(change.ofNode.get(node));
      nodes.set(node, keys);
    }
    return keys;
  };
  for (const node of before) if (!after.has(node)) keysOf(node).delete(key);
  for (const node of after) if (!before.has(node)) keysOf(node).add(key);
}

/** Nodes whose own endpoints count, or that hints name. */
function concernedNodes(entry: ServiceEntry | undefined): Set<string> {
  const nodes = new Set<string>();
  for (const info of entry?.ports ?? []) {
    const isLocal = usesLocalEndpoints(info);
    for (const one of entry?.endpoints.get(keyOfPort(info)) ?? []) {
      if (isLocal && one.nodeName !== undefined) nodes.add(one.nodeName);
      for (const node of one.nodeHints ?? []) nodes.add(node);
    }
  }
  return nodes;
}

/** Whether any port of a Service has a chain for source ranges. */
export function isFirewalled(info: ServicePortInfo): boolean {
  return (
    isExternallyAccessible(info) && info.loadBalancerVIPs.length > 0 && info.sourceRanges.length > 0
  );
}
