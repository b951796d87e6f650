/**
 * The datapath of a node's virtual switch: megaflow cache, upcalls, actions (net/openvswitch/datapath.c).
 *
 * From: the devices that are its ports (rx handlers, internal ports, the tunnel's socket). To: one of its ports,
 * ovn-controller, or an end. Each pass is a lookup; conntrack sends the packet round again (recirculation).
 */
import type { Ip } from '@podwire/base';
import {
  type NetNs,
  type Skb,
  Skb as SkbClass,
  defragment,
  endPacket,
  fragmentSkb,
  netfilterOf,
  traceStep,
} from '@podwire/netstack';
import { clonePacket, isFragment } from '@podwire/wire';
import { OvsCost } from '../cost.ts';
import { formatActions } from '../lflow.ts';
import { AffinityTable } from './affinity.ts';
import type { ControllerAction, DpAction, SelectAction } from './actions.ts';
import { clearCt, ctStateWord, runCt } from './ct.ts';
import { type FlowKey, Word, extractHeaders, flowHash, newKey, writeHeader } from './flow-key.ts';
import { type Megaflow, MegaflowCache, signatureOf } from './megaflow.ts';
import { type TranslatorNode, translate } from './xlate.ts';

/** Passes of one packet (MAX_RECIRC of the kernel is about deferred actions; a packet needs far fewer). */
const PASSES_MAX = 16;

/** Packets of one flow stay with one receive queue: queues that flows are hashed to. */
const QUEUES = 256;

/** A port of the datapath (struct vport). */
export interface DpPort {
  readonly name: string;
  send(skb: Skb): void;
}

export interface DatapathNode extends TranslatorNode {
  /** Grows with every change of what these bits of a translation stand for. */
  generationOf(depends: number): number;
  /** Takes a packet that needs ovn-controller; false when the pass goes on with the packet. */
  controller(action: ControllerAction, skb: Skb): void;
  /** Sends a packet by the tunnel. */
  tunnel(skb: Skb, remote: Ip, vni: number, option: number): void;
}

export interface DatapathStats {
  hits: number;
  misses: number;
  /** Megaflows that were judged anew because tables had changed. */
  revalidations: number;
}

export class Datapath {
  readonly ns: NetNs;
  readonly cache: MegaflowCache = new MegaflowCache();
  readonly ports: Map<number, DpPort> = new Map();
  readonly stats: DatapathStats = { hits: 0, misses: 0, revalidations: 0 };
  readonly affinity: AffinityTable = new AffinityTable();
  readonly #node: DatapathNode;
  readonly #idleKeys: FlowKey[] = [];
  /** When the last packet of a queue left. */
  #queueLeftNs: Float64Array | undefined;

  constructor(ns: NetNs, node: DatapathNode) {
    this.ns = ns;
    this.#node = node;
  }

  /** A packet that came by a port. */
  receive(skb: Skb, physPort: number, tunId = 0, tunOption = 0): void {
    clearCt(skb);
    const key = this.#takeKey();
    key[Word.physPort] = physPort;
    key[Word.recirc] = 0;
    key[Word.dpHash] = 0;
    key[Word.tunId] = tunId;
    key[Word.tunOption] = tunOption;
    this.#passes(skb, key);
    this.#idleKeys.push(key);
  }

  /** A key to work with; a packet may come while another is under way. */
  #takeKey(): FlowKey {
    return this.#idleKeys.pop() ?? newKey();
  }

  /** A packet of ovn-controller's making, or one that it held, goes on from a frozen state. */
  resume(skb: Skb, recirc: number): void {
    clearCt(skb);
    const key = this.#takeKey();
    key.fill(0);
    key[Word.recirc] = recirc;
    this.#passes(skb, key);
    this.#idleKeys.push(key);
  }

  #passes(skb: Skb, key: FlowKey): void {
    extractHeaders(skb.packet, key);
    const queue = flowHash(key) & (QUEUES - 1);
    for (let pass = 0; pass < PASSES_MAX; pass++) {
      if (pass > 0) extractHeaders(skb.packet, key);
      key[Word.ctState] = ctStateWord(skb);
      key[Word.ctMark] = skb.ct?.mark ?? 0;
      skb.costNs += OvsCost.pass;
      const flow = this.#lookup(skb, key);
      if (skb.packet.traceId !== 0) this.#trace(skb, flow);
      const next = this.#execute(skb, flow.actions, key, queue);
      if (next === undefined) return;
      key[Word.recirc] = next;
    }
    endPacket(this.ns, skb, 'OVS_DROP_RECURSION_LIMIT');
  }

  #lookup(skb: Skb, key: FlowKey): Megaflow {
    const nowNs = this.ns.sim.nowNs();
    const found = this.cache.lookup(key, nowNs);
    const probes = this.cache.probeCount;
    skb.costNs += probes * OvsCost.maskProbe;
    if (found !== undefined) {
      const generation = this.#node.generationOf(found.depends);
      if (found.generation === generation || this.#revalidate(found)) {
        found.usedNs = nowNs;
        // Packets that come during the upcall go up behind it, and leave in their order.
        skb.costNs = Math.max(skb.costNs, found.readyNs - nowNs);
        this.stats.hits++;
        if (skb.packet.traceId !== 0) this.#traceLookup(skb, 'megaflow', probes);
        return found;
      }
      this.cache.remove(found);
    }
    this.stats.misses++;
    const translation = translate(this.#node, key);
    skb.costNs += OvsCost.upcall + translation.tableCount * OvsCost.tableVisit;
    const generation = this.#node.generationOf(translation.depends);
    const readyNs = nowNs + skb.costNs;
    const installed = { key: key.slice(), readyNs, generation, usedNs: nowNs };
    const flow = this.cache.insert(translation, installed);
    if (skb.packet.traceId !== 0) {
      this.#traceLookup(skb, 'upcall', probes + translation.tableCount);
    }
    return flow;
  }

  /** `lookups`: masks that were probed, and the tables that an upcall walked. */
  #traceLookup(skb: Skb, verdict: 'megaflow' | 'upcall', lookups: number): void {
    traceStep(this.ns, skb.packet, 'ovs', verdict, { lookups }, skb.costNs);
  }

  /** Tables have changed: whether the megaflow would come out the same. */
  #revalidate(flow: Megaflow): boolean {
    this.stats.revalidations++;
    const again = translate(this.#node, flow.key);
    if (signatureOf(again) !== signatureOf(flow)) return false;
    if (again.mask.some((bits, word) => bits !== flow.mask[word])) return false;
    if (again.depends !== flow.depends) return false;
    flow.generation = this.#node.generationOf(flow.depends);
    return true;
  }

  /** Runs actions; the recirculation id where the packet goes on, undefined when it is gone. */
  #execute(
    skb: Skb,
    actions: readonly DpAction[],
    key: FlowKey,
    queue: number,
  ): number | undefined {
    for (const [index, action] of actions.entries()) {
      const isLast = index === actions.length - 1;
      switch (action.kind) {
        case 'set':
          writeHeader(skb.packet, action.word, action.value);
          break;
        case 'ct-clear':
          clearCt(skb);
          break;
        case 'ct': {
          if (isFragment(skb.packet) && !defragment(this.ns, skb, 'conntrack')) return undefined;
          const nowNs = this.ns.sim.nowNs();
          if (!runCt(netfilterOf(this.ns), skb, action, nowNs)) {
            endPacket(this.ns, skb, 'NF_CONNTRACK_INVALID');
            return undefined;
          }
          break;
        }
        case 'select':
          key[Word.dpHash] = this.#choose(skb, action, key);
          break;
        case 'recirc':
          return action.id;
        case 'clone':
          this.#clone(skb, action.actions, key, queue);
          break;
        case 'output': {
          this.#output(isLast ? skb : this.#copy(skb), action.port, queue);
          if (isLast) return undefined;
          break;
        }
        case 'tunnel':
          skb.costNs += OvsCost.tunnelEnd;
          this.#leave(skb, queue);
          this.#node.tunnel(
            isLast ? skb : this.#copy(skb),
            action.remote,
            action.vni,
            action.option,
          );
          if (isLast) return undefined;
          break;
        case 'controller':
          this.#node.controller(action, skb);
          if (action.op !== 'put-arp') return undefined;
          break;
        case 'drop':
          break;
      }
    }
    const isCopied = actions.some((action) => action.kind === 'clone');
    endPacket(this.ns, skb, isCopied ? 'copied' : 'OVS_DROP_LAST_ACTION');
    return undefined;
  }

  #clone(skb: Skb, actions: readonly DpAction[], key: FlowKey, queue: number): void {
    const copy = this.#copy(skb);
    const own = key.slice();
    const next = this.#execute(copy, actions, own, queue);
    if (next === undefined) return;
    own[Word.recirc] = next;
    this.#passes(copy, own);
  }

  #copy(skb: Skb): Skb {
    this.ns.host.ledger.born++;
    const copy = new SkbClass(clonePacket(skb.packet), skb.inDev);
    copy.costNs = skb.costNs;
    return copy;
  }

  #choose(skb: Skb, action: SelectAction, key: FlowKey): number {
    const hash = flowHash(key);
    const { affinity, valueCount } = action;
    if (affinity === undefined) return hash;
    const nowNs = this.ns.sim.nowNs();
    return this.affinity.choose(affinity, skb.packet.src, hash & (valueCount - 1), nowNs);
  }

  /** Packets of a flow leave in the order of their coming, whatever each of them cost. */
  #leave(skb: Skb, queue: number): void {
    this.#queueLeftNs ??= new Float64Array(QUEUES);
    const nowNs = this.ns.sim.nowNs();
    const leaveNs = Math.max(nowNs + skb.costNs, this.#queueLeftNs[queue] as number);
    this.#queueLeftNs[queue] = leaveNs;
    skb.costNs = leaveNs - nowNs;
  }

  #output(skb: Skb, number: number, queue: number): void {
    const port = this.ports.get(number);
    skb.costNs += OvsCost.output;
    this.#leave(skb, queue);
    if (port === undefined) {
      endPacket(this.ns, skb, 'DEV_READY');
      return;
    }
    clearCt(skb);
    if (skb.fragMaxBytes === 0) {
      port.send(skb);
      return;
    }
    for (const piece of fragmentSkb(this.ns, skb, skb.fragMaxBytes)) port.send(piece);
  }

  #trace(skb: Skb, flow: Megaflow): void {
    for (const { stage, priority, match, actions } of flow.flows) {
      const verdict = formatActions(actions);
      const rule = `${stage}: ${match}, priority ${priority}`;
      traceStep(this.ns, skb.packet, 'logical', verdict, { rule }, skb.costNs);
    }
  }
}
