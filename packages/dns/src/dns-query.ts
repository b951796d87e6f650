/**
 * A single question as dig, host and nslookup of BIND 9.18 ask it: EDNS with a cookie, several tries, TCP
 * when the answer was truncated.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import type { Errno, NetNs } from '@podwire/netstack';
import { type DnsEdns, type DnsMessage, EDNS_COOKIE, dnsQueryMessage } from '@podwire/wire';
import { type DnsServerAddress, exchangeTcp, exchangeUdp } from './exchange.ts';

export interface DnsQueryOptions {
  /** An absolute name. */
  readonly name: string;
  readonly type: string;
  readonly class?: string;
  readonly server: DnsServerAddress;
  /** Default 1232 bytes; 0 = no EDNS (`+noedns`). */
  readonly ednsSizeBytes?: number;
  readonly ednsVersion?: number;
  readonly cookie?: boolean;
  readonly dnssecOk?: boolean;
  /** `+norecurse` clears it. */
  readonly recursionDesired?: boolean;
  /** `+tcp`. */
  readonly tcp?: boolean;
  /** `+ignore`: take a truncated answer as it is. */
  readonly ignoreTruncation?: boolean;
  /** Default 5 s over UDP, 10 s over TCP. */
  readonly timeoutSec?: number;
  /** Default 3. */
  readonly tries?: number;
  readonly traceId?: number;
}

/** Why a try failed: `timed out`, `connection refused`, `host unreachable`, … as dig prints it. */
export interface DnsTryFailure {
  readonly transport: 'UDP' | 'TCP';
  readonly why: string;
}

export interface DnsQueryResult {
  readonly query: DnsMessage;
  /** undefined: no server could be reached. */
  readonly reply: DnsMessage | undefined;
  readonly lenBytes: number;
  readonly transport: 'UDP' | 'TCP';
  /** A truncated answer over UDP came before this one. */
  readonly isTcpRetry: boolean;
  readonly failures: readonly DnsTryFailure[];
  /** From the send of the try that was answered. */
  readonly elapsedNs: number;
}

const TRIES = 3;
const UDP_TIMEOUT_SEC = 5;
const TCP_TIMEOUT_SEC = 10;
/** BIND's default EDNS buffer size since 9.18 (DNS flag day 2020). */
const EDNS_SIZE_BYTES = 1232;

export function* dnsQuery(ns: NetNs, options: DnsQueryOptions): Proc<DnsQueryResult> {
  const query = buildQuery(ns, options);
  const failures: DnsTryFailure[] = [];
  let transport: 'UDP' | 'TCP' =
    options.tcp === true || options.type === 'AXFR' || options.type === 'IXFR' ? 'TCP' : 'UDP';
  let isTcpRetry = false;
  const traced = options.traceId === undefined ? {} : { traceId: options.traceId };
  for (let left = Math.max(options.tries ?? TRIES, 1); left > 0; ) {
    const startNs = ns.sim.nowNs();
    const fallbackSec = transport === 'TCP' ? TCP_TIMEOUT_SEC : UDP_TIMEOUT_SEC;
    const timeoutNs = (options.timeoutSec ?? fallbackSec) * NS_PER_SEC;
    const exchange = transport === 'UDP' ? exchangeUdp : exchangeTcp;
    const answer = yield* exchange(ns, options.server, query, { timeoutNs, ...traced });
    if (typeof answer === 'string') {
      failures.push({ transport, why: failureText(answer) });
      left--;
      continue;
    }
    if (answer.message.truncated && transport === 'UDP' && options.ignoreTruncation !== true) {
      transport = 'TCP';
      isTcpRetry = true;
      continue;
    }
    const elapsedNs = ns.sim.nowNs() - startNs;
    const { message: reply, lenBytes } = answer;
    return { query, reply, lenBytes, transport, isTcpRetry, failures, elapsedNs };
  }
  const nothing = { reply: undefined, lenBytes: 0, elapsedNs: 0 };
  return { query, transport, isTcpRetry, failures, ...nothing };
}

function buildQuery(ns: NetNs, options: DnsQueryOptions): DnsMessage {
  const rng = ns.sim.rng(`dig/${ns.name}`);
  const question = { name: options.name, type: options.type, class: options.class ?? 'IN' };
  const udpSizeBytes = options.ednsSizeBytes ?? EDNS_SIZE_BYTES;
  let edns: DnsEdns | undefined;
  if (udpSizeBytes > 0) {
    const cookie = Uint8Array.from({ length: 8 }, () => rng.below(256));
    edns = {
      udpSizeBytes,
      version: options.ednsVersion ?? 0,
      dnssecOk: options.dnssecOk ?? false,
      options: options.cookie === false ? [] : [{ code: EDNS_COOKIE, bytes: cookie }],
    };
  }
  return {
    ...dnsQueryMessage(rng.below(0x10000), question, edns),
    recursionDesired: options.recursionDesired ?? true,
    // dig sets AD by default: "tell me whether you verified the answer".
    authenticData: true,
  };
}

function failureText(failure: Errno | 'timeout' | 'eof'): string {
  switch (failure) {
    case 'timeout':
    case 'ETIMEDOUT':
      return 'timed out';
    case 'eof':
      return 'end of file';
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'EHOSTUNREACH':
      return 'host unreachable';
    case 'ENETUNREACH':
      return 'network unreachable';
    case 'ECONNRESET':
      return 'connection reset';
    default:
      return 'unexpected error';
  }
}
