/**
 * A model of TLS 1.3 on a TCP connection: handshake by server name and certificate, records of their real size.
 *
 * Who speaks: curl and the edge's proxies as clients; proxies and programs with a certificate as servers. The messages
 * have the lengths of OpenSSL's with an ECDSA P-256 or RSA 2048 certificate, and so a handshake costs the round trips
 * and bytes it really does.
 *
 * Not modelled: encryption (the data stands readable behind its record's header), key exchange, session tickets,
 * resumption, client certificates, versions below 1.3.
 */
import { type Proc, type Waiting, attempt } from '@podwire/engine';
import {
  EMPTY_PAYLOAD,
  type Payload,
  TLS_HEADER_BYTES,
  type TlsRecord,
  TlsType,
  concatPayloads,
  emitClientHello,
  payloadBytes,
  payloadFromBytes,
  payloadFromText,
  payloadOfFill,
  payloadText,
  readServerName,
  readTlsRecord,
  slicePayload,
  tlsHeader,
} from '@podwire/wire';
import type { NetNs } from '../netns.ts';
import type { Errno } from './errno.ts';
import type { TcpConn, TcpState } from './tcp.ts';

/** What programs that read and write a stream need of it: TCP's, or TLS upon it. */
export type ByteStream = Pick<
  TcpConn,
  'ns' | 'tryRead' | 'readable' | 'send' | 'close' | 'abort' | 'state' | 'isFinReceived' | 'traceId'
>;

/** What a server shows of itself. */
export interface Certificate {
  /** Subject alternative names, the common name first; `*.` stands for one label. */
  readonly names: readonly string[];
  /** Equal to the first name: self-signed. */
  readonly issuer: string;
}

export type TlsFailure =
  /** The other side does not speak TLS. */
  | 'wrong-version'
  /** It ended the handshake by an alert. */
  | 'alert'
  | 'closed'
  | 'timeout'
  | 'reset';

/** ServerHello with a key share; ChangeCipherSpec; Finished, as their records are long. */
const SERVER_HELLO_BYTES = 122;
const CHANGE_BYTES = 6;
const FINISHED_BYTES = 69;
/** EncryptedExtensions, CertificateVerify and Finished beside the certificate, in the server's encrypted flight. */
const FLIGHT_BYTES = 36 + 264 + 52;
const CERTIFICATE_BYTES = 900;
/** Content type and authentication tag behind the data of a record. */
const SEAL_BYTES = 17;
/** RFC 8446 §5.1. */
const RECORD_BYTES_MAX = 16_384;
const CLOSE_NOTIFY = 0;
const HANDSHAKE_FAILURE = 40;

/** A stream inside TLS. */
export class TlsStream implements ByteStream {
  readonly tcp: TcpConn;
  readonly serverName: string;
  /** The server's, as the client saw it. */
  readonly certificate: Certificate;
  #pending: Payload;
  #isClosed = false;

  constructor(tcp: TcpConn, serverName: string, certificate: Certificate, pending: Payload) {
    this.tcp = tcp;
    this.serverName = serverName;
    this.certificate = certificate;
    this.#pending = pending;
  }

  get ns(): NetNs {
    return this.tcp.ns;
  }

  get readable(): TcpConn['readable'] {
    return this.tcp.readable;
  }

  get state(): TcpState {
    return this.tcp.state;
  }

  get isFinReceived(): boolean {
    return this.#isClosed || this.tcp.isFinReceived;
  }

  get traceId(): number {
    return this.tcp.traceId;
  }

  tryRead(): ReturnType<TcpConn['tryRead']> {
    for (;;) {
      if (this.#isClosed) return 'eof';
      const record = readTlsRecord(this.#pending);
      if (record === undefined) {
        const piece = this.tcp.tryRead();
        if (piece === undefined || typeof piece === 'string') return piece;
        this.#pending = concatPayloads([this.#pending, piece]);
      } else if (record === 'garbage') {
        this.abort();
        return 'ECONNRESET';
      } else {
        this.#pending = record.rest;
        if (record.type === TlsType.alert) this.#isClosed = true;
        const lenBytes = record.body.lenBytes - SEAL_BYTES;
        if (record.type === TlsType.data && lenBytes > 0) {
          return slicePayload(record.body, 0, lenBytes);
        }
      }
    }
  }

  send(payload: Payload): Errno | undefined {
    const parts: Payload[] = [];
    for (let at = 0; at < payload.lenBytes; at += RECORD_BYTES_MAX) {
      const part = slicePayload(payload, at, at + RECORD_BYTES_MAX);
      parts.push(...sealed(part));
    }
    return this.tcp.send(concatPayloads(parts));
  }

  close(): void {
    if (!this.#isClosed && this.tcp.state === 'ESTABLISHED') {
      this.tcp.send(
        concatPayloads(sealed(payloadFromBytes(Uint8Array.of(1, CLOSE_NOTIFY)), TlsType.alert)),
      );
    }
    this.tcp.close();
  }

  abort(): void {
    this.tcp.abort();
  }
}

function sealed(part: Payload, type: number = TlsType.data): Payload[] {
  return [tlsHeader(type, part.lenBytes + SEAL_BYTES), part, payloadOfFill(SEAL_BYTES, 0)];
}

/** The client's handshake on a connection that is established. */
export function* tlsConnect(
  tcp: TcpConn,
  options: { readonly serverName: string; readonly timeoutNs?: number },
): Proc<TlsStream | TlsFailure> {
  tcp.send(emitClientHello(options.serverName));
  const reader = new RecordReader(tcp, EMPTY_PAYLOAD, options.timeoutNs);
  for (;;) {
    const record = yield* reader.next();
    if (typeof record === 'string') return record;
    if (record.type === TlsType.alert) return 'alert';
    if (record.type !== TlsType.data) continue;
    const certificate = readCertificate(record.body);
    if (certificate === undefined) return 'wrong-version';
    const change = payloadOfFill(CHANGE_BYTES - TLS_HEADER_BYTES, 1);
    tcp.send(
      concatPayloads([
        tlsHeader(TlsType.changeCipherSpec, change.lenBytes),
        change,
        tlsHeader(TlsType.data, FINISHED_BYTES),
        payloadOfFill(FINISHED_BYTES, 0),
      ]),
    );
    return new TlsStream(tcp, options.serverName, certificate, reader.rest);
  }
}

/** What a server learns of a client before it answers. */
export interface ClientHello {
  readonly serverName: string;
  /** The bytes read so far: what a proxy hands on that does not terminate TLS. */
  readonly bytes: Payload;
}

/** Reads the ClientHello; `first` is what was read of the connection before. */
export function* tlsReadHello(
  tcp: TcpConn,
  first: Payload = EMPTY_PAYLOAD,
  timeoutNs?: number,
): Proc<ClientHello | TlsFailure> {
  const reader = new RecordReader(tcp, first, timeoutNs);
  const record = yield* reader.next();
  if (typeof record === 'string') return record;
  const serverName = record.type === TlsType.handshake ? readServerName(record.body) : undefined;
  return serverName === undefined ? 'wrong-version' : { serverName, bytes: reader.seen };
}

/** The server's handshake after the ClientHello; without a certificate it is refused. */
export function* tlsAccept(
  tcp: TcpConn,
  hello: ClientHello,
  certificate: Certificate | undefined,
  timeoutNs?: number,
): Proc<TlsStream | TlsFailure> {
  if (certificate === undefined) {
    const alert = payloadFromBytes(Uint8Array.of(2, HANDSHAKE_FAILURE));
    tcp.send(concatPayloads([tlsHeader(TlsType.alert, 2), alert]));
    tcp.close();
    return 'alert';
  }
  tcp.send(
    concatPayloads([
      tlsHeader(TlsType.handshake, SERVER_HELLO_BYTES),
      payloadOfFill(SERVER_HELLO_BYTES, 2),
      tlsHeader(TlsType.changeCipherSpec, 1),
      payloadOfFill(1, 1),
      ...writeCertificate(certificate),
    ]),
  );
  const reader = new RecordReader(tcp, EMPTY_PAYLOAD, timeoutNs);
  for (;;) {
    const record = yield* reader.next();
    if (typeof record === 'string') return record;
    if (record.type === TlsType.alert) return 'alert';
    if (record.type === TlsType.data) {
      return new TlsStream(tcp, hello.serverName, certificate, reader.rest);
    }
  }
}

/** The encrypted flight: what the certificate says, filled up to its length. */
function writeCertificate(certificate: Certificate): Payload[] {
  const text = payloadFromText(`${JSON.stringify(certificate)}\n`);
  const lenBytes = FLIGHT_BYTES + Math.max(CERTIFICATE_BYTES, text.lenBytes);
  return [tlsHeader(TlsType.data, lenBytes), text, payloadOfFill(lenBytes - text.lenBytes, 0x20)];
}

function readCertificate(body: Payload): Certificate | undefined {
  const text = payloadText(body);
  if (!text.startsWith('{')) return undefined;
  return JSON.parse(text) as Certificate;
}

/** Records of a connection, one after the other. */
class RecordReader {
  readonly #tcp: TcpConn;
  readonly #deadlineNs: number | undefined;
  rest: Payload;
  /** All that was read. */
  seen: Payload;

  constructor(tcp: TcpConn, first: Payload, timeoutNs: number | undefined) {
    this.#tcp = tcp;
    this.rest = first;
    this.seen = first;
    this.#deadlineNs = timeoutNs === undefined ? undefined : tcp.ns.sim.nowNs() + timeoutNs;
  }

  next(): Waiting<TlsRecord | TlsFailure> {
    return attempt<TlsRecord | TlsFailure>(this.#tcp.ns.sim, this.#tcp.readable, {
      take: () => this.#take(),
      timedOut: () => 'timeout',
      deadlineNs: this.#deadlineNs,
    });
  }

  #take(): TlsRecord | TlsFailure | undefined {
    for (;;) {
      const record = readTlsRecord(this.rest);
      if (record === 'garbage') return 'wrong-version';
      if (record !== undefined) {
        this.rest = record.rest;
        return record;
      }
      const piece = this.#tcp.tryRead();
      if (piece === undefined) return undefined;
      if (typeof piece === 'string') return piece === 'eof' ? 'closed' : 'reset';
      this.rest = concatPayloads([this.rest, piece]);
      this.seen = concatPayloads([this.seen, piece]);
    }
  }
}

/** Whether a certificate is for a name: equal, or one label below a wildcard (RFC 6125 §6.4). */
export function certificateCovers({ names }: Certificate, host: string): boolean {
  const wanted = host.toLowerCase();
  const dot = wanted.indexOf('.');
  return names.some((name) => {
    const own = name.toLowerCase();
    return own === wanted || (dot > 0 && own === `*${wanted.slice(dot)}`);
  });
}

/** Whether a certificate was signed by its own key. */
export function isSelfSigned({ names, issuer }: Certificate): boolean {
  return names[0] === issuer;
}

/** First bytes of a stream that begins TLS. */
export function isTlsStart(first: Payload): boolean {
  return payloadBytes(slicePayload(first, 0, 1))[0] === TlsType.handshake;
}
