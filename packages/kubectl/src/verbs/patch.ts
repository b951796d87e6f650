/**
 * `kubectl patch`.
 */
import { jsonEqual, qualifiedResource } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import {
  type Command,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  FILENAME_FLAGS,
  PRINT_FLAGS,
} from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { boolFlag, textFlag } from '../flags.ts';
import type { Json } from '../json-value.ts';
import { toJson } from '../manifest.ts';
import { printedOf } from '../printed.ts';
import { NO_RESOURCES, parseTargets } from '../resource-args.ts';
import { type Call, type Session, dryRunOf, scope } from '../session.ts';
import { lookUp } from './lookup.ts';

const TYPES = new Map([
  ['json', 'json-patch'],
  ['merge', 'merge-patch'],
  ['strategic', 'strategic-merge-patch'],
] as const);

export const patchCommand: Command = {
  path: 'patch',
  flags: [
    ...PRINT_FLAGS,
    ...FILENAME_FLAGS,
    DRY_RUN_FLAG,
    FIELD_MANAGER_FLAG,
    textFlag('patch', 'p'),
    textFlag('patch-file'),
    textFlag('type', undefined, 'strategic'),
    textFlag('subresource'),
    boolFlag('local'),
  ],
  check(call: Call): Failure | undefined {
    const { flags, args } = call;
    if (flags.text('patch') === '' && flags.text('patch-file') === '') {
      return fail('must specify --patch or --patch-file containing the contents of the patch');
    }
    if (typeOf(flags.text('type')) === undefined) {
      return fail(
        `--type must be one of [json merge strategic], not ${JSON.stringify(flags.text('type'))}`,
      );
    }
    if (flags.list('filename').length > 0) return undefined;
    if (args.length === 0) return fail(NO_RESOURCES);
    const targets = parseTargets(args);
    return isFailure(targets) ? targets : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const { flags } = call;
    const body = patchBody(session, call);
    if (isFailure(body)) return session.failed(body);
    const dryRun = dryRunOf(flags);
    if (isFailure(dryRun)) return session.failed(dryRun);
    const printed = printedOf(session, flags, dryRun);
    if (isFailure(printed)) return session.failed(printed);
    const looked = yield* lookUp(session, { args: call.args, flags });
    if (isFailure(looked)) return session.failed(looked);
    const failures: Failure[] = [...looked.failures];
    const subresource = flags.text('subresource');
    for (const { info, object } of looked.found) {
      const patched = yield* session.requestObject({
        verb: 'patch',
        resource: qualifiedResource(info),
        ...(subresource === '' ? {} : { subresource }),
        ...scope(info, object.metadata.namespace),
        name: object.metadata.name,
        body: body.value,
        patchType: typeOf(flags.text('type')) ?? 'strategic-merge-patch',
        fieldManager: flags.text('field-manager') || 'kubectl-patch',
        ...(dryRun === 'none' ? {} : { query: { dryRun: 'All' } }),
      });
      const isSame = !isFailure(patched) && jsonEqual(patched, object);
      const problem = isFailure(patched)
        ? patched
        : printed.done(info, patched, isSame ? 'patched (no change)' : 'patched');
      if (problem !== undefined) failures.push(problem);
    }
    return failures.length === 0 ? 0 : session.failed(...failures);
  },
};

function typeOf(name: string): 'json-patch' | 'merge-patch' | 'strategic-merge-patch' | undefined {
  return TYPES.get(name as 'json' | 'merge' | 'strategic');
}

function patchBody(session: Session, call: Call): { readonly value: Json } | Failure {
  let text = call.flags.text('patch');
  const file = call.flags.text('patch-file');
  if (text === '' && file !== '') {
    const read = session.ctx.readFile(file)?.[0];
    if (read === undefined) {
      return fail(`unable to read patch file: open ${file}: no such file or directory`);
    }
    ({ text } = read);
  }
  const parsed = toJson(text);
  if ('error' in parsed) return fail(`unable to parse ${JSON.stringify(text)}: ${parsed.error}`);
  if (typeof parsed.json !== 'object' || parsed.json === null) {
    return fail(`unable to parse ${JSON.stringify(text)}: the patch is not an object`);
  }
  return { value: parsed.json };
}
