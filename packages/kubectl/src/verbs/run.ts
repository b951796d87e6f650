/**
 * `kubectl run NAME --image=IMAGE`: one pod; with `-i` or `--attach` its output, with `--rm` gone afterwards.
 */
import { type KubeObject, type Pod, SCHEME } from '@podwire/api';
import { parseImageReference } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type Command, DRY_RUN_FLAG, FIELD_MANAGER_FLAG, PRINT_FLAGS } from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { arrayFlag, boolFlag, durationFlag, intFlag, textFlag } from '../flags.ts';
import { toJson } from '../manifest.ts';
import { printedOf } from '../printed.ts';
import { podKind } from '../pod-choice.ts';
import { type Call, type Session, dryRunOf } from '../session.ts';
import { waitFor } from '../wait-for.ts';
import { applyMergePatch } from '@podwire/api';
import { post } from './create-object.ts';
import { parsePairs } from './expose.ts';

function usageError(text: string): Failure {
  return fail(`${text}\nSee 'kubectl run -h' for help and examples`);
}

export const runCommand: Command = {
  path: 'run',
  flags: [
    ...PRINT_FLAGS,
    DRY_RUN_FLAG,
    FIELD_MANAGER_FLAG,
    textFlag('image'),
    textFlag('port'),
    textFlag('labels', 'l'),
    arrayFlag('env'),
    arrayFlag('annotations'),
    textFlag('restart', undefined, 'Always'),
    textFlag('image-pull-policy'),
    textFlag('overrides'),
    textFlag('override-type', undefined, 'merge'),
    boolFlag('expose'),
    boolFlag('command'),
    boolFlag('rm'),
    boolFlag('attach'),
    boolFlag('stdin', 'i'),
    boolFlag('tty', 't'),
    boolFlag('quiet', 'q'),
    boolFlag('privileged'),
    boolFlag('leave-stdin-open'),
    boolFlag('save-config'),
    intFlag('grace-period', -1),
    durationFlag('pod-running-timeout', '1m0s'),
    durationFlag('timeout'),
  ],
  check(call: Call): Failure | undefined {
    const { flags, args } = call;
    if (!flags.has('image')) return fail('required flag(s) "image" not set');
    if (args.length === 0 || call.dashAt === 0) return usageError('NAME is required for run');
    const image = flags.text('image');
    if (image === '') return fail('--image is required');
    if (parseImageReference(image) === undefined) {
      return fail(`Invalid image name ${JSON.stringify(image)}: invalid reference format`);
    }
    if (!['Always', 'OnFailure', 'Never'].includes(flags.text('restart'))) {
      return usageError(`invalid restart policy: ${flags.text('restart')}`);
    }
    if (flags.bool('tty') && !flags.bool('stdin')) {
      return usageError('-i/--stdin is required for containers with -t/--tty=true');
    }
    const isAttached = flags.bool('attach') || flags.bool('stdin');
    if (flags.bool('rm') && !isAttached) {
      return usageError('--rm should only be used for attached containers');
    }
    if (flags.bool('expose') && flags.text('port') === '') {
      return usageError('--port must be set when exposing a service');
    }
    const dryRun = dryRunOf(flags);
    return isFailure(dryRun) ? dryRun : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const { flags } = call;
    const dryRun = dryRunOf(flags);
    if (isFailure(dryRun)) return session.failed(dryRun);
    const printed = printedOf(session, flags, dryRun, true);
    if (isFailure(printed)) return session.failed(printed);
    const pod = podOf(session, call);
    if (isFailure(pod)) return session.failed(pod);
    const isAttached = flags.bool('attach') || flags.bool('stdin');
    const made =
      dryRun === 'client'
        ? pod
        : yield* post(session, podKind(), pod, dryRun === 'server', 'kubectl-run');
    if (isFailure(made)) return session.failed(made);
    if (flags.bool('expose')) {
      const problem = yield* expose(session, call, pod, printed);
      if (problem !== undefined) return session.failed(problem);
    }
    if (dryRun === 'none' && isAttached) return yield* attach(session, call, made as Pod);
    const problem = printed.done(podKind(), made, 'created') ?? printed.finish();
    return problem === undefined ? 0 : session.failed(problem);
  },
};

function podOf(session: Session, call: Call): KubeObject | Failure {
  const { flags, args } = call;
  const [name = '', ...words] = args;
  const labels = flags.text('labels') === '' ? { run: name } : parsePairs(flags.text('labels'));
  const env: { name: string; value: string }[] = [];
  for (const word of flags.list('env')) {
    const equals = word.indexOf('=');
    if (equals < 1) return fail(`invalid env: ${word}`);
    env.push({ name: word.slice(0, equals), value: word.slice(equals + 1) });
  }
  const annotations = parsePairs(flags.list('annotations').join(','));
  const port = flags.text('port');
  const policy = flags.text('image-pull-policy');
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      labels,
      name,
      ...(session.isNamespaceGiven ? { namespace: session.namespace } : {}),
    },
    spec: {
      containers: [
        {
          ...(words.length === 0
            ? {}
            : flags.bool('command')
              ? { command: words }
              : { args: words }),
          ...(env.length === 0 ? {} : { env }),
          image: flags.text('image'),
          ...(policy === '' ? {} : { imagePullPolicy: policy }),
          name,
          ...(port === '' ? {} : { ports: [{ containerPort: Number(port) }] }),
          resources: {},
          ...(flags.bool('privileged') ? { securityContext: { privileged: true } } : {}),
          ...(flags.bool('stdin')
            ? { stdin: true, stdinOnce: !flags.bool('leave-stdin-open') }
            : {}),
          ...(flags.bool('tty') ? { tty: true } : {}),
        },
      ],
      dnsPolicy: 'ClusterFirst',
      restartPolicy: flags.text('restart'),
    },
    status: {},
  };
  if (flags.text('overrides') === '') return pod as unknown as KubeObject;
  const overrides = toJson(flags.text('overrides'));
  if ('error' in overrides) return fail(`error parsing overrides: ${overrides.error}`);
  return applyMergePatch(pod, overrides.json) as KubeObject;
}

function* expose(
  session: Session,
  call: Call,
  pod: KubeObject,
  printed: Exclude<ReturnType<typeof printedOf>, Failure>,
): Proc<Failure | undefined> {
  const info = SCHEME.byKind('v1', 'Service');
  if (info === undefined) return undefined;
  const port = Number(call.flags.text('port'));
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: pod.metadata.name },
    spec: {
      ports: [{ port, protocol: 'TCP', targetPort: port }],
      selector: pod.metadata.labels,
    },
    status: { loadBalancer: {} },
  } as unknown as KubeObject;
  const dryRun = call.flags.text('dry-run');
  const made =
    dryRun === 'client'
      ? service
      : yield* post(session, info, service, dryRun === 'server', 'kubectl-run');
  return isFailure(made) ? made : printed.done(info, made, 'created');
}

/** Follows the container's output until it ends; the exit code is the container's. */
function* attach(session: Session, call: Call, pod: Pod): Proc<number> {
  const { flags } = call;
  const { name, namespace } = pod.metadata;
  const target = { info: podKind(), namespace, name };
  const timeoutNs = flags.durationNs('pod-running-timeout');
  try {
    const started = yield* waitFor(session, target, (present) => hasStarted(present), timeoutNs);
    if (started === 'timeout') {
      return session.failed(fail('timed out waiting for the condition'));
    }
    if (isFailure(started)) return session.failed(started);
    if (flags.bool('tty') && !flags.bool('quiet')) {
      session.err("If you don't see a command prompt, try pressing enter.\n");
    }
    const logs = yield* session.ctx.logs(
      {
        namespace: namespace ?? session.namespace,
        pod: name,
        container: pod.spec.containers[0]?.name ?? name,
        follow: true,
        timestamps: false,
        previous: false,
      },
      (text) => {
        session.out(text);
      },
    );
    if (logs.error !== undefined) return session.failed(fail(logs.error));
    return yield* exitCodeOf(session, call, target, pod);
  } finally {
    if (flags.bool('rm')) yield* remove(session, target.namespace, name);
  }
}

function hasStarted(object: KubeObject | undefined): boolean | Failure {
  if (object === undefined) return fail('pod was deleted');
  const phase = (object as Pod).status?.phase;
  return phase === 'Running' || phase === 'Succeeded' || phase === 'Failed';
}

function* exitCodeOf(
  session: Session,
  call: Call,
  target: Parameters<typeof waitFor>[1],
  pod: Pod,
): Proc<number> {
  if (call.flags.text('restart') === 'Always') return 0;
  let code = 0;
  const ended = yield* waitFor(
    session,
    target,
    (present) => {
      const { phase, containerStatuses } = (present as Pod | undefined)?.status ?? {};
      code = containerStatuses?.[0]?.state?.terminated?.exitCode ?? 0;
      return present === undefined || phase === 'Succeeded' || phase === 'Failed';
    },
    undefined,
  );
  if (isFailure(ended)) return session.failed(ended);
  if (code !== 0) {
    session.err(
      `pod ${pod.metadata.namespace ?? session.namespace}/${pod.metadata.name} terminated (Error)\n`,
    );
  }
  return code;
}

function* remove(session: Session, namespace: string | undefined, name: string): Proc {
  yield* session.request({
    verb: 'delete',
    resource: 'pods',
    ...(namespace === undefined ? {} : { namespace }),
    name,
    body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' },
  });
  session.out(
    `pod ${JSON.stringify(name)} deleted from ${namespace ?? session.namespace} namespace\n`,
  );
}
