/**
 * A logical switch, a logical router or a bridge: its ports, and its flows by stage.
 *
 * Flows are added by owner (the datapath itself, a port) as functions that write them, and become rules of
 * the stage's table when a packet first gets there: a node that forwards nothing has compiled nothing.
 */
import type { Ip, Mac } from '@podwire/base';
import { must } from '@podwire/base';
import { compileMatch } from './expr.ts';
import type { LogicalFlow } from './lflow.ts';
import { Classifier, type DerivedRules, type Rule } from './ovs/classifier.ts';
import { STAGES, type StageDefault } from './stages.ts';

export type DatapathKind = keyof typeof STAGES;

export interface LogicalPort {
  readonly name: string;
  /** Tunnel key of the port within its datapath. */
  readonly key: number;
  readonly mac?: Mac;
  readonly ip?: Ip;
  /** Port of this node's datapath behind it. */
  readonly physPort?: number;
  /** Port of another logical datapath behind it. */
  readonly peer?: { readonly datapath: LogicalDatapath; readonly port: string };
  /** It is on another node: packets for it go there by the tunnel. */
  readonly remote?: Ip;
  /** A chassisredirect port that is on this node: the port that it stands for. */
  readonly standsFor?: string;
  /** Conntrack zone of a port with a workload behind it. */
  readonly zone?: number;
  /** Source MAC and IP are checked. */
  readonly hasPortSecurity?: boolean;
  /** Gets what is flooded. */
  readonly isFlooded?: boolean;
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

export class LogicalDatapath {
  readonly name: string;
  readonly key: number;
  readonly kind: DatapathKind;
  /** Conntrack zones of a gateway router. */
  readonly zones: Zones;
  derivedPorts: DerivedPorts | undefined;
  readonly ports: Map<string, LogicalPort> = new Map();
  readonly #byKey: Map<number, LogicalPort> = new Map();
  readonly #tables: Map<string, Classifier<LogicalFlow>> = new Map();
  readonly #waiting: Map<string, () => Iterable<LogicalFlow>> = new Map();
  readonly #compiled: Map<string, (readonly [string, Rule<LogicalFlow>])[]> = new Map();

  constructor(name: string, key: number, kind: DatapathKind, zones: Zones = { dnat: 0, snat: 0 }) {
    this.name = name;
    this.key = key;
    this.kind = kind;
    this.zones = zones;
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

  addDerived(stage: string, rules: DerivedRules<LogicalFlow>): void {
    this.#tableOf(stage).insertDerived(rules);
  }

  /** The flows of a stage; undefined when it has none but its default. */
  table(stage: string): Classifier<LogicalFlow> | undefined {
    if (this.#waiting.size > 0) this.#compile();
    return this.#tables.get(stage);
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
    for (const [owner, flows] of this.#waiting) {
      const rules: (readonly [string, Rule<LogicalFlow>])[] = [];
      for (const value of flows()) {
        const table = this.#tableOf(value.stage);
        for (const { key, mask } of compileMatch(value.match, (name) => this.portKey(name))) {
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
    }
    return table;
  }
}
