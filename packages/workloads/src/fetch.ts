/**
 * A plain HTTP client by URL: what programs use to call other services, and wget to fetch.
 */
import { formatIp } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type HttpFailure, errnoText, httpConnect } from '@podwire/netstack';
import { payloadText } from '@podwire/wire';
import type { CommandContext } from './context.ts';
import { resolve } from './resolve.ts';
import { goErrno } from './servers/http.ts';
import { parseUrl } from './url.ts';

export interface Fetched {
  readonly status: number;
  readonly body: string;
  /** As a Go client would say it; undefined when there was an answer. */
  readonly error?: string;
}

export interface FetchOptions {
  readonly method: string;
  readonly timeoutNs: number;
}

export function* fetchUrl(ctx: CommandContext, text: string, options: FetchOptions): Proc<Fetched> {
  const failed = (why: string): Fetched => ({
    status: 0,
    body: '',
    error: `${options.method === 'GET' ? 'Get' : options.method} "${text}": ${why}`,
  });
  const url = parseUrl(text);
  if (typeof url === 'string' || url.scheme !== 'http')
    return failed('unsupported protocol scheme');
  const deadlineNs = ctx.sim.nowNs() + options.timeoutNs;
  const resolved = yield* resolve(ctx, url.host, 'any');
  const ip = resolved.addresses[0];
  if (ip === undefined) return failed(`dial tcp: lookup ${url.host}: no such host`);
  const place = `${formatIp(ip)}:${url.port}`;
  const connection = yield* httpConnect(ctx.ns, {
    ip,
    port: url.port,
    timeoutNs: Math.max(deadlineNs - ctx.sim.nowNs(), 1),
    ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
  });
  if ('kind' in connection) return failed(`dial tcp ${place}: ${dialError(connection)}`);
  try {
    const reply = yield* connection.request(
      {
        method: options.method,
        target: url.target,
        headers: [
          ['Host', url.authority],
          ['User-Agent', 'Go-http-client/1.1'],
        ],
      },
      Math.max(deadlineNs - ctx.sim.nowNs(), 1),
    );
    if (reply.kind === 'failure') return failed(readError(reply));
    return { status: reply.status, body: payloadText(reply.body) };
  } finally {
    connection.close();
  }
}

function dialError(failure: HttpFailure): string {
  return failure.errno === undefined ? 'i/o timeout' : `connect: ${goErrno(failure.errno)}`;
}

function readError(failure: HttpFailure): string {
  if (failure.reason === 'timeout') return 'context deadline exceeded';
  if (failure.errno !== undefined) return `read: ${errnoText(failure.errno).toLowerCase()}`;
  return 'EOF';
}
