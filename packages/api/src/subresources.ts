/**
 * The subresources with a meaning of their own: binding, eviction, scale.
 */
import type { ApiRequest, ApiResponse } from './request.ts';
import type { DeleteOptions, KubeObject, LabelSelector, Status, StringMap } from './types/meta.ts';
import type { Pod } from './types/pod.ts';
import type { PodDisruptionBudget } from './types/poddisruptionbudget.ts';
import type { Scale } from './types/subresource.ts';
import type { KindInfo } from './scheme.ts';
import type { Store } from './store.ts';
import { decodeStruct, isRecord } from './codec.ts';
import { badRequest, conflict, failure, invalid, tooManyRequests } from './errors.ts';
import { formatSelector, matchesSelector, selectorOf, selectorOfMap } from './selector.ts';
import { formatTime } from './time.ts';
import { invalidValue, required } from './validate/field-error.ts';

/** POST pods/NAME/binding: gives the pod its node and says so in its conditions. */
export function bindPod(
  info: KindInfo,
  object: KubeObject,
  request: ApiRequest,
  nowNs: number,
  put: (object: KubeObject) => KubeObject,
): ApiResponse {
  const pod = object as Pod;
  const body = isRecord(request.body) ? request.body : {};
  const target = isRecord(body['target']) ? body['target'] : {};
  const node = typeof target['name'] === 'string' ? target['name'] : '';
  const name = pod.metadata.name;
  const refuse = (why: string): ApiResponse => {
    const response = conflict(info, name, why);
    const subject = `Operation cannot be fulfilled on pods/binding ${JSON.stringify(name)}: ${why}`;
    return { ...response, body: { ...(response.body as Status), message: subject } };
  };
  if (node === '') return invalid('', 'Binding', name, [required('target.name')]);
  const meta = isRecord(body['metadata']) ? body['metadata'] : {};
  if (typeof meta['uid'] === 'string' && meta['uid'] !== '' && meta['uid'] !== pod.metadata.uid) {
    return conflict(
      info,
      name,
      `Precondition failed: UID in precondition: ${meta['uid']}, UID in object meta: ${pod.metadata.uid ?? ''}`,
    );
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    return refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (pod.spec.nodeName !== undefined) {
    return refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  }
  if ((pod.spec.schedulingGates ?? []).length > 0) {
    return refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  }
  const others = (pod.status?.conditions ?? []).filter((each) => each.type !== 'PodScheduled');
  const annotations = isRecord(meta['annotations']) ? meta['annotations'] : undefined;
  const bound: Pod = {
    ...pod,
    metadata: {
      ...pod.metadata,
      generation: (pod.metadata.generation ?? 0) + 1,
      ...(annotations === undefined
        ? {}
        : {
            annotations: {
              ...pod.metadata.annotations,
              ...(annotations as { [key: string]: string }),
            },
          }),
    },
    spec: { ...pod.spec, nodeName: node },
    status: {
      ...pod.status,
      conditions: [
        ...others,
        { type: 'PodScheduled', status: 'True', lastTransitionTime: formatTime(nowNs) },
      ],
    },
  };
  put(bound);
  return success(201);
}

/** POST pods/NAME/eviction: a deletion that asks the disruption budgets first. */
export function evictPod(
  store: Store,
  object: KubeObject,
  request: ApiRequest,
  remove: (options: DeleteOptions) => ApiResponse,
): ApiResponse {
  const pod = object as Pod;
  const body = isRecord(request.body) ? request.body : {};
  const options = isRecord(body['deleteOptions']) ? (body['deleteOptions'] as DeleteOptions) : {};
  const phase = pod.status?.phase;
  const isFree =
    phase === 'Pending' ||
    phase === 'Succeeded' ||
    phase === 'Failed' ||
    pod.metadata.deletionTimestamp !== undefined;
  if (!isFree) {
    const refused = askBudgets(store, pod, request.query?.dryRun === 'All');
    if (refused !== undefined) return refused;
  }
  const result = remove(options);
  return result.code >= 200 && result.code < 300 ? success(201) : result;
}

function askBudgets(store: Store, pod: Pod, isDry: boolean): ApiResponse | undefined {
  const budgets = (
    store.list('poddisruptionbudgets', pod.metadata.namespace) as readonly PodDisruptionBudget[]
  ).filter((budget) => matchesSelector(selectorOf(budget.spec.selector), pod.metadata.labels));
  const [budget, second] = budgets;
  if (budget === undefined) return undefined;
  if (second !== undefined) {
    return failure(
      500,
      'InternalError',
      'Internal error occurred: This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  const status = budget.status;
  const isReady = (pod.status?.conditions ?? []).some(
    (each) => each.type === 'Ready' && each.status === 'True',
  );
  if (!isReady) {
    const policy = budget.spec.unhealthyPodEvictionPolicy;
    if (policy === 'AlwaysAllow') return undefined;
    if (
      (status?.currentHealthy ?? 0) >= (status?.desiredHealthy ?? 0) &&
      (status?.desiredHealthy ?? 0) > 0
    ) {
      return undefined;
    }
  }
  const allowed = status?.disruptionsAllowed ?? 0;
  const name = budget.metadata.name;
  if ((status?.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) {
    return tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${name} is still being processed by the server.`,
      },
    ]);
  }
  if (allowed <= 0) {
    return tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${name} needs ${status?.desiredHealthy ?? 0} healthy pods and has ${status?.currentHealthy ?? 0} currently`,
      },
    ]);
  }
  if (!isDry && status !== undefined) {
    const counted: PodDisruptionBudget = {
      ...budget,
      status: { ...status, disruptionsAllowed: allowed - 1 },
    };
    store.put('poddisruptionbudgets', counted);
  }
  return undefined;
}

interface Scalable extends KubeObject {
  readonly spec: { readonly replicas?: number; readonly selector?: LabelSelector | StringMap };
  readonly status?: { readonly replicas?: number };
}

/** The Scale of a Deployment, ReplicaSet, StatefulSet, ReplicationController or DeploymentConfig. */
export function readScale(object: KubeObject): Scale {
  const { spec, status, metadata } = object as Scalable;
  const hasMapSelector = ['ReplicationController', 'DeploymentConfig'].includes(object.kind);
  const selector = hasMapSelector
    ? selectorOfMap(spec.selector as StringMap | undefined)
    : selectorOf(spec.selector as LabelSelector | undefined);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: (spec.replicas ?? 0) === 0 ? {} : { replicas: spec.replicas ?? 0 },
    status: {
      replicas: status?.replicas ?? 0,
      selector: formatSelector(selector),
    },
  };
}

/** The object with the replicas of a Scale body; or why the Scale is refused. */
export function scaleToObject(
  info: KindInfo,
  old: KubeObject,
  body: unknown,
): KubeObject | ApiResponse {
  const { value, problems } = decodeStruct('Scale', body);
  const wrong = problems.find((problem) => problem.kind === 'type');
  if (wrong !== undefined) {
    return badRequest(`Scale in version "v1" cannot be handled as a Scale: ${wrong.text}`);
  }
  const scale = value as Scale;
  const replicas = scale.spec?.replicas ?? 0;
  const { name } = old.metadata;
  if (replicas < 0) {
    return invalid('autoscaling', 'Scale', name, [
      invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
    ]);
  }
  const given = scale.metadata?.resourceVersion;
  if (given !== undefined && given !== '' && given !== old.metadata.resourceVersion) {
    return conflict(
      info,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
  const scalable = old as Scalable;
  return {
    ...old,
    metadata: { ...old.metadata },
    spec: { ...scalable.spec, replicas },
  } as KubeObject;
}

function success(code: number): ApiResponse {
  const body: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    code,
  };
  return { code, body };
}
