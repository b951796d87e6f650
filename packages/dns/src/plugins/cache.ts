/**
 * `cache`: keeps answers for their TTL, within bounds, and shows all records of an answer with one TTL.
 *
 * Denials and successes have a store each. The clamped TTL is shown even where the answer is not kept.
 */
import { NS_PER_SEC, parseDurationNs } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type DnsMessage, type DnsRecord, dnsResponseTo } from '@podwire/wire';
import { normalizeZone } from '../corefile.ts';
import { matchZone } from '../names.ts';
import {
  type DnsHandler,
  type DnsOutcome,
  type DnsPlugin,
  type DnsRequest,
  type PluginSetup,
  answered,
} from '../plugin.ts';

const NAME = 'cache';
/** dnsutil.MaximumDefaulTTL and MinimalDefaultTTL; denials get half of the former. */
const SUCCESS_TTL_SEC_MAX = 3600;
const DENIAL_TTL_SEC_MAX = 1800;
const TTL_SEC_MIN = 5;
/** 10000 over 256 shards: 39 each. */
const CAPACITY = 9984;

interface Store {
  readonly items: Map<string, Item>;
  capacity: number;
  maxSec: number;
  minSec: number;
  /** Zones whose answers are not kept. */
  except: readonly string[];
}

interface Item {
  readonly message: DnsMessage;
  readonly ttlSec: number;
  readonly storedNs: number;
}

type AnswerClass = 'success' | 'denial' | 'server-error' | 'other';

export function cachePlugin(setup: PluginSetup): DnsPlugin | undefined {
  const directive = setup.directives[0];
  if (directive === undefined) return undefined;
  const cache = new Cache(setup);
  let zones = [...directive.args];
  const first = zones[0];
  if (first !== undefined && /^\d+$/.test(first)) {
    if (Number(first) === 0)
      setup.error(directive.line, `cache TTL can not be zero or negative: ${first}`);
    cache.success.maxSec = Number(first);
    cache.denial.maxSec = Number(first);
    zones = zones.slice(1);
  }
  if (zones.length > 0) cache.zones = zones.flatMap(normalizeZone);
  for (const { name, args, line } of directive.block ?? []) {
    switch (name) {
      case 'success':
      case 'denial': {
        const [capacity, maxSec, minSec] = args.map(Number);
        if (capacity === undefined || args.some((arg) => !/^\d+$/.test(arg))) {
          setup.error(line, `Wrong argument count or unexpected line ending after '${name}'`);
          break;
        }
        const store = name === 'success' ? cache.success : cache.denial;
        store.capacity = Math.max(1, capacity);
        if (maxSec !== undefined) store.maxSec = maxSec;
        if (minSec !== undefined) store.minSec = minSec;
        break;
      }
      case 'servfail': {
        const durationNs = parseDurationNs(args[0] ?? '');
        if (durationNs === undefined || durationNs > 300 * NS_PER_SEC) {
          setup.error(line, `invalid value for servfail: ${args[0] ?? ''}`);
        } else cache.servfailSec = Math.floor(durationNs / NS_PER_SEC);
        break;
      }
      case 'disable': {
        const except = args.length > 1 ? args.slice(1).flatMap(normalizeZone) : cache.zones;
        if (args[0] === 'success') cache.success.except = except;
        else if (args[0] === 'denial') cache.denial.except = except;
        else setup.error(line, `cache type for disable must be either "success" or "denial"`);
        break;
      }
      case 'keepttl':
        cache.keepsTtl = true;
        break;
      case 'prefetch':
      case 'serve_stale':
        setup.warn(line, `cache ${name} is not modelled`);
        break;
      default:
        setup.error(line, `unknown property '${name}'`);
    }
  }
  return cache;
}

class Cache implements DnsPlugin {
  readonly name = NAME;
  readonly success: Store = newStore(SUCCESS_TTL_SEC_MAX);
  readonly denial: Store = newStore(DENIAL_TTL_SEC_MAX);
  zones: readonly string[];
  servfailSec: number = TTL_SEC_MIN;
  keepsTtl = false;
  readonly #setup: PluginSetup;

  constructor(setup: PluginSetup) {
    this.#setup = setup;
    this.zones = setup.zones;
  }

  *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
    const { question } = request;
    if (matchZone(this.zones, question.name) === undefined) return yield* next(request);
    const { metrics } = this.#setup.deps;
    const server = [['server', `dns://:${this.#setup.port}`]] as const;
    metrics.count('coredns_cache_requests_total', server);
    const key = cacheKey(request);
    const denied = this.#fresh(this.denial, key);
    const hit = denied ?? this.#fresh(this.success, key);
    if (hit !== undefined) {
      const type = denied === undefined ? 'success' : 'denial';
      metrics.count('coredns_cache_hits_total', [...server, ['type', type]]);
      const ttlSec = hit.ttlSec - this.#ageSec(hit);
      return answered(this.#fromItem(request, hit, this.keepsTtl ? hit.ttlSec : ttlSec), NAME);
    }
    metrics.count('coredns_cache_misses_total', server);
    const outcome = yield* next(request);
    if (outcome.kind !== 'answered') return outcome;
    const { message } = outcome;
    const kind = classify(message);
    const ttlSec = this.#ttlOf(message, kind);
    this.#keep(key, message, kind, ttlSec, question.name);
    return answered(withTtl(message, ttlSec), outcome.by);
  }

  #fresh(store: Store, key: string): Item | undefined {
    const item = store.items.get(key);
    if (item === undefined || item.ttlSec - this.#ageSec(item) > 0) return item;
    store.items.delete(key);
    return undefined;
  }

  #ageSec(item: Item): number {
    return Math.floor((this.#setup.deps.sim.nowNs() - item.storedNs) / NS_PER_SEC);
  }

  #fromItem(request: DnsRequest, item: Item, ttlSec: number): DnsMessage {
    const { message } = item;
    return withTtl(
      {
        ...dnsResponseTo(request.message, message.rcode),
        authoritative: true,
        recursionAvailable: message.recursionAvailable,
        authenticData: message.authenticData,
        answers: message.answers,
        authorities: message.authorities,
        additionals: message.additionals,
      },
      ttlSec,
    );
  }

  #ttlOf(message: DnsMessage, kind: AnswerClass): number {
    if (kind === 'server-error') return this.servfailSec;
    const store = kind === 'denial' ? this.denial : this.success;
    return Math.min(Math.max(leastTtl(message, kind), store.minSec), store.maxSec);
  }

  #keep(key: string, message: DnsMessage, kind: AnswerClass, ttlSec: number, name: string): void {
    if (kind === 'other' || message.truncated || ttlSec <= 0) return;
    const store = kind === 'success' ? this.success : this.denial;
    if (matchZone(store.except, name) !== undefined) return;
    store.items.delete(key);
    if (store.items.size >= store.capacity) {
      // Not modelled: which entry goes is random in CoreDNS; here it is the oldest.
      for (const oldest of store.items.keys()) {
        store.items.delete(oldest);
        break;
      }
    }
    store.items.set(key, { message, ttlSec, storedNs: this.#setup.deps.sim.nowNs() });
  }
}

function newStore(maxSec: number): Store {
  return { items: new Map(), capacity: CAPACITY, maxSec, minSec: TTL_SEC_MIN, except: [] };
}

function cacheKey({ question, message }: DnsRequest): string {
  const bits = `${message.edns?.dnssecOk === true ? 'D' : ''}${message.checkingDisabled ? 'C' : ''}`;
  return `${question.name.toLowerCase()} ${question.class} ${question.type} ${bits}`;
}

/** Whether a message is kept, and where (plugin/pkg/response Typify). */
function classify(message: DnsMessage): AnswerClass {
  const type = message.questions[0]?.type;
  if (message.opcode !== 0 || type === 'AXFR' || type === 'IXFR') return 'other';
  if (message.answers.length > 0 && message.rcode === 'NOERROR') return 'success';
  const hasSoa = message.authorities.some((record) => record.type === 'SOA');
  if (hasSoa && (message.rcode === 'NOERROR' || message.rcode === 'NXDOMAIN')) return 'denial';
  if (message.rcode === 'SERVFAIL' || message.rcode === 'NOTIMP') return 'server-error';
  return message.rcode === 'NOERROR' ? 'success' : 'other';
}

/** The least TTL in the message; of a denial's SOA the minimum field counts too. */
function leastTtl(message: DnsMessage, kind: AnswerClass): number {
  const { answers, authorities, additionals } = message;
  if (kind === 'other' || answers.length + authorities.length + additionals.length === 0) {
    return TTL_SEC_MIN;
  }
  let least = SUCCESS_TTL_SEC_MAX;
  for (const record of [...answers, ...authorities, ...additionals]) {
    least = Math.min(least, record.ttlSec);
    if (kind === 'denial' && record.data.kind === 'soa') {
      least = Math.min(least, record.data.minimum);
    }
  }
  return least;
}

function withTtl(message: DnsMessage, ttlSec: number): DnsMessage {
  const set = (records: readonly DnsRecord[]): DnsRecord[] =>
    records.map((record) => ({ ...record, ttlSec }));
  return {
    ...message,
    answers: set(message.answers),
    authorities: set(message.authorities),
    additionals: set(message.additionals),
    edns: undefined,
  };
}
