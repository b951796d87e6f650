/**
 * What a node learns of an image when it pulls it.
 */
import { findImage } from './image-catalogue.ts';
import { canonicalImageName } from './image-reference.ts';
import type { ScenarioImage } from './scenario-image.ts';

export interface ImageInfo {
  /** Full reference with tag or digest. */
  readonly reference: string;
  readonly sizeBytes: number;
  /** The runtime's text when it cannot be pulled. */
  readonly pullError?: string;
}

/** Compressed size of an image whose size nobody stated. */
const SIZE_UNKNOWN_BYTES = 50_000_000;

export function imageInfo(
  text: string,
  scenarioImages: ReadonlyMap<string, ScenarioImage> = new Map(),
): ImageInfo {
  const found = findImage(text);
  if (found === undefined) {
    return {
      reference: text,
      sizeBytes: 0,
      pullError: `couldn't parse image name "${text}": invalid reference format`,
    };
  }
  const reference = canonicalImageName(found.reference);
  const own = scenarioImages.get(text);
  if (own !== undefined) return { reference, sizeBytes: own.sizeBytes ?? SIZE_UNKNOWN_BYTES };
  if (!hasTag(found.image.name, found.reference.tag)) {
    return {
      reference,
      sizeBytes: 0,
      pullError: `failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`,
    };
  }
  return { reference, sizeBytes: found.image.sizeBytes };
}

/** Last published minor version of images whose tags are versions; a higher one does not exist. */
const LAST_MINOR: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['nginx', [1, 29]],
  ['httpd', [2, 4]],
  ['busybox', [1, 37]],
]);

function hasTag(name: string, tag: string): boolean {
  const last = LAST_MINOR.get(name);
  const match = /^(\d+)\.(\d+)/.exec(tag);
  if (last === undefined || match === null) return true;
  return Number(match[1]) === last[0] && Number(match[2]) <= last[1];
}
