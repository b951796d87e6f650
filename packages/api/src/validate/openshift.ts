/**
 * Validation of OpenShift's kinds (openshift-apiserver pkg/{build,image,apps}/apis/…/validation) and of the
 * ReplicationController.
 */
import type { Build, BuildCommonSpec, BuildConfig, BuildTrigger } from '../types/build.ts';
import type { DeploymentConfig } from '../types/deploymentconfig.ts';
import type { Image, ImageStream } from '../types/image.ts';
import type { StringMap } from '../types/meta.ts';
import type { PodTemplateSpec } from '../types/pod.ts';
import type { ReplicationController } from '../types/replicationcontroller.ts';
import { jsonEqual } from '../object.ts';
import { matchesSelector, selectorOfMap } from '../selector.ts';
import {
  type FieldError,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from './field-error.ts';
import { validatePodTemplate } from './pod.ts';
import { type NameRule, dns1123Label, validateNonNegative } from './names.ts';

/** A project's name: a DNS label of at least two characters (project apis validation). */
export const projectName: NameRule = (name, isPrefix) => {
  const found = [...dns1123Label(name, isPrefix)];
  if (name.length < 2) found.push('must be at least 2 characters long');
  return found;
};

/** `image name "X" is not valid`: part of a repository path. */
export const imageStreamName: NameRule = (name) => {
  if (name === '.') return ["may not be '.'"];
  if (name === '..') return ["may not be '..'"];
  if (name.includes('/')) return ["may not contain '/'"];
  return /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/.test(name)
    ? []
    : ['must match "[a-z0-9]+(?:[._-][a-z0-9]+)*"'];
};

/** Images are named by their digest; a tag's name has a colon. */
export const anyName: NameRule = (name) => (name.includes('/') ? [`may not contain '/'`] : []);

export function validateImage(image: Image): FieldError[] {
  return (image.dockerImageReference ?? '') === '' ? [required('dockerImageReference')] : [];
}

export function validateImageStream(stream: ImageStream): FieldError[] {
  const found: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, tag] of (stream.spec?.tags ?? []).entries()) {
    const path = `spec.tags[${index}]`;
    if (tag.name === '') found.push(required(`${path}.name`));
    else if (seen.has(tag.name)) found.push(duplicate(`${path}.name`, tag.name));
    seen.add(tag.name);
    const { from } = tag;
    if (from === undefined) continue;
    const kind = from.kind ?? '';
    const at = `spec.tags[${tag.name}].from`;
    if (!['DockerImage', 'ImageStreamTag', 'ImageStreamImage'].includes(kind)) {
      found.push(
        kind === ''
          ? required(`${at}.kind`)
          : invalidValue(
              `${at}.kind`,
              kind,
              "valid values are 'DockerImage', 'ImageStreamImage', 'ImageStreamTag'",
            ),
      );
    }
    if ((from.name ?? '') === '') found.push(required(`${at}.name`));
  }
  return found;
}

export function validateBuildConfig(config: BuildConfig): FieldError[] {
  const { spec } = config;
  const found = validateBuildSpec(spec);
  const policy = spec.runPolicy ?? 'Serial';
  if (!['Serial', 'SerialLatestOnly', 'Parallel'].includes(policy)) {
    found.push(
      invalidValue(
        'spec.runPolicy',
        policy,
        'run policy must be Parallel, Serial, or SerialLatestOnly',
      ),
    );
  }
  for (const [index, trigger] of (spec.triggers ?? []).entries()) {
    found.push(...validateTrigger(trigger, `spec.triggers[${index}]`));
  }
  for (const field of ['successfulBuildsHistoryLimit', 'failedBuildsHistoryLimit'] as const) {
    found.push(...validateNonNegative(`spec.${field}`, spec[field]));
  }
  return found;
}

export function validateBuild(build: Build): FieldError[] {
  return validateBuildSpec(build.spec);
}

export function validateBuildUpdate(build: Build, old: Build): FieldError[] {
  // The commit becomes known while the build runs.
  const { revision: _, ...fresh } = build.spec;
  const { revision: __, ...before } = old.spec;
  if (jsonEqual(fresh, before)) return [];
  return [
    invalidValue(
      'spec',
      'content of spec is not printed out, please refer to the "details"',
      'spec is immutable',
    ),
  ];
}

const TRIGGERS: readonly string[] = [
  'GitHub',
  'Generic',
  'ImageChange',
  'ConfigChange',
  'GitLab',
  'Bitbucket',
];

function validateTrigger(trigger: BuildTrigger, path: string): FieldError[] {
  if (trigger.type === '') return [required(`${path}.type`)];
  if (TRIGGERS.includes(trigger.type)) return [];
  return [invalidValue(`${path}.type`, trigger.type, `invalid trigger type`)];
}

function validateBuildSpec(spec: BuildCommonSpec): FieldError[] {
  const found: FieldError[] = [];
  const { source, strategy, output } = spec;
  if (source.git !== undefined) {
    if (source.git.uri === '') found.push(required('spec.source.git.uri'));
    else if (!/^([\w.+-]+:\/\/\S+|[\w.-]+@[\w.-]+:\S+|\S+)$/.test(source.git.uri)) {
      found.push(invalidValue('spec.source.git.uri', source.git.uri, 'uri is not a valid url'));
    }
  }
  const dir = source.contextDir ?? '';
  if (dir.split('/').includes('..') || dir.startsWith('/')) {
    found.push(
      invalidValue('spec.source.contextDir', dir, 'context dir must not be a relative path'),
    );
  }
  const kinds = [
    strategy.sourceStrategy,
    strategy.dockerStrategy,
    strategy.customStrategy,
    strategy.jenkinsPipelineStrategy,
  ].filter((part) => part !== undefined).length;
  if (kinds !== 1) {
    found.push(
      invalidValue(
        'spec.strategy',
        {},
        'must provide a value for exactly one of sourceStrategy, customStrategy, dockerStrategy, or jenkinsPipelineStrategy',
      ),
    );
  }
  const { sourceStrategy } = strategy;
  if (sourceStrategy !== undefined && (sourceStrategy.from.name ?? '') === '') {
    found.push(required('spec.strategy.sourceStrategy.from.name'));
  }
  if (strategy.type === 'Source' && source.type === 'None') {
    found.push(
      invalidValue(
        'spec.source',
        {},
        'must provide a value for at least one source input(git, binary, dockerfile, images).',
      ),
    );
  }
  const { to } = output;
  if (to !== undefined) {
    if (to.kind !== 'ImageStreamTag' && to.kind !== 'DockerImage') {
      found.push(
        invalidValue(
          'spec.output.to.kind',
          to.kind ?? '',
          "the target of build output must be an 'ImageStreamTag' or 'DockerImage'",
        ),
      );
    } else if ((to.name ?? '') === '') found.push(required('spec.output.to.name'));
    else if (to.kind === 'ImageStreamTag' && !(to.name ?? '').includes(':')) {
      found.push(
        invalidValue(
          'spec.output.to.name',
          to.name,
          'ImageStreamTag object references must be in the form <name>:<tag>',
        ),
      );
    }
  }
  return found;
}

export function validateDeploymentConfig(config: DeploymentConfig): FieldError[] {
  const { spec } = config;
  const found = validateMapSelected(spec.selector, spec.template);
  found.push(...validateNonNegative('spec.replicas', spec.replicas));
  found.push(...validateNonNegative('spec.minReadySeconds', spec.minReadySeconds));
  found.push(...validateNonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit));
  const type = spec.strategy?.type ?? '';
  if (type === '') found.push(required('spec.strategy.type'));
  else if (!['Rolling', 'Recreate', 'Custom'].includes(type)) {
    found.push(notSupported('spec.strategy.type', type, ['Custom', 'Recreate', 'Rolling']));
  }
  for (const [index, trigger] of (spec.triggers ?? []).entries()) {
    const path = `spec.triggers[${index}]`;
    if (trigger.type === '') found.push(required(`${path}.type`));
    if (trigger.type !== 'ImageChange') continue;
    const params = trigger.imageChangeParams;
    if (params === undefined) found.push(required(`${path}.imageChangeParams`));
    else {
      if ((params.from.name ?? '') === '') found.push(required(`${path}.imageChangeParams.from`));
      if ((params.containerNames ?? []).length === 0) {
        found.push(required(`${path}.imageChangeParams.containerNames`));
      }
    }
  }
  return found;
}

export function validateReplicationController(controller: ReplicationController): FieldError[] {
  const { spec } = controller;
  return [
    ...validateNonNegative('spec.replicas', spec.replicas),
    ...validateNonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...validateMapSelected(spec.selector, spec.template),
  ];
}

function validateMapSelected(
  selector: StringMap | undefined,
  template: PodTemplateSpec | undefined,
): FieldError[] {
  const found: FieldError[] = [];
  if (selector === undefined || Object.keys(selector).length === 0) {
    found.push(required('spec.selector'));
  }
  if (template?.spec === undefined) return [...found, required('spec.template')];
  const labels = template.metadata?.labels;
  if (selector !== undefined && !matchesSelector(selectorOfMap(selector), labels)) {
    found.push(
      invalidValue(
        'spec.template.metadata.labels',
        labels ?? null,
        '`selector` does not match template `labels`',
      ),
    );
  }
  found.push(...validatePodTemplate(template, 'spec.template'));
  const policy = template.spec.restartPolicy;
  if (policy !== undefined && policy !== 'Always') {
    found.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
  }
  if (template.spec.activeDeadlineSeconds !== undefined) {
    found.push(
      forbiddenField(
        'spec.template.spec.activeDeadlineSeconds',
        'activeDeadlineSeconds in a workload is not supported',
      ),
    );
  }
  return found;
}
