/**
 * `kubectl taint nodes NODE key=value:Effect key:Effect- key-`.
 */
import type { Node, Taint, TaintEffect } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import {
  type Command,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  PRINT_FLAGS,
  SELECTOR_FLAG,
} from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { boolFlag } from '../flags.ts';
import { parseTargets } from '../resource-args.ts';
import type { Call, Found, Session } from '../session.ts';
import { type Change, modifyAll } from './modify.ts';

const EFFECTS: readonly string[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Without a colon the whole word is taken for a key. */
const NAME_PART = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;

interface TaintArgs {
  readonly resources: readonly string[];
  readonly add: readonly Taint[];
  readonly remove: readonly { readonly key: string; readonly effect: string }[];
}

export const taintCommand: Command = {
  path: 'taint',
  flags: [
    ...PRINT_FLAGS,
    SELECTOR_FLAG,
    DRY_RUN_FLAG,
    FIELD_MANAGER_FLAG,
    boolFlag('overwrite'),
    boolFlag('all'),
  ],
  check(call: Call): Failure | undefined {
    const parsed = parseTaints(call.args);
    if (isFailure(parsed)) return parsed;
    if (parsed.resources.length === 0) {
      return fail('one or more resources must be specified as <resource> <name>');
    }
    if (parsed.add.length + parsed.remove.length === 0) {
      return fail('at least one taint update is required');
    }
    const targets = parseTargets(parsed.resources);
    if (isFailure(targets)) return targets;
    const other = targets.targets.find(({ info }) => info.kind !== 'Node');
    return other === undefined
      ? undefined
      : fail(`invalid resource type ${other.info.plural}, only node(s) is supported`);
  },
  *run(session: Session, call: Call): Proc<number> {
    const parsed = parseTaints(call.args);
    if (isFailure(parsed)) return session.failed(parsed);
    return yield* modifyAll(session, call, {
      args: parsed.resources,
      isAll: call.flags.bool('all'),
      fieldManager: 'kubectl-taint',
      change: (found) => changeOf(call, parsed, found),
    });
  },
};

function parseTaints(args: readonly string[]): TaintArgs | Failure {
  const resources: string[] = [];
  const add: Taint[] = [];
  const remove: { key: string; effect: string }[] = [];
  for (const arg of args) {
    const isRemoval = arg.endsWith('-');
    if (!isRemoval && !arg.includes(':') && !arg.includes('=')) {
      if (add.length + remove.length > 0) {
        return fail('all resources must be specified before taint changes: ' + arg);
      }
      resources.push(arg);
      continue;
    }
    const [left = '', effect] = (isRemoval ? arg.slice(0, -1) : arg).split(':');
    const [key = '', value] = left.split('=');
    if (isRemoval) {
      if (effect !== undefined && !EFFECTS.includes(effect)) return badEffect(effect);
      remove.push({ key, effect: effect ?? '' });
      continue;
    }
    if (effect === undefined) return usageError(`invalid taint spec: ${arg}, ${NAME_PART}`);
    if (!EFFECTS.includes(effect)) return badEffect(effect);
    add.push({
      key,
      ...(value === undefined || value === '' ? {} : { value }),
      effect: effect as TaintEffect,
    });
  }
  return { resources, add, remove };
}

function usageError(text: string): Failure {
  return fail(`${text}\nSee 'kubectl taint -h' for help and examples`);
}

function badEffect(effect: string): Failure {
  return usageError(`invalid taint effect: ${effect}, unsupported taint effect`);
}

function changeOf(call: Call, parsed: TaintArgs, { object }: Found): Change | Failure {
  const node = object as Node;
  const present = node.spec?.taints ?? [];
  const clash = parsed.add.filter((taint) =>
    present.some((old) => old.key === taint.key && old.effect === taint.effect),
  );
  if (clash.length > 0 && !call.flags.bool('overwrite')) {
    const keys = [...new Set(clash.map((taint) => taint.key))].join(',');
    return fail(
      `node ${node.metadata.name} already has ${keys} taint(s) with same effect(s) and --overwrite is false`,
    );
  }
  let taints = [...present];
  for (const { key, effect } of parsed.remove) {
    const left = taints.filter(
      (taint) => taint.key !== key || (effect !== '' && taint.effect !== effect),
    );
    if (left.length === taints.length) {
      return fail(`taint ${JSON.stringify(effect === '' ? key : `${key}:${effect}`)} not found`);
    }
    taints = left;
  }
  taints = taints.filter(
    (old) => !parsed.add.some((taint) => taint.key === old.key && taint.effect === old.effect),
  );
  const word =
    parsed.add.length > 0 ? (parsed.remove.length > 0 ? 'modified' : 'tainted') : 'untainted';
  const all = [...parsed.add, ...taints];
  return {
    patch: { spec: { taints: all.length === 0 ? null : all } },
    word: clash.length > 0 && word === 'tainted' ? 'modified' : word,
    patchType: 'merge-patch',
  };
}
