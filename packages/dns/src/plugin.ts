/**
 * The contract of plugins: what a request is, what comes of it, and what a plugin may use.
 */
import type { Ip, Rng } from '@podwire/base';
import type { HostSim, Proc } from '@podwire/engine';
import { type DnsMessage, type DnsQuestion, type DnsRcode, dnsResponseTo } from '@podwire/wire';
import type { ClusterView } from './cluster-view.ts';
import type { Directive } from './corefile.ts';
import type { DnsServerAddress, ExchangeFailure } from './exchange.ts';
import type { ResolvConf } from './resolv-conf.ts';
import type { DnsMetrics } from './metrics.ts';

/** A query on its way through the chain. Plugins that change it hand a changed copy on. */
export interface DnsRequest {
  readonly message: DnsMessage;
  readonly question: DnsQuestion;
  readonly transport: 'udp' | 'tcp';
  readonly clientIp: Ip;
  readonly clientPort: number;
  readonly lenBytes: number;
  /** Number of the traced packet that brought it. */
  readonly traceId: number;
  /** How deep the server asks itself (aliases), so that it ends. */
  readonly depth: number;
}

/**
 * What comes of a request. `failed`: no plugin wrote an answer; the server writes one with that rcode
 * alone. `dropped`: nobody answers.
 */
export type DnsOutcome =
  | { readonly kind: 'answered'; readonly message: DnsMessage; readonly by: string }
  | { readonly kind: 'failed'; readonly rcode: DnsRcode; readonly error?: string }
  | { readonly kind: 'dropped' };

export type DnsHandler = (request: DnsRequest) => Proc<DnsOutcome>;

export interface DnsPlugin {
  readonly name: string;
  serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome>;
  /** Plugins that report to /ready; once ready it is not asked again. */
  isReady?(): boolean;
  /** Called once the server has started. */
  start?(): void;
  stop?(): void;
}

/** Asks an upstream server; the transport is the server's business. */
export type UpstreamExchange = (
  server: DnsServerAddress,
  query: DnsMessage,
  options: { readonly tcp: boolean; readonly timeoutNs: number; readonly traceId: number },
) => Proc<DnsMessage | ExchangeFailure>;

/** What all plugins of a server may use. */
export interface ServerDeps {
  readonly sim: HostSim;
  readonly rng: Rng;
  readonly view: ClusterView;
  readonly exchange: UpstreamExchange;
  /** Addresses of the server's own interfaces, without loopback. */
  readonly localIps: () => readonly Ip[];
  /** /etc/resolv.conf of the server's pod, read once at start. */
  readonly resolvConf: ResolvConf;
  /** /etc/hosts of the server's pod. */
  readonly hostsFile: string;
  /** Host name, for `chaos`. */
  readonly hostname: string;
  readonly log: (line: string) => void;
  readonly metrics: DnsMetrics;
  /** The process ends with status 1 after this line. */
  readonly fatal: (line: string) => void;
}

/** What a plugin is made from: its directives in one server block. */
export interface PluginSetup {
  readonly deps: ServerDeps;
  readonly zones: readonly string[];
  readonly port: number;
  readonly directives: readonly Directive[];
  readonly error: (line: number, message: string) => void;
  readonly warn: (line: number, message: string) => void;
  /** Asks the whole server a question of its own making, as for the target of an alias. */
  readonly lookup: (request: DnsRequest, question: DnsQuestion) => Proc<DnsMessage | undefined>;
  /** Another plugin of the same block by name, once all are made. */
  readonly sibling: (name: string) => DnsPlugin | undefined;
  /** Runs a query through the block from its first plugin, without sockets (loop's probe). */
  readonly probe: (question: DnsQuestion) => Proc<DnsOutcome>;
}

export type PluginFactory = (setup: PluginSetup) => DnsPlugin | undefined;

export function answered(message: DnsMessage, by: string): DnsOutcome {
  return { kind: 'answered', message, by };
}

/** An authoritative answer to the request with these parts. */
export function authoritative(
  request: DnsRequest,
  parts: Partial<
    Pick<DnsMessage, 'rcode' | 'answers' | 'authorities' | 'additionals' | 'truncated'>
  >,
): DnsMessage {
  return { ...dnsResponseTo(request.message), authoritative: true, ...parts };
}

/** The request with another question. */
export function withQuestion(request: DnsRequest, question: DnsQuestion): DnsRequest {
  return { ...request, question, message: { ...request.message, questions: [question] } };
}

/** What a chain ends with: no plugin could answer. */
// oxlint-disable-next-line require-yield -- a handler is a process; this one never waits
export function* nothingAnswers(): Proc<DnsOutcome> {
  return { kind: 'failed', rcode: 'SERVFAIL', error: 'no next plugin found' };
}

/** Zones of a `fallthrough` line: none named means all of the plugin's. */
export class Fallthrough {
  readonly #zones: readonly string[] | undefined;

  constructor(zones?: readonly string[]) {
    this.#zones = zones;
  }

  covers(
    name: string,
    matches: (zones: readonly string[], name: string) => string | undefined,
  ): boolean {
    return this.#zones !== undefined && matches(this.#zones, name) !== undefined;
  }
}
