/**
 * The iptables tables and connection tracking of one namespace, run hook by hook.
 *
 * The core calls `run` at each hook; the stages run in the order of hook.ts, those that nothing asks for
 * not at all. Conntrack runs while a rule needs it, as its hooks are registered in the kernel
 * (nf_ct_netns_get): a nat table without a NAT target is never asked. A drop is counted and told here.
 */
import type { Rng } from '@podwire/base';
import { ipLenBytes } from '@podwire/wire';
import type { DropReason } from '@podwire/trace';
import { CtStatus } from '../conntrack/entry.ts';
import { formatCtTuple } from '../conntrack/list.ts';
import { Conntrack, type CtOutcome } from '../conntrack/track.ts';
import { tupleOfPacket } from '../conntrack/tuple.ts';
import { Cost } from '../cost.ts';
import { Nat } from '../nat/nat.ts';
import type { NatManip } from '../nat/range.ts';
import type { NetNs } from '../netns.ts';
import type { Skb } from '../skb.ts';
import { endPacket, traceStep } from '../trace.ts';
import {
  HOOKS,
  HOOK_ORDER,
  type Hook,
  type HookStage,
  type Netfilter,
  type Verdict,
} from './hook.ts';
import type { Chain } from './iptables/chain.ts';
import { walkFast } from './iptables/fast.ts';
import { RecentList } from './iptables/matches/recent-list.ts';
import type { Match, RuleContext, RuleMemory, TableName } from './iptables/rule.ts';
import { type AdoptOptions, type SharedChains, Table, ownedJumps } from './iptables/table.ts';
import { type WalkResult, type Walker, walkPlain } from './iptables/walk.ts';
import { WalkMemory } from './iptables/walk-memo.ts';

export type Evaluator = 'plain' | 'fast';

const HOOK_CHAIN: Readonly<Record<Hook, string>> = {
  prerouting: 'PREROUTING',
  input: 'INPUT',
  forward: 'FORWARD',
  output: 'OUTPUT',
  postrouting: 'POSTROUTING',
};

type StageRun = (skb: Skb) => Verdict;

/** A base chain as a hook asks it. */
interface BaseChain {
  readonly hook: Hook;
  readonly table: Table;
  readonly chain: Chain;
  readonly memory: WalkMemory | undefined;
  /** Without rules, and accepting: there is nothing to walk, and a trace has nothing to tell. */
  readonly isOpen: boolean;
}

export class NetfilterTables implements Netfilter, RuleMemory {
  readonly ns: NetNs;
  readonly conntrack: Conntrack;
  readonly nat: Nat;
  readonly rng: Rng;
  readonly tables: Map<TableName, Table> = new Map();
  readonly recentLists: Map<string, RecentList> = new Map();
  /** nfacct objects: packets and bytes by name. */
  readonly accounting: Map<string, { packets: number; bytes: number }> = new Map();
  /** Called after each commit of a table. */
  readonly onCommit: Set<() => void> = new Set();
  readonly #walk: Walker;
  readonly #states: Map<Match, unknown> = new Map();
  readonly #context: RuleContext;
  readonly #plan: Record<Hook, readonly StageRun[]> = {
    prerouting: [],
    input: [],
    forward: [],
    output: [],
    postrouting: [],
  };
  /** Of the fast evaluator: one for each base chain of the plan. */
  #memories: WalkMemory[] = [];
  /** The namespace's version that they remember. */
  #version = 0;
  #isTracking = false;
  #isForced = false;

  constructor(ns: NetNs, evaluator: Evaluator = 'fast') {
    this.ns = ns;
    this.#walk = evaluator === 'plain' ? walkPlain : walkFast;
    this.rng = ns.sim.rng(`netfilter/${ns.name}`);
    this.conntrack = new Conntrack(ns.sysctl);
    this.nat = new Nat(this.conntrack, ns.sim.rng(`nat/${ns.name}`));
    this.#context = {
      ns,
      memory: this,
      conntrack: this.conntrack,
      nat: this.nat,
      // Replaced before every walk.
      skb: undefined as unknown as Skb,
      packet: undefined as unknown as Skb['packet'],
      hook: 'prerouting',
      inDev: undefined,
      outDev: undefined,
      nowNs: 0,
    };
    this.rebuild();
  }

  get isTracking(): boolean {
    return this.#isTracking;
  }

  run(hook: Hook, _ns: NetNs, skb: Skb): Verdict {
    if (this.#version !== this.ns.version) this.#forgetWalks();
    const stages = this.#plan[hook];
    for (let index = 0; index < stages.length; index++) {
      const verdict = stages[index]?.(skb) ?? 'accept';
      if (verdict !== 'accept') return verdict;
    }
    return 'accept';
  }

  /** The table, made with its base chains on first use. */
  table(name: TableName): Table {
    let table = this.tables.get(name);
    if (table === undefined) {
      table = new Table(name);
      this.tables.set(name, table);
      this.rebuild();
    }
    return table;
  }

  /** Puts a changed copy of a table in force (a commit), and drops what its old rules remembered. */
  commit(table: Table): void {
    this.tables.set(table.name, table);
    if (this.#states.size > 0 || this.recentLists.size > 0) this.#forgetUnused();
    this.rebuild();
    for (const listener of this.onCommit) listener();
  }

  /**
   * Puts shared chains in force as an iptables-restore that writes them would, together with the rest of
   * the table as it is. Returns the chain that stands in the way: a rule of somebody else jumps to it,
   * and it would have to go.
   */
  adopt(name: TableName, shared: SharedChains, options: AdoptOptions): string | undefined {
    const { chains } = this.table(name);
    for (const chain of chains.unshared()) {
      if (options.owns(chain.name) || options.written.includes(chain.name)) continue;
      for (const goal of ownedJumps(chain.rules, options.owns)) {
        if (shared.get(goal) === undefined) return goal;
      }
    }
    chains.adopt(shared, options);
    if (this.#states.size > 0 || this.recentLists.size > 0) this.#forgetUnused();
    if (shared.needsConntrack && !this.#isTracking) this.rebuild();
    else this.#forgetWalks();
    for (const listener of this.onCommit) listener();
    return undefined;
  }

  /** Plans anew which stages run at each hook; call after chains changed. */
  rebuild(): void {
    this.#isTracking = this.#isForced || this.#rulesNeedTracking();
    this.#memories = [];
    for (const hook of HOOKS) {
      this.#plan[hook] = HOOK_ORDER[hook]
        .map((stage) => this.#stageRun(hook, stage))
        .filter((run) => run !== undefined);
    }
  }

  /** Tracks connections even without a rule that needs it (as after `conntrack` hooks were enabled). */
  enableTracking(): void {
    this.#isForced = true;
    this.rebuild();
  }

  /** Rules of all tables, as iptables-save would print them. */
  ruleCount(): number {
    let count = 0;
    for (const { chains } of this.tables.values()) {
      for (const chain of chains.values()) count += chain.length;
    }
    return count;
  }

  recentList(name: string): RecentList {
    let list = this.recentLists.get(name);
    if (list === undefined) {
      list = new RecentList();
      this.recentLists.set(name, list);
    }
    return list;
  }

  stateOf<T>(match: Match, make: () => T): T {
    if (!this.#states.has(match)) this.#states.set(match, make());
    return this.#states.get(match) as T;
  }

  countAccounting(name: string, bytes: number): void {
    const account = this.accounting.get(name) ?? { packets: 0, bytes: 0 };
    account.packets++;
    account.bytes += bytes;
    this.accounting.set(name, account);
  }

  /** Drops what matches remembered whose rules are gone. */
  #forgetUnused(): void {
    const live = new Set<Match>();
    const lists = new Set<string>();
    for (const table of this.tables.values()) {
      for (const chain of table.chains.own()) {
        for (const rule of chain.rules) {
          for (const match of rule.matches) {
            live.add(match);
            if (match.recentList !== undefined) lists.add(match.recentList);
          }
        }
      }
    }
    const isNamed = (list: string): boolean =>
      lists.has(list) ||
      [...this.tables.values()].some((one) => one.chains.shared?.namesRecentList(list) === true);
    for (const match of this.#states.keys()) if (!live.has(match)) this.#states.delete(match);
    for (const name of this.recentLists.keys()) {
      if (!isNamed(name)) this.recentLists.delete(name);
    }
  }

  #rulesNeedTracking(): boolean {
    for (const { chains } of this.tables.values()) {
      if (chains.shared?.needsConntrack === true) return true;
      for (const chain of chains.unshared()) {
        if (chain.rules.some((rule) => rule.needsConntrack)) return true;
      }
    }
    return false;
  }

  #stageRun(hook: Hook, stage: HookStage): StageRun | undefined {
    switch (stage) {
      case 'defrag':
        // ip/rcv.ts puts fragments together before it calls; packets of this host are still whole.
        return undefined;
      case 'conntrack':
        return this.#isTracking ? (skb) => this.#track(skb) : undefined;
      case 'confirm':
        return this.#isTracking ? (skb) => this.#confirm(skb) : undefined;
      case 'nat-dst':
      case 'nat-src': {
        const base = this.#baseChain('nat', hook);
        const manip = stage === 'nat-dst' ? 'dst' : 'src';
        return base === undefined ? undefined : (skb) => this.#translate(base, manip, skb);
      }
      case 'raw':
      case 'mangle':
      case 'filter':
      case 'security': {
        const base = this.#baseChain(stage, hook);
        return base === undefined ? undefined : (skb) => this.#filter(base, skb);
      }
    }
  }

  #baseChain(name: TableName, hook: Hook): BaseChain | undefined {
    const table = this.tables.get(name);
    const chain = table?.chains.get(HOOK_CHAIN[hook]);
    if (table === undefined || chain === undefined) return undefined;
    const memory = this.#walk === walkPlain ? undefined : new WalkMemory(chain);
    if (memory !== undefined) this.#memories.push(memory);
    const isOpen = memory !== undefined && chain.rules.length === 0 && chain.policy !== 'DROP';
    return { hook, table, chain, memory, isOpen };
  }

  #forgetWalks(): void {
    this.#version = this.ns.version;
    for (const memory of this.#memories) memory.forget();
  }

  #filter(base: BaseChain, skb: Skb): Verdict {
    if (base.isOpen) {
      base.chain.countPolicy(ipLenBytes(skb.packet));
      skb.costNs += Cost.iptTable;
      return 'accept';
    }
    const result = this.#walkBase(base, skb);
    if (result.verdict === 'accept') return 'accept';
    return this.#drop(skb, base.table, result);
  }

  #walkBase({ hook, table, chain, memory }: BaseChain, skb: Skb): WalkResult {
    const context = this.#context;
    context.skb = skb;
    context.packet = skb.packet;
    context.hook = hook;
    context.inDev = hook === 'output' || hook === 'postrouting' ? undefined : skb.inDev;
    context.outDev = hook === 'prerouting' || hook === 'input' ? undefined : skb.outDev;
    context.nowNs = this.ns.sim.nowNs();
    // A traced packet's way is told rule by rule.
    const known = skb.packet.traceId === 0 ? memory?.find(context) : undefined;
    if (known !== undefined) {
      skb.costNs += known.costNs;
      return known.result;
    }
    const notes = skb.packet.traceId === 0 ? memory?.takeNotes(context) : undefined;
    const result = this.#walk(table, chain, context, notes);
    const costNs = walkCostNs(result);
    skb.costNs += costNs;
    if (skb.packet.traceId !== 0 && result.visited > 0) {
      const texts = { key: `${table.name} ${HOOK_CHAIN[hook]}`, lookups: result.visited };
      traceStep(this.ns, skb.packet, 'hook', result.verdict, texts, skb.costNs);
    }
    if (notes !== undefined) memory?.keep(notes, result, costNs);
    return result;
  }

  #track(skb: Skb): Verdict {
    const wasKnown = skb.ct !== undefined;
    const outcome = this.conntrack.trackPacket(skb, this.ns.sim.nowNs());
    if (!wasKnown) skb.costNs += outcome === 'new' ? Cost.ctNew : Cost.ctEstablished;
    if (skb.packet.traceId !== 0) this.#traceTrack(skb, outcome);
    if (outcome !== 'full') return 'accept';
    endPacket(this.ns, skb, 'NF_CONNTRACK_FULL', {
      rule: 'nf_conntrack: table full, dropping packet',
    });
    return 'drop';
  }

  #traceTrack(skb: Skb, outcome: CtOutcome): void {
    const names = ['UNTRACKED', 'INVALID', 'NEW', 'ESTABLISHED', 'RELATED'] as const;
    const ct = skb.ct;
    const tuple = ct === undefined ? outcome : formatCtTuple(skb.ctReply ? ct.reply : ct.orig);
    const direction = ct === undefined ? '' : skb.ctReply ? ' (reply)' : ' (original)';
    traceStep(
      this.ns,
      skb.packet,
      'conntrack',
      `${names[skb.ctState]}${direction}`,
      { key: tuple },
      skb.costNs,
    );
  }

  #confirm(skb: Skb): Verdict {
    if (this.conntrack.confirmEntry(skb, this.ns.sim.nowNs())) return 'accept';
    endPacket(this.ns, skb, 'NETFILTER_DROP', { rule: 'conntrack: the tuple is taken' });
    return 'drop';
  }

  #translate(base: BaseChain, manip: NatManip, skb: Skb): Verdict {
    const before = describeSides(skb);
    if (this.nat.isUndecided(skb, manip)) {
      const result = this.#walkBase(base, skb);
      if (result.verdict === 'drop') return this.#drop(skb, base.table, result);
    }
    if (this.nat.natPacket(skb, manip, this.ns.sim.nowNs()) === 'drop') {
      this.#forget(skb);
      endPacket(this.ns, skb, 'NETFILTER_DROP', { rule: 'nat: the binding does not fit any more' });
      return 'drop';
    }
    if (skb.packet.traceId !== 0) {
      const after = describeSides(skb);
      if (after !== before) {
        traceStep(
          this.ns,
          skb.packet,
          'nat',
          'translate',
          { change: `${before} => ${after}` },
          skb.costNs,
        );
      }
    }
    return 'accept';
  }

  #drop(skb: Skb, table: Table, result: WalkResult): Verdict {
    this.#forget(skb);
    const { rule, chain } = result;
    const text =
      rule === undefined
        ? `-P ${chain.name} ${chain.policy ?? ''}`
        : `-A ${chain.name} ${rule.text}`;
    const reason: DropReason = 'NETFILTER_DROP';
    endPacket(this.ns, skb, reason, { key: `${table.name} ${chain.name}`, rule: text });
    return 'drop';
  }

  /** A dropped first packet leaves no entry. */
  #forget(skb: Skb): void {
    const ct = skb.ct;
    if (ct !== undefined && !ct.isConfirmed && (ct.status & CtStatus.dying) === 0 && !skb.ctReply) {
      this.conntrack.remove(ct);
    }
  }
}

/** The namespace's netfilter, made on first use. */
export function netfilterOf(ns: NetNs, evaluator?: Evaluator): NetfilterTables {
  if (ns.netfilter instanceof NetfilterTables) return ns.netfilter;
  const made = new NetfilterTables(ns, evaluator ?? defaultEvaluatorOf(ns));
  ns.netfilter = made;
  return made;
}

const EVALUATORS = new WeakMap<NetNs['host'], Evaluator>();

/** Chooses the evaluator of all namespaces of a host that have no rules yet. */
export function setEvaluator(host: NetNs['host'], evaluator: Evaluator): void {
  EVALUATORS.set(host, evaluator);
}

function defaultEvaluatorOf(ns: NetNs): Evaluator {
  return EVALUATORS.get(ns.host) ?? 'fast';
}

/** Virtual CPU time of a walk: see cost.ts for the knee when a long walk falls out of the cache. */
export function walkCostNs(result: WalkResult): number {
  const { visited, called, jumped } = result;
  let ruleTenths: number = Cost.iptRuleTenths;
  if (visited >= Cost.iptColdRules) ruleTenths = Cost.iptRuleColdTenths;
  else if (visited > Cost.iptWarmRules) {
    const part = (visited - Cost.iptWarmRules) / (Cost.iptColdRules - Cost.iptWarmRules);
    ruleTenths += Math.round((Cost.iptRuleColdTenths - Cost.iptRuleTenths) * part);
  }
  const tenths = visited * ruleTenths + jumped * Cost.iptJumpTenths;
  return Cost.iptTable + called * Cost.iptMatch + Math.floor(tenths / 10);
}

function describeSides(skb: Skb): string {
  if (skb.packet.traceId === 0) return '';
  const tuple = { src: 0, dst: 0, proto: 0, srcPort: 0, dstPort: 0 };
  tupleOfPacket(skb.packet, tuple);
  return formatCtTuple(tuple);
}
