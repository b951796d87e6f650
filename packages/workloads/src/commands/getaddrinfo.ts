/**
 * getaddrinfo: a name through the C library's resolver, told as JSON. podwire's own program: it shows the
 * search walk, which no real command prints.
 *
 *   getaddrinfo [--libc glibc|musl] [--family 4|6] NAME
 */
import { formatIp } from '@podwire/base';
import {
  type GetaddrinfoResult,
  type Libc,
  formatOutcome,
  getaddrinfo,
  parseHostsFile,
  parseResolvConf,
} from '@podwire/dns';
import type { Proc } from '@podwire/engine';
import type { CommandContext } from '../context.ts';

const USAGE = 'usage: getaddrinfo [--libc glibc|musl] [--family 4|6] NAME\n';

/** Exit status of a name that has no address, as getent's. */
const EXIT_NOT_FOUND = 2;

export function* getaddrinfoCommand(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  let libc: Libc = ctx.libc === 'musl' ? 'musl' : 'glibc';
  let family: 4 | 6 | undefined;
  let name: string | undefined;
  for (let index = 1; index < argv.length; index++) {
    const word = argv[index] ?? '';
    const value = argv[index + 1];
    if (word === '--libc' && (value === 'glibc' || value === 'musl')) {
      libc = value;
      index++;
    } else if (word === '--family' && (value === '4' || value === '6')) {
      family = value === '4' ? 4 : 6;
      index++;
    } else if (word.startsWith('-') || name !== undefined) {
      ctx.err(USAGE);
      return 1;
    } else name = word;
  }
  if (name === undefined) {
    ctx.err(USAGE);
    return 1;
  }
  const result = yield* getaddrinfo(ctx.ns, name, {
    resolvConf: parseResolvConf(ctx.fs.read('/etc/resolv.conf') ?? ''),
    hosts: parseHostsFile(ctx.fs.read('/etc/hosts') ?? ''),
    libc,
    ...(family === undefined ? {} : { family }),
    ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
  });
  ctx.out(`${JSON.stringify(told(result))}\n`);
  return result.error === undefined ? 0 : EXIT_NOT_FOUND;
}

function told(result: GetaddrinfoResult): object {
  return {
    error: result.error ?? null,
    errorText: result.errorText,
    addresses: result.addresses.map(formatIp),
    canonicalName: result.canonicalName,
    queries: result.steps.map((step) => ({
      name: step.name,
      ...Object.fromEntries(
        [...step.outcomes].map(([type, outcome]) => [type, formatOutcome(outcome, formatIp)]),
      ),
    })),
    packetsSent: result.sentCount,
    elapsedNs: result.elapsedNs,
  };
}
