/**
 * What `oc rollout` does with DeploymentConfigs alone: `latest`, `cancel`; their history.
 *
 * Copies openshift/oc pkg/cli/rollout and pkg/cli/deploymentconfigs (history viewer).
 */
import {
  type DeploymentConfig,
  type KubeObject,
  type PodTemplateSpec,
  type ReplicationController,
  controllerOf,
  qualifiedResource,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import type { Command } from '../command.ts';
import { FILENAME_FLAGS, PRINT_FLAGS, SELECTOR_FLAG } from '../command.ts';
import { sinceInWords } from '../docker-duration.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { boolFlag } from '../flags.ts';
import { printedOf } from '../printed.ts';
import { parseTargets } from '../resource-args.ts';
import type { Call, Session } from '../session.ts';
import { lookUp } from '../verbs/lookup.ts';
import { patchOne } from '../verbs/modify.ts';
import { kindOf } from './image-search.ts';

const ANNOTATION = {
  version: 'openshift.io/deployment-config.latest-version',
  phase: 'openshift.io/deployment.phase',
  reason: 'openshift.io/deployment.status-reason',
  cancelled: 'openshift.io/deployment.cancelled',
  encoded: 'openshift.io/encoded-deployment-config',
} as const;

/** One rollout of a DeploymentConfig. */
export interface DeploymentRevision {
  readonly revision: ReplicationController;
  readonly version: number;
  readonly phase: string;
  readonly reason: string;
  readonly isCancelled: boolean;
  readonly template: PodTemplateSpec | undefined;
}

/** The revisions of a DeploymentConfig, the newest first. */
export function* deploymentRevisions(
  session: Session,
  config: KubeObject,
): Proc<readonly DeploymentRevision[] | Failure> {
  const listed = yield* session.list(kindOf('replicationcontrollers'), {
    namespace: config.metadata.namespace,
  });
  if (isFailure(listed)) return listed;
  return (listed.items as readonly ReplicationController[])
    .filter((revision) => controllerOf(revision)?.uid === config.metadata.uid)
    .map((revision): DeploymentRevision => {
      const annotations = revision.metadata.annotations ?? {};
      return {
        revision,
        version: Number(annotations[ANNOTATION.version] ?? 0),
        phase: annotations[ANNOTATION.phase] ?? '',
        reason: annotations[ANNOTATION.reason] ?? '',
        isCancelled: annotations[ANNOTATION.cancelled] === 'true',
        template: templateOf(annotations[ANNOTATION.encoded]) ?? revision.spec.template,
      };
    })
    .toSorted((a, b) => b.version - a.version);
}

function templateOf(text: string | undefined): PodTemplateSpec | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as PodTemplateSpec;
  } catch {
    return undefined;
  }
}

/** `oc rollout latest dc/NAME`. */
export const rolloutLatestCommand: Command = {
  path: 'rollout latest',
  flags: [...PRINT_FLAGS, boolFlag('again')],
  check(call: Call): Failure | undefined {
    const [word] = call.args;
    if (word === undefined) return fail('one deployment config name is needed as argument.');
    const targets = parseTargets([word.includes('/') ? word : `deploymentconfigs/${word}`]);
    if (isFailure(targets)) return targets;
    return targets.targets[0]?.info.kind === 'DeploymentConfig'
      ? undefined
      : fail(`${word} is not a valid deployment config`);
  },
  *run(session: Session, call: Call): Proc<number> {
    const printed = printedOf(session, call.flags, 'none');
    if (isFailure(printed)) return session.failed(printed);
    const name = (call.args[0] ?? '').replace(/^.*\//, '');
    const info = kindOf('deploymentconfigs');
    const config = yield* session.get<DeploymentConfig>(info, session.namespace, name);
    if (isFailure(config)) return session.failed(config);
    if (config.spec.paused === true) {
      return session.failed(
        fail(`cannot deploy a paused deployment config ${JSON.stringify(name)}`),
      );
    }
    const made = yield* session.requestObject<DeploymentConfig>({
      verb: 'create',
      resource: qualifiedResource(info),
      subresource: 'instantiate',
      namespace: session.namespace,
      name,
      body: {
        apiVersion: 'apps.openshift.io/v1',
        kind: 'DeploymentRequest',
        name,
        latest: true,
        force: true,
      },
    });
    if (isFailure(made)) return session.failed(made);
    const problem = printed.done(info, made, 'rolled out');
    return problem === undefined ? 0 : session.failed(problem);
  },
};

/** `oc rollout cancel dc/NAME`. */
export const rolloutCancelCommand: Command = {
  path: 'rollout cancel',
  flags: [...PRINT_FLAGS, ...FILENAME_FLAGS, SELECTOR_FLAG],
  check(call: Call): Failure | undefined {
    if (call.flags.list('filename').length > 0) return undefined;
    if (call.args.length === 0) return fail('a resource or filename must be specified');
    const targets = parseTargets(call.args);
    return isFailure(targets) ? targets : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const printed = printedOf(session, call.flags, 'none');
    if (isFailure(printed)) return session.failed(printed);
    const looked = yield* lookUp(session, { args: call.args, flags: call.flags });
    if (isFailure(looked)) return session.failed(looked);
    const failures: Failure[] = [...looked.failures];
    for (const { info, object } of looked.found) {
      if (info.kind !== 'DeploymentConfig') {
        failures.push(fail(`expected deployment configuration, got ${info.plural}`));
        continue;
      }
      const word = yield* cancelRollouts(session, object as DeploymentConfig);
      if (isFailure(word)) failures.push(word);
      else if (word !== undefined) {
        const problem = printed.done(info, object, word);
        if (problem !== undefined) failures.push(problem);
      }
    }
    return failures.length === 0 ? 0 : session.failed(...failures);
  },
};

/** The word that tells what was done; undefined when nothing is rolled out, which is then told. */
function* cancelRollouts(
  session: Session,
  config: DeploymentConfig,
): Proc<string | Failure | undefined> {
  const { namespace = session.namespace, name } = config.metadata;
  if (config.spec.paused === true) {
    return fail(`unable to cancel paused deployment ${namespace}/${name}`);
  }
  const revisions = yield* deploymentRevisions(session, config);
  if (isFailure(revisions)) return revisions;
  const [latest] = revisions;
  if (latest === undefined) {
    return fail(`there have been no replication controllers for ${namespace}/${name}`);
  }
  const running = revisions.filter(({ phase }) => ['New', 'Pending', 'Running'].includes(phase));
  for (const { revision, isCancelled } of running) {
    if (isCancelled) return 'already cancelled';
    const annotations = {
      [ANNOTATION.cancelled]: 'true',
      [ANNOTATION.reason]: 'cancelled by the user',
    };
    const patched = yield* patchOne(
      session,
      { info: kindOf('replicationcontrollers'), object: revision },
      { patch: { metadata: { annotations } }, word: undefined },
      'oc-rollout',
    );
    if (isFailure(patched)) return patched;
  }
  if (running.length > 0) return 'cancelling';
  const { version, phase, revision } = latest;
  const ago = sinceInWords(revision.metadata.creationTimestamp, session.nowNs()).toLowerCase();
  session.out(
    `No rollout is in progress (latest rollout #${version} ${phase.toLowerCase()} ${ago} ago)\n`,
  );
  return undefined;
}
