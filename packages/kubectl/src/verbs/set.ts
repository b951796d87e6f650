/**
 * `kubectl set image|env|resources|selector|serviceaccount`.
 */
import type { Container, EnvVar, PodSpec } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import {
  type Command,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  FILENAME_FLAGS,
  PRINT_FLAGS,
  SELECTOR_FLAG,
} from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { arrayFlag, boolFlag, textFlag } from '../flags.ts';
import { type Json, at, isRecord } from '../json-value.ts';
import { NO_RESOURCES, parseTargets } from '../resource-args.ts';
import { type Call, type Found, type Session, objectName } from '../session.ts';
import { type Assignments, type Change, modifyAll, splitAssignments } from './modify.ts';

const FLAGS = [
  ...PRINT_FLAGS,
  ...FILENAME_FLAGS,
  SELECTOR_FLAG,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  boolFlag('all'),
  boolFlag('local'),
];

/** Where a kind keeps its pod template's spec; undefined when it has none. */
function podSpecPath(found: Found): readonly string[] | undefined {
  switch (found.info.kind) {
    case 'Pod':
      return ['spec'];
    case 'Deployment':
    case 'DeploymentConfig':
    case 'ReplicaSet':
    case 'ReplicationController':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'Job':
      return ['spec', 'template', 'spec'];
    case 'CronJob':
      return ['spec', 'jobTemplate', 'spec', 'template', 'spec'];
    default:
      return undefined;
  }
}

function nest(path: readonly string[], value: Json): Json {
  return [...path].reverse().reduce<Json>((inner, key) => ({ [key]: inner }), value);
}

const NO_NAMES =
  'one or more resources must be specified as <resource> <name> or <resource>/<name>';

function checkTargets(
  call: Call,
  resources: readonly string[],
  whenNone = NO_RESOURCES,
): Failure | undefined {
  if (call.flags.list('filename').length > 0) return undefined;
  if (resources.length === 0) return fail(whenNone);
  const targets = parseTargets(resources);
  return isFailure(targets) ? targets : undefined;
}

function noTemplate({ info, object }: Found): Failure {
  return fail(
    `${objectName(info, object.metadata.name)} the object is not a pod or does not have a pod template: ${info.kind}`,
  );
}

export const setImageCommand: Command = {
  path: 'set image',
  flags: FLAGS,
  check(call: Call): Failure | undefined {
    const split = splitAssignments(call.args);
    if (isFailure(split)) return split;
    const problem = checkTargets(call, split.resources);
    if (problem !== undefined) return problem;
    return split.set.size === 0 ? fail('at least one image update is required') : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const split = splitAssignments(call.args);
    if (isFailure(split)) return session.failed(split);
    return yield* modifyAll(session, call, {
      args: split.resources,
      isAll: call.flags.bool('all'),
      fieldManager: 'kubectl-set',
      change: (found) => imageChange(found, split.set),
    });
  },
};

function imageChange(found: Found, images: ReadonlyMap<string, string>): Change | Failure {
  const path = podSpecPath(found);
  if (path === undefined) return noTemplate(found);
  const spec = at(found.object, ...path) as PodSpec;
  const change = new ContainerChange(spec);
  for (const [name, image] of images) {
    const matching = [...change.named(name)];
    if (matching.length === 0 && name !== '*')
      return fail(`unable to find container named ${JSON.stringify(name)}`);
    for (const container of matching) {
      if (container.image !== image) change.set(container, { image });
    }
  }
  return change.isEmpty
    ? { patch: undefined, word: undefined }
    : { patch: nest(path, change.patch()), word: 'image updated' };
}

/** Collects what changes in which container, as the lists of a strategic patch. */
class ContainerChange {
  readonly #spec: PodSpec;
  readonly #changes = new Map<string, Record<string, Json>>();

  constructor(spec: PodSpec) {
    this.#spec = spec;
  }

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  named(pattern: string): Container[] {
    return this.all().filter((container) => pattern === '*' || container.name === pattern);
  }

  all(): Container[] {
    return [...(this.#spec.initContainers ?? []), ...this.#spec.containers];
  }

  set(container: Container, fields: Record<string, Json>): void {
    const before = this.#changes.get(container.name) ?? { name: container.name };
    this.#changes.set(container.name, { ...before, ...fields });
  }

  patch(): Json {
    const changesOf = (containers: readonly Container[] | undefined): Json[] =>
      (containers ?? []).flatMap((container) => this.#changes.get(container.name) ?? []);
    const init = changesOf(this.#spec.initContainers);
    const main = changesOf(this.#spec.containers);
    return {
      ...(init.length === 0 ? {} : { initContainers: init }),
      ...(main.length === 0 ? {} : { containers: main }),
    };
  }
}

export const setEnvCommand: Command = {
  path: 'set env',
  flags: [
    ...FLAGS,
    arrayFlag('env', 'e'),
    textFlag('containers', 'c', '*'),
    boolFlag('list'),
    boolFlag('overwrite', undefined, 'true'),
    textFlag('from'),
    textFlag('prefix'),
    textFlag('keys'),
  ],
  check(call: Call): Failure | undefined {
    if (call.flags.text('from') !== '')
      return fail('set env --from is not modelled; use envFrom in the manifest');
    const split = envArgs(call);
    if (isFailure(split)) return split;
    const problem = checkTargets(call, split.resources, NO_NAMES);
    if (problem !== undefined) return problem;
    return split.set.size + split.remove.length === 0 && !call.flags.bool('list')
      ? fail('at least one environment variable must be provided')
      : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const split = envArgs(call);
    if (isFailure(split)) return session.failed(split);
    return yield* modifyAll(session, call, {
      args: split.resources,
      isAll: call.flags.bool('all'),
      fieldManager: 'kubectl-set',
      change: (found) => envChange(session, call, found, split),
    });
  },
};

function envArgs(call: Call): Assignments | Failure {
  return splitAssignments([...call.args, ...call.flags.list('env')]);
}

function envChange(
  session: Session,
  call: Call,
  found: Found,
  split: Assignments,
): Change | Failure {
  const path = podSpecPath(found);
  if (path === undefined) return noTemplate(found);
  const change = new ContainerChange(at(found.object, ...path) as PodSpec);
  const containers = change.named(call.flags.text('containers'));
  if (call.flags.bool('list')) {
    for (const container of containers) listEnv(session, found, container);
    return { patch: undefined, word: undefined };
  }
  for (const container of containers) {
    const before = container.env ?? [];
    if (!call.flags.bool('overwrite')) {
      const clash = before.find((env) => split.set.has(env.name));
      if (clash !== undefined) {
        return fail(
          `'${clash.name}' already has a value (${clash.value ?? ''}), and --overwrite is false`,
        );
      }
    }
    const patch: Json[] = [];
    for (const [name, value] of split.set) {
      const old = before.find((env) => env.name === name);
      if (old?.value === value && old.valueFrom === undefined) continue;
      patch.push({ name, value, ...(old?.valueFrom === undefined ? {} : { valueFrom: null }) });
    }
    for (const name of split.remove) {
      if (before.some((env) => env.name === name)) patch.push({ $patch: 'delete', name });
    }
    if (patch.length > 0) change.set(container, { env: patch });
  }
  return change.isEmpty
    ? { patch: undefined, word: undefined }
    : { patch: nest(path, change.patch()), word: 'env updated' };
}

function listEnv(session: Session, { info, object }: Found, container: Container): void {
  session.out(`# ${info.plural}/${object.metadata.name}, container ${container.name}\n`);
  for (const env of container.env ?? []) session.out(`${envLine(env)}\n`);
}

function envLine(env: EnvVar): string {
  const from = env.valueFrom;
  if (from === undefined) return `${env.name}=${env.value ?? ''}`;
  if (from.secretKeyRef !== undefined) {
    return `# ${env.name} from secret ${from.secretKeyRef.name ?? ''}, key ${from.secretKeyRef.key}`;
  }
  if (from.configMapKeyRef !== undefined) {
    return `# ${env.name} from configmap ${from.configMapKeyRef.name ?? ''}, key ${from.configMapKeyRef.key}`;
  }
  if (from.fieldRef !== undefined)
    return `# ${env.name} from field path ${from.fieldRef.fieldPath}`;
  return `# ${env.name} from resource ${from.resourceFieldRef?.resource ?? ''}`;
}

export const setResourcesCommand: Command = {
  path: 'set resources',
  flags: [...FLAGS, textFlag('containers', 'c', '*'), textFlag('limits'), textFlag('requests')],
  check(call: Call): Failure | undefined {
    const problem = checkTargets(call, call.args);
    if (problem !== undefined) return problem;
    if (call.flags.text('limits') === '' && call.flags.text('requests') === '') {
      return fail(
        'you must specify an update to requests or limits (in the form of --requests/--limits)',
      );
    }
    for (const name of ['limits', 'requests']) {
      const list = resourceList(call.flags.text(name));
      if (isFailure(list)) return list;
    }
    return undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    return yield* modifyAll(session, call, {
      args: call.args,
      isAll: call.flags.bool('all'),
      fieldManager: 'kubectl-set',
      change(found: Found): Change | Failure {
        const path = podSpecPath(found);
        if (path === undefined) return noTemplate(found);
        const limits = resourceList(call.flags.text('limits'));
        const requests = resourceList(call.flags.text('requests'));
        const change = new ContainerChange(at(found.object, ...path) as PodSpec);
        const resources = {
          ...(isRecord(limits) && Object.keys(limits).length > 0 ? { limits } : {}),
          ...(isRecord(requests) && Object.keys(requests).length > 0 ? { requests } : {}),
        };
        const containers = change.named(call.flags.text('containers'));
        if (containers.length === 0) {
          return fail(`unable to find container named ${call.flags.text('containers')}`);
        }
        for (const container of containers) change.set(container, { resources });
        return { patch: nest(path, change.patch()), word: 'resource requirements updated' };
      },
    });
  },
};

function resourceList(text: string): Record<string, string> | Failure {
  const list: Record<string, string> = {};
  for (const part of text === '' ? [] : text.split(',')) {
    const [name = '', amount, more] = part.split('=');
    if (amount === undefined || more !== undefined) {
      return fail(`invalid argument syntax ${part}, expected <resource>=<value>`);
    }
    list[name] = amount;
  }
  return list;
}

export const setSelectorCommand: Command = {
  path: 'set selector',
  flags: FLAGS,
  check(call: Call): Failure | undefined {
    const { resources, expression } = selectorArgs(call);
    if (expression === '') return fail(NO_RESOURCES);
    return checkTargets(call, resources);
  },
  *run(session: Session, call: Call): Proc<number> {
    const { resources, expression } = selectorArgs(call);
    const selector: Record<string, string | null> = {};
    for (const part of expression.split(',')) {
      const [key = '', value = ''] = part.split(/==?/);
      selector[key.trim()] = value.trim();
    }
    return yield* modifyAll(session, call, {
      args: resources,
      fieldManager: 'kubectl-set',
      change({ info, object }: Found): Change | Failure {
        if (info.kind !== 'Service')
          return fail('setting a selector is only supported for Services');
        const old = at(object, 'spec', 'selector');
        const removed = Object.keys(isRecord(old) ? old : {}).filter(
          (key) => selector[key] === undefined,
        );
        const all = { ...Object.fromEntries(removed.map((key) => [key, null])), ...selector };
        return {
          patch: { spec: { selector: all } },
          word: 'selector updated',
          patchType: 'merge-patch',
        };
      },
    });
  },
};

function selectorArgs(call: Call): {
  readonly resources: readonly string[];
  readonly expression: string;
} {
  const expression = call.args.at(-1) ?? '';
  return expression.includes('=')
    ? { resources: call.args.slice(0, -1), expression }
    : { resources: call.args, expression: '' };
}
