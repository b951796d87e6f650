/**
 * JSON data that nobody changes any more.
 */

/** Freezes JSON data to the leaves; what is frozen already is taken as frozen to its leaves. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (Array.isArray(value)) {
    for (const part of value) if (typeof part === 'object') deepFreeze(part);
    return value;
  }
  for (const key in value) {
    const part = value[key];
    if (typeof part === 'object') deepFreeze(part);
  }
  return value;
}
