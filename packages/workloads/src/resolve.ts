/**
 * Names to addresses, as the C library of a program's image does it.
 */
import type { Proc } from '@podwire/engine';
import { type GetaddrinfoResult, getaddrinfo, parseHostsFile, parseResolvConf } from '@podwire/dns';
import type { ExecContext } from './context.ts';

export function resolve(
  ctx: ExecContext,
  name: string,
  family: 4 | 6 | 'any',
): Proc<GetaddrinfoResult> {
  return getaddrinfo(ctx.ns, name, {
    resolvConf: parseResolvConf(ctx.fs.read('/etc/resolv.conf') ?? ''),
    hosts: parseHostsFile(ctx.fs.read('/etc/hosts') ?? ''),
    libc: ctx.libc === 'musl' ? 'musl' : 'glibc',
    ...(family === 'any' ? {} : { family }),
    ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
  });
}
