/**
 * Reverse names (in-addr.arpa, ip6.arpa) and reverse zones of networks.
 */
import { type Ip, ipFromBytes, ipToBytes, isIpv4, parseCidr, formatIp } from '@podwire/base';

/** `5.1.244.10.in-addr.arpa.` and its IPv6 form: what `dig -x` asks for. */
export function reverseName(ip: Ip): string {
  if (isIpv4(ip)) return `${formatIp(ip).split('.').reverse().join('.')}.in-addr.arpa.`;
  return `${nibbles(ip).reverse().join('.')}.ip6.arpa.`;
}

/** The address that a whole reverse name stands for; undefined when it is none. */
export function addressOfReverseName(name: string): Ip | undefined {
  const lower = name.toLowerCase();
  if (lower.endsWith('.in-addr.arpa.')) {
    const parts = lower.slice(0, -'.in-addr.arpa.'.length).split('.').reverse();
    if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) {
      return undefined;
    }
    return ipFromBytes(Uint8Array.from(parts, Number));
  }
  if (lower.endsWith('.ip6.arpa.')) {
    const parts = lower.slice(0, -'.ip6.arpa.'.length).split('.').reverse();
    if (parts.length !== 32 || parts.some((part) => !/^[0-9a-f]$/.test(part))) return undefined;
    const bytes = new Uint8Array(16);
    for (const [index, part] of parts.entries()) {
      const shift = index % 2 === 0 ? 4 : 0;
      bytes[index >> 1] = (bytes[index >> 1] ?? 0) | (Number.parseInt(part, 16) << shift);
    }
    return ipFromBytes(bytes);
  }
  return undefined;
}

/**
 * The reverse zones that cover a network: one when its prefix ends between labels, else one per value of
 * the label in which it ends.
 */
export function reverseZones(text: string): string[] | undefined {
  const cidr = parseCidr(text);
  if (cidr === undefined) return undefined;
  const isV4 = isIpv4(cidr.ip);
  const bits = isV4 ? 8 : 4;
  const labels = isV4 ? [...ipToBytes(cidr.ip)].map(String) : nibbles(cidr.ip);
  const whole = Math.floor(cidr.prefixLen / bits);
  const suffix = isV4 ? 'in-addr.arpa.' : 'ip6.arpa.';
  const fixed = labels.slice(0, whole).reverse();
  const rest = cidr.prefixLen - whole * bits;
  if (rest === 0) return [[...fixed, suffix].join('.')];
  const count = 2 ** (bits - rest);
  const value = Number.parseInt(labels[whole] ?? '0', isV4 ? 10 : 16);
  const first = value - (value % count);
  return Array.from({ length: count }, (_, index) => {
    const label = (first + index).toString(isV4 ? 10 : 16);
    return [label, ...fixed, suffix].join('.');
  });
}

function nibbles(ip: Ip): string[] {
  return [...ipToBytes(ip)].flatMap((byte) => [(byte >> 4).toString(16), (byte & 15).toString(16)]);
}
