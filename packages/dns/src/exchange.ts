/**
 * One DNS question and its answer over UDP or TCP sockets: what resolvers, dig and `forward` build on.
 */
import type { Ip } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import {
  type Errno,
  type NetNs,
  type TcpConn,
  isErrno,
  tcpConnect,
  udpOpen,
} from '@podwire/netstack';
import {
  type DnsMessage,
  EMPTY_PAYLOAD,
  type Payload,
  concatPayloads,
  decodeDns,
  dnsNamesEqual,
  encodeDns,
  payloadBytes,
  payloadFromBytes,
  slicePayload,
} from '@podwire/wire';

export const DNS_PORT = 53;

export interface DnsServerAddress {
  readonly ip: Ip;
  readonly port: number;
}

export interface DnsReply {
  readonly kind: 'reply';
  readonly message: DnsMessage;
  readonly lenBytes: number;
}

export interface ExchangeOptions {
  readonly timeoutNs: number;
  readonly traceId?: number;
}

export type ExchangeFailure = Errno | 'timeout' | 'eof';

/** Asks over UDP from a new source port; replies to other questions are ignored. */
export function* exchangeUdp(
  ns: NetNs,
  server: DnsServerAddress,
  query: DnsMessage,
  options: ExchangeOptions,
): Proc<DnsReply | ExchangeFailure> {
  const socket = udpOpen(ns);
  if (isErrno(socket)) return socket;
  try {
    const refused =
      socket.connect(server.ip, server.port) ??
      socket.sendTo(
        server.ip,
        server.port,
        payloadFromBytes(encodeDns(query)),
        options.traceId === undefined ? {} : { traceId: options.traceId },
      );
    if (refused !== undefined) return refused;
    const deadlineNs = ns.sim.nowNs() + options.timeoutNs;
    for (;;) {
      const leftNs = deadlineNs - ns.sim.nowNs();
      if (leftNs <= 0) return 'timeout';
      const received = yield* socket.recv(leftNs);
      if (typeof received === 'string') return received;
      const reply = readReply(received.payload, query);
      if (reply !== undefined) return reply;
    }
  } finally {
    socket.close();
  }
}

/** Asks over a new TCP connection. */
export function* exchangeTcp(
  ns: NetNs,
  server: DnsServerAddress,
  query: DnsMessage,
  options: ExchangeOptions,
): Proc<DnsReply | ExchangeFailure> {
  const conn = tcpConnect(ns, {
    ip: server.ip,
    port: server.port,
    ...(options.traceId === undefined ? {} : { traceId: options.traceId }),
  });
  if (isErrno(conn)) return conn;
  const deadlineNs = ns.sim.nowNs() + options.timeoutNs;
  try {
    const failure = yield* conn.connected(options.timeoutNs);
    if (failure !== undefined) return failure;
    const refused = conn.send(frameTcpMessage(encodeDns(query)));
    if (refused !== undefined) return refused;
    const reader = new TcpMessageReader(conn);
    for (;;) {
      const leftNs = deadlineNs - ns.sim.nowNs();
      if (leftNs <= 0) return 'timeout';
      const received = yield* reader.read(leftNs);
      if (typeof received === 'string') return received;
      const reply = readReply(received, query);
      if (reply !== undefined) return reply;
    }
  } finally {
    conn.close();
  }
}

/** The reply in these bytes, undefined when they are none to this query. */
export function readReply(payload: Payload, query: DnsMessage): DnsReply | undefined {
  const message = decodeDns(payloadBytes(payload));
  if (message === undefined || !message.isResponse || message.id !== query.id) return undefined;
  const asked = query.questions[0];
  const answered = message.questions[0];
  const isSame =
    answered === undefined ||
    (asked !== undefined &&
      dnsNamesEqual(asked.name, answered.name) &&
      asked.type === answered.type);
  return isSame ? { kind: 'reply', message, lenBytes: payload.lenBytes } : undefined;
}

/** RFC 1035 §4.2.2: a message over TCP follows its length in two bytes. */
export function frameTcpMessage(bytes: Uint8Array): Payload {
  const length = Uint8Array.of(bytes.length >>> 8, bytes.length & 0xff);
  return concatPayloads([payloadFromBytes(length), payloadFromBytes(bytes)]);
}

/** Reads length-prefixed messages from a connection. */
export class TcpMessageReader {
  readonly #conn: TcpConn;
  #pending: Payload = EMPTY_PAYLOAD;

  constructor(conn: TcpConn) {
    this.#conn = conn;
  }

  *read(timeoutNs: number): Proc<Payload | ExchangeFailure> {
    for (;;) {
      if (this.#pending.lenBytes >= 2) {
        const head = payloadBytes(slicePayload(this.#pending, 0, 2));
        const end = 2 + (((head[0] ?? 0) << 8) | (head[1] ?? 0));
        if (this.#pending.lenBytes >= end) {
          const message = slicePayload(this.#pending, 2, end);
          this.#pending = slicePayload(this.#pending, end);
          return message;
        }
      }
      const received = yield* this.#conn.read(timeoutNs);
      if (typeof received === 'string') return received;
      this.#pending = concatPayloads([this.#pending, received]);
    }
  }
}
