/**
 * A logical switch, a logical router or a bridge: its ports, and its flows by stage.
 *
 * Flows are added by owner (the datapath itself, a port) as functions that write them, and become rules of
 * the stage's table when a packet first gets there: a node that forwards nothing has compiled nothing.
 */
import { type Ip, must } from '@podwire/base';
import { type Names, compileMatch } from './expr.ts';
import type { LogicalFlow } from './lflow.ts';
import type { AddressSet, PortAddress, PortGroup } from './nb.ts';
import { Classifier, type DerivedRules, type Rule } from './ovs/classifier.ts';
import { STAGES, type StageDefault } from './stages.ts';

export type DatapathKind = keyof typeof STAGES;

export interface LogicalPort {
  readonly name: string;
  /** Tunnel key of the port within its datapath. */
  readonly key: number;
  /** Port of this node's datapath behind it. */
  readonly physPort?: number;
  /** Name of the port of another logical datapath behind it. */
  readonly peer?: string;
  /** It is on another node: packets for it go there by the tunnel. */
  readonly remote?: Ip;
  /** A chassisredirect port that is on this node: the port that it stands for. */
  readonly standsFor?: string;
  /** Conntrack zone of a port with a workload behind it. */
  readonly zone?: number;
  /** What it may send from. */
  readonly portSecurity?: readonly PortAddress[];
}

/** Keys from here on are multicast groups (ovn-architecture(7)). */
export const FLOOD_KEY = 32_768;
export const FLOOD_NAME = '_MC_flood';

/** Ports that are a function of their name or key: those of other nodes. */
export interface DerivedPorts {
  byKey(key: number): LogicalPort | undefined;
  byName(name: string): LogicalPort | undefined;
}

export interface Zones {
  readonly dnat: number;
  readonly snat: number;
}

/** What `@group` and `$set` stand for in matches. */
export interface NamedSets {
  readonly portGroups: ReadonlyMap<string, PortGroup>;
  readonly addressSets: ReadonlyMap<string, AddressSet>;
}

export interface DatapathConfig {
  readonly name: string;
  readonly key: number;
  readonly kind: DatapathKind;
  readonly zones?: Zones;
  readonly sets?: NamedSets;
}

const NO_ZONES: Zones = { dnat: 0, snat: 0 };
const NO_SETS: NamedSets = { portGroups: new Map(), addressSets: new Map() };

export class LogicalDatapath {
  readonly name: string;
  readonly key: number;
  readonly kind: DatapathKind;
  /** Conntrack zones of a gateway router. */
  readonly zones: Zones;
  derivedPorts: DerivedPorts | undefined;
  readonly #sets: NamedSets;
  readonly ports: Map<string, LogicalPort> = new Map();
  readonly #byKey: Map<number, LogicalPort> = new Map();
  readonly #tables: Map<string, Classifier<LogicalFlow>> = new Map();
  #byStage: {
    in?: (Classifier<LogicalFlow> | undefined)[];
    out?: (Classifier<LogicalFlow> | undefined)[];
  } = {};
  readonly #derived: Map<string, DerivedRules<LogicalFlow>> = new Map();
  readonly #waiting: Map<string, () => Iterable<LogicalFlow>> = new Map();
  readonly #compiled: Map<string, (readonly [string, Rule<LogicalFlow>])[]> = new Map();

  constructor({ name, key, kind, zones = NO_ZONES, sets = NO_SETS }: DatapathConfig) {
    this.name = name;
    this.key = key;
    this.kind = kind;
    this.zones = zones;
    this.#sets = sets;
  }

  addPort(port: LogicalPort): void {
    this.ports.set(port.name, port);
    this.#byKey.set(port.key, port);
  }

  removePort(name: string): void {
    const port = this.ports.get(name);
    if (port === undefined) return;
    this.ports.delete(name);
    this.#byKey.delete(port.key);
  }

  port(key: number): LogicalPort | undefined {
    return this.#byKey.get(key) ?? this.derivedPorts?.byKey(key);
  }

  portNamed(name: string): LogicalPort | undefined {
    return this.ports.get(name) ?? this.derivedPorts?.byName(name);
  }

  portKey(name: string): number {
    if (name === FLOOD_NAME) return FLOOD_KEY;
    return must(this.portNamed(name), `port ${name} is on ${this.name}`).key;
  }

  /** Adds an owner's flows; those that it had before go. */
  setFlows(owner: string, flows: () => Iterable<LogicalFlow>): void {
    this.removeFlows(owner);
    this.#waiting.set(owner, flows);
  }

  removeFlows(owner: string): void {
    this.#waiting.delete(owner);
    for (const [stage, rule] of this.#compiled.get(owner) ?? [])
      this.#tables.get(stage)?.remove(rule);
    this.#compiled.delete(owner);
  }

  /** Adds rules that are derived, or puts them in the place of those that the owner had in this stage. */
  setDerived(stage: string, owner: string, rules: DerivedRules<LogicalFlow>): void {
    const table = this.#tableOf(stage);
    const before = this.#derived.get(`${stage} ${owner}`);
    if (before !== undefined) table.removeDerived(before);
    this.#derived.set(`${stage} ${owner}`, rules);
    table.insertDerived(rules);
  }

  /** The flows of each stage; undefined for one that has none but its default. */
  tables(pipeline: 'in' | 'out'): readonly (Classifier<LogicalFlow> | undefined)[] {
    if (this.#waiting.size > 0) this.#compile();
    let tables = this.#byStage[pipeline];
    if (tables === undefined) {
      tables = this.stages(pipeline).map(([stage]) => this.#tables.get(stage));
      this.#byStage[pipeline] = tables;
    }
    return tables;
  }

  stages(pipeline: 'in' | 'out'): readonly (readonly [string, StageDefault])[] {
    return STAGES[this.kind][pipeline];
  }

  stageIndex(pipeline: 'in' | 'out', stage: string): number {
    return this.stages(pipeline).findIndex(([name]) => name === stage);
  }

  /** All flows, compiled: for listings and tests. */
  *flows(): Iterable<LogicalFlow> {
    if (this.#waiting.size > 0) this.#compile();
    for (const rules of this.#compiled.values()) {
      const seen = new Set<LogicalFlow>();
      for (const [, rule] of rules) {
        if (seen.has(rule.value)) continue;
        seen.add(rule.value);
        yield rule.value;
      }
    }
  }

  #compile(): void {
    const names: Names = {
      port: (name) => this.portNamed(name)?.key,
      portGroup: (name) =>
        (this.#sets.portGroups.get(name)?.ports ?? []).flatMap((port) => {
          const key = this.ports.get(port)?.key;
          return key === undefined ? [] : [key];
        }),
      addressSet: (name) => this.#sets.addressSets.get(name)?.addresses ?? [],
    };
    for (const [owner, flows] of this.#waiting) {
      const rules: (readonly [string, Rule<LogicalFlow>])[] = [];
      for (const value of flows()) {
        const table = this.#tableOf(value.stage);
        for (const { key, mask } of compileMatch(value.match, names)) {
          const rule = { priority: value.priority, key, mask, value };
          table.insert(rule);
          rules.push([value.stage, rule]);
        }
      }
      this.#compiled.set(owner, rules);
    }
    this.#waiting.clear();
  }

  #tableOf(stage: string): Classifier<LogicalFlow> {
    let table = this.#tables.get(stage);
    if (table === undefined) {
      table = new Classifier();
      this.#tables.set(stage, table);
      this.#byStage = {};
    }
    return table;
  }
}
