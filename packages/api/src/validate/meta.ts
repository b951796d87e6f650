/**
 * metadata: names, labels, annotations, owners, and what an update may not change (ValidateObjectMeta).
 */
import type { KubeObject, LabelSelector, ObjectMeta, StringMap } from '../types/meta.ts';
import { compareText, jsonEqual } from '../object.ts';
import { labelKeyProblems, labelValueProblems } from '../selector.ts';
import { type FieldError, forbiddenField, invalidValue, required } from './field-error.ts';
import { IMMUTABLE, type NameRule, dns1123Label, each } from './names.ts';

/** apimachinery TotalAnnotationSizeLimitB. */
const ANNOTATIONS_BYTES_MAX = 256 * 1024;

export function validateMeta(
  meta: ObjectMeta,
  isNamespaced: boolean,
  nameRule: NameRule,
  path = 'metadata',
): FieldError[] {
  const found: FieldError[] = [];
  if (meta.generateName !== undefined && meta.generateName !== '') {
    found.push(
      ...each(`${path}.generateName`, meta.generateName, nameRule(meta.generateName, true)),
    );
  }
  if (meta.name === undefined || meta.name === '') {
    found.push(required(`${path}.name`, 'name or generateName is required'));
  } else {
    found.push(...each(`${path}.name`, meta.name, nameRule(meta.name, false)));
  }
  if (isNamespaced) {
    if (meta.namespace === undefined || meta.namespace === '') {
      found.push(required(`${path}.namespace`));
    } else {
      found.push(...each(`${path}.namespace`, meta.namespace, dns1123Label(meta.namespace, false)));
    }
  } else if (meta.namespace !== undefined && meta.namespace !== '') {
    found.push(forbiddenField(`${path}.namespace`, 'not allowed on this type'));
  }
  if (meta.generation !== undefined && meta.generation < 0) {
    found.push(
      invalidValue(`${path}.generation`, meta.generation, 'must be greater than or equal to 0'),
    );
  }
  found.push(...validateLabels(meta.labels, `${path}.labels`));
  found.push(...validateAnnotations(meta.annotations, `${path}.annotations`));
  found.push(...validateOwners(meta, `${path}.ownerReferences`));
  for (const finalizer of meta.finalizers ?? []) {
    found.push(...validateFinalizer(finalizer, `${path}.finalizers`));
  }
  return found;
}

export function validateLabels(labels: StringMap | undefined, path: string): FieldError[] {
  if (labels === undefined || areLabels(labels)) return [];
  const found: FieldError[] = [];
  for (const [key, value] of sortedEntries(labels)) {
    found.push(...each(path, key, labelKeyProblems(key)));
    found.push(...each(path, value, labelValueProblems(value)));
  }
  return found;
}

/** Without a word: nearly all labels are right. */
function areLabels(labels: StringMap): boolean {
  for (const key in labels) {
    if (labelKeyProblems(key).length > 0) return false;
    if (labelValueProblems(labels[key] ?? '').length > 0) return false;
  }
  return true;
}

export function validateAnnotations(
  annotations: StringMap | undefined,
  path: string,
): FieldError[] {
  const found: FieldError[] = [];
  if (annotations === undefined) return found;
  let bytes = 0;
  for (const [key, value] of sortedEntries(annotations)) {
    // Keys are judged in lower case: upstream allowed upper-case prefixes here once.
    const problems = labelKeyProblems(key.toLowerCase());
    if (problems.length > 0) found.push(...each(path, key, problems));
    bytes += key.length + value.length;
  }
  if (bytes > ANNOTATIONS_BYTES_MAX) {
    found.push({
      kind: 'TooLong',
      path,
      text: `Too long: may not be more than ${ANNOTATIONS_BYTES_MAX} bytes`,
    });
  }
  return found;
}

export function sortedEntries(map: StringMap | undefined): [string, string][] {
  return Object.entries(map ?? {}).sort(([a], [b]) => compareText(a, b));
}

function validateOwners(meta: ObjectMeta, path: string): FieldError[] {
  const found: FieldError[] = [];
  let controller = '';
  for (const [index, owner] of (meta.ownerReferences ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (owner.apiVersion === '')
      found.push(invalidValue(`${at}.apiVersion`, '', 'version must not be empty'));
    if (owner.kind === '') found.push(invalidValue(`${at}.kind`, '', 'must not be empty'));
    if (owner.name === '') found.push(invalidValue(`${at}.name`, '', 'must not be empty'));
    if (owner.uid === '') found.push(invalidValue(`${at}.uid`, '', 'must not be empty'));
    if (owner.kind === 'Event' && owner.apiVersion === 'v1') {
      found.push(invalidValue(at, owner, 'v1, Kind=Event is disallowed from being an owner'));
    }
    if (owner.controller === true) {
      const name = `${owner.kind}/${owner.name}`;
      if (controller === '') controller = name;
      else {
        found.push(
          invalidValue(
            path,
            meta.ownerReferences,
            `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`,
          ),
        );
      }
    }
  }
  return found;
}

const STANDARD_FINALIZERS: ReadonlySet<string> = new Set([
  'orphan',
  'foregroundDeletion',
  'kubernetes',
]);

function validateFinalizer(finalizer: string, path: string): FieldError[] {
  const found = each(path, finalizer, labelKeyProblems(finalizer));
  if (!finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer)) {
    found.push(
      invalidValue(
        path,
        finalizer,
        'name is neither a standard finalizer name nor is it fully qualified',
      ),
    );
  }
  return found;
}

/** What an update of any kind may not change. */
export function validateMetaUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const found: FieldError[] = [];
  const meta = object.metadata;
  const before = old.metadata;
  const path = 'metadata';
  if (before.deletionTimestamp !== undefined) {
    const known = new Set(before.finalizers ?? []);
    const added = (meta.finalizers ?? []).filter((finalizer) => !known.has(finalizer));
    if (added.length > 0) {
      found.push(
        forbiddenField(
          `${path}.finalizers`,
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((each) => JSON.stringify(each)).join(', ')}}`,
        ),
      );
    }
  }
  for (const field of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
  ] as const) {
    if (meta[field] !== before[field]) {
      found.push(invalidValue(`${path}.${field}`, meta[field] ?? '', IMMUTABLE));
    }
  }
  if (meta.deletionGracePeriodSeconds !== before.deletionGracePeriodSeconds) {
    found.push(
      invalidValue(
        `${path}.deletionGracePeriodSeconds`,
        meta.deletionGracePeriodSeconds ?? null,
        IMMUTABLE,
      ),
    );
  }
  // What is the stored object's own was judged when it was stored.
  if (meta.labels !== before.labels) {
    found.push(...validateLabels(meta.labels, `${path}.labels`));
  }
  if (meta.annotations !== before.annotations) {
    found.push(...validateAnnotations(meta.annotations, `${path}.annotations`));
  }
  if (meta.ownerReferences !== before.ownerReferences) {
    found.push(...validateOwners(meta, `${path}.ownerReferences`));
  }
  return found;
}

export function validateImmutable(path: string, value: unknown, old: unknown): FieldError[] {
  return jsonEqual(value, old) ? [] : [invalidValue(path, value ?? null, IMMUTABLE)];
}

/** How many values a set-based operator takes: `In` and `NotIn` at least one, `Exists` and `DoesNotExist` none. */
export function validateSetValues(
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist',
  values: readonly string[],
  path: string,
): FieldError[] {
  const takesValues = operator === 'In' || operator === 'NotIn';
  if (takesValues && values.length === 0) {
    return [required(path, "must be specified when `operator` is 'In' or 'NotIn'")];
  }
  if (!takesValues && values.length > 0) {
    return [
      forbiddenField(path, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
    ];
  }
  return [];
}

/** metav1 ValidateLabelSelector. */
export function validateLabelSelector(
  selector: LabelSelector | undefined,
  path: string,
): FieldError[] {
  const found: FieldError[] = [];
  if (selector === undefined) return found;
  found.push(...validateLabels(selector.matchLabels, `${path}.matchLabels`));
  for (const [index, term] of (selector.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    const values = term.values ?? [];
    switch (term.operator) {
      case 'In':
      case 'NotIn':
      case 'Exists':
      case 'DoesNotExist':
        found.push(...validateSetValues(term.operator, values, `${at}.values`));
        break;
      default:
        found.push(invalidValue(`${at}.operator`, term.operator, 'not a valid selector operator'));
    }
    found.push(...each(`${at}.key`, term.key, labelKeyProblems(term.key)));
    for (const [at2, value] of values.entries()) {
      found.push(...each(`${at}.values[${at2}]`, value, labelValueProblems(value)));
    }
  }
  return found;
}
