/**
 * What a controller of the edge watches: informers that are started together and tell of changes together.
 */
import {
  type ApiClient,
  Informer,
  type InformerOptions,
  type KubeObject,
  jsonEqual,
} from '@podwire/api';
import { type HostSim, type Proc, type Process, Signal } from '@podwire/engine';

export class WatchSet {
  readonly #sim: HostSim;
  readonly #client: ApiClient;
  readonly #processes: Process[] = [];
  readonly #all: Informer<KubeObject>[] = [];
  /** Notified after every change. */
  readonly changed: Signal = new Signal();

  constructor(sim: HostSim, client: ApiClient) {
    this.#sim = sim;
    this.#client = client;
  }

  /** `onChange` is called when more than the status of an object changed. */
  informer<T extends KubeObject>(
    options: InformerOptions,
    onChange: () => void = () => undefined,
  ): Informer<T> {
    const informer = new Informer<T>(this.#client, this.#sim, options);
    const note = (): void => {
      onChange();
      this.changed.notify();
    };
    // A program's own writes of status come back here: they change nothing.
    const noteUpdate = (now: T, old: T): void => {
      if (isNewDesire(now, old)) note();
      else this.changed.notify();
    };
    informer.subscribe({ add: note, update: noteUpdate, delete: note });
    this.#processes.push(this.#sim.spawn(`watch ${options.resource}`, informer.run()));
    this.#all.push(informer as unknown as Informer<KubeObject>);
    return informer;
  }

  *synced(): Proc {
    for (const informer of this.#all) {
      while (!informer.isSynced) yield* informer.synced.wait();
    }
  }

  stop(): void {
    for (const process of this.#processes) process.cancel();
  }
}

/** Whether more than the status changed. */
function isNewDesire(now: KubeObject, old: KubeObject): boolean {
  const [a, b] = [now as object as Fields, old as object as Fields];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (key === 'status') continue;
    const isSame =
      key === 'metadata' ? jsonEqual(metaOf(now), metaOf(old)) : jsonEqual(a[key], b[key]);
    if (!isSame) return true;
  }
  return false;
}

type Fields = Readonly<Record<string, unknown>>;

function metaOf({ metadata }: KubeObject): unknown {
  const { labels, annotations, uid } = metadata;
  return { labels, annotations, uid };
}
