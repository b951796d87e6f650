/**
 * limit_req of nginx, as ingress-nginx sets it up for the annotations limit-rps and limit-rpm: a bucket that leaks, for
 * each client (src/http/modules/ngx_http_limit_req_module.c). Buckets outlive reloads, as shared memory does.
 */
import { type Cidr, type Ip, NS_PER_MS, cidrContains } from '@podwire/base';

export interface NginxLimit {
  /** The zone's name: one for each Ingress and unit. */
  readonly zone: string;
  /** Thousandths of a request in a second. */
  readonly rateMilli: number;
  /** Requests that may be ahead of the rate. */
  readonly burst: number;
  /** Clients that are not limited. */
  readonly exempt: readonly Cidr[];
}

interface Bucket {
  /** Thousandths of a request that are ahead of the rate. */
  excessMilli: number;
  lastMs: number;
}

export class NginxLimits {
  readonly #zones = new Map<string, Map<Ip, Bucket>>();

  /** Whether a request is within all limits; only then does it count. */
  admit(limits: readonly NginxLimit[], client: Ip, nowNs: number): boolean {
    const nowMs = Math.floor(nowNs / NS_PER_MS);
    const counted: (readonly [bucket: Bucket, excessMilli: number])[] = [];
    for (const limit of limits) {
      if (limit.exempt.some((cidr) => cidrContains(cidr, client))) continue;
      const buckets = this.#bucketsOf(limit.zone);
      const bucket = buckets.get(client);
      if (bucket === undefined) {
        buckets.set(client, { excessMilli: 0, lastMs: nowMs });
        continue;
      }
      const leaked = Math.floor((limit.rateMilli * (nowMs - bucket.lastMs)) / 1000);
      const excessMilli = Math.max(0, bucket.excessMilli - leaked + 1000);
      if (excessMilli > limit.burst * 1000) return false;
      counted.push([bucket, excessMilli]);
    }
    for (const [bucket, excessMilli] of counted) {
      bucket.excessMilli = excessMilli;
      bucket.lastMs = nowMs;
    }
    return true;
  }

  #bucketsOf(zone: string): Map<Ip, Bucket> {
    let buckets = this.#zones.get(zone);
    if (buckets === undefined) {
      buckets = new Map();
      this.#zones.set(zone, buckets);
    }
    return buckets;
  }
}
