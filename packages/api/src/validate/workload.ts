/**
 * Validation of Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob (pkg/apis/apps, batch/validation).
 */
import type { DaemonSet } from '../types/daemonset.ts';
import type { Deployment } from '../types/deployment.ts';
import type { CronJob, Job } from '../types/job.ts';
import type { IntOrString, LabelSelector } from '../types/meta.ts';
import type { PodTemplateSpec } from '../types/pod.ts';
import type { ReplicaSet } from '../types/replicaset.ts';
import type { StatefulSet } from '../types/statefulset.ts';
import { jsonEqual } from '../object.ts';
import { matchesSelector, selectorOf } from '../selector.ts';
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from './field-error.ts';
import { validateImmutable, validateLabelSelector } from './meta.ts';
import { validatePodTemplate } from './pod.ts';
import { dns1123Label, each, validateNonNegative } from './names.ts';

function validateSelector(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  emptyText: string,
): FieldError[] {
  const path = 'spec.selector';
  if (selector === undefined) return [required(path)];
  const found = validateLabelSelector(selector, path);
  const isEmpty =
    Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
  if (isEmpty) found.push(invalidValue(path, selector, emptyText));
  else if (template !== undefined) {
    const labels = template.metadata?.labels;
    if (!matchesSelector(selectorOf(selector), labels)) {
      found.push(
        invalidValue(
          'spec.template.metadata.labels',
          labels ?? null,
          '`selector` does not match template `labels`',
        ),
      );
    }
  }
  return found;
}

function validateTemplate(template: PodTemplateSpec | undefined): FieldError[] {
  const path = 'spec.template';
  if (template?.spec === undefined) return [required(path)];
  const found = validatePodTemplate(template, path);
  const policy = template.spec.restartPolicy;
  if (policy !== 'Always' && policy !== undefined) {
    found.push(notSupported(`${path}.spec.restartPolicy`, policy, ['Always']));
  }
  if (template.spec.activeDeadlineSeconds !== undefined) {
    found.push(
      forbiddenField(
        `${path}.spec.activeDeadlineSeconds`,
        'activeDeadlineSeconds in a workload is not supported',
      ),
    );
  }
  return found;
}

/** A count or a percentage of at least zero. */
function validateIntOrPercent(value: IntOrString | undefined, path: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return validateNonNegative(path, value);
  return /^\d+%$/.test(value)
    ? []
    : [
        invalidValue(
          path,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      ];
}

function isZeroPercent(value: IntOrString | undefined): boolean {
  return value === 0 || value === '0%' || value === undefined;
}

function validateAtMostHundred(value: IntOrString | undefined, path: string): FieldError[] {
  const percent = typeof value === 'string' ? /^(\d+)%$/.exec(value)?.[1] : undefined;
  return percent !== undefined && Number(percent) > 100
    ? [invalidValue(path, value, 'must not be greater than 100%')]
    : [];
}

export function validateDeployment(deployment: Deployment): FieldError[] {
  const spec = deployment.spec;
  const found: FieldError[] = [];
  found.push(...validateNonNegative('spec.replicas', spec.replicas));
  found.push(
    ...validateSelector(spec.selector, spec.template, 'empty selector is invalid for deployment'),
  );
  found.push(...validateTemplate(spec.template));
  found.push(...validateStrategy(deployment));
  found.push(...validateNonNegative('spec.minReadySeconds', spec.minReadySeconds));
  found.push(...validateNonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit));
  const deadline = spec.progressDeadlineSeconds;
  if (deadline !== undefined) {
    found.push(...validateNonNegative('spec.progressDeadlineSeconds', deadline));
    if (deadline <= (spec.minReadySeconds ?? 0)) {
      found.push(
        invalidValue(
          'spec.progressDeadlineSeconds',
          deadline,
          'must be greater than minReadySeconds',
        ),
      );
    }
  }
  return found;
}

function validateStrategy(deployment: Deployment): FieldError[] {
  const found: FieldError[] = [];
  const strategy = deployment.spec.strategy;
  const type: string = strategy?.type ?? '';
  const path = 'spec.strategy';
  const rolling = strategy?.rollingUpdate;
  if (type === 'Recreate') {
    if (rolling !== undefined) {
      found.push(
        forbiddenField(
          `${path}.rollingUpdate`,
          "may not be specified when strategy `type` is 'Recreate'",
        ),
      );
    }
  } else if (type === 'RollingUpdate') {
    if (rolling === undefined)
      found.push(required(`${path}.rollingUpdate`, 'this should be defaulted and never be nil'));
    else {
      const at = `${path}.rollingUpdate`;
      found.push(...validateIntOrPercent(rolling.maxUnavailable, `${at}.maxUnavailable`));
      found.push(...validateIntOrPercent(rolling.maxSurge, `${at}.maxSurge`));
      if (isZeroPercent(rolling.maxUnavailable) && isZeroPercent(rolling.maxSurge)) {
        found.push(
          invalidValue(
            `${at}.maxUnavailable`,
            rolling.maxUnavailable,
            'may not be 0 when `maxSurge` is 0',
          ),
        );
      }
      found.push(...validateAtMostHundred(rolling.maxUnavailable, `${at}.maxUnavailable`));
    }
  } else {
    found.push(notSupported(`${path}.type`, type, ['Recreate', 'RollingUpdate']));
  }
  return found;
}

export function validateDeploymentUpdate(deployment: Deployment, old: Deployment): FieldError[] {
  return [
    ...validateDeployment(deployment),
    ...validateImmutable('spec.selector', deployment.spec.selector, old.spec.selector),
  ];
}

export function validateReplicaSet(replicaSet: ReplicaSet): FieldError[] {
  const spec = replicaSet.spec;
  return [
    ...validateNonNegative('spec.replicas', spec.replicas),
    ...validateNonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...validateSelector(spec.selector, spec.template, 'empty selector is invalid for deployment'),
    ...validateTemplate(spec.template),
  ];
}

export function validateReplicaSetUpdate(replicaSet: ReplicaSet, old: ReplicaSet): FieldError[] {
  return [
    ...validateReplicaSet(replicaSet),
    ...validateImmutable('spec.selector', replicaSet.spec.selector, old.spec.selector),
  ];
}

export function validateStatefulSet(statefulSet: StatefulSet): FieldError[] {
  const spec = statefulSet.spec;
  const found: FieldError[] = [];
  const management: string | undefined = spec.podManagementPolicy;
  if (management === undefined) found.push(required('spec.podManagementPolicy'));
  else if (management !== 'OrderedReady' && management !== 'Parallel') {
    found.push(
      invalidValue('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'"),
    );
  }
  const update: string = spec.updateStrategy?.type ?? '';
  const rolling = spec.updateStrategy?.rollingUpdate;
  if (update === '') found.push(required('spec.updateStrategy'));
  else if (update === 'OnDelete') {
    if (rolling !== undefined) {
      found.push(
        invalidValue(
          'spec.updateStrategy.rollingUpdate',
          rolling,
          "only allowed for updateStrategy 'RollingUpdate'",
        ),
      );
    }
  } else if (update === 'RollingUpdate') {
    found.push(
      ...validateNonNegative('spec.updateStrategy.rollingUpdate.partition', rolling?.partition),
    );
  } else {
    found.push(
      invalidValue(
        'spec.updateStrategy',
        spec.updateStrategy,
        "must be 'RollingUpdate' or 'OnDelete'",
      ),
    );
  }
  found.push(...validateNonNegative('spec.replicas', spec.replicas));
  found.push(...validateNonNegative('spec.minReadySeconds', spec.minReadySeconds));
  found.push(...validateNonNegative('spec.ordinals.start', spec.ordinals?.start));
  found.push(
    ...validateSelector(spec.selector, spec.template, 'empty selector is invalid for statefulset'),
  );
  found.push(...validateTemplate(spec.template));
  if (spec.serviceName !== undefined && spec.serviceName !== '') {
    found.push(
      ...each('spec.serviceName', spec.serviceName, dns1123Label(spec.serviceName, false)),
    );
  }
  return found;
}

const STATEFULSET_CHANGEABLE: ReadonlySet<string> = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]);

export function validateStatefulSetUpdate(
  statefulSet: StatefulSet,
  old: StatefulSet,
): FieldError[] {
  const found = validateStatefulSet(statefulSet);
  const fixed = (spec: object): object =>
    Object.fromEntries(Object.entries(spec).filter(([key]) => !STATEFULSET_CHANGEABLE.has(key)));
  if (!jsonEqual(fixed(statefulSet.spec), fixed(old.spec))) {
    found.push(
      forbiddenField(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  }
  return found;
}

export function validateDaemonSet(daemonSet: DaemonSet): FieldError[] {
  const spec = daemonSet.spec;
  const found = validateSelector(
    spec.selector,
    spec.template,
    'empty selector is invalid for daemonset',
  );
  found.push(...validateTemplate(spec.template));
  found.push(...validateNonNegative('spec.minReadySeconds', spec.minReadySeconds));
  const type: string = spec.updateStrategy?.type ?? '';
  const rolling = spec.updateStrategy?.rollingUpdate;
  const path = 'spec.updateStrategy';
  if (type === 'RollingUpdate') {
    const at = `${path}.rollingUpdate`;
    found.push(...validateIntOrPercent(rolling?.maxUnavailable, `${at}.maxUnavailable`));
    found.push(...validateIntOrPercent(rolling?.maxSurge, `${at}.maxSurge`));
    const hasUnavailable = !isZeroPercent(rolling?.maxUnavailable);
    const hasSurge = !isZeroPercent(rolling?.maxSurge);
    if (hasUnavailable && hasSurge) {
      found.push(
        invalidValue(
          `${at}.maxSurge`,
          rolling?.maxSurge,
          'may not be set when maxUnavailable is non-zero',
        ),
      );
    } else if (!hasUnavailable && !hasSurge) {
      found.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
    }
  } else if (type !== 'OnDelete') {
    found.push(notSupported(`${path}.type`, type, ['OnDelete', 'RollingUpdate']));
  }
  found.push(...validateNonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit));
  return found;
}

export function validateDaemonSetUpdate(daemonSet: DaemonSet, old: DaemonSet): FieldError[] {
  return [
    ...validateDaemonSet(daemonSet),
    ...validateImmutable('spec.selector', daemonSet.spec.selector, old.spec.selector),
  ];
}

export function validateJob(job: Job): FieldError[] {
  const found: FieldError[] = [];
  const spec = job.spec;
  for (const field of [
    'parallelism',
    'completions',
    'backoffLimit',
    'ttlSecondsAfterFinished',
  ] as const) {
    found.push(...validateNonNegative(`spec.${field}`, spec[field]));
  }
  if (spec.template?.spec === undefined) return [...found, required('spec.template')];
  found.push(...validatePodTemplate(spec.template, 'spec.template'));
  const policy = spec.template.spec.restartPolicy;
  if (policy === 'Always') {
    found.push(required('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"'));
  }
  return found;
}

export function validateCronJob(cronJob: CronJob): FieldError[] {
  const found: FieldError[] = [];
  if (cronJob.spec.schedule === '') found.push(required('spec.schedule'));
  const policy: string = cronJob.spec.concurrencyPolicy ?? '';
  if (!['Allow', 'Forbid', 'Replace'].includes(policy)) {
    found.push(notSupported('spec.concurrencyPolicy', policy, ['Allow', 'Forbid', 'Replace']));
  }
  return found;
}
