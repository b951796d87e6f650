/**
 * Writing into freshly decoded objects.
 *
 * A decoded object is writable, except for the parts that came frozen out of the store; those have their defaults
 * already, so setting a default there is no change.
 */
import { isRecord } from './codec.ts';

export type Draft = Record<string, unknown>;

/** Sets a field that is absent. */
export function setDefault(target: Draft, key: string, value: unknown): void {
  if (target[key] === undefined && !Object.isFrozen(target)) target[key] = value;
}

/** The struct under a key, if it is there. */
export function child(target: Draft | undefined, key: string): Draft | undefined {
  const value = target?.[key];
  return isRecord(value) ? value : undefined;
}

/** The struct under a key, made when it is absent; a frozen parent without it gives a loose one. */
export function ensure(target: Draft, key: string): Draft {
  const value = target[key];
  if (isRecord(value)) return value;
  const made: Draft = {};
  if (!Object.isFrozen(target)) target[key] = made;
  return made;
}

/** The structs of a list. */
export function items(target: Draft | undefined, key: string): Draft[] {
  const value = target?.[key];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function text(target: Draft | undefined, key: string): string {
  const value = target?.[key];
  return typeof value === 'string' ? value : '';
}

/** A shallow, writable copy of a struct that may be frozen, put back in its place. */
export function thaw(target: Draft, key: string): Draft {
  const value = ensure(target, key);
  if (!Object.isFrozen(value)) return value;
  const copy = { ...value };
  target[key] = copy;
  return copy;
}

/** Takes a field away; to delete what is not there would cost all the same. */
export function drop(target: Draft, key: string): void {
  if (Object.hasOwn(target, key)) delete target[key];
}
