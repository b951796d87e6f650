/**
 * The TCP sockets of one namespace: connections by their four numbers, listeners by port.
 *
 * The namespace creates it with its first TCP socket or segment (`tcpTable`). Connections in TIME_WAIT
 * are small records without a timer: an expired one is forgotten when it is met, or when another joins.
 */
import { IP_ANY, type Ip, mix32 } from '@podwire/base';
import type { NetNs } from '../netns.ts';
import type { SocketRow, TcpLayer } from './socket-table.ts';
import type { TcpConn } from './tcp-conn.ts';
import { TIME_WAIT_NS } from './tcp-constants.ts';
import type { TcpListener } from './tcp-listen.ts';

/** What the peer may still send to a connection whose program is gone (struct inet_timewait_sock). */
export interface TimeWait {
  readonly kind: 'time-wait';
  readonly localIp: Ip;
  readonly localPort: number;
  readonly remoteIp: Ip;
  readonly remotePort: number;
  chain: TcpEntry | undefined;
  /** FIN_WAIT2: our FIN is acknowledged, the peer's has not come. */
  substate: 'FIN_WAIT2' | 'TIME_WAIT';
  /** Next sequence numbers of both directions, as on the wire. */
  readonly sndNxtSeq: number;
  rcvNxtSeq: number;
  readonly windowField: number;
  readonly tsOffset: number;
  tsRecent: number;
  expiresAtNs: number;
  readonly traceId: number;
}

export type TcpEntry = TcpConn | TimeWait;

export class TcpTable implements TcpLayer {
  readonly #ns: NetNs;
  readonly #entries = new Map<number, TcpEntry>();
  readonly #listeners = new Map<number, TcpListener[]>();
  /** In order of their first expiry; one that was renewed is looked at again. */
  #waiting: TimeWait[] = [];
  #waitingHead = 0;
  /** When the segments that have arrived will all have been judged. */
  judgedUntilNs = 0;

  constructor(ns: NetNs) {
    this.#ns = ns;
  }

  find(localIp: Ip, localPort: number, remoteIp: Ip, remotePort: number): TcpEntry | undefined {
    let entry = this.#entries.get(hashOf(localPort, remoteIp, remotePort));
    while (entry !== undefined) {
      if (
        entry.remotePort === remotePort &&
        entry.localPort === localPort &&
        entry.remoteIp === remoteIp &&
        entry.localIp === localIp
      ) {
        break;
      }
      entry = entry.chain;
    }
    if (entry?.kind === 'time-wait' && entry.expiresAtNs <= this.#ns.sim.nowNs()) {
      this.remove(entry);
      return undefined;
    }
    return entry;
  }

  add(entry: TcpEntry): void {
    const hash = hashOf(entry.localPort, entry.remoteIp, entry.remotePort);
    entry.chain = this.#entries.get(hash);
    this.#entries.set(hash, entry);
  }

  remove(entry: TcpEntry): void {
    const hash = hashOf(entry.localPort, entry.remoteIp, entry.remotePort);
    let at = this.#entries.get(hash);
    if (at === entry) {
      if (entry.chain === undefined) this.#entries.delete(hash);
      else this.#entries.set(hash, entry.chain);
    } else {
      while (at !== undefined && at.chain !== entry) at = at.chain;
      if (at !== undefined) at.chain = entry.chain;
    }
    entry.chain = undefined;
  }

  addTimeWait(entry: TimeWait): void {
    this.#expire();
    this.add(entry);
    this.#waiting.push(entry);
  }

  addListener(listener: TcpListener): void {
    const list = this.#listeners.get(listener.localPort);
    if (list === undefined) this.#listeners.set(listener.localPort, [listener]);
    else list.push(listener);
  }

  removeListener(listener: TcpListener): void {
    const list = this.#listeners.get(listener.localPort);
    const index = list?.indexOf(listener) ?? -1;
    if (index >= 0) list?.splice(index, 1);
    if (list?.length === 0) this.#listeners.delete(listener.localPort);
  }

  /** The listener for an address and port: one bound to the address goes before one bound to any. */
  findListener(localIp: Ip, localPort: number): TcpListener | undefined {
    const list = this.#listeners.get(localPort);
    if (list === undefined) return undefined;
    let wildcard: TcpListener | undefined;
    for (const listener of list) {
      if (listener.localIp === localIp) return listener;
      if (listener.localIp === IP_ANY) wildcard = listener;
    }
    return wildcard;
  }

  rows(): SocketRow[] {
    const rows: SocketRow[] = [];
    for (const list of this.#listeners.values()) {
      for (const listener of list) rows.push(listener.row());
    }
    const nowNs = this.#ns.sim.nowNs();
    for (const first of this.#entries.values()) {
      for (let entry: TcpEntry | undefined = first; entry !== undefined; entry = entry.chain) {
        if (entry.kind === 'conn') rows.push(entry.row());
        else if (entry.expiresAtNs > nowNs) rows.push(timeWaitRow(entry));
      }
    }
    return rows;
  }

  destroy(): void {
    for (const list of this.#listeners.values()) {
      for (const listener of list.slice()) listener.forget();
    }
    for (const first of this.#entries.values()) {
      let entry: TcpEntry | undefined = first;
      while (entry !== undefined) {
        const next: TcpEntry | undefined = entry.chain;
        if (entry.kind === 'conn') entry.finish('ENETDOWN');
        entry = next;
      }
    }
    this.#entries.clear();
    this.#waiting = [];
    this.#waitingHead = 0;
  }

  /** Forgets what has expired, oldest first. */
  #expire(): void {
    const nowNs = this.#ns.sim.nowNs();
    for (;;) {
      const oldest = this.#waiting[this.#waitingHead];
      if (oldest === undefined || oldest.expiresAtNs > nowNs) break;
      this.remove(oldest);
      this.#waitingHead++;
    }
    if (this.#waitingHead > 64 && this.#waitingHead * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#waitingHead);
      this.#waitingHead = 0;
    }
  }
}

/** The table of the namespace, made on first use. */
export function tcpTable(ns: NetNs): TcpTable {
  const known = ns.sockets.tcp;
  if (known instanceof TcpTable) return known;
  const table = new TcpTable(ns);
  ns.sockets.tcp = table;
  return table;
}

/** When a TIME_WAIT that begins now ends. */
export function timeWaitEndNs(ns: NetNs): number {
  return ns.sim.nowNs() + TIME_WAIT_NS;
}

function timeWaitRow(entry: TimeWait): SocketRow {
  return {
    netid: 'tcp',
    state: entry.substate === 'TIME_WAIT' ? 'TIME-WAIT' : 'FIN-WAIT-2',
    recvQ: 0,
    sendQ: 0,
    localIp: entry.localIp,
    localPort: entry.localPort,
    remoteIp: entry.remoteIp,
    remotePort: entry.remotePort,
  };
}

/** Only for finding: an IPv6 number is an index of this thread, so the order must never be seen. */
function hashOf(localPort: number, remoteIp: Ip, remotePort: number): number {
  return mix32(mix32(remoteIp) ^ ((remotePort << 16) | localPort));
}
