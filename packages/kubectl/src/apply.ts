/**
 * The three-way merge of client-side apply: the annotation that remembers what was applied, and the patch.
 */
import { type KindInfo, type KubeObject, type StringMap, threeWayPatch } from '@podwire/api';
import { type Json, compactJson } from './json-value.ts';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The manifest with its own text in the annotation, as apply creates and patches it. */
export function withLastApplied(object: KubeObject): KubeObject {
  const annotations = without(object.metadata.annotations, LAST_APPLIED);
  const bare = { ...object, metadata: { ...object.metadata, annotations } };
  return {
    ...object,
    metadata: {
      ...object.metadata,
      annotations: { ...annotations, [LAST_APPLIED]: `${compactJson(bare)}\n` },
    },
  };
}

export function lastAppliedOf(object: KubeObject): string | undefined {
  return object.metadata.annotations?.[LAST_APPLIED];
}

/** The strategic merge patch from the live object to the manifest; empty when nothing is to change. */
export function applyPatch(
  info: KindInfo,
  lastApplied: string | undefined,
  modified: KubeObject,
  current: KubeObject,
): Record<string, Json> {
  return threeWayPatch(info.kind, parseJson(lastApplied), modified, current);
}

function parseJson(text: string | undefined): Json {
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}

function without(map: StringMap | undefined, key: string): StringMap {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([name]) => name !== key));
}
