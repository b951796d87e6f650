/**
 * ssh HOST COMMAND: the client of servers/sshd.ts.
 */
import { NS_PER_SEC, formatIp } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { errnoText, tcpConnect } from '@podwire/netstack';
import { payloadFromText } from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { resolve } from '../resolve.ts';
import { LineReader, SSH_PORT, SSH_VERSION, type SshMessage } from '../servers/sshd.ts';

const USAGE = `usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-l login_name] [-o option]
           [-p port] destination [command [argument ...]]
`;

/** What ssh says when anything but the command fails. */
const EXIT_SSH = 255;

interface SshOptions {
  port: number;
  connectTimeoutNs: number | undefined;
  host: string;
  command: string[];
}

export function* ssh(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const options = parseOptions(argv.slice(1));
  if (typeof options === 'string') {
    ctx.err(options);
    return EXIT_SSH;
  }
  const resolved = yield* resolve(ctx, options.host, 'any');
  if (resolved.addresses.length === 0) {
    ctx.err(`ssh: Could not resolve hostname ${options.host}: ${resolved.errorText}\n`);
    return EXIT_SSH;
  }
  for (const [index, ip] of resolved.addresses.entries()) {
    const conn = tcpConnect(ctx.ns, {
      ip,
      port: options.port,
      ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
    });
    const error = typeof conn === 'string' ? conn : yield* conn.connected(options.connectTimeoutNs);
    if (typeof conn !== 'string' && error === undefined) {
      try {
        return yield* runRemote(ctx, new LineReader(conn), conn, options, formatIp(ip));
      } finally {
        conn.close();
      }
    }
    if (typeof conn !== 'string') conn.close();
    const text =
      error === 'timeout' ? 'Connection timed out' : error === undefined ? '' : errnoText(error);
    if (index === resolved.addresses.length - 1) {
      ctx.err(`ssh: connect to host ${options.host} port ${options.port}: ${text}\n`);
    }
  }
  return EXIT_SSH;
}

function parseOptions(args: readonly string[]): SshOptions | string {
  const options: SshOptions = {
    port: SSH_PORT,
    connectTimeoutNs: undefined,
    host: '',
    command: [],
  };
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? '';
    if (options.host !== '') {
      options.command = args.slice(index);
      break;
    }
    if (word === '-p') options.port = Number(args[++index]);
    else if (word === '-l' || word === '-i' || word === '-F') index++;
    else if (word === '-o') {
      const match = /^ConnectTimeout[= ](\d+)$/i.exec(args[++index] ?? '');
      if (match !== null) options.connectTimeoutNs = Number(match[1]) * NS_PER_SEC;
    } else if (/^-[46AaCnqTtvXxYy]+$/.test(word)) continue;
    else if (word.startsWith('-')) {
      return `unknown option -- ${word.replace(/^-+/, '').slice(0, 1)}\n${USAGE}`;
    } else options.host = word.replace(/^.*@/, '');
  }
  if (options.host === '') return USAGE;
  return options;
}

function* runRemote(
  ctx: CommandContext,
  lines: LineReader,
  conn: Exclude<ReturnType<typeof tcpConnect>, string>,
  options: SshOptions,
  address: string,
): Proc<number> {
  const version = yield* lines.next();
  if (version === undefined) {
    ctx.err(
      `kex_exchange_identification: Connection closed by remote host\nConnection closed by ${address} port ${options.port}\n`,
    );
    return EXIT_SSH;
  }
  conn.send(payloadFromText(`${SSH_VERSION}\r\n`));
  if (options.command.length === 0) {
    ctx.err('Pseudo-terminal will not be allocated because stdin is not a terminal.\n');
    return 0;
  }
  // ssh joins its words with blanks and the remote shell takes them apart again.
  const argv = ['sh', '-c', options.command.join(' ')];
  conn.send(payloadFromText(`${JSON.stringify({ argv })}\n`));
  for (;;) {
    const line = yield* lines.next();
    if (line === undefined) {
      ctx.err(`Connection to ${options.host} closed by remote host.\n`);
      return EXIT_SSH;
    }
    const message = parseMessage(line);
    if (message === undefined) continue;
    if ('exitCode' in message) return message.exitCode;
    if (message.stream === 'stdout') ctx.out(message.text);
    else ctx.err(message.text);
  }
}

function parseMessage(line: string): SshMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return undefined;
    if ('exitCode' in value && typeof value.exitCode === 'number')
      return { exitCode: value.exitCode };
    if ('text' in value && typeof value.text === 'string' && 'stream' in value) {
      return { stream: value.stream === 'stderr' ? 'stderr' : 'stdout', text: value.text };
    }
    return undefined;
  } catch {
    return undefined;
  }
}
