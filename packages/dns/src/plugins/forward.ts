/**
 * `forward`: passes queries on to upstream servers.
 *
 * Each try may take 2 s, all of them 5 s. A failed try starts health checks of that upstream (every 0.5 s
 * until it answers); one with `max_fails` failed checks counts as down, and when all are down a random
 * one is asked all the same. Not modelled: TLS, reuse of connections.
 */
import { type Ip, NS_PER_MS, NS_PER_SEC, formatIp, parseDurationNs, parseIp } from '@podwire/base';
import { type Proc, type Process, sleep } from '@podwire/engine';
import {
  DNS_RCODES,
  type DnsMessage,
  type DnsRcode,
  dnsNamesEqual,
  dnsQueryMessage,
} from '@podwire/wire';
import { type Directive, normalizeZone } from '../corefile.ts';
import { DNS_PORT, type DnsServerAddress } from '../exchange.ts';
import { isInZone, matchZone } from '../names.ts';
import {
  type DnsHandler,
  type DnsOutcome,
  type DnsPlugin,
  type DnsRequest,
  type PluginSetup,
  answered,
} from '../plugin.ts';

const NAME = 'forward';
const UPSTREAMS_MAX = 15;
/** plugin/pkg/proxy: readTimeout, and forward's defaultTimeout over all tries. */
const TRY_TIMEOUT_NS = 2 * NS_PER_SEC;
const ALL_TRIES_NS = 5 * NS_PER_SEC;
const HEALTH_INTERVAL_NS = 500 * NS_PER_MS;
const HEALTH_TIMEOUT_NS = NS_PER_SEC;
const MAX_FAILS = 2;
/**
 * A try that fails at once (ICMP) is repeated at once in CoreDNS, thousands of times until the health
 * check has judged; here with a pause in between, which changes when, not what the client is told.
 */
const REFUSED_PAUSE_NS = 50 * NS_PER_MS;

type Policy = 'random' | 'round_robin' | 'sequential';

class Upstream {
  readonly address: DnsServerAddress;
  fails = 0;
  checker: Process<void> | undefined;

  constructor(address: DnsServerAddress) {
    this.address = address;
  }

  get text(): string {
    return `${formatIp(this.address.ip)}:${this.address.port}`;
  }
}

/** Several `forward` lines make several plugins, asked in the file's order. */
export function forwardPlugin(setup: PluginSetup): DnsPlugin | undefined {
  const forwards = setup.directives.map((directive) => parseForward(setup, directive));
  if (forwards.length === 0) return undefined;
  return new ForwardChain(forwards.filter((one) => one !== undefined));
}

interface ForwardOptions {
  readonly from: string;
  readonly upstreams: readonly Upstream[];
  except: readonly string[];
  policy: Policy;
  maxFails: number;
  maxConcurrent: number;
  forceTcp: boolean;
  preferUdp: boolean;
  healthIntervalNs: number;
  failoverRcodes: readonly DnsRcode[];
}

function parseForward(setup: PluginSetup, directive: Directive): Forward | undefined {
  const [from, ...targets] = directive.args;
  if (from === undefined || targets.length === 0) {
    setup.error(
      directive.line,
      `Wrong argument count or unexpected line ending after '${from ?? NAME}'`,
    );
    return undefined;
  }
  const addresses = targets.flatMap((target) => parseTarget(setup, target, directive.line));
  if (addresses.length > UPSTREAMS_MAX) {
    setup.error(directive.line, `more than ${UPSTREAMS_MAX} TOs configured: ${addresses.length}`);
  }
  const options: ForwardOptions = {
    from: normalizeZone(from)[0] ?? '.',
    upstreams: addresses.map((address) => new Upstream(address)),
    except: [],
    policy: 'random',
    maxFails: MAX_FAILS,
    maxConcurrent: 0,
    forceTcp: false,
    preferUdp: false,
    healthIntervalNs: HEALTH_INTERVAL_NS,
    failoverRcodes: [],
  };
  for (const line of directive.block ?? []) parseOption(setup, options, line);
  return new Forward(setup, options);
}

function parseOption(setup: PluginSetup, options: ForwardOptions, option: Directive): void {
  const { name, args, line } = option;
  const value = args[0] ?? '';
  switch (name) {
    case 'except':
      options.except = args.flatMap(normalizeZone);
      return;
    case 'policy':
      if (value === 'random' || value === 'round_robin' || value === 'sequential') {
        options.policy = value;
      } else setup.error(line, `unknown policy '${value}'`);
      return;
    case 'max_fails':
      options.maxFails = Number(value);
      return;
    case 'max_concurrent':
      options.maxConcurrent = Number(value);
      return;
    case 'force_tcp':
      options.forceTcp = true;
      return;
    case 'prefer_udp':
      options.preferUdp = true;
      return;
    case 'health_check':
      options.healthIntervalNs = parseDurationNs(value) ?? HEALTH_INTERVAL_NS;
      return;
    case 'failover':
      options.failoverRcodes = DNS_RCODES.filter((rcode) => args.includes(rcode));
      return;
    case 'expire':
    case 'max_idle_conns':
    case 'tls':
    case 'tls_servername':
    case 'next':
    case 'failfast_all_unhealthy_upstreams':
      setup.warn(line, `forward ${name} is not modelled`);
      return;
    default:
      setup.error(line, `unknown property '${name}'`);
  }
}

/** `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::1]:53`, `dns://…`, or a file like /etc/resolv.conf. */
function parseTarget(setup: PluginSetup, target: string, line: number): DnsServerAddress[] {
  if (target.startsWith('/')) {
    const servers = setup.deps.resolvConf.nameservers
      .map(parseIp)
      .filter((ip) => ip !== undefined)
      .map((ip) => ({ ip, port: DNS_PORT }));
    if (servers.length === 0) setup.error(line, `no nameservers found in ${target}`);
    return servers;
  }
  const bare = target.replace(/^dns:\/\//, '');
  if (/^[a-z]+:\/\//.test(bare)) {
    setup.error(line, `transport of '${target}' is not supported, only dns://`);
    return [];
  }
  const match = /^(?:\[(.+)\]|([^:]+|.*:.*:.*?))(?::(\d+))?$/.exec(bare);
  const ip = parseIp(bare) ?? parseIp(match?.[1] ?? match?.[2] ?? '');
  if (ip === undefined) {
    setup.error(line, `not an IP address or file: "${target}"`);
    return [];
  }
  return [{ ip, port: match?.[3] === undefined ? DNS_PORT : Number(match[3]) }];
}

class ForwardChain implements DnsPlugin {
  readonly name = NAME;
  readonly #forwards: readonly Forward[];

  constructor(forwards: readonly Forward[]) {
    this.#forwards = forwards;
  }

  *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
    const forward = this.#forwards.find((one) => one.matches(request.question.name));
    return forward === undefined ? yield* next(request) : yield* forward.serve(request);
  }

  stop(): void {
    for (const forward of this.#forwards) forward.stop();
  }
}

class Forward {
  readonly #setup: PluginSetup;
  readonly #options: ForwardOptions;
  #concurrent = 0;
  #turn = 0;

  constructor(setup: PluginSetup, options: ForwardOptions) {
    this.#setup = setup;
    this.#options = options;
  }

  matches(name: string): boolean {
    const { from, except } = this.#options;
    if (!isInZone(name, from)) return false;
    return dnsNamesEqual(name, from) || matchZone(except, name) === undefined;
  }

  *serve(request: DnsRequest): Proc<DnsOutcome> {
    const { maxConcurrent } = this.#options;
    if (maxConcurrent > 0 && this.#concurrent >= maxConcurrent) {
      this.#setup.deps.metrics.count('coredns_forward_max_concurrent_rejects_total', []);
      const error = `concurrent queries exceeded maximum ${maxConcurrent}`;
      return { kind: 'failed', rcode: 'REFUSED', error };
    }
    this.#concurrent++;
    try {
      return yield* this.#ask(request);
    } finally {
      this.#concurrent--;
    }
  }

  stop(): void {
    for (const upstream of this.#options.upstreams) upstream.checker?.cancel();
  }

  *#ask(request: DnsRequest): Proc<DnsOutcome> {
    const { upstreams, maxFails } = this.#options;
    const { sim, rng } = this.#setup.deps;
    const list = this.#ordered();
    const deadlineNs = sim.nowNs() + ALL_TRIES_NS;
    let error = 'no healthy proxies';
    let downCount = 0;
    for (let at = 0; sim.nowNs() < deadlineNs; ) {
      if (at >= list.length) {
        at = 0;
        downCount = 0;
      }
      let upstream = list[at++];
      if (upstream === undefined) break;
      if (maxFails > 0 && upstream.fails >= maxFails) {
        downCount++;
        if (downCount < upstreams.length) continue;
        upstream = rng.pick(upstreams);
      }
      const startNs = sim.nowNs();
      const reply = yield* this.#try(request, upstream);
      if (typeof reply === 'string') {
        error = describeFailure(reply, upstream, this.#setup);
        if (maxFails > 0) this.#checkHealth(upstream);
        if (downCount >= upstreams.length) break;
        if (sim.nowNs() === startNs || reply !== 'timeout') yield* sleep(REFUSED_PAUSE_NS);
        continue;
      }
      if (this.#options.failoverRcodes.includes(reply.rcode) && downCount < upstreams.length) {
        downCount++;
        error = `upstream answered ${reply.rcode}`;
        if (downCount < upstreams.length) continue;
      }
      const { question, message } = request;
      const isOurs = reply.questions.every(
        (one) => dnsNamesEqual(one.name, question.name) && one.type === question.type,
      );
      if (!isOurs) return { kind: 'failed', rcode: 'FORMERR' };
      return answered({ ...reply, id: message.id, questions: message.questions }, NAME);
    }
    return { kind: 'failed', rcode: 'SERVFAIL', error };
  }

  *#try(request: DnsRequest, upstream: Upstream): Proc<DnsMessage | string> {
    const { deps } = this.#setup;
    const { forceTcp, preferUdp } = this.#options;
    const query: DnsMessage = { ...request.message, id: deps.rng.below(0x10000) };
    const options = { timeoutNs: TRY_TIMEOUT_NS, traceId: request.traceId };
    const overTcp = forceTcp || (request.transport === 'tcp' && !preferUdp);
    const reply = yield* deps.exchange(upstream.address, query, { ...options, tcp: overTcp });
    if (typeof reply === 'string' || !reply.truncated || overTcp || !preferUdp) return reply;
    return yield* deps.exchange(upstream.address, query, { ...options, tcp: true });
  }

  #ordered(): readonly Upstream[] {
    const { upstreams, policy } = this.#options;
    if (policy === 'sequential' || upstreams.length < 2) return upstreams;
    if (policy === 'random') return this.#setup.deps.rng.shuffle([...upstreams]);
    const first = ++this.#turn % upstreams.length;
    return [...upstreams.slice(first), ...upstreams.slice(0, first)];
  }

  /** Probes an upstream until it answers, unless that goes on already. */
  #checkHealth(upstream: Upstream): void {
    if (upstream.checker !== undefined && !upstream.checker.isDone) return;
    upstream.checker = this.#setup.deps.sim.spawn(
      `forward health ${upstream.text}`,
      this.#probeUntilUp(upstream),
    );
  }

  *#probeUntilUp(upstream: Upstream): Proc {
    const { deps } = this.#setup;
    for (;;) {
      const question = { name: '.', type: 'NS', class: 'IN' };
      const query = dnsQueryMessage(deps.rng.below(0x10000), question);
      const options = { tcp: this.#options.forceTcp, timeoutNs: HEALTH_TIMEOUT_NS, traceId: 0 };
      const reply = yield* deps.exchange(upstream.address, query, options);
      if (typeof reply !== 'string') {
        upstream.fails = 0;
        return;
      }
      upstream.fails++;
      yield* sleep(this.#options.healthIntervalNs);
    }
  }
}

/** The error as Go's net package words it. */
function describeFailure(failure: string, upstream: Upstream, setup: PluginSetup): string {
  const local: Ip = setup.deps.localIps()[0] ?? 0;
  const place = `read udp ${formatIp(local)}->${upstream.text}`;
  switch (failure) {
    case 'timeout':
      return `${place}: i/o timeout`;
    case 'ECONNREFUSED':
      return `${place}: read: connection refused`;
    case 'EHOSTUNREACH':
      return `${place}: read: no route to host`;
    case 'ENETUNREACH':
      return `dial udp ${upstream.text}: connect: network is unreachable`;
    default:
      return `${place}: ${failure}`;
  }
}
