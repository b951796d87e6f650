/**
 * Errors of fields: the model and the texts of apimachinery's field.Error (1.36: structured values as JSON).
 */
import type { StatusCause } from '../types/meta.ts';

export type FieldErrorKind =
  | 'Required'
  | 'Invalid'
  | 'Duplicate'
  | 'Forbidden'
  | 'NotSupported'
  | 'NotFound'
  | 'TooLong'
  | 'TooMany'
  | 'TypeInvalid'
  | 'InternalError';

export interface FieldError {
  readonly kind: FieldErrorKind;
  /** `spec.ports[0].name`. */
  readonly path: string;
  /** The text after the path. */
  readonly text: string;
}

export function required(path: string, detail = ''): FieldError {
  return { kind: 'Required', path, text: `Required value${detail === '' ? '' : `: ${detail}`}` };
}

export function invalidValue(path: string, value: unknown, detail: string): FieldError {
  return { kind: 'Invalid', path, text: `Invalid value: ${printValue(value)}: ${detail}` };
}

export function duplicate(path: string, value: unknown): FieldError {
  return { kind: 'Duplicate', path, text: `Duplicate value: ${printValue(value)}` };
}

export function forbiddenField(path: string, detail: string): FieldError {
  return { kind: 'Forbidden', path, text: `Forbidden: ${detail}` };
}

/** `supported` is printed in the order given. */
export function notSupported(
  path: string,
  value: unknown,
  supported: readonly string[],
): FieldError {
  const list = supported.map((each) => JSON.stringify(each)).join(', ');
  const tail = supported.length === 0 ? '' : `: supported values: ${list}`;
  return { kind: 'NotSupported', path, text: `Unsupported value: ${printValue(value)}${tail}` };
}

export function notFoundValue(path: string, value: unknown): FieldError {
  return { kind: 'NotFound', path, text: `Not found: ${printValue(value)}` };
}

/** Texts that are too long are not repeated in the message (1.32 and later). */
export function tooLong(path: string, most: number): FieldError {
  return { kind: 'TooLong', path, text: `Too long: may not be more than ${most} bytes` };
}

export function tooMany(path: string, count: number, most: number): FieldError {
  return {
    kind: 'TooMany',
    path,
    text: `Too many: ${count}: must have at most ${most} ${most === 1 ? 'item' : 'items'}`,
  };
}

/** Strings quoted, numbers plain, structures as JSON. */
export function printValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  return JSON.stringify(value);
}

export function formatFieldError(error: FieldError): string {
  return `${error.path}: ${error.text}`;
}

/** One plain, several in brackets; equal ones once (utilerrors.Aggregate). */
export function formatFieldErrors(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(formatFieldError))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

export function causeOf(error: FieldError): StatusCause {
  return { reason: REASONS[error.kind], message: error.text, field: error.path };
}

/** field.ErrorType as the causes of a Status carry it. */
const REASONS: { readonly [K in FieldErrorKind]: string } = {
  Required: 'FieldValueRequired',
  Invalid: 'FieldValueInvalid',
  Duplicate: 'FieldValueDuplicate',
  Forbidden: 'FieldValueForbidden',
  NotSupported: 'FieldValueNotSupported',
  NotFound: 'FieldValueNotFound',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
  TypeInvalid: 'FieldValueTypeInvalid',
  InternalError: 'InternalError',
};
