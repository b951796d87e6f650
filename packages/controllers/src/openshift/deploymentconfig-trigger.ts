/**
 * When a DeploymentConfig gets a new revision: its triggers held against its newest one.
 *
 * Copies openshift-controller-manager pkg/apps/deploymentconfig (triggerActivated) and, for the images in the template,
 * pkg/image/trigger/deploymentconfigs.
 */
import type {
  DeploymentConfig,
  DeploymentConfigDetails,
  ObjectReference,
  ReplicationController,
  TagEvent,
} from '@podwire/api';
import { DEPLOYER } from './deployment-revision.ts';

/** The configuration with the newest images of its triggers in its template; undefined when they are there. */
export function withTriggeredImages(
  config: DeploymentConfig,
  latestImage: (from: ObjectReference) => TagEvent | undefined,
): DeploymentConfig | undefined {
  const { spec } = config;
  let { template } = spec;
  let isChanged = false;
  const triggers = (spec.triggers ?? []).map((trigger) => {
    const params = trigger.imageChangeParams;
    if (trigger.type !== 'ImageChange' || params === undefined) return trigger;
    const reference = latestImage(params.from)?.dockerImageReference;
    if (reference === undefined || reference === params.lastTriggeredImage) return trigger;
    if (params.automatic !== true && params.lastTriggeredImage !== undefined) return trigger;
    const containers = template.spec.containers.map((container) =>
      (params.containerNames ?? []).includes(container.name)
        ? { ...container, image: reference }
        : container,
    );
    template = { ...template, spec: { ...template.spec, containers } };
    isChanged = true;
    return { ...trigger, imageChangeParams: { ...params, lastTriggeredImage: reference } };
  });
  return isChanged ? { ...config, spec: { ...spec, template, triggers } } : undefined;
}

/** Why a new revision is due; undefined when none is. `latest`: the revision of the newest version, once it is there. */
export function revisionDue(
  { spec, status }: DeploymentConfig,
  latest: ReplicationController | undefined,
): DeploymentConfigDetails | undefined {
  const { triggers = [], template } = spec;
  const imageTriggers = triggers.filter(({ type }) => type === 'ImageChange');
  const hasConfigTrigger = triggers.some(({ type }) => type === 'ConfigChange');
  if ((status?.latestVersion ?? 0) === 0) {
    const areImagesKnown = imageTriggers.every(
      ({ imageChangeParams }) => imageChangeParams?.lastTriggeredImage !== undefined,
    );
    const isDue = imageTriggers.length > 0 ? areImagesKnown : hasConfigTrigger;
    return isDue ? CONFIG_CHANGE : undefined;
  }
  if (latest === undefined) return undefined;
  if (imageTriggers.length > 0) {
    const before = new Set((latest.spec.template?.spec.containers ?? []).map(({ image }) => image));
    const images = template.spec.containers.flatMap(({ image }) =>
      image === undefined || before.has(image) ? [] : [image],
    );
    if (images.length > 0) {
      return {
        message: 'image change',
        causes: images.map((name) => ({
          type: 'ImageChange',
          imageTrigger: { from: { kind: 'DockerImage', name } },
        })),
      };
    }
  }
  const encoded = latest.metadata.annotations?.[DEPLOYER.encoded];
  return hasConfigTrigger && encoded !== JSON.stringify(template) ? CONFIG_CHANGE : undefined;
}

const CONFIG_CHANGE: DeploymentConfigDetails = {
  message: 'config change',
  causes: [{ type: 'ConfigChange' }],
};
