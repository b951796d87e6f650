/**
 * What OpenShift's controllers are told of the world outside of the API.
 */
import type { ImageMetadata } from '@podwire/api';

/** What a registry answers for an image. */
export interface RegistryImage {
  /** `sha256:…`. */
  readonly digest: string;
  readonly metadata: ImageMetadata;
}

export interface OpenShiftOptions {
  /** The image behind a reference; undefined: the registry knows none. */
  readonly lookUpImage: (reference: string) => RegistryImage | undefined;
}
