/**
 * How the stack tells its story and where packets end.
 *
 * `endPacket` is the single place in which a packet ends: it counts the end in the host's ledger and
 * writes the last step of a traced one. Stages call `traceStep` behind `packet.traceId !== 0`, so that
 * an untraced packet pays one comparison.
 */
import { type PacketEnd, type Stage, type Step, traceOf } from '@podwire/trace';
import { type Packet, describePacket } from '@podwire/wire';
import type { NetNs } from './netns.ts';
import type { Skb } from './skb.ts';

/** What a step may add to stage and verdict. */
export interface StepTexts {
  readonly key?: string;
  readonly rule?: string;
  readonly change?: string;
  readonly lookups?: number;
  /** A device of the namespace where it happens. */
  readonly dev?: string;
}

/** Records a step of a traced packet. */
export function traceStep(
  ns: NetNs,
  packet: Packet,
  stage: Stage,
  verdict: string,
  texts: StepTexts = {},
  costNs = 0,
): void {
  ns.host.recorder.record(makeStep(ns, packet, stage, verdict, texts, costNs));
}

/** Numbers the walk of a traced packet that begins here; a tunnel's outer packet goes on with the inner one's. */
export function beginWalk(ns: NetNs, packet: Packet): void {
  const { traceId } = packet;
  if (traceId !== traceOf(traceId)) return;
  packet.traceId = ns.host.recorder.newWalk(traceId, ns.sim.id);
}

/** Ends a packet: counted once, and the last step of a traced one. */
export function endPacket(ns: NetNs, skb: Skb, end: PacketEnd, texts: StepTexts = {}): void {
  ns.host.ledger.end(end);
  if (skb.packet.traceId !== 0) recordEnd(ns, skb.packet, end, texts, skb.costNs);
}

/** The same for a packet that no skb holds (it was refused before it had one, or is a queued fragment). */
export function endRawPacket(ns: NetNs, packet: Packet, end: PacketEnd): void {
  ns.host.ledger.end(end);
  if (packet.traceId !== 0) recordEnd(ns, packet, end, {}, 0);
}

function recordEnd(
  ns: NetNs,
  packet: Packet,
  end: PacketEnd,
  texts: StepTexts,
  costNs: number,
): void {
  const isGood =
    end === 'delivered' || end === 'stolen' || end === 'copied' || end === 'reassembled';
  const step = makeStep(ns, packet, 'end', isGood ? end : 'drop', texts, costNs);
  ns.host.recorder.record({ ...step, end });
}

function makeStep(
  ns: NetNs,
  packet: Packet,
  stage: Stage,
  verdict: string,
  texts: StepTexts,
  costNs: number,
): Step {
  return {
    atNs: ns.sim.nowNs() + costNs,
    traceId: packet.traceId,
    host: ns.sim.name,
    where: texts.dev === undefined ? ns.name : `${ns.name}/${texts.dev}`,
    stage,
    packet: describePacket(packet),
    ...(texts.key === undefined ? {} : { key: texts.key }),
    ...(texts.rule === undefined ? {} : { rule: texts.rule }),
    ...(texts.change === undefined ? {} : { change: texts.change }),
    ...(texts.lookups === undefined ? {} : { lookups: texts.lookups }),
    verdict,
  };
}
