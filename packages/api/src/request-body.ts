/**
 * The object in the body of a write: read, checked against its kind, patched.
 */
import { type DecodeProblem, decodeStruct, isRecord } from './codec.ts';
import type { Draft } from './draft.ts';
import { badRequest } from './errors.ts';
import { applyJsonPatch, applyMergePatch, applyStrategicPatch } from './patch.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import { type KindInfo, apiVersionOf } from './scheme.ts';
import type { KubeObject } from './types/meta.ts';

/** The object of a body, and a warning for each field that its kind does not have; or the refusal. */
export function decodeBody(
  info: KindInfo,
  request: ApiRequest,
  body: unknown,
): { object: Draft; warnings: string[] } | ApiResponse {
  if (!isRecord(body)) return badRequest('the body of the request was empty or no object');
  const apiVersion = apiVersionOf(info);
  const { apiVersion: givenVersion, kind: givenKind } = body;
  if (givenKind !== undefined && givenKind !== info.kind) {
    return badRequest(
      `${JSON.stringify(givenKind)} in version ${JSON.stringify(givenVersion ?? '')} cannot be handled as a ${info.kind}: converting (${wordOf(givenKind)}) to (${info.kind}): unknown conversion`,
    );
  }
  if (givenVersion !== undefined && givenVersion !== apiVersion) {
    return badRequest(
      `the API version in the data (${wordOf(givenVersion)}) does not match the expected API version (${apiVersion})`,
    );
  }
  const { value, problems } = decodeStruct(info.kind, body);
  const wrong = problems.find((problem) => problem.kind === 'type');
  if (wrong !== undefined) return badRequest(cannotHandle(info, wrong.text));
  const unknown = problems.map(unknownText);
  const mode = request.query?.fieldValidation ?? 'Warn';
  if (mode === 'Strict' && unknown.length > 0) {
    return badRequest(cannotHandle(info, `strict decoding error: ${unknown.join(', ')}`));
  }
  const decoded = isRecord(value) ? value : {};
  const object: Draft = Object.isFrozen(decoded) ? { ...decoded } : decoded;
  object['apiVersion'] = apiVersion;
  object['kind'] = info.kind;
  const metadata = object['metadata'];
  object['metadata'] = isRecord(metadata) ? { ...metadata } : {};
  return { object, warnings: mode === 'Warn' ? unknown : [] };
}

/** The object that a patch makes of the old one, or a PatchProblem. */
export function patchObject(structName: string, request: ApiRequest, old: KubeObject): unknown {
  switch (request.patchType) {
    case 'json-patch':
      return applyJsonPatch(old, request.body);
    case 'merge-patch':
      return applyMergePatch(old, request.body);
    // Not modelled: field ownership of server-side apply; it merges as a strategic patch does.
    default:
      return applyStrategicPatch(structName, old, request.body);
  }
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function cannotHandle(info: KindInfo, why: string): string {
  return `${info.kind} in version ${JSON.stringify(info.version)} cannot be handled as a ${info.kind}: ${why}`;
}

function unknownText(problem: DecodeProblem): string {
  return `unknown field ${JSON.stringify(problem.text)}`;
}
