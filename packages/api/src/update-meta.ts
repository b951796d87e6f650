/**
 * What an update may not change, and what it counts.
 *
 * Source: k8s.io/apiserver/pkg/registry/rest/update.go, strategies' PrepareForUpdate.
 */
import { type Draft, drop } from './draft.ts';
import { jsonEqual } from './object.ts';
import type { KindInfo } from './scheme.ts';
import type { KubeObject } from './types/meta.ts';

/** What only the server writes stays as it was. */
export function keepSystemMeta(metadata: Draft, old: KubeObject): void {
  const before = old.metadata as unknown as Draft;
  for (const field of [
    'uid',
    'creationTimestamp',
    'generation',
    'resourceVersion',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generateName',
  ]) {
    if (before[field] === undefined) drop(metadata, field);
    else metadata[field] = before[field];
  }
  drop(metadata, 'managedFields');
  drop(metadata, 'selfLink');
}

/** Counts the generation up when something changed that is neither metadata nor status. */
export function bumpGeneration(
  info: KindInfo,
  metadata: Draft,
  object: Draft,
  old: KubeObject,
): boolean {
  if (!info.strategy.hasGeneration) return false;
  const before = old as unknown as Draft;
  if (!isNewDesire(object, before)) return false;
  metadata['generation'] = (old.metadata.generation ?? 0) + 1;
  return true;
}

function isNewDesire(object: Draft, before: Draft): boolean {
  for (const key in object) {
    if (key === 'metadata' || key === 'status') continue;
    if (!jsonEqual(object[key], before[key])) return true;
  }
  for (const key in before) {
    if (key === 'metadata' || key === 'status') continue;
    if (object[key] === undefined && before[key] !== undefined) return true;
  }
  return false;
}
