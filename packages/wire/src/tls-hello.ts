/**
 * TLS records and the ClientHello, as far as a model of TLS 1.3 needs them (RFC 8446 §4.1.2, §5.1; RFC 6066 §3).
 */
import {
  EMPTY_PAYLOAD,
  type Payload,
  payloadBytes,
  payloadFromBytes,
  slicePayload,
} from './payload.ts';
import { utf8Decode, utf8Encode } from './text.ts';

export const TlsType = { changeCipherSpec: 20, alert: 21, handshake: 22, data: 23 } as const;

export const TLS_HEADER_BYTES = 5;
/** What a ClientHello of OpenSSL is padded to, record header included. */
const CLIENT_HELLO_BYTES = 517;

export interface TlsRecord {
  readonly type: number;
  readonly body: Payload;
  readonly rest: Payload;
}

/** The first record of a stream; undefined when there is not all of it, 'garbage' when it is no TLS. */
export function readTlsRecord(stream: Payload): TlsRecord | 'garbage' | undefined {
  if (stream.lenBytes === 0) return undefined;
  const head = payloadBytes(slicePayload(stream, 0, TLS_HEADER_BYTES));
  const type = head[0] ?? 0;
  if (type < TlsType.changeCipherSpec || type > TlsType.data) return 'garbage';
  if (head.length < TLS_HEADER_BYTES) return undefined;
  if (head[1] !== 3) return 'garbage';
  const end = TLS_HEADER_BYTES + (head[3] ?? 0) * 256 + (head[4] ?? 0);
  if (stream.lenBytes < end) return undefined;
  const body = slicePayload(stream, TLS_HEADER_BYTES, end);
  const rest = end === stream.lenBytes ? EMPTY_PAYLOAD : slicePayload(stream, end);
  return { type, body, rest };
}

export function tlsHeader(type: number, lenBytes: number): Payload {
  return payloadFromBytes(Uint8Array.of(type, 3, 3, lenBytes >>> 8, lenBytes & 255));
}

/** A ClientHello for a server name; '' for none, as for an address. */
export function emitClientHello(serverName: string): Payload {
  const bytes = new Uint8Array(CLIENT_HELLO_BYTES);
  const view = new DataView(bytes.buffer);
  const bodyBytes = CLIENT_HELLO_BYTES - TLS_HEADER_BYTES;
  bytes.set([TlsType.handshake, 3, 1]);
  view.setUint16(3, bodyBytes);
  bytes[5] = 1;
  view.setUint32(5, (1 << 24) | (bodyBytes - 4));
  // Version 1.2 and a random value, then an empty session, one cipher suite, no compression.
  bytes.set([3, 3], 9);
  bytes.set([0, 0, 2, 0x13, 0x01, 1, 0], 43);
  let at = 50;
  view.setUint16(at, CLIENT_HELLO_BYTES - at - 2);
  at += 2;
  if (serverName !== '') {
    const name = utf8Encode(serverName);
    view.setUint16(at, 0);
    view.setUint16(at + 2, name.length + 5);
    view.setUint16(at + 4, name.length + 3);
    view.setUint16(at + 7, name.length);
    bytes.set(name, at + 9);
    at += 9 + name.length;
  }
  // Padding (RFC 7685).
  view.setUint16(at, 21);
  view.setUint16(at + 2, CLIENT_HELLO_BYTES - at - 4);
  return payloadFromBytes(bytes);
}

/** The server name of a ClientHello's record body; '' when it has none, undefined when it is no ClientHello. */
export function readServerName(body: Payload): string | undefined {
  const bytes = payloadBytes(body);
  if (bytes[0] !== 1) return undefined;
  const short = (at: number): number => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  let at = 38;
  at += 1 + (bytes[at] ?? 0);
  at += 2 + short(at);
  at += 1 + (bytes[at] ?? 0);
  const end = Math.min(at + 2 + short(at), bytes.length);
  for (at += 2; at + 4 <= end; at += 4 + short(at + 2)) {
    if (short(at) !== 0) continue;
    return utf8Decode(bytes.subarray(at + 9, at + 9 + short(at + 7)));
  }
  return '';
}
