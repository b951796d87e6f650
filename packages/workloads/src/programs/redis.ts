/**
 * redis-server: strings and counters over its protocol, inline or RESP.
 */
import { clock, monthName } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import type { TcpConn } from '@podwire/netstack';
import { payloadFromText, payloadText } from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { now, numberedErrno } from '../servers/http.ts';
import { startTcpServer } from '../servers/tcp-echo.ts';

export function* redisServer(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const portAt = argv.indexOf('--port');
  const port = portAt > 0 ? Number(argv[portAt + 1]) : 6379;
  const data = new Map<string, string>();
  log(ctx, '# oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo');
  const server = startTcpServer(ctx, { port, program: 'redis-server' }, (conn) =>
    serveClient(ctx, conn, data),
  );
  if (typeof server === 'string') {
    const reason = numberedErrno(server).replace(/^\d+: /, '');
    log(ctx, `# Warning: Could not create server TCP listening socket *:${port}: bind: ${reason}`);
    log(ctx, '# Failed listening on port, aborting.');
    return 1;
  }
  try {
    log(ctx, '* Ready to accept connections tcp');
    yield* ctx.signals.untilTerminated();
    log(ctx, '# User requested shutdown...');
    log(ctx, '# Redis is now ready to exit, bye bye...');
    return 0;
  } finally {
    server.stop();
  }
}

function log(ctx: CommandContext, text: string): void {
  const time = now(ctx);
  const day = String(time.day).padStart(2, '0');
  const ms = String(Math.floor(time.nanosecond / 1_000_000)).padStart(3, '0');
  ctx.out(`1:M ${day} ${monthName(time)} ${time.year} ${clock(time)}.${ms} ${text}\n`);
}

function* serveClient(ctx: CommandContext, conn: TcpConn, data: Map<string, string>): Proc {
  let pending = '';
  for (;;) {
    const received = yield* conn.read();
    if (typeof received === 'string') return;
    pending += payloadText(received);
    for (;;) {
      const request = takeRedisRequest(pending);
      if (request === undefined) break;
      pending = request.rest;
      if (request.words.length === 0) continue;
      const answer = redisAnswer(ctx, request.words, data);
      if (conn.send(payloadFromText(answer)) !== undefined) return;
      if (request.words[0]?.toUpperCase() === 'QUIT') return;
    }
  }
}

/** Takes one request off the front: RESP array or inline words. */
export function takeRedisRequest(
  text: string,
): { words: readonly string[]; rest: string } | undefined {
  const end = text.indexOf('\n');
  if (end < 0) return undefined;
  if (!text.startsWith('*')) {
    const words = text.slice(0, end).trim().split(/\s+/);
    return { words: words[0] === '' ? [] : words, rest: text.slice(end + 1) };
  }
  const count = Number(text.slice(1, end));
  const words: string[] = [];
  let at = end + 1;
  for (let index = 0; index < count; index++) {
    const line = text.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const lenBytes = Number(text.slice(at + 1, line));
    const start = line + 2;
    if (text.length < start + lenBytes + 2) return undefined;
    words.push(text.slice(start, start + lenBytes));
    at = start + lenBytes + 2;
  }
  return { words, rest: text.slice(at) };
}

function redisAnswer(
  ctx: CommandContext,
  words: readonly string[],
  data: Map<string, string>,
): string {
  const [verb = '', key = '', value = ''] = words;
  switch (verb.toUpperCase()) {
    case 'PING':
      return words.length > 1 ? bulk(key) : '+PONG\r\n';
    case 'ECHO':
      return bulk(key);
    case 'QUIT':
    case 'SELECT':
    case 'CLIENT':
    case 'HELLO':
      return '+OK\r\n';
    case 'SET':
      data.set(key, value);
      return '+OK\r\n';
    case 'GET': {
      const found = data.get(key);
      return found === undefined ? '$-1\r\n' : bulk(found);
    }
    case 'DEL': {
      let count = 0;
      for (const name of words.slice(1)) if (data.delete(name)) count++;
      return `:${count}\r\n`;
    }
    case 'EXISTS':
      return `:${data.has(key) ? 1 : 0}\r\n`;
    case 'INCR':
    case 'DECR': {
      const old = Number(data.get(key) ?? '0');
      if (!Number.isInteger(old)) return '-ERR value is not an integer or out of range\r\n';
      const next = verb.toUpperCase() === 'INCR' ? old + 1 : old - 1;
      data.set(key, String(next));
      return `:${next}\r\n`;
    }
    case 'DBSIZE':
      return `:${data.size}\r\n`;
    case 'INFO':
      return bulk(
        `# Server\r\nredis_version:${ctx.env.get('PODWIRE_IMAGE_VERSION') ?? '8.2.1'}\r\ntcp_port:6379\r\n`,
      );
    case 'KEYS': {
      const keys = [...data.keys()];
      return `*${keys.length}\r\n${keys.map(bulk).join('')}`;
    }
    default:
      return `-ERR unknown command '${verb}', with args beginning with: ${words
        .slice(1)
        .map((word) => `'${word}' `)
        .join('')}\r\n`;
  }
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}
