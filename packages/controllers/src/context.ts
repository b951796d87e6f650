/**
 * What every controller is given: time, a client, shared informers, recorders; and the loop that they all run.
 */
import {
  type ApiClient,
  type ApiRequest,
  type ApiResponse,
  EventRecorder,
  Informer,
  type KindInfo,
  type KubeObject,
  WorkQueue,
  type WorkQueueOptions,
  isOk,
  keyOf,
  withRateLimit,
  isServed as hasOrigin,
} from '@podwire/api';
import { must } from '@podwire/base';
import type { HostSim, Proc, Process } from '@podwire/engine';
import { type ControllerOptions, type ResolvedOptions, resolveOptions } from './options.ts';

/** What a reconcile loop says about a key: done, or once more with back-off. */
export type Outcome = 'done' | 'retry';

export class ControllerContext {
  readonly sim: HostSim;
  readonly client: ApiClient;
  readonly options: ResolvedOptions;
  readonly #informers = new Map<string, Informer<KubeObject>>();
  readonly #recorders = new Map<string, EventRecorder>();
  readonly #processes: Process[] = [];
  #isStarted = false;

  constructor(sim: HostSim, client: ApiClient, options: ControllerOptions) {
    this.sim = sim;
    this.client = withRateLimit(sim, client, options);
    this.options = resolveOptions(options);
  }

  get nowNs(): number {
    return this.sim.nowNs();
  }

  /** The one informer of a resource; it starts with the manager. */
  informer<T extends KubeObject>(resource: string): Informer<T> {
    let informer = this.#informers.get(resource);
    if (informer === undefined) {
      informer = new Informer<KubeObject>(this.client, this.sim, { resource });
      this.#informers.set(resource, informer);
      if (this.#isStarted) this.spawn(`informer/${resource}`, informer.run());
    }
    return informer as unknown as Informer<T>;
  }

  /** The recorder of a component, as `deployment-controller`. */
  recorder(component: string): EventRecorder {
    let recorder = this.#recorders.get(component);
    if (recorder === undefined) {
      recorder = new EventRecorder(this.client, this.sim, component);
      this.#recorders.set(component, recorder);
    }
    return recorder;
  }

  /** Starts the informers that were asked for so far. */
  startInformers(): void {
    this.#isStarted = true;
    for (const [resource, informer] of this.#informers) {
      this.spawn(`informer/${resource}`, informer.run());
    }
  }

  /** Waits until these have their first list. */
  *synced(...resources: readonly string[]): Proc {
    for (const resource of resources) yield* this.informer(resource).waitSynced();
  }

  spawn(name: string, proc: Proc): void {
    this.#processes.push(this.sim.spawn(`controllers/${name}`, proc));
  }

  /** Cancels everything that was spawned. */
  stop(): void {
    for (const process of this.#processes) process.cancel();
  }

  /** Runs workers that take keys and reconcile them, once the informers are synced. */
  reconcile(
    name: string,
    resources: readonly string[],
    run: (key: string) => Proc<Outcome>,
    options: { readonly queue?: WorkQueueOptions } = {},
  ): WorkQueue {
    const queue = new WorkQueue(this.sim, options.queue);
    const workerCount = must(this.options.concurrentSyncs.get(name), `${name} has its workers`);
    for (let worker = 0; worker < workerCount; worker++) {
      this.spawn(`${name}/${worker}`, this.#work(queue, resources, run));
    }
    return queue;
  }

  *#work(
    queue: WorkQueue,
    resources: readonly string[],
    run: (key: string) => Proc<Outcome>,
  ): Proc {
    yield* this.synced(...resources);
    for (;;) {
      const key = yield* queue.get();
      const outcome = yield* run(key);
      queue.done(key);
      if (outcome === 'retry') queue.addRateLimited(key);
      else queue.forget(key);
    }
  }

  /** Runs processes side by side and waits for all; the results in the order given. */
  *parallel<T>(name: string, procs: readonly Proc<T>[]): Proc<(T | undefined)[]> {
    if (procs.length === 1 && procs[0] !== undefined) return [yield* procs[0]];
    const processes = procs.map((proc) => this.sim.spawn(`controllers/${name}`, proc));
    const results: (T | undefined)[] = [];
    for (const process of processes) {
      while (!process.isDone) yield* process.done.wait();
      results.push(process.result);
    }
    return results;
  }

  *request(request: ApiRequest): Proc<ApiResponse> {
    return yield* this.client.request(request);
  }

  *create(resource: string, object: KubeObject): Proc<ApiResponse> {
    const { namespace } = object.metadata;
    return yield* this.client.request({
      verb: 'create',
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      body: object,
      fieldManager: 'kube-controller-manager',
    });
  }

  /** PUT of the whole object, or of one subresource. */
  *update(resource: string, object: KubeObject, subresource?: string): Proc<ApiResponse> {
    const { namespace, name } = object.metadata;
    return yield* this.client.request({
      verb: 'update',
      resource,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
      name,
      body: object,
      fieldManager: 'kube-controller-manager',
    });
  }

  /** A strategic merge patch. */
  *patch(
    resource: string,
    object: KubeObject,
    body: object,
    subresource?: string,
  ): Proc<ApiResponse> {
    const { namespace, name } = object.metadata;
    return yield* this.client.request({
      verb: 'patch',
      resource,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
      name,
      patchType: 'strategic-merge-patch',
      body,
      fieldManager: 'kube-controller-manager',
    });
  }

  /** Deletes this very object: one of the same name with another uid is left alone. */
  *delete(resource: string, object: KubeObject, options: object = {}): Proc<ApiResponse> {
    const { namespace, name, uid } = object.metadata;
    return yield* this.client.request({
      verb: 'delete',
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      name,
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        ...(uid === undefined ? {} : { preconditions: { uid } }),
        ...options,
      },
      fieldManager: 'kube-controller-manager',
    });
  }
}

/** Whether objects of a kind are stored in this cluster. */
export function isServed({ options }: ControllerContext, kind: KindInfo): boolean {
  return !kind.isView && hasOrigin(kind, options.origins);
}

/** Whether a write worked, or failed because the object is gone: both need no retry. */
export function isSettled(response: ApiResponse): boolean {
  return isOk(response) || response.code === 404;
}

/** Puts every object of a resource in a queue, now and whenever it changes. */
export function enqueueChanges<T extends KubeObject>(
  informer: Informer<T>,
  queue: WorkQueue,
): void {
  const add = (object: T): void => {
    queue.add(keyOf(object));
  };
  informer.subscribe({ add, update: add, delete: add });
}
