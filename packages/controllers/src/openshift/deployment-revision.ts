/**
 * The ReplicationController of a DeploymentConfig's revision, and the pod that deploys it.
 *
 * Copies openshift/library-go pkg/apps/appsutil (MakeDeployment) and openshift-controller-manager
 * pkg/apps/deployment (makeDeployerPod).
 */
import {
  type DeploymentConfig,
  type Pod,
  type ReplicationController,
  controllerRef,
} from '@podwire/api';

/** Annotations of revisions and of deployer pods. */
export const DEPLOYER = {
  config: 'openshift.io/deployment-config.name',
  version: 'openshift.io/deployment-config.latest-version',
  phase: 'openshift.io/deployment.phase',
  reason: 'openshift.io/deployment.status-reason',
  pod: 'openshift.io/deployer-pod.name',
  encoded: 'openshift.io/encoded-deployment-config',
  of: 'openshift.io/deployment.name',
  cancelled: 'openshift.io/deployment.cancelled',
} as const;

/** Whether the rollout of a revision has ended, well or not. */
export function isTerminated(revision: ReplicationController): boolean {
  const phase = phaseOf(revision);
  return phase === 'Complete' || phase === 'Failed';
}

export function phaseOf({ metadata }: ReplicationController): string {
  return metadata.annotations?.[DEPLOYER.phase] ?? '';
}

export function isCancelled({ metadata }: ReplicationController): boolean {
  return metadata.annotations?.[DEPLOYER.cancelled] === 'true';
}

export function versionOf({ metadata }: ReplicationController): number {
  return Number(metadata.annotations?.[DEPLOYER.version] ?? 0);
}

export function newestFirst(a: ReplicationController, b: ReplicationController): number {
  return versionOf(b) - versionOf(a);
}

const DEPLOYER_IMAGE = 'quay.io/openshift/origin-deployer:4.19';

export function revisionOf(config: DeploymentConfig, version: number): ReplicationController {
  const { metadata, spec, status } = config;
  const name = `${metadata.name}-${version}`;
  const identity = { deployment: name, deploymentconfig: metadata.name };
  const told = { [DEPLOYER.config]: metadata.name, [DEPLOYER.version]: String(version) };
  const template = spec.template;
  return {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: {
      name,
      namespace: metadata.namespace ?? 'default',
      labels: { ...metadata.labels, 'openshift.io/deployment-config.name': metadata.name },
      annotations: {
        ...told,
        [DEPLOYER.phase]: 'New',
        [DEPLOYER.reason]: status?.details?.message ?? 'config change',
        [DEPLOYER.pod]: `${name}-deploy`,
        [DEPLOYER.encoded]: JSON.stringify(template),
      },
      ownerReferences: [controllerRef(config)],
    },
    spec: {
      replicas: 0,
      ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, ...identity },
      template: {
        ...template,
        metadata: {
          ...template.metadata,
          labels: { ...template.metadata?.labels, ...identity },
          annotations: { ...template.metadata?.annotations, ...told, [DEPLOYER.of]: name },
        },
      },
    },
  };
}

export function deployerPod(revision: ReplicationController, replicas: number): Pod {
  const { name, namespace = 'default', annotations } = revision.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-deploy`,
      namespace,
      labels: { 'openshift.io/deployer-pod-for.name': name },
      annotations: {
        [DEPLOYER.config]: annotations?.[DEPLOYER.config] ?? '',
        [DEPLOYER.of]: name,
      },
      ownerReferences: [{ ...controllerRef(revision), controller: false }],
    },
    spec: {
      serviceAccountName: 'deployer',
      restartPolicy: 'Never',
      containers: [
        {
          name: 'deployment',
          image: DEPLOYER_IMAGE,
          command: ['openshift-deploy'],
          env: [
            { name: 'OPENSHIFT_DEPLOYMENT_NAME', value: name },
            { name: 'OPENSHIFT_DEPLOYMENT_NAMESPACE', value: namespace },
            { name: 'OPENSHIFT_DEPLOYMENT_REPLICAS', value: String(replicas) },
          ],
          resources: {},
        },
      ],
    },
  };
}
