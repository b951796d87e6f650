/**
 * glibc's stub resolver: __res_context_search over __res_context_send.
 *
 * A and AAAA leave together from one connected socket. A lookup goes over all servers `attempts` times;
 * how its failure is judged decides whether the search goes on.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { isErrno, udpOpen } from '@podwire/netstack';
import { type DnsMessage, encodeDns, payloadFromBytes } from '@podwire/wire';
import { type DnsServerAddress, exchangeTcp, readReply } from './exchange.ts';
import { resolverOptions, type ResolverOptions } from './resolv-conf.ts';
import {
  type AddressType,
  type LookupRun,
  type QueryOutcome,
  type Resolution,
  countDots,
  outcomeOf,
  underDomain,
} from './lookup-run.ts';

/** How one name fared. `stop`: nobody could be reached or would answer (errno ECONNREFUSED in glibc). */
type Verdict = 'found' | 'not-found' | 'no-data' | 'servfail' | 'stop' | 'timeout';

export function* resolveWithGlibc(run: LookupRun, name: string): Proc<Resolution> {
  const conf = run.options.resolvConf;
  const options = resolverOptions(conf);
  const lookup = new GlibcLookup(run, options);
  const isAbsolute = name.endsWith('.');
  const bare = isAbsolute ? name : `${name}.`;
  let saved: Verdict | undefined;
  let triedAsIs = false;
  if (isAbsolute || countDots(name) >= options.ndots) {
    saved = yield* lookup.ask(bare);
    if (saved === 'found') return lookup.resolution(bare);
    triedAsIs = true;
  }
  let sawNoData = false;
  let sawServfail = false;
  let last: Verdict = saved ?? 'not-found';
  if (!isAbsolute) {
    for (const domain of conf.search) {
      const asked = underDomain(name, domain);
      last = yield* lookup.ask(asked);
      if (last === 'found') return lookup.resolution(asked);
      if (last === 'stop') return { error: 'EAI_AGAIN' };
      if (asked === bare) triedAsIs = true;
      sawNoData ||= last === 'no-data';
      sawServfail ||= last === 'servfail';
      // Anything else than a clear answer or SERVFAIL ends the walk over the search list.
      if (last === 'timeout') break;
    }
  }
  if (!triedAsIs) {
    last = yield* lookup.ask(bare);
    if (last === 'found') return lookup.resolution(bare);
  }
  if (saved !== undefined) return { error: errorOf(saved) };
  if (sawNoData) return { error: 'EAI_NODATA' };
  if (sawServfail) return { error: 'EAI_AGAIN' };
  return { error: errorOf(last) };
}

function errorOf(verdict: Verdict): 'EAI_NONAME' | 'EAI_NODATA' | 'EAI_AGAIN' {
  switch (verdict) {
    case 'not-found':
      return 'EAI_NONAME';
    case 'no-data':
      return 'EAI_NODATA';
    default:
      return 'EAI_AGAIN';
  }
}

/** EDNS buffer size of `options edns0` (RESOLV_EDNS_BUFFER_SIZE). */
const EDNS_BUFFER_BYTES = 1200;

class GlibcLookup {
  readonly #run: LookupRun;
  readonly #options: ResolverOptions;
  /** Set when a server answered only one of two queries: RES_SNGLKUP stays for the process. */
  #isSerial: boolean;
  #addresses: number[] = [];
  #aliasOf: string | undefined;

  constructor(run: LookupRun, options: ResolverOptions) {
    this.#run = run;
    this.#options = options;
    this.#isSerial = options.singleRequest;
  }

  resolution(asked: string): Resolution {
    return { addresses: this.#addresses, canonicalName: this.#aliasOf ?? asked };
  }

  /** Asks for one name: all servers in order, `attempts` times. */
  *ask(name: string): Proc<Verdict> {
    const run = this.#run;
    const { options } = this;
    const servers = this.#rotated(run.servers);
    let outcomes: Map<AddressType, QueryOutcome> = new Map();
    let hadTimeout = false;
    rounds: for (let attempt = 0; attempt < options.attempts; attempt++) {
      for (const [index, server] of servers.entries()) {
        outcomes = yield* this.#askServer(name, server, this.#timeoutNs(index));
        const all = [...outcomes.values()];
        if (all.some(hasAddress) || all.every(isUsable)) break rounds;
        hadTimeout ||= all.some((one) => one.kind === 'failed' && one.why === 'timeout');
      }
    }
    run.steps.push({ name, outcomes });
    return this.#judge([...outcomes.values()], hadTimeout);
  }

  private get options(): ResolverOptions {
    return this.#options;
  }

  #judge(outcomes: readonly QueryOutcome[], hadTimeout: boolean): Verdict {
    this.#addresses = outcomes.flatMap((one) => (one.kind === 'answer' ? [...one.addresses] : []));
    this.#aliasOf = outcomes
      .map((one) => (one.kind === 'answer' ? one.aliasOf : undefined))
      .find((name) => name !== undefined);
    if (this.#addresses.length > 0) return 'found';
    if (outcomes.every(isUsable)) {
      return outcomes.some((one) => one.kind === 'answer' && one.rcode === 'NOERROR')
        ? 'no-data'
        : 'not-found';
    }
    if (outcomes.some((one) => one.kind === 'answer' && one.rcode === 'SERVFAIL'))
      return 'servfail';
    return hadTimeout ? 'timeout' : 'stop';
  }

  /** resolv.conf(5) `rotate`: begin with a random server. */
  #rotated(servers: readonly DnsServerAddress[]): readonly DnsServerAddress[] {
    if (!this.#options.rotate || servers.length < 2) return servers;
    const { sim, name } = this.#run.ns;
    const first = sim.rng(`resolver/${name}`).below(servers.length);
    return [...servers.slice(first), ...servers.slice(0, first)];
  }

  /** send_dg: retrans << server, shared among the servers behind the first, at least a second. */
  #timeoutNs(serverIndex: number): number {
    let seconds = this.#options.timeoutSec * 2 ** serverIndex;
    if (serverIndex > 0) seconds = Math.floor(seconds / this.#run.servers.length);
    return Math.max(seconds, 1) * NS_PER_SEC;
  }

  *#askServer(
    name: string,
    server: DnsServerAddress,
    timeoutNs: number,
  ): Proc<Map<AddressType, QueryOutcome>> {
    const edns = this.#options.edns0
      ? { udpSizeBytes: EDNS_BUFFER_BYTES, version: 0, dnssecOk: false, options: [] }
      : undefined;
    const queries = new Map<AddressType, DnsMessage>();
    for (const type of this.#run.types) queries.set(type, this.#run.query(name, type, edns));
    if (this.#options.useVc) return yield* this.#overTcp(queries, server, timeoutNs);
    if (!this.#isSerial) {
      const outcomes = yield* this.#together(queries, server, timeoutNs);
      const missing = [...outcomes.values()].filter((one) => one.kind === 'failed').length;
      // One of two answers is missing: perhaps the server dislikes two at once, so one by one from now on.
      const isHalf = missing > 0 && missing < queries.size;
      if (!isHalf) return outcomes;
      this.#isSerial = true;
    }
    const outcomes = new Map<AddressType, QueryOutcome>();
    for (const [type, query] of queries) {
      const one = yield* this.#together(new Map([[type, query]]), server, timeoutNs);
      for (const [key, outcome] of one) outcomes.set(key, outcome);
    }
    return outcomes;
  }

  /** Sends all queries from one socket and waits for all answers. */
  *#together(
    queries: ReadonlyMap<AddressType, DnsMessage>,
    server: DnsServerAddress,
    timeoutNs: number,
  ): Proc<Map<AddressType, QueryOutcome>> {
    const run = this.#run;
    const outcomes = new Map<AddressType, QueryOutcome>();
    const failRest = (why: 'timeout' | 'unreachable'): Map<AddressType, QueryOutcome> => {
      for (const type of queries.keys()) {
        if (!outcomes.has(type)) outcomes.set(type, { kind: 'failed', why });
      }
      return outcomes;
    };
    const socket = udpOpen(run.ns);
    if (isErrno(socket)) return failRest('unreachable');
    const truncated = new Map<AddressType, DnsMessage>();
    try {
      if (socket.connect(server.ip, server.port) !== undefined) return failRest('unreachable');
      for (const query of queries.values()) {
        const { traceId } = run.options;
        run.sentCount++;
        const failure = socket.sendTo(
          server.ip,
          server.port,
          payloadFromBytes(encodeDns(query)),
          traceId === undefined ? {} : { traceId },
        );
        if (failure !== undefined) return failRest('unreachable');
      }
      const deadlineNs = run.ns.sim.nowNs() + timeoutNs;
      while (outcomes.size + truncated.size < queries.size) {
        const leftNs = deadlineNs - run.ns.sim.nowNs();
        const received = leftNs <= 0 ? 'timeout' : yield* socket.recv(leftNs);
        if (received === 'timeout') return failRest('timeout');
        if (typeof received === 'string') return failRest('unreachable');
        for (const [type, query] of queries) {
          const reply = readReply(received.payload, query);
          if (reply === undefined) continue;
          if (reply.message.truncated) truncated.set(type, query);
          else outcomes.set(type, outcomeOf(reply.message, type));
        }
      }
    } finally {
      socket.close();
    }
    const overTcp = yield* this.#overTcp(truncated, server, timeoutNs);
    for (const [type, outcome] of overTcp) outcomes.set(type, outcome);
    // A before AAAA, however the answers came.
    return new Map([...queries.keys()].map((type) => [type, outcomes.get(type) ?? FAILED]));
  }

  *#overTcp(
    queries: ReadonlyMap<AddressType, DnsMessage>,
    server: DnsServerAddress,
    timeoutNs: number,
  ): Proc<Map<AddressType, QueryOutcome>> {
    const outcomes = new Map<AddressType, QueryOutcome>();
    for (const [type, query] of queries) {
      this.#run.sentCount++;
      const reply = yield* exchangeTcp(this.#run.ns, server, query, { timeoutNs });
      if (typeof reply !== 'string') outcomes.set(type, outcomeOf(reply.message, type));
      else {
        outcomes.set(type, {
          kind: 'failed',
          why: reply === 'timeout' ? 'timeout' : 'unreachable',
        });
      }
    }
    return outcomes;
  }
}

const FAILED: QueryOutcome = { kind: 'failed', why: 'timeout' };

function hasAddress(outcome: QueryOutcome): boolean {
  return outcome.kind === 'answer' && outcome.addresses.length > 0;
}

/** A clear answer: the name has data, none of this type, or does not exist. */
function isUsable(outcome: QueryOutcome): boolean {
  return outcome.kind === 'answer' && (outcome.rcode === 'NOERROR' || outcome.rcode === 'NXDOMAIN');
}
