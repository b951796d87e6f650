/**
 * Image triggers: workloads whose annotation image.openshift.io/triggers names an ImageStreamTag get its newest image.
 *
 * From: ImageStreams, Deployments, StatefulSets, DaemonSets. To: their pod templates. Copies
 * openshift-controller-manager pkg/image/controller/trigger and openshift/library-go pkg/image/trigger.
 */
import {
  type Deployment,
  type ImageStream,
  type Informer,
  type KubeObject,
  type ObjectReference,
  type PodTemplateSpec,
  isRecord,
  keyOf,
  splitKey,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, isSettled } from '../context.ts';
import { latestImage, streamTagOf } from './reference.ts';

const TRIGGERS_ANNOTATION = 'image.openshift.io/triggers';

const RESOURCES = ['deployments', 'statefulsets', 'daemonsets'] as const;

interface ImageTrigger {
  readonly from: ObjectReference;
  readonly fieldPath: string;
}

/** Any of the workloads: they all have a template. */
type Workload = KubeObject & { readonly spec: { readonly template: PodTemplateSpec } };

export function startImageTriggerController(context: ControllerContext): void {
  const streams: Informer<ImageStream> = context.informer('imagestreams');
  const informers = RESOURCES.map((resource) => context.informer<Workload>(resource));
  const queue = context.reconcile('imagetrigger', ['imagestreams', ...RESOURCES], sync);
  for (const [index, informer] of informers.entries()) {
    const add = (object: Workload): void => {
      if (triggersOf(object).length > 0) queue.add(`${RESOURCES[index] ?? ''}/${keyOf(object)}`);
    };
    informer.subscribe({ add, update: add });
  }
  const streamChanged = (stream: ImageStream): void => {
    const key = keyOf(stream);
    for (const [index, informer] of informers.entries()) {
      for (const object of informer.items.values()) {
        const own = object.metadata.namespace ?? 'default';
        const isTriggered = triggersOf(object).some(
          ({ from }) => streamTagOf(from, own).key === key,
        );
        if (isTriggered) queue.add(`${RESOURCES[index] ?? ''}/${keyOf(object)}`);
      }
    }
  };
  streams.subscribe({ add: streamChanged, update: streamChanged });

  function* sync(key: string): Proc<Outcome> {
    const slash = key.indexOf('/');
    const resource = key.slice(0, slash);
    const { namespace, name } = splitKey(key.slice(slash + 1));
    const object = context.informer<Workload>(resource).get(namespace, name);
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return 'done';
    const changed = withImages(object, (from) =>
      latestImage(streams, from, namespace ?? 'default'),
    );
    if (changed === undefined) return 'done';
    const response = yield* context.update(resource, changed);
    return isSettled(response) ? 'done' : 'retry';
  }
}

/** The triggers of the annotation; what cannot be read is none, as for a real cluster, which unmarshals all of them or none. */
export function readTriggers(text: string | undefined): readonly ImageTrigger[] {
  if (text === undefined) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(parsed)) return [];
  const triggers: ImageTrigger[] = [];
  for (const each of parsed as readonly unknown[]) {
    if (!isRecord(each) || !isRecord(each['from'])) continue;
    const { from, fieldPath = '', paused } = each;
    const { kind, name, namespace } = from as Record<string, unknown>;
    if (![kind, name, fieldPath].every((text) => typeof text === 'string')) return [];
    if (namespace !== undefined && typeof namespace !== 'string') return [];
    if (kind !== 'ImageStreamTag' || paused === true || paused === 'true') continue;
    triggers.push({
      from: {
        kind,
        name: name as string,
        ...(namespace === undefined || namespace === '' ? {} : { namespace }),
      },
      fieldPath: fieldPath as string,
    });
  }
  return triggers;
}

function triggersOf(object: KubeObject): readonly ImageTrigger[] {
  return readTriggers(object.metadata.annotations?.[TRIGGERS_ANNOTATION]);
}

/** `spec.template.spec.containers[?(@.name=="web")].image`, or with an index. */
const FIELD_PATH =
  /^spec\.template\.spec\.(containers|initContainers)\[(?:\?\(@\.name==["']([^"']+)["']\)|(\d+))\]\.image$/;

function withImages(
  object: Workload,
  latest: (from: ObjectReference) => { readonly dockerImageReference: string } | undefined,
): Workload | undefined {
  let { template } = object.spec;
  let isChanged = false;
  for (const { from, fieldPath } of triggersOf(object)) {
    const match = FIELD_PATH.exec(fieldPath);
    const image = latest(from)?.dockerImageReference;
    if (match === null || image === undefined) continue;
    const list = match[1] === 'initContainers' ? 'initContainers' : 'containers';
    const containers = (template.spec[list] ?? []).map((container, index) => {
      const isMeant =
        match[2] === undefined ? index === Number(match[3]) : container.name === match[2];
      if (!isMeant || container.image === image) return container;
      isChanged = true;
      return { ...container, image };
    });
    template = { ...template, spec: { ...template.spec, [list]: containers } };
  }
  if (!isChanged) return undefined;
  return { ...object, spec: { ...(object as unknown as Deployment).spec, template } };
}
