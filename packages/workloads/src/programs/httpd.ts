/**
 * Apache httpd, Red Hat's httpd-24 and PHP builder images, and busybox httpd.
 */
import { clock, commonLogDate, dayName, formatIp, httpDate, monthName } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type HttpResponse, httpServe } from '@podwire/netstack';
import { payloadFromText } from '@podwire/wire';
import { Getopt } from '../getopt.ts';
import type { CommandContext } from '../context.ts';
import { bodyLenBytes, now, numberedErrno, processLabel, requestLine } from '../servers/http.ts';

const APACHE_ROOT = '/usr/local/apache2/htdocs';
const S2I_ROOT = '/var/www/html';
const S2I_SOURCE = '/opt/app-root/src';

/** Apache's page of an untouched installation. */
const IT_WORKS = '<html><body><h1>It works!</h1></body></html>\n';

export function* apache(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  if (ctx.isBusybox === true && argv[0] === 'httpd') return yield* busyboxHttpd(ctx, argv);
  const isS2i = ctx.env.has('HTTPD_PORT');
  const port = Number(ctx.env.get('HTTPD_PORT') ?? '80');
  const version = `Apache/${ctx.env.get('PODWIRE_IMAGE_VERSION') ?? '2.4.65'} (${isS2i ? 'Red Hat Enterprise Linux' : 'Unix'})`;
  const startedDate = httpDate(now(ctx));
  const server = httpServe(
    ctx.ns,
    { port, process: processLabel('httpd'), backlog: 511 },
    (request, conn) => {
      const path = request.path.endsWith('/') ? `${request.path}index.html` : request.path;
      const text = readPage(ctx, isS2i, path);
      const response =
        text === undefined
          ? notFound(ctx, version, isS2i && path === '/index.html')
          : page(ctx, version, 200, text, startedDate);
      const tail = isS2i
        ? ` "${request.headers.get('Referer') ?? '-'}" "${request.headers.get('User-Agent') ?? '-'}"`
        : '';
      ctx.out(
        `${formatIp(conn.remoteIp)} - - [${commonLogDate(now(ctx))}] "${requestLine(request)}" ${response.status} ${bodyLenBytes(response)}${tail}\n`,
      );
      return response;
    },
  );
  if (typeof server === 'string') {
    const [number = '', text = ''] = numberedErrno(server).split(': ');
    ctx.err(
      `(${number})${text}: AH00072: make_sock: could not bind to address 0.0.0.0:${port}\nno listening sockets available, shutting down\nAH00015: Unable to open logs\n`,
    );
    return 1;
  }
  try {
    ctx.err(
      "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using " +
        `${hostAddress(ctx)}. Set the 'ServerName' directive globally to suppress this message\n`,
    );
    errorLog(
      ctx,
      'mpm_event:notice',
      `AH00489: ${version} configured -- resuming normal operations`,
    );
    errorLog(ctx, 'core:notice', "AH00094: Command line: 'httpd -D FOREGROUND'");
    yield* ctx.signals.untilTerminated();
    errorLog(ctx, 'mpm_event:notice', 'AH00492: caught SIGWINCH, shutting down gracefully');
    return 0;
  } finally {
    server.close();
  }
}

function readPage(ctx: CommandContext, isS2i: boolean, path: string): string | undefined {
  if (isS2i) return ctx.fs.read(`${S2I_SOURCE}${path}`) ?? ctx.fs.read(`${S2I_ROOT}${path}`);
  return ctx.fs.read(`${APACHE_ROOT}${path}`) ?? (path === '/index.html' ? IT_WORKS : undefined);
}

function page(
  ctx: CommandContext,
  version: string,
  status: number,
  text: string,
  lastModified: string | undefined,
): HttpResponse {
  const body = payloadFromText(text);
  return {
    status,
    headers: [
      ['Date', httpDate(now(ctx))],
      ['Server', version],
      ...(lastModified === undefined
        ? []
        : ([
            ['Last-Modified', lastModified],
            ['ETag', `"${body.lenBytes.toString(16)}-647a0"`],
            ['Accept-Ranges', 'bytes'],
          ] as const)),
      ['Content-Length', String(body.lenBytes)],
      ['Content-Type', lastModified === undefined ? 'text/html; charset=iso-8859-1' : 'text/html'],
    ],
    body,
  };
}

/** An untouched RHEL httpd answers `/` with its test page and 403. */
function notFound(ctx: CommandContext, version: string, isTestPage: boolean): HttpResponse {
  if (isTestPage) {
    const text =
      '<!DOCTYPE html>\n<html>\n<head><title>Test Page for the HTTP Server on Red Hat Enterprise Linux</title></head>\n<body>\n<h1>Red Hat Enterprise Linux <strong>Test Page</strong></h1>\n</body>\n</html>\n';
    return page(ctx, version, 403, text, undefined);
  }
  const text =
    '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n';
  return page(ctx, version, 404, text, undefined);
}

function hostAddress(ctx: CommandContext): string {
  const dev = ctx.ns.devs.get('eth0');
  return formatIp(ctx.ns.primaryAddress(dev));
}

function errorLog(ctx: CommandContext, module: string, text: string): void {
  const time = now(ctx);
  const micros = String(Math.floor(time.nanosecond / 1000)).padStart(6, '0');
  const day = String(time.day).padStart(2, '0');
  ctx.err(
    `[${dayName(time)} ${monthName(time)} ${day} ${clock(time)}.${micros} ${time.year}] [${module}] [pid 1:tid 1] ${text}\n`,
  );
}

const BUSYBOX_USAGE = `Usage: httpd [-ifv[v]] [-c CONFFILE] [-p [IP:]PORT] [-u USER[:GRP]] [-r REALM] [-h HOME]
`;

function* busyboxHttpd(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const options = new Getopt(argv.slice(1), 'ifvc:p:u:r:h:');
  if (options.error !== undefined) {
    ctx.err(`httpd: ${options.error}\n${BUSYBOX_USAGE}`);
    return 1;
  }
  const place = options.value('p') ?? '80';
  const home = (options.value('h') ?? '/').replace(/\/$/, '');
  const port = Number(place.slice(place.lastIndexOf(':') + 1));
  const server = httpServe(ctx.ns, { port, process: processLabel('httpd') }, (request) => {
    const path = request.path.endsWith('/') ? `${request.path}index.html` : request.path;
    const text = ctx.fs.read(`${home}${path}`);
    const status = text === undefined ? 404 : 200;
    const body = payloadFromText(
      text ??
        '<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD>\n<BODY><H1>404 Not Found</H1>\nThe requested URL was not found\n</BODY></HTML>\n',
    );
    return {
      status,
      headers: [
        ['Date', httpDate(now(ctx))],
        ['Connection', 'close'],
        ['Content-type', 'text/html'],
        ['Content-Length', String(body.lenBytes)],
      ],
      body,
      close: true,
    };
  });
  if (typeof server === 'string') {
    ctx.err(`httpd: bind: ${numberedErrno(server).replace(/^\d+: /, '')}\n`);
    return 1;
  }
  try {
    yield* ctx.signals.untilTerminated();
    return 143;
  } finally {
    server.close();
  }
}
