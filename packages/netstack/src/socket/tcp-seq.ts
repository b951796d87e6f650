/**
 * Sequence numbers.
 *
 * Inside a connection, places in a stream are plain numbers that never wrap: 0 is the SYN, 1 the first
 * byte of data. Only at the border to packets do they become 32-bit sequence numbers.
 */

/** Sequence number on the wire of a place in the stream that began with `initial`. */
export function seqOf(initial: number, position: number): number {
  return (initial + position) % 0x100000000;
}

/** The place of a sequence number, taken as the one nearest to a known place. */
export function positionOf(initial: number, seq: number, nearPosition: number): number {
  return nearPosition + ((seq - seqOf(initial, nearPosition)) | 0);
}
