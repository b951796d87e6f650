/**
 * Asks an API server of its own whether manifests would be accepted, before anything runs.
 *
 * The texts are thus the real ones, with file, line and column. What a running cluster alone can know (what
 * is there already, which controllers made what) is not judged.
 */
import { type Diagnostic, Rng, parseCidr } from '@podwire/base';
import { ApiServer, type DecodedObject, Store, isStatus } from '@podwire/api';

export class TrialServer {
  readonly #server: ApiServer;
  /** Namespaces whose absence is no problem are made when they are first named. */
  readonly #makesNamespaces: boolean;
  readonly #namespaces = new Set<string>();

  constructor(options: { readonly serviceNetwork: string; readonly makesNamespaces: boolean }) {
    const rng = new Rng('trial');
    const serviceCidr = parseCidr(options.serviceNetwork);
    this.#server = new ApiServer(new Store(rng), {
      clock: { nowNs: () => 0 },
      rng,
      ...(serviceCidr === undefined ? {} : { serviceCidrs: [serviceCidr] }),
    });
    this.#makesNamespaces = options.makesNamespaces;
    for (const name of ['default', 'kube-system']) this.#addNamespace(name);
  }

  /** What the server says against an object. */
  create(decoded: DecodedObject): Diagnostic[] {
    const { info, object } = decoded;
    if (info === undefined) return [];
    const namespace = info.isNamespaced ? (object.metadata.namespace ?? 'default') : undefined;
    if (namespace !== undefined && this.#makesNamespaces) this.#addNamespace(namespace);
    const response = this.#server.handle({
      verb: 'create',
      resource: info.plural,
      body: object,
      query: { fieldValidation: 'Ignore' },
      ...(namespace === undefined ? {} : { namespace }),
    });
    const { body } = response;
    if (response.code < 400 || !isStatus(body)) {
      if (info.kind === 'Namespace') this.#addNamespace(object.metadata.name);
      return [];
    }
    // Applied twice, the second one changes the first.
    if (body.reason === 'AlreadyExists') return [];
    const causes = body.details?.causes ?? [];
    if (body.reason !== 'Invalid' || causes.length === 0) {
      const message = body.message ?? body.reason ?? 'refused';
      return [problem(decoded, 'metadata.name', message)];
    }
    const name = object.metadata.name === '' ? '' : ` "${object.metadata.name}"`;
    return causes.map(({ field = '', message = '' }) =>
      problem(decoded, field, `${info.kind}${name} is invalid: ${message}`),
    );
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

function problem(decoded: DecodedObject, field: string, message: string): Diagnostic {
  return {
    severity: 'error',
    code: 'PW2004',
    message,
    ...decoded.posOf(field),
    ...(field === '' ? {} : { path: field }),
  };
}
