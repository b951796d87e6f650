/**
 * Ranges of addresses as MetalLB's pools write them: `192.168.1.240-192.168.1.250` or a network in CIDR form
 * (ParseCIDR of its internal/config).
 */
import { lastAddress, network, parseCidr } from './cidr.ts';
import { type Ip, compareIp, formatIp, ipFamily, parseIp } from './ip.ts';

export interface IpRange {
  readonly first: Ip;
  readonly last: Ip;
}

/** A text is the complaint. */
export function parseIpRange(text: string): IpRange | string {
  const quoted = JSON.stringify(text);
  const dash = text.indexOf('-');
  if (dash < 0) {
    const cidr = text.includes('/') ? parseCidr(text) : undefined;
    if (cidr === undefined) return `invalid CIDR ${quoted}`;
    return { first: network(cidr), last: lastAddress(cidr) };
  }
  const [start, end] = [text.slice(0, dash), text.slice(dash + 1)];
  const first = parseIp(start.trim());
  if (first === undefined) {
    return `invalid IP range ${quoted}: invalid start IP ${JSON.stringify(start)}`;
  }
  const last = parseIp(end.trim());
  if (last === undefined || ipFamily(first) !== ipFamily(last)) {
    return `invalid IP range ${quoted}: invalid end IP ${JSON.stringify(end)}`;
  }
  if (compareIp(first, last) > 0) {
    return `invalid IP range ${quoted}: start IP "${formatIp(first)}" is after the end IP "${formatIp(last)}"`;
  }
  return { first, last };
}

export function rangeContains({ first, last }: IpRange, address: Ip): boolean {
  if (ipFamily(first) !== ipFamily(address)) return false;
  return compareIp(first, address) <= 0 && compareIp(address, last) <= 0;
}

export function rangesOverlap(a: IpRange, b: IpRange): boolean {
  return rangeContains(a, b.first) || rangeContains(b, a.first);
}
