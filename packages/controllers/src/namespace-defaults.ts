/**
 * What every namespace has: ServiceAccount `default` and ConfigMap `kube-root-ca.crt`.
 *
 * Copies pkg/controller/serviceaccount and certificates/rootcacertpublisher.
 */
import type { ConfigMap, Informer, KubeObject, Namespace, ServiceAccount } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges, isSettled } from './context.ts';

const ROOT_CA_NAME = 'kube-root-ca.crt';
const ROOT_CA_ANNOTATIONS = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
};

export function startServiceAccountController(context: ControllerContext): void {
  keepAccount(context, 'default');
}

export function startRootCaPublisher(context: ControllerContext): void {
  keepCaBundle(context, { name: ROOT_CA_NAME, key: 'ca.crt', annotations: ROOT_CA_ANNOTATIONS });
}

/** A ServiceAccount of this name in every namespace. */
export function keepAccount(context: ControllerContext, name: string): void {
  keepInEveryNamespace(
    context,
    'serviceaccount',
    'serviceaccounts',
    (namespace): ServiceAccount => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace },
    }),
  );
}

/** A ConfigMap with the cluster's CA under a key, in every namespace. */
export function keepCaBundle(
  context: ControllerContext,
  bundle: {
    readonly name: string;
    readonly key: string;
    readonly annotations: Readonly<Record<string, string>>;
  },
): void {
  const { name, key, annotations } = bundle;
  keepInEveryNamespace(
    context,
    'rootca',
    'configmaps',
    (namespace): ConfigMap => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace, annotations },
      data: { [key]: context.options.rootCa },
    }),
  );
}

/** Makes the object anew in each namespace that lacks it. */
function keepInEveryNamespace(
  context: ControllerContext,
  name: string,
  resource: string,
  make: (namespace: string) => KubeObject,
): void {
  const namespaces: Informer<Namespace> = context.informer('namespaces');
  const objects = context.informer<KubeObject>(resource);
  const queue = context.reconcile(name, ['namespaces', resource], sync);
  enqueueChanges(namespaces, queue);
  objects.subscribe({
    delete: ({ metadata }) => {
      if (metadata.namespace !== undefined) queue.add(metadata.namespace);
    },
  });

  function* sync(key: string): Proc<Outcome> {
    const namespace = namespaces.items.get(key);
    if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined)
      return 'done';
    const wanted = make(key);
    if (objects.get(key, wanted.metadata.name) !== undefined) return 'done';
    const response = yield* context.create(resource, wanted);
    return isSettled(response) || response.code === 409 || response.code === 403 ? 'done' : 'retry';
  }
}
