/**
 * What all of `kubectl create KIND NAME` share: an object is made of flags, sent or only printed, and told.
 */
import { type KindInfo, type KubeObject, SCHEME, qualifiedResource } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { withLastApplied } from '../apply.ts';
import {
  type Command,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  PRINT_FLAGS,
  VALIDATE_FLAG,
} from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { type FlagSpec, boolFlag } from '../flags.ts';
import { printedOf } from '../printed.ts';
import { type Call, type Session, dryRunOf, scope } from '../session.ts';

const COMMON = [
  ...PRINT_FLAGS,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  VALIDATE_FLAG,
  boolFlag('save-config'),
];

/** The object that a call describes, without its namespace. */
type Build = (session: Session, call: Call, name: string) => KubeObject | Failure;

interface Generator {
  readonly path: string;
  readonly aliases?: readonly string[];
  readonly flags: readonly FlagSpec[];
  /** As the error says it: `failed to create TEXT: …`. */
  readonly noun: string;
  readonly build: Build;
  /** Words after the name that it takes. */
  readonly takesCommand?: boolean;
  /** Flags that cobra asks for before anything else. */
  readonly required?: readonly string[];
}

export function objectOf(
  apiVersion: string,
  kind: string,
  rest: Record<string, unknown>,
): KubeObject {
  return { apiVersion, kind, ...rest } as unknown as KubeObject;
}

/** The command of a generator. */
export function generated(generator: Generator): Command {
  return {
    path: generator.path,
    ...(generator.aliases === undefined ? {} : { aliases: generator.aliases }),
    flags: [...COMMON, ...generator.flags],
    check(call: Call): Failure | undefined {
      const missing = (generator.required ?? []).filter((name) => !call.flags.has(name));
      if (missing.length > 0) {
        return fail(`required flag(s) ${missing.map((name) => `"${name}"`).join(', ')} not set`);
      }
      const limit =
        generator.takesCommand === true ? (call.dashAt ?? call.args.length) : call.args.length;
      const names = call.args.slice(0, limit);
      if (names.length !== 1 || (names[0] ?? '') === '') {
        return fail(
          `exactly one NAME is required, got ${names.length}\nSee 'kubectl ${generator.path} -h' for help and examples`,
        );
      }
      const dryRun = dryRunOf(call.flags);
      return isFailure(dryRun) ? dryRun : undefined;
    },
    *run(session: Session, call: Call): Proc<number> {
      const object = generator.build(session, call, call.args[0] ?? '');
      if (isFailure(object)) return session.failed(object);
      return yield* createOne(session, call, object, generator.noun);
    },
  };
}

/** Creates (or only prints) one generated object. */
export function* createOne(
  session: Session,
  call: Call,
  bare: KubeObject,
  noun: string,
): Proc<number> {
  const { flags } = call;
  const info = SCHEME.byKind(bare.apiVersion, bare.kind);
  if (info === undefined) return session.failed(fail(`no kind ${bare.kind}`));
  const dryRun = dryRunOf(flags);
  if (isFailure(dryRun)) return session.failed(dryRun);
  const printed = printedOf(session, flags, dryRun);
  if (isFailure(printed)) return session.failed(printed);
  const named =
    session.isNamespaceGiven && info.isNamespaced
      ? { ...bare, metadata: { ...bare.metadata, namespace: session.namespace } }
      : bare;
  const object = flags.bool('save-config') ? withLastApplied(named) : named;
  if (dryRun === 'client') {
    const problem = printed.done(info, object, 'created');
    return problem === undefined ? 0 : session.failed(problem);
  }
  const created = yield* post(
    session,
    info,
    object,
    dryRun === 'server',
    flags.text('field-manager') || 'kubectl-create',
  );
  if (isFailure(created)) {
    return session.failed(
      created.status?.reason === 'Invalid' || created.isTransport === true
        ? created
        : fail(`failed to create ${noun}: ${created.message}`),
    );
  }
  const problem = printed.done(info, created, 'created');
  return problem === undefined ? 0 : session.failed(problem);
}

/** Creates an object through the API. */
export function* post(
  session: Session,
  info: KindInfo,
  object: KubeObject,
  isDryRun: boolean,
  fieldManager: string,
): Proc<KubeObject | Failure> {
  return yield* session.requestObject({
    verb: 'create',
    resource: qualifiedResource(info),
    ...scope(info, object.metadata.namespace ?? session.namespace),
    body: object,
    fieldManager,
    query: { fieldValidation: 'Strict', ...(isDryRun ? { dryRun: 'All' } : {}) },
  });
}
