/**
 * Namespace controller: empties a namespace that is being deleted, then lets it go.
 *
 * From: Namespaces. To: deletion of everything in them, the `kubernetes` finalizer. Copies pkg/controller/namespace.
 */
import {
  type Informer,
  type Namespace,
  type Pod,
  SCHEME,
  itemsOf,
  qualifiedResource,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import {
  type ControllerContext,
  type Outcome,
  enqueueChanges,
  isServed,
  isSettled,
} from './context.ts';

/** Pods that stop take time; upstream comes back after half of the longest grace period and a second. */
const RECHECK_LEAST_NS = NS_PER_SEC;

export function startNamespaceController(context: ControllerContext): void {
  const namespaces: Informer<Namespace> = context.informer('namespaces');
  const queue = context.reconcile('namespace', ['namespaces'], sync);
  enqueueChanges(namespaces, queue);

  function* sync(key: string): Proc<Outcome> {
    const namespace = namespaces.items.get(key);
    if (namespace?.metadata.deletionTimestamp === undefined) return 'done';
    if (!(namespace.spec?.finalizers ?? []).includes('kubernetes')) return 'done';
    const { isEmpty, graceSeconds } = yield* deleteContent(key);
    if (!isEmpty) {
      const halfNs = Math.floor((graceSeconds * NS_PER_SEC) / 2);
      queue.addAfter(key, halfNs + RECHECK_LEAST_NS);
      return 'done';
    }
    const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== 'kubernetes');
    const response = yield* context.update(
      'namespaces',
      { ...namespace, spec: { ...namespace.spec, finalizers } } as Namespace,
      'finalize',
    );
    return isSettled(response) ? 'done' : 'retry';
  }

  function* deleteContent(namespace: string): Proc<{ isEmpty: boolean; graceSeconds: number }> {
    let isEmpty = true;
    let graceSeconds = 0;
    for (const kind of SCHEME.kinds) {
      if (!kind.isNamespaced || !isServed(context, kind)) continue;
      const resource = qualifiedResource(kind);
      const before = itemsOf(yield* context.request({ verb: 'list', resource, namespace })) ?? [];
      if (before.length === 0) continue;
      yield* context.request({
        verb: 'deletecollection',
        resource,
        namespace,
        body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' },
        fieldManager: 'kube-controller-manager',
      });
      const left = itemsOf(yield* context.request({ verb: 'list', resource, namespace })) ?? [];
      if (left.length > 0) isEmpty = false;
      if (kind.kind !== 'Pod') continue;
      for (const pod of left as readonly Pod[]) {
        graceSeconds = Math.max(graceSeconds, pod.spec.terminationGracePeriodSeconds ?? 0);
      }
    }
    return { isEmpty, graceSeconds };
  }
}
