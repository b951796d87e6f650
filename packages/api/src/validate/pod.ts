/**
 * Validation of pods and pod templates, in the order of pkg/apis/core/validation ValidatePodSpec (1.36).
 */
import { parseIp } from '@podwire/base';
import type { Pod, PodSpec, PodTemplateSpec, Toleration } from '../types/pod.ts';
import { jsonEqual } from '../object.ts';
import { labelKeyProblems, labelValueProblems } from '../selector.ts';
import { validateAffinity, validateSpreadConstraints } from './affinity.ts';
import { validateContainers } from './container.ts';
import {
  type FieldError,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from './field-error.ts';
import { validateAnnotations, validateLabels } from './meta.ts';
import {
  dns1123Label,
  dns1123Subdomain,
  each,
  rangeText,
  validateIp,
  validateNonNegative,
} from './names.ts';

const INT32_MAX = 2_147_483_647;
/** DNS limits of pkg/apis/core/validation. */
const NAMESERVERS_MAX = 3;
const SEARCH_PATHS_MAX = 32;
const SEARCH_CHARS_MAX = 2048;

export function validatePod(pod: Pod): FieldError[] {
  const found = validatePodSpec(pod.spec, 'spec');
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (pod.spec[list] ?? []).entries()) {
      const image = container.image ?? '';
      if (image.length !== image.trim().length) {
        found.push(
          invalidValue(
            `spec.${list}[${index}].image`,
            image,
            'must not have leading or trailing whitespace',
          ),
        );
      }
    }
  }
  if (
    (pod.spec.ephemeralContainers ?? []).length > 0 &&
    pod.metadata.resourceVersion === undefined
  ) {
    found.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (pod.spec.nodeName !== undefined && (pod.spec.schedulingGates ?? []).length > 0) {
    found.push(
      forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'),
    );
  }
  return found;
}

/** The template of a workload: what labels it has, its spec, Always alone as restart policy. */
export function validatePodTemplate(template: PodTemplateSpec, path: string): FieldError[] {
  const found: FieldError[] = [];
  found.push(...validateLabels(template.metadata?.labels, `${path}.labels`));
  found.push(...validateAnnotations(template.metadata?.annotations, `${path}.annotations`));
  found.push(...validatePodSpec(template.spec, `${path}.spec`));
  if ((template.spec.ephemeralContainers ?? []).length > 0) {
    found.push(
      forbiddenField(
        `${path}.spec.ephemeralContainers`,
        'ephemeral containers not allowed in pod template',
      ),
    );
  }
  return found;
}

export function validatePodSpec(spec: PodSpec, path: string): FieldError[] {
  const found: FieldError[] = [];
  found.push(...validateNonNegativeGrace(spec, path));
  const volumes = new Set<string>();
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    const at = `${path}.volumes[${index}].name`;
    if (volume.name === '') found.push(required(at));
    else {
      const problems = each(at, volume.name, dns1123Label(volume.name, false));
      found.push(...problems);
      if (problems.length === 0 && volumes.has(volume.name)) found.push(duplicate(at, volume.name));
    }
    volumes.add(volume.name);
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    for (const extra of sources.slice(1)) {
      found.push(
        forbiddenField(
          `${path}.volumes[${index}].${extra}`,
          'may not specify more than 1 volume type',
        ),
      );
    }
  }
  found.push(...validateContainers(spec, path, volumes));
  found.push(...validateRestartPolicy(spec.restartPolicy, `${path}.restartPolicy`));
  found.push(...validateDnsPolicy(spec.dnsPolicy, `${path}.dnsPolicy`));
  found.push(...validateLabels(spec.nodeSelector, `${path}.nodeSelector`));
  found.push(...validateHostNamespaces(spec, path));
  for (const [index, secret] of (spec.imagePullSecrets ?? []).entries()) {
    if ((secret.name ?? '') === '') found.push(required(`${path}.imagePullSecrets[${index}].name`));
  }
  found.push(...validateAffinity(spec.affinity, `${path}.affinity`));
  found.push(...validateDnsConfig(spec, path));
  for (const [index, gate] of (spec.readinessGates ?? []).entries()) {
    const at = `${path}.readinessGates[${index}].conditionType`;
    found.push(...each(at, gate.conditionType, labelKeyProblems(gate.conditionType)));
  }
  found.push(...validateSchedulingGates(spec, path));
  found.push(
    ...validateSpreadConstraints(
      spec.topologySpreadConstraints,
      `${path}.topologySpreadConstraints`,
    ),
  );
  if (spec.serviceAccountName !== undefined) {
    const at = `${path}.serviceAccountName`;
    found.push(
      ...each(at, spec.serviceAccountName, dns1123Subdomain(spec.serviceAccountName, false)),
    );
  }
  if (spec.nodeName !== undefined) {
    found.push(...each(`${path}.nodeName`, spec.nodeName, dns1123Subdomain(spec.nodeName, false)));
  }
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > INT32_MAX)) {
    found.push(invalidValue(`${path}.activeDeadlineSeconds`, deadline, rangeText(1, INT32_MAX)));
  }
  for (const field of ['hostname', 'subdomain'] as const) {
    const value = spec[field];
    if (value !== undefined)
      found.push(...each(`${path}.${field}`, value, dns1123Label(value, false)));
  }
  found.push(...validateTolerations(spec.tolerations, `${path}.tolerations`));
  found.push(...validateHostAliases(spec, path));
  if (spec.priorityClassName !== undefined) {
    const at = `${path}.priorityClassName`;
    found.push(
      ...each(at, spec.priorityClassName, dns1123Subdomain(spec.priorityClassName, false)),
    );
  }
  if (spec.runtimeClassName !== undefined) {
    const at = `${path}.runtimeClassName`;
    found.push(...each(at, spec.runtimeClassName, dns1123Subdomain(spec.runtimeClassName, false)));
  }
  const preemption: string | undefined = spec.preemptionPolicy;
  if (preemption !== undefined && preemption !== 'PreemptLowerPriority' && preemption !== 'Never') {
    found.push(
      notSupported(`${path}.preemptionPolicy`, preemption, ['Never', 'PreemptLowerPriority']),
    );
  }
  return found;
}

function validateNonNegativeGrace(spec: PodSpec, path: string): FieldError[] {
  return validateNonNegative(
    `${path}.terminationGracePeriodSeconds`,
    spec.terminationGracePeriodSeconds,
  );
}

function validateRestartPolicy(policy: string | undefined, path: string): FieldError[] {
  const supported = ['Always', 'Never', 'OnFailure'];
  if (policy === undefined) return [required(path)];
  return supported.includes(policy)
    ? []
    : [notSupported(path, policy, ['Always', 'OnFailure', 'Never'])];
}

function validateDnsPolicy(policy: string | undefined, path: string): FieldError[] {
  const supported = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
  if (policy === undefined) return [required(path)];
  return supported.includes(policy) ? [] : [notSupported(path, policy, [...supported].sort(order))];
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function validateHostNamespaces(spec: PodSpec, path: string): FieldError[] {
  const found: FieldError[] = [];
  if (spec.hostNetwork === true) {
    for (const list of ['containers', 'initContainers'] as const) {
      for (const [index, container] of (spec[list] ?? []).entries()) {
        for (const [at, port] of (container.ports ?? []).entries()) {
          if (port.hostPort !== undefined && port.hostPort !== port.containerPort) {
            found.push(
              invalidValue(
                `${path}.${list}[${index}].ports[${at}].hostPort`,
                port.hostPort,
                'must match `containerPort` when `hostNetwork` is true',
              ),
            );
          }
        }
      }
    }
  }
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    found.push(
      invalidValue(
        `${path}.shareProcessNamespace`,
        true,
        'ShareProcessNamespace and HostPID cannot both be enabled',
      ),
    );
  }
  return found;
}

function validateDnsConfig(spec: PodSpec, path: string): FieldError[] {
  const found: FieldError[] = [];
  const config = spec.dnsConfig;
  const at = `${path}.dnsConfig`;
  if (spec.dnsPolicy === 'None') {
    if (config === undefined)
      return [required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if ((config.nameservers ?? []).length === 0) {
      found.push(
        required(
          `${at}.nameservers`,
          'must provide at least one DNS nameserver when `dnsPolicy` is None',
        ),
      );
    }
  }
  if (config === undefined) return found;
  const servers = config.nameservers ?? [];
  if (servers.length > NAMESERVERS_MAX) {
    found.push(
      invalidValue(
        `${at}.nameservers`,
        servers,
        `must not have more than ${NAMESERVERS_MAX} nameservers`,
      ),
    );
  }
  for (const [index, server] of servers.entries()) {
    found.push(...validateIp(`${at}.nameservers[${index}]`, server));
  }
  const searches = config.searches ?? [];
  if (searches.length > SEARCH_PATHS_MAX) {
    found.push(
      invalidValue(
        `${at}.searches`,
        searches,
        `must not have more than ${SEARCH_PATHS_MAX} search paths`,
      ),
    );
  }
  if (searches.join(' ').length > SEARCH_CHARS_MAX) {
    found.push(
      invalidValue(
        `${at}.searches`,
        searches,
        `must not have more than ${SEARCH_CHARS_MAX} characters (including spaces) in the search list`,
      ),
    );
  }
  for (const [index, search] of searches.entries()) {
    // 1.36 RelaxedDNSSearchValidation: a lone dot and underscores are right.
    if (search === '.') continue;
    const bare = (search.endsWith('.') ? search.slice(0, -1) : search).replaceAll('_', '-');
    const problems = dns1123Subdomain(
      bare.replace(/(^|\.)-/g, '$1x').replace(/-(\.|$)/g, 'x$1'),
      false,
    );
    found.push(...each(`${at}.searches[${index}]`, search, problems));
  }
  for (const [index, option] of (config.options ?? []).entries()) {
    if ((option.name ?? '') === '')
      found.push(required(`${at}.options[${index}]`, 'must not be empty'));
  }
  return found;
}

function validateSchedulingGates(spec: PodSpec, path: string): FieldError[] {
  const found: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, gate] of (spec.schedulingGates ?? []).entries()) {
    const at = `${path}.schedulingGates[${index}]`;
    found.push(...each(at, gate.name, labelKeyProblems(gate.name)));
    if (seen.has(gate.name)) found.push(duplicate(at, gate.name));
    seen.add(gate.name);
  }
  return found;
}

export function validateTolerations(
  tolerations: readonly Toleration[] | undefined,
  path: string,
): FieldError[] {
  const found: FieldError[] = [];
  for (const [index, toleration] of (tolerations ?? []).entries()) {
    const at = `${path}[${index}]`;
    const key = toleration.key ?? '';
    const operator: string = toleration.operator ?? '';
    const value = toleration.value ?? '';
    if (key !== '') found.push(...each(`${at}.key`, key, labelKeyProblems(key)));
    if (key === '' && operator !== 'Exists') {
      found.push(
        invalidValue(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    const effect: string = toleration.effect ?? '';
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
      found.push(
        invalidValue(
          `${at}.effect`,
          effect,
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      );
    }
    if (operator === '' || operator === 'Equal') {
      const problems = labelValueProblems(value);
      if (problems.length > 0)
        found.push(invalidValue(`${at}.operator`, value, problems.join(';')));
    } else if (operator === 'Exists') {
      if (value !== '') {
        found.push(
          invalidValue(
            `${at}.operator`,
            toleration,
            "value must be empty when `operator` is 'Exists'",
          ),
        );
      }
    } else if (operator === 'Lt' || operator === 'Gt') {
      if (!/^-?(0|[1-9]\d*)$/.test(value)) {
        found.push(
          invalidValue(
            `${at}.value`,
            value,
            'value must be a valid integer when `operator` is Lt or Gt',
          ),
        );
      }
    } else {
      found.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']));
    }
    found.push(...validateTaintEffect(effect, `${at}.effect`, true));
  }
  return found;
}

export function validateTaintEffect(
  effect: string,
  path: string,
  allowsEmpty: boolean,
): FieldError[] {
  if (effect === '') return allowsEmpty ? [] : [required(path)];
  return ['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(effect)
    ? []
    : [notSupported(path, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute'])];
}

function validateHostAliases(spec: PodSpec, path: string): FieldError[] {
  const found: FieldError[] = [];
  for (const [index, alias] of (spec.hostAliases ?? []).entries()) {
    const at = `${path}.hostAliases[${index}]`;
    if (parseIp(alias.ip) === undefined) found.push(...validateIp(`${at}.ip`, alias.ip));
    for (const [host, name] of (alias.hostnames ?? []).entries()) {
      found.push(...each(`${at}.hostnames[${host}]`, name, dns1123Subdomain(name, false)));
    }
  }
  return found;
}

const UPDATE_TEXT =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  if (pod.spec === old.spec) return [];
  const found: FieldError[] = [];
  for (const list of ['containers', 'initContainers'] as const) {
    const now = pod.spec[list] ?? [];
    const before = old.spec[list] ?? [];
    if (now.length !== before.length) {
      found.push(forbiddenField(`spec.${list}`, 'pod updates may not add or remove containers'));
      return found;
    }
    for (const [index, container] of now.entries()) {
      const image = container.image ?? '';
      if (image === '') found.push(required(`spec.${list}[${index}].image`));
      if (image.length !== image.trim().length) {
        found.push(
          invalidValue(
            `spec.${list}[${index}].image`,
            image,
            'must not have leading or trailing whitespace',
          ),
        );
      }
    }
  }
  const deadline = pod.spec.activeDeadlineSeconds;
  const deadlineBefore = old.spec.activeDeadlineSeconds;
  const deadlinePath = 'spec.activeDeadlineSeconds';
  if (deadline !== undefined) {
    if (deadline < 0 || deadline > INT32_MAX) {
      return [...found, invalidValue(deadlinePath, deadline, rangeText(0, INT32_MAX))];
    }
    if (deadlineBefore !== undefined && deadlineBefore < deadline) {
      const problem = 'must be less than or equal to previous value';
      return [...found, invalidValue(deadlinePath, deadline, problem)];
    }
  } else if (deadlineBefore !== undefined) {
    found.push(
      invalidValue(deadlinePath, null, 'must not update from a positive integer to nil value'),
    );
  }
  found.push(...validateOnlyAddedTolerations(pod, old));
  const munged = mungeForUpdate(pod, old);
  if (!jsonEqual(munged, old.spec)) {
    found.push(forbiddenField('spec', `${UPDATE_TEXT}\n${specDiff(munged, old.spec)}`));
  }
  return found;
}

function validateOnlyAddedTolerations(pod: Pod, old: Pod): FieldError[] {
  const found: FieldError[] = [];
  const now = pod.spec.tolerations ?? [];
  for (const before of old.spec.tolerations ?? []) {
    const kept = now.some((each) =>
      jsonEqual(
        { ...each, tolerationSeconds: undefined },
        { ...before, tolerationSeconds: undefined },
      ),
    );
    if (!kept) {
      found.push(
        forbiddenField(
          'spec.tolerations',
          'existing toleration can not be modified except its tolerationSeconds',
        ),
      );
      return found;
    }
  }
  return [...found, ...validateTolerations(now, 'spec.tolerations')];
}

/** The new spec with what may change set to what it was. */
function mungeForUpdate(pod: Pod, old: Pod): PodSpec {
  const munged: Record<string, unknown> = { ...pod.spec };
  for (const list of ['containers', 'initContainers'] as const) {
    const now = pod.spec[list];
    if (now === undefined) continue;
    munged[list] = now.map((container, index) => ({
      ...container,
      image: old.spec[list]?.[index]?.image,
    }));
  }
  for (const field of ['activeDeadlineSeconds', 'tolerations'] as const) {
    if (old.spec[field] === undefined) delete munged[field];
    else munged[field] = old.spec[field];
  }
  if (
    (old.spec.terminationGracePeriodSeconds ?? 0) < 0 &&
    pod.spec.terminationGracePeriodSeconds === 1
  ) {
    munged['terminationGracePeriodSeconds'] = old.spec.terminationGracePeriodSeconds;
  }
  // Gates may only be taken away, and only a gated pod may narrow where it goes.
  const gates = new Set((old.spec.schedulingGates ?? []).map((gate) => gate.name));
  if ((pod.spec.schedulingGates ?? []).every((gate) => gates.has(gate.name))) {
    if (old.spec.schedulingGates === undefined) delete munged['schedulingGates'];
    else munged['schedulingGates'] = old.spec.schedulingGates;
    if (gates.size > 0) {
      munged['nodeSelector'] = old.spec.nodeSelector;
      munged['affinity'] = old.spec.affinity;
    }
  }
  return munged as unknown as PodSpec;
}

/** The fields that differ, as a reader sees what was refused. */
function specDiff(now: PodSpec, before: PodSpec): string {
  const lines: string[] = [];
  const left = before as unknown as Record<string, unknown>;
  const right = now as unknown as Record<string, unknown>;
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort(order);
  for (const key of keys) {
    if (jsonEqual(left[key], right[key])) continue;
    if (left[key] !== undefined) lines.push(`- ${key}: ${JSON.stringify(left[key])}`);
    if (right[key] !== undefined) lines.push(`+ ${key}: ${JSON.stringify(right[key])}`);
  }
  return lines.join('\n');
}
