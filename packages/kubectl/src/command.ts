/**
 * What a verb is: its flags, what can be judged without the API, and its work.
 */
import type { Proc } from '@podwire/engine';
import { type Failure, fail, isFailure } from './failure.ts';
import {
  type FlagSpec,
  arrayFlag,
  boolFlag,
  durationFlag,
  intFlag,
  listFlag,
  textFlag,
} from './flags.ts';
import type { Call, Session } from './session.ts';

export interface Command {
  /** `get`, `rollout status`. */
  readonly path: string;
  readonly aliases?: readonly string[];
  readonly flags: readonly FlagSpec[];
  /** From the second argument on it is a command line of its own, with its own flags. */
  readonly hasTrailingCommand?: boolean;
  /** What is wrong with the call by itself; the same complaint comes when it is run. */
  check?(call: Call): Failure | undefined;
  run(session: Session, call: Call): Proc<number>;
}

/** A command of nothing but its flags and its work. */
export function plain(
  path: string,
  flags: Command['flags'],
  run: Command['run'],
  check?: Command['check'],
): Command {
  return { path, flags, run, ...(check === undefined ? {} : { check }) };
}

/** A command that answers by itself: `tell` gives the text. Without a check it takes no arguments. */
export function told(
  path: string,
  flags: Command['flags'],
  tell: (session: Session, call: Call) => string | Failure,
  check?: Command['check'],
): Command {
  return plain(
    path,
    flags,
    // oxlint-disable-next-line require-yield -- asks nobody
    function* (session, call): Proc<number> {
      const text = tell(session, call);
      if (isFailure(text)) return session.failed(text);
      session.out(text);
      return 0;
    },
    check ?? noArguments,
  );
}

function noArguments({ args, command }: Call): Failure | undefined {
  return args.length === 0
    ? undefined
    : fail(
        command === 'version'
          ? `extra arguments: [${args.join(' ')}]`
          : `unexpected arguments: [${args.join(' ')}]\nSee 'kubectl ${command} -h' for help and examples`,
      );
}

/** Flags that every verb has. Those that only choose a cluster, a user or a log level change nothing here. */
export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  textFlag('namespace', 'n'),
  textFlag('context'),
  textFlag('cluster'),
  textFlag('user'),
  textFlag('kubeconfig'),
  textFlag('server', 's'),
  textFlag('as'),
  arrayFlag('as-group'),
  textFlag('token'),
  textFlag('request-timeout'),
  intFlag('v', 0, 'v'),
  boolFlag('insecure-skip-tls-verify'),
  boolFlag('warnings-as-errors'),
  textFlag('cache-dir'),
];

export const FILENAME_FLAGS: readonly FlagSpec[] = [
  arrayOrList('filename', 'f'),
  boolFlag('recursive', 'R'),
  textFlag('kustomize', 'k'),
];

function arrayOrList(name: string, short: string): FlagSpec {
  return listFlag(name, short);
}

export const SELECTOR_FLAG: FlagSpec = textFlag('selector', 'l');
export const FIELD_SELECTOR_FLAG: FlagSpec = textFlag('field-selector');
export const ALL_NAMESPACES_FLAG: FlagSpec = boolFlag('all-namespaces', 'A');
export const DRY_RUN_FLAG: FlagSpec = {
  name: 'dry-run',
  kind: 'text',
  fallback: 'none',
  bareValue: 'unchanged',
};

/** Of commands that print what they made. */
export const PRINT_FLAGS: readonly FlagSpec[] = [
  textFlag('output', 'o'),
  textFlag('template'),
  boolFlag('show-managed-fields'),
  boolFlag('allow-missing-template-keys', undefined, 'true'),
];

export const FIELD_MANAGER_FLAG: FlagSpec = textFlag('field-manager');
export const VALIDATE_FLAG: FlagSpec = {
  name: 'validate',
  kind: 'text',
  fallback: 'strict',
  bareValue: 'strict',
};
export const TIMEOUT_FLAG: FlagSpec = durationFlag('timeout', '0s');
