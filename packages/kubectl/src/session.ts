/**
 * One command line on its way: context, namespace, requests with their warnings, outputs.
 */
import {
  type ApiRequest,
  type ApiResponse,
  type KindInfo,
  type KubeObject,
  isList,
  isOk,
  itemsOf,
  objectOf,
  qualifiedResource,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import type { KubectlContext } from './context.ts';
import { type Failure, failureOf, formatFailures } from './failure.ts';
import type { Flags } from './flags.ts';

/** A parsed call of a command. */
export interface Call {
  readonly flags: Flags;
  readonly args: readonly string[];
  readonly dashAt: number | undefined;
  /** `get`, `rollout status`: for texts. */
  readonly command: string;
}

/** An object with the kind that it was asked as. */
export interface Found {
  readonly info: KindInfo;
  readonly object: KubeObject;
}

export interface ListOptions {
  readonly namespace: string | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface Listed {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}

export class Session {
  readonly ctx: KubectlContext;
  /** Of `-n`, or of the context. */
  readonly namespace: string;
  /** Whether `-n` named it. */
  readonly isNamespaceGiven: boolean;

  constructor(ctx: KubectlContext, flags: Flags) {
    this.ctx = ctx;
    this.isNamespaceGiven = flags.has('namespace') && flags.text('namespace') !== '';
    this.namespace = this.isNamespaceGiven ? flags.text('namespace') : ctx.namespace;
  }

  /** Of the one context there is. */
  get contextName(): string {
    return this.ctx.contextName ?? 'podwire';
  }

  get serverUrl(): string {
    return this.ctx.serverUrl ?? 'https://192.168.10.10:6443';
  }

  nowNs(): number {
    return this.ctx.sim.nowNs();
  }

  out(text: string): void {
    if (text !== '') this.ctx.out(text);
  }

  err(text: string): void {
    if (text !== '') this.ctx.err(text);
  }

  /** Prints the failures and says which exit code they make. */
  failed(...failures: readonly Failure[]): number {
    this.err(formatFailures(failures));
    return 1;
  }

  *request(request: ApiRequest): Proc<ApiResponse> {
    const response = yield* this.ctx.client.request(request);
    for (const warning of response.warnings ?? []) this.err(`Warning: ${warning}\n`);
    return response;
  }

  /** The object that a request answers with, or the failure. */
  *requestObject<T extends KubeObject = KubeObject>(request: ApiRequest): Proc<T | Failure> {
    const response = yield* this.request(request);
    return objectOf<T>(response) ?? failureOf(response);
  }

  *get<T extends KubeObject = KubeObject>(
    info: KindInfo,
    namespace: string | undefined,
    name: string,
  ): Proc<T | Failure> {
    return yield* this.requestObject<T>({
      verb: 'get',
      resource: qualifiedResource(info),
      ...scope(info, namespace),
      name,
    });
  }

  *list(info: KindInfo, options: ListOptions): Proc<Listed | Failure> {
    const { labelSelector, fieldSelector } = options;
    const response = yield* this.request({
      verb: 'list',
      resource: qualifiedResource(info),
      ...scope(info, options.namespace),
      query: {
        limit: 500,
        ...(labelSelector === undefined || labelSelector === '' ? {} : { labelSelector }),
        ...(fieldSelector === undefined || fieldSelector === '' ? {} : { fieldSelector }),
      },
    });
    if (!isOk(response) || !isList(response.body)) return failureOf(response);
    const items = [...(itemsOf(response) ?? [])];
    const { metadata } = response.body;
    let next = metadata.continue ?? '';
    while (next !== '') {
      const more = yield* this.request({
        verb: 'list',
        resource: qualifiedResource(info),
        ...scope(info, options.namespace),
        query: {
          limit: 500,
          continue: next,
          ...(labelSelector === undefined || labelSelector === '' ? {} : { labelSelector }),
          ...(fieldSelector === undefined || fieldSelector === '' ? {} : { fieldSelector }),
        },
      });
      if (!isOk(more) || !isList(more.body)) return failureOf(more);
      items.push(...more.body.items);
      next = more.body.metadata.continue ?? '';
    }
    return {
      items: items.map((item) => withType(info, item)),
      resourceVersion: metadata.resourceVersion ?? '',
    };
  }
}

/** `namespace` of a request, for namespaced kinds alone. */
export function scope(
  info: KindInfo,
  namespace: string | undefined,
): { readonly namespace?: string } {
  return info.isNamespaced && namespace !== undefined && namespace !== '' ? { namespace } : {};
}

/** Items of a list come without their type. */
function withType(info: KindInfo, item: KubeObject): KubeObject {
  if (item.kind !== undefined && item.kind !== '') return item;
  const apiVersion = info.group === '' ? info.version : `${info.group}/${info.version}`;
  return { ...item, apiVersion, kind: info.kind };
}

/** `pod`, `deployment.apps`: how kubectl calls an object's kind in its answers. */
export function kindName(info: KindInfo): string {
  const kind = info.kind.toLowerCase();
  return info.group === '' ? kind : `${kind}.${info.group}`;
}

/** `pod/web`, `deployment.apps/web`. */
export function objectName(info: KindInfo, name: string): string {
  return `${kindName(info)}/${name}`;
}

/** ` (dry run)`, ` (server dry run)` after what was done. */
export function dryRunSuffix(dryRun: DryRun): string {
  return dryRun === 'client' ? ' (dry run)' : dryRun === 'server' ? ' (server dry run)' : '';
}

export type DryRun = 'none' | 'client' | 'server';

/** A string is kubectl's complaint. */
export function dryRunOf(flags: Flags): DryRun | Failure {
  const text = flags.text('dry-run');
  switch (text) {
    case 'client':
    case 'server':
    case 'none':
      return text;
    case '':
    case 'false':
      return 'none';
    case 'unchanged':
    case 'true':
      return 'client';
    default:
      return {
        isFailure: true,
        message: `Invalid dry-run value (${text}). Must be "none", "server", or "client".`,
      };
  }
}
