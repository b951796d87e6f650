/**
 * Hashes in names and labels: FNV-32a, its decimal digits written in the alphabet of safe names.
 *
 * The real value depends on Go's dump of its structs; here it is taken over JSON with sorted keys. Nothing
 * but its stability for an unchanged template matters.
 */
import type { PodTemplateSpec } from '@podwire/api';
import { compareText } from '@podwire/api';

/** k8s.io/apimachinery/pkg/util/rand: no vowels, no 0, 1, 3, no y. */
const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** The value of `pod-template-hash`: 1 to 10 characters of `456789bcdf`. */
export function podTemplateHash(template: PodTemplateSpec, collisionCount?: number): string {
  const salt = collisionCount === undefined ? '' : String(collisionCount);
  return safeHash(canonicalJson(template) + salt);
}

export function safeHash(text: string): string {
  let safe = '';
  for (const digit of String(fnv32a(text))) {
    safe += SAFE_ALPHABET[digit.charCodeAt(0) % SAFE_ALPHABET.length] ?? '';
  }
  return safe;
}

function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    if (unit > 0xff) hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return hash >>> 0;
}

/** JSON with the keys of every object in order; what is undefined is left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const parts: string[] = [];
  for (const [key, part] of Object.entries(value).sort(([a], [b]) => compareText(a, b))) {
    if (part !== undefined) parts.push(`${JSON.stringify(key)}:${canonicalJson(part)}`);
  }
  return `{${parts.join(',')}}`;
}
