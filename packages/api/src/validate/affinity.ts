/**
 * Validation of where a pod may go: node and pod affinity, topology spread.
 */
import type {
  Affinity,
  NodeSelector,
  NodeSelectorTerm,
  PodAffinityTerm,
  TopologySpreadConstraint,
} from '../types/pod.ts';
import { labelKeyProblems } from '../selector.ts';
import { type FieldError, duplicate, invalidValue, notSupported, required } from './field-error.ts';
import { validateLabelSelector, validateSetValues } from './meta.ts';
import { dns1123Label, each } from './names.ts';

export function validateAffinity(affinity: Affinity | undefined, path: string): FieldError[] {
  const found: FieldError[] = [];
  const node = affinity?.nodeAffinity;
  if (node !== undefined) {
    const at = `${path}.nodeAffinity`;
    const hard = node.requiredDuringSchedulingIgnoredDuringExecution;
    if (hard !== undefined) {
      const hardPath = `${at}.requiredDuringSchedulingIgnoredDuringExecution`;
      found.push(...validateNodeSelector(hard, hardPath));
    }
    const soft = node.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    for (const [index, term] of soft.entries()) {
      const softPath = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      found.push(...validateWeight(term.weight, softPath));
      found.push(...validateTerm(term.preference, `${softPath}.preference`));
    }
  }
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const pods = affinity?.[kind];
    const hardPath = `${path}.${kind}.requiredDuringSchedulingIgnoredDuringExecution`;
    for (const [index, term] of (
      pods?.requiredDuringSchedulingIgnoredDuringExecution ?? []
    ).entries()) {
      found.push(...validatePodTerm(term, `${hardPath}[${index}]`));
    }
    const softPath = `${path}.${kind}.preferredDuringSchedulingIgnoredDuringExecution`;
    for (const [index, term] of (
      pods?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    ).entries()) {
      found.push(...validateWeight(term.weight, `${softPath}[${index}]`));
      found.push(...validatePodTerm(term.podAffinityTerm, `${softPath}[${index}].podAffinityTerm`));
    }
  }
  return found;
}

function validateWeight(weight: number, path: string): FieldError[] {
  return weight >= 1 && weight <= 100
    ? []
    : [invalidValue(`${path}.weight`, weight, 'must be in the range 1-100')];
}

export function validateNodeSelector(selector: NodeSelector, path: string): FieldError[] {
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) {
    return [required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term')];
  }
  return terms.flatMap((term, index) => validateTerm(term, `${path}.nodeSelectorTerms[${index}]`));
}

function validateTerm(term: NodeSelectorTerm | undefined, path: string): FieldError[] {
  const found: FieldError[] = [];
  for (const [index, requirement] of (term?.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    const values = requirement.values ?? [];
    switch (requirement.operator) {
      case 'In':
      case 'NotIn':
      case 'Exists':
      case 'DoesNotExist':
        found.push(...validateSetValues(requirement.operator, values, `${at}.values`));
        break;
      case 'Gt':
      case 'Lt':
        if (values.length !== 1) {
          found.push(
            required(
              `${at}.values`,
              "must be specified single value when `operator` is 'Lt' or 'Gt'",
            ),
          );
        }
        break;
      default:
        found.push(
          invalidValue(`${at}.operator`, requirement.operator, 'not a valid selector operator'),
        );
    }
    found.push(...each(`${at}.key`, requirement.key, labelKeyProblems(requirement.key)));
  }
  for (const [index, requirement] of (term?.matchFields ?? []).entries()) {
    const at = `${path}.matchFields[${index}]`;
    const values = requirement.values ?? [];
    if (requirement.operator === 'In' || requirement.operator === 'NotIn') {
      if (values.length !== 1) {
        found.push(
          required(
            `${at}.values`,
            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
          ),
        );
      }
    } else {
      found.push(
        invalidValue(`${at}.operator`, requirement.operator, 'not a valid selector operator'),
      );
    }
    if (requirement.key !== 'metadata.name') {
      found.push(invalidValue(`${at}.key`, requirement.key, 'not a valid field selector key'));
    }
  }
  return found;
}

function validatePodTerm(term: PodAffinityTerm | undefined, path: string): FieldError[] {
  const found: FieldError[] = [];
  found.push(...validateLabelSelector(term?.labelSelector, `${path}.labelSelector`));
  found.push(...validateLabelSelector(term?.namespaceSelector, `${path}.namespaceSelector`));
  for (const name of term?.namespaces ?? []) {
    found.push(...each(`${path}.namespace`, name, dns1123Label(name, false)));
  }
  const key = term?.topologyKey ?? '';
  if (key === '') found.push(required(`${path}.topologyKey`, 'can not be empty'));
  return [...found, ...each(`${path}.topologyKey`, key, labelKeyProblems(key))];
}

export function validateSpreadConstraints(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  path: string,
): FieldError[] {
  const found: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, constraint] of (constraints ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (constraint.maxSkew <= 0) {
      found.push(invalidValue(`${at}.maxSkew`, constraint.maxSkew, 'must be greater than 0'));
    }
    if (constraint.topologyKey === '')
      found.push(required(`${at}.topologyKey`, 'can not be empty'));
    else {
      found.push(
        ...each(
          `${at}.topologyKey`,
          constraint.topologyKey,
          labelKeyProblems(constraint.topologyKey),
        ),
      );
    }
    const action: string = constraint.whenUnsatisfiable;
    if (action !== 'DoNotSchedule' && action !== 'ScheduleAnyway') {
      found.push(
        notSupported(`${at}.whenUnsatisfiable`, action, ['DoNotSchedule', 'ScheduleAnyway']),
      );
    }
    const pair = `{${constraint.topologyKey}, ${action}}`;
    if (seen.has(pair)) found.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair));
    seen.add(pair);
    if (constraint.minDomains !== undefined) {
      if (constraint.minDomains <= 0) {
        found.push(
          invalidValue(`${at}.minDomains`, constraint.minDomains, 'must be greater than 0'),
        );
      }
      if (action !== 'DoNotSchedule') {
        found.push(
          invalidValue(
            `${at}.minDomains`,
            constraint.minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`,
          ),
        );
      }
    }
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy: string | undefined = constraint[field];
      if (policy !== undefined && policy !== 'Honor' && policy !== 'Ignore') {
        found.push(notSupported(`${at}.${field}`, policy, ['Honor', 'Ignore']));
      }
    }
    found.push(...validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`));
  }
  return found;
}
