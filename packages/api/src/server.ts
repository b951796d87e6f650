/**
 * The API server: a request in, an answer out; watches.
 *
 * From: a client's transport (rest.ts) or LocalApiClient. A write goes: decode → defaults → admission → allocators →
 * validation → store, as in the real server, and fails with the first stage that refuses it. It is a pure state
 * machine: time and randomness come from its arguments.
 */
import { type Cidr, type Rng, cidr, must } from '@podwire/base';
import type { Clock } from '@podwire/engine';
import type { ApiHandler, WatchHandle, WatchSink } from './client.ts';
import { type AdmissionOptions, admitNamespace, admitNode, admitPod } from './admission.ts';
import { bootstrapObjects } from './bootstrap.ts';
import { isRecord } from './codec.ts';
import { decideDeletion, needsRemoval } from './deletion.ts';
import { assignIngressClass, assignRouteHost } from './defaults/edge.ts';
import { alignClusterIps, dropTypeDependent, keepAllocated } from './defaults/service.ts';
import { type Draft, drop, ensure, text } from './draft.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  deleted,
  failure,
  forbidden,
  generateNameTaken,
  invalid,
  methodNotAllowed,
  noSuchResource,
  notFound,
  OPTIMISTIC_LOCK_TEXT,
} from './errors.ts';
import { instantiateBuild, instantiateDeployment } from './instantiate.ts';
import { jsonEqual, makeKey } from './object.ts';
import { handleView } from './openshift-views.ts';
import { PatchProblem } from './patch.ts';
import { prepareNew, prepareStatus } from './prepare.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import { SCHEME } from './kinds.ts';
import { type KindInfo, type KindOrigin, type Scheme, apiVersionOf, isServed } from './scheme.ts';
import { decodeBody, patchObject } from './request-body.ts';
import { candidates, matches, selectionOf, spaceOf } from './selection.ts';
import { bumpGeneration, keepSystemMeta } from './update-meta.ts';
import { Watches } from './watches.ts';
import { ServiceAllocator, type Taken } from './service-allocator.ts';
import { type Store } from './store.ts';
import { type Watcher } from './watch-group.ts';
import { bindPod, evictPod, readScale, scaleToObject } from './subresources.ts';
import { formatTime } from './time.ts';
import type { DeleteOptions, KubeList, KubeObject } from './types/meta.ts';
import type { BuildConfig } from './types/build.ts';
import type { DeploymentConfig } from './types/deploymentconfig.ts';
import type { Service } from './types/service.ts';
import { invalidValue } from './validate/field-error.ts';
import { validateMeta, validateMetaUpdate } from './validate/meta.ts';

export interface ApiServerOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly scheme?: Scheme;
  /** Default 10.96.0.0/12. */
  readonly serviceCidrs?: readonly Cidr[];
  readonly nodePortFirst?: number;
  readonly nodePortLast?: number;
  /** The API server's own address and port: the endpoint of Service `kubernetes`. */
  readonly advertise?: { readonly ip: string; readonly port: number };
  readonly admission?: Partial<AdmissionOptions>;
  /** Of OpenShift's ingresses.config: below it Routes without a host get theirs. */
  readonly appsDomain?: string;
  /** Whose kinds are served beside Kubernetes' own; default all. */
  readonly origins?: readonly KindOrigin[];
  /** False: start with an empty store. */
  readonly bootstrap?: boolean;
}

/** rest.MaxRetryWhenGenerateName. */
const GENERATE_NAME_TRIES = 8;
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
/** names.maxGeneratedNameLength. */
const GENERATE_BASE_MAX = 58;
/** --event-ttl. */
const EVENT_TTL_NS = 3600 * 1_000_000_000;

export class ApiServer implements ApiHandler {
  readonly store: Store;
  readonly scheme: Scheme;
  readonly #clock: Clock;
  readonly #names: Rng;
  readonly #tokens: Rng;
  readonly #services: ServiceAllocator;
  readonly #admission: AdmissionOptions;
  readonly #appsDomain: string | undefined;
  readonly #origins: readonly KindOrigin[] | undefined;
  readonly #watches: Watches;
  /** Events in the order of their creation, to be forgotten after an hour. */
  readonly #events: { readonly key: KubeObject; readonly atNs: number }[] = [];

  constructor(store: Store, options: ApiServerOptions) {
    this.store = store;
    this.#watches = new Watches(store);
    this.scheme = options.scheme ?? SCHEME;
    this.#clock = options.clock;
    this.#names = options.rng.fork('generate-name');
    this.#tokens = options.rng.fork('token-volume');
    const serviceCidrs = options.serviceCidrs ?? [cidr('10.96.0.0/12')];
    this.#services = new ServiceAllocator(
      {
        serviceCidrs,
        nodePortFirst: options.nodePortFirst ?? 30_000,
        nodePortLast: options.nodePortLast ?? 32_767,
      },
      options.rng.fork('allocators'),
    );
    this.#origins = options.origins;
    this.#admission = {
      mountsToken: options.admission?.mountsToken ?? true,
      taintsNewNodes: options.admission?.taintsNewNodes ?? true,
    };
    this.#appsDomain = options.appsDomain;
    if (options.bootstrap !== false) {
      for (const request of bootstrapObjects(serviceCidrs, options.advertise)) this.handle(request);
    }
  }

  handle(request: ApiRequest): ApiResponse {
    const info = this.#served(request.resource);
    if (info === undefined) return noSuchResource();
    if (info.isView) return handleView(this, info, request);
    if (info.kind === 'Event') this.#forgetOldEvents();
    if (request.subresource !== undefined) return this.#subresource(info, request);
    switch (request.verb) {
      case 'get':
        return this.#get(info, request);
      case 'list':
        return this.#list(info, request);
      case 'create':
        return this.#create(info, request, request.body);
      case 'update':
        return this.#update(info, request);
      case 'patch':
        return this.#patch(info, request);
      case 'delete':
        return this.#delete(info, request);
      case 'deletecollection':
        return this.#deleteCollection(info, request);
      case 'watch':
        return methodNotAllowed();
    }
  }

  /** A kind that is served for certain. */
  kind(resource: string): KindInfo {
    return must(this.scheme.byResource(resource), `the scheme has ${resource}`);
  }

  /** What a validating webhook has against an object. */
  #denial({ plural, strategy }: KindInfo, object: KubeObject): ApiResponse | undefined {
    if (strategy.deny === undefined) return undefined;
    const message = strategy.deny(object, this.store.list(plural));
    return message === undefined ? undefined : failure(403, 'Forbidden', message);
  }

  #served(resource: string): KindInfo | undefined {
    const info = this.scheme.byResource(resource);
    return info !== undefined && isServed(info, this.#origins) ? info : undefined;
  }

  /** Starts a watch and calls the sink at once with every event. */
  watch(request: ApiRequest, sink: WatchSink): WatchHandle | ApiResponse {
    let drain = (): void => undefined;
    const watcher = this.openWatch(request, () => {
      drain();
    });
    if ('code' in watcher) return watcher;
    drain = () => {
      for (let batch = watcher.take(); batch !== undefined; batch = watcher.take()) {
        for (const event of batch.events) sink.event(event);
      }
    };
    drain();
    return watcher;
  }

  /**
   * Starts a watch: past events or the present objects first, then what happens. `onReady` is called when there
   * is something to take, once until it is taken.
   */
  openWatch(request: ApiRequest, onReady: () => void): Watcher | ApiResponse {
    const info = this.#served(request.resource);
    if (info === undefined) return noSuchResource();
    return info.isView ? methodNotAllowed() : this.#watches.open(info, request, onReady);
  }

  #get(info: KindInfo, request: ApiRequest): ApiResponse {
    const name = request.name ?? '';
    const found = this.store.get(info.plural, spaceOf(info, request.namespace), name);
    return found === undefined ? notFound(info, name) : { code: 200, body: found };
  }

  #list(info: KindInfo, request: ApiRequest): ApiResponse {
    const selection = selectionOf(info, request);
    if ('code' in selection) return selection;
    const all = candidates(this.store, info, selection);
    const isEverything =
      selection.labels.requirements.length === 0 && selection.fields.length === 0;
    let found = isEverything ? all : all.filter((object) => matches(selection, object));
    const after = request.query?.continue;
    if (after !== undefined && after !== '') {
      found = found.filter((object) => continueKey(object) > after);
    }
    const limit = request.query?.limit ?? 0;
    const rest = limit > 0 ? found.length - limit : 0;
    const items = rest > 0 ? found.slice(0, limit) : found;
    const last = items.at(-1);
    const body: KubeList = {
      kind: `${info.kind}List`,
      apiVersion: apiVersionOf(info),
      metadata: {
        resourceVersion: String(this.store.version),
        ...(rest > 0 && last !== undefined
          ? { continue: continueKey(last), remainingItemCount: rest }
          : {}),
      },
      items,
    };
    return { code: 200, body };
  }

  #create(info: KindInfo, request: ApiRequest, body: unknown): ApiResponse {
    const decoded = decodeBody(info, request, body);
    if ('code' in decoded) return decoded;
    const { object, warnings } = decoded;
    const metadata = ensure(object, 'metadata');
    const placed = this.#place(info, request, metadata);
    if (placed !== undefined) return placed;
    const base = text(metadata, 'generateName');
    if (text(metadata, 'name') === '' && base !== '') {
      return this.#createGenerated(info, request, object, base, warnings);
    }
    return this.#createNamed(info, request, object, warnings);
  }

  #createGenerated(
    info: KindInfo,
    request: ApiRequest,
    object: Draft,
    base: string,
    warnings: readonly string[],
  ): ApiResponse {
    const metadata = ensure(object, 'metadata');
    for (let attempt = 0; ; attempt++) {
      let suffix = '';
      for (let at = 0; at < 5; at++)
        suffix += SUFFIX_ALPHABET[this.#names.below(SUFFIX_ALPHABET.length)];
      const name = base.slice(0, GENERATE_BASE_MAX) + suffix;
      const space = spaceOf(info, text(metadata, 'namespace'));
      if (this.store.get(info.plural, space, name) !== undefined) {
        if (attempt + 1 >= GENERATE_NAME_TRIES) return generateNameTaken(info, name);
        continue;
      }
      metadata['name'] = name;
      return this.#createNamed(info, request, object, warnings);
    }
  }

  #createNamed(
    info: KindInfo,
    request: ApiRequest,
    object: Draft,
    warnings: readonly string[],
  ): ApiResponse {
    const metadata = ensure(object, 'metadata');
    const name = text(metadata, 'name');
    const space = spaceOf(info, text(metadata, 'namespace'));
    if (space !== undefined) {
      const refused = admitNamespace(this.store, info, space, name);
      if (refused !== undefined) return refused;
    }
    for (const field of [
      'resourceVersion',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
      'selfLink',
      'managedFields',
    ]) {
      if (field === 'resourceVersion' && text(metadata, field) !== '') {
        return badRequest('resourceVersion should not be set on objects to be created');
      }
      drop(metadata, field);
    }
    metadata['uid'] = this.store.newUid();
    metadata['creationTimestamp'] = formatTime(this.#clock.nowNs());
    drop(metadata, 'generation');
    if (info.strategy.hasGeneration) metadata['generation'] = 1;
    info.strategy.setDefaults?.(object);
    if (info.kind === 'Pod') {
      const refused = admitPod(this.store, info, object, this.#admission, this.#tokens);
      if (refused !== undefined) return refused;
    }
    if (info.kind === 'Node') admitNode(object, this.#admission);
    if (info.kind === 'Ingress') assignIngressClass(object, this.store);
    if (info.kind === 'Route') assignRouteHost(object, this.#appsDomain);
    prepareNew(info, object, this.#clock.nowNs());
    let taken: Taken | undefined;
    if (info.kind === 'Service') {
      alignClusterIps(object);
      const allocated = this.#services.allocate(object);
      if ('code' in allocated) return allocated;
      taken = allocated;
    }
    const fresh = asObject(object);
    const errors = [
      ...validateMeta(fresh.metadata, info.isNamespaced, info.strategy.nameRule),
      ...(info.strategy.validate?.(fresh) ?? []),
    ];
    const refused =
      errors.length > 0
        ? invalid(info.group, info.kind, name, errors)
        : this.store.get(info.plural, space, name) !== undefined
          ? alreadyExists(info, name)
          : this.#denial(info, fresh);
    if (refused !== undefined) {
      if (taken !== undefined) this.#services.release(taken);
      return refused;
    }
    const told = [...warnings, ...(info.strategy.warnings?.(fresh) ?? [])];
    if (request.query?.dryRun === 'All') {
      if (taken !== undefined) this.#services.release(taken);
      return answer(201, fresh, told);
    }
    const stored = this.store.put(info.plural, fresh);
    if (info.kind === 'Event') this.#events.push({ key: stored, atNs: this.#clock.nowNs() });
    return answer(201, stored, told);
  }

  /** The namespace of the URL and that of the body must agree. */
  #place(info: KindInfo, request: ApiRequest, metadata: Draft): ApiResponse | undefined {
    if (!info.isNamespaced) {
      return undefined;
    }
    const given = text(metadata, 'namespace');
    const asked = request.namespace ?? '';
    if (given !== '' && asked !== '' && given !== asked) {
      return badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
    metadata['namespace'] = asked === '' ? (given === '' ? 'default' : given) : asked;
    return undefined;
  }

  #update(info: KindInfo, request: ApiRequest): ApiResponse {
    const decoded = decodeBody(info, request, request.body);
    if ('code' in decoded) return decoded;
    const metadata = ensure(decoded.object, 'metadata');
    const placed = this.#place(info, request, metadata);
    if (placed !== undefined) return placed;
    const name = request.name ?? '';
    const given = text(metadata, 'name');
    if (given !== '' && given !== name) {
      return badRequest(
        `the name of the object (${given}) does not match the name on the URL (${name})`,
      );
    }
    metadata['name'] = name;
    const old = this.store.get(info.plural, spaceOf(info, text(metadata, 'namespace')), name);
    if (old === undefined) {
      if (!info.strategy.createsOnUpdate) return notFound(info, name);
      delete metadata['resourceVersion'];
      return this.#createNamed(info, request, decoded.object, decoded.warnings);
    }
    return this.#replace(info, request, old, decoded.object, decoded.warnings, 'main');
  }

  #patch(info: KindInfo, request: ApiRequest): ApiResponse {
    const name = request.name ?? '';
    const old = this.store.get(info.plural, spaceOf(info, request.namespace), name);
    if (old === undefined) {
      if (request.patchType !== 'apply-patch') return notFound(info, name);
      return this.#create(info, request, request.body);
    }
    const patched = patchObject(info.kind, request, old);
    if (patched instanceof PatchProblem) return badRequest(patched.message);
    if (jsonEqual(patched, old)) return { code: 200, body: old };
    const decoded = decodeBody(info, request, patched);
    if ('code' in decoded) return decoded;
    return this.#replace(info, request, old, decoded.object, decoded.warnings, 'main');
  }

  /** Stores a new version of an object: the whole of it, or only its status. */
  #replace(
    info: KindInfo,
    request: ApiRequest,
    old: KubeObject,
    object: Draft,
    warnings: readonly string[],
    part: 'main' | 'status',
  ): ApiResponse {
    const name = old.metadata.name;
    const metadata = ensure(object, 'metadata');
    const given = text(metadata, 'resourceVersion');
    if (given !== '' && given !== old.metadata.resourceVersion) {
      return conflict(info, name, OPTIMISTIC_LOCK_TEXT);
    }
    if (given === '' && info.kind === 'Lease') {
      return invalid(info.group, info.kind, name, [
        invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
      ]);
    }
    const uid = text(metadata, 'uid');
    if (uid !== '' && uid !== old.metadata.uid) {
      return conflict(
        info,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid ?? ''}`,
      );
    }
    keepSystemMeta(metadata, old);
    let taken: Taken | undefined;
    if (part === 'status') {
      prepareStatus(info, object, old);
    } else {
      if (Object.hasOwn(old, 'status')) object['status'] = (old as unknown as Draft)['status'];
      else drop(object, 'status');
      const isService = info.kind === 'Service';
      if (isService) dropTypeDependent(object, old as Service);
      if (isService) keepAllocated(object, old as Service);
      info.strategy.setDefaults?.(object);
      if (isService) {
        alignClusterIps(object, old as Service);
        const allocated = this.#services.allocate(object, old as Service);
        if ('code' in allocated) return allocated;
        taken = allocated;
      }
    }
    const isChanged = bumpGeneration(info, metadata, object, old);
    const fresh = asObject(object);
    const errors = [
      ...validateMetaUpdate(fresh, old),
      ...(part === 'status'
        ? []
        : (info.strategy.validateUpdate?.(fresh, old) ?? info.strategy.validate?.(fresh) ?? [])),
    ];
    const refused =
      errors.length > 0
        ? invalid(info.group, info.kind, name, errors)
        : part === 'main'
          ? this.#denial(info, fresh)
          : undefined;
    if (refused !== undefined) {
      if (taken !== undefined) this.#services.release(taken);
      return refused;
    }
    const told = [...warnings, ...(part === 'main' ? (info.strategy.warnings?.(fresh) ?? []) : [])];
    if (request.query?.dryRun === 'All') {
      if (taken !== undefined) this.#services.release(taken);
      return answer(200, fresh, told);
    }
    if (!isChanged && jsonEqual(fresh, old)) {
      if (taken !== undefined) this.#services.release(taken);
      return answer(200, old, told);
    }
    if (needsRemoval(fresh)) {
      const gone = this.#remove(info, fresh);
      return answer(200, gone ?? fresh, told);
    }
    const stored = this.store.put(info.plural, fresh);
    if (info.kind === 'Service') this.#services.settle(old as Service, stored as Service);
    return answer(200, stored, told);
  }

  #delete(info: KindInfo, request: ApiRequest): ApiResponse {
    const name = request.name ?? '';
    const old = this.store.get(info.plural, spaceOf(info, request.namespace), name);
    if (old === undefined) return notFound(info, name);
    const options = deleteOptionsOf(request);
    const wanted = options.preconditions;
    if (wanted?.uid !== undefined && wanted.uid !== old.metadata.uid) {
      return conflict(
        info,
        name,
        `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${old.metadata.uid ?? ''}`,
      );
    }
    if (
      wanted?.resourceVersion !== undefined &&
      wanted.resourceVersion !== old.metadata.resourceVersion
    ) {
      return conflict(
        info,
        name,
        `Precondition failed: ResourceVersion in precondition: ${wanted.resourceVersion}, ResourceVersion in object meta: ${old.metadata.resourceVersion ?? ''}`,
      );
    }
    if (info.kind === 'Namespace' && ['default', 'kube-system', 'kube-public'].includes(name)) {
      return forbidden(info, name, 'this namespace may not be deleted');
    }
    const decision = decideDeletion(info, old, options, this.#clock.nowNs());
    const isDry = request.query?.dryRun === 'All';
    switch (decision.kind) {
      case 'remove':
        if (!isDry) this.#remove(info, old);
        // Pods answer with the object, as the graceful kinds do; the others with a Status.
        return info.kind === 'Pod'
          ? { code: 200, body: old }
          : deleted(info, name, old.metadata.uid);
      case 'keep':
        return { code: 200, body: old };
      case 'mark': {
        const body = isDry ? decision.object : this.store.put(info.plural, decision.object);
        return { code: 200, body };
      }
    }
  }

  #deleteCollection(info: KindInfo, request: ApiRequest): ApiResponse {
    const listed = this.#list(info, { ...request, verb: 'list' });
    if (!('items' in listed.body)) return listed;
    for (const object of listed.body.items) {
      this.#delete(info, {
        ...request,
        verb: 'delete',
        name: object.metadata.name,
        ...(object.metadata.namespace === undefined
          ? {}
          : { namespace: object.metadata.namespace }),
      });
    }
    return listed;
  }

  #remove(info: KindInfo, object: KubeObject): KubeObject | undefined {
    const { namespace, name } = object.metadata;
    const gone = this.store.remove(info.plural, namespace, name);
    if (info.kind === 'Service' && gone !== undefined)
      this.#services.settle(gone as Service, undefined);
    return gone;
  }

  #subresource(info: KindInfo, request: ApiRequest): ApiResponse {
    const sub = request.subresource ?? '';
    if (!info.subresources.includes(sub)) return noSuchResource();
    const name = request.name ?? '';
    const old = this.store.get(info.plural, spaceOf(info, request.namespace), name);
    if (old === undefined) return notFound(info, name);
    const { verb } = request;
    switch (sub) {
      case 'status':
      case 'ephemeralcontainers':
      case 'finalize':
        if (verb === 'get') return { code: 200, body: old };
        if (verb !== 'update' && verb !== 'patch') return methodNotAllowed();
        return this.#writePart(info, request, old, sub);
      case 'scale':
        if (verb === 'get') return { code: 200, body: readScale(old) };
        if (verb !== 'update' && verb !== 'patch') return methodNotAllowed();
        return this.#writeScale(info, request, old);
      case 'binding':
        if (verb !== 'create') return methodNotAllowed();
        return bindPod(info, old, request, this.#clock.nowNs(), (object) =>
          this.#put(info, request, object),
        );
      case 'eviction':
        if (verb !== 'create') return methodNotAllowed();
        return evictPod(this.store, old, request, (options) =>
          this.#delete(info, { ...request, verb: 'delete', subresource: '', body: options }),
        );
      case 'instantiate':
        if (verb !== 'create') return methodNotAllowed();
        return this.#instantiate(info, request, old);
      default:
        return methodNotAllowed();
    }
  }

  #instantiate(info: KindInfo, request: ApiRequest, old: KubeObject): ApiResponse {
    const { namespace } = old.metadata;
    const needs = {
      store: this.store,
      nowNs: this.#clock.nowNs(),
      create: (resource: string, body: object): ApiResponse =>
        this.handle({
          verb: 'create',
          resource,
          ...(namespace === undefined ? {} : { namespace }),
          ...(request.query === undefined ? {} : { query: request.query }),
          body,
        }),
    };
    return info.kind === 'BuildConfig'
      ? instantiateBuild(old as BuildConfig, request, needs)
      : instantiateDeployment(old as DeploymentConfig, request, needs);
  }

  #put(info: KindInfo, request: ApiRequest, object: KubeObject): KubeObject {
    return request.query?.dryRun === 'All' ? object : this.store.put(info.plural, object);
  }

  #writePart(
    info: KindInfo,
    request: ApiRequest,
    old: KubeObject,
    sub: 'status' | 'ephemeralcontainers' | 'finalize',
  ): ApiResponse {
    let body = request.body;
    if (request.verb === 'patch') {
      body = patchObject(info.kind, request, old);
      if (body instanceof PatchProblem) return badRequest(body.message);
    }
    const decoded = decodeBody(info, request, body);
    if ('code' in decoded) return decoded;
    if (sub === 'status') {
      return this.#replace(info, request, old, decoded.object, decoded.warnings, 'status');
    }
    const given = text(ensure(decoded.object, 'metadata'), 'resourceVersion');
    if (given !== '' && given !== old.metadata.resourceVersion) {
      return conflict(info, old.metadata.name, OPTIMISTIC_LOCK_TEXT);
    }
    const spec = decoded.object['spec'];
    const before = (old as unknown as Draft)['spec'];
    const field = sub === 'finalize' ? 'finalizers' : 'ephemeralContainers';
    const value = isRecord(spec) ? spec[field] : undefined;
    const { [field]: _, ...rest } = isRecord(before) ? before : {};
    const object = asObject({
      ...(old as unknown as Draft),
      spec: value === undefined ? rest : { ...rest, [field]: value },
    });
    if (needsRemoval(object)) return { code: 200, body: this.#remove(info, object) ?? object };
    if (jsonEqual(object, old)) return { code: 200, body: old };
    return { code: 200, body: this.#put(info, request, object) };
  }

  #writeScale(info: KindInfo, request: ApiRequest, old: KubeObject): ApiResponse {
    let body = request.body;
    if (request.verb === 'patch') {
      body = patchObject('Scale', request, readScale(old));
      if (body instanceof PatchProblem) return badRequest(body.message);
    }
    const wanted = scaleToObject(info, old, body);
    if ('code' in wanted) return wanted;
    const result = this.#replace(info, request, old, wanted as unknown as Draft, [], 'main');
    if (result.code !== 200) return result;
    return { ...result, body: readScale(result.body as KubeObject) };
  }

  /** Nobody sees them before they are asked for. */
  #forgetOldEvents(): void {
    const nowNs = this.#clock.nowNs();
    while ((this.#events[0]?.atNs ?? nowNs) < nowNs - EVENT_TTL_NS) {
      const old = this.#events.shift();
      if (old === undefined) break;
      this.store.remove('events', old.key.metadata.namespace, old.key.metadata.name);
    }
  }
}

function asObject(draft: Draft): KubeObject {
  return draft as unknown as KubeObject;
}

function answer(code: number, body: KubeObject, warnings: readonly string[]): ApiResponse {
  return warnings.length === 0 ? { code, body } : { code, body, warnings };
}

function deleteOptionsOf(request: ApiRequest): DeleteOptions {
  const body = isRecord(request.body) ? (request.body as unknown as DeleteOptions) : {};
  const { gracePeriodSeconds, propagationPolicy } = request.query ?? {};
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...body,
  };
}

function continueKey(object: KubeObject): string {
  return makeKey(object.metadata.namespace, object.metadata.name);
}
