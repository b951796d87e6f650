/**
 * Serves the API server's watches: who gets events when.
 *
 * Each watch of the real server is a goroutine that writes what has come for it and flushes. Here one queue of
 * watchers stands for them: writing costs time of the server's cores, so that with thousands of watchers the last
 * gets an event later than the first, and what came meanwhile goes out in the same write. A watcher whose
 * connection is full waits until it takes more.
 */
import type { WatchBatch, Watcher } from '@podwire/api';
import type { HostSim } from '@podwire/engine';
import type { WatchCounts } from '../control.ts';
import { JsonLines, type Payload, payloadFromSource } from '@podwire/wire';

/**
 * CPU time of a write to a watcher's connection (system call, TLS record, goroutine switch), and of one more event
 * in it (framing and copying a serialised object). Not measured on a real server; the order of magnitude follows
 * from the watch events per second and core that scalability tests of Kubernetes report.
 */
const WRITE_NS = 20_000;
const EVENT_NS = 5_000;
/** Cores of the API server's machine. */
const CORES = 16;
/** Watchers served in one event of the emulation share its instant; no longer than this. */
const SLICE_NS = 500_000;

/** A watcher and how to reach it. */
export interface Served {
  readonly watcher: Watcher;
  /** Writes a piece of the stream; false when nobody reads it any more. */
  readonly write: (payload: Payload) => void;
  /** Whether the connection takes more at present; the owner calls `ready` when it does again. */
  readonly isFull: () => boolean;
}

export class WatchDispatch {
  readonly #sim: HostSim;
  #queue: Served[] = [];
  #next = 0;
  #isScheduled = false;
  #busyUntilNs = 0;
  #events = 0;
  #writes = 0;
  #bytes = 0;

  constructor(sim: HostSim) {
    this.#sim = sim;
  }

  /** There is something to take for this watcher, and its connection takes it. */
  ready(served: Served): void {
    this.#queue.push(served);
    if (!this.#isScheduled) this.#schedule();
  }

  counts(): WatchCounts {
    return { events: this.#events, writes: this.#writes, bytes: this.#bytes };
  }

  #schedule(): void {
    this.#isScheduled = true;
    this.#sim.schedule(Math.max(this.#busyUntilNs - this.#sim.nowNs(), 0), () => {
      this.#isScheduled = false;
      this.#serve();
      if (this.#next < this.#queue.length) this.#schedule();
      else {
        this.#queue = [];
        this.#next = 0;
      }
    });
  }

  #serve(): void {
    let spentNs = 0;
    while (spentNs < SLICE_NS * CORES) {
      const served = this.#queue[this.#next];
      if (served === undefined) break;
      this.#next++;
      if (served.isFull()) continue;
      const batch = served.watcher.take();
      if (batch === undefined) continue;
      const payload = batchPayload(batch);
      served.write(payload);
      if (served.watcher.isBehind) this.#queue.push(served);
      this.#events += batch.events.length;
      this.#writes++;
      this.#bytes += payload.lenBytes;
      spentNs += WRITE_NS + batch.events.length * EVENT_NS;
    }
    this.#busyUntilNs = this.#sim.nowNs() + Math.ceil(spentNs / CORES);
  }
}

/** Batches that go to many watchers are put together once. */
function batchPayload(batch: WatchBatch): Payload {
  const payload =
    (batch.wire as Payload | undefined) ?? payloadFromSource(new JsonLines(batch.events));
  batch.wire = payload;
  return payload;
}
