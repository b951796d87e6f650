/**
 * What a DELETE does: removes the object, marks it, or nothing (registry/rest BeforeDelete, registry/generic Store.Delete).
 */
import type { DeleteOptions, KubeObject } from './types/meta.ts';
import type { KindInfo } from './scheme.ts';
import type { Namespace } from './types/namespace.ts';
import type { Pod } from './types/pod.ts';
import { NS_PER_SEC } from '@podwire/base';
import { formatTime, parseTime } from './time.ts';

export type Deletion =
  | { readonly kind: 'remove' }
  /** It goes on as it is: a deletion is under way already. */
  | { readonly kind: 'keep' }
  | { readonly kind: 'mark'; readonly object: KubeObject };

/** core/v1 DefaultTerminationGracePeriodSeconds. */
const GRACE_SECONDS = 30;

export function decideDeletion(
  info: KindInfo,
  old: KubeObject,
  options: DeleteOptions,
  nowNs: number,
): Deletion {
  if (info.kind === 'Namespace') return decideNamespace(old as Namespace, nowNs);
  const finalizers = finalizersAfter(old, options);
  const graceSeconds = info.kind === 'Pod' ? podGrace(old as Pod, options) : 0;
  const meta = old.metadata;
  if (meta.deletionTimestamp !== undefined) {
    return decideAgain(old, options, graceSeconds, finalizers, nowNs);
  }
  if (graceSeconds === 0 && finalizers.length === 0) return { kind: 'remove' };
  return {
    kind: 'mark',
    object: marked(old, nowNs + graceSeconds * NS_PER_SEC, graceSeconds, finalizers),
  };
}

/** A second DELETE may only shorten the grace period. */
function decideAgain(
  old: KubeObject,
  options: DeleteOptions,
  graceSeconds: number,
  finalizers: readonly string[],
  nowNs: number,
): Deletion {
  const present = old.metadata.deletionGracePeriodSeconds ?? 0;
  const isShorter = options.gracePeriodSeconds !== undefined && graceSeconds < present;
  if (graceSeconds === 0 && finalizers.length === 0 && (isShorter || present === 0)) {
    return { kind: 'remove' };
  }
  const isSameFinalizers = finalizers.join() === (old.metadata.finalizers ?? []).join();
  if (!isShorter && isSameFinalizers) return { kind: 'keep' };
  const atNs = parseTime(old.metadata.deletionTimestamp ?? '') ?? nowNs;
  const newGrace = isShorter ? graceSeconds : present;
  return {
    kind: 'mark',
    object: marked(old, atNs - (present - newGrace) * NS_PER_SEC, newGrace, finalizers),
  };
}

function marked(
  old: KubeObject,
  deletionNs: number,
  graceSeconds: number,
  finalizers: readonly string[],
): KubeObject {
  const { finalizers: _, ...meta } = old.metadata;
  return {
    ...old,
    metadata: {
      ...meta,
      ...(meta.generation === undefined ? {} : { generation: meta.generation + 1 }),
      deletionTimestamp: formatTime(deletionNs),
      deletionGracePeriodSeconds: graceSeconds,
      ...(finalizers.length === 0 ? {} : { finalizers }),
    },
  };
}

/** A pod that no kubelet runs, or that has ended, needs no grace (pod strategy CheckGracefulDelete). */
function podGrace(pod: Pod, options: DeleteOptions): number {
  const asked =
    options.gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? GRACE_SECONDS;
  const phase = pod.status?.phase;
  if (pod.spec.nodeName === undefined || phase === 'Failed' || phase === 'Succeeded') return 0;
  return asked < 0 ? 1 : asked;
}

/** The finalizers of the garbage collector follow the propagation policy. */
function finalizersAfter(old: KubeObject, options: DeleteOptions): readonly string[] {
  const present = old.metadata.finalizers ?? [];
  const policy = options.propagationPolicy;
  if (policy === undefined) return present;
  const others = present.filter((each) => each !== 'orphan' && each !== 'foregroundDeletion');
  if (policy === 'Orphan') return [...others, 'orphan'];
  if (policy === 'Foreground') return [...others, 'foregroundDeletion'];
  return others;
}

/** A namespace waits in Terminating until the namespace controller has emptied and finalised it. */
function decideNamespace(namespace: Namespace, nowNs: number): Deletion {
  const isWaiting = (namespace.spec?.finalizers ?? []).length > 0;
  if (namespace.metadata.deletionTimestamp === undefined) {
    const object: Namespace = {
      ...namespace,
      metadata: { ...namespace.metadata, deletionTimestamp: formatTime(nowNs) },
      status: { ...namespace.status, phase: 'Terminating' },
    };
    return { kind: 'mark', object };
  }
  return isWaiting ? { kind: 'keep' } : { kind: 'remove' };
}

/** Whether a write was the last that a deletion waited for (ShouldDeleteDuringUpdate). */
export function needsRemoval(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers ?? []).length > 0) return false;
  if (object.kind === 'Namespace')
    return ((object as Namespace).spec?.finalizers ?? []).length === 0;
  return (deletionGracePeriodSeconds ?? 0) === 0;
}
