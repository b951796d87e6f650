/**
 * When pods were created, bound and Ready, as the API server saw it: for reports of scale.
 */
import type { ApiServer, Pod } from '@podwire/api';
import type { Clock } from '@podwire/engine';

export interface PodTimes {
  readonly count: number;
  readonly firstCreatedNs: number;
  readonly lastCreatedNs: number;
  readonly firstBoundNs: number;
  readonly lastBoundNs: number;
  readonly lastReadyNs: number;
  /** From created to bound. */
  readonly toBoundNsP50: number;
  readonly toBoundNsP99: number;
  /** From created to Ready. */
  readonly toReadyNsP50: number;
  readonly toReadyNsP99: number;
}

interface Seen {
  readonly createdNs: number;
  boundNs: number;
  readyNs: number;
}

const NEVER = -1;

export class PodTimeline {
  readonly #pods = new Map<string, Seen>();

  constructor(server: ApiServer, clock: Clock, labelSelector: string) {
    server.watch(
      { verb: 'watch', resource: 'pods', query: { labelSelector } },
      {
        event: (event) => {
          if (event.type === 'ADDED' || event.type === 'MODIFIED') {
            this.#note(event.object as Pod, clock.nowNs());
          }
        },
        end: () => undefined,
      },
    );
  }

  get readyCount(): number {
    let count = 0;
    for (const { readyNs } of this.#pods.values()) if (readyNs !== NEVER) count++;
    return count;
  }

  times(): PodTimes {
    const pods = [...this.#pods.values()];
    const bound = pods.filter(({ boundNs }) => boundNs !== NEVER);
    const ready = pods.filter(({ readyNs }) => readyNs !== NEVER);
    const toBound = sorted(bound.map(({ boundNs, createdNs }) => boundNs - createdNs));
    const toReady = sorted(ready.map(({ readyNs, createdNs }) => readyNs - createdNs));
    return {
      count: pods.length,
      firstCreatedNs: least(pods.map(({ createdNs }) => createdNs)),
      lastCreatedNs: greatest(pods.map(({ createdNs }) => createdNs)),
      firstBoundNs: least(bound.map(({ boundNs }) => boundNs)),
      lastBoundNs: greatest(bound.map(({ boundNs }) => boundNs)),
      lastReadyNs: greatest(ready.map(({ readyNs }) => readyNs)),
      toBoundNsP50: quantile(toBound, 50),
      toBoundNsP99: quantile(toBound, 99),
      toReadyNsP50: quantile(toReady, 50),
      toReadyNsP99: quantile(toReady, 99),
    };
  }

  #note(pod: Pod, nowNs: number): void {
    const uid = pod.metadata.uid ?? '';
    let seen = this.#pods.get(uid);
    if (seen === undefined) {
      seen = { createdNs: nowNs, boundNs: NEVER, readyNs: NEVER };
      this.#pods.set(uid, seen);
    }
    if (seen.boundNs === NEVER && (pod.spec.nodeName ?? '') !== '') seen.boundNs = nowNs;
    if (seen.readyNs !== NEVER) return;
    const isReady = pod.status?.conditions?.some(
      ({ type, status }) => type === 'Ready' && status === 'True',
    );
    if (isReady === true) seen.readyNs = nowNs;
  }
}

function sorted(values: readonly number[]): readonly number[] {
  return [...values].sort((a, b) => a - b);
}

/** The nearest-rank percentile of sorted values; 0 without any. */
export function quantile(values: readonly number[], percent: number): number {
  const rank = Math.max(Math.ceil((values.length * percent) / 100), 1);
  return values[rank - 1] ?? 0;
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), values[0] ?? 0);
}

function greatest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}
