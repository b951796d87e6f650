/**
 * The API server's failures: Status objects with the real reasons, codes and texts
 * (apimachinery pkg/api/errors).
 */
import type { Status, StatusCause, StatusDetails } from './types/meta.ts';
import { type KindInfo, qualifiedResource } from './scheme.ts';
import { type FieldError, causeOf, formatFieldErrors } from './validate/field-error.ts';
import type { ApiResponse } from './request.ts';

export function failure(
  code: number,
  reason: string,
  message: string,
  details?: StatusDetails,
): ApiResponse {
  const body: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  };
  return { code, body };
}

/** What `details` says of a resource: its plural, except for Invalid where it is the kind. */
function detailsOf(info: KindInfo, name: string, kind: string = info.plural): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(info.group === '' ? {} : { group: info.group }),
    kind,
  };
}

export function notFound(info: KindInfo, name: string): ApiResponse {
  const message = `${qualifiedResource(info)} ${JSON.stringify(name)} not found`;
  return failure(404, 'NotFound', message, detailsOf(info, name));
}

export function alreadyExists(info: KindInfo, name: string): ApiResponse {
  const message = `${qualifiedResource(info)} ${JSON.stringify(name)} already exists`;
  return failure(409, 'AlreadyExists', message, detailsOf(info, name));
}

/** The random suffixes of a generateName were all taken (1.32 RetryGenerateName). */
export function generateNameTaken(info: KindInfo, name: string): ApiResponse {
  const message = `${qualifiedResource(info)} ${JSON.stringify(name)} already exists, the server was not able to generate a unique name for the object`;
  return failure(409, 'AlreadyExists', message, { ...detailsOf(info, name), retryAfterSeconds: 1 });
}

export const OPTIMISTIC_LOCK_TEXT =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(info: KindInfo, name: string, why: string): ApiResponse {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(info)} ${JSON.stringify(name)}: ${why}`;
  return failure(409, 'Conflict', message, detailsOf(info, name));
}

export function forbidden(
  info: KindInfo,
  name: string,
  why: string,
  causes?: StatusCause[],
): ApiResponse {
  const subject = name === '' ? '' : ` ${JSON.stringify(name)}`;
  const message = `${qualifiedResource(info)}${subject} is forbidden: ${why}`;
  return failure(403, 'Forbidden', message, {
    ...detailsOf(info, name),
    ...(causes === undefined ? {} : { causes }),
  });
}

export function invalid(
  group: string,
  kind: string,
  name: string,
  errors: readonly FieldError[],
): ApiResponse {
  const message = `${group === '' ? kind : `${kind}.${group}`} ${JSON.stringify(name)} is invalid: ${formatFieldErrors(errors)}`;
  return failure(422, 'Invalid', message, {
    name,
    ...(group === '' ? {} : { group }),
    kind,
    causes: errors.map(causeOf),
  });
}

export function badRequest(message: string): ApiResponse {
  return failure(400, 'BadRequest', message);
}

export function internalError(why: string): ApiResponse {
  return failure(500, 'InternalError', `Internal error occurred: ${why}`, {
    causes: [{ message: why }],
  });
}

export function methodNotAllowed(): ApiResponse {
  return failure(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

/** The path leads to no resource. */
export function noSuchResource(): ApiResponse {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** A watch or a continue token that asks for what the history no longer has. */
export function expired(resourceVersion: string, oldest: string): ApiResponse {
  return failure(410, 'Expired', `too old resource version: ${resourceVersion} (${oldest})`);
}

export function tooManyRequests(message: string, causes: StatusCause[]): ApiResponse {
  return failure(429, 'TooManyRequests', message, { causes });
}

export function unsupportedMediaType(accepted: readonly string[]): ApiResponse {
  return failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

/** `Status Success`, the answer to a deletion that is done. */
export function deleted(info: KindInfo, name: string, uid: string | undefined): ApiResponse {
  const body: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...detailsOf(info, name), ...(uid === undefined ? {} : { uid }) },
  };
  return { code: 200, body };
}
