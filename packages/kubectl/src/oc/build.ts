/**
 * `oc start-build`, and whose pods `oc logs` means by `bc/NAME` and `build/NAME`.
 *
 * Copies openshift/oc pkg/cli/startbuild and pkg/helpers (logs of builds follow the newest build of a configuration and
 * wait until it has begun).
 */
import {
  type Build,
  type BuildConfig,
  type EnvVar,
  type KubeObject,
  type Pod,
  objectOf,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import type { Command } from '../command.ts';
import { PRINT_FLAGS } from '../command.ts';
import { type Failure, fail, failureOf, isFailure } from '../failure.ts';
import { arrayFlag, boolFlag, textFlag } from '../flags.ts';
import { podKind } from '../pod-choice.ts';
import { printedOf } from '../printed.ts';
import { parseTargets } from '../resource-args.ts';
import type { Call, Session } from '../session.ts';
import { waitFor } from '../wait-for.ts';
import { kindOf } from './image-search.ts';

/** How long a build may take until `--wait` gives up. */
const FOREVER_NS = 24 * 3600 * NS_PER_SEC;
const POLL_NS = NS_PER_SEC;

export const startBuildCommand: Command = {
  path: 'start-build',
  flags: [
    ...PRINT_FLAGS,
    boolFlag('follow', 'F'),
    boolFlag('wait', 'w'),
    boolFlag('no-cache'),
    textFlag('commit'),
    arrayFlag('env', 'e'),
    ...['from-dir', 'from-file', 'from-repo', 'from-archive', 'from-webhook', 'from-build'].map(
      (name) => ({ ...textFlag(name), refusal: `--${name} is not modelled` }),
    ),
  ],
  check(call: Call): Failure | undefined {
    const [name] = call.args;
    if (name === undefined) {
      return fail('a resource name is required either as an argument or by using --from-build');
    }
    const targets = parseTargets([name.includes('/') ? name : `buildconfigs/${name}`]);
    if (isFailure(targets)) return targets;
    const kind = targets.targets[0]?.info.kind;
    return kind === 'BuildConfig'
      ? undefined
      : fail(`invalid resource provided: ${name}, must be a build or buildconfig`);
  },
  *run(session: Session, call: Call): Proc<number> {
    const { flags, args } = call;
    const name = (args[0] ?? '').replace(/^.*\//, '');
    const printed = printedOf(session, flags, 'none');
    if (isFailure(printed)) return session.failed(printed);
    const commit = flags.text('commit');
    const env = envOf(flags.list('env'));
    if (isFailure(env)) return session.failed(env);
    const response = yield* session.request({
      verb: 'create',
      resource: 'buildconfigs',
      subresource: 'instantiate',
      namespace: session.namespace,
      name,
      body: {
        apiVersion: 'build.openshift.io/v1',
        kind: 'BuildRequest',
        metadata: { name },
        triggeredBy: [{ message: 'Manually triggered' }],
        ...(commit === '' ? {} : { revision: { type: 'Git', git: { commit } } }),
        ...(env.length === 0 ? {} : { env }),
      },
    });
    const build = objectOf<Build>(response);
    if (build === undefined) return session.failed(failureOf(response));
    const problem = printed.done(kindOf('builds'), build, 'started');
    if (problem !== undefined) return session.failed(problem);
    if (flags.bool('follow')) {
      const told = yield* followBuild(session, build.metadata.name);
      if (told !== undefined) session.err(`Failed to stream the build logs: ${told.message}\n`);
    }
    return flags.bool('wait') || flags.bool('follow') ? yield* waitForBuild(session, build) : 0;
  },
};

/** `NAME=value`, as variables of the build. */
function envOf(pairs: readonly string[]): readonly EnvVar[] | Failure {
  const env: EnvVar[] = [];
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) return fail(`environment variables must be of the form key=value: ${pair}`);
    env.push({ name: pair.slice(0, equals), value: pair.slice(equals + 1) });
  }
  return env;
}

function* waitForBuild(session: Session, build: Build): Proc<number> {
  const { namespace, name } = build.metadata;
  let phase = '';
  const outcome = yield* waitFor(
    session,
    { info: kindOf('builds'), namespace, name },
    (present) => {
      phase = (present as Build | undefined)?.status?.phase ?? 'Error';
      return ['Complete', 'Failed', 'Error', 'Cancelled'].includes(phase);
    },
    FOREVER_NS,
  );
  if (isFailure(outcome)) return session.failed(outcome);
  if (phase === 'Complete') return 0;
  return session.failed(
    fail(`the build ${namespace ?? session.namespace}/${name} status is ${JSON.stringify(phase)}`),
  );
}

function* followBuild(session: Session, name: string): Proc<Failure | undefined> {
  const pod = yield* podOfBuild(session, name, true);
  if (isFailure(pod)) return pod;
  return yield* printBuildLog(session, pod, true);
}

/** The whole log of a build: what each of its containers printed, in order. */
export function* printBuildLog(
  session: Session,
  pod: Pod,
  isFollowing: boolean,
): Proc<Failure | undefined> {
  const { namespace = session.namespace, name } = pod.metadata;
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  for (const container of containers) {
    if (isFollowing) {
      const begun = yield* untilBegun(session, name, container.name);
      if (!begun) return undefined;
    }
    const result = yield* session.ctx.logs(
      {
        namespace,
        pod: name,
        container: container.name,
        follow: isFollowing,
        timestamps: false,
        previous: false,
      },
      (text) => {
        session.out(text);
      },
    );
    // A container that has not begun has nothing to say yet.
    if (result.error !== undefined && !isFollowing) return undefined;
  }
  return undefined;
}

function* untilBegun(session: Session, pod: string, container: string): Proc<boolean> {
  const outcome = yield* waitFor(
    session,
    { info: podKind(), namespace: session.namespace, name: pod },
    (present) => {
      const status = (present as Pod | undefined)?.status;
      const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
      const state = all.find(({ name }) => name === container)?.state;
      const isOver = status?.phase === 'Failed' || present === undefined;
      return isOver || state?.running !== undefined || state?.terminated !== undefined;
    },
    FOREVER_NS,
  );
  return outcome !== 'timeout' && !isFailure(outcome);
}

/** The pod that `bc/NAME`, `build/NAME` and `dc/NAME` stand for; undefined for other kinds. */
export function* buildLogPod(
  session: Session,
  word: string,
  isFollowing: boolean,
): Proc<Pod | Failure | undefined> {
  const targets = parseTargets(word.includes('/') ? [word] : ['pods', word]);
  if (isFailure(targets)) return undefined;
  const [target] = targets.targets;
  const name = target?.names[0];
  if (target === undefined || name === undefined) return undefined;
  switch (target.info.kind) {
    case 'BuildConfig': {
      const config = yield* session.get<BuildConfig>(target.info, session.namespace, name);
      if (isFailure(config)) return config;
      const version = config.status?.lastVersion ?? 0;
      if (version === 0) return fail(`no builds found for ${JSON.stringify(name)}`);
      return yield* podOfBuild(session, `${name}-${version}`, isFollowing);
    }
    case 'Build':
      return yield* podOfBuild(session, name, isFollowing);
    default:
      return undefined;
  }
}

function* podOfBuild(session: Session, name: string, waits: boolean): Proc<Pod | Failure> {
  const found = yield* session.get<Build>(kindOf('builds'), session.namespace, name);
  if (isFailure(found)) return found;
  let build: KubeObject & Partial<Build> = found;
  while (waits && build.status?.phase === 'New') {
    yield* sleep(POLL_NS);
    const again = yield* session.get<Build>(kindOf('builds'), session.namespace, name);
    if (isFailure(again)) return again;
    build = again;
  }
  if (build.status?.phase === 'New') {
    return {
      isFailure: true,
      message: `build ${name} is in New state. There is no log yet`,
      status: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        reason: 'BadRequest',
        code: 400,
      },
    };
  }
  return yield* session.get<Pod>(podKind(), session.namespace, `${name}-build`);
}
