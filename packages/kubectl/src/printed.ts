/**
 * Answers of commands that change one object at a time: a line each, or the objects with `-o`.
 */
import type { KindInfo, KubeObject } from '@podwire/api';
import { type Failure, fail, isFailure } from './failure.ts';
import type { Flags } from './flags.ts';
import { type Output, listOf, outputOf, printStructured, printable } from './output.ts';
import { type DryRun, type Session, dryRunSuffix, objectName } from './session.ts';

/** Prints what was done to an object: `deployment.apps/web scaled`. */
export class Printed {
  readonly #session: Session;
  readonly #output: Output;
  readonly #dryRun: DryRun;
  /** Objects kept back, where several become one `List`. */
  readonly #kept: KubeObject[] = [];
  readonly #isCollecting: boolean;

  constructor(session: Session, output: Output, dryRun: DryRun, isCollecting: boolean) {
    this.#session = session;
    this.#output = output;
    this.#dryRun = dryRun;
    this.#isCollecting = isCollecting;
  }

  /** `word` is what was done; unset: `-o` printed alone. */
  done(info: KindInfo, object: KubeObject, word: string): Failure | undefined {
    const output = this.#output;
    const name = objectName(info, object.metadata.name);
    switch (output.kind) {
      case 'table':
        this.#session.out(`${name} ${word}${dryRunSuffix(this.#dryRun)}\n`);
        return undefined;
      case 'name':
        this.#session.out(`${name}\n`);
        return undefined;
      case 'yaml':
      case 'json':
      case 'kyaml':
      case 'jsonpath':
      case 'custom-columns': {
        if (this.#isCollecting) {
          this.#kept.push(object);
          return undefined;
        }
        return this.#print(printable(object));
      }
    }
  }

  /** Prints what was kept back. */
  finish(): Failure | undefined {
    const [first] = this.#kept;
    if (first === undefined) return undefined;
    return this.#print(this.#kept.length === 1 ? printable(first) : listOf(this.#kept));
  }

  #print(value: unknown): Failure | undefined {
    const text = printStructured(this.#output, value);
    if (isFailure(text)) return text;
    this.#session.out(text);
    return undefined;
  }
}

/** The printer of a call, or what is wrong with its `-o`. */
export function printedOf(
  session: Session,
  flags: Flags,
  dryRun: DryRun,
  isCollecting = false,
): Printed | Failure {
  const output = outputOf(flags);
  if (isFailure(output)) return output;
  if (output.kind === 'table' && output.isWide) {
    return fail(
      'unable to match a printer suitable for the output format "wide", allowed formats are: go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml',
    );
  }
  return new Printed(session, output, dryRun, isCollecting);
}
