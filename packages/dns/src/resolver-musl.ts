/**
 * musl's stub resolver: name_from_dns_search over __res_msend.
 *
 * All servers are asked at once from one unconnected socket; only NOERROR and NXDOMAIN count as answers.
 * What has none by `timeout / attempts` is sent again, and after `timeout` the whole is given up. ICMP
 * errors are not seen. The answer to the first query (A) alone decides how an empty lookup is judged.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type UdpSocket, isErrno, udpOpen } from '@podwire/netstack';
import { type DnsMessage, encodeDns, payloadFromBytes } from '@podwire/wire';
import { exchangeTcp, readReply } from './exchange.ts';
import { resolverOptions } from './resolv-conf.ts';
import {
  type AddressType,
  type GaiError,
  type LookupRun,
  type QueryOutcome,
  type Resolution,
  countDots,
  outcomeOf,
  underDomain,
} from './lookup-run.ts';

export function* resolveWithMusl(run: LookupRun, name: string): Proc<Resolution> {
  const conf = run.options.resolvConf;
  const { ndots } = resolverOptions(conf);
  const isAbsolute = name.endsWith('.');
  const bare = isAbsolute ? name : `${name}.`;
  if (!isAbsolute && countDots(name) < ndots) {
    for (const domain of conf.search) {
      const asked = underDomain(name, domain);
      const outcome = yield* lookup(run, asked);
      if (outcome !== 'next') return outcome;
    }
  }
  const outcome = yield* lookup(run, bare);
  return outcome === 'next' ? { error: 'EAI_NONAME' } : outcome;
}

/** `next`: the name does not exist, go on with the search. */
function* lookup(run: LookupRun, name: string): Proc<Resolution | 'next'> {
  const outcomes = yield* sendAll(run, name);
  run.steps.push({ name, outcomes });
  const addresses = [...outcomes.values()].flatMap((one) =>
    one.kind === 'answer' ? [...one.addresses] : [],
  );
  if (addresses.length > 0) {
    const aliasOf = [...outcomes.values()]
      .map((one) => (one.kind === 'answer' ? one.aliasOf : undefined))
      .find((alias) => alias !== undefined);
    return { addresses, canonicalName: aliasOf ?? name };
  }
  const first = [...outcomes.values()][0];
  if (first === undefined || first.kind === 'failed' || first.rcode === 'SERVFAIL') {
    return { error: 'EAI_AGAIN' };
  }
  if (first.rcode === 'NXDOMAIN') return 'next';
  return { error: first.rcode === 'NOERROR' ? noDataError(run) : 'EAI_FAIL' };
}

function noDataError(run: LookupRun): GaiError {
  return run.options.muslVersion === '1.2.5' ? 'EAI_NODATA' : 'EAI_NONAME';
}

function* sendAll(run: LookupRun, name: string): Proc<Map<AddressType, QueryOutcome>> {
  const queries = new Map<AddressType, DnsMessage>();
  for (const type of run.types) queries.set(type, run.query(name, type));
  const outcomes = new Map<AddressType, QueryOutcome>();
  const socket = udpOpen(run.ns);
  if (!isErrno(socket)) {
    try {
      yield* collect(run, socket, queries, outcomes);
    } finally {
      socket.close();
    }
  }
  return new Map(
    [...queries.keys()].map((type) => [
      type,
      outcomes.get(type) ?? { kind: 'failed', why: 'timeout' },
    ]),
  );
}

function* collect(
  run: LookupRun,
  socket: UdpSocket,
  queries: ReadonlyMap<AddressType, DnsMessage>,
  outcomes: Map<AddressType, QueryOutcome>,
): Proc {
  const { sim } = run.ns;
  const options = resolverOptions(run.options.resolvConf);
  const endNs = sim.nowNs() + options.timeoutSec * NS_PER_SEC;
  const intervalNs = Math.floor((options.timeoutSec * NS_PER_SEC) / options.attempts);
  let resendNs = sim.nowNs();
  let servfailRetries = 0;
  while (outcomes.size < queries.size && sim.nowNs() < endNs) {
    if (sim.nowNs() >= resendNs) {
      for (const [type, query] of queries) if (!outcomes.has(type)) sendToAll(run, socket, query);
      resendNs = sim.nowNs() + intervalNs;
      servfailRetries = 2 * queries.size;
    }
    const received = yield* socket.recv(Math.min(resendNs, endNs) - sim.nowNs());
    // Errors of an unconnected socket (ICMP) are not reported to it.
    if (typeof received === 'string') continue;
    for (const [type, query] of queries) {
      if (outcomes.has(type)) continue;
      const reply = readReply(received.payload, query);
      if (reply === undefined) continue;
      const { rcode } = reply.message;
      if (rcode === 'NOERROR' || rcode === 'NXDOMAIN') {
        outcomes.set(type, yield* whole(run, query, type, reply.message, received));
      } else if (rcode === 'SERVFAIL' && servfailRetries > 0) {
        servfailRetries--;
        send(run, socket, { ip: received.fromIp, port: received.fromPort }, query);
      }
    }
  }
}

/** The answer in full: from 1.2.4 on a truncated one is asked for again by TCP, before it is taken as it is. */
function* whole(
  run: LookupRun,
  query: DnsMessage,
  type: AddressType,
  message: DnsMessage,
  from: { readonly fromIp: number; readonly fromPort: number },
): Proc<QueryOutcome> {
  if (!message.truncated || run.options.muslVersion !== '1.2.5') return outcomeOf(message, type);
  run.sentCount++;
  const server = { ip: from.fromIp, port: from.fromPort };
  const reply = yield* exchangeTcp(run.ns, server, query, { timeoutNs: 5 * NS_PER_SEC });
  if (typeof reply === 'string') return { kind: 'failed', why: 'timeout' };
  return outcomeOf(reply.message, type);
}

function sendToAll(run: LookupRun, socket: UdpSocket, query: DnsMessage): void {
  for (const server of run.servers) send(run, socket, server, query);
}

function send(
  run: LookupRun,
  socket: UdpSocket,
  server: { readonly ip: number; readonly port: number },
  query: DnsMessage,
): void {
  const { traceId } = run.options;
  run.sentCount++;
  socket.sendTo(
    server.ip,
    server.port,
    payloadFromBytes(encodeDns(query)),
    traceId === undefined ? {} : { traceId },
  );
}
