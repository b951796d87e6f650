/**
 * getaddrinfo() as programs in a pod see it: numeric addresses, /etc/hosts, then DNS in the manner of
 * glibc (resolver-glibc.ts) or musl (resolver-musl.ts).
 *
 * Observed with glibc 2.36 and musl 1.2.3; every query that leaves is in the result.
 */
import { type Ip, ipFamily, parseIp } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import type { NetNs } from '@podwire/netstack';
import { isDnsName } from '@podwire/wire';
import { canonicalHostsName, lookupHosts } from './hosts-file.ts';
import {
  type GaiError,
  type GetaddrinfoOptions,
  type Libc,
  LookupRun,
  type LookupStep,
  type Resolution,
} from './lookup-run.ts';
import { resolveWithGlibc } from './resolver-glibc.ts';
import { resolveWithMusl } from './resolver-musl.ts';

const GAI_TEXTS: Readonly<Record<Libc, Readonly<Record<GaiError, string>>>> = {
  glibc: {
    EAI_NONAME: 'Name or service not known',
    EAI_AGAIN: 'Temporary failure in name resolution',
    EAI_FAIL: 'Non-recoverable failure in name resolution',
    EAI_NODATA: 'No address associated with hostname',
  },
  musl: {
    EAI_NONAME: 'Name does not resolve',
    EAI_AGAIN: 'Try again',
    EAI_FAIL: 'Non-recoverable error',
    EAI_NODATA: 'Name has no usable address',
  },
};

export interface GetaddrinfoResult {
  /** undefined: it worked. */
  readonly error: GaiError | undefined;
  /** As gai_strerror() says; empty when it worked. */
  readonly errorText: string;
  /** IPv6 after IPv4 only where the answers came so; DNS order within a family. */
  readonly addresses: readonly Ip[];
  /** The name that had the addresses: absolute when from DNS. */
  readonly canonicalName: string;
  readonly steps: readonly LookupStep[];
  /** Query datagrams (and TCP queries) that were sent. */
  readonly sentCount: number;
  readonly elapsedNs: number;
}

/** Resolves a name as the C library of the calling program does. */
export function* getaddrinfo(
  ns: NetNs,
  name: string,
  options: GetaddrinfoOptions,
): Proc<GetaddrinfoResult> {
  const startNs = ns.sim.nowNs();
  const run = new LookupRun(ns, options);
  const outcome = yield* resolve(run, name);
  const error = 'error' in outcome ? outcome.error : undefined;
  return {
    error,
    errorText: error === undefined ? '' : GAI_TEXTS[options.libc][error],
    addresses: 'error' in outcome ? [] : outcome.addresses,
    canonicalName: 'error' in outcome ? '' : outcome.canonicalName,
    steps: run.steps,
    sentCount: run.sentCount,
    elapsedNs: ns.sim.nowNs() - startNs,
  };
}

function* resolve(run: LookupRun, name: string): Proc<Resolution> {
  const { options } = run;
  const numeric = parseIp(name);
  if (numeric !== undefined) {
    return options.family === undefined || ipFamily(numeric) === options.family
      ? { addresses: [numeric], canonicalName: name }
      : { error: 'EAI_NONAME' };
  }
  const fromFile = lookupHosts(options.hosts, name, options.family);
  const first = fromFile[0];
  if (first !== undefined) {
    const canonicalName = canonicalHostsName(options.hosts, name, first);
    return { addresses: fromFile, canonicalName };
  }
  if (name === '' || !isDnsName(name.endsWith('.') ? name : `${name}.`)) {
    return { error: 'EAI_NONAME' };
  }
  return options.libc === 'glibc'
    ? yield* resolveWithGlibc(run, name)
    : yield* resolveWithMusl(run, name);
}
