/**
 * `kubectl wait --for=condition=X|delete|create|jsonpath=…`.
 */
import type { KubeObject } from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import {
  ALL_NAMESPACES_FLAG,
  type Command,
  FIELD_SELECTOR_FLAG,
  FILENAME_FLAGS,
  PRINT_FLAGS,
  SELECTOR_FLAG,
} from '../command.ts';
import { type Failure, fail, hasReason, isFailure } from '../failure.ts';
import { boolFlag, durationFlag, textFlag } from '../flags.ts';
import { findResults, parseJsonPath, relaxedJsonPath } from '../jsonpath.ts';
import { compactJson, listAt, numberAt, textAt } from '../json-value.ts';
import { NO_RESOURCES, parseTargets } from '../resource-args.ts';
import { type Call, type Session, objectName } from '../session.ts';
import { type Judge, waitFor } from '../wait-for.ts';
import { lookUp } from './lookup.ts';

type Wanted =
  | { readonly kind: 'delete' | 'create' }
  | { readonly kind: 'object'; readonly holds: (object: KubeObject) => boolean };

/** A week, as kubectl's negative timeout. */
const FOREVER_NS = 168 * 3600 * NS_PER_SEC;

export const waitCommand: Command = {
  path: 'wait',
  flags: [
    ...PRINT_FLAGS,
    ...FILENAME_FLAGS,
    SELECTOR_FLAG,
    FIELD_SELECTOR_FLAG,
    ALL_NAMESPACES_FLAG,
    boolFlag('all'),
    boolFlag('local'),
    textFlag('for'),
    durationFlag('timeout', '30s'),
  ],
  check(call: Call): Failure | undefined {
    const wanted = wantedOf(call.flags.text('for'));
    if (isFailure(wanted)) return wanted;
    if (call.flags.list('filename').length > 0) return undefined;
    if (call.args.length === 0) return fail(NO_RESOURCES);
    const targets = parseTargets(call.args);
    return isFailure(targets) ? targets : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const wanted = wantedOf(call.flags.text('for'));
    if (isFailure(wanted)) return session.failed(wanted);
    const timeoutNs = call.flags.durationNs('timeout');
    const deadlineNs = session.nowNs() + (timeoutNs < 0 ? FOREVER_NS : timeoutNs);
    const looked = yield* lookUpWaiting(session, call, wanted, deadlineNs);
    if (isFailure(looked)) return session.failed(looked);
    const failures: Failure[] = [...looked.failures];
    if (looked.found.length === 0 && failures.length === 0 && wanted.kind === 'object') {
      return session.failed(fail('no matching resources found'));
    }
    for (const { info, object } of looked.found) {
      const { name, namespace, uid } = object.metadata;
      const outcome = yield* waitFor(
        session,
        { info, namespace, name },
        judgeOf(wanted, uid, `${info.plural} ${JSON.stringify(name)} not found`),
        Math.max(0, deadlineNs - session.nowNs()),
      );
      if (outcome === 'met') {
        session.out(`${objectName(info, name)} condition met\n`);
      } else if (outcome === 'timeout') {
        failures.push(fail(`timed out waiting for the condition on ${info.plural}/${name}`));
      } else {
        failures.push(outcome);
      }
    }
    return failures.length === 0 ? 0 : session.failed(...failures);
  },
};

/** `--for=create` waits until all are there; `--for=delete` is content when one is not. */
function* lookUpWaiting(
  session: Session,
  call: Call,
  wanted: Wanted,
  deadlineNs: number,
): ReturnType<typeof lookUp> {
  for (;;) {
    const looked = yield* lookUp(session, {
      args: call.args,
      flags: call.flags,
      isAll: call.flags.bool('all'),
      ignoreNotFound: wanted.kind === 'delete',
    });
    if (isFailure(looked) || wanted.kind !== 'create') return looked;
    const isMissing =
      looked.found.length === 0 ||
      looked.failures.some((failure) => hasReason(failure, 'NotFound'));
    if (!isMissing || session.nowNs() >= deadlineNs) {
      if (isMissing && looked.failures.length === 0) return fail('no matching resources found');
      return looked;
    }
    yield* sleep(NS_PER_SEC);
  }
}

function judgeOf(wanted: Wanted, uid: string | undefined, goneText: string): Judge {
  return (object) => {
    switch (wanted.kind) {
      case 'create':
        return object !== undefined;
      case 'delete':
        return object === undefined || object.metadata.uid !== uid;
      case 'object':
        if (object === undefined) return fail(goneText);
        return wanted.holds(object);
    }
  };
}

function wantedOf(text: string): Wanted | Failure {
  const lower = text.toLowerCase();
  if (lower === 'delete' || lower === 'create') return { kind: lower };
  if (lower.startsWith('condition=')) return conditionWanted(text.slice('condition='.length));
  if (lower.startsWith('jsonpath=')) return jsonPathWanted(text.slice('jsonpath='.length));
  return fail(`unrecognized condition: ${JSON.stringify(text)}`);
}

function conditionWanted(spec: string): Wanted {
  const [type = '', value = 'true'] = spec.split('=');
  return {
    kind: 'object',
    holds(object: KubeObject): boolean {
      const condition = listAt(object, 'status', 'conditions').find(
        (item) => textAt(item, 'type').toLowerCase() === type.toLowerCase(),
      );
      if (condition === undefined) return false;
      const observed =
        numberAt(condition, 'observedGeneration') ||
        numberAt(object, 'status', 'observedGeneration');
      if (observed > 0 && observed < (object.metadata.generation ?? 0)) return false;
      return textAt(condition, 'status').toLowerCase() === value.toLowerCase();
    },
  };
}

function jsonPathWanted(spec: string): Wanted | Failure {
  const match = /^(['"]?)(\{.*?\}|[^=]*?)\1(?:=(.*))?$/s.exec(spec);
  const relaxed = relaxedJsonPath(match?.[2] ?? '');
  if (typeof relaxed !== 'string') return fail(relaxed.error);
  const path = parseJsonPath(relaxed);
  if ('error' in path) return fail(path.error);
  const value = match?.[3];
  if (value === '') {
    return fail(
      "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
    );
  }
  return {
    kind: 'object',
    holds(object: KubeObject): boolean {
      const results = findResults(path, object);
      const values = 'error' in results ? [] : results.groups.flat();
      if (values.length === 0) return false;
      if (value === undefined) return true;
      const [first] = values;
      const text = typeof first === 'string' ? first : compactJson(first);
      return text === value.replace(/^(['"])(.*)\1$/s, '$2');
    },
  };
}
