/**
 * The data of `kubectl create configmap|secret generic`, from literals and files.
 */
import { type Failure, fail } from '../failure.ts';
import { type FlagSpec, arrayFlag } from '../flags.ts';
import type { Call, Session } from '../session.ts';

/** The object that the data is for. */
interface DataTarget {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
}

/** What `--from-literal`, `--from-file` and `--from-env-file` say, by key. */
export function dataOf(
  session: Session,
  call: Call,
  target: DataTarget,
): ReadonlyMap<string, string> | Failure {
  const data = new Map<string, string>();
  const put = (key: string, value: string): Failure | undefined => {
    if (data.has(key)) {
      return fail(
        target.kind === 'ConfigMap'
          ? `cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data for ConfigMap ${JSON.stringify(target.name)}`
          : `cannot add key ${key}, another key by that name already exists`,
      );
    }
    if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
      return fail(
        `${JSON.stringify(key)} is not ${target.kind === 'ConfigMap' ? 'a valid key name for a ConfigMap:' : 'valid key name for a Secret'} a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      );
    }
    data.set(key, value);
    return undefined;
  };
  for (const literal of call.flags.list('from-literal')) {
    const equals = literal.indexOf('=');
    if (equals < 1) return fail(`invalid literal source ${literal}, expected key=value`);
    const problem = put(literal.slice(0, equals), unquote(literal.slice(equals + 1)));
    if (problem !== undefined) return problem;
  }
  for (const source of call.flags.list('from-file')) {
    const equals = source.indexOf('=');
    const path = source.slice(equals + 1);
    const files = session.ctx.readFile(path);
    if (files === undefined) return fail(`error reading ${path}: no such file or directory`);
    for (const file of files) {
      const own = file.name.slice(file.name.lastIndexOf('/') + 1);
      const problem = put(equals < 0 ? own : source.slice(0, equals), file.text);
      if (problem !== undefined) return problem;
    }
  }
  for (const path of call.flags.list('from-env-file')) {
    const file = session.ctx.readFile(path)?.[0];
    if (file === undefined) return fail(`error reading ${path}: no such file or directory`);
    for (const line of file.text.split('\n')) {
      const text = line.trimStart();
      if (text === '' || text.startsWith('#')) continue;
      const equals = text.indexOf('=');
      const problem = put(
        equals < 0 ? text : text.slice(0, equals),
        equals < 0 ? '' : text.slice(equals + 1),
      );
      if (problem !== undefined) return problem;
    }
  }
  return data;
}

function unquote(text: string): string {
  return text.length >= 2 && /^(['"]).*\1$/s.test(text) ? text.slice(1, -1) : text;
}

export const DATA_FLAGS: readonly FlagSpec[] = [
  arrayFlag('from-literal'),
  arrayFlag('from-file'),
  arrayFlag('from-env-file'),
];
