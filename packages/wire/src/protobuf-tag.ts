/**
 * What stands before a field of a protobuf message: its number and how its value is written.
 */

/** Wire types. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

export function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}
