/**
 * Admission: what the server's plugins do to a new object before it is validated.
 *
 * Modelled: NamespaceLifecycle, ServiceAccount, Priority, DefaultTolerationSeconds, TaintNodesByCondition.
 * Not modelled: LimitRanger, ResourceQuota, PodSecurity, webhooks; a missing `default` ServiceAccount is let through.
 */
import { type Rng, deepFreeze } from '@podwire/base';
import type { ApiResponse } from './request.ts';
import type { KindInfo } from './scheme.ts';
import type { Namespace } from './types/namespace.ts';
import type { PriorityClass } from './types/priorityclass.ts';
import type { Store } from './store.ts';
import { type Draft, ensure, items, setDefault, text } from './draft.ts';
import { failure, forbidden } from './errors.ts';

export interface AdmissionOptions {
  /** Mounts the kube-api-access volume into pods, as the ServiceAccount plugin does. */
  readonly mountsToken: boolean;
  /** Taints new nodes `node.kubernetes.io/not-ready:NoSchedule`. */
  readonly taintsNewNodes: boolean;
}

/** The namespace must be there and alive. */
export function admitNamespace(
  store: Store,
  info: KindInfo,
  namespace: string,
  name: string,
): ApiResponse | undefined {
  const found = store.get('namespaces', undefined, namespace) as Namespace | undefined;
  if (found === undefined) {
    return failure(404, 'NotFound', `namespaces ${JSON.stringify(namespace)} not found`, {
      name: namespace,
      kind: 'namespaces',
    });
  }
  if (found.metadata.deletionTimestamp === undefined) return undefined;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  return forbidden(info, name, why, [cause]);
}

export function admitPod(
  store: Store,
  info: KindInfo,
  pod: Draft,
  options: AdmissionOptions,
  rng: Rng,
): ApiResponse | undefined {
  const metadata = ensure(pod, 'metadata');
  const name = text(metadata, 'name');
  const spec = ensure(pod, 'spec');
  return (
    admitServiceAccount(store, info, name, text(metadata, 'namespace'), spec, options, rng) ??
    admitPriority(store, info, name, spec) ??
    addDefaultTolerations(spec)
  );
}

const TOKEN_MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** What the kube-api-access volume holds; one object for all pods. */
const TOKEN_SOURCE = deepFreeze({
  sources: [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [
          { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } },
        ],
      },
    },
  ],
  defaultMode: 420,
});

function admitServiceAccount(
  store: Store,
  info: KindInfo,
  name: string,
  namespace: string,
  spec: Draft,
  options: AdmissionOptions,
  rng: Rng,
): ApiResponse | undefined {
  setDefault(spec, 'serviceAccountName', 'default');
  const account = text(spec, 'serviceAccountName');
  setDefault(spec, 'serviceAccount', account);
  const found = store.get('serviceaccounts', namespace, account);
  if (found === undefined && account !== 'default') {
    return forbidden(
      info,
      name,
      `error looking up service account ${namespace}/${account}: serviceaccount ${JSON.stringify(account)} not found`,
    );
  }
  if (!options.mountsToken || spec['automountServiceAccountToken'] === false) return undefined;
  const hasOwn = items(spec, 'volumes').some((volume) =>
    text(volume, 'name').startsWith('kube-api-access-'),
  );
  if (hasOwn) return undefined;
  let suffix = '';
  for (let index = 0; index < 5; index++)
    suffix += TOKEN_ALPHABET[rng.below(TOKEN_ALPHABET.length)];
  const volume = `kube-api-access-${suffix}`;
  const mount = deepFreeze({ name: volume, readOnly: true, mountPath: TOKEN_MOUNT });
  let isMounted = false;
  for (const list of ['initContainers', 'containers']) {
    const containers = items(spec, list);
    if (containers.length === 0) continue;
    spec[list] = containers.map((container) => {
      const mounts = items(container, 'volumeMounts');
      if (mounts.some((each) => each['mountPath'] === TOKEN_MOUNT)) return container;
      isMounted = true;
      return { ...container, volumeMounts: [...mounts, mount] };
    });
  }
  if (isMounted) {
    spec['volumes'] = [...items(spec, 'volumes'), { name: volume, projected: TOKEN_SOURCE }];
  }
  return undefined;
}

function admitPriority(
  store: Store,
  info: KindInfo,
  name: string,
  spec: Draft,
): ApiResponse | undefined {
  const className = text(spec, 'priorityClassName');
  let found: PriorityClass | undefined;
  if (className === '') {
    const defaults = store
      .list('priorityclasses')
      .filter((each) => (each as PriorityClass).globalDefault === true) as PriorityClass[];
    found = defaults.sort((a, b) => a.value - b.value)[0];
    if (found !== undefined) spec['priorityClassName'] = found.metadata.name;
  } else {
    found = store.get('priorityclasses', undefined, className) as PriorityClass | undefined;
    if (found === undefined) {
      return forbidden(info, name, `no PriorityClass with name ${className} was found`);
    }
  }
  const priority = found?.value ?? 0;
  const given = spec['priority'];
  if (given !== undefined && given !== priority) {
    return forbidden(
      info,
      name,
      `the integer value of priority (${JSON.stringify(given)}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  }
  spec['priority'] = priority;
  const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority';
  const givenPolicy = spec['preemptionPolicy'];
  if (givenPolicy !== undefined && givenPolicy !== policy) {
    return forbidden(
      info,
      name,
      `the string value of PreemptionPolicy (${text(spec, 'preemptionPolicy')}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  spec['preemptionPolicy'] = policy;
  return undefined;
}

/** --default-not-ready-toleration-seconds and --default-unreachable-toleration-seconds. */
const TOLERATION_SECONDS = 300;

const DEFAULT_TOLERATIONS = deepFreeze(
  ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: TOLERATION_SECONDS,
  })),
);

function addDefaultTolerations(spec: Draft): undefined {
  const present = items(spec, 'tolerations');
  const added = DEFAULT_TOLERATIONS.filter(
    ({ key }) =>
      !present.some((toleration) => {
        const itsKey = text(toleration, 'key');
        const effect = text(toleration, 'effect');
        return (itsKey === key || itsKey === '') && (effect === 'NoExecute' || effect === '');
      }),
  );
  if (added.length > 0) spec['tolerations'] = [...present, ...added];
}

export function admitNode(node: Draft, options: AdmissionOptions): void {
  const spec = ensure(node, 'spec');
  if (!options.taintsNewNodes) return;
  const taints = items(spec, 'taints');
  const key = 'node.kubernetes.io/not-ready';
  if (taints.some((taint) => taint['key'] === key && taint['effect'] === 'NoSchedule')) return;
  spec['taints'] = [...taints, { key, effect: 'NoSchedule' }];
}
