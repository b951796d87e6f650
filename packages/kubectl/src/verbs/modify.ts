/**
 * The common run of commands that change objects which are there: look them up, patch each, say what was done.
 */
import { type KubeObject, type PatchType, qualifiedResource } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { type Failure, fail, isFailure } from '../failure.ts';
import { type Json } from '../json-value.ts';
import { printedOf } from '../printed.ts';
import { type Call, type Found, type Session, dryRunOf, scope } from '../session.ts';
import { lookUp } from './lookup.ts';

/** What is to be done with one object. */
export interface Change {
  /** Undefined: nothing to do, but the word is printed. */
  readonly patch: Json;
  /** Undefined: print nothing. */
  readonly word: string | undefined;
  readonly patchType?: PatchType;
  readonly subresource?: string;
}

export interface ModifyOptions {
  readonly args: readonly string[];
  readonly fieldManager: string;
  readonly isAll?: boolean;
  readonly nothingFound?: string;
  change(found: Found): Change | Failure;
}

export function* modifyAll(session: Session, call: Call, options: ModifyOptions): Proc<number> {
  const { flags } = call;
  const dryRun = dryRunOf(flags);
  if (isFailure(dryRun)) return session.failed(dryRun);
  const printed = printedOf(session, flags, dryRun);
  if (isFailure(printed)) return session.failed(printed);
  const looked = yield* lookUp(session, {
    args: options.args,
    flags,
    isAll: options.isAll === true,
  });
  if (isFailure(looked)) return session.failed(looked);
  const failures: Failure[] = [...looked.failures];
  if (looked.found.length === 0 && failures.length === 0) {
    session.err(options.nothingFound ?? 'No resources found\n');
    return 0;
  }
  for (const found of looked.found) {
    const change = options.change(found);
    if (isFailure(change)) {
      failures.push(change);
      continue;
    }
    let object: KubeObject = found.object;
    if (change.patch !== undefined && dryRun !== 'client') {
      const patched = yield* patchOne(
        session,
        found,
        change,
        options.fieldManager,
        dryRun === 'server',
      );
      if (isFailure(patched)) {
        failures.push(patched);
        continue;
      }
      if (change.subresource === undefined) object = patched;
    }
    if (change.word === undefined) continue;
    const problem = printed.done(found.info, object, change.word);
    if (problem !== undefined) failures.push(problem);
  }
  return failures.length === 0 ? 0 : session.failed(...failures);
}

export function* patchOne(
  session: Session,
  { info, object }: Found,
  change: Change,
  fieldManager: string,
  isServerDryRun = false,
): Proc<KubeObject | Failure> {
  return yield* session.requestObject({
    verb: 'patch',
    resource: qualifiedResource(info),
    ...(change.subresource === undefined ? {} : { subresource: change.subresource }),
    ...scope(info, object.metadata.namespace),
    name: object.metadata.name,
    body: change.patch,
    patchType: change.patchType ?? 'strategic-merge-patch',
    fieldManager,
    ...(isServerDryRun ? { query: { dryRun: 'All' } } : {}),
  });
}

/** `KEY=VALUE` and `KEY-` words among arguments, and what stands before them. */
export interface Assignments {
  readonly resources: readonly string[];
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

export function splitAssignments(
  args: readonly string[],
  noun: 'label' | 'annotation' = 'label',
): Assignments | Failure {
  const resources: string[] = [];
  const set = new Map<string, string>();
  const remove: string[] = [];
  for (const arg of args) {
    const isRemoval = arg.endsWith('-') && !arg.includes('=');
    const isAssignment = arg.includes('=') || isRemoval;
    if (!isAssignment) {
      if (set.size + remove.length > 0) {
        return fail(`all resources must be specified before changes: ${arg}`);
      }
      resources.push(arg);
    } else if (isRemoval) {
      remove.push(arg.slice(0, -1));
    } else {
      const equals = arg.indexOf('=');
      set.set(arg.slice(0, equals), arg.slice(equals + 1));
    }
  }
  const both = remove.filter((key) => set.has(key));
  if (both.length > 0) {
    return fail(
      noun === 'annotation'
        ? `can not both modify and remove the following annotation(s) in the same command: ${both.join(', ')}`
        : 'can not both modify and remove a label in the same command',
    );
  }
  return { resources, set, remove };
}
