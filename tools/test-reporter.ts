/**
 * Prints the result of node --test: one line for each file, and all there is to know about
 * each test that failed.
 *
 * The runner's own reporters print a line for each test, which in a thousand tests buries the failing one.
 */
import path from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

interface FileResult {
  passed: number;
  skipped: number;
  readonly failures: string[];
  readonly output: string[];
}

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files = new Map<string, FileResult>();
  const resultOf = (file: string | undefined): FileResult => {
    const key = path.relative(process.cwd(), file ?? '');
    let result = files.get(key);
    if (result === undefined) {
      result = { passed: 0, skipped: 0, failures: [], output: [] };
      files.set(key, result);
    }
    return result;
  };
  for await (const event of source) {
    switch (event.type) {
      case 'test:pass':
        if (event.data.skip !== undefined) resultOf(event.data.file).skipped += 1;
        else if (event.data.details.type !== 'suite') resultOf(event.data.file).passed += 1;
        break;
      case 'test:fail':
        // A suite fails because of a test in it, which has been reported.
        if (isFailureOfSubtest(event.data.details.error)) break;
        resultOf(event.data.file).failures.push(failureText(event.data));
        break;
      case 'test:stdout':
      case 'test:stderr':
        resultOf(event.data.file).output.push(event.data.message);
        break;
      case 'test:summary':
        if (event.data.file !== undefined) {
          yield fileText(path.relative(process.cwd(), event.data.file), {
            result: resultOf(event.data.file),
            durationMs: event.data.duration_ms,
          });
        }
        break;
      default:
        break;
    }
  }
  const results = [...files.values()];
  const sum = (count: (result: FileResult) => number): number =>
    results.reduce((total, result) => total + count(result), 0);
  yield `${sum((r) => r.passed)} passed, ${sum((r) => r.failures.length)} failed, ` +
    `${sum((r) => r.skipped)} skipped, in ${results.length} files\n`;
}

function isFailureOfSubtest(error: Error): boolean {
  return 'failureType' in error && error.failureType === 'subtestsFailed';
}

function fileText(
  file: string,
  { result, durationMs }: { readonly result: FileResult; readonly durationMs: number },
): string {
  const mark = result.failures.length === 0 ? '✓' : '✗';
  const seconds = (durationMs / 1000).toFixed(1);
  const line = `${mark} ${file}  ${result.passed} passed  ${seconds} s\n`;
  return result.failures.length === 0
    ? line
    : `${line}${result.output.join('')}${result.failures.join('')}`;
}

function failureText(data: Extract<TestEvent, { type: 'test:fail' }>['data']): string {
  const { error } = data.details;
  const cause = error.cause ?? error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
  const place = `${path.relative(process.cwd(), data.file ?? '')}:${data.line}:${data.column}`;
  return `\n  ✗ ${data.name}  (${place})\n${text.replaceAll(/^/gm, '    ')}\n\n`;
}
