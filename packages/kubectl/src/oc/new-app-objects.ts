/**
 * The objects that `oc new-app` makes: ImageStream, BuildConfig, Deployment (or DeploymentConfig), Service.
 *
 * Shapes as recorded from oc 4.19 (openshift/oc pkg/helpers/newapp/app/pipeline.go).
 */
import type { EnvVar, KubeObject, StringMap } from '@podwire/api';
import type { FoundStreamTag } from './image-search.ts';

/** What is to become an application. */
export interface AppPlan {
  readonly name: string;
  readonly namespace: string;
  /** Set: a repository is built on the image. */
  readonly source: SourcePlan | undefined;
  readonly image: ImagePlan;
  readonly env: readonly EnvVar[];
  readonly buildEnv: readonly EnvVar[];
  /** Labels of `-l`; without them those that new-app makes up. */
  readonly labels: StringMap | undefined;
  /** Of the builder's image stream, for app.kubernetes.io/name. */
  readonly streamName: string | undefined;
  readonly asDeploymentConfig: boolean;
  /** Two secrets of webhooks. */
  readonly secrets: readonly [string, string];
}

export interface SourcePlan {
  readonly uri: string;
  readonly ref: string;
  readonly contextDir: string;
  readonly secret: string;
}

export type ImagePlan =
  | { readonly kind: 'stream'; readonly found: FoundStreamTag; readonly ports: readonly AppPort[] }
  | { readonly kind: 'registry'; readonly reference: string; readonly ports: readonly AppPort[] };

export interface AppPort {
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

const GENERATED_BY = { 'openshift.io/generated-by': 'OpenShiftNewApp' };

/** In the order in which they are created. */
export function objectsOf(plan: AppPlan): readonly KubeObject[] {
  const objects: unknown[] = [];
  if (plan.source !== undefined || plan.image.kind === 'registry') objects.push(imageStream(plan));
  if (plan.source !== undefined) objects.push(buildConfig(plan, plan.source));
  objects.push(plan.asDeploymentConfig ? deploymentConfig(plan) : deployment(plan));
  if (plan.image.ports.length > 0) objects.push(service(plan));
  return objects as KubeObject[];
}

function meta(plan: AppPlan, annotations: StringMap = {}): object {
  const { name, streamName } = plan;
  const own: StringMap = {
    app: name,
    'app.kubernetes.io/component': name,
    'app.kubernetes.io/instance': name,
    ...(streamName === undefined ? {} : { 'app.kubernetes.io/name': streamName }),
  };
  return {
    name,
    namespace: plan.namespace,
    labels: plan.labels ?? own,
    annotations: { ...annotations, ...GENERATED_BY },
  };
}

function imageStream(plan: AppPlan): object {
  const { image } = plan;
  const tags =
    plan.source !== undefined || image.kind !== 'registry'
      ? {}
      : {
          tags: [
            {
              name: tagOfReference(image.reference),
              annotations: { 'openshift.io/imported-from': image.reference },
              from: { kind: 'DockerImage', name: image.reference },
              importPolicy: {},
              referencePolicy: { type: 'Source' },
            },
          ],
        };
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: meta(plan),
    spec: { lookupPolicy: { local: false }, ...tags },
  };
}

function tagOfReference(reference: string): string {
  const last = reference.slice(reference.lastIndexOf('/') + 1);
  return /:([\w.-]+)/.exec(last)?.[1] ?? 'latest';
}

function builderReference(plan: AppPlan): object {
  const { image } = plan;
  if (image.kind === 'registry') return { kind: 'DockerImage', name: image.reference };
  const { stream, tag } = image.found;
  const { namespace, name } = stream.metadata;
  return {
    kind: 'ImageStreamTag',
    name: `${name}:${tag}`,
    ...(namespace === plan.namespace || namespace === undefined ? {} : { namespace }),
  };
}

function buildConfig(plan: AppPlan, source: SourcePlan): object {
  const [github, generic] = plan.secrets;
  return {
    apiVersion: 'build.openshift.io/v1',
    kind: 'BuildConfig',
    metadata: meta(plan),
    spec: {
      source: {
        type: 'Git',
        git: { uri: source.uri, ...(source.ref === '' ? {} : { ref: source.ref }) },
        ...(source.contextDir === '' ? {} : { contextDir: source.contextDir }),
        ...(source.secret === '' ? {} : { sourceSecret: { name: source.secret } }),
      },
      strategy: {
        type: 'Source',
        sourceStrategy: {
          from: builderReference(plan),
          ...(plan.buildEnv.length === 0 ? {} : { env: plan.buildEnv }),
        },
      },
      output: { to: { kind: 'ImageStreamTag', name: `${plan.name}:latest` } },
      triggers: [
        { type: 'GitHub', github: { secret: github } },
        { type: 'Generic', generic: { secret: generic } },
        { type: 'ConfigChange' },
        { type: 'ImageChange', imageChange: {} },
      ],
    },
  };
}

/** The tag whose newest image the pods run. */
function runReference(plan: AppPlan): {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
} {
  if (plan.source !== undefined) return { kind: 'ImageStreamTag', name: `${plan.name}:latest` };
  const { image } = plan;
  if (image.kind === 'registry') {
    return { kind: 'ImageStreamTag', name: `${plan.name}:${tagOfReference(image.reference)}` };
  }
  const { stream, tag } = image.found;
  const { namespace, name } = stream.metadata;
  return {
    kind: 'ImageStreamTag',
    name: `${name}:${tag}`,
    ...(namespace === undefined || namespace === plan.namespace ? {} : { namespace }),
  };
}

function container(plan: AppPlan, image: string): object {
  return {
    name: plan.name,
    image,
    ...(plan.image.ports.length === 0
      ? {}
      : {
          ports: plan.image.ports.map(({ port, protocol }) => ({ containerPort: port, protocol })),
        }),
    ...(plan.env.length === 0 ? {} : { env: plan.env }),
    resources: {},
  };
}

function deployment(plan: AppPlan): object {
  const trigger = {
    from: runReference(plan),
    fieldPath: `spec.template.spec.containers[?(@.name=="${plan.name}")].image`,
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta(plan, { 'image.openshift.io/triggers': JSON.stringify([trigger]) }),
    spec: {
      replicas: 1,
      selector: { matchLabels: { deployment: plan.name } },
      strategy: {},
      template: {
        metadata: { annotations: GENERATED_BY, labels: { deployment: plan.name } },
        // A blank until the trigger knows the image.
        spec: { containers: [container(plan, ' ')] },
      },
    },
  };
}

function deploymentConfig(plan: AppPlan): object {
  const labels = { deploymentconfig: plan.name };
  return {
    apiVersion: 'apps.openshift.io/v1',
    kind: 'DeploymentConfig',
    metadata: meta(plan),
    spec: {
      replicas: 1,
      selector: labels,
      strategy: { resources: {} },
      test: false,
      triggers: [
        { type: 'ConfigChange' },
        {
          type: 'ImageChange',
          imageChangeParams: {
            automatic: true,
            containerNames: [plan.name],
            from: runReference(plan),
          },
        },
      ],
      template: {
        metadata: { annotations: GENERATED_BY, labels },
        spec: {
          containers: [
            container(
              plan,
              plan.source === undefined ? imageText(plan.image) : `${plan.name}:latest`,
            ),
          ],
        },
      },
    },
  };
}

function imageText(image: ImagePlan): string {
  return image.kind === 'registry' ? image.reference : image.found.dockerImageReference;
}

function service(plan: AppPlan): object {
  const selector = { [plan.asDeploymentConfig ? 'deploymentconfig' : 'deployment']: plan.name };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta(plan),
    spec: {
      ports: plan.image.ports.map(({ port, protocol }) => ({
        name: `${port}-${protocol.toLowerCase()}`,
        port,
        protocol,
        targetPort: port,
      })),
      selector,
    },
  };
}
