/**
 * What the resolvers of glibc and musl share: one getaddrinfo() call with its queries and outcomes.
 */
import { type Ip, parseIp } from '@podwire/base';
import type { NetNs } from '@podwire/netstack';
import { type DnsMessage, type DnsQuestion, dnsQueryMessage } from '@podwire/wire';
import { DNS_PORT, type DnsServerAddress } from './exchange.ts';
import type { HostsEntry } from './hosts-file.ts';
import type { ResolvConf } from './resolv-conf.ts';

export type Libc = 'glibc' | 'musl';

export interface ResolverFiles {
  readonly resolvConf: ResolvConf;
  readonly hosts: readonly HostsEntry[];
}

export interface GetaddrinfoOptions extends ResolverFiles {
  readonly libc: Libc;
  /** undefined = AF_UNSPEC: A and AAAA. */
  readonly family?: 4 | 6;
  /** musl before 1.2.4 knows neither EAI_NODATA nor TCP; default 1.2.3. */
  readonly muslVersion?: '1.2.3' | '1.2.5';
  readonly traceId?: number;
}

export type AddressType = 'A' | 'AAAA';

/** What came of one query. Below NOERROR: without addresses it is NODATA. */
export type QueryOutcome =
  | {
      readonly kind: 'answer';
      readonly rcode: DnsMessage['rcode'];
      readonly addresses: readonly Ip[];
      /** Where a chain of CNAMEs led; undefined without one. */
      readonly aliasOf?: string;
    }
  | { readonly kind: 'failed'; readonly why: 'timeout' | 'unreachable' };

/** One lookup step: a name asked for one or both families. */
export interface LookupStep {
  readonly name: string;
  readonly outcomes: ReadonlyMap<AddressType, QueryOutcome>;
}

export const GAI_CODES = {
  EAI_NONAME: -2,
  EAI_AGAIN: -3,
  EAI_FAIL: -4,
  EAI_NODATA: -5,
} as const;
export type GaiError = keyof typeof GAI_CODES;

export type Resolution =
  | { readonly addresses: readonly Ip[]; readonly canonicalName: string }
  | { readonly error: GaiError };

/** The state of one getaddrinfo() call: whom it may ask, and what it asked. */
export class LookupRun {
  readonly ns: NetNs;
  readonly options: GetaddrinfoOptions;
  readonly servers: readonly DnsServerAddress[];
  readonly types: readonly AddressType[];
  readonly steps: LookupStep[] = [];
  sentCount = 0;

  constructor(ns: NetNs, options: GetaddrinfoOptions) {
    this.ns = ns;
    this.options = options;
    this.servers = serverAddresses(options.resolvConf);
    this.types =
      options.family === undefined ? ['A', 'AAAA'] : options.family === 4 ? ['A'] : ['AAAA'];
  }

  /** A new query with an id of its own. */
  query(name: string, type: AddressType, edns?: DnsMessage['edns']): DnsMessage {
    const question: DnsQuestion = { name, type, class: 'IN' };
    const id = this.ns.sim.rng(`resolver/${this.ns.name}`).below(0x10000);
    return dnsQueryMessage(id, question, edns);
  }
}

/** MAXNS of both libraries. */
const NAMESERVERS_MAX = 3;

/** The servers to ask; without any the one on this host, as both libraries do. */
export function serverAddresses(conf: ResolvConf): DnsServerAddress[] {
  const servers: DnsServerAddress[] = [];
  for (const text of conf.nameservers.slice(0, NAMESERVERS_MAX)) {
    const ip = parseIp(text);
    if (ip !== undefined) servers.push({ ip, port: DNS_PORT });
  }
  return servers.length > 0 ? servers : [{ ip: 0x7f000001, port: DNS_PORT }];
}

/** Addresses of the wanted type in an answer, in its order, without duplicates. */
export function answerAddresses(message: DnsMessage, type: AddressType): Ip[] {
  const found = new Set<Ip>();
  for (const record of message.answers) {
    if (record.type === type && record.data.kind === 'address') found.add(record.data.ip);
  }
  return [...found];
}

/** The outcome that a reply means. */
export function outcomeOf(message: DnsMessage, type: AddressType): QueryOutcome {
  const addresses = answerAddresses(message, type);
  const aliasOf = chainEnd(message);
  return {
    kind: 'answer',
    rcode: message.rcode,
    addresses,
    ...(aliasOf === undefined ? {} : { aliasOf }),
  };
}

/** The last name of the answer's chain of CNAMEs. */
function chainEnd(message: DnsMessage): string | undefined {
  let name: string | undefined;
  for (const record of message.answers) {
    if (record.type === 'CNAME' && record.data.kind === 'name') name = record.data.target;
  }
  return name;
}

/** `NXDOMAIN`, `NODATA`, `NOERROR 10.96.10.20`, `timeout`. */
export function formatOutcome(outcome: QueryOutcome, format: (ip: Ip) => string): string {
  if (outcome.kind === 'failed') return outcome.why;
  if (outcome.rcode !== 'NOERROR') return outcome.rcode;
  if (outcome.addresses.length === 0) return 'NODATA';
  return `NOERROR ${outcome.addresses.map(format).join(' ')}`;
}

/** Dots in a name, a trailing one included. */
export function countDots(name: string): number {
  return name.split('.').length - 1;
}

/** The name under a search domain; `.` and the empty domain are the root. */
export function underDomain(name: string, domain: string): string {
  const bare = domain.endsWith('.') ? domain.slice(0, -1) : domain;
  return bare === '' ? `${name}.` : `${name}.${bare}.`;
}

/**
 * The names that a search list makes of one, in the order in which dig +search, host and nslookup ask:
 * as it is first when it has enough dots, else last.
 */
export function searchNames(name: string, conf: ResolvConf, ndots: number): string[] {
  if (name.endsWith('.')) return [name];
  const searched = conf.search.map((domain) => underDomain(name, domain));
  const bare = `${name}.`;
  const all = countDots(name) >= ndots ? [bare, ...searched] : [...searched, bare];
  return [...new Set(all)];
}
