/**
 * Creating, deleting, adopting and releasing pods for a workload, with the events that tell of it.
 */
import { deepFreeze } from '@podwire/base';
import {
  type ApiResponse,
  type EventRecorder,
  type KubeObject,
  type OwnerReference,
  type Pod,
  type PodTemplateSpec,
  type Selector,
  controllerOf,
  controllerRef,
  isOk,
  messageOf,
  objectOf,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import type { ControllerContext } from './context.ts';
import { LabelTest } from './owner-index.ts';

/** The pod that a template makes for its owner; the name is generated from the owner's. */
export function podFromTemplate(
  owner: KubeObject,
  template: PodTemplateSpec,
  prefix: string = `${owner.metadata.name}-`,
): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: prefix,
      namespace: owner.metadata.namespace ?? 'default',
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      // Frozen, so that all pods of the template share it.
      ownerReferences: deepFreeze([controllerRef(owner)]),
    },
    // A copy: the API server completes the spec of a new pod.
    spec: { ...template.spec },
  };
}

/** Creates a pod and tells the owner's events; the namespace going away is no news. */
export function* createPod(
  context: ControllerContext,
  recorder: EventRecorder,
  owner: KubeObject,
  pod: Pod,
): Proc<ApiResponse> {
  const response = yield* context.create('pods', pod);
  const created = objectOf<Pod>(response);
  if (created !== undefined) {
    recorder.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
  } else if (!isNamespaceTerminating(response)) {
    recorder.event(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(response)}`);
  }
  return response;
}

export function* deletePod(
  context: ControllerContext,
  recorder: EventRecorder,
  owner: KubeObject,
  pod: Pod,
): Proc<ApiResponse> {
  const response = yield* context.delete('pods', pod);
  if (isOk(response)) {
    recorder.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
  } else if (response.code !== 404) {
    recorder.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(response)}`);
  }
  return response;
}

export function isNamespaceTerminating(response: ApiResponse): boolean {
  return response.code === 403 && messageOf(response).endsWith('because it is being terminated');
}

/**
 * The objects that belong to the owner: it adopts orphans that match and releases its own that don't.
 * Copies PodControllerRefManager.ClaimPods.
 */
export function* claim<T extends KubeObject>(
  context: ControllerContext,
  resource: string,
  owner: KubeObject,
  selector: Selector,
  candidates: readonly T[],
): Proc<T[]> {
  const claimed: T[] = [];
  const { uid, deletionTimestamp } = owner.metadata;
  const test = new LabelTest(selector);
  for (const candidate of candidates) {
    const controller = controllerOf(candidate);
    const matches = test.matches(candidate.metadata.labels);
    if (controller !== undefined) {
      if (controller.uid !== uid) continue;
      if (matches) claimed.push(candidate);
      else if (deletionTimestamp === undefined) yield* release(context, resource, candidate, uid);
      continue;
    }
    if (!matches || deletionTimestamp !== undefined) continue;
    if (candidate.metadata.deletionTimestamp !== undefined) continue;
    const adopted = yield* adopt(context, resource, owner, candidate);
    if (adopted !== undefined) claimed.push(adopted);
  }
  return claimed;
}

function* adopt<T extends KubeObject>(
  context: ControllerContext,
  resource: string,
  owner: KubeObject,
  orphan: T,
): Proc<T | undefined> {
  const references: OwnerReference[] = [controllerRef(owner)];
  const response = yield* context.patch(resource, orphan, {
    metadata: { uid: orphan.metadata.uid, ownerReferences: references },
  });
  return objectOf<T>(response);
}

function* release(
  context: ControllerContext,
  resource: string,
  object: KubeObject,
  ownerUid: string | undefined,
): Proc {
  yield* context.patch(resource, object, {
    metadata: {
      uid: object.metadata.uid,
      ownerReferences: [{ $patch: 'delete', uid: ownerUid }],
    },
  });
}
