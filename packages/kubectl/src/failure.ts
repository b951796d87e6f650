/**
 * What goes wrong for kubectl, in the words that it prints (kubectl pkg/cmd/util/helpers.go, checkErr).
 */
import type { ApiResponse, Status } from '@podwire/api';

/** An API refusal, or a text of kubectl's own. */
export interface Failure {
  readonly isFailure: true;
  /** Without `error: `; for an API refusal the server's message, maybe with where it came from. */
  readonly message: string;
  /** Of an API refusal. */
  readonly status?: Status;
  /** The request did not get through. */
  readonly isTransport?: boolean;
  /** Printed as it is. */
  readonly isVerbatim?: boolean;
}

export function fail(message: string): Failure {
  return { isFailure: true, message };
}

/** A text that is printed without `error: `. */
export function failVerbatim(message: string): Failure {
  return { isFailure: true, message, isVerbatim: true };
}

export function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'isFailure' in value;
}

/** The failure that an API answer is. */
export function failureOf(response: ApiResponse): Failure {
  const body = response.body as Status;
  const message = body.message ?? '';
  if (response.code === 0) return { isFailure: true, message, isTransport: true };
  return { isFailure: true, message, status: body };
}

/** `error when creating "FILE": …` (AddSourceToErr): the details stay. */
export function addSource(verb: string, source: string, failure: Failure): Failure {
  if (source === '' || failure.isTransport === true) return failure;
  return {
    ...failure,
    message: `error when ${verb} ${JSON.stringify(source)}: ${failure.message}`,
  };
}

export function hasReason(failure: Failure, reason: string): boolean {
  return failure.status?.reason === reason;
}

/** What kubectl prints for one failure, ending in a newline. */
export function formatFailure(failure: Failure): string {
  const { status, message } = failure;
  if (failure.isVerbatim === true) return withNewline(message);
  if (status?.reason === 'Invalid') return formatInvalid(status, message);
  const standard = standardText(failure);
  if (standard !== undefined) return `${standard}\n`;
  return withNewline(message.startsWith('error: ') ? message : `error: ${message}`);
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** What kubectl prints for several failures: one line each, without the long form of Invalid. */
export function formatFailures(failures: readonly Failure[]): string {
  const [only] = failures;
  if (failures.length === 1 && only !== undefined) return formatFailure(only);
  return failures.map((failure) => `${standardText(failure) ?? failure.message}\n`).join('');
}

/** StandardErrorMessage: of failures that are not kubectl's own. */
function standardText(failure: Failure): string | undefined {
  if (failure.isTransport === true) return transportText(failure.message);
  if (failure.status === undefined) return undefined;
  const { reason } = failure.status;
  if (reason === 'Unauthorized') {
    return `error: You must be logged in to the server (${failure.message})`;
  }
  return reason === undefined || reason === ''
    ? `Error from server: ${failure.message}`
    : `Error from server (${reason}): ${failure.message}`;
}

function transportText(message: string): string {
  if (/ECONNREFUSED|connection refused/.test(message)) {
    const host = /(\d+\.\d+\.\d+\.\d+:\d+)/.exec(message)?.[1] ?? '192.168.10.10:6443';
    return `The connection to the server ${host} was refused - did you specify the right host or port?`;
  }
  return `Unable to connect to the server: ${message}`;
}

function formatInvalid(status: Status, message: string): string {
  const { details } = status;
  let text = 'The request is invalid';
  if (details === undefined) return `${message === '' ? text : `${text}: ${message}`}\n`;
  const causes = details.causes ?? [];
  if ((details.kind ?? '') !== '' || (details.name ?? '') !== '') {
    text = `The ${details.kind ?? ''} ${JSON.stringify(details.name ?? '')} is invalid`;
  } else if (message !== '' && causes.length === 0) {
    text = `${text}: ${message}`;
  }
  if (causes.length === 0) return `${text}\n`;
  const lines = [
    ...new Set(causes.map(({ field, message: why }) => `${field ?? ''}: ${why ?? ''}`)),
  ];
  if (lines.length === 1) return `${text}: ${lines[0] ?? ''}\n`;
  return `${text}: \n${lines.map((line) => `* ${line}\n`).join('')}`;
}
