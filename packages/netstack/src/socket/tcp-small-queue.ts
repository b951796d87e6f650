/**
 * TCP small queues: how much of a connection's data may wait at the host's own NIC.
 *
 * What does not fit stays in the socket, so that a line slower than its senders fills neither the NIC's
 * queue nor a round-trip time (tcp_small_queue_check, tcp_wfree of net/ipv4/tcp_output.c). A pod's packets
 * leave their socket at the veth, so it holds for programs of the node itself only.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { TcpConn } from './tcp-conn.ts';
import { LIMIT_OUTPUT_BYTES, PACING_SHIFT } from './tcp-constants.ts';

/** A connection's packets at the NIC, in the order in which they leave. */
export class SmallQueue {
  #leavesNs: number[] = [];
  #lenBytes: number[] = [];
  #first = 0;
  #totalBytes = 0;

  push(lenBytes: number, leavesNs: number): void {
    this.#leavesNs.push(leavesNs);
    this.#lenBytes.push(lenBytes);
    this.#totalBytes += lenBytes;
  }

  /** Bytes that have not left yet (sk_wmem_alloc). */
  bytesAt(nowNs: number): number {
    const count = this.#leavesNs.length;
    while (this.#first < count && (this.#leavesNs[this.#first] as number) <= nowNs) {
      this.#totalBytes -= this.#lenBytes[this.#first++] as number;
    }
    if (this.#first === count && count > 0) {
      this.#leavesNs.length = 0;
      this.#lenBytes.length = 0;
      this.#first = 0;
    }
    return this.#totalBytes;
  }

  /** When the first that waits has left; undefined when none does. */
  get nextLeavesNs(): number | undefined {
    return this.#leavesNs[this.#first];
  }
}

/**
 * Whether the next packet, of `lenBytes`, must stay in the socket for now; `resume` is then called as soon as
 * one of those before it has left.
 */
export function isThrottled(
  conn: TcpConn,
  lenBytes: number,
  factor: number,
  resume: (conn: TcpConn) => void,
): boolean {
  const { atNic, rtx, ns } = conn;
  if (atNic === undefined || rtx.packetsOut === 0) return false;
  const nowNs = ns.sim.nowNs();
  const queuedBytes = atNic.bytesAt(nowNs);
  if (queuedBytes <= 2 * lenBytes * factor) return false;
  const pacedBytes = pacingRate(conn) / 2 ** PACING_SHIFT;
  const limitBytes = Math.min(Math.max(2 * lenBytes, pacedBytes), LIMIT_OUTPUT_BYTES);
  if (queuedBytes <= limitBytes * factor) return false;
  if (!conn.isThrottled) {
    conn.isThrottled = true;
    ns.sim.schedule(Math.max((atNic.nextLeavesNs ?? nowNs) - nowNs, 0), resume, conn);
  }
  return true;
}

/** Bytes per second at which the window would be sent, with room to grow (tcp_update_pacing_rate). */
export function pacingRate({ congestion, mssBytes, srttNs }: TcpConn): number {
  // sysctl tcp_pacing_ss_ratio and tcp_pacing_ca_ratio.
  const ratio = congestion.cwnd < congestion.ssthresh / 2 ? 2 : 1.2;
  return (ratio * congestion.cwnd * mssBytes * NS_PER_SEC) / srttNs;
}
