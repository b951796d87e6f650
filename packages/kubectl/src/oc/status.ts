/**
 * `oc status`: what serves in a project, from Services down to builds (openshift/oc pkg/helpers/describe projectstatus.go).
 *
 * Not modelled: StatefulSets, DaemonSets and jobs; of the markers only missing liveness probes.
 */
import {
  type Build,
  type BuildConfig,
  type Deployment,
  type DeploymentConfig,
  type KubeObject,
  type Pod,
  type PodTemplateSpec,
  type Project,
  type ReplicaSet,
  type ReplicationController,
  type Route,
  type Service,
  controllerOf,
  matchesSelector,
  selectorOfMap,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import type { Command } from '../command.ts';
import { sinceInWords } from '../docker-duration.ts';
import { type Failure, fail, hasReason, isFailure } from '../failure.ts';
import { boolFlag, textFlag } from '../flags.ts';
import type { Call, Session } from '../session.ts';
import { kindOf } from './image-search.ts';
import { serverOf } from './project.ts';
import { podSummary, podText, revisionText, routeText, serviceText } from './status-text.ts';

export const statusCommand: Command = {
  path: 'status',
  flags: [boolFlag('suggest'), { ...textFlag('output', 'o'), refusal: '-o dot is not modelled' }],
  check(call: Call): Failure | undefined {
    return call.args.length > 0 ? fail('no arguments should be provided') : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const { namespace } = session;
    const project = yield* session.get<Project>(kindOf('projects'), undefined, namespace);
    if (isFailure(project)) {
      if (!hasReason(project, 'NotFound')) return session.failed(project);
      return session.failed(
        fail(
          `you do not have rights to view project ${JSON.stringify(namespace)} specified in your config or the project doesn't exist`,
        ),
      );
    }
    const objects = yield* readAll(session);
    if (isFailure(objects)) return session.failed(objects);
    const display = project.metadata.annotations?.['openshift.io/display-name'] ?? '';
    const name = display === '' || display === namespace ? namespace : `${display} (${namespace})`;
    session.out(`In project ${name} on server ${serverOf(session)}\n`);
    session.out(new ProjectStatus(session, objects).text(call.flags.bool('suggest')));
    return 0;
  },
};

interface Objects {
  readonly services: readonly Service[];
  readonly routes: readonly Route[];
  readonly deployments: readonly Deployment[];
  readonly sets: readonly ReplicaSet[];
  readonly configs: readonly DeploymentConfig[];
  readonly controllers: readonly ReplicationController[];
  readonly buildConfigs: readonly BuildConfig[];
  readonly builds: readonly Build[];
  readonly pods: readonly Pod[];
}

function* readAll(session: Session): Proc<Objects | Failure> {
  const lists: KubeObject[][] = [];
  for (const resource of [
    'services',
    'routes',
    'deployments',
    'replicasets',
    'deploymentconfigs',
    'replicationcontrollers',
    'buildconfigs',
    'builds',
    'pods',
  ]) {
    const listed = yield* session.list(kindOf(resource), { namespace: session.namespace });
    if (isFailure(listed)) return listed;
    lists.push([...listed.items]);
  }
  const [services, routes, deployments, sets, configs, controllers, buildConfigs, builds, pods] =
    lists;
  return {
    services: services as Service[],
    routes: routes as Route[],
    deployments: deployments as Deployment[],
    sets: sets as ReplicaSet[],
    configs: configs as DeploymentConfig[],
    controllers: controllers as ReplicationController[],
    buildConfigs: buildConfigs as BuildConfig[],
    builds: builds as Build[],
    pods: pods as Pod[],
  };
}

/** A first line longer than this is parted at its arrow. */
const LINE_CHARS = 120;

class ProjectStatus {
  readonly #session: Session;
  readonly #objects: Objects;
  readonly #covered = new Set<string>();
  #text = '';

  constructor(session: Session, objects: Objects) {
    this.#session = session;
    this.#objects = objects;
  }

  text(suggests: boolean): string {
    const { services, deployments, configs, buildConfigs } = this.#objects;
    for (const service of services) this.#writeService(service);
    for (const each of [...configs, ...deployments]) {
      if (this.#isNew(each)) this.#write(0, ['', ...this.#workload(each)]);
    }
    for (const config of buildConfigs) {
      if (!this.#isNew(config)) continue;
      const to = config.spec.output.to?.name;
      const lines = [this.#buildText(config), ...(to === undefined ? [] : [`-> istag/${to}`])];
      this.#write(0, ['', ...lines, ...this.#buildDetail(config, true)]);
    }
    for (const pod of this.#objects.pods) {
      const isBoring =
        controllerOf(pod) !== undefined ||
        pod.metadata.annotations?.['openshift.io/deployment.name'] !== undefined;
      if (!isBoring && this.#isNew(pod)) this.#write(0, ['', podText(pod)]);
    }
    return `${this.#text}\n${this.#ending(suggests)}`;
  }

  #writeService(service: Service): void {
    const { routes, deployments, configs, pods } = this.#objects;
    const { metadata, spec } = service;
    const exposed = routes
      .filter((route) =>
        [route.spec.to, ...(route.spec.alternateBackends ?? [])].some(
          ({ name }) => name === metadata.name,
        ),
      )
      .map(routeText);
    const [first, ...others] = exposed;
    const head =
      first === undefined
        ? `svc/${metadata.name} - ${serviceText(service)}`
        : `${first} (svc/${metadata.name})`;
    this.#text += `\n${[head, ...others].map((line) => `${line}\n`).join('')}`;
    if (spec.selector === undefined || Object.keys(spec.selector).length === 0) return;
    const selector = selectorOfMap(spec.selector);
    const chosen = [...configs, ...deployments].filter((each) =>
      matchesSelector(selector, each.spec.template.metadata?.labels),
    );
    for (const each of chosen) {
      this.#covered.add(each.metadata.uid ?? '');
      this.#write(1, this.#workload(each));
    }
    for (const pod of pods) {
      if (controllerOf(pod) !== undefined || !matchesSelector(selector, pod.metadata.labels))
        continue;
      this.#covered.add(pod.metadata.uid ?? '');
      this.#write(1, [podText(pod)]);
    }
  }

  #workload(object: Deployment | DeploymentConfig): string[] {
    const isConfig = object.kind === 'DeploymentConfig';
    const tag = imageTagOf(object);
    const build = this.#objects.buildConfigs.find(
      ({ spec }) => spec.output.to?.kind === 'ImageStreamTag' && spec.output.to.name === tag,
    );
    if (build !== undefined) this.#covered.add(build.metadata.uid ?? '');
    const images = object.spec.template.spec.containers.map(({ image = '' }) => image).join(',');
    const image =
      tag === undefined
        ? images
        : build === undefined
          ? `istag/${tag} `
          : `istag/${tag} <- ${this.#buildText(build)} `;
    const head = `${isConfig ? 'dc' : 'deployment'}/${object.metadata.name} deploys ${image}`;
    const arrow = head.indexOf(' <- ');
    const lines =
      head.length > LINE_CHARS && arrow > 0
        ? [`${head.slice(0, arrow)} <-`, head.slice(arrow + 4)]
        : [head];
    const detail = build === undefined ? [] : this.#buildDetail(build, false);
    return [
      ...lines,
      ...detail.map((line) => `  ${line}`),
      ...(isConfig ? this.#configRevisions(object) : this.#deploymentRevisions(object)),
    ];
  }

  #deploymentRevisions(deployment: Deployment): string[] {
    const revision = revisionOf(deployment);
    return this.#objects.sets
      .filter((set) => controllerOf(set)?.uid === deployment.metadata.uid)
      .toSorted((a, b) => revisionOf(b) - revisionOf(a))
      .map((set, index) => {
        const since = this.#since(set.metadata.creationTimestamp);
        const number = revisionOf(set);
        const isActive = number === revision;
        const when = isActive ? `running for ${since}` : `deployed ${since} ago`;
        return `deployment #${number} ${when}${podSummary(set, !isActive && index === 0)}`;
      });
  }

  #configRevisions(config: DeploymentConfig): string[] {
    const own = this.#objects.controllers
      .filter((each) => controllerOf(each)?.uid === config.metadata.uid)
      .toSorted((a, b) => versionOf(b) - versionOf(a));
    if (own.length === 0) return ['deployment #1 waiting on image or update'];
    const lines: string[] = [];
    for (const [index, each] of own.entries()) {
      const phase = each.metadata.annotations?.['openshift.io/deployment.phase'] ?? '';
      const when = revisionText(each, phase, this.#since(each.metadata.creationTimestamp));
      lines.push(
        `deployment #${versionOf(each)} ${when}${podSummary(each, phase === 'Complete' && index === 0)}`,
      );
      if (phase === 'Complete') break;
    }
    return lines;
  }

  #buildText({ metadata, spec }: BuildConfig): string {
    const type = spec.strategy.dockerStrategy === undefined ? 'source' : 'docker';
    const { git } = spec.source;
    const source =
      git === undefined
        ? 'uploaded code'
        : `${git.uri}${(git.ref ?? '') === '' ? '' : `#${git.ref ?? ''}`}`;
    const from = spec.strategy.sourceStrategy?.from ?? spec.strategy.dockerStrategy?.from;
    const base =
      from?.kind !== 'ImageStreamTag'
        ? (from?.name ?? '')
        : from.namespace === undefined || from.namespace === metadata.namespace
          ? `istag/${from.name ?? ''}`
          : `${from.namespace}/${from.name ?? ''}`;
    return `bc/${metadata.name} ${type} builds ${source}${base === '' ? '' : ` on ${base}`}`;
  }

  #buildDetail({ metadata }: BuildConfig, withSuccess: boolean): string[] {
    const builds = this.#objects.builds
      .filter(({ status }) => status?.config?.name === metadata.name)
      .toSorted((a, b) => numberOf(b) - numberOf(a));
    const isActive = ({ status }: Build): boolean =>
      ['New', 'Pending', 'Running'].includes(status?.phase ?? 'New');
    const active = builds.filter(isActive);
    const ended = builds.find((build) => !isActive(build));
    const shown = [...active];
    const failed = ended !== undefined && ended.status?.phase !== 'Complete';
    if (ended !== undefined && (withSuccess || active.length > 0 || failed)) shown.push(ended);
    if (builds.length === 0) return ['not built yet'];
    return shown.map((build) => this.#phaseText(build));
  }

  #phaseText(build: Build): string {
    const { status, metadata, spec } = build;
    const since = this.#since(
      status?.completionTimestamp ?? status?.startTimestamp ?? metadata.creationTimestamp,
    );
    const commit = spec.revision?.git?.commit?.slice(0, 7);
    const tail = commit === undefined ? '' : ` - ${commit}: `;
    const name = `build #${numberOf(build)}`;
    switch (status?.phase) {
      case 'Complete':
        return `${name} succeeded ${since} ago${tail}`;
      case 'Failed':
        return `${name} failed ${since} ago${tail}`;
      case 'Error':
        return `${name} stopped with an error ${since} ago${tail}`;
      default:
        return `${name} ${(status?.phase ?? 'New').toLowerCase()} for ${since}${tail}`;
    }
  }

  #ending(suggests: boolean): string {
    const { deployments, configs, services, buildConfigs } = this.#objects;
    const bare = [...configs, ...deployments].filter(
      ({ spec }) => !hasLivenessProbe(spec.template),
    );
    if (bare.length > 0) {
      const count = bare.length === 1 ? '1 info' : `${bare.length} infos`;
      if (!suggests) return `${count} identified, use 'oc status --suggest' to see details.\n`;
      const infos = bare.map(({ kind, metadata }) => {
        const name = `${kind === 'Deployment' ? 'deployment' : 'dc'}/${metadata.name}`;
        return `  * ${name} has no liveness probe to verify pods are still running.\n    try: oc set probe ${name} --liveness ...\n`;
      });
      return `Info:\n${infos.join('')}\nView details with 'oc describe <resource>/<name>' or list resources with 'oc get all'.\n`;
    }
    if (services.length + configs.length + buildConfigs.length === 0) {
      return "You have no services, deployment configs, or build configs.\nRun 'oc new-app' to create an application.\n";
    }
    return "View details with 'oc describe <resource>/<name>' or list resources with 'oc get all'.\n";
  }

  #isNew({ metadata }: KubeObject): boolean {
    return !this.#covered.has(metadata.uid ?? '');
  }

  #since(time: string | undefined): string {
    return sinceInWords(time, this.#session.nowNs()).toLowerCase();
  }

  /** The first line at a depth, those that belong to it further in. */
  #write(depth: number, lines: readonly string[]): void {
    let isFirst = true;
    for (const line of lines) {
      if (line === '') {
        this.#text += '\n';
        continue;
      }
      this.#text += `${'  '.repeat(isFirst ? depth : depth + 1)}${line}\n`;
      isFirst = false;
    }
  }
}

function hasLivenessProbe({ spec }: PodTemplateSpec): boolean {
  return spec.containers.every(({ livenessProbe }) => livenessProbe !== undefined);
}

/** The tag that a workload's image comes from, as `hello:latest`. */
function imageTagOf(object: Deployment | DeploymentConfig): string | undefined {
  if (object.kind === 'DeploymentConfig') {
    return object.spec.triggers?.find(({ type }) => type === 'ImageChange')?.imageChangeParams?.from
      .name;
  }
  const text = object.metadata.annotations?.['image.openshift.io/triggers'];
  return /"kind":"ImageStreamTag","name":"([^"]+)"/.exec(text ?? '')?.[1];
}

function revisionOf({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
}

function versionOf({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.['openshift.io/deployment-config.latest-version'] ?? 0);
}

function numberOf({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.['openshift.io/build.number'] ?? 0);
}
