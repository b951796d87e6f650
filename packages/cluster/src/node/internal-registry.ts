/**
 * What a node learns from OpenShift's registry inside of the cluster when it pulls an image from there.
 *
 * As the registry does, it takes what an image is from the API's Image objects; the node asks for them over the
 * network. Not modelled: the registry's own pods, and the layers' way over the network (they take the time of a pull).
 */
import { ip } from '@podwire/base';
import {
  type ApiRequest,
  INTERNAL_REGISTRY,
  type Image,
  type ImageStreamTag,
  objectOf,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import type { ImageInfo, ProgramSpec } from '@podwire/kubelet';
import {
  type BuiltImage,
  type ScenarioImage,
  type SourceApp,
  appBody,
  appFiles,
  appServer,
  builtImageInfo,
  servesPages,
} from '@podwire/workloads';
import { API_PORT, HttpApiClient } from '../api-client.ts';
import type { EmulatedHost } from '../emulated-host.ts';

/** How a container of a built image is run. */
export interface AppOfImage {
  /** The image that it is run as. */
  readonly image: string;
  /** Its files, or a server that stands for it. */
  readonly files?: ReadonlyMap<string, string>;
  readonly images?: ReadonlyMap<string, ScenarioImage>;
}

export class InternalRegistry {
  readonly #host: EmulatedHost;
  #client: HttpApiClient | undefined;
  /** By reference; undefined: the registry has no such image. */
  readonly #built = new Map<string, BuiltImage | undefined>();

  constructor(host: EmulatedHost) {
    this.#host = host;
  }

  *ask(image: string): Proc {
    if (!image.startsWith(`${INTERNAL_REGISTRY}/`) || this.#built.get(image) !== undefined) return;
    const digest = image.split('@')[1] ?? (yield* this.#digestOfTag(image));
    const found =
      digest === undefined
        ? undefined
        : yield* this.#get<Image>({ resource: 'images', name: digest });
    const labels = found?.dockerImageMetadata?.Config?.Labels;
    if (digest === undefined || found === undefined) {
      this.#built.set(image, undefined);
      return;
    }
    this.#built.set(image, {
      builder: labels?.['io.openshift.s2i.build.image'] ?? found.dockerImageReference ?? '',
      git: labels?.['io.openshift.build.source-location'] ?? '',
      contextDir: labels?.['io.openshift.build.source-context-dir'] ?? '',
      digest,
    });
  }

  /** Undefined for images of other registries. */
  imageInfo(image: string): ImageInfo | undefined {
    if (!this.#built.has(image)) return undefined;
    const built = this.#built.get(image);
    if (built !== undefined) {
      const info = builtImageInfo(image, built);
      this.#built.set(info.reference, built);
      return info;
    }
    const [name, tag] = splitReference(image);
    const pullError = `initializing source docker://${image}: reading manifest ${tag} in ${name}: manifest unknown`;
    return { reference: image, sizeBytes: 0, digest: '', entrypoint: [], cmd: [], pullError };
  }

  appOf(
    image: string,
    sources: readonly SourceApp[],
    spec: ProgramSpec,
    nodeName: string,
  ): AppOfImage | undefined {
    const built = this.#built.get(image);
    if (built === undefined) return undefined;
    const body = appBody(built, sources);
    if (!servesPages(built)) {
      return { image, images: new Map([[image, appServer(built, body)]]) };
    }
    const page = body
      .replaceAll('{pod}', spec.podName)
      .replaceAll('{namespace}', spec.podNamespace)
      .replaceAll('{node}', nodeName);
    return { image: built.builder, files: appFiles(page) };
  }

  *#digestOfTag(image: string): Proc<string | undefined> {
    const [name, tag] = splitReference(image);
    const [namespace = '', stream = ''] = name.slice(INTERNAL_REGISTRY.length + 1).split('/');
    const found = yield* this.#get<ImageStreamTag>({
      resource: 'imagestreamtags',
      namespace,
      name: `${stream}:${tag}`,
    });
    return found?.image.metadata.name;
  }

  *#get<T extends Image | ImageStreamTag>(request: Omit<ApiRequest, 'verb'>): Proc<T | undefined> {
    const { sim, ns, world } = this.#host;
    const endpoint = { ip: ip(world.spec.cluster.controlPlaneAddress), port: API_PORT };
    this.#client ??= new HttpApiClient(sim, ns, endpoint, { userAgent: 'cri-o' });
    return objectOf<T>(yield* this.#client.request({ ...request, verb: 'get' }));
  }
}

function splitReference(image: string): [string, string] {
  const [bare = '', digest] = image.split('@');
  if (digest !== undefined) return [bare, digest];
  const colon = image.lastIndexOf(':');
  return colon > image.lastIndexOf('/')
    ? [image.slice(0, colon), image.slice(colon + 1)]
    : [image, 'latest'];
}
