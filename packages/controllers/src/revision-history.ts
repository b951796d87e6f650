/**
 * ControllerRevisions: the past templates of StatefulSets and DaemonSets.
 *
 * Copies pkg/controller/history: a revision's name is OWNER-HASH, equal data is one revision.
 */
import {
  type ControllerRevision,
  type Informer,
  type KubeObject,
  type PodTemplateSpec,
  compareText,
  controllerRef,
  jsonEqual,
  objectOf,
  reasonOf,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import type { ControllerContext } from './context.ts';
import { canonicalJson, safeHash } from './hash.ts';

type Owner = KubeObject & { readonly spec: { readonly template: PodTemplateSpec } };

/** The owner's revisions, oldest first; the informer is indexed by owner. */
export function revisionsOf(
  revisions: Informer<ControllerRevision>,
  owner: KubeObject,
): ControllerRevision[] {
  return [...revisions.byIndex('owner', owner.metadata.uid ?? '')].sort(
    (a, b) => a.revision - b.revision || compareText(a.metadata.name, b.metadata.name),
  );
}

/** The revision of the owner's present template; it is created, or moved to the newest place. */
export function* ensureRevision(
  context: ControllerContext,
  owner: Owner,
  existing: readonly ControllerRevision[],
  labels: Readonly<Record<string, string>> = {},
  hashLabel = 'controller.kubernetes.io/hash',
): Proc<ControllerRevision | undefined> {
  const data = { spec: { template: { ...owner.spec.template, $patch: 'replace' } } };
  const newest = existing.at(-1);
  const nextRevision = (newest?.revision ?? 0) + 1;
  const equal = existing.findLast((revision) => jsonEqual(revision.data, data));
  if (equal !== undefined) {
    if (equal === newest) return equal;
    const response = yield* context.update('controllerrevisions', {
      ...equal,
      revision: nextRevision,
    } as ControllerRevision);
    return objectOf<ControllerRevision>(response);
  }
  for (let collisions = 0; collisions < 8; collisions++) {
    const hash = safeHash(canonicalJson(data) + (collisions === 0 ? '' : String(collisions)));
    const wanted: ControllerRevision = {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `${owner.metadata.name}-${hash}`,
        namespace: owner.metadata.namespace ?? 'default',
        labels: { ...owner.spec.template.metadata?.labels, ...labels, [hashLabel]: hash },
        ownerReferences: [controllerRef(owner)],
      },
      data,
      revision: nextRevision,
    };
    const response = yield* context.create('controllerrevisions', wanted);
    const created = objectOf<ControllerRevision>(response);
    if (created !== undefined) return created;
    if (reasonOf(response) !== 'AlreadyExists') return undefined;
    const present = yield* context.request({
      verb: 'get',
      resource: 'controllerrevisions',
      namespace: owner.metadata.namespace ?? 'default',
      name: wanted.metadata.name,
    });
    const found = objectOf<ControllerRevision>(present);
    if (found !== undefined && jsonEqual(found.data, data)) return found;
  }
  return undefined;
}

/** The template that a revision remembers. */
export function templateOfRevision(revision: ControllerRevision): PodTemplateSpec | undefined {
  const data = revision.data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } };
  const template = data.spec?.template;
  if (template === undefined) return undefined;
  const { $patch: _patch, ...rest } = template;
  return rest;
}

/** Deletes revisions beyond the limit that nothing uses, the oldest first. */
export function* truncateHistory(
  context: ControllerContext,
  existing: readonly ControllerRevision[],
  inUse: ReadonlySet<string>,
  limit: number,
): Proc {
  const unused = existing.filter((revision) => !inUse.has(revision.metadata.name));
  for (const revision of unused.slice(0, Math.max(0, unused.length - limit))) {
    yield* context.delete('controllerrevisions', revision);
  }
}
