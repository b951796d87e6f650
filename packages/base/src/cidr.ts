/**
 * Networks: an address and a prefix length.
 */
import {
  type Ip,
  formatIp,
  ipFamily,
  ipv6FromBigInt,
  ipv6ToBigInt,
  isIpv4,
  parseIp,
} from './ip.ts';
import { assert } from './assert.ts';

/** `ip` keeps its host bits as written (an interface address); `network(cidr)` drops them. */
export interface Cidr {
  readonly ip: Ip;
  readonly prefixLen: number;
}

/** Parses `10.1.0.0/24`; undefined when it is not that form. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const prefixLen = Number(length);
  if (prefixLen > (isIpv4(address) ? 32 : 128)) return undefined;
  return { ip: address, prefixLen };
}

/** Parses a network that the program itself wrote. */
export function cidr(text: string): Cidr {
  const value = parseCidr(text);
  assert(value !== undefined, `"${text}" is a network in CIDR form`);
  return value;
}

export function formatCidr(value: Cidr): string {
  return `${formatIp(value.ip)}/${value.prefixLen}`;
}

/** The netmask of an IPv4 prefix as an unsigned 32-bit number. */
export function ipv4Mask(prefixLen: number): number {
  return prefixLen === 0 ? 0 : (0xffffffff << (32 - prefixLen)) >>> 0;
}

/** The first address: host bits zero. */
export function network(value: Cidr): Ip {
  if (isIpv4(value.ip)) return (value.ip & ipv4Mask(value.prefixLen)) >>> 0;
  const shift = BigInt(128 - value.prefixLen);
  return ipv6FromBigInt((ipv6ToBigInt(value.ip) >> shift) << shift);
}

/** The last address: host bits one; for IPv4 the broadcast address. */
export function lastAddress(value: Cidr): Ip {
  if (isIpv4(value.ip)) return (value.ip | ~ipv4Mask(value.prefixLen)) >>> 0;
  const host = (1n << BigInt(128 - value.prefixLen)) - 1n;
  return ipv6FromBigInt(ipv6ToBigInt(value.ip) | host);
}

/** Whether the address lies in the network; never across families. */
export function cidrContains(value: Cidr, address: Ip): boolean {
  if (isIpv4(value.ip)) {
    return isIpv4(address) && ((value.ip ^ address) & ipv4Mask(value.prefixLen)) === 0;
  }
  if (isIpv4(address)) return false;
  const shift = BigInt(128 - value.prefixLen);
  return ipv6ToBigInt(value.ip) >> shift === ipv6ToBigInt(address) >> shift;
}

/** Whether the two networks share an address. */
export function cidrsOverlap(left: Cidr, right: Cidr): boolean {
  if (ipFamily(left.ip) !== ipFamily(right.ip)) return false;
  return left.prefixLen <= right.prefixLen
    ? cidrContains(left, right.ip)
    : cidrContains(right, left.ip);
}

/** Number of addresses; for a wide IPv6 network a number beyond 2^53 is rounded. */
export function cidrSize(value: Cidr): number {
  return 2 ** ((isIpv4(value.ip) ? 32 : 128) - value.prefixLen);
}

/** Address number `index` of the network, counted from its first. */
export function addressAt(value: Cidr, index: number): Ip {
  assert(index >= 0 && index < cidrSize(value), 'an index inside the network');
  const first = network(value);
  return isIpv4(first) ? first + index : ipv6FromBigInt(ipv6ToBigInt(first) + BigInt(index));
}

/** The address `step` after (or before) this one. */
export function ipAdd(address: Ip, step: number): Ip {
  if (isIpv4(address)) return (address + step) >>> 0;
  return ipv6FromBigInt(ipv6ToBigInt(address) + BigInt(step));
}
