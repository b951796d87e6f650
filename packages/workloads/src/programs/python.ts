/**
 * python3: its module http.server; other Python does not run here and says so.
 */
import { clock, formatIp, httpDate, monthName, parseIp } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type HttpResponse, errnoNumber, errnoText, httpServe } from '@podwire/netstack';
import { payloadFromText } from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { now, processLabel, requestLine } from '../servers/http.ts';

export function* python(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const version = ctx.env.get('PODWIRE_IMAGE_VERSION') ?? '3.13.7';
  const args = argv.slice(1).filter((word) => word !== '-u');
  if (args[0] === '--version' || args[0] === '-V') {
    ctx.out(`Python ${version}\n`);
    return 0;
  }
  if (args[0] === '-m' && args[1] === 'http.server') {
    return yield* httpServer(ctx, args.slice(2), version);
  }
  if (args.length === 0) return 0;
  ctx.err(`python3: podwire emulates only "-m http.server", not "${args.join(' ')}"\n`);
  return 1;
}

function* httpServer(ctx: CommandContext, args: readonly string[], version: string): Proc<number> {
  let port = 8000;
  let bind: string | undefined;
  let directory = '/';
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? '';
    if (word === '--bind' || word === '-b') bind = args[++index];
    else if (word === '--directory' || word === '-d') directory = args[++index] ?? '/';
    else if (/^\d+$/.test(word)) port = Number(word);
    else {
      ctx.err(
        `usage: server.py [-h] [--cgi] [-b ADDRESS] [-d DIRECTORY] [-p VERSION] [port]\nserver.py: error: unrecognized arguments: ${word}\n`,
      );
      return 2;
    }
  }
  const ip = bind === undefined ? undefined : parseIp(bind);
  const server = httpServe(
    ctx.ns,
    ip === undefined
      ? { port, process: processLabel('python3'), backlog: 5 }
      : { ip, port, process: processLabel('python3'), backlog: 5 },
    (request, conn) => {
      const response = answer(ctx, directory, request.path, version);
      const time = now(ctx);
      const day = String(time.day).padStart(2, '0');
      const date = `${day}/${monthName(time)}/${time.year} ${clock(time)}`;
      const head = `${formatIp(conn.remoteIp)} - - [${date}]`;
      if (response.status === 404) ctx.err(`${head} code 404, message File not found\n`);
      ctx.err(`${head} "${requestLine(request)}" ${response.status} -\n`);
      return response;
    },
  );
  if (typeof server === 'string') {
    ctx.err(
      `Traceback (most recent call last):\n  File "<frozen runpy>", line 198, in _run_module_as_main\nOSError: [Errno ${errnoNumber(server)}] ${errnoText(server)}\n`,
    );
    return 1;
  }
  try {
    ctx.out(
      `Serving HTTP on ${bind ?? '0.0.0.0'} port ${port} (http://${bind ?? '0.0.0.0'}:${port}/) ...\n`,
    );
    // Python has no handler for SIGTERM: as process 1 it only ends by SIGKILL, else at once.
    for (;;) {
      yield* ctx.signals.changed.wait();
    }
  } finally {
    server.close();
  }
}

function answer(
  ctx: CommandContext,
  directory: string,
  path: string,
  version: string,
): HttpResponse {
  const base = directory.replace(/\/$/, '');
  const file = ctx.fs.read(`${base}${path.endsWith('/') ? `${path}index.html` : path}`);
  const listing = file ?? (path.endsWith('/') ? list(ctx, `${base}${path}`, path) : undefined);
  const text =
    listing ??
    '<!DOCTYPE HTML>\n<html lang="en">\n    <head>\n        <meta charset="utf-8">\n        <title>Error response</title>\n    </head>\n    <body>\n        <h1>Error response</h1>\n        <p>Error code: 404</p>\n        <p>Message: File not found.</p>\n        <p>Error code explanation: 404 - Nothing matches the given URI.</p>\n    </body>\n</html>\n';
  const body = payloadFromText(text);
  const isHtml = file === undefined || /\.html?$|\/$/.test(path);
  return {
    status: listing === undefined ? 404 : 200,
    ...(listing === undefined ? { reason: 'File not found' } : {}),
    headers: [
      ['Server', `SimpleHTTP/0.6 Python/${version}`],
      ['Date', httpDate(now(ctx))],
      ['Content-type', isHtml ? 'text/html; charset=utf-8' : 'text/plain'],
      ['Content-Length', String(body.lenBytes)],
    ],
    body,
    close: true,
  };
}

function list(ctx: CommandContext, folder: string, path: string): string | undefined {
  const names = ctx.fs.list(folder);
  if (names === undefined) return undefined;
  const items = names.map((name) => `<li><a href="${name}">${name}</a></li>\n`).join('');
  return `<!DOCTYPE HTML>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Directory listing for ${path}</title>\n</head>\n<body>\n<h1>Directory listing for ${path}</h1>\n<hr>\n<ul>\n${items}</ul>\n<hr>\n</body>\n</html>\n`;
}
