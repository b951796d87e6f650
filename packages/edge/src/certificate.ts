/**
 * What a PEM certificate says of itself: its names and its issuer, read from the DER inside (RFC 5280 §4.1).
 *
 * Not modelled: signatures and validity. Enough to choose by name and to tell a client who signed.
 */
import type { Secret } from '@podwire/api';
import type { Certificate } from '@podwire/netstack';
import { utf8Decode } from '@podwire/wire';

/** subjectAltName 2.5.29.17 and commonName 2.5.4.3 as DER writes them. */
const SAN_OID = [0x06, 0x03, 0x55, 0x1d, 0x11];
const NAME_OID = [0x06, 0x03, 0x55, 0x04, 0x03];
const DNS_NAME = 0x82;

/** The certificate of a kubernetes.io/tls Secret; undefined when there is none that can be read. */
export function certificateOf(secret: Secret | undefined): Certificate | undefined {
  if (secret?.type !== 'kubernetes.io/tls') return undefined;
  return readCertificatePem(utf8Decode(fromBase64(secret.data?.['tls.crt'] ?? '')));
}

export function readCertificatePem(pem: string): Certificate | undefined {
  const inside = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(pem)?.[1];
  if (inside === undefined) return undefined;
  const der = fromBase64(inside);
  // The issuer stands before the subject.
  const issuer = nameAt(der, findBytes(der, NAME_OID, 0));
  const subject = nameAt(der, findBytes(der, NAME_OID, findBytes(der, NAME_OID, 0) + 1));
  const alternative = alternativeNames(der);
  const names = [...new Set(subject === '' ? alternative : [subject, ...alternative])];
  return names.length === 0
    ? undefined
    : { names, issuer: issuer === '' ? (names[0] ?? '') : issuer };
}

function nameAt(der: Uint8Array, at: number): string {
  if (at < 0) return '';
  const value = at + NAME_OID.length;
  return utf8Decode(der.subarray(value + 2, value + 2 + (der[value + 1] ?? 0)));
}

function alternativeNames(der: Uint8Array): string[] {
  const at = findBytes(der, SAN_OID, 0);
  if (at < 0) return [];
  const names: string[] = [];
  // Behind the OID maybe "critical", then an OCTET STRING that holds the SEQUENCE of names.
  let place = at + SAN_OID.length;
  if (der[place] === 0x01) place += 3;
  place = contentAt(der, contentAt(der, place));
  while (der[place] === DNS_NAME) {
    const lenBytes = der[place + 1] ?? 0;
    names.push(utf8Decode(der.subarray(place + 2, place + 2 + lenBytes)));
    place += 2 + lenBytes;
  }
  return names;
}

/** Where the content of the element at a place begins. */
function contentAt(der: Uint8Array, place: number): number {
  const first = der[place + 1] ?? 0;
  return place + 2 + (first < 0x80 ? 0 : first & 0x7f);
}

function findBytes(der: Uint8Array, wanted: readonly number[], from: number): number {
  for (let at = from; at + wanted.length <= der.length; at++) {
    if (wanted.every((byte, index) => der[at + index] === byte)) return at;
  }
  return -1;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Bytes of base64 text; what is not of its alphabet is passed over. */
export function fromBase64(text: string): Uint8Array {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const char of text) {
    const value = ALPHABET.indexOf(char);
    if (value < 0) continue;
    bits = ((bits << 6) | value) & 0xffffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push((bits >> count) & 255);
  }
  return Uint8Array.from(bytes);
}
