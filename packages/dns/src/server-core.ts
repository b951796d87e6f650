/**
 * The DNS server without sockets: zones to chains, and the server's own rules for every answer.
 *
 * From: server.ts with decoded queries. To: the chain of the block whose zone matches best, then EDNS and
 * flags as CoreDNS's server and request packages set them; the size limit is applied in `encodeReply`.
 */
import type { Proc } from '@podwire/engine';
import {
  type DnsEdns,
  type DnsMessage,
  type DnsQuestion,
  dnsResponseTo,
  encodeDns,
  encodeDnsCompressed,
  encodeDnsWithin,
} from '@podwire/wire';
import { type Chain, buildChain } from './chain.ts';
import { type Corefile, type CorefileError, type Directive, type ServerBlock } from './corefile.ts';
import { isInZone } from './names.ts';
import {
  type DnsOutcome,
  type DnsPlugin,
  type DnsRequest,
  type ServerDeps,
  withQuestion,
} from './plugin.ts';

/** How often the server asks itself for one client query. */
const LOOKUP_DEPTH_MAX = 10;
/** RFC 1035: what fits without EDNS, and over TCP. */
const UDP_LIMIT_BYTES = 512;
const TCP_LIMIT_BYTES = 65535;
/** Above this a UDP answer is compressed although it would fit (request.Scrub). */
const UNCOMPRESSED_MAX_BYTES = 1480;
/** EDNS options that are echoed: NSID, EXPIRE, COOKIE, TCP-KEEPALIVE, PADDING; and local ones. */
const ECHOED_OPTIONS: readonly number[] = [3, 9, 10, 11, 12];
const LOCAL_OPTION_FIRST = 65001;

interface ZoneServer {
  readonly zone: string;
  readonly port: number;
  readonly chain: Chain;
}

export class DnsServerCore {
  readonly errors: CorefileError[] = [];
  readonly warnings: CorefileError[] = [];
  readonly ports: readonly number[];
  readonly #deps: ServerDeps;
  readonly #servers: ZoneServer[] = [];
  readonly #chains: Chain[] = [];
  readonly #directives: readonly Directive[];

  constructor(corefile: Corefile, deps: ServerDeps) {
    this.#deps = deps;
    this.errors.push(...corefile.errors);
    for (const block of corefile.blocks) this.#addBlock(block);
    this.ports = [...new Set(this.#servers.map((server) => server.port))];
    this.#directives = corefile.blocks.flatMap((block) => block.directives);
  }

  /** All directives of that name, over all blocks. */
  directives(name: string): readonly Directive[] {
    return this.#directives.filter((directive) => directive.name === name);
  }

  /** The zones as CoreDNS lists them when it starts: `.:53`. */
  get zoneNames(): readonly string[] {
    return this.#servers.map(({ zone, port }) => `${zone}:${port}`);
  }

  get plugins(): readonly DnsPlugin[] {
    return this.#chains.flatMap((chain) => chain.plugins);
  }

  start(): void {
    for (const plugin of this.plugins) plugin.start?.();
  }

  stop(): void {
    for (const plugin of this.plugins) plugin.stop?.();
  }

  /** The answer to a query that came to a port; undefined when nobody answers. */
  *answer(port: number, request: DnsRequest): Proc<DnsMessage | undefined> {
    const { metrics } = this.#deps;
    const { message } = request;
    const server = this.#find(port, request.question.name);
    const labels = [
      ['server', `dns://:${port}`],
      ['zone', server?.zone ?? 'dropped'],
    ] as const;
    metrics.count('coredns_dns_requests_total', [
      ...labels,
      ['proto', request.transport],
      ['type', request.question.type],
    ]);
    const outcome = yield* this.#outcome(port, server, request);
    if (outcome.kind === 'dropped') return undefined;
    const reply =
      outcome.kind === 'answered' ? outcome.message : dnsResponseTo(message, outcome.rcode);
    metrics.count('coredns_dns_responses_total', [...labels, ['rcode', reply.rcode]]);
    return withEdns(reply, this.#bufferRequest(port, server, request));
  }

  *#outcome(port: number, server: ZoneServer | undefined, request: DnsRequest): Proc<DnsOutcome> {
    const { message, question } = request;
    if (message.edns !== undefined && message.edns.version !== 0) {
      return { kind: 'failed', rcode: 'BADVERS' };
    }
    if (message.opcode !== 0) return { kind: 'failed', rcode: 'NOTIMP' };
    if (server === undefined) return { kind: 'failed', rcode: 'REFUSED' };
    if (question.class === 'CH' && !this.#servesChaos(port)) {
      return { kind: 'failed', rcode: 'REFUSED' };
    }
    return yield* server.chain.handler(request);
  }

  /** Only blocks with a plugin for class CH let it through. */
  #servesChaos(port: number): boolean {
    return this.#servers.some(
      (server) =>
        server.port === port &&
        server.chain.plugins.some((plugin) => plugin.name === 'chaos' || plugin.name === 'forward'),
    );
  }

  /** bufsize changes the request's own OPT record, which the answer repeats. */
  #bufferRequest(port: number, server: ZoneServer | undefined, request: DnsRequest): DnsMessage {
    const { edns } = request.message;
    if (edns === undefined || server === undefined) return request.message;
    const most = this.#bufsizeOf(port, server);
    if (edns.udpSizeBytes <= most) return request.message;
    return { ...request.message, edns: { ...edns, udpSizeBytes: most } };
  }

  readonly #bufsizes = new Map<ZoneServer, number>();

  #bufsizeOf(port: number, server: ZoneServer): number {
    return server.port === port ? (this.#bufsizes.get(server) ?? Infinity) : Infinity;
  }

  #addBlock(block: ServerBlock): void {
    const zones = block.keys.map((key) => key.zone);
    const port = block.keys[0]?.port ?? 0;
    const chain = buildChain(block.directives, {
      deps: this.#deps,
      zones,
      port,
      error: (line, message) => this.errors.push({ line, message }),
      warn: (line, message) => this.warnings.push({ line, message }),
      lookup: (request, question) => this.#lookup(port, request, question),
    });
    this.#chains.push(chain);
    const bufsize = block.directives.find((directive) => directive.name === 'bufsize');
    for (const key of block.keys) {
      const server = { zone: key.zone, port: key.port, chain };
      this.#servers.push(server);
      if (bufsize !== undefined) this.#bufsizes.set(server, Number(bufsize.args[0] ?? 1232));
    }
  }

  /** The block whose zone matches the name best. */
  #find(port: number, name: string): ZoneServer | undefined {
    let best: ZoneServer | undefined;
    for (const server of this.#servers) {
      if (server.port !== port || !isInZone(name, server.zone)) continue;
      if (best === undefined || server.zone.length > best.zone.length) best = server;
    }
    return best;
  }

  /** The server asks itself, for the target of an alias. */
  *#lookup(port: number, request: DnsRequest, question: DnsQuestion): Proc<DnsMessage | undefined> {
    if (request.depth >= LOOKUP_DEPTH_MAX) return undefined;
    const inner = withQuestion({ ...request, depth: request.depth + 1 }, question);
    return yield* this.answer(port, inner);
  }
}

/** The answer's OPT record repeats the query's: size, DO bit, and known options such as cookies. */
function withEdns(reply: DnsMessage, query: DnsMessage): DnsMessage {
  const { edns } = query;
  if (edns === undefined) return { ...reply, edns: undefined };
  const echoed: DnsEdns = {
    udpSizeBytes: Math.max(edns.udpSizeBytes, UDP_LIMIT_BYTES),
    version: 0,
    dnssecOk: edns.dnssecOk,
    options: edns.options.filter(
      ({ code }) => ECHOED_OPTIONS.includes(code) || code >= LOCAL_OPTION_FIRST,
    ),
  };
  return { ...reply, edns: echoed };
}

/** The answer as bytes, within what the client can take. */
export function encodeReply(reply: DnsMessage, transport: 'udp' | 'tcp'): Uint8Array {
  if (transport === 'tcp') return encodeDnsWithin(reply, TCP_LIMIT_BYTES);
  const limit = Math.max(UDP_LIMIT_BYTES, reply.edns?.udpSizeBytes ?? UDP_LIMIT_BYTES);
  const plain = encodeDns(reply);
  if (plain.length > UNCOMPRESSED_MAX_BYTES && plain.length <= limit) {
    return encodeDnsCompressed(reply);
  }
  return encodeDnsWithin(reply, limit);
}
