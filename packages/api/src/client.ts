/**
 * How a process asks the API server.
 *
 * The transport is injected: `cluster` gives one that crosses the underlay, tests give LocalApiClient.
 */
import { type Proc, Signal } from '@podwire/engine';
import type { ObjectViews } from './object-view.ts';
import type { ApiRequest, ApiResponse, WatchEvent } from './request.ts';
import type { Status } from './types/meta.ts';

/** Takes the events of one write of the server; who gets the same write may get the same list. */
export type OnEvents = (events: readonly WatchEvent[]) => void;

export interface ApiClient {
  /** What the informers of this thread share; without it each keeps a copy of its own. */
  readonly views?: ObjectViews;
  /** One request and its answer; code 0 when it did not get through. */
  request(request: ApiRequest): Proc<ApiResponse>;
  /**
   * Runs until the watch ends and calls `onEvent` as events come. Returns undefined when the stream ended in
   * order, else the refusal or (code 0) the transport's failure.
   */
  watch(request: ApiRequest, onEvent: (event: WatchEvent) => void): Proc<ApiResponse | undefined>;
  /** The same with the events of a write at once; a client need not have it. */
  watchBatches?(request: ApiRequest, onEvents: OnEvents): Proc<ApiResponse | undefined>;
}

/** A watch whose events come as the server wrote them, several at a time. */
export function watchBatches(
  client: ApiClient,
  request: ApiRequest,
  onEvents: OnEvents,
): Proc<ApiResponse | undefined> {
  if (client.watchBatches !== undefined) return client.watchBatches(request, onEvents);
  return client.watch(request, (event) => {
    onEvents([event]);
  });
}

/** A stream of watch events that the server feeds. */
export interface WatchHandle {
  stop(): void;
}

/** Where the server puts what a watch sees. */
export interface WatchSink {
  event(event: WatchEvent): void;
  /** The server ends the stream. */
  end(): void;
}

/** What a client needs of the API server. */
export interface ApiHandler {
  handle(request: ApiRequest): ApiResponse;
  /** Starts a watch, or refuses it. */
  watch(request: ApiRequest, sink: WatchSink): WatchHandle | ApiResponse;
}

/** Asks an API server directly, in no time: for tests of controllers and for tools. */
export class LocalApiClient implements ApiClient {
  readonly #server: ApiHandler;

  constructor(server: ApiHandler) {
    this.#server = server;
  }

  // oxlint-disable-next-line require-yield -- the interface is a process; this one never waits
  *request(request: ApiRequest): Proc<ApiResponse> {
    return this.#server.handle(request);
  }

  *watch(request: ApiRequest, onEvent: (event: WatchEvent) => void): Proc<ApiResponse | undefined> {
    const queue: WatchEvent[] = [];
    const arrived = new Signal();
    let isEnded = false;
    const handle = this.#server.watch(request, {
      event: (event) => {
        queue.push(event);
        arrived.notify();
      },
      end: () => {
        isEnded = true;
        arrived.notify();
      },
    });
    if (!('stop' in handle)) return handle;
    try {
      for (;;) {
        for (const event of queue.splice(0)) onEvent(event);
        if (isEnded && queue.length === 0) return undefined;
        if (queue.length === 0) yield* arrived.wait();
      }
    } finally {
      handle.stop();
    }
  }
}

/** The answer of a request that did not get through. */
export function transportFailure(message: string): ApiResponse {
  const body: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
  };
  return { code: 0, body };
}
