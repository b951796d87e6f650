/**
 * What `podwire scale` asks of the control plane: create many objects, wait for many, tell how it went.
 *
 * Objects are created through the API like anybody's, by several clients at once.
 */
import {
  type ApiServer,
  type EndpointSlice,
  type KubeObject,
  SCHEME,
  isOk,
  matchesSelector,
  messageOf,
  parseSelector,
} from '@podwire/api';
import { type HostSim, type Proc, Signal, waitUntil } from '@podwire/engine';
import { jsonLength } from '@podwire/wire';
import type { HttpApiClient } from '../api-client.ts';
import type { ControlReply, ControlRequest, ScaleStats } from '../control.ts';
import { PodTimeline } from './pod-timeline.ts';
import type { WatchDispatch } from './watch-dispatch.ts';

/** Requests under way at a time. */
const CLIENTS = 32;

type ScaleRequest = Extract<ControlRequest, { op: 'create' | 'observe' | 'endpoints' | 'stats' }>;

export class ScaleDesk {
  readonly #sim: HostSim;
  readonly #server: ApiServer;
  readonly #dispatch: () => WatchDispatch | undefined;
  #timeline: PodTimeline | undefined;

  constructor(sim: HostSim, server: ApiServer, dispatch: () => WatchDispatch | undefined) {
    this.#sim = sim;
    this.#server = server;
    this.#dispatch = dispatch;
  }

  answer(request: ScaleRequest, client: () => HttpApiClient): Proc<ControlReply> {
    switch (request.op) {
      case 'create':
        return this.#create(request.id, request.objects as readonly KubeObject[], client());
      case 'observe':
        this.#timeline = new PodTimeline(this.#server, this.#sim, request.selector);
        return done(request.id);
      case 'endpoints':
        return this.#awaitEndpoints(request);
      case 'stats':
        return done(request.id, this.#stats(request.wantsSizes === true));
    }
  }

  *#create(id: number, objects: readonly KubeObject[], client: HttpApiClient): Proc<ControlReply> {
    let next = 0;
    let error: string | undefined;
    const work = function* (): Proc {
      for (;;) {
        const object = objects[next++];
        if (object === undefined || error !== undefined) return;
        const info = SCHEME.byKind(object.apiVersion, object.kind);
        const { namespace, name } = object.metadata;
        const response = yield* client.request({
          verb: 'create',
          resource: info?.plural ?? object.kind,
          ...(namespace === undefined ? {} : { namespace }),
          body: object,
        });
        if (!isOk(response)) error = `${object.kind} ${name}: ${messageOf(response)}`;
      }
    };
    const workers = Array.from({ length: CLIENTS }, (_, index) =>
      this.#sim.spawn(`create-${index}`, work()),
    );
    for (const worker of workers) {
      yield* waitUntil(worker.done, () => worker.isDone, this.#sim);
    }
    return { op: 'done', id, ...(error === undefined ? {} : { error }) };
  }

  /** Ends when the slices of selected Services hold so many ready endpoints; slices have their Service's labels. */
  *#awaitEndpoints({
    id,
    count,
    selector,
  }: Extract<ScaleRequest, { op: 'endpoints' }>): Proc<ControlReply> {
    const selected = parseSelector(selector);
    if (typeof selected === 'string') return { op: 'done', id, error: selected };
    const changed = new Signal();
    const ready = new Map<string, number>();
    let total = 0;
    const watch = this.#server.watch(
      { verb: 'watch', resource: 'endpointslices' },
      {
        event: (event) => {
          if (event.type === 'ERROR' || event.type === 'BOOKMARK') return;
          const slice = event.object as EndpointSlice;
          if (!matchesSelector(selected, slice.metadata.labels)) return;
          const uid = slice.metadata.uid ?? '';
          total -= ready.get(uid) ?? 0;
          const now = event.type === 'DELETED' ? 0 : readyEndpoints(slice);
          ready.set(uid, now);
          total += now;
          if (total >= count) changed.notify();
        },
        end: () => undefined,
      },
    );
    try {
      yield* waitUntil(changed, () => total >= count, this.#sim);
    } finally {
      if ('stop' in watch) watch.stop();
    }
    return { op: 'done', id };
  }

  #stats(wantsSizes: boolean): ScaleStats {
    const { store } = this.#server;
    const objects: Record<string, number> = {};
    let objectBytes = 0;
    for (const { plural } of SCHEME.kinds) {
      const count = store.count(plural);
      if (count > 0) objects[plural] = count;
    }
    if (wantsSizes) {
      for (const plural of Object.keys(objects)) {
        for (const object of store.list(plural)) objectBytes += jsonLength(object);
      }
    }
    return {
      pods: this.#timeline?.times(),
      watches: this.#dispatch()?.counts() ?? { events: 0, writes: 0, bytes: 0 },
      objects,
      objectBytes,
      servicesVersion: newest(this.#server, 'services'),
      slicesVersion: newest(this.#server, 'endpointslices'),
    };
  }
}

// oxlint-disable-next-line require-yield -- answers at once
function* done(id: number, value?: unknown): Proc<ControlReply> {
  return { op: 'done', id, ...(value === undefined ? {} : { value }) };
}

function readyEndpoints(slice: EndpointSlice): number {
  if (slice.metadata.labels?.['kubernetes.io/service-name'] === undefined) return 0;
  let count = 0;
  for (const { conditions } of slice.endpoints) if (conditions?.ready !== false) count++;
  return count;
}

/** The version of the newest object of a resource. */
function newest(server: ApiServer, resource: string): number {
  let version = 0;
  for (const { metadata } of server.store.list(resource)) {
    version = Math.max(version, Number(metadata.resourceVersion));
  }
  return version;
}
