/**
 * Bob Jenkins' lookup3 over 32-bit words, as Linux include/linux/jhash.h jhash2 computes it.
 *
 * NAT to an address range picks by it, so that podwire picks what the kernel picks.
 */
const JHASH_INITVAL = 0xdeadbeef;

export function jhash2(words: readonly number[], initval: number): number {
  let a = (JHASH_INITVAL + (words.length << 2) + initval) | 0;
  let b = a;
  let c = a;
  let at = 0;
  let left = words.length;
  const word = (index: number): number => words[index] ?? 0;
  while (left > 3) {
    a = (a + word(at)) | 0;
    b = (b + word(at + 1)) | 0;
    c = (c + word(at + 2)) | 0;
    a = ((a - c) ^ rotl(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotl(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotl(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rotl(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotl(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotl(b, 4)) | 0;
    b = (b + a) | 0;
    left -= 3;
    at += 3;
  }
  if (left === 0) return c >>> 0;
  if (left >= 3) c = (c + word(at + 2)) | 0;
  if (left >= 2) b = (b + word(at + 1)) | 0;
  a = (a + word(at)) | 0;
  c = ((c ^ b) - rotl(b, 14)) | 0;
  a = ((a ^ c) - rotl(c, 11)) | 0;
  b = ((b ^ a) - rotl(a, 25)) | 0;
  c = ((c ^ b) - rotl(b, 16)) | 0;
  a = ((a ^ c) - rotl(c, 4)) | 0;
  b = ((b ^ a) - rotl(a, 14)) | 0;
  c = ((c ^ b) - rotl(b, 24)) | 0;
  return c >>> 0;
}

function rotl(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
