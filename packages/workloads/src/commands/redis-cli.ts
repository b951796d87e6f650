/**
 * redis-cli with a command on its line.
 */
import { formatIp } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { errnoText, tcpConnect } from '@podwire/netstack';
import { payloadFromText, payloadText } from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { Getopt } from '../getopt.ts';
import { resolve } from '../resolve.ts';

export function* redisCli(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const getopt = new Getopt(argv.slice(1), 'h:p:a:n:', new Map([['raw', 'n']]), true);
  if (getopt.error !== undefined) {
    ctx.err(`Unrecognized option or bad number of args for: '-${getopt.badOption ?? ''}'\n`);
    return 1;
  }
  const hostName = getopt.value('h') ?? '127.0.0.1';
  const port = Number(getopt.value('p') ?? '6379');
  const resolved = yield* resolve(ctx, hostName, 'any');
  const ip = resolved.addresses[0];
  const place = `${hostName}:${port}`;
  if (ip === undefined) {
    ctx.err(`Could not connect to Redis at ${place}: ${resolved.errorText}\n`);
    return 1;
  }
  const conn = tcpConnect(ctx.ns, {
    ip,
    port,
    ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
  });
  const error = typeof conn === 'string' ? conn : yield* conn.connected();
  if (typeof conn === 'string' || error !== undefined) {
    const text =
      error === 'timeout' || error === undefined ? 'Connection timed out' : errnoText(error);
    ctx.err(`Could not connect to Redis at ${place}: ${text}\n`);
    return 1;
  }
  try {
    const words = getopt.operands;
    conn.send(
      payloadFromText(
        `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`,
      ),
    );
    let answer = '';
    for (;;) {
      const received = yield* conn.read();
      if (typeof received === 'string') {
        ctx.err(
          received === 'eof' ? 'Error: Server closed the connection\n' : `Error: ${formatIp(ip)}\n`,
        );
        return 1;
      }
      answer += payloadText(received);
      const shown = formatReply(answer, ctx.isTty === true);
      if (shown === undefined) continue;
      ctx.out(shown);
      return answer.startsWith('-') ? 1 : 0;
    }
  } finally {
    conn.close();
  }
}

/** The reply as redis-cli prints it; undefined while it is not complete. */
export function formatReply(text: string, isTty: boolean): string | undefined {
  const parsed = parseReply(text, 0);
  return parsed === undefined ? undefined : `${show(parsed.value, isTty)}\n`;
}

type Reply =
  | { readonly kind: 'status' | 'error' | 'integer' | 'bulk' | 'nil'; readonly text: string }
  | readonly Reply[];

function parseReply(text: string, at: number): { value: Reply; end: number } | undefined {
  const end = text.indexOf('\r\n', at);
  if (end < 0) return undefined;
  const line = text.slice(at + 1, end);
  switch (text[at]) {
    case '+':
      return { value: { kind: 'status', text: line }, end: end + 2 };
    case '-':
      return { value: { kind: 'error', text: line }, end: end + 2 };
    case ':':
      return { value: { kind: 'integer', text: line }, end: end + 2 };
    case '$': {
      const size = Number(line);
      if (size < 0) return { value: { kind: 'nil', text: '' }, end: end + 2 };
      if (text.length < end + 4 + size) return undefined;
      return {
        value: { kind: 'bulk', text: text.slice(end + 2, end + 2 + size) },
        end: end + 4 + size,
      };
    }
    default: {
      const items: Reply[] = [];
      let next = end + 2;
      for (let index = 0; index < Number(line); index++) {
        const item = parseReply(text, next);
        if (item === undefined) return undefined;
        items.push(item.value);
        next = item.end;
      }
      return { value: items, end: next };
    }
  }
}

function show(reply: Reply, isTty: boolean): string {
  if (!('kind' in reply)) {
    return reply
      .map((item, index) => (isTty ? `${index + 1}) ${show(item, isTty)}` : show(item, isTty)))
      .join('\n');
  }
  if (!isTty) return reply.text;
  switch (reply.kind) {
    case 'bulk':
      return JSON.stringify(reply.text);
    case 'integer':
      return `(integer) ${reply.text}`;
    case 'nil':
      return '(nil)';
    case 'error':
      return `(error) ${reply.text}`;
    case 'status':
      return reply.text;
  }
}
