/**
 * What the HTTP servers of images share: responses in the form of their kind of program, query strings.
 */
import { type CivilTime, civilTime, formatIp, httpDate } from '@podwire/base';
import type { HttpHandler, HttpRequest, HttpResponse, TcpConn } from '@podwire/netstack';
import { type HttpServer, errnoNumber, errnoText, httpServe, isErrno } from '@podwire/netstack';
import { type Payload, payloadFromText } from '@podwire/wire';
import type { CommandContext } from '../context.ts';

export function now(ctx: CommandContext): CivilTime {
  return civilTime(ctx.sim.nowNs(), ctx.epochSec);
}

/** A response as Go's net/http writes it. */
export function goResponse(
  ctx: CommandContext,
  status: number,
  body: string | Payload,
  contentType = 'text/plain; charset=utf-8',
): HttpResponse {
  const payload = typeof body === 'string' ? payloadFromText(body) : body;
  return {
    status,
    headers: [
      ['Date', httpDate(now(ctx))],
      ['Content-Length', String(payload.lenBytes)],
      ...(payload.lenBytes > 0 ? ([['Content-Type', contentType]] as const) : []),
    ],
    body: payload,
  };
}

/** What Go's mux answers for a path that it does not know. */
export function goNotFound(ctx: CommandContext): HttpResponse {
  return {
    ...goResponse(ctx, 404, '404 page not found\n'),
    headers: [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['X-Content-Type-Options', 'nosniff'],
      ['Date', httpDate(now(ctx))],
      ['Content-Length', '19'],
    ],
  };
}

/** The values of a query string or form, decoded; a name may come more than once. */
export function parseQuery(query: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decodePercent(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? '' : decodePercent(part.slice(equals + 1));
    const list = values.get(name);
    if (list === undefined) values.set(name, [value]);
    else list.push(value);
  }
  return values;
}

/** `%41` and `+` decoded; a malformed escape stays as it is. */
export function decodePercent(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** `10.244.1.5:43210`. */
export function clientOf(conn: TcpConn): string {
  return `${formatIp(conn.remoteIp)}:${conn.remotePort}`;
}

/** Listens, or says in the way of Go's log package why not. */
export function serveGo(
  ctx: CommandContext,
  options: { readonly ip?: number; readonly port: number; readonly program: string },
  handler: HttpHandler,
  onError: (text: string) => void,
): HttpServer | undefined {
  const { ip, port, program } = options;
  const server = httpServe(
    ctx.ns,
    ip === undefined
      ? { port, process: processLabel(program) }
      : { ip, port, process: processLabel(program) },
    handler,
  );
  if (!isErrno(server)) return server;
  onError(`listen tcp ${ip === undefined ? '' : formatIp(ip)}:${port}: bind: ${goErrno(server)}`);
  return undefined;
}

/** What ss shows behind `users:`. */
export function processLabel(program: string, pid = 1): string {
  return `("${program}",pid=${pid},fd=6)`;
}

/** strerror() as Go prints it: in lower case. */
export function goErrno(errno: Parameters<typeof errnoText>[0]): string {
  const text = errnoText(errno);
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}

/** `98: Address already in use`. */
export function numberedErrno(errno: Parameters<typeof errnoText>[0]): string {
  return `${errnoNumber(errno)}: ${errnoText(errno)}`;
}

/** The request line. */
export function requestLine(request: HttpRequest): string {
  return `${request.method} ${request.target} ${request.version}`;
}

/** Length of a response's body; streams have none that is known. */
export function bodyLenBytes(response: HttpResponse): number {
  return response.body === undefined || typeof response.body === 'function'
    ? 0
    : response.body.lenBytes;
}
