/**
 * The Internet checksum (RFC 1071): one's complement sum of 16-bit words.
 */
import { type Ip, ipToBytes, isIpv4 } from '@podwire/base';

/** Adds the bytes from `start` up to `end` as big-endian words to a running sum (an odd last byte is padded). */
export function addToSum(sum: number, bytes: Uint8Array, start: number, end: number): number {
  let total = sum;
  let at = start;
  for (; at + 1 < end; at += 2) total += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  if (at < end) total += (bytes[at] as number) << 8;
  return total;
}

/** Folds a sum of words into the checksum as it stands in a header. */
export function foldSum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

/** Sum over the pseudo header of UDP, TCP and ICMPv6 (RFC 768, RFC 9293, RFC 8200 §8.1). */
export function pseudoHeaderSum(src: Ip, dst: Ip, proto: number, lenBytes: number): number {
  let sum = proto + (lenBytes >>> 16) + (lenBytes & 0xffff);
  if (isIpv4(src) && isIpv4(dst)) {
    sum += (src >>> 16) + (src & 0xffff) + (dst >>> 16) + (dst & 0xffff);
    return sum;
  }
  sum = addToSum(sum, ipToBytes(src), 0, 16);
  return addToSum(sum, ipToBytes(dst), 0, 16);
}
