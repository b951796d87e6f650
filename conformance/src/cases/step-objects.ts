/**
 * Steps that change objects of the API, as a person does with kubectl.
 */
import type { Proc } from '@podwire/engine';
import { stringify } from 'yaml';
import { type CaseStep, isFields, textOf } from './case-file.ts';
import {
  type CaseRun,
  type Target,
  Unsupported,
  namespaceArgs,
  targetKind,
  targetsOf,
} from './case-run.ts';
import { type ManifestDocument, splitManifests } from './manifests.ts';
import { CHANGED, type StepOutcome, judged } from './step-outcome.ts';

/** Fields of an object, as a patch has them. */
export const PATCH_FIELDS: ReadonlySet<string> = new Set([
  'spec',
  'metadata',
  'data',
  'ports',
  'endpoints',
  'status',
  'addressType',
  'subsets',
  'stringData',
]);

/** Documents that the case's own manifests hold and that this step is about, by its `what`. */
export function documentsOf(
  run: { readonly entry: { readonly manifests?: string } },
  step: CaseStep,
): ManifestDocument[] {
  const own = step['manifest'] ?? step['manifests'] ?? step['object'] ?? step['objects'];
  if (own !== undefined) {
    const texts = (Array.isArray(own) ? own : [own]).map((item: unknown) =>
      typeof item === 'string' ? item : stringify(item),
    );
    return texts.flatMap((text) => splitManifests(text));
  }
  const all = splitManifests(run.entry.manifests ?? '');
  const what = typeof step['what'] === 'string' ? step['what'] : '';
  const chosen = chooseDocuments(what);
  return chosen === undefined ? [] : all.filter(chosen);
}

/** "the same Service", "Service a", "the same manifests again". */
export function chooseDocuments(
  what: string,
): ((document: ManifestDocument) => boolean) | undefined {
  const words = what.trim().replace(/ again$/, '');
  if (/^(?:|all|everything|(?:the )?same|(?:the )?manifests?|the same manifests?)$/.test(words))
    return () => true;
  const sameKind = /^the same (\w+)$/.exec(words)?.[1];
  if (sameKind !== undefined) return ({ kind }) => kind.toLowerCase() === sameKind.toLowerCase();
  const named = /^(?:the )?(\w+) ([\w.-]+\/)?([\w.-]+)$/.exec(words);
  if (named === null) return undefined;
  const namespace = named[2]?.slice(0, -1);
  return (document) =>
    document.kind.toLowerCase() === named[1]?.toLowerCase() &&
    document.name === named[3] &&
    (namespace === undefined || document.namespace === namespace);
}

const HOW = /^kubectl (create|apply|replace)((?: --[\w-]+(?:=\S+)?)*)(?: -f(?: (?:FILE|-))?)?$/;

export function applyProblem(step: CaseStep): string | undefined {
  const { how, what } = step;
  if (how !== undefined && !HOW.test(textOf(how)))
    return `the way "${textOf(how)}" to apply is not understood`;
  if (what !== undefined && chooseDocuments(textOf(what)) === undefined) {
    return `what is applied, "${textOf(what)}", is not understood`;
  }
  return undefined;
}

export function* apply(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const documents = documentsOf(run, step);
  if (documents.length === 0) throw new Unsupported(`the step ${step.do} has nothing to apply`);
  const match = HOW.exec(textOf(step['how'] ?? ''));
  const verb =
    match?.[1] ?? (step.do === 'edit' ? 'apply' : step.do === 'update' ? 'replace' : step.do);
  const flags = (match?.[2] ?? '').split(' ').filter((word) => word !== '');
  const result = yield* run.kubectlFile([verb, ...flags], documents);
  const hasPods = documents.some(({ kind }) => POD_MAKERS.has(kind));
  return yield* judged(run, step, result, hasPods ? 'pods' : 'rules', targetOfDocument(documents));
}

const POD_MAKERS = new Set([
  'Pod',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ReplicationController',
]);

export function targetOfDocument(documents: readonly ManifestDocument[]): Target | undefined {
  const [document] = documents;
  if (document === undefined || documents.length > 1) return undefined;
  const info = targetKind(document.kind);
  if (info === undefined) return undefined;
  const { name, namespace, kind } = document;
  return {
    resource: info.plural,
    kind,
    name,
    namespace: info.isNamespaced ? namespace : undefined,
  };
}

/** An update without documents changes fields of an object. */
export function* update(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const hasFields = Object.keys(step).some((key) => PATCH_FIELDS.has(key));
  return hasFields ? yield* patch(run, step) : yield* apply(run, step);
}

export function* patch(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const [target] = targetsOf(step);
  if (target === undefined) throw new Unsupported('the step patch names no object');
  const {
    patch: own,
    type,
    subresource,
  } = step as { readonly patch?: unknown; readonly type?: unknown; readonly subresource?: unknown };
  const fields = Object.fromEntries(Object.entries(step).filter(([key]) => PATCH_FIELDS.has(key)));
  const body = typeof own === 'string' ? own : JSON.stringify(own ?? fields);
  const isStatus = own === undefined && Object.keys(fields).join() === 'status';
  const how = type === undefined ? [] : [`--type=${textOf(type)}`];
  const part =
    subresource === undefined
      ? isStatus
        ? ['--subresource=status']
        : []
      : [`--subresource=${textOf(subresource)}`];
  const result = yield* run.kubectl([
    'patch',
    target.resource,
    target.name,
    ...namespaceArgs(target),
    ...how,
    ...part,
    '-p',
    body,
  ]);
  return yield* judged(run, step, result, POD_MAKERS.has(target.kind) ? 'pods' : 'rules', target);
}

export function* remove(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const { gracePeriod, force } = step as {
    readonly gracePeriod?: unknown;
    readonly force?: unknown;
  };
  const flags = ['--wait=false'];
  if (gracePeriod !== undefined) flags.push(`--grace-period=${textOf(gracePeriod)}`);
  if (force === true || gracePeriod === 0) flags.push('--force');
  const documents = 'manifest' in step || 'manifests' in step ? documentsOf(run, step) : [];
  const targets = targetsOf(step);
  if (documents.length === 0 && targets.length === 0)
    throw new Unsupported('the step delete names no object');
  let outcome: StepOutcome = CHANGED;
  if (documents.length > 0) {
    outcome = yield* judged(
      run,
      step,
      yield* run.kubectlFile(['delete', ...flags], documents),
      'rules',
    );
  }
  for (const target of targets) {
    const result = yield* run.kubectl([
      'delete',
      target.resource,
      target.name,
      ...namespaceArgs(target),
      ...flags,
    ]);
    const one = yield* judged(run, step, result, 'rules', target);
    if (one.problems.length > 0 || outcome === CHANGED) outcome = one;
  }
  return outcome;
}

export function* scale(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const [target] = targetsOf(step);
  const count = step['replicas'] ?? step['to'];
  if (target === undefined || count === undefined)
    throw new Unsupported('the step scale lacks object or replicas');
  const result = yield* run.kubectl([
    'scale',
    target.resource,
    target.name,
    ...namespaceArgs(target),
    `--replicas=${textOf(count)}`,
  ]);
  return yield* judged(run, step, result, 'pods', target);
}

/** `{key: value}`, or names alone; null takes the label off. */
export function labelWords(value: unknown, isRemoved: boolean): string[] {
  if (Array.isArray(value)) return value.map((name) => `${textOf(name)}-`);
  if (!isFields(value)) return [`${textOf(value)}${isRemoved ? '-' : ''}`];
  return Object.entries(value).map(([name, text]) =>
    isRemoved || text === null ? `${name}-` : `${name}=${textOf(text)}`,
  );
}

export function* markAll(
  run: CaseRun,
  step: CaseStep,
  verb: string,
  words: readonly string[],
): Proc<StepOutcome> {
  const targets = targetsOf(step);
  let outcome: StepOutcome = CHANGED;
  for (const target of targets) {
    const result = yield* run.kubectl([
      verb,
      '--overwrite',
      target.resource,
      target.name,
      ...namespaceArgs(target),
      ...words,
    ]);
    outcome = yield* judged(run, step, result, 'rules', target);
    if (outcome.problems.length > 0) return outcome;
  }
  if (targets.length === 0) throw new Unsupported(`the step ${step.do} names no object`);
  return outcome;
}

export function* label(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  return yield* markAll(run, step, 'label', labelWords(step['labels'], false));
}

export function* unlabel(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  return yield* markAll(run, step, 'label', labelWords(step['labels'], true));
}

export function* annotate(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  return yield* markAll(run, step, 'annotate', labelWords(step['annotations'], false));
}

export function* nodeVerb(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const extra =
    step.do === 'drain' ? ['--ignore-daemonsets', '--force', '--delete-emptydir-data'] : [];
  const result = yield* run.kubectl([step.do, textOf(step['node']), ...extra]);
  return yield* judged(run, step, result, 'pods');
}

export function* taint(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const taints = [step['taint'], step['taints']].flat().filter((word) => word !== undefined);
  const result = yield* run.kubectl([
    'taint',
    'node',
    textOf(step['node']),
    ...taints.map(String),
    '--overwrite',
  ]);
  return yield* judged(run, step, result, 'pods');
}
