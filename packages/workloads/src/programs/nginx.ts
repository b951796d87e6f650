/**
 * nginx: static files, its welcome page, its logs.
 *
 * Of mounted configuration `listen` and `return` are followed; other directives are named in the log.
 */
import { NS_PER_MS, commonLogDate, formatIp, httpDate, parseIp, slashDate } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import {
  type HttpRequest,
  type HttpResponse,
  type HttpServer,
  type TcpConn,
  httpServe,
} from '@podwire/netstack';
import { payloadFromText } from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { bodyLenBytes, now, numberedErrno, processLabel, requestLine } from '../servers/http.ts';

const ROOT = '/usr/share/nginx/html';
const CONF = '/etc/nginx/conf.d/default.conf';
/** ngx_open_listening_sockets(): tries, and the pause between them. */
const BIND_TRIES = 5;
const BIND_PAUSE_NS = 500 * NS_PER_MS;

export const NGINX_WELCOME = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
`;

interface Listen {
  readonly ip: number | undefined;
  readonly port: number;
}

interface Site {
  readonly listens: readonly Listen[];
  readonly answer: { readonly status: number; readonly text: string } | undefined;
}

export function* nginx(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const version = ctx.env.get('PODWIRE_IMAGE_VERSION') ?? '1.29.3';
  const option = argv[1];
  if (option === '-v' || option === '-V') {
    ctx.err(`nginx version: nginx/${version}\n`);
    return 0;
  }
  if (option === '-t') {
    ctx.err('nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n');
    ctx.err('nginx: configuration file /etc/nginx/nginx.conf test is successful\n');
    return 0;
  }
  const unknown = argv
    .slice(1)
    .find(
      (word, index) =>
        word.startsWith('-') && !/^-[gcps]$/.test(word) && !/^-[gcps]$/.test(argv[index] ?? ''),
    );
  if (unknown !== undefined) {
    ctx.err(`nginx: invalid option: "${unknown.replace(/^-+/, '')}"\n`);
    return 1;
  }
  const site = readSite(ctx);
  const servers: HttpServer[] = [];
  try {
    for (const listen of site.listens) {
      const server = yield* bind(ctx, listen, makeHandler(ctx, site, version));
      if (server === undefined) return 1;
      servers.push(server);
    }
    logStart(ctx, version);
    const worker = ctx.processes.add('nginx: worker process', ctx.sim.nowNs(), 'nginx');
    try {
      yield* ctx.signals.untilTerminated();
    } finally {
      ctx.processes.remove(worker);
    }
    notice(ctx, 'signal 3 (SIGQUIT) received, shutting down');
    notice(ctx, 'exit');
    return 0;
  } finally {
    for (const server of servers) server.close();
  }
}

function* bind(
  ctx: CommandContext,
  listen: Listen,
  handler: (request: HttpRequest, conn: TcpConn) => HttpResponse,
): Proc<HttpServer | undefined> {
  const { ip, port } = listen;
  const process = processLabel('nginx');
  for (let turn = 0; turn < BIND_TRIES; turn++) {
    if (turn > 0) yield* sleep(BIND_PAUSE_NS);
    const server = httpServe(
      ctx.ns,
      ip === undefined ? { port, process, backlog: 511 } : { ip, port, process, backlog: 511 },
      handler,
    );
    if (typeof server !== 'string') return server;
    const what = `bind() to ${formatIp(ip ?? 0)}:${port} failed (${numberedErrno(server)})`;
    ctx.err(`${slashDate(now(ctx))} [emerg] 1#1: ${what}\n`);
    ctx.err(`nginx: [emerg] ${what}\n`);
    if (server !== 'EADDRINUSE') return undefined;
  }
  ctx.err(`${slashDate(now(ctx))} [emerg] 1#1: still could not bind()\n`);
  ctx.err('nginx: [emerg] still could not bind()\n');
  return undefined;
}

function readSite(ctx: CommandContext): Site {
  const plain = { ip: undefined, port: Number(ctx.env.get('NGINX_PORT') ?? '80') };
  const text = ctx.fs.read(CONF);
  if (text === undefined) return { listens: [plain], answer: undefined };
  const listens: Listen[] = [];
  let answer: Site['answer'];
  for (const match of text.replace(/#.*$/gm, '').matchAll(/([a-z_]+)\s+([^;{}]*)[;{]/g)) {
    const [, directive, rest = ''] = match;
    if (directive === 'listen') {
      const listen = /^(?:(\d+\.\d+\.\d+\.\d+):)?(\d+)/.exec(rest.trim());
      if (listen !== null) {
        const ip = listen[1] === undefined ? undefined : parseIp(listen[1]);
        listens.push({ ip: ip === 0 ? undefined : ip, port: Number(listen[2]) });
      }
    } else if (directive === 'return') {
      const found = /^(\d+)\s*(?:"([^"]*)"|'([^']*)'|(\S+))?/.exec(rest.trim());
      if (found !== null) {
        const body = (found[2] ?? found[3] ?? found[4] ?? '').replaceAll('\\n', '\n');
        answer = { status: Number(found[1]), text: body.replaceAll('$hostname', ctx.hostname) };
      }
    } else if (!QUIET_DIRECTIVES.has(directive ?? '')) {
      ctx.err(`podwire: ${CONF}: directive "${directive}" is not emulated\n`);
    }
  }
  return { listens: listens.length > 0 ? listens : [plain], answer };
}

const QUIET_DIRECTIVES: ReadonlySet<string> = new Set([
  'server',
  'server_name',
  'location',
  'root',
  'index',
  'error_page',
  'default_type',
  'add_header',
  'access_log',
]);

function makeHandler(
  ctx: CommandContext,
  site: Site,
  version: string,
): (request: HttpRequest, conn: TcpConn) => HttpResponse {
  let count = 0;
  const startedDate = httpDate(now(ctx));
  return (request, conn) => {
    count++;
    const response = answer(ctx, site, version, startedDate, request, conn, count);
    const agent = request.headers.get('User-Agent') ?? '-';
    const referer = request.headers.get('Referer') ?? '-';
    const forwarded = request.headers.get('X-Forwarded-For') ?? '-';
    ctx.out(
      `${formatIp(conn.remoteIp)} - - [${commonLogDate(now(ctx))}] "${requestLine(request)}" ${response.status} ${request.method === 'HEAD' ? 0 : bodyLenBytes(response)} "${referer}" "${agent}" "${forwarded}"\n`,
    );
    return response;
  };
}

function answer(
  ctx: CommandContext,
  site: Site,
  version: string,
  startedDate: string,
  request: HttpRequest,
  conn: TcpConn,
  count: number,
): HttpResponse {
  if (site.answer !== undefined) {
    const body = payloadFromText(site.answer.text);
    return respond(ctx, version, site.answer.status, 'application/octet-stream', body, []);
  }
  const path = request.path.endsWith('/') ? `${request.path}index.html` : request.path;
  const text =
    ctx.fs.read(`${ROOT}${path}`) ?? (path === '/index.html' ? NGINX_WELCOME : undefined);
  if (text === undefined) {
    ctx.err(
      `${slashDate(now(ctx))} [error] 29#29: *${count} open() "${ROOT}${path}" failed (2: No such file or directory), client: ${formatIp(conn.remoteIp)}, server: localhost, request: "${requestLine(request)}", host: "${request.headers.get('Host') ?? ''}"\n`,
    );
    return errorPage(ctx, version, 404, 'Not Found');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return errorPage(ctx, version, 405, 'Not Allowed');
  }
  const body = payloadFromText(text);
  return respond(ctx, version, 200, contentType(path), body, [
    ['Last-Modified', startedDate],
    ['ETag', `"69550000-${body.lenBytes.toString(16)}"`],
    ['Accept-Ranges', 'bytes'],
  ]);
}

function errorPage(
  ctx: CommandContext,
  version: string,
  status: number,
  reason: string,
): HttpResponse {
  const page = `<html>\r\n<head><title>${status} ${reason}</title></head>\r\n<body>\r\n<center><h1>${status} ${reason}</h1></center>\r\n<hr><center>nginx/${version}</center>\r\n</body>\r\n</html>\r\n`;
  return { ...respond(ctx, version, status, 'text/html', payloadFromText(page), []), reason };
}

function respond(
  ctx: CommandContext,
  version: string,
  status: number,
  type: string,
  body: ReturnType<typeof payloadFromText>,
  more: readonly (readonly [string, string])[],
): HttpResponse {
  const lastModified = more.slice(0, 1);
  return {
    status,
    headers: [
      ['Server', `nginx/${version}`],
      ['Date', httpDate(now(ctx))],
      ['Content-Type', type],
      ['Content-Length', String(body.lenBytes)],
      ...lastModified,
      ['Connection', 'keep-alive'],
      ...more.slice(1),
    ],
    body,
  };
}

function contentType(path: string): string {
  const extension = path.slice(path.lastIndexOf('.') + 1);
  switch (extension) {
    case 'html':
    case 'htm':
      return 'text/html';
    case 'txt':
      return 'text/plain';
    case 'css':
      return 'text/css';
    case 'js':
      return 'application/javascript';
    case 'json':
      return 'application/json';
    default:
      return 'application/octet-stream';
  }
}

function logStart(ctx: CommandContext, version: string): void {
  notice(ctx, 'using the "epoll" event method');
  notice(ctx, `nginx/${version}`);
  notice(ctx, 'start worker processes');
  notice(ctx, 'start worker process 29');
}

function notice(ctx: CommandContext, text: string): void {
  ctx.err(`${slashDate(now(ctx))} [notice] 1#1: ${text}\n`);
}
