/**
 * MD5 (RFC 1321) of a text: the names and values of the router's cookies are such digests.
 */
import { hexOf } from '@podwire/base';
import { utf8Encode } from '@podwire/wire';

/** Shifts of the four rounds, four each. */
const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

/** floor(2^32 · |sin(i + 1)|), as RFC 1321 §3.4 defines its table. */
const SINES: readonly number[] = Array.from(
  { length: 64 },
  (_, index) => Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32) >>> 0,
);

export function md5Hex(text: string): string {
  const bytes = utf8Encode(text);
  const blocks = ((bytes.length + 8) >>> 6) + 1;
  const padded = new Uint8Array(blocks * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, (bytes.length << 3) >>> 0, true);
  view.setUint32(padded.length - 4, bytes.length >>> 29, true);
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let at = 0; at < padded.length; at += 64) mixBlock(state, view, at);
  const out = new DataView(new ArrayBuffer(16));
  for (const [index, word] of state.entries()) out.setUint32(index * 4, word >>> 0, true);
  return hexOf(new Uint8Array(out.buffer));
}

function mixBlock(state: number[], view: DataView, at: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let step = 0; step < 64; step++) {
    const round = step >>> 4;
    const [mixed, word] = mixStep(round, step, b, c, d);
    const sum = (a + mixed + (SINES[step] ?? 0) + view.getUint32(at + word * 4, true)) | 0;
    const shift = SHIFTS[round * 4 + (step & 3)] ?? 0;
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
  }
  for (const [index, word] of [a, b, c, d].entries()) {
    state[index] = ((state[index] ?? 0) + word) | 0;
  }
}

/** The round's function of b, c and d, and which word of the block it takes. */
function mixStep(round: number, step: number, b: number, c: number, d: number): [number, number] {
  if (round === 0) return [(b & c) | (~b & d), step];
  if (round === 1) return [(d & b) | (~d & c), (5 * step + 1) & 15];
  if (round === 2) return [b ^ c ^ d, (3 * step + 5) & 15];
  return [c ^ (b | ~d), (7 * step) & 15];
}
