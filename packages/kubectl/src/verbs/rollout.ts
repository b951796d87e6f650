/**
 * `kubectl rollout status|history|undo|restart|pause|resume`.
 */
import {
  type ControllerRevision,
  type Deployment,
  type KubeObject,
  type LabelSelector,
  type PodTemplateSpec,
  type ReplicaSet,
  SCHEME,
  controllerOf,
  formatSelector,
  formatTime,
  jsonEqual,
  selectorOf,
  qualifiedResource,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import {
  type Command,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  FILENAME_FLAGS,
  PRINT_FLAGS,
  SELECTOR_FLAG,
  TIMEOUT_FLAG,
} from '../command.ts';
import { describeTemplate } from '../describe/pod-parts.ts';
import { bareTemplate, replicaSetsOf } from '../describe/workloads.ts';
import { DescribeWriter } from '../describe/writer.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { boolFlag, intFlag } from '../flags.ts';
import { at } from '../json-value.ts';
import { printedOf } from '../printed.ts';
import { deploymentRevisions } from '../oc/rollout.ts';
import { parseTargets } from '../resource-args.ts';
import { type Call, type Found, type Session, dryRunOf, objectName } from '../session.ts';
import { DESCRIBE_TABS, alignTabs } from '../tabwriter.ts';
import { waitFor } from '../wait-for.ts';
import { lookUp } from './lookup.ts';
import { type Change, modifyAll, patchOne } from './modify.ts';
import { rolloutState } from './rollout-status.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const CHANGE_CAUSE = 'kubernetes.io/change-cause';

const FLAGS = [...PRINT_FLAGS, ...FILENAME_FLAGS, SELECTOR_FLAG, DRY_RUN_FLAG, FIELD_MANAGER_FLAG];

function check(call: Call): Failure | undefined {
  if (call.flags.list('filename').length > 0) return undefined;
  if (call.args.length === 0) return fail('required resource not specified');
  const targets = parseTargets(call.args);
  return isFailure(targets) ? targets : undefined;
}

const statusCommand: Command = {
  path: 'rollout status',
  flags: [
    ...FILENAME_FLAGS,
    SELECTOR_FLAG,
    TIMEOUT_FLAG,
    boolFlag('watch', 'w', 'true'),
    intFlag('revision'),
  ],
  check,
  *run(session: Session, call: Call): Proc<number> {
    const looked = yield* lookUp(session, { args: call.args, flags: call.flags });
    if (isFailure(looked)) return session.failed(looked);
    if (looked.failures.length > 0) return session.failed(...looked.failures);
    for (const found of looked.found) {
      const code = yield* statusOf(session, call, found);
      if (code !== 0) return code;
    }
    return 0;
  },
};

function* statusOf(session: Session, call: Call, { info, object }: Found): Proc<number> {
  const { flags } = call;
  if (!flags.bool('watch')) {
    const state = rolloutState(object);
    if (isFailure(state)) return session.failed(state);
    session.out(state.text);
    return 0;
  }
  const timeoutNs = flags.durationNs('timeout');
  const asked = flags.int('revision');
  const outcome = yield* waitFor(
    session,
    { info, namespace: object.metadata.namespace, name: object.metadata.name },
    (present) => {
      if (present === undefined) return fail('object has been deleted');
      const revision = Number(present.metadata.annotations?.[REVISION] ?? '0');
      if (asked > 0 && revision !== asked) {
        return fail(
          `desired revision (${asked}) is different from the running revision (${revision})`,
        );
      }
      const state = rolloutState(present);
      if (isFailure(state)) return state;
      session.out(state.text);
      return state.isDone;
    },
    timeoutNs <= 0 ? undefined : timeoutNs,
  );
  if (outcome === 'timeout') return session.failed(fail('timed out waiting for the condition'));
  return isFailure(outcome) ? session.failed(outcome) : 0;
}

/** A past template: of a ReplicaSet or of a ControllerRevision. */
interface Revision {
  readonly number: number;
  /** Of a DeploymentConfig's revision, which has one of its own. */
  readonly status?: string;
  readonly cause: string;
  readonly template: PodTemplateSpec | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

function* revisionsOf(session: Session, object: KubeObject): Proc<readonly Revision[] | Failure> {
  if (object.kind === 'Deployment') {
    const sets = yield* replicaSetsOf(session, object as Deployment);
    return sets.map(revisionOfSet).sort((a, b) => a.number - b.number);
  }
  if (object.kind === 'DeploymentConfig') {
    const found = yield* deploymentRevisions(session, object);
    if (isFailure(found)) return found;
    return found.toReversed().map(({ version, phase, reason, template }) => ({
      number: version,
      status: phase,
      cause: reason,
      template,
      annotations: {},
    }));
  }
  if (object.kind !== 'StatefulSet' && object.kind !== 'DaemonSet') {
    return fail(
      `no history viewer has been implemented for ${JSON.stringify(`${object.kind}.apps`)}`,
    );
  }
  const info = SCHEME.byKind('apps/v1', 'ControllerRevision');
  if (info === undefined) return [];
  const selector = at(object, 'spec', 'selector') as LabelSelector | undefined;
  const listed = yield* session.list(info, {
    namespace: object.metadata.namespace,
    labelSelector: formatSelector(selectorOf(selector)),
  });
  if (isFailure(listed)) return listed;
  const own = (listed.items as readonly ControllerRevision[]).filter(
    (revision) => controllerOf(revision)?.uid === object.metadata.uid,
  );
  return own
    .map((revision) => ({
      number: revision.revision,
      cause: revision.metadata.annotations?.[CHANGE_CAUSE] ?? '<none>',
      template: at(revision.data, 'spec', 'template') as PodTemplateSpec | undefined,
      annotations: revision.metadata.annotations ?? {},
    }))
    .sort((a, b) => a.number - b.number);
}

function revisionOfSet(set: ReplicaSet): Revision {
  const annotations = set.metadata.annotations ?? {};
  return {
    number: Number(annotations[REVISION] ?? '0'),
    cause: annotations[CHANGE_CAUSE] ?? '<none>',
    template: set.spec.template,
    annotations,
  };
}

const historyCommand: Command = {
  path: 'rollout history',
  flags: [...FLAGS, intFlag('revision')],
  check,
  *run(session: Session, call: Call): Proc<number> {
    const looked = yield* lookUp(session, { args: call.args, flags: call.flags });
    if (isFailure(looked)) return session.failed(looked);
    if (looked.failures.length > 0) return session.failed(...looked.failures);
    for (const { info, object } of looked.found) {
      const revisions = yield* revisionsOf(session, object);
      if (isFailure(revisions)) return session.failed(revisions);
      const text = historyText(revisions, call.flags.int('revision'));
      if (isFailure(text)) return session.failed(text);
      session.out(`${objectName(info, object.metadata.name)} ${text}\n`);
    }
    return 0;
  },
};

function historyText(revisions: readonly Revision[], asked: number): string | Failure {
  if (asked > 0) {
    const revision = revisions.find(({ number }) => number === asked);
    if (revision === undefined) return fail(`unable to find the specified revision`);
    const w = new DescribeWriter();
    describeTemplate(w, revision.template);
    return `with revision #${asked}\n${w.text()}`;
  }
  if (revisions.length === 0) return 'No rollout history found.';
  const head =
    revisions[0]?.status === undefined ? 'REVISION\tCHANGE-CAUSE\n' : 'REVISION\tSTATUS\tCAUSE\n';
  const rows = revisions.map(({ number, status, cause }) =>
    status === undefined ? `${number}\t${cause}\n` : `${number}\t${status}\t${cause}\n`,
  );
  return `\n${alignTabs(head + rows.join(''), DESCRIBE_TABS)}`;
}

const undoCommand: Command = {
  path: 'rollout undo',
  flags: [...FLAGS, intFlag('to-revision')],
  check,
  *run(session: Session, call: Call): Proc<number> {
    const dryRun = dryRunOf(call.flags);
    if (isFailure(dryRun)) return session.failed(dryRun);
    const printed = printedOf(session, call.flags, dryRun);
    if (isFailure(printed)) return session.failed(printed);
    const looked = yield* lookUp(session, { args: call.args, flags: call.flags });
    if (isFailure(looked)) return session.failed(looked);
    if (looked.failures.length > 0) return session.failed(...looked.failures);
    for (const found of looked.found) {
      const word = yield* undoOne(session, found, call.flags.int('to-revision'), dryRun !== 'none');
      if (isFailure(word)) return session.failed(word);
      const problem = printed.done(found.info, found.object, word);
      if (problem !== undefined) return session.failed(problem);
    }
    return 0;
  },
};

function* undoOne(
  session: Session,
  found: Found,
  asked: number,
  isDryRun: boolean,
): Proc<string | Failure> {
  const { info, object } = found;
  const { name } = object.metadata;
  if (at(object, 'spec', 'paused') === true) {
    return fail(
      `you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume deployment/${name}' and try again`,
    );
  }
  const revisions = yield* revisionsOf(session, object);
  if (isFailure(revisions)) return revisions;
  const target = asked > 0 ? revisions.find(({ number }) => number === asked) : revisions.at(-2);
  if (target?.template === undefined) {
    return asked > 0
      ? fail(`unable to find specified revision ${asked} in history`)
      : fail(`no rollout history found for ${info.singular} ${JSON.stringify(name)}`);
  }
  const present = at(object, 'spec', 'template') as PodTemplateSpec;
  const template = bareTemplate(target.template);
  if (jsonEqual(template, bareTemplate(present))) {
    return `skipped rollback (current template already matches revision ${target.number})`;
  }
  if (!isDryRun) {
    const patched = yield* patchOne(
      session,
      found,
      {
        patch: [{ op: 'replace', path: '/spec/template', value: template }],
        patchType: 'json-patch',
        word: undefined,
      },
      'kubectl-rollout',
    );
    if (isFailure(patched))
      return fail(`failed restoring revision ${target.number}: ${patched.message}`);
  }
  return 'rolled back';
}

function changing(
  path: string,
  change: (session: Session, found: Found) => Change | Failure,
): Command {
  return {
    path,
    flags: FLAGS,
    check,
    *run(session: Session, call: Call): Proc<number> {
      return yield* modifyAll(session, call, {
        args: call.args,
        fieldManager: 'kubectl-rollout',
        change: (found) => change(session, found),
      });
    },
  };
}

function hasRollout({ info }: Found, verb: string): Failure | undefined {
  return ['Deployment', 'DaemonSet', 'StatefulSet'].includes(info.kind)
    ? undefined
    : fail(`${info.plural} ${verb} is not supported`);
}

const restartCommand = changing('rollout restart', (session, found) => {
  const problem = hasRollout(found, 'restarting');
  if (problem !== undefined) return problem;
  if (at(found.object, 'spec', 'paused') === true) {
    return fail("can't restart paused deployment (run rollout resume first)");
  }
  const annotations = { 'kubectl.kubernetes.io/restartedAt': formatTime(session.nowNs()) };
  const old = at(found.object, 'spec', 'template', 'metadata', 'annotations');
  const before = at(old, 'kubectl.kubernetes.io/restartedAt');
  if (before === annotations['kubectl.kubernetes.io/restartedAt']) {
    return fail(
      'if restart has already been triggered within the past second, please wait before attempting to trigger another',
    );
  }
  return { patch: { spec: { template: { metadata: { annotations } } } }, word: 'restarted' };
});

const PAUSABLE: readonly string[] = ['Deployment', 'DeploymentConfig'];

const pauseCommand = changing('rollout pause', (_session, { info, object }) => {
  if (!PAUSABLE.includes(info.kind)) return fail(`${info.plural} pausing is not supported`);
  if (at(object, 'spec', 'paused') === true) {
    return fail(
      `${qualifiedResource(info)} ${JSON.stringify(object.metadata.name)} is already paused`,
    );
  }
  return { patch: { spec: { paused: true } }, word: 'paused' };
});

const resumeCommand = changing('rollout resume', (_session, { info, object }) => {
  if (!PAUSABLE.includes(info.kind)) return fail(`${info.plural} resuming is not supported`);
  if (at(object, 'spec', 'paused') !== true) {
    return fail(`${qualifiedResource(info)} ${JSON.stringify(object.metadata.name)} is not paused`);
  }
  return { patch: { spec: { paused: null } }, word: 'resumed' };
});

export const ROLLOUT_COMMANDS: readonly Command[] = [
  historyCommand,
  pauseCommand,
  restartCommand,
  resumeCommand,
  statusCommand,
  undoCommand,
];
