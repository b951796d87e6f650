/**
 * One end of a link: what its side sends, and what arrives at it.
 *
 * From: port.ts (a host's NIC) or switch.ts. To: the other end, as a message to the other side's actor.
 *
 * A link is two ends, each owned by the actor on its side; they share nothing. The *sending* end owns all
 * of its direction: the queue, the line, the draws for loss and jitter. It knows at once when a frame
 * leaves and arrives, so a frame crosses a link as one message whose delay is
 *
 *   waiting + time on the line + latencyNs + jitter  >=  latencyNs  =  the declared lookahead,
 *
 * whatever the load, and no second event is needed for the line. The *receiving* end owns only whether
 * its side of the cable is up when the frame gets there, so that what is under way when a cable is cut is
 * lost. Arrivals of one direction never overtake each other: jitter moves a frame no further than behind
 * the one before it.
 */
import { type Rng, assert, formatDurationNs } from '@podwire/base';
import type { ActorId, LinkDeclaration } from '@podwire/engine';
import type { DropReason } from '@podwire/trace';
import {
  type FrameMessage,
  type Packet,
  frameLenBytes,
  halvesOf,
  segmentCount,
  segmentFrameLenBytes,
  segmentsOf,
  trainLenBytes,
} from '@podwire/wire';
import { type UnderlayHost, endPacket, recordStep } from './host.ts';
import { LineQueue } from './queue.ts';

export interface LinkConfig {
  readonly name: string;
  /** Propagation; the lookahead between the two sides, so it cannot shrink during a run. */
  readonly latencyNs: number;
  /** Up to this much is added to a frame's latency, drawn evenly. */
  readonly jitterNs: number;
  /** 0: not limited. */
  readonly rateBytesPerSec: number;
  /** Most bytes that wait at a limited line, the frame in transmission included. */
  readonly queueBytes: number;
  readonly lossPpm: number;
  /** Largest payload of a frame (an IP packet with its header). */
  readonly mtuBytes: number;
  readonly isUp: boolean;
}

/** 10GBASE through a rack: 10 Gbit/s, 50 µs, Ethernet's usual MTU, and 1,000 full frames of txqueuelen. */
export const LINK_DEFAULTS: Omit<LinkConfig, 'name'> = {
  latencyNs: 50_000,
  jitterNs: 0,
  rateBytesPerSec: 1_250_000_000,
  queueBytes: 1_538_000,
  lossPpm: 0,
  mtuBytes: 1500,
  isUp: true,
};

export function withLinkDefaults(
  config: { readonly name: string } & Partial<LinkConfig>,
): LinkConfig {
  const complete = { ...LINK_DEFAULTS, ...config };
  assert(complete.latencyNs >= 1, 'a link has a latency of at least 1 ns');
  return complete;
}

/** What the engine must know of a link: messages go both ways, at least its latency apart. */
export function declareLink(config: LinkConfig, a: ActorId, b: ActorId): LinkDeclaration[] {
  const minDelayNs = config.latencyNs;
  return [
    { from: a, to: b, minDelayNs },
    { from: b, to: a, minDelayNs },
  ];
}

/** What can be changed of a link while it runs; absent fields stay. */
export type LinkChange = Partial<Omit<LinkConfig, 'name'>>;

export interface LinkPeer {
  readonly actor: ActorId;
  /** Port number at the peer. */
  readonly port: number;
  /** Name of the host or switch there: for traces, and what partitions go by. */
  readonly name: string;
}

export interface PortCounters {
  txPackets: number;
  txBytes: number;
  rxPackets: number;
  rxBytes: number;
  readonly drops: Map<DropReason, number>;
}

/** Sees every frame at an end; must not keep the packet, which goes on changing, nor change it. */
export type Tap = (atNs: number, direction: 'in' | 'out', packet: Packet) => void;

export class LinkEnd {
  readonly peer: LinkPeer;
  readonly counters: PortCounters = {
    txPackets: 0,
    txBytes: 0,
    rxPackets: 0,
    rxBytes: 0,
    drops: new Map(),
  };
  tap: Tap | undefined = undefined;
  readonly #host: UnderlayHost;
  readonly #latencyMinNs: number;
  readonly #queue: LineQueue;
  readonly #dice: Rng;
  #config: LinkConfig;
  #lastArrivalNs = 0;

  constructor(host: UnderlayHost, config: LinkConfig, peer: LinkPeer) {
    this.#host = host;
    this.#config = config;
    this.#latencyMinNs = config.latencyNs;
    this.#queue = new LineQueue(config);
    this.#dice = host.sim.rng(`link/${config.name}`);
    this.peer = peer;
  }

  get config(): LinkConfig {
    return this.#config;
  }

  get isUp(): boolean {
    return this.#config.isUp;
  }

  /** Changes the link from this side; the reason when it cannot be. Both ends must be told. */
  change(change: LinkChange): string | undefined {
    const { latencyNs } = change;
    if (latencyNs !== undefined && latencyNs < this.#latencyMinNs) {
      const least = formatDurationNs(this.#latencyMinNs);
      return `latency of link ${this.#config.name} cannot fall below the ${least} it started with`;
    }
    this.#config = { ...this.#config, ...change };
    this.#queue.setLimits(this.#config);
    return undefined;
  }

  /**
   * Sends a frame to the other side `waitNs` from now, in the order of the calls; the packet is handed over.
   * Returns when its last bit has left this side, or when it was dropped here.
   */
  transmit(packet: Packet, waitNs = 0): number {
    const frames = segmentCount(packet);
    return frames > 1
      ? this.#transmitTrain(packet, waitNs, frames)
      : this.#transmitFrame(packet, waitNs);
  }

  /**
   * Sends a train's frames back to back, as one message that arrives with the first of them and tells when the last
   * does. What came in as a train over `gsoSpanNs` goes out no faster.
   */
  #transmitTrain(packet: Packet, waitNs: number, frames: number): number {
    const { sim } = this.#host;
    const nowNs = sim.nowNs() + waitNs;
    const { isUp, mtuBytes, lossPpm, latencyNs, jitterNs } = this.#config;
    const firstLenBytes = segmentFrameLenBytes(packet);
    const lenBytes = trainLenBytes(packet);
    const fits = firstLenBytes - (packet.vlan === 0 ? 14 : 18) <= mtuBytes;
    if (!isUp || !fits || lossPpm !== 0 || jitterNs !== 0) {
      return this.#transmitParts(packet, segmentsOf(packet), waitNs);
    }
    const startsNs = Math.max(nowNs, this.#queue.idleAtNs);
    const leavesNs = this.#queue.pushTrain(nowNs, lenBytes, frames);
    if (leavesNs === undefined) {
      return this.#transmitParts(packet, halvesOf(packet), waitNs);
    }
    if (this.tap !== undefined) tapSegments(this.tap, packet, nowNs, 'out');
    const firstLineNs = this.#queue.lineNs(firstLenBytes);
    const lastLeavesNs = Math.max(leavesNs, nowNs + packet.gsoSpanNs + firstLineNs);
    this.#queue.holdUntil(lastLeavesNs);
    this.counters.txPackets += frames;
    this.counters.txBytes += lenBytes;
    const arrivesNs = Math.max(startsNs + firstLineNs + latencyNs, this.#lastArrivalNs);
    const lastArrivesNs = Math.max(lastLeavesNs + latencyNs, arrivesNs);
    this.#lastArrivalNs = lastArrivesNs;
    packet.gsoSpanNs = lastArrivesNs - arrivesNs;
    if (packet.traceId !== 0)
      this.#tellSend(packet, { nowNs, leavesNs: lastLeavesNs, arrivesNs: lastArrivesNs });
    this.#send(packet, arrivesNs);
    return lastLeavesNs;
  }

  /** Sends a train in parts, each judged for itself: some may be lost, or not find room. */
  #transmitParts(train: Packet, parts: readonly Packet[], waitNs: number): number {
    this.#host.ledger.born += parts.length - 1;
    const steps = segmentCount(train) - 1;
    let before = 0;
    let leavesNs = 0;
    for (const part of parts) {
      leavesNs = this.transmit(part, waitNs + Math.floor((train.gsoSpanNs * before) / steps));
      before += segmentCount(part);
    }
    return leavesNs;
  }

  #transmitFrame(packet: Packet, waitNs: number): number {
    const { sim } = this.#host;
    const nowNs = sim.nowNs() + waitNs;
    const { isUp, mtuBytes, lossPpm, latencyNs, jitterNs } = this.#config;
    const lenBytes = frameLenBytes(packet);
    this.tap?.(nowNs, 'out', packet);
    if (!isUp) {
      this.#drop(packet, 'LINK_DOWN', nowNs);
      return nowNs;
    }
    if (lenBytes - (packet.vlan === 0 ? 14 : 18) > mtuBytes) {
      this.#drop(packet, 'LINK_MTU', nowNs);
      return nowNs;
    }
    const leavesNs = this.#queue.push(nowNs, lenBytes);
    if (leavesNs === undefined) {
      this.#drop(packet, 'LINK_QUEUE_FULL', nowNs);
      return nowNs;
    }
    this.counters.txPackets++;
    this.counters.txBytes += lenBytes;
    // Lost on the way: it has taken its time on the line.
    if (this.#dice.ppm(lossPpm)) {
      this.#drop(packet, 'LINK_LOSS', nowNs);
      return leavesNs;
    }
    const jitter = jitterNs === 0 ? 0 : this.#dice.between(0, jitterNs);
    const arrivesNs = Math.max(leavesNs + latencyNs + jitter, this.#lastArrivalNs);
    this.#lastArrivalNs = arrivesNs;
    if (packet.traceId !== 0) this.#tellSend(packet, { nowNs, leavesNs, arrivesNs });
    this.#send(packet, arrivesNs);
    return leavesNs;
  }

  #send(packet: Packet, arrivesNs: number): void {
    const { sim, ledger } = this.#host;
    const message: FrameMessage = { kind: 'frame', port: this.peer.port, packet };
    ledger.underWay++;
    sim.send(this.peer.actor, arrivesNs - sim.nowNs(), message);
  }

  /** A frame, or a train's first, got here: whether it may go in. */
  arrive(packet: Packet): boolean {
    if (!this.#config.isUp) {
      this.#drop(packet, 'LINK_DOWN', this.#host.sim.nowNs());
      return false;
    }
    this.counters.rxPackets += segmentCount(packet);
    this.counters.rxBytes += trainLenBytes(packet);
    if (this.tap !== undefined) tapSegments(this.tap, packet, this.#host.sim.nowNs(), 'in');
    return true;
  }

  #drop(packet: Packet, reason: DropReason, atNs: number): void {
    const { drops } = this.counters;
    drops.set(reason, (drops.get(reason) ?? 0) + 1);
    endPacket(this.#host, packet, { where: this.#config.name, stage: 'link', end: reason, atNs });
  }

  #tellSend(
    packet: Packet,
    at: { readonly nowNs: number; readonly leavesNs: number; readonly arrivesNs: number },
  ): void {
    const delayNs = at.arrivesNs - at.nowNs;
    const lineNs = at.leavesNs - at.nowNs;
    recordStep(this.#host, packet, {
      atNs: at.nowNs,
      where: this.#config.name,
      stage: 'link',
      key: this.peer.name,
      verdict: 'send',
      change: `arrives after ${formatDurationNs(delayNs)} (queue and line ${formatDurationNs(lineNs)})`,
    });
  }
}

/** Shows each frame of a train, spread over the time that it takes. */
function tapSegments(tap: Tap, packet: Packet, atNs: number, direction: 'in' | 'out'): void {
  const segments = segmentsOf(packet);
  const stepNs = Math.floor(packet.gsoSpanNs / Math.max(segments.length - 1, 1));
  for (let index = 0; index < segments.length; index++) {
    tap(atNs + index * stepNs, direction, segments[index] as Packet);
  }
}
