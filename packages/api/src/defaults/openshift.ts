/**
 * Defaults of OpenShift's kinds (openshift-apiserver pkg/build, pkg/image, pkg/apps: defaults.go).
 */
import { type Draft, child, ensure, items, setDefault, text } from '../draft.ts';
import { defaultPodTemplate } from './pod.ts';

/** The registry inside of the cluster; it is known by this name on every node. */
export const INTERNAL_REGISTRY = 'image-registry.openshift-image-registry.svc:5000';

export function defaultImageStream(stream: Draft): void {
  const spec = ensure(stream, 'spec');
  setDefault(ensure(spec, 'lookupPolicy'), 'local', false);
  for (const tag of items(spec, 'tags')) {
    if (!Object.hasOwn(tag, 'generation')) setDefault(tag, 'generation', 1);
    if (child(tag, 'from') === undefined) continue;
    ensure(tag, 'importPolicy');
    setDefault(ensure(tag, 'referencePolicy'), 'type', 'Source');
  }
}

export function defaultBuildConfig(config: Draft): void {
  const spec = ensure(config, 'spec');
  setDefault(spec, 'runPolicy', 'Serial');
  setDefault(spec, 'successfulBuildsHistoryLimit', 5);
  setDefault(spec, 'failedBuildsHistoryLimit', 5);
  defaultBuildSpec(spec);
  for (const trigger of items(spec, 'triggers')) {
    if (text(trigger, 'type') === 'ImageChange') ensure(trigger, 'imageChange');
  }
}

export function defaultBuild(build: Draft): void {
  const spec = ensure(build, 'spec');
  setDefault(spec, 'serviceAccount', 'builder');
  defaultBuildSpec(spec);
}

/** Types that follow from which part is there. */
function defaultBuildSpec(spec: Draft): void {
  const source = ensure(spec, 'source');
  const byPart = [
    ['git', 'Git'],
    ['dockerfile', 'Dockerfile'],
    ['binary', 'Binary'],
    ['images', 'Image'],
  ] as const;
  const part = byPart.find(([key]) => source[key] !== undefined);
  setDefault(source, 'type', part?.[1] ?? 'None');
  const strategy = ensure(spec, 'strategy');
  const byStrategy = [
    ['sourceStrategy', 'Source'],
    ['dockerStrategy', 'Docker'],
    ['customStrategy', 'Custom'],
    ['jenkinsPipelineStrategy', 'JenkinsPipeline'],
  ] as const;
  const kind = byStrategy.find(([key]) => strategy[key] !== undefined);
  if (kind !== undefined) setDefault(strategy, 'type', kind[1]);
  const from = child(child(strategy, 'sourceStrategy'), 'from');
  if (from !== undefined) setDefault(from, 'kind', 'ImageStreamTag');
}

export function defaultDeploymentConfig(config: Draft): void {
  const spec = ensure(config, 'spec');
  setDefault(spec, 'revisionHistoryLimit', 10);
  const strategy = ensure(spec, 'strategy');
  setDefault(strategy, 'type', 'Rolling');
  setDefault(strategy, 'activeDeadlineSeconds', 21_600);
  switch (text(strategy, 'type')) {
    case 'Rolling': {
      const params = ensure(strategy, 'rollingParams');
      setDefault(params, 'updatePeriodSeconds', 1);
      setDefault(params, 'intervalSeconds', 1);
      setDefault(params, 'timeoutSeconds', 600);
      if (params['maxUnavailable'] === undefined && params['maxSurge'] === undefined) {
        setDefault(params, 'maxUnavailable', '25%');
        setDefault(params, 'maxSurge', '25%');
      }
      break;
    }
    case 'Recreate':
      setDefault(ensure(strategy, 'recreateParams'), 'timeoutSeconds', 600);
      break;
    default:
      break;
  }
  if (spec['triggers'] === undefined) setDefault(spec, 'triggers', [{ type: 'ConfigChange' }]);
  const template = ensure(spec, 'template');
  const labels = child(child(template, 'metadata'), 'labels');
  if (labels !== undefined) setDefault(spec, 'selector', { ...labels });
  defaultPodTemplate(template);
}

export function defaultReplicationController(controller: Draft): void {
  const spec = ensure(controller, 'spec');
  setDefault(spec, 'replicas', 1);
  const template = ensure(spec, 'template');
  const labels = child(child(template, 'metadata'), 'labels');
  if (labels !== undefined) setDefault(spec, 'selector', { ...labels });
  defaultPodTemplate(template);
}
