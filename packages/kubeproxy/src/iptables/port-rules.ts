/**
 * The rules of one service port, each part made when it is first needed, for all nodes that share them.
 *
 * The lines in the chains that list services are made at once; the chains of the service port and of its
 * endpoints when a packet or a command comes to them. A change of an endpoint rewrites all chains of its
 * service (their counters start at 0), but what the chains of the other endpoints say is taken over.
 */
import { jsonEqual } from '@podwire/api';
import { type ChainGroup, type Rule, type SharedChain, readRules } from '@podwire/netstack';
import type { ProxyConfig } from '../config.ts';
import { type ChosenEndpoints, type EndpointInfo, chooseEndpoints } from '../endpoints.ts';
import { type ServicePortInfo, keyOfPort } from '../service-map.ts';
import type { ServiceEntry } from '../service-view.ts';
import { endpointChain, serviceHash } from './names.ts';
import { type ListedRules, type RuleOptions, ServiceWriter } from './service-rules.ts';

/** The lists that lines of a service port stand in. */
export const LISTS = [
  'filterServices',
  'filterExternal',
  'filterFirewall',
  'natServices',
  'natNodePorts',
] as const;
export type ListName = (typeof LISTS)[number];

/** What all rules of a port depend on besides its Service and endpoints. */
export interface PortRulesContext extends RuleOptions {
  readonly config: ProxyConfig;
}

export class PortRules implements ChainGroup {
  readonly info: ServicePortInfo;
  /** The part of its chains' names behind the prefix. */
  readonly hash: string;
  readonly #entry: ServiceEntry;
  readonly #chosen: ChosenEndpoints;
  readonly #context: PortRulesContext;
  readonly #lists: Map<ListName, readonly Rule[]> = new Map();
  readonly #lines: ListedRules;
  readonly #ends: EndpointRules;
  #chains: Map<string, SharedChain> | undefined;

  /** `last` is what the port had before: rules that stay the same are taken from it. */
  constructor(
    info: ServicePortInfo,
    entry: ServiceEntry,
    context: PortRulesContext,
    last?: PortRules,
  ) {
    this.info = info;
    this.hash = last?.hash ?? serviceHash(info.name, info.proto);
    this.#entry = entry;
    this.#context = context;
    this.#chosen = chooseEndpoints(
      info,
      entry.endpoints.get(keyOfPort(info)) ?? [],
      context.config,
    );
    this.#lines = this.#writer().writeListed();
    if (last === undefined) {
      this.#ends = new EndpointRules(info, context);
      return;
    }
    this.#ends = last.#ends.fits(info, context) ? last.#ends : new EndpointRules(info, context);
    for (const list of LISTS) {
      const old = last.#lists.get(list);
      if (old !== undefined && this.hasSameLines(list, last)) this.#lists.set(list, old);
    }
  }

  /** The rules in one of the lists; undefined when there are none. */
  listed(list: ListName): readonly Rule[] | undefined {
    const lines = this.#lines[list];
    if (lines.length === 0) return undefined;
    let rules = this.#lists.get(list);
    if (rules === undefined) {
      rules = readRules(list.startsWith('nat') ? 'nat' : 'filter', lines);
      this.#lists.set(list, rules);
    }
    return rules;
  }

  /** Says in this list what another does. */
  hasSameLines(list: ListName, other: PortRules): boolean {
    return jsonEqual(this.#lines[list], other.#lines[list]);
  }

  /** Made from the same Service and slices: nothing was written in between. */
  isOfSame(other: PortRules): boolean {
    if (this === other) return true;
    const slices = this.#entry.slices;
    const others = other.#entry.slices;
    return (
      this.#context.isLargeCluster === other.#context.isLargeCluster &&
      slices.length === others.length &&
      slices.every((slice, at) => isSameVersion(slice, others[at])) &&
      jsonEqual(this.#entry.ports, other.#entry.ports)
    );
  }

  isOfEntry(entry: ServiceEntry, context: PortRulesContext): boolean {
    return this.#entry === entry && this.#context === context;
  }

  get(name: string): SharedChain | undefined {
    return this.#all().get(name);
  }

  values(): IterableIterator<SharedChain> {
    return this.#all().values();
  }

  namesRecentList(list: string): boolean {
    if (this.info.affinitySec === 0) return false;
    return this.#chosen.union.some((one) => this.#ends.nameOf(one.endpoint) === list);
  }

  #writer(): ServiceWriter {
    const { config } = this.#context;
    return new ServiceWriter(this.info, this.#chosen, config, this.#context, (endpoint) =>
      this.#ends.nameOf(endpoint),
    );
  }

  #all(): ReadonlyMap<string, SharedChain> {
    if (this.#chains !== undefined) return this.#chains;
    const chains = new Map<string, SharedChain>();
    const writer = this.#writer();
    for (const [name, lines] of writer.writeChains()) {
      chains.set(name, new LazyChain(name, this, lines.length, () => readRules('nat', lines)));
    }
    const { union } = this.#chosen;
    for (const one of union) {
      const name = this.#ends.nameOf(one.endpoint);
      const rules = (): readonly Rule[] => this.#ends.rulesOf(one, writer);
      chains.set(name, new LazyChain(name, this, 2, rules));
    }
    this.#ends.keepOnly(union);
    this.#chains = chains;
    return chains;
  }
}

function isSameVersion(
  one: ServiceEntry['slices'][number],
  other: ServiceEntry['slices'][number] | undefined,
): boolean {
  if (one === other) return true;
  return (
    one.metadata.uid === other?.metadata.uid &&
    one.metadata.resourceVersion === other?.metadata.resourceVersion
  );
}

class LazyChain implements SharedChain {
  readonly name: string;
  readonly group: ChainGroup;
  readonly length: number;
  readonly #make: () => readonly Rule[];
  #rules: readonly Rule[] | undefined;

  constructor(name: string, group: ChainGroup, length: number, make: () => readonly Rule[]) {
    this.name = name;
    this.group = group;
    this.length = length;
    this.#make = make;
  }

  get rules(): readonly Rule[] {
    this.#rules ??= this.#make();
    return this.#rules;
  }
}

/** Names and rules of endpoints' chains, which versions of a service port take over from each other. */
class EndpointRules {
  readonly #info: ServicePortInfo;
  readonly #isLarge: boolean;
  readonly #names: Map<string, string> = new Map();
  readonly #rules: Map<string, readonly Rule[]> = new Map();

  constructor(info: ServicePortInfo, { isLargeCluster }: RuleOptions) {
    this.#info = info;
    this.#isLarge = isLargeCluster;
  }

  /** Whether the chains of endpoints say the same for this port. */
  fits(info: ServicePortInfo, { isLargeCluster }: RuleOptions): boolean {
    return this.#isLarge === isLargeCluster && this.#info.affinitySec > 0 === info.affinitySec > 0;
  }

  nameOf(endpoint: string): string {
    let name = this.#names.get(endpoint);
    if (name === undefined) {
      name = endpointChain(this.#info.name, this.#info.proto, endpoint);
      this.#names.set(endpoint, name);
    }
    return name;
  }

  rulesOf(one: EndpointInfo, writer: ServiceWriter): readonly Rule[] {
    let rules = this.#rules.get(one.endpoint);
    if (rules === undefined) {
      rules = readRules('nat', writer.writeEndpoint(one));
      this.#rules.set(one.endpoint, rules);
    }
    return rules;
  }

  /** Forgets endpoints that are gone, once they are the greater part. */
  keepOnly(endpoints: readonly EndpointInfo[]): void {
    if (this.#names.size <= 2 * endpoints.length + 8) return;
    const live = new Set(endpoints.map((one) => one.endpoint));
    for (const endpoint of this.#names.keys()) {
      if (live.has(endpoint)) continue;
      this.#names.delete(endpoint);
      this.#rules.delete(endpoint);
    }
  }
}
