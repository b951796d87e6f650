/**
 * The pod that carries out a build: it clones the source, assembles the image and pushes it.
 *
 * Copies openshift-controller-manager pkg/build/controller/strategy. Its programs (workloads, programs/builder.ts) are
 * told by environment variables what they report; the images, volumes and secrets of a real build pod are left out.
 */
import { type Build, type EnvVar, type Pod, controllerRef } from '@podwire/api';
import { commitOf, hexOf, withoutTag } from './reference.ts';

const BUILDER_IMAGE = 'quay.io/openshift/origin-docker-builder:4.19';

export function buildPodName(build: Build): string {
  return `${build.metadata.name}-build`;
}

/** The commit that a build finds; undefined without a repository. */
export function buildCommit(build: Build): string | undefined {
  const { git } = build.spec.source;
  if (git === undefined) return undefined;
  return build.spec.revision?.git?.commit ?? commitOf(git.uri, git.ref ?? 'HEAD');
}

/** The digest of the image that a build makes: of its inputs and its number. */
export function buildDigest(build: Build): string {
  const { namespace = 'default', name } = build.metadata;
  return `sha256:${hexOf(`built ${namespace}/${name} ${buildCommit(build) ?? ''}`, 64)}`;
}

/** The image that a build starts from. */
export function baseImage(build: Build): string {
  const { sourceStrategy, dockerStrategy } = build.spec.strategy;
  return sourceStrategy?.from.name ?? dockerStrategy?.from?.name ?? 'scratch';
}

export function buildPod(build: Build, output: string): Pod {
  const { namespace = 'default', name, labels } = build.metadata;
  const { source, serviceAccount, nodeSelector } = build.spec;
  const isDocker = build.spec.strategy.dockerStrategy !== undefined;
  const env: EnvVar[] = [
    ['BUILD_NAME', `${namespace}/${name}`],
    ['SOURCE_REPOSITORY', source.git?.uri ?? ''],
    ['SOURCE_REF', source.git?.ref ?? ''],
    ['SOURCE_CONTEXT_DIR', source.contextDir ?? ''],
    ['SOURCE_COMMIT', buildCommit(build) ?? ''],
    ['BASE_IMAGE', baseImage(build)],
    ['OUTPUT_IMAGE', output],
    ['OUTPUT_DIGEST', buildDigest(build)],
  ].map(([key = '', value = '']) => ({ name: key, value }));
  const container = (container: string, program: string): Pod['spec']['containers'][number] => ({
    name: container,
    image: BUILDER_IMAGE,
    command: [program],
    env,
    resources: {},
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: buildPodName(build),
      namespace,
      labels: { ...labels, 'openshift.io/build.name': name },
      annotations: { 'openshift.io/build.name': name, 'openshift.io/scc': 'privileged' },
      ownerReferences: [controllerRef(build)],
    },
    spec: {
      serviceAccountName: serviceAccount ?? 'builder',
      restartPolicy: 'Never',
      ...(nodeSelector === undefined || nodeSelector === null ? {} : { nodeSelector }),
      initContainers: [
        ...(source.git === undefined ? [] : [container('git-clone', 'openshift-git-clone')]),
        container('manage-dockerfile', 'openshift-manage-dockerfile'),
      ],
      containers: [
        isDocker
          ? container('docker-build', 'openshift-docker-build')
          : container('sti-build', 'openshift-sti-build'),
      ],
    },
  };
}

/** Where a build's image goes: `registry/ns/stream:tag`. */
export function outputReference(build: Build, repository: string | undefined): string | undefined {
  const { to } = build.spec.output;
  if (to === undefined) return undefined;
  if (to.kind === 'DockerImage') return to.name;
  const tag = (to.name ?? '').split(':')[1] ?? 'latest';
  return repository === undefined ? undefined : `${withoutTag(repository)}:${tag}`;
}
