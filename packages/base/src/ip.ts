/**
 * IP addresses as numbers.
 *
 * An IPv4 address is its 32-bit value. An IPv6 address is 2^32 plus its index in a table of this
 * thread, so that both families fit one number, compare with `===` and serve as Map keys. The index
 * depends on the order in which a thread met its addresses: it must never be printed, ordered by,
 * hashed or sent to another thread; `ipToBytes` and `formatIp` are for that. Why: docs/adr/0004.
 */
import { Address6 } from 'ip-address';
import { assert } from './assert.ts';

/** An address of either family. */
export type Ip = number;

export type IpFamily = 4 | 6;

const V6_BASE = 2 ** 32;

/** 0.0.0.0, which also stands for "any address" where a socket binds. */
export const IP_ANY: Ip = 0;
export const IP_BROADCAST: Ip = 0xffffffff;
export const IP_LOCALHOST: Ip = 0x7f000001;

const v6Values: bigint[] = [];
const v6Index = new Map<bigint, number>();

export function ipFamily(ip: Ip): IpFamily {
  return ip < V6_BASE ? 4 : 6;
}

export function isIpv4(ip: Ip): boolean {
  return ip < V6_BASE;
}

/** The address with this 128-bit value. */
export function ipv6FromBigInt(value: bigint): Ip {
  let index = v6Index.get(value);
  if (index === undefined) {
    index = v6Values.length;
    v6Values.push(value);
    v6Index.set(value, index);
  }
  return V6_BASE + index;
}

/** The 128-bit value of an IPv6 address. */
export function ipv6ToBigInt(ip: Ip): bigint {
  const value = v6Values[ip - V6_BASE];
  assert(value !== undefined, 'an IPv6 address of this thread');
  return value;
}

/** Parses dotted decimal or IPv6 text; undefined when it is neither. */
export function parseIp(text: string): Ip | undefined {
  if (text.includes(':')) {
    if (!Address6.isValid(text)) return undefined;
    const parsed = new Address6(text);
    if (parsed.parsedSubnet !== '' || parsed.zone !== '') return undefined;
    return ipv6FromBigInt(parsed.bigInt());
  }
  return parseIpv4(text);
}

/**
 * Parses dotted decimal without leading zeros (Go's netip.ParseAddr); undefined when it is not.
 *
 * By hand: a large cluster reads its pods' addresses millions of times, and Address4 takes a microsecond.
 */
export function parseIpv4(text: string): Ip | undefined {
  let value = 0;
  let at = 0;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charCodeAt(at++) !== DOT) return undefined;
    const start = at;
    let octet = 0;
    for (; at < text.length && at < start + 3; at++) {
      const digit = text.charCodeAt(at) - ZERO;
      if (digit < 0 || digit > 9) break;
      octet = octet * 10 + digit;
    }
    const hasLeadingZero = at > start + 1 && text.charCodeAt(start) === ZERO;
    if (at === start || octet > 255 || hasLeadingZero) return undefined;
    value = value * 256 + octet;
  }
  return at === text.length ? value : undefined;
}

const DOT = 0x2e;
const ZERO = 0x30;

/** Parses an address that the program itself wrote. */
export function ip(text: string): Ip {
  const value = parseIp(text);
  assert(value !== undefined, `"${text}" is an IP address`);
  return value;
}

/** Dotted decimal, or the RFC 5952 form of an IPv6 address. */
export function formatIp(value: Ip): string {
  if (value < V6_BASE) {
    return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
  }
  return Address6.fromBigInt(ipv6ToBigInt(value)).correctForm();
}

/** Network byte order: 4 or 16 bytes. */
export function ipToBytes(value: Ip): Uint8Array {
  if (value < V6_BASE) {
    return Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
  }
  const bytes = new Uint8Array(16);
  let rest = ipv6ToBigInt(value);
  for (let index = 15; index >= 0; index--) {
    bytes[index] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

/** The address in 4 or 16 bytes. */
export function ipFromBytes(bytes: Uint8Array): Ip {
  if (bytes.length === 4) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, 4);
    return view.getUint32(0);
  }
  assert(bytes.length === 16, 'an IP address has 4 or 16 bytes');
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return ipv6FromBigInt(value);
}

/** Orders by family, then by value: negative, zero or positive. */
export function compareIp(left: Ip, right: Ip): number {
  if (left < V6_BASE || right < V6_BASE) return left - right;
  const a = ipv6ToBigInt(left);
  const b = ipv6ToBigInt(right);
  return a < b ? -1 : a > b ? 1 : 0;
}

export function isLoopback(value: Ip): boolean {
  return value < V6_BASE ? value >>> 24 === 127 : ipv6ToBigInt(value) === 1n;
}

export function isMulticast(value: Ip): boolean {
  return value < V6_BASE ? value >>> 28 === 14 : ipv6ToBigInt(value) >> 120n === 255n;
}
