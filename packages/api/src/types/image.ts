/**
 * Image, ImageStream and ImageStreamTag (image.openshift.io/v1).
 */
import type { ConditionStatus, KubeObject, StringMap, Time } from './meta.ts';
import type { ObjectReference } from './endpoints.ts';

/** What an image says of itself; the part of the registry's metadata that is used. */
export interface ImageMetadata {
  readonly kind?: 'DockerImage';
  readonly apiVersion?: string;
  readonly Id?: string;
  readonly Created?: Time;
  readonly Size?: number;
  readonly Config?: {
    /** By `8080/tcp`. */
    readonly ExposedPorts?: { readonly [port: string]: object };
    readonly Labels?: StringMap;
    readonly Env?: readonly string[];
    readonly Cmd?: readonly string[];
    readonly Entrypoint?: readonly string[];
    readonly User?: string;
  };
}

/** An image by its digest; cluster-scoped. */
export interface Image extends KubeObject {
  readonly apiVersion: 'image.openshift.io/v1';
  readonly kind: 'Image';
  readonly dockerImageReference?: string;
  readonly dockerImageMetadata?: ImageMetadata;
  readonly dockerImageMetadataVersion?: string;
}

export interface TagReference {
  readonly name: string;
  readonly annotations?: StringMap;
  readonly from?: ObjectReference;
  /** Only pointed at, never imported. */
  readonly reference?: boolean;
  readonly generation?: number;
  readonly importPolicy?: { readonly insecure?: boolean; readonly scheduled?: boolean };
  readonly referencePolicy?: { readonly type: 'Source' | 'Local' };
}

export interface TagEvent {
  readonly created: Time;
  readonly dockerImageReference: string;
  /** The digest; empty when it is not known. */
  readonly image: string;
  readonly generation: number;
}

export interface TagEventCondition {
  readonly type: 'ImportSuccess';
  readonly status: ConditionStatus;
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
  readonly generation: number;
}

export interface NamedTagEvents {
  readonly tag: string;
  /** Newest first. */
  readonly items: readonly TagEvent[] | null;
  readonly conditions?: readonly TagEventCondition[];
}

export interface ImageStream extends KubeObject {
  readonly apiVersion: 'image.openshift.io/v1';
  readonly kind: 'ImageStream';
  readonly spec?: {
    readonly lookupPolicy?: { readonly local: boolean };
    readonly dockerImageRepository?: string;
    readonly tags?: readonly TagReference[];
  };
  readonly status?: {
    readonly dockerImageRepository: string;
    readonly publicDockerImageRepository?: string;
    readonly tags?: readonly NamedTagEvents[];
  };
}

/** A view of one tag of a stream, called `STREAM:TAG`. */
export interface ImageStreamTag extends KubeObject {
  readonly apiVersion: 'image.openshift.io/v1';
  readonly kind: 'ImageStreamTag';
  readonly tag?: TagReference;
  readonly generation: number;
  readonly lookupPolicy: { readonly local: boolean };
  readonly image: Image;
}
