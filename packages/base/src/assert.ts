/**
 * Assertions that are always on.
 *
 * A failed assertion means that podwire itself is wrong (docs/errors.md, third kind). Nothing below
 * `cli` catches it; the run ends with exit status 70.
 */

/** Podwire's own fault; `cli` reports it with seed, virtual time and host. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Throws an AssertionError with the given sentence when the condition does not hold. */
export function assert(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new AssertionError(sentence);
}

/** Marks a branch that the types say cannot be taken. */
export function unreachable(value: never, sentence = 'unreachable value'): never {
  throw new AssertionError(`${sentence}: ${String(value)}`);
}

/** Returns the value, which must be there. */
export function must<T>(value: T | undefined | null, sentence: string): T {
  if (value === undefined || value === null) throw new AssertionError(sentence);
  return value;
}
