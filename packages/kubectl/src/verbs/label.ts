/**
 * `kubectl label` and `kubectl annotate`.
 */
import type { Proc } from '@podwire/engine';
import {
  ALL_NAMESPACES_FLAG,
  type Command,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  FIELD_SELECTOR_FLAG,
  FILENAME_FLAGS,
  PRINT_FLAGS,
  SELECTOR_FLAG,
} from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { boolFlag, textFlag } from '../flags.ts';
import type { Json } from '../json-value.ts';
import { parseTargets } from '../resource-args.ts';
import type { Call, Found, Session } from '../session.ts';
import { type Assignments, type Change, modifyAll, splitAssignments } from './modify.ts';

const FLAGS = [
  ...PRINT_FLAGS,
  ...FILENAME_FLAGS,
  SELECTOR_FLAG,
  FIELD_SELECTOR_FLAG,
  ALL_NAMESPACES_FLAG,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  boolFlag('overwrite'),
  boolFlag('all'),
  boolFlag('list'),
  textFlag('resource-version'),
];

export const labelCommand: Command = {
  path: 'label',
  flags: FLAGS,
  check: (call) => check(call, 'label'),
  run: (session, call) => mark(session, call, 'label'),
};

export const annotateCommand: Command = {
  path: 'annotate',
  flags: FLAGS,
  check: (call) => check(call, 'annotation'),
  run: (session, call) => mark(session, call, 'annotation'),
};

type Noun = 'label' | 'annotation';

function check(call: Call, noun: Noun): Failure | undefined {
  const split = splitAssignments(call.args, noun);
  if (isFailure(split)) return split;
  const hasFiles = call.flags.list('filename').length > 0;
  if (split.resources.length === 0 && !hasFiles) {
    return fail(
      'one or more resources must be specified as <resource> <name> or <resource>/<name>',
    );
  }
  if (split.set.size + split.remove.length === 0 && !call.flags.bool('list')) {
    return fail(`at least one ${noun} update is required`);
  }
  if (call.flags.bool('all') && call.flags.text('selector') !== '') {
    return fail('cannot set --all and --selector at the same time');
  }
  if (hasFiles) return undefined;
  const targets = parseTargets(split.resources);
  return isFailure(targets) ? targets : undefined;
}

function* mark(session: Session, call: Call, noun: Noun): Proc<number> {
  const split = splitAssignments(call.args, noun);
  if (isFailure(split)) return session.failed(split);
  return yield* modifyAll(session, call, {
    args: split.resources,
    isAll: call.flags.bool('all'),
    fieldManager: noun === 'label' ? 'kubectl-label' : 'kubectl-annotate',
    change: (found) => changeOf(session, call, noun, split, found),
  });
}

function changeOf(
  session: Session,
  call: Call,
  noun: Noun,
  { set, remove }: Assignments,
  { info, object }: Found,
): Change | Failure {
  const field = noun === 'label' ? 'labels' : 'annotations';
  const present = object.metadata[field] ?? {};
  if (call.flags.bool('list')) {
    session.out(
      Object.entries(present)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    return { patch: undefined, word: undefined };
  }
  if (!call.flags.bool('overwrite')) {
    const clashes = [...set].filter(
      ([key, value]) => Object.hasOwn(present, key) && present[key] !== value,
    );
    if (clashes.length > 0) {
      const texts = clashes.map(
        ([key]) => `'${key}' already has a value (${present[key] ?? ''}), and --overwrite is false`,
      );
      if (noun === 'label') {
        return fail(texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`);
      }
      return fail(
        `--overwrite is false but found the following declared annotation(s): ${texts.join('; ')}`,
      );
    }
  }
  const changes: Record<string, Json> = {};
  let isChanged = false;
  for (const [key, value] of set) {
    changes[key] = value;
    if (present[key] !== value) isChanged = true;
  }
  for (const key of remove) {
    if (!Object.hasOwn(present, key)) {
      if (noun === 'label') session.out(`label ${JSON.stringify(key)} not found.\n`);
      continue;
    }
    changes[key] = null;
    isChanged = true;
  }
  void info;
  const word = wordOf(noun, isChanged, set.size > 0);
  const patch = isChanged ? { metadata: { [field]: changes } } : undefined;
  return { patch, word, patchType: 'merge-patch' };
}

function wordOf(noun: Noun, isChanged: boolean, hasSet: boolean): string {
  if (noun === 'annotation') return 'annotated';
  if (!isChanged) return 'not labeled';
  return hasSet ? 'labeled' : 'unlabeled';
}
