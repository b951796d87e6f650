/**
 * What a piece of the underlay has of the actor it lives in, and how a packet ends there.
 */
import type { HostSim } from '@podwire/engine';
import type { PacketEnd, PacketLedger, Recorder, Stage } from '@podwire/trace';
import { type Packet, describePacket } from '@podwire/wire';

export interface UnderlayHost {
  readonly sim: HostSim;
  readonly recorder: Recorder;
  readonly ledger: PacketLedger;
}

export interface StepText {
  readonly where: string;
  readonly stage: Stage;
  readonly verdict: string;
  readonly key?: string;
  readonly change?: string;
  /** When it happens; unset: now. */
  readonly atNs?: number;
}

/** Records a step of a traced packet; the caller has looked at `traceId` before it built the text. */
export function recordStep(host: UnderlayHost, packet: Packet, text: StepText): void {
  const { sim, recorder } = host;
  recorder.record({
    atNs: sim.nowNs(),
    traceId: packet.traceId,
    host: sim.name,
    packet: describePacket(packet),
    ...text,
  });
}

/** The one place where packets end in the underlay. */
export function endPacket(
  host: UnderlayHost,
  packet: Packet,
  options: {
    where: string;
    stage: Stage;
    end: PacketEnd;
    atNs?: number;
    /** Default: `drop`. */
    verdict?: string;
    key?: string;
  },
): void {
  const { end, atNs = host.sim.nowNs() } = options;
  host.ledger.end(end);
  if (packet.traceId === 0) return;
  host.recorder.record({
    verdict: 'drop',
    ...options,
    atNs,
    traceId: packet.traceId,
    host: host.sim.name,
    packet: describePacket(packet),
  });
}
