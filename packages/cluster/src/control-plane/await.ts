/**
 * Waits for what the API's objects say: conditions of a scenario's `wait`, and a cluster that serves.
 */
import {
  type ApiClient,
  type KubeObject,
  type Node,
  SCHEME,
  matchesSelector,
  parseSelector,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import type { FullCluster } from '../cluster-config.ts';
import type { ControlReply, ControlRequest, ObjectCondition } from '../control.ts';

class Reached extends Error {}

/** Ends when the condition holds; the caller cancels it when its time is over. */
export function* awaitCondition(
  client: ApiClient,
  request: Extract<ControlRequest, { op: 'wait' }>,
): Proc<ControlReply> {
  const { id, condition } = request;
  const info = SCHEME.find(condition.resource);
  if (info === undefined) {
    return {
      op: 'done',
      id,
      error: `the server doesn't have a resource type "${condition.resource}"`,
    };
  }
  const judge = judgeOf(condition);
  if (typeof judge === 'string') return { op: 'done', id, error: judge };
  yield* watchUntil(
    client,
    info.plural,
    info.isNamespaced ? (condition.namespace ?? 'default') : undefined,
    judge,
  );
  return { op: 'done', id };
}

/** Ends when all nodes are Ready and the DNS service has an endpoint. */
export function* awaitReady(
  client: ApiClient,
  id: number,
  cluster: FullCluster,
): Proc<ControlReply> {
  const count = cluster.nodes.length;
  yield* awaitNodes(client, count);
  if (count > 0 && cluster.dnsReplicas > 0) {
    const namespace = cluster.distribution === 'openshift' ? 'openshift-dns' : 'kube-system';
    yield* watchUntil(client, 'endpointslices', namespace, {
      holds: (object) => {
        const { endpoints } = object as KubeObject & {
          endpoints?: readonly { conditions?: { ready?: boolean } }[];
        };
        return (endpoints ?? []).some((endpoint) => endpoint.conditions?.ready === true);
      },
      isReached: (_, holding) => holding > 0,
    });
  }
  return { op: 'done', id };
}

/** Ends when so many nodes are Ready. */
export function* awaitNodes(client: ApiClient, count: number): Proc {
  if (count === 0) return;
  yield* watchUntil(client, 'nodes', undefined, {
    holds: (object) => hasCondition(object as Node, 'Ready'),
    isReached: (_, holding) => holding >= count,
  });
}

/** What is waited for: a test of each object, and of how many there are and pass it. */
interface Judge {
  /** Objects that count; undefined: all. */
  readonly isChosen?: (object: KubeObject) => boolean;
  readonly holds: (object: KubeObject) => boolean;
  readonly isReached: (chosen: number, holding: number) => boolean;
}

/** The objects that are there, each judged once per version. */
class Judged {
  readonly #judge: Judge;
  readonly #holds = new Map<string, boolean>();
  #holding = 0;

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  get isReached(): boolean {
    return this.#judge.isReached(this.#holds.size, this.#holding);
  }

  put(object: KubeObject): void {
    this.remove(object);
    if (this.#judge.isChosen?.(object) === false) return;
    const holds = this.#judge.holds(object);
    this.#holds.set(object.metadata.uid ?? '', holds);
    if (holds) this.#holding++;
  }

  remove(object: KubeObject): void {
    const uid = object.metadata.uid ?? '';
    if (this.#holds.get(uid) === true) this.#holding--;
    this.#holds.delete(uid);
  }
}

function* watchUntil(
  client: ApiClient,
  resource: string,
  namespace: string | undefined,
  judge: Judge,
): Proc {
  const place = { resource, ...(namespace === undefined ? {} : { namespace }) };
  for (;;) {
    const listed = yield* client.request({ verb: 'list', ...place });
    if (!('items' in listed.body)) return;
    const judged = new Judged(judge);
    for (const item of listed.body.items) judged.put(item);
    if (judged.isReached) return;
    const resourceVersion = listed.body.metadata.resourceVersion ?? '0';
    try {
      yield* client.watch({ verb: 'watch', ...place, query: { resourceVersion } }, (event) => {
        if (event.type === 'ERROR' || event.type === 'BOOKMARK') return;
        if (event.type === 'DELETED') judged.remove(event.object);
        else judged.put(event.object);
        if (judged.isReached) throw new Reached();
      });
    } catch (error) {
      if (error instanceof Reached) return;
      throw error;
    }
  }
}

function judgeOf(condition: ObjectCondition): Judge | string {
  const selector = condition.selector === undefined ? undefined : parseSelector(condition.selector);
  if (typeof selector === 'string') return selector;
  const isChosen = (object: KubeObject): boolean =>
    (condition.name === undefined || object.metadata.name === condition.name) &&
    (selector === undefined || matchesSelector(selector, object.metadata.labels ?? {}));
  if (condition.condition === 'deleted') {
    return { isChosen, holds: () => true, isReached: (chosen) => chosen === 0 };
  }
  const holds = (object: KubeObject): boolean => {
    if (condition.condition !== undefined && !hasCondition(object, condition.condition))
      return false;
    if (condition.field === undefined) return true;
    return textOf(fieldAt(object, condition.field.path)) === condition.field.equals;
  };
  const { count } = condition;
  const isReached = (chosen: number, holding: number): boolean =>
    holding === chosen && (count === undefined ? chosen > 0 : chosen === count);
  return { isChosen, holds, isReached };
}

function hasCondition(object: KubeObject, type: string): boolean {
  const { status } = object as KubeObject & {
    status?: { conditions?: readonly { type: string; status: string }[] };
  };
  return (status?.conditions ?? []).some((entry) => entry.type === type && entry.status === 'True');
}

/** A scalar as kubectl's jsonpath prints it; anything else as JSON. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A dotted path with list indexes, as `status.podIP` or `spec.ports[0].port`. */
function fieldAt(object: unknown, path: string): unknown {
  let value: unknown = object;
  for (const part of path.replaceAll(/\[(\d+)\]/g, '.$1').split('.')) {
    if (part === '') continue;
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}
