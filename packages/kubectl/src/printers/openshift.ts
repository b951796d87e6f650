/**
 * OpenShift's kinds in `oc get` (openshift-apiserver pkg/{project,image,build,apps}/printers).
 */
import {
  type Build,
  type BuildCommonSpec,
  type BuildConfig,
  type DeploymentConfig,
  type Image,
  type ImageStream,
  type ImageStreamTag,
  type KubeObject,
  type Project,
  type ReplicationController,
  parseTime,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import { goSeconds, sinceInWords } from '../docker-duration.ts';
import { formatLabels } from '../json-value.ts';
import { type TablePrinter, columns } from './table.ts';
import { replicasPrinter } from './workloads.ts';

export const projectPrinter: TablePrinter = {
  columns: columns('Name|Display Name|Status'),
  cells(object: KubeObject): string[] {
    const { metadata, status } = object as Project;
    return [
      metadata.name,
      metadata.annotations?.['openshift.io/display-name'] ?? '',
      status?.phase ?? '',
    ];
  },
};

export const imagePrinter: TablePrinter = {
  columns: columns('Name|Image Reference'),
  cells(object: KubeObject): string[] {
    const { metadata, dockerImageReference } = object as Image;
    return [metadata.name, dockerImageReference ?? ''];
  },
};

export const imageStreamPrinter: TablePrinter = {
  columns: columns('Name|Image Repository|Tags|Updated'),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, spec, status } = object as ImageStream;
    const specified = spec?.dockerImageRepository ?? '';
    const repository =
      specified !== ''
        ? specified
        : (status?.publicDockerImageRepository ?? status?.dockerImageRepository ?? '');
    const created = (status?.tags ?? []).flatMap(({ items }) => items?.[0]?.created ?? []);
    const latest = created.toSorted().at(-1);
    const updated = latest === undefined ? '' : `${sinceInWords(latest, nowNs)} ago`;
    return [metadata.name, repository, tagsCell(status?.tags ?? []), updated];
  },
};

/** Names take up to this many characters, then it is said how many more there are. */
const TAGS_WIDTH = 40;

/** By their newest image, as many as fit. */
function tagsCell(tags: NonNullable<NonNullable<ImageStream['status']>['tags']>): string {
  const sorted = tags.toSorted((a, b) => {
    const [left, right] = [a.items?.[0]?.created ?? '', b.items?.[0]?.created ?? ''];
    return left < right ? 1 : left > right ? -1 : 0;
  });
  let text = '';
  for (const [index, { tag }] of sorted.entries()) {
    const rest = sorted.length - index;
    const next = text === '' ? tag : `${text},${tag}`;
    if (next.length > TAGS_WIDTH && text !== '') return `${text} + ${rest} more...`;
    text = next;
  }
  return text;
}

export const imageStreamTagPrinter: TablePrinter = {
  columns: columns('Name|Image Reference|Updated', 'Image Name'),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, image } = object as ImageStreamTag;
    return [
      metadata.name,
      image.dockerImageReference ?? '',
      `${sinceInWords(metadata.creationTimestamp, nowNs)} ago`,
      image.metadata.name,
    ];
  },
};

export const buildConfigPrinter: TablePrinter = {
  columns: columns('Name|Type|From|Latest'),
  cells(object: KubeObject): string[] {
    const { metadata, spec, status } = object as BuildConfig;
    return [
      metadata.name,
      strategyType(spec),
      fromCell(spec, spec.source.git?.ref ?? ''),
      String(status?.lastVersion ?? 0),
    ];
  },
};

export const buildPrinter: TablePrinter = {
  columns: columns('Name|Type|From|Status|Started|Duration'),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, spec, status } = object as Build;
    const reason = status?.reason ?? '';
    const started = status?.startTimestamp;
    const commit = spec.revision?.git?.commit?.slice(0, 7);
    return [
      metadata.name,
      strategyType(spec),
      fromCell(spec, commit ?? spec.source.git?.ref ?? ''),
      `${status?.phase ?? ''}${reason === '' ? '' : ` (${reason})`}`,
      started === undefined ? '' : `${sinceInWords(started, nowNs)} ago`,
      durationCell(object as Build, nowNs),
    ];
  },
};

function durationCell({ status }: Build, nowNs: number): string {
  const startNs = parseTime(status?.startTimestamp ?? '');
  if (startNs === undefined) return '';
  const endNs = parseTime(status?.completionTimestamp ?? '');
  if (endNs !== undefined) return goSeconds(endNs - startNs);
  return status?.phase === 'Running'
    ? goSeconds(Math.floor((nowNs - startNs) / NS_PER_SEC) * NS_PER_SEC)
    : '';
}

/** `Source`, `Docker`, …, of the part that is there. */
export function strategyType({ strategy }: BuildCommonSpec): string {
  if (strategy.sourceStrategy !== undefined) return 'Source';
  if (strategy.dockerStrategy !== undefined) return 'Docker';
  if (strategy.customStrategy !== undefined) return 'Custom';
  return strategy.jenkinsPipelineStrategy === undefined ? '' : 'JenkinsPipeline';
}

/** `Git@main`, `Dockerfile,Git`, `Binary`. */
function fromCell({ source }: BuildCommonSpec, revision: string): string {
  const parts: string[] = [];
  if (source.dockerfile !== undefined) parts.push('Dockerfile');
  if (source.git !== undefined) parts.push(revision === '' ? 'Git' : `Git@${revision}`);
  if (source.binary !== undefined) parts.push('Binary');
  return parts.join(',');
}

export const deploymentConfigPrinter: TablePrinter = {
  columns: columns('Name|Revision|Desired|Current|Triggered By'),
  cells(object: KubeObject): string[] {
    const { metadata, spec, status } = object as DeploymentConfig;
    return [
      metadata.name,
      String(status?.latestVersion ?? 0),
      spec.test === true ? `${spec.replicas} (during test)` : String(spec.replicas),
      String(status?.updatedReplicas ?? 0),
      triggersCell(object as DeploymentConfig),
    ];
  },
};

function triggersCell({ spec }: DeploymentConfig): string {
  const words = (spec.triggers ?? []).flatMap(({ type, imageChangeParams }) => {
    if (type === 'ConfigChange') return ['config'];
    if (type !== 'ImageChange') return [type];
    const from = imageChangeParams?.from.name ?? '';
    return from === '' ? [] : [`image(${from})`];
  });
  return words.toSorted().join(',');
}

export const replicationControllerPrinter: TablePrinter = replicasPrinter(
  (object) => object as ReplicationController,
  ({ spec }) => formatLabels(spec.selector),
);
