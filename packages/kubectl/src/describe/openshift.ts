/**
 * `oc describe` of builds, image streams and DeploymentConfigs (openshift/oc pkg/helpers/describe).
 *
 * Columns are kept by blanks, as kubectl does; the real oc uses tabs, and writes a build's status in bold.
 */
import {
  type Build,
  type BuildCommonSpec,
  type BuildConfig,
  type DeploymentConfig,
  type ImageStream,
  type KubeObject,
  type ObjectReference,
  type ReplicationController,
  controllerOf,
  parseTime,
} from '@podwire/api';
import { NS_PER_MS } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { goSeconds, sinceInWords } from '../docker-duration.ts';
import { isFailure } from '../failure.ts';
import { longDate } from '../human-duration.ts';
import { formatLabels } from '../json-value.ts';
import { kindOf } from '../oc/image-search.ts';
import { strategyType } from '../printers/openshift.ts';
import type { Session } from '../session.ts';
import { describeTemplate } from './pod-parts.ts';
import type { DescribeWriter } from './writer.ts';

/** Builds shown of a configuration. */
const BUILDS_SHOWN = 10;

function writeHead(session: Session, { metadata }: KubeObject, w: DescribeWriter): void {
  w.field(0, 'Name', metadata.name);
  if (metadata.namespace !== undefined) w.field(0, 'Namespace', metadata.namespace);
  w.field(0, 'Created', `${sinceInWords(metadata.creationTimestamp, session.nowNs())} ago`);
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
}

function referenceText({ kind = '', namespace = '', name = '' }: ObjectReference): string {
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;
}

function writeCommonSpec(spec: BuildCommonSpec, w: DescribeWriter): void {
  const { source, strategy, output, revision } = spec;
  w.line(0, '');
  w.field(0, 'Strategy', strategyType(spec));
  if (source.git !== undefined) {
    w.field(0, 'URL', source.git.uri);
    if ((source.git.ref ?? '') !== '') w.field(0, 'Ref', source.git.ref ?? '');
    if ((source.contextDir ?? '') !== '') w.field(0, 'ContextDir', source.contextDir ?? '');
    const commit = revision?.git?.commit ?? '';
    if (commit !== '') w.field(0, 'Commit', commit.slice(0, 7));
  }
  const from = strategy.sourceStrategy?.from ?? strategy.dockerStrategy?.from;
  if (from !== undefined) w.field(0, 'From Image', referenceText(from));
  w.field(0, 'Volumes', '<none>');
  if (output.to !== undefined) w.field(0, 'Output to', referenceText(output.to));
  if (source.binary !== undefined) w.field(0, 'Binary', 'provided on build');
}

export function* describeBuildConfig(
  session: Session,
  object: KubeObject,
  w: DescribeWriter,
): Proc {
  const config = object as BuildConfig;
  const { metadata, spec, status } = config;
  writeHead(session, config, w);
  const version = status?.lastVersion ?? 0;
  w.field(0, 'Latest Version', version === 0 ? 'Never built' : version);
  writeCommonSpec(spec, w);
  w.line(0, '');
  w.field(0, 'Build Run Policy', spec.runPolicy ?? '');
  writeTriggers(session, config, w);
  w.line(0, 'Builds History Limit:');
  w.line(0, `\tSuccessful:\t${spec.successfulBuildsHistoryLimit ?? 0}`);
  w.line(0, `\tFailed:\t${spec.failedBuildsHistoryLimit ?? 0}`);
  const listed = yield* session.list(kindOf('builds'), { namespace: metadata.namespace });
  if (isFailure(listed)) return;
  const builds = (listed.items as readonly Build[])
    .filter((build) => build.status?.config?.name === metadata.name)
    .toSorted((a, b) => numberOf(b) - numberOf(a));
  if (builds.length > 0) {
    w.line(0, '');
    w.line(0, 'Build\tStatus\tDuration\tCreation Time');
    for (const build of builds.slice(0, BUILDS_SHOWN)) {
      const phase = (build.status?.phase ?? '').toLowerCase();
      const created = (build.metadata.creationTimestamp ?? '').replace('T', ' ').replace('Z', '');
      w.line(
        0,
        `${build.metadata.name} \t${phase} \t${durationText(session, build)} \t${created} +0000 UTC`,
      );
    }
  }
}

function numberOf(build: Build): number {
  return Number(build.metadata.annotations?.['openshift.io/build.number'] ?? 0);
}

function writeTriggers(session: Session, { metadata, spec }: BuildConfig, w: DescribeWriter): void {
  const triggers = spec.triggers ?? [];
  const words = triggers.flatMap(({ type, imageChange }) => {
    if (['GitHub', 'Generic', 'GitLab', 'Bitbucket'].includes(type)) return [];
    if (type === 'ConfigChange') return ['Config'];
    const from = imageChange?.from;
    return from?.name === undefined ? [type] : [`Image(${from.kind ?? ''} ${from.name})`];
  });
  w.field(0, 'Triggered by', triggers.length === 0 ? '<none>' : words.join(', '));
  const server = session.ctx.serverUrl ?? 'https://192.168.10.10:6443';
  for (const { type, generic } of triggers) {
    if (type !== 'GitHub' && type !== 'Generic') continue;
    w.line(0, `Webhook ${type}:`);
    w.line(
      0,
      `\tURL:\t${server}/apis/build.openshift.io/v1/namespaces/${metadata.namespace ?? ''}/buildconfigs/${metadata.name}/webhooks/<secret>/${type.toLowerCase()}`,
    );
    if (type === 'Generic') w.line(0, `\tAllowEnv:\t${generic?.allowEnv ?? false}`);
  }
}

export function describeBuild(session: Session, object: KubeObject, w: DescribeWriter): void {
  const build = object as Build;
  const { metadata, spec, status } = build;
  writeHead(session, build, w);
  w.line(0, '');
  const message = status?.message ?? '';
  w.field(0, 'Status', `${status?.phase ?? ''}${message === '' ? '' : ` (${message})`}`);
  if (status?.startTimestamp !== undefined) {
    w.field(0, 'Started', longDate(status.startTimestamp).replace('+0000', 'UTC'));
  }
  w.field(0, 'Duration', durationText(session, build));
  for (const { name, durationMilliseconds = 0 } of status?.stages ?? []) {
    w.line(0, `  ${name}:\t  ${goSeconds(durationMilliseconds * NS_PER_MS)}`);
  }
  w.line(0, '');
  if (status?.config !== undefined) w.field(0, 'Build Config', status.config.name ?? '');
  w.field(0, 'Build Pod', `${metadata.name}-build`);
  const digest = status?.output?.to?.imageDigest;
  if (digest !== undefined) w.field(0, 'Image Digest', digest);
  writeCommonSpec(spec, w);
  const causes = (spec.triggeredBy ?? []).map(({ message: why = '' }) => why);
  w.field(0, 'Build trigger cause', causes.length === 0 ? '<unknown>' : causes.join(', '));
}

function durationText(session: Session, { metadata, status }: Build): string {
  const startNs = parseTime(status?.startTimestamp ?? '');
  const endNs = parseTime(status?.completionTimestamp ?? '');
  const createdNs = parseTime(metadata.creationTimestamp ?? '') ?? session.nowNs();
  if (startNs === undefined && endNs !== undefined)
    return `waited for ${goSeconds(endNs - createdNs)}`;
  if (startNs === undefined) return `waiting for ${goSeconds(session.nowNs() - createdNs)}`;
  if (endNs === undefined) return `running for ${goSeconds(session.nowNs() - startNs)}`;
  return goSeconds(endNs - startNs);
}

export function describeImageStream(session: Session, object: KubeObject, w: DescribeWriter): void {
  const stream = object as ImageStream;
  const { spec, status } = stream;
  writeHead(session, stream, w);
  w.field(
    0,
    'Image Repository',
    status?.publicDockerImageRepository ?? status?.dockerImageRepository ?? '',
  );
  w.field(0, 'Image Lookup', `local=${spec?.lookupPolicy?.local ?? false}`);
  const known = status?.tags ?? [];
  const names = [
    ...new Set([...known.map(({ tag }) => tag), ...(spec?.tags ?? []).map(({ name }) => name)]),
  ];
  if (names.length === 0) {
    w.field(0, 'Tags', '<none>');
    return;
  }
  const images = new Set(known.flatMap(({ items }) => (items ?? []).map(({ image }) => image)));
  w.field(0, 'Unique Images', images.size);
  w.field(0, 'Tags', names.length);
  for (const name of names) {
    w.line(0, '');
    w.flush();
    const reference = spec?.tags?.find((tag) => tag.name === name);
    const events = known.find(({ tag }) => tag === name);
    w.line(0, name);
    if (reference === undefined) w.line(1, 'no spec tag');
    else if (reference.from === undefined) w.line(1, 'tag without source image');
    else w.line(1, `tagged from ${reference.from.name ?? ''}`);
    w.line(0, '');
    const failed = events?.conditions?.find((condition) => condition.status === 'False');
    if (failed !== undefined) {
      w.line(1, `! error: Import failed (${failed.reason ?? ''}): ${failed.message ?? ''}`);
      w.line(3, `${sinceInWords(failed.lastTransitionTime, session.nowNs()).toLowerCase()} ago`);
    }
    for (const [index, event] of (events?.items ?? []).entries()) {
      w.line(1, `${index === 0 ? '*' : ' '} ${event.dockerImageReference}`);
      w.line(3, `${sinceInWords(event.created, session.nowNs())} ago`);
    }
  }
}

export function* describeDeploymentConfig(
  session: Session,
  object: KubeObject,
  w: DescribeWriter,
): Proc {
  const config = object as DeploymentConfig;
  const { metadata, spec, status } = config;
  writeHead(session, config, w);
  const version = status?.latestVersion ?? 0;
  w.field(0, 'Latest Version', version === 0 ? 'Not deployed' : version);
  w.field(0, 'Selector', formatLabels(spec.selector));
  w.field(0, 'Replicas', `${spec.replicas}${spec.test === true ? ' (only while deploying)' : ''}`);
  const triggers = (spec.triggers ?? []).map(({ type, imageChangeParams: params }) => {
    if (type === 'ConfigChange') return 'Config';
    if (params === undefined) return type;
    return `Image(${params.from.name ?? ''}, auto=${params.automatic ?? false})`;
  });
  w.field(0, 'Triggers', triggers.length === 0 ? '<none>' : triggers.join(', '));
  w.field(0, 'Strategy', spec.strategy?.type ?? '');
  w.line(0, 'Template:');
  describeTemplate(w, spec.template);
  const listed = yield* session.list(kindOf('replicationcontrollers'), {
    namespace: metadata.namespace,
  });
  if (isFailure(listed)) return;
  const revisions = (listed.items as readonly ReplicationController[])
    .filter((revision) => controllerOf(revision)?.uid === metadata.uid)
    .toSorted((a, b) => versionOf(b) - versionOf(a));
  for (const [index, revision] of revisions.entries()) {
    const phase = revision.metadata.annotations?.['openshift.io/deployment.phase'] ?? '';
    const latest = index === 0 ? ' (latest)' : '';
    w.line(0, '');
    w.line(0, `Deployment #${versionOf(revision)}${latest}:`);
    w.line(0, `\tName:\t${revision.metadata.name}`);
    w.line(
      0,
      `\tCreated:\t${sinceInWords(revision.metadata.creationTimestamp, session.nowNs()).toLowerCase()} ago`,
    );
    w.line(0, `\tStatus:\t${phase}`);
    w.line(
      0,
      `\tReplicas:\t${revision.status?.replicas ?? 0} current / ${revision.spec.replicas ?? 0} desired`,
    );
  }
  w.line(0, '');
}

function versionOf({ metadata }: ReplicationController): number {
  return Number(metadata.annotations?.['openshift.io/deployment-config.latest-version'] ?? 0);
}
