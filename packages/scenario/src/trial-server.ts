/**
 * Asks an API server of its own whether manifests would be accepted, before anything runs.
 *
 * The texts are thus the real ones, with file, line and column. What a running cluster alone can know (what
 * is there already, which controllers made what) is not judged.
 */
import { type Diagnostic, Rng, parseCidr } from '@podwire/base';
import {
  ApiServer,
  type DecodedObject,
  type KindInfo,
  type KindOrigin,
  type KubeObject,
  Store,
  apiVersionOf,
  isServed,
  isStatus,
} from '@podwire/api';
import { type FullCluster, addOnNamespaces, kindOrigins } from '@podwire/cluster';

interface Refusal {
  readonly field: string;
  readonly message: string;
  /** Whether it is about a field's value, not about the object as a whole. */
  readonly isInvalid: boolean;
}

export class TrialServer {
  readonly #server: ApiServer;
  /** Namespaces whose absence is no problem are made when they are first named. */
  readonly #makesNamespaces: boolean;
  readonly #namespaces = new Set<string>();

  /** Whose kinds the cluster serves; undefined: all. */
  readonly #origins: readonly KindOrigin[] | undefined;

  /** Without a cluster: that of a file of manifests by itself. */
  constructor(options: { readonly cluster?: FullCluster; readonly makesNamespaces: boolean }) {
    const { cluster } = options;
    const rng = new Rng('trial');
    const serviceCidr = parseCidr(cluster?.serviceNetwork ?? '10.96.0.0/12');
    this.#origins = cluster === undefined ? undefined : kindOrigins(cluster);
    this.#server = new ApiServer(new Store(rng), {
      clock: { nowNs: () => 0 },
      rng,
      ...(serviceCidr === undefined ? {} : { serviceCidrs: [serviceCidr] }),
    });
    this.#makesNamespaces = options.makesNamespaces;
    for (const name of ['default', 'kube-system']) this.#addNamespace(name);
    if (cluster !== undefined)
      for (const name of addOnNamespaces(cluster)) this.#addNamespace(name);
  }

  /** What the server says against an object. */
  create(decoded: DecodedObject): Diagnostic[] {
    const { info, object } = decoded;
    if (info === undefined) return [];
    if (!isServed(info, this.#origins)) return [notServed(decoded, info)];
    const namespace = info.isNamespaced ? (object.metadata.namespace ?? 'default') : undefined;
    if (namespace !== undefined && this.#makesNamespaces) this.#addNamespace(namespace);
    const name = object.metadata.name === '' ? '' : ` "${object.metadata.name}"`;
    const refusals = this.refusals(info.plural, object, namespace);
    if (refusals.length === 0 && info.kind === 'Namespace')
      this.#addNamespace(object.metadata.name);
    return refusals.map(({ field, message, isInvalid }) =>
      problem(decoded, field, isInvalid ? `${info.kind}${name} is invalid: ${message}` : message),
    );
  }

  /** The fields that the server refuses, with its words; none when it takes the object. */
  refusals(resource: string, object: KubeObject, namespace?: string): readonly Refusal[] {
    const { code, body } = this.#server.handle({
      verb: 'create',
      resource,
      body: object,
      query: { fieldValidation: 'Ignore' },
      ...(namespace === undefined ? {} : { namespace }),
    });
    if (code < 400 || !isStatus(body)) return [];
    // Applied twice, the second one changes the first.
    if (body.reason === 'AlreadyExists') return [];
    const causes = body.details?.causes ?? [];
    if (body.reason !== 'Invalid' || causes.length === 0) {
      const message = body.message ?? body.reason ?? 'refused';
      return [{ field: 'metadata.name', message, isInvalid: false }];
    }
    return causes.map(({ field = '', message = '' }) => ({ field, message, isInvalid: true }));
  }

  #addNamespace(name: string): void {
    if (this.#namespaces.has(name)) return;
    this.#namespaces.add(name);
    this.#server.handle({
      verb: 'create',
      resource: 'namespaces',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      query: {},
    });
  }
}

/** As kubectl says it of a kind that nobody has installed. */
function notServed(decoded: DecodedObject, info: KindInfo): Diagnostic {
  const where = new Map<KindOrigin, string>([
    ['metallb', 'edge: {loadBalancer: {provider: metallb}}'],
    ['ingress-operator', 'edge: {router: {}}'],
  ]).get(info.origin);
  return {
    ...problem(
      decoded,
      'kind',
      `no matches for kind "${info.kind}" in version "${apiVersionOf(info)}"`,
    ),
    hint: `a cluster has it with ${where ?? 'distribution: openshift'}`,
  };
}

function problem(decoded: DecodedObject, field: string, message: string): Diagnostic {
  return {
    severity: 'error',
    code: 'PW2004',
    message,
    ...decoded.posOf(field),
    ...(field === '' ? {} : { path: field }),
  };
}
