/**
 * A client that sends at most so many requests a second (client-go flowcontrol: token bucket).
 *
 * Watches pass freely, as upstream.
 */
import type { ApiClient, ApiRequest, ApiResponse, WatchEvent } from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import { type HostSim, type Proc, sleep } from '@podwire/engine';

export class RateLimitedClient implements ApiClient {
  readonly #sim: HostSim;
  readonly #client: ApiClient;
  readonly #intervalNs: number;
  readonly #burst: number;
  /** When the bucket would be full again if nothing more were taken. */
  #fullAtNs = 0;

  constructor(sim: HostSim, client: ApiClient, qps: number, burst: number) {
    this.#sim = sim;
    this.#client = client;
    this.#intervalNs = Math.round(NS_PER_SEC / qps);
    this.#burst = burst;
  }

  *request(request: ApiRequest): Proc<ApiResponse> {
    const nowNs = this.#sim.nowNs();
    this.#fullAtNs = Math.max(this.#fullAtNs, nowNs) + this.#intervalNs;
    const waitNs = this.#fullAtNs - nowNs - this.#burst * this.#intervalNs;
    if (waitNs > 0) yield* sleep(waitNs);
    return yield* this.#client.request(request);
  }

  *watch(request: ApiRequest, onEvent: (event: WatchEvent) => void): Proc<ApiResponse | undefined> {
    return yield* this.#client.watch(request, onEvent);
  }
}
