/**
 * Which printer a kind has. The columns are those of facts: the API server's own (pkg/printers/internalversion).
 */
import { type KindInfo, type KubeObject, qualifiedResource } from '@podwire/api';
import { age } from './common.ts';
import {
  configMapPrinter,
  namespacePrinter,
  secretPrinter,
  serviceAccountPrinter,
} from './config.ts';
import {
  addressPoolPrinter,
  ingressClassPrinter,
  ingressPrinter,
  l2AdvertisementPrinter,
  routePrinter,
} from './edge.ts';
import { endpointSlicePrinter, endpointsPrinter } from './endpoints.ts';
import { eventPrinter } from './event.ts';
import { cronJobPrinter, jobPrinter } from './job.ts';
import { nodePrinter } from './node.ts';
import {
  buildConfigPrinter,
  buildPrinter,
  deploymentConfigPrinter,
  imagePrinter,
  imageStreamPrinter,
  imageStreamTagPrinter,
  projectPrinter,
  replicationControllerPrinter,
} from './openshift.ts';
import { podPrinter } from './pod.ts';
import { leasePrinter, podDisruptionBudgetPrinter, priorityClassPrinter } from './policy.ts';
import { servicePrinter } from './service.ts';
import {
  persistentVolumeClaimPrinter,
  persistentVolumePrinter,
  storageClassPrinter,
} from './storage.ts';
import { type TablePrinter, columns } from './table.ts';
import {
  controllerRevisionPrinter,
  daemonSetPrinter,
  deploymentPrinter,
  replicaSetPrinter,
  statefulSetPrinter,
} from './workloads.ts';

const PRINTERS: ReadonlyMap<string, TablePrinter> = new Map([
  ['configmaps', configMapPrinter],
  ['endpoints', endpointsPrinter],
  ['events', eventPrinter],
  ['namespaces', namespacePrinter],
  ['nodes', nodePrinter],
  ['persistentvolumeclaims', persistentVolumeClaimPrinter],
  ['persistentvolumes', persistentVolumePrinter],
  ['pods', podPrinter],
  ['replicationcontrollers', replicationControllerPrinter],
  ['secrets', secretPrinter],
  ['serviceaccounts', serviceAccountPrinter],
  ['services', servicePrinter],
  ['controllerrevisions.apps', controllerRevisionPrinter],
  ['daemonsets.apps', daemonSetPrinter],
  ['deployments.apps', deploymentPrinter],
  ['replicasets.apps', replicaSetPrinter],
  ['statefulsets.apps', statefulSetPrinter],
  ['cronjobs.batch', cronJobPrinter],
  ['jobs.batch', jobPrinter],
  ['leases.coordination.k8s.io', leasePrinter],
  ['endpointslices.discovery.k8s.io', endpointSlicePrinter],
  ['ingresses.networking.k8s.io', ingressPrinter],
  ['ingressclasses.networking.k8s.io', ingressClassPrinter],
  ['ipaddresspools.metallb.io', addressPoolPrinter],
  ['l2advertisements.metallb.io', l2AdvertisementPrinter],
  ['poddisruptionbudgets.policy', podDisruptionBudgetPrinter],
  ['routes.route.openshift.io', routePrinter],
  ['priorityclasses.scheduling.k8s.io', priorityClassPrinter],
  ['storageclasses.storage.k8s.io', storageClassPrinter],
  ['deploymentconfigs.apps.openshift.io', deploymentConfigPrinter],
  ['buildconfigs.build.openshift.io', buildConfigPrinter],
  ['builds.build.openshift.io', buildPrinter],
  ['images.image.openshift.io', imagePrinter],
  ['imagestreams.image.openshift.io', imageStreamPrinter],
  ['imagestreamtags.image.openshift.io', imageStreamTagPrinter],
  ['projects.project.openshift.io', projectPrinter],
]);

const genericPrinter: TablePrinter = {
  columns: columns('Name|Age'),
  cells(object: KubeObject, nowNs: number): string[] {
    return [object.metadata.name, age(object, nowNs)];
  },
};

export function printerOf(info: KindInfo): TablePrinter {
  return PRINTERS.get(qualifiedResource(info)) ?? genericPrinter;
}
