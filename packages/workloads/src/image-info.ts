/**
 * What a node learns of an image when it pulls it.
 */
import { Rng, canonicalImageName } from '@podwire/base';
import { findImage } from './image-catalogue.ts';
import type { ScenarioImage } from './scenario-image.ts';

export interface ImageInfo {
  /** Full reference with tag or digest. */
  readonly reference: string;
  readonly sizeBytes: number;
  /** Hexadecimal digest of the image. */
  readonly digest: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** The runtime's text when it cannot be pulled. */
  readonly pullError?: string;
}

/** Compressed size of an image whose size nobody stated. */
const SIZE_UNKNOWN_BYTES = 50_000_000;

const NOTHING = { sizeBytes: 0, digest: '', entrypoint: [], cmd: [] } as const;

export function imageInfo(
  text: string,
  scenarioImages: ReadonlyMap<string, ScenarioImage> = NO_IMAGES,
): ImageInfo {
  let known = KNOWN.get(scenarioImages);
  if (known === undefined) {
    known = new Map();
    KNOWN.set(scenarioImages, known);
  }
  let info = known.get(text);
  if (info === undefined) {
    info = readInfo(text, scenarioImages);
    known.set(text, info);
  }
  return info;
}

const NO_IMAGES: ReadonlyMap<string, ScenarioImage> = new Map();
/** What was found out about images, by what the scenario adds to the catalogue. */
const KNOWN = new WeakMap<ReadonlyMap<string, ScenarioImage>, Map<string, ImageInfo>>();

function readInfo(text: string, scenarioImages: ReadonlyMap<string, ScenarioImage>): ImageInfo {
  const found = findImage(text);
  if (found === undefined) {
    return {
      ...NOTHING,
      reference: text,
      pullError: `couldn't parse image name "${text}": invalid reference format`,
    };
  }
  const reference = canonicalImageName(found.reference);
  const digest = found.reference.digest?.slice('sha256:'.length) ?? digestOf(reference);
  const own = scenarioImages.get(text);
  if (own !== undefined) {
    const sizeBytes = own.sizeBytes ?? SIZE_UNKNOWN_BYTES;
    return { reference, sizeBytes, digest, entrypoint: ['/server'], cmd: [] };
  }
  const { entrypoint, cmd, sizeBytes } = found.image;
  if (!hasTag(found.image.name, found.reference.tag)) {
    return {
      ...NOTHING,
      reference,
      pullError: `failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`,
    };
  }
  return { reference, sizeBytes, digest, entrypoint, cmd };
}

/** Not the real one, which only the registry knows, but as long and the same in every run. */
function digestOf(reference: string): string {
  const rng = new Rng(`image ${reference}`);
  return Array.from({ length: 8 }, () => rng.uint32().toString(16).padStart(8, '0')).join('');
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
