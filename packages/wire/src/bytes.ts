/**
 * Big-endian numbers in byte arrays.
 */

export function getU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function getU32(bytes: Uint8Array, at: number): number {
  return getU16(bytes, at) * 0x10000 + getU16(bytes, at + 2);
}

export function getU48(bytes: Uint8Array, at: number): number {
  return getU16(bytes, at) * 0x100000000 + getU32(bytes, at + 2);
}

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = (value >>> 8) & 0xff;
  bytes[at + 1] = value & 0xff;
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = (value >>> 24) & 0xff;
  bytes[at + 1] = (value >>> 16) & 0xff;
  bytes[at + 2] = (value >>> 8) & 0xff;
  bytes[at + 3] = value & 0xff;
}

export function putU48(bytes: Uint8Array, at: number, value: number): void {
  putU16(bytes, at, Math.floor(value / 0x100000000));
  putU32(bytes, at + 2, value % 0x100000000);
}
