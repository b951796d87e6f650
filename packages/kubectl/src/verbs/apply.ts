/**
 * `kubectl apply`: makes each object of the files be as written, remembering what was written.
 */
import {
  type ApiRequest,
  type KubeObject,
  apiVersionOf,
  matchesSelector,
  parseSelector,
  qualifiedResource,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { LAST_APPLIED, applyPatch, lastAppliedOf, withLastApplied } from '../apply.ts';
import {
  ALL_NAMESPACES_FLAG,
  type Command,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  FILENAME_FLAGS,
  PRINT_FLAGS,
  SELECTOR_FLAG,
  VALIDATE_FLAG,
} from '../command.ts';
import { type Failure, addSource, fail, hasReason, isFailure } from '../failure.ts';
import { boolFlag } from '../flags.ts';
import { compactJson } from '../json-value.ts';
import { type Manifest, readManifests } from '../manifest.ts';
import { type Printed, printedOf } from '../printed.ts';
import { type Call, type DryRun, type Session, dryRunOf, scope } from '../session.ts';
import { withNamespace } from './lookup.ts';

/** How often a patch is tried when the object changes meanwhile (kubectl's maxPatchRetry). */
const MAX_PATCH_TRIES = 5;

const NOT_MODELLED = 'is not modelled';

export const applyCommand: Command = {
  path: 'apply',
  flags: [
    ...PRINT_FLAGS,
    ...FILENAME_FLAGS,
    SELECTOR_FLAG,
    ALL_NAMESPACES_FLAG,
    DRY_RUN_FLAG,
    FIELD_MANAGER_FLAG,
    VALIDATE_FLAG,
    boolFlag('server-side'),
    boolFlag('force-conflicts'),
    boolFlag('overwrite', undefined, 'true'),
    boolFlag('all'),
    { ...boolFlag('prune'), refusal: `--prune ${NOT_MODELLED}; use delete` },
    { ...boolFlag('force'), refusal: `apply --force ${NOT_MODELLED}; use replace or delete` },
    boolFlag('wait'),
  ],
  check(call: Call): Failure | undefined {
    const { flags, args } = call;
    if (flags.text('kustomize') !== '') return fail(`-k ${NOT_MODELLED}: podwire has no kustomize`);
    if (args.length > 0)
      return fail(
        `Unexpected args: [${args.join(' ')}]\nSee 'kubectl apply -h' for help and examples`,
      );
    if (flags.list('filename').length === 0) return fail('must specify one of -f and -k');
    const dryRun = dryRunOf(flags);
    if (isFailure(dryRun)) return dryRun;
    if (flags.bool('force-conflicts') && !flags.bool('server-side')) {
      return fail('--force-conflicts only works with --server-side');
    }
    if (flags.bool('server-side') && dryRun === 'client') {
      return fail(
        "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
      );
    }
    return undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const { flags } = call;
    const dryRun = dryRunOf(flags);
    if (isFailure(dryRun)) return session.failed(dryRun);
    const printed = printedOf(session, flags, dryRun, true);
    if (isFailure(printed)) return session.failed(printed);
    const selector = parseSelector(flags.text('selector'));
    if (typeof selector === 'string') return session.failed(fail(selector));
    const { manifests, failures: bad } = readManifests(session.ctx, flags.list('filename'), {
      recursive: flags.bool('recursive'),
      isValidated: true,
    });
    const failures: Failure[] = [...bad];
    const chosen = manifests.filter(({ object }) =>
      matchesSelector(selector, object.metadata.labels),
    );
    if (chosen.length === 0 && failures.length === 0) {
      return session.failed(fail('no objects passed to apply'));
    }
    for (const manifest of chosen) {
      const problem = flags.bool('server-side')
        ? yield* applyOnServer(session, call, manifest, dryRun, printed)
        : yield* applyOne(session, call, manifest, dryRun, printed);
      if (problem !== undefined) failures.push(problem);
    }
    const problem = printed.finish();
    if (problem !== undefined) failures.push(problem);
    return failures.length === 0 ? 0 : session.failed(...failures);
  },
};

/** The manifest with the namespace that it goes to. */
export function placed(session: Session, manifest: Manifest): KubeObject | Failure {
  const { info, object } = manifest;
  if (!info.isNamespaced) return object;
  const own = object.metadata.namespace ?? '';
  if (own !== '' && session.isNamespaceGiven && own !== session.namespace) {
    return fail(
      `the namespace from the provided object ${JSON.stringify(own)} does not match the namespace ${JSON.stringify(session.namespace)}. You must pass '--namespace=${own}' to perform this operation.`,
    );
  }
  return withNamespace(object, own === '' ? session.namespace : own);
}

function validationOf(call: Call): 'Strict' | 'Warn' | 'Ignore' {
  const text = call.flags.text('validate');
  if (text === 'warn') return 'Warn';
  return text === 'false' || text === 'ignore' ? 'Ignore' : 'Strict';
}

/** Of requests that write what a file says. */
export function writeQuery(call: Call, dryRun: DryRun): NonNullable<ApiRequest['query']> {
  return {
    fieldValidation: validationOf(call),
    ...(dryRun === 'server' ? { dryRun: 'All' } : {}),
  };
}

function* applyOne(
  session: Session,
  call: Call,
  manifest: Manifest,
  dryRun: DryRun,
  printed: Printed,
): Proc<Failure | undefined> {
  const { info, source } = manifest;
  const object = placed(session, manifest);
  if (isFailure(object)) return object;
  const { name, namespace } = object.metadata;
  if (name === undefined || name === '') {
    const { generateName } = object.metadata;
    return generateName === undefined
      ? fail(
          `error when retrieving current configuration of:\nResource: "${apiVersionOf(info)}, Resource=${info.plural}", GroupVersionKind: "${apiVersionOf(info)}, Kind=${info.kind}"\nName: "", Namespace: "${namespace ?? ''}"\nfrom server for: ${JSON.stringify(source)}: resource name may not be empty`,
        )
      : fail(`from ${generateName}: cannot use generate name with apply`);
  }
  const modified = withLastApplied(object);
  const manager = call.flags.text('field-manager') || 'kubectl-client-side-apply';
  let current = yield* session.get(info, namespace, name);
  if (isFailure(current)) {
    if (!hasReason(current, 'NotFound')) return retrievalFailure(manifest, object, current);
    if (dryRun === 'client') return printed.done(info, modified, 'created');
    const created = yield* session.requestObject({
      verb: 'create',
      resource: qualifiedResource(info),
      ...scope(info, namespace),
      body: modified,
      query: writeQuery(call, dryRun),
      fieldManager: manager,
    });
    if (isFailure(created)) return addSource('creating', source, created);
    return printed.done(info, created, 'created');
  }
  warnBeforePatch(session, info.plural, current);
  if (dryRun === 'client') return printed.done(info, current, 'configured');
  for (let attempt = 1; ; attempt++) {
    const patch = applyPatch(info, lastAppliedOf(current), modified, current);
    if (Object.keys(patch).length === 0) return printed.done(info, current, 'unchanged');
    const patched: KubeObject | Failure = yield* session.requestObject({
      verb: 'patch',
      resource: qualifiedResource(info),
      ...scope(info, namespace),
      name,
      body: patch,
      patchType: 'strategic-merge-patch',
      query: writeQuery(call, dryRun),
      fieldManager: manager,
    });
    if (!isFailure(patched)) return printed.done(info, patched, 'configured');
    if (!hasReason(patched, 'Conflict') || attempt >= MAX_PATCH_TRIES) {
      return patchFailure(manifest, object, compactJson(patch), patched);
    }
    current = yield* session.get(info, namespace, name);
    if (isFailure(current)) return retrievalFailure(manifest, object, current);
  }
}

function warnBeforePatch(session: Session, plural: string, current: KubeObject): void {
  const { name, deletionTimestamp } = current.metadata;
  if (lastAppliedOf(current) === undefined) {
    session.err(
      `Warning: resource ${plural}/${name} is missing the ${LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    );
  }
  if (deletionTimestamp !== undefined) {
    session.err(
      `Warning: Detected changes to resource ${name} which is currently being deleted.\n`,
    );
  }
}

/** How kubectl describes the object in the long errors of apply (resource.Info's String). */
function infoText({ info }: Manifest, object: KubeObject): string {
  const gv = apiVersionOf(info);
  const { name, namespace = '' } = object.metadata;
  return `Resource: "${gv}, Resource=${info.plural}", GroupVersionKind: "${gv}, Kind=${info.kind}"\nName: ${JSON.stringify(name)}, Namespace: ${JSON.stringify(namespace)}`;
}

function retrievalFailure(manifest: Manifest, object: KubeObject, failure: Failure): Failure {
  return addSource(
    `retrieving current configuration of:\n${infoText(manifest, object)}\nfrom server for:`,
    manifest.source,
    failure,
  );
}

function patchFailure(
  manifest: Manifest,
  object: KubeObject,
  patch: string,
  failure: Failure,
): Failure {
  return addSource(
    `applying patch:\n${patch}\nto:\n${infoText(manifest, object)}\nfor:`,
    manifest.source,
    addSource('patching', manifest.source, failure),
  );
}

const CONFLICT_ADVICE = `Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;

function* applyOnServer(
  session: Session,
  call: Call,
  manifest: Manifest,
  dryRun: DryRun,
  printed: Printed,
): Proc<Failure | undefined> {
  const { info } = manifest;
  const object = placed(session, manifest);
  if (isFailure(object)) return object;
  const applied = yield* session.requestObject({
    verb: 'patch',
    resource: qualifiedResource(info),
    ...scope(info, object.metadata.namespace),
    name: object.metadata.name,
    body: object,
    patchType: 'apply-patch',
    query: { ...writeQuery(call, dryRun), force: call.flags.bool('force-conflicts') },
    fieldManager: call.flags.text('field-manager') || 'kubectl',
  });
  if (!isFailure(applied)) return printed.done(info, applied, 'serverside-applied');
  if (hasReason(applied, 'Conflict')) return fail(`${applied.message}\n${CONFLICT_ADVICE}`);
  return applied;
}
