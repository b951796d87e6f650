/**
 * Small Go servers that people deploy to look at: http-echo, whoami, hello-openshift, hello-app, echoserver.
 */
import { formatIp, parseIp, slashDate } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import type { HttpHandler, HttpServer } from '@podwire/netstack';
import { payloadText } from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { bodyLenBytes, clientOf, goResponse, now, requestLine, serveGo } from '../servers/http.ts';
import { parseGoFlags } from './go-flags.ts';

const GO_TERMINATED = 2;

/** hashicorp/http-echo. */
export function* httpEcho(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const flags = parseGoFlags(
    argv.slice(1),
    new Map([
      ['listen', ':5678'],
      ['text', ctx.env.get('ECHO_TEXT') ?? ''],
      ['status-code', '200'],
      ['version', 'false'],
    ]),
  );
  if (typeof flags === 'string') {
    ctx.err(`${flags.replace('unknown flag: --', 'flag provided but not defined: -')}\n`);
    return 127;
  }
  if (flags.get('version') === 'true') {
    ctx.err(`http-echo v${ctx.env.get('PODWIRE_IMAGE_VERSION') ?? '1.0.0'}\n`);
    return 0;
  }
  const text = flags.get('text') ?? '';
  if (text === '') {
    ctx.err('Missing -text option!\n');
    return 127;
  }
  const listen = parseListen(flags.get('listen') ?? ':5678');
  const status = Number(flags.get('status-code'));
  return yield* serve(
    ctx,
    [{ ...listen, program: 'http-echo' }],
    (request, conn) => {
      const response =
        request.path === '/health'
          ? goResponse(ctx, 200, '{"status":"ok"}\n', 'application/json; charset=utf-8')
          : {
              ...goResponse(ctx, status, `${text}\n`),
              headers: [
                ['X-App-Name', 'http-echo'],
                ['X-App-Version', ctx.env.get('PODWIRE_IMAGE_VERSION') ?? '1.0.0'],
                ...headersOf(goResponse(ctx, status, `${text}\n`)),
              ] as const,
            };
      ctx.out(
        `${slashDate(now(ctx))} ${request.headers.get('Host') ?? ''} ${clientOf(conn)} "${requestLine(request)}" ${response.status} ${bodyLenBytes(response)} "${request.headers.get('User-Agent') ?? ''}" 20.5µs\n`,
      );
      return response;
    },
    () => {
      ctx.out(
        `${slashDate(now(ctx))} [INFO] server is listening on ${flags.get('listen') ?? ''}\n`,
      );
    },
    'http-echo',
  );
}

/** traefik/whoami. */
export function* whoami(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const flags = parseGoFlags(
    argv.slice(1),
    new Map([
      ['port', ctx.env.get('WHOAMI_PORT_NUMBER') ?? '80'],
      ['name', ctx.env.get('WHOAMI_NAME') ?? ''],
      ['verbose', 'false'],
    ]),
  );
  if (typeof flags === 'string') {
    ctx.err(`${flags}\n`);
    return 2;
  }
  const port = Number(flags.get('port'));
  const name = flags.get('name') ?? '';
  return yield* serve(
    ctx,
    [{ ip: undefined, port, program: 'whoami' }],
    (request, conn) => {
      if (request.path === '/health') return goResponse(ctx, 200, '');
      const lines = [
        ...(name === '' ? [] : [`Name: ${name}`]),
        `Hostname: ${ctx.hostname}`,
        ...addressesOf(ctx).map((address) => `IP: ${address}`),
        `RemoteAddr: ${clientOf(conn)}`,
        ...requestLines(request.method, request.target, request.version, request.headers),
      ];
      return goResponse(ctx, 200, `${lines.join('\n')}\n\n`);
    },
    () => {
      ctx.err(`${slashDate(now(ctx))} Starting up on port ${port}\n`);
    },
    'whoami',
  );
}

/** openshift/hello-openshift. */
export function* helloOpenshift(ctx: CommandContext, _argv: readonly string[]): Proc<number> {
  const text = ctx.env.get('RESPONSE') ?? 'Hello OpenShift!';
  const ports = [
    Number(ctx.env.get('PORT') ?? '8080'),
    Number(ctx.env.get('SECOND_PORT') ?? '8888'),
  ];
  return yield* serve(
    ctx,
    ports.map((port) => ({ ip: undefined, port, program: 'hello-openshift' })),
    () => {
      ctx.out('Servicing request.\n');
      return goResponse(ctx, 200, `${text}\n`);
    },
    () => {
      for (const port of ports) ctx.out(`serving on ${port}\n`);
    },
    'hello-openshift',
  );
}

/** google-samples/hello-app. */
export function* helloApp(ctx: CommandContext, _argv: readonly string[]): Proc<number> {
  const port = Number(ctx.env.get('PORT') ?? '8080');
  const version = ctx.env.get('PODWIRE_IMAGE_VERSION') ?? '1.0.0';
  return yield* serve(
    ctx,
    [{ ip: undefined, port, program: 'hello-app' }],
    (request) => {
      ctx.err(`${slashDate(now(ctx))} Serving request: ${request.path}\n`);
      return goResponse(
        ctx,
        200,
        `Hello, world!\nVersion: ${version}\nHostname: ${ctx.hostname}\n`,
      );
    },
    () => {
      ctx.err(`${slashDate(now(ctx))} Server listening on port ${port}\n`);
    },
    'hello-app',
  );
}

/** echoserver: the request, written back. */
export function* echoserver(ctx: CommandContext, _argv: readonly string[]): Proc<number> {
  const port = Number(ctx.env.get('PORT') ?? '8080');
  return yield* serve(
    ctx,
    [{ ip: undefined, port, program: 'echoserver' }],
    (request, conn) => {
      const headers = [...request.headers.entries()].map(
        ([name, value]) => `\t${name.toLowerCase()}=${value}`,
      );
      const lines = [
        '',
        '',
        `Hostname: ${ctx.hostname}`,
        '',
        'Request Information:',
        `\tclient_address=${formatIp(conn.remoteIp)}`,
        `\tmethod=${request.method}`,
        `\treal path=${request.target}`,
        `\tquery=${request.query}`,
        '\trequest_version=1.1',
        `\trequest_uri=http://${request.headers.get('Host') ?? ''}:${port}${request.target}`,
        '',
        'Request Headers:',
        ...headers,
        '',
        'Request Body:',
        request.body.lenBytes === 0 ? '\t-no body in request-' : payloadText(request.body),
        '',
      ];
      return goResponse(ctx, 200, `${lines.join('\n')}\n`, 'text/plain');
    },
    () => {
      ctx.out(`Now listening on port ${port}\n`);
    },
    'echoserver',
  );
}

interface Place {
  readonly ip: number | undefined;
  readonly port: number;
  readonly program: string;
}

function* serve(
  ctx: CommandContext,
  places: readonly Place[],
  handler: HttpHandler,
  onStarted: () => void,
  program: string,
): Proc<number> {
  const servers: HttpServer[] = [];
  try {
    for (const place of places) {
      const options =
        place.ip === undefined ? { port: place.port, program } : { ...place, ip: place.ip };
      const server = serveGo(ctx, options, handler, (text) => {
        ctx.err(`${slashDate(now(ctx))} ${text}\n`);
      });
      if (server === undefined) return 1;
      servers.push(server);
    }
    onStarted();
    yield* ctx.signals.untilTerminated();
    return GO_TERMINATED;
  } finally {
    for (const server of servers) server.close();
  }
}

/** `:5678`, `127.0.0.1:80`. */
function parseListen(text: string): { ip: number | undefined; port: number } {
  const colon = text.lastIndexOf(':');
  const ip = parseIp(text.slice(0, colon));
  return { ip: ip === 0 ? undefined : ip, port: Number(text.slice(colon + 1)) };
}

function headersOf(
  response: ReturnType<typeof goResponse>,
): readonly (readonly [string, string])[] {
  return Array.isArray(response.headers) ? response.headers : [];
}

function addressesOf(ctx: CommandContext): string[] {
  const addresses: string[] = [];
  for (const dev of ctx.ns.devs.values()) {
    for (const address of ctx.ns.addressesOf(dev)) addresses.push(formatIp(address.ip));
  }
  return addresses;
}

function requestLines(
  method: string,
  target: string,
  version: string,
  headers: { entries(): Iterable<[string, string]>; get(name: string): string | undefined },
): string[] {
  const rest = [...headers.entries()]
    .filter(([name]) => name.toLowerCase() !== 'host')
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return [
    `${method} ${target} ${version}`,
    `Host: ${headers.get('Host') ?? ''}`,
    ...rest.map(([name, value]) => `${name}: ${value}`),
  ];
}
