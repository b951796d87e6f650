/**
 * The slow path: one pass of a packet through all tables, turned into actions of the datapath (ofproto-dpif-xlate.c).
 *
 * From: ovs/datapath.ts on a miss, or when tables changed. A pass begins at a port, or where a ct() left off
 * (recirculation), runs the pipelines of as many logical datapaths as it takes, and ends at a port, at
 * another ct() or nowhere. What it looked at becomes the mask of the megaflow: bits that the pass itself has
 * written before do not count.
 */
import { type Ip, type Mac, assert } from '@podwire/base';
import { EtherType } from '@podwire/wire';
import type { Action, LogicalFlow } from '../lflow.ts';
import type { PortAddress } from '../nb.ts';
import { FLOOD_KEY, type LogicalDatapath, type LogicalPort } from '../logical-datapath.ts';
import { CtMark, FIELDS, type Field, Flag } from '../symbols.ts';
import type { DpAction } from './actions.ts';
import type { Frozen } from './frozen.ts';
import {
  ALL_BITS,
  FIRST_HEADER_WORD,
  FIRST_REGISTER_WORD,
  type FlowKey,
  Word,
} from './flow-key.ts';
import type { Translation } from './megaflow.ts';
import { WalkKey } from './walk-key.ts';

/** What a node knows beside its tables. */
export interface TranslatorNode {
  /** Where packets of a port begin. */
  ingress(
    physPort: number,
  ): { readonly datapath: LogicalDatapath; readonly port: LogicalPort } | undefined;
  readonly tunnelPort: number;
  datapathByKey(key: number): LogicalDatapath | undefined;
  freeze(state: Frozen): number;
  frozen(id: number): Frozen | undefined;
  macBinding(port: string, address: Ip): Mac | undefined;
  /** The logical datapath that a port behind a port is on. */
  datapathOf(port: string): LogicalDatapath | undefined;
}

const DEPTH_MAX = 64;
const HASH_VALUES_MIN = 16;
const HASH_VALUES_MAX = 256;

type Outcome = 'next' | 'output' | 'stop' | number;

export function translate(node: TranslatorNode, key: FlowKey): Translation {
  return new Pass(node, key).run();
}

class Pass {
  readonly #node: TranslatorNode;
  readonly #walk: WalkKey;
  #actions: DpAction[] = [];
  readonly #flows: LogicalFlow[] = [];
  #tableCount = 0;
  #depth = 0;
  #depends = 0;
  /** Conntrack has seen the packet since it came or was last forgotten. */
  #hasCt = false;

  constructor(node: TranslatorNode, key: FlowKey) {
    this.#node = node;
    this.#walk = new WalkKey(key);
  }

  run(): Translation {
    this.#begin();
    return {
      mask: this.#walk.mask,
      actions: this.#actions,
      flows: this.#flows,
      tableCount: this.#tableCount,
      depends: this.#depends,
    };
  }

  #begin(): void {
    const recirc = this.#walk.key[Word.recirc] as number;
    const physPort = this.#walk.key[Word.physPort] as number;
    if (recirc !== 0) {
      const state = this.#node.frozen(recirc);
      if (state === undefined) return;
      this.#hasCt = true;
      for (const [at, value] of state.registers.entries())
        this.#walk.key[FIRST_REGISTER_WORD + at] = value;
      if (state.group === undefined) this.#pipeline(state.datapath, state.pipeline, state.index);
      else this.#balance(state.datapath, state.pipeline, state.index, state.group);
      return;
    }
    if (physPort === this.#node.tunnelPort) {
      this.#walk.mask[Word.tunId] = ALL_BITS;
      this.#walk.mask[Word.tunOption] = ALL_BITS;
      const datapath = this.#node.datapathByKey(this.#walk.key[Word.tunId] as number);
      if (datapath === undefined) return;
      const option = this.#walk.key[Word.tunOption] as number;
      this.#walk.key[Word.inPort] = option >>> 16;
      this.#walk.key[Word.outPort] = option & 0xffff;
      this.#output(datapath);
      return;
    }
    const start = this.#node.ingress(physPort);
    if (start === undefined) return;
    this.#walk.key[Word.inPort] = start.port.key;
    this.#pipeline(start.datapath, 'in', 0);
  }

  #pipeline(datapath: LogicalDatapath, pipeline: 'in' | 'out', start: number): void {
    assert(++this.#depth < DEPTH_MAX, `a packet does not go round in ${datapath.name}`);
    const stages = datapath.stages(pipeline);
    const tables = datapath.tables(pipeline);
    let index = start;
    while (index < stages.length) {
      const [, fallback] = stages[index] as (typeof stages)[number];
      this.#tableCount++;
      const table = tables[index];
      const rule = table?.lookup(this.#walk.key, this.#walk.lookAt);
      this.#depends |= table?.depends ?? 0;
      let outcome: Outcome;
      if (rule === undefined) outcome = fallback === 'drop' ? 'stop' : fallback;
      else {
        this.#flows.push(rule.value);
        outcome = this.#run(datapath, pipeline, index, rule.value.actions);
      }
      if (outcome === 'stop') return;
      if (outcome === 'output') {
        if (pipeline === 'in') this.#output(datapath);
        else this.#deliver(datapath);
        return;
      }
      index = outcome === 'next' ? index + 1 : outcome;
    }
  }

  #run(
    datapath: LogicalDatapath,
    pipeline: 'in' | 'out',
    index: number,
    actions: readonly Action[],
  ): Outcome {
    for (const action of actions) {
      switch (action.op) {
        case 'next':
        case 'output':
          return action.op;
        case 'drop':
          return 'stop';
        case 'goto':
          return datapath.stageIndex(pipeline, action.stage);
        case 'set':
          this.#walk.setField(fieldOf(action.field), action.value);
          break;
        case 'set-port':
          this.#walk.setWord(fieldOf(action.field).word, datapath.portKey(action.port));
          break;
        case 'move':
          this.#walk.move(fieldOf(action.to), fieldOf(action.from));
          break;
        case 'swap':
          this.#walk.swap(fieldOf(action.one), fieldOf(action.other));
          break;
        case 'dec-ttl':
          this.#walk.look(Word.ipTtl);
          this.#walk.setWord(Word.ipTtl, (this.#walk.key[Word.ipTtl] as number) - 1);
          break;
        case 'ct':
          if (this.#ct(datapath, pipeline, index, action)) return 'stop';
          break;
        case 'lb':
          this.#select(datapath, pipeline, index, action);
          return 'stop';
        case 'to-ports':
          this.#toPorts(datapath, action.ports);
          return 'stop';
        case 'reject':
          this.#walk.commit(this.#actions);
          this.#actions.push({
            kind: 'controller',
            op: 'reject',
            resume: this.#answer(datapath, pipeline),
          });
          return 'stop';
        case 'icmp-error':
          this.#walk.commit(this.#actions);
          this.#actions.push({
            kind: 'controller',
            op: 'icmp-error',
            icmpType: action.icmpType,
            icmpCode: action.icmpCode,
            from: action.from,
            resume: this.#answer(datapath, pipeline),
          });
          return 'stop';
        case 'get-arp':
          this.#getArp(datapath);
          return 'next';
        case 'arp-request':
          this.#arpRequest(datapath, index);
          return 'stop';
        case 'put-arp':
          this.#putArp(datapath);
          return 'next';
        case 'check-port-sec':
          this.#checkPortSecurity(datapath);
          return 'next';
        case 'check-hairpin':
          this.#checkHairpin(action.hairpinIp);
          return 'next';
      }
    }
    return 'stop';
  }

  /** The ingress pipeline has chosen an output port: group, other node, or the egress pipeline. */
  #output(datapath: LogicalDatapath): void {
    const outKey = this.#walk.key[Word.outPort] as number;
    const inKey = this.#walk.key[Word.inPort] as number;
    if (outKey >= FLOOD_KEY) {
      for (const port of Array.from(datapath.ports.values())) {
        if (port.key !== inKey)
          this.#branch(() => {
            this.#walk.setWord(Word.outPort, port.key);
            this.#egress(datapath);
          });
      }
      return;
    }
    const port = datapath.port(outKey);
    if (port === undefined) return;
    if (outKey === inKey && ((this.#walk.key[Word.flags] as number) & Flag.loopback) === 0) return;
    if (port.remote !== undefined) {
      this.#walk.commit(this.#actions);
      const option = ((inKey << 16) | outKey) >>> 0;
      this.#actions.push({ kind: 'tunnel', remote: port.remote, vni: datapath.key, option });
      return;
    }
    if (port.standsFor !== undefined)
      this.#walk.setWord(Word.outPort, datapath.portKey(port.standsFor));
    this.#egress(datapath);
  }

  /** Registers, but not flags, are cleared before the egress pipeline (physical.c, "check loopback"). */
  #egress(datapath: LogicalDatapath): void {
    for (let word = Word.reg0; word < FIRST_HEADER_WORD; word++) this.#walk.setWord(word, 0);
    this.#pipeline(datapath, 'out', 0);
  }

  /** The egress pipeline let it go: to another logical datapath, or out of a port of this node. */
  #deliver(datapath: LogicalDatapath): void {
    const port = datapath.port(this.#walk.key[Word.outPort] as number);
    if (port === undefined) return;
    if (port.physPort !== undefined) {
      this.#walk.commit(this.#actions);
      this.#actions.push({ kind: 'output', port: port.physPort });
      return;
    }
    if (port.peer === undefined) return;
    const next = this.#node.datapathOf(port.peer);
    if (next !== undefined) this.#enter(next, port.peer);
  }

  /** Enters the next logical datapath: conntrack and registers are forgotten. */
  #enter(datapath: LogicalDatapath, portName: string): void {
    if (this.#hasCt) this.#actions.push({ kind: 'ct-clear' });
    this.#hasCt = false;
    this.#walk.setWord(Word.ctState, 0);
    this.#walk.setWord(Word.ctMark, 0);
    for (let word = FIRST_REGISTER_WORD; word < FIRST_HEADER_WORD; word++)
      this.#walk.setWord(word, 0);
    this.#walk.setWord(Word.inPort, datapath.portKey(portName));
    this.#pipeline(datapath, 'in', 0);
  }

  #toPorts(datapath: LogicalDatapath, names: readonly string[]): void {
    for (const name of names) {
      const port = datapath.portNamed(name);
      if (port === undefined) continue;
      const go = (): void => {
        this.#walk.setWord(Word.outPort, port.key);
        this.#deliver(datapath);
      };
      if (names.length === 1) go();
      else this.#branch(go);
    }
  }

  /** What a copy of the packet does leaves the packet alone. */
  #branch(run: () => void): void {
    const before = this.#walk.save();
    const actions = this.#actions;
    this.#actions = [];
    run();
    const inner = this.#actions;
    this.#actions = actions;
    this.#walk.restore(before);
    if (inner.length > 0) this.#actions.push({ kind: 'clone', actions: inner });
  }

  /** True when the pass ends here, to go on after conntrack has seen the packet. */
  #ct(
    datapath: LogicalDatapath,
    pipeline: 'in' | 'out',
    index: number,
    action: Extract<Action, { op: 'ct' }>,
  ): boolean {
    const zone = this.#zone(datapath, pipeline, action.zone);
    this.#walk.commit(this.#actions);
    this.#actions.push({
      kind: 'ct',
      zone,
      isCommit: action.isCommit === true,
      ...(action.nat === undefined ? {} : { nat: action.nat }),
      ...(action.mark === undefined ? {} : { mark: markOf(action.mark) }),
    });
    if (action.isInline === true) {
      this.#hasCt = true;
      return false;
    }
    const next = action.at === undefined ? index + 1 : datapath.stageIndex(pipeline, action.at);
    this.#recirculate(datapath, pipeline, next, undefined);
    return true;
  }

  #zone(
    datapath: LogicalDatapath,
    pipeline: 'in' | 'out',
    zone: Extract<Action, { op: 'ct' }>['zone'],
  ): number {
    switch (zone) {
      case 'dnat':
        return datapath.zones.dnat;
      case 'snat':
        return datapath.zones.snat;
      case 'ct':
      case 'hairpin': {
        const zoneOf = (word: number): number | undefined =>
          datapath.port(this.#walk.key[word] as number)?.zone;
        // A port without a zone leaves the one that was loaded at ingress (physical.c, put_zones_ofpacts).
        const own = (pipeline === 'out' ? zoneOf(Word.outPort) : undefined) ?? zoneOf(Word.inPort);
        return zone === 'hairpin' ? (own ?? 0) + 1 : (own ?? 0);
      }
      default:
        return zone;
    }
  }

  #recirculate(
    datapath: LogicalDatapath,
    pipeline: 'in' | 'out',
    index: number,
    group: Frozen['group'],
  ): void {
    const id = this.#node.freeze({
      datapath,
      pipeline,
      index,
      registers: this.#registers(),
      group,
    });
    this.#actions.push({ kind: 'recirc', id });
  }

  #registers(): number[] {
    return Array.from(this.#walk.key.subarray(FIRST_REGISTER_WORD, FIRST_HEADER_WORD));
  }

  /** A load balancer: the datapath hashes, and the next pass takes the bucket (selection_method=dp_hash). */
  #select(
    datapath: LogicalDatapath,
    pipeline: 'in' | 'out',
    index: number,
    action: Extract<Action, { op: 'lb' }>,
  ): void {
    this.#walk.commit(this.#actions);
    const { service, affinitySec } = action;
    const backends = action.backends.map(({ ip, port }) => `${ip}:${port}`);
    this.#actions.push({
      kind: 'select',
      valueCount: hashValueCount(backends.length),
      ...(affinitySec === 0 ? {} : { affinity: { service, timeoutSec: affinitySec, backends } }),
    });
    this.#recirculate(datapath, pipeline, index, action);
  }

  #balance(
    datapath: LogicalDatapath,
    pipeline: 'in' | 'out',
    index: number,
    action: Extract<Action, { op: 'lb' }>,
  ): void {
    const { backends } = action;
    const valueMask = hashValueCount(backends.length) - 1;
    this.#walk.mask[Word.dpHash] = valueMask;
    const value = (this.#walk.key[Word.dpHash] as number) & valueMask;
    // Webster's method with equal weights deals the values round.
    const backend = backends[value % backends.length];
    if (backend === undefined) return;
    this.#actions.push({
      kind: 'ct',
      zone: this.#zone(datapath, pipeline, action.zone),
      isCommit: true,
      nat: { dst: backend.ip, port: backend.port },
      mark: { value: CtMark.natted, mask: CtMark.natted },
    });
    this.#recirculate(datapath, pipeline, index + 1, undefined);
  }

  /**
   * Where an answer that ovn-controller makes goes on: out of the port that the packet came by, or, when it is
   * refused on its way out, to whoever has the address that it came from.
   */
  #answer(datapath: LogicalDatapath, pipeline: 'in' | 'out'): number {
    const registers = this.#registers();
    const at = (word: number): number => word - FIRST_REGISTER_WORD;
    const [inKey, outKey] = [
      this.#walk.key[Word.inPort] as number,
      this.#walk.key[Word.outPort] as number,
    ];
    registers[at(Word.outPort)] = inKey;
    registers[at(Word.inPort)] = pipeline === 'in' ? 0 : outKey;
    const to = pipeline === 'in' ? 'out' : 'in';
    const start =
      datapath.kind === 'router'
        ? 'lr_out_chk_dnat_local'
        : to === 'out'
          ? 'ls_out_qos_mark'
          : 'ls_in_l2_lkup';
    const index = datapath.stageIndex(to, start);
    return this.#node.freeze({ datapath, pipeline: to, index, registers, group: undefined });
  }

  #getArp(datapath: LogicalDatapath): void {
    const port = datapath.port(this.#walk.key[Word.outPort] as number);
    this.#walk.look(Word.reg0);
    const mac =
      port === undefined
        ? undefined
        : this.#node.macBinding(port.name, this.#walk.key[Word.reg0] as number);
    this.#walk.setField(fieldOf('eth.dst'), mac ?? 0);
  }

  #arpRequest(datapath: LogicalDatapath, index: number): void {
    const port = datapath.port(this.#walk.key[Word.outPort] as number);
    if (port === undefined) return;
    this.#walk.commit(this.#actions);
    const registers = this.#registers();
    const retry = datapath.stageIndex('in', 'lr_in_arp_resolve');
    assert(retry >= 0 && retry < index, 'an address is asked for after it was looked up');
    this.#actions.push({
      kind: 'controller',
      op: 'arp',
      port: port.name,
      source: this.#walk.key[Word.reg1] as number,
      target: this.#walk.key[Word.reg0] as number,
      resume: this.#node.freeze({
        datapath,
        pipeline: 'in',
        index: retry,
        registers,
        group: undefined,
      }),
      emit: this.#node.freeze({ datapath, pipeline: 'out', index: 0, registers, group: undefined }),
    });
  }

  /** Only what is not known yet goes up to ovn-controller (lookup_arp before put_arp). */
  #putArp(datapath: LogicalDatapath): void {
    const port = datapath.port(this.#walk.key[Word.inPort] as number);
    if (port === undefined) return;
    for (const word of [Word.ipSrc, Word.arpShaHi, Word.arpShaLo]) this.#walk.look(word);
    const known = this.#node.macBinding(port.name, this.#walk.key[Word.ipSrc] as number);
    const sender =
      (this.#walk.key[Word.arpShaHi] as number) * 0x100000000 +
      (this.#walk.key[Word.arpShaLo] as number);
    if (known !== sender)
      this.#actions.push({ kind: 'controller', op: 'put-arp', port: port.name });
  }

  #checkPortSecurity(datapath: LogicalDatapath): void {
    const port = datapath.port(this.#walk.key[Word.inPort] as number);
    if (port?.portSecurity === undefined) return;
    if (!port.portSecurity.some((address) => this.#isFrom(address)))
      this.#walk.setField(fieldOf('reg0[15]'), 1);
  }

  #isFrom({ mac, ip }: PortAddress): boolean {
    const [hi, lo] = [Math.floor(mac / 0x100000000), mac % 0x100000000];
    if (!this.#walk.is(Word.ethSrcHi, hi) || !this.#walk.is(Word.ethSrcLo, lo)) return false;
    this.#walk.look(Word.ethType);
    const isArp = this.#walk.key[Word.ethType] === EtherType.arp;
    if (!isArp && this.#walk.key[Word.ethType] !== EtherType.ipv4) return true;
    if (ip !== undefined && !this.#walk.is(Word.ipSrc, ip)) return false;
    return !isArp || (this.#walk.is(Word.arpShaHi, hi) && this.#walk.is(Word.arpShaLo, lo));
  }

  /** Balanced back to its sender, or the answer to such a packet. */
  #checkHairpin(hairpinIp: Ip): void {
    for (const word of [Word.ipSrc, Word.ipDst, Word.ctMark]) this.#walk.look(word);
    const isNatted = ((this.#walk.key[Word.ctMark] as number) & CtMark.natted) !== 0;
    const isHairpin = isNatted && this.#walk.key[Word.ipSrc] === this.#walk.key[Word.ipDst];
    this.#walk.setField(fieldOf('reg0[6]'), isHairpin ? 1 : 0);
    this.#walk.setField(fieldOf('reg0[12]'), this.#walk.key[Word.ipDst] === hairpinIp ? 1 : 0);
  }
}

function markOf({ field, value }: { readonly field: string; readonly value: number }): {
  readonly value: number;
  readonly mask: number;
} {
  const { shift, width } = fieldOf(field);
  return { value: (value << shift) >>> 0, mask: ((2 ** width - 1) << shift) >>> 0 };
}

function fieldOf(name: string): Field {
  const field = FIELDS.get(name);
  assert(field !== undefined, `a field, ${name}`);
  return field;
}

/** The power of two that is at least 16 and four times the number of buckets, at most 256 (group_setup_dp_hash_table). */
export function hashValueCount(bucketCount: number): number {
  let count = HASH_VALUES_MIN;
  while (count < 4 * bucketCount && count < HASH_VALUES_MAX) count *= 2;
  return count;
}
