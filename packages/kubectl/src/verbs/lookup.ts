/**
 * The objects that TYPE, NAME, -l, -A or -f mean, fetched from the API. Goes on after a failure, as kubectl does.
 */
import { type KubeObject, isServed } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { type Failure, fail, hasReason, isFailure } from '../failure.ts';
import type { Flags } from '../flags.ts';
import { readManifests } from '../manifest.ts';
import { NO_RESOURCES, noSuchType, parseTargets } from '../resource-args.ts';
import type { Found, Session } from '../session.ts';

export interface Lookup {
  readonly found: readonly Found[];
  readonly failures: readonly Failure[];
  /** One object, asked for by its name. */
  readonly isSingle: boolean;
}

export interface LookupOptions {
  readonly args: readonly string[];
  readonly flags: Flags;
  /** `--all` stands for a selector that selects everything. */
  readonly isAll?: boolean;
  /** A kind without name or selector means all of it (`get`, `describe`). */
  readonly isAllByDefault?: boolean;
  readonly ignoreNotFound?: boolean;
  /** `--selector` means something else here. */
  readonly hasOwnSelector?: boolean;
  /** Files give the objects as the API has them, not as they are written. */
  readonly isLatest?: boolean;
}

export function* lookUp(session: Session, options: LookupOptions): Proc<Lookup | Failure> {
  const { args, flags } = options;
  const files = flags.list('filename');
  if (flags.text('kustomize') !== '') return fail('-k is not modelled: podwire has no kustomize');
  if (files.length > 0) {
    if (args.length > 0) {
      return fail(
        `when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well`,
      );
    }
    return yield* lookUpFiles(session, options, files);
  }
  if (args.length === 0) return fail(NO_RESOURCES);
  const targets = parseTargets(args);
  if (isFailure(targets)) return targets;
  const labelSelector = options.hasOwnSelector === true ? '' : flags.text('selector');
  const fieldSelector = flags.text('field-selector');
  const isSelecting = labelSelector !== '' || fieldSelector !== '' || options.isAll === true;
  const isEverywhere = flags.bool('all-namespaces');
  const namespace = isEverywhere ? undefined : session.namespace;
  const found: Found[] = [];
  const failures: Failure[] = [];
  for (const { info, names } of targets.targets) {
    if (!isServed(info, session.ctx.origins)) {
      // `all` means what the server has.
      if (args[0]?.split(',').includes('all') === true) continue;
      return noSuchType(info.plural);
    }
    if (names.length === 0) {
      if (!isSelecting && options.isAllByDefault !== true) {
        return fail('resource(s) were provided, but no name was specified');
      }
      const listed = yield* session.list(info, { namespace, labelSelector, fieldSelector });
      if (isFailure(listed)) failures.push(listed);
      else for (const object of listed.items) found.push({ info, object });
      continue;
    }
    if (isSelecting) return fail('name cannot be provided when a selector is specified');
    if (isEverywhere && info.isNamespaced) {
      return fail('a resource cannot be retrieved by name across all namespaces');
    }
    for (const name of names) {
      const object = yield* session.get(info, namespace, name);
      if (!isFailure(object)) found.push({ info, object });
      else if (options.ignoreNotFound !== true || !hasReason(object, 'NotFound')) {
        failures.push(object);
      }
    }
  }
  return { found, failures, isSingle: targets.isSingle };
}

function* lookUpFiles(
  session: Session,
  options: LookupOptions,
  files: readonly string[],
): Proc<Lookup | Failure> {
  const read = readManifests(session.ctx, files, {
    recursive: options.flags.bool('recursive'),
    isValidated: false,
  });
  const found: Found[] = [];
  const failures: Failure[] = [...read.failures];
  for (const { info, object } of read.manifests) {
    const namespace = object.metadata.namespace ?? session.namespace;
    if (options.isLatest === false) {
      found.push({
        info,
        object: withNamespace(object, info.isNamespaced ? namespace : undefined),
      });
      continue;
    }
    const latest = yield* session.get(info, namespace, object.metadata.name);
    if (!isFailure(latest)) found.push({ info, object: latest });
    else if (options.ignoreNotFound !== true || !hasReason(latest, 'NotFound'))
      failures.push(latest);
  }
  return { found, failures, isSingle: read.manifests.length === 1 };
}

export function withNamespace(object: KubeObject, namespace: string | undefined): KubeObject {
  if (namespace === undefined || object.metadata.namespace === namespace) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}
