/**
 * What ovn-controller does with packets that flows send up to it (controller/pinctrl.c): answers and MAC bindings.
 */
import { type Ip, MAC_BROADCAST, type Mac, formatIp, formatMac } from '@podwire/base';
import { type NetNs, Skb, endPacket, traceStep } from '@podwire/netstack';
import { traceOf } from '@podwire/trace';
import {
  ArpOp,
  Encap,
  EtherType,
  IcmpType,
  IcmpUnreachable,
  IpProto,
  type Packet,
  TcpFlag,
  clonePacket,
  isIcmpError,
} from '@podwire/wire';
import type { ControllerAction } from './ovs/actions.ts';
import { clearCt } from './ovs/ct.ts';
import type { Datapath } from './ovs/datapath.ts';
import { OvsCost } from './cost.ts';

/** Packets that wait for one address (BUFFER_QUEUE_DEPTH), and how long (BUFFERED_PACKETS_TIMEOUT_MS). */
const WAITING_MAX = 4;
const WAITING_NS = 10_000_000_000;
const ANSWER_TTL_HOPS = 255;

interface Waiting {
  readonly skb: Skb;
  readonly resume: number;
}

export class Controller {
  readonly #ns: NetNs;
  readonly #datapath: Datapath;
  readonly #changed: () => void;
  readonly #bindings: Map<string, Mac> = new Map();
  readonly #portMacs: Map<string, Mac> = new Map();
  readonly #waiting: Map<string, Waiting[]> = new Map();

  constructor(ns: NetNs, datapath: Datapath, changed: () => void) {
    this.#ns = ns;
    this.#datapath = datapath;
    this.#changed = changed;
  }

  /** MAC address of a router port, for what is sent from it. */
  setPort(name: string, mac: Mac): void {
    this.#portMacs.set(name, mac);
  }

  macBinding(port: string, address: Ip): Mac | undefined {
    return this.#bindings.get(bindingKey(port, address));
  }

  take(action: ControllerAction, skb: Skb): void {
    switch (action.op) {
      case 'reject':
        this.#reject(skb, action.resume);
        return;
      case 'icmp-error':
        this.#icmpError(skb, action);
        return;
      case 'arp':
        this.#resolve(skb, action);
        return;
      case 'put-arp':
        this.#learn(skb.packet, action.port);
    }
  }

  /** TCP gets a reset, the rest "port unreachable" (pinctrl_handle_reject). */
  #reject(skb: Skb, resume: number): void {
    const about = skb.packet;
    if (about.proto === IpProto.tcp) {
      if ((about.tcpFlags & TcpFlag.rst) !== 0) {
        endPacket(this.#ns, skb, 'OVS_DROP_EXPLICIT');
        return;
      }
      const reset = this.#answerTo(about);
      reset.proto = IpProto.tcp;
      reset.srcPort = about.dstPort;
      reset.dstPort = about.srcPort;
      const hasAck = (about.tcpFlags & TcpFlag.ack) !== 0;
      reset.seq = hasAck ? about.ack : 0;
      const isLonger = (about.tcpFlags & (TcpFlag.syn | TcpFlag.fin)) !== 0 ? 1 : 0;
      reset.ack = hasAck ? 0 : (about.seq + about.payload.lenBytes + isLonger) % 0x100000000;
      reset.tcpFlags = hasAck ? TcpFlag.rst : TcpFlag.rst | TcpFlag.ack;
      this.#send(skb, reset, resume, 'tcp reset');
      return;
    }
    const error = this.#errorAbout(
      about,
      about.dst,
      IcmpType.destUnreachable,
      IcmpUnreachable.port,
    );
    this.#send(skb, error, resume, 'port unreachable');
  }

  #icmpError(skb: Skb, action: Extract<ControllerAction, { op: 'icmp-error' }>): void {
    const { icmpType, icmpCode, from, resume } = action;
    if (isIcmpError(skb.packet)) {
      endPacket(this.#ns, skb, 'OVS_DROP_EXPLICIT');
      return;
    }
    const error = this.#errorAbout(skb.packet, from, icmpType, icmpCode);
    this.#send(skb, error, resume, `icmp type ${icmpType} code ${icmpCode}`);
  }

  #errorAbout(about: Packet, from: Ip, icmpType: number, icmpCode: number): Packet {
    const error = this.#answerTo(about);
    error.proto = IpProto.icmp;
    error.src = from;
    error.icmpType = icmpType;
    error.icmpCode = icmpCode;
    error.encap = Encap.icmpQuote;
    error.inner = clonePacket(about);
    return error;
  }

  #answerTo(about: Packet): Packet {
    const answer = this.#ns.newPacket();
    answer.etherType = EtherType.ipv4;
    answer.ethDst = about.ethSrc;
    answer.ethSrc = about.ethDst;
    answer.src = about.dst;
    answer.dst = about.src;
    answer.ttlHops = ANSWER_TTL_HOPS;
    answer.traceId =
      about.traceId === 0
        ? 0
        : this.#ns.host.recorder.newWalk(traceOf(about.traceId), this.#ns.sim.id);
    return answer;
  }

  /** The packet ends in ovn-controller, and its answer goes on from there. */
  #send(skb: Skb, answer: Packet, resume: number, what: string): void {
    if (skb.packet.traceId !== 0)
      traceStep(this.#ns, skb.packet, 'ovs', `controller: ${what}`, {}, skb.costNs);
    const costNs = skb.costNs + OvsCost.upcall;
    endPacket(this.#ns, skb, 'OVS_DROP_EXPLICIT');
    const out = new Skb(answer);
    out.costNs = costNs;
    this.#datapath.resume(out, resume);
  }

  /** The packet waits, and a request for its next hop goes out. */
  #resolve(skb: Skb, action: Extract<ControllerAction, { op: 'arp' }>): void {
    const { port, target, source, resume, emit } = action;
    const key = bindingKey(port, target);
    const queue = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, queue);
    if (skb.packet.traceId !== 0) {
      const text = `controller: who has ${formatIp(target)}`;
      traceStep(this.#ns, skb.packet, 'ovs', text, {}, skb.costNs);
    }
    clearCt(skb);
    const waiting = { skb, resume };
    queue.push(waiting);
    this.#ns.host.ledger.underWay++;
    this.#ns.sim.schedule(WAITING_NS, () => {
      this.#giveUp(key, waiting);
    });
    const oldest = queue.length > WAITING_MAX ? queue[0] : undefined;
    if (oldest !== undefined) this.#giveUp(key, oldest);
    const request = this.#ns.newPacket();
    request.etherType = EtherType.arp;
    request.ethSrc = this.#portMacs.get(port) ?? 0;
    request.ethDst = MAC_BROADCAST;
    request.arpOp = ArpOp.request;
    request.arpSha = request.ethSrc;
    request.src = source;
    request.dst = target;
    const out = new Skb(request);
    out.costNs = skb.costNs + OvsCost.upcall;
    this.#datapath.resume(out, emit);
  }

  #giveUp(key: string, waiting: Waiting): void {
    const queue = this.#waiting.get(key);
    const at = queue?.indexOf(waiting) ?? -1;
    if (queue === undefined || at < 0) return;
    queue.splice(at, 1);
    if (queue.length === 0) this.#waiting.delete(key);
    this.#ns.host.ledger.underWay--;
    endPacket(this.#ns, waiting.skb, 'NEIGH_FAILED');
  }

  #learn(arp: Packet, port: string): void {
    const key = bindingKey(port, arp.src);
    if (this.#bindings.get(key) === arp.arpSha) return;
    this.#bindings.set(key, arp.arpSha);
    this.#changed();
    const queue = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    for (const { skb, resume } of queue) {
      this.#ns.host.ledger.underWay--;
      skb.costNs = OvsCost.upcall;
      if (skb.packet.traceId !== 0) {
        const text = `${formatIp(arp.src)} is at ${formatMac(arp.arpSha)}`;
        traceStep(this.#ns, skb.packet, 'ovs', text, {}, skb.costNs);
      }
      this.#datapath.resume(skb, resume);
    }
  }
}

function bindingKey(port: string, address: Ip): string {
  return `${port} ${address}`;
}
