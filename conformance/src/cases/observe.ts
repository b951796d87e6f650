/**
 * What a command's output means: outcome, who answered, what was in the answer.
 *
 * From: a command's result. To: an observation that compare.ts holds against what was expected. The
 * commands print what the real ones print, so this reads them as a person does.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { CommandResult } from '@podwire/cluster';
import type { Request } from './request.ts';

/** Words of `outcome`. */
export type OutcomeWord = string;

export interface DnsSeen {
  readonly status: string;
  readonly flags: readonly string[];
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  readonly messageSize: number | undefined;
  /** Bytes of it that are dig's own cookie, sent back. */
  readonly cookieSize: number;
  readonly transport: string | undefined;
  readonly isTcpRetry: boolean;
  readonly udpSize: number | undefined;
}

export interface ResolverSeen {
  readonly error: string | null;
  readonly errorText: string;
  readonly addresses: readonly string[];
  readonly queries: readonly Readonly<Record<string, string>>[];
  readonly packetsSent: number;
  readonly elapsedNs: number;
}

export interface Observation {
  /** All words that describe the outcome; the first is the plainest. */
  readonly outcomes: readonly OutcomeWord[];
  readonly seconds: number;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The pod that answered, and whom it saw as its client. */
  readonly backend?: string;
  readonly sourceIP?: string;
  readonly status?: number;
  readonly headers?: ReadonlyMap<string, string>;
  readonly body?: string;
  /** Of the request as the pod got it: path with query, port, header fields. */
  readonly target?: string;
  readonly backendPort?: string;
  readonly askedHeaders?: readonly (readonly [string, string])[];
  /** Who sent an ICMP error. */
  readonly errorFrom?: string;
  readonly ttl?: number;
  readonly mtu?: number;
  readonly dns?: DnsSeen;
  readonly resolver?: ResolverSeen;
  readonly resolvConf?: ResolvConfSeen;
}

export interface ResolvConfSeen {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** One observation per request that the command made. */
export function observe(request: Request, result: CommandResult | undefined): Observation[] {
  if (result === undefined) {
    const nothing = { seconds: Number.POSITIVE_INFINITY, exitCode: 124, stdout: '', stderr: '' };
    return [{ outcomes: ['timeout', 'hangs'], ...nothing }];
  }
  const base = {
    seconds: (result.endedNs - result.startedNs) / NS_PER_SEC,
    exitCode: result.exitCode,
    stdout: result.stdout,
    stderr: result.stderr,
  };
  if (result.stderr.startsWith('container not found: ') && result.exitCode === 126) {
    return [{ outcomes: ['no-container'], ...base }];
  }
  switch (request.kind) {
    case 'curl':
      return observeCurl(request, base);
    case 'dig':
      return [observeDig(request, base)];
    case 'nc':
      return [observeNc(base)];
    case 'udp':
      return [observeUdp(base)];
    case 'ping':
      return [observePing(base)];
    case 'getaddrinfo':
      return [observeResolver(base)];
    case 'cat':
      return [observeFile(request, base)];
    case 'kubectl':
    case 'command':
      return [{ outcomes: [base.exitCode === 0 ? 'ok' : 'error'], ...base }];
  }
}

interface Base {
  readonly seconds: number;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `NAME ADDRESS` as the case image answers. */
const ANSWER = /^([a-z0-9][a-z0-9.-]*) (\d+\.\d+\.\d+\.\d+)$/;

function observeCurl(request: Request, base: Base): Observation[] {
  if (base.exitCode !== 0) return [{ outcomes: curlFailure(base), ...base, ...httpSeen(base) }];
  const outcomes = (status: number): string[] =>
    status >= 400 ? ['http', `http-${status}`, 'error'] : ['ok', 'http', `http-${status}`];
  if (request.count === 1) {
    const seen = httpSeen(base);
    return [{ outcomes: outcomes(seen.status ?? 200), ...base, ...seen }];
  }
  const statuses = [...base.stderr.matchAll(/^< HTTP\/\S+ (\d+)/gm)].map((match) =>
    Number(match[1]),
  );
  const lines = base.stdout.split('\n').filter((line) => line !== '');
  return statuses.map((status, index) => ({
    outcomes: outcomes(status),
    ...base,
    status,
    ...answerIn(lines[index] ?? ''),
  }));
}

function httpSeen(base: Base): Partial<Observation> {
  // What curl tells of a field stands before the field.
  const text = base.stderr.replaceAll(/^\* .*\n/gm, '');
  const heads = [...text.matchAll(/^< HTTP\/\S+ (\d+)[^\n]*\r?\n((?:< [^\n]*\r?\n)*)/gm)];
  const last = heads.at(-1);
  if (last === undefined) return {};
  const headers = new Map<string, string>();
  for (const match of (last[2] ?? '').matchAll(/^< ([^:\r\n]+): ?([^\r\n]*)/gm)) {
    headers.set((match[1] ?? '').toLowerCase(), match[2] ?? '');
  }
  // With -i the head is in the output too.
  const body = base.stdout.replace(/^(?:HTTP\/[\d.]+ \d[\s\S]*?\r?\n\r?\n)+/, '');
  return { status: Number(last[1]), headers, body, ...answerIn(body.trim()) };
}

/** `NAME ADDRESS PORT TARGET` and header lines, as the image of edge cases answers. */
const EDGE_ANSWER = /^([a-z0-9][a-z0-9.-]*) (\d+\.\d+\.\d+\.\d+) (\d+) (\/\S*)$/;

function answerIn(text: string): Partial<Observation> {
  const [first = '', ...lines] = text.split('\n');
  const asked = EDGE_ANSWER.exec(first);
  if (asked !== null) {
    const [, backend = '', sourceIP = '', backendPort = '', target = ''] = asked;
    const askedHeaders = lines.map((line): readonly [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    });
    return { backend, sourceIP, backendPort, target, askedHeaders };
  }
  const match = ANSWER.exec(text);
  return match === null ? {} : { backend: match[1] ?? '', sourceIP: match[2] ?? '' };
}

/** By curl's exit code, and by what its -v says of the connection. */
function curlFailure(base: Base): OutcomeWord[] {
  const text = base.stderr;
  switch (base.exitCode) {
    case 6:
      return ['nxdomain', 'nodata', 'dns-error', 'unresolved', 'servfail'];
    case 7:
      if (/No route to host|Host is unreachable|Network is unreachable/.test(text)) {
        return ['no-route', 'unreachable'];
      }
      if (/timed out/i.test(text)) return ['timeout'];
      return /refused/i.test(text) ? ['refused'] : ['unreachable', 'error'];
    case 28:
      return /Resolving timed out/.test(text) ? ['dns-error', 'timeout'] : ['timeout'];
    case 35:
    case 60:
      return ['tls-error', 'error'];
    case 52:
      return ['reset', 'empty', 'error'];
    case 56:
      return ['reset', 'error'];
    default:
      return ['error', `curl exit ${base.exitCode}`];
  }
}

function observeNc(base: Base): Observation {
  const text = `${base.stderr}\n${base.stdout}`;
  const isOpen = /succeeded!|\bopen$/m.test(base.stderr);
  const line = base.stdout.split('\n').findLast((part) => part.trim() !== '') ?? '';
  if (isOpen) return { outcomes: ['ok'], ...base, ...answerIn(line.trim()) };
  return { outcomes: connectionFailure(text, base.exitCode), ...base };
}

function connectionFailure(text: string, exitCode: number): OutcomeWord[] {
  if (/getaddrinfo for host|bad address/.test(text)) return resolveFailure(text);
  if (/refused/i.test(text)) return ['refused'];
  if (/No route to host|unreachable/i.test(text)) return ['no-route', 'unreachable'];
  if (/reset by peer/i.test(text)) return ['reset'];
  if (/timed out|in progress/i.test(text)) return ['timeout'];
  return exitCode === 0 ? ['ok'] : ['error'];
}

function resolveFailure(text: string): OutcomeWord[] {
  if (/Temporary failure|Try again/.test(text)) return ['dns-error', 'unresolved'];
  if (/No address associated/.test(text)) return ['nodata', 'unresolved'];
  return ['nxdomain', 'nodata', 'unresolved'];
}

function observeUdp(base: Base): Observation {
  const line = base.stdout.trim();
  if (line !== '') return { outcomes: ['ok'], ...base, ...answerIn(line) };
  if (base.exitCode !== 0) return { outcomes: connectionFailure(base.stderr, 1), ...base };
  return { outcomes: ['timeout'], ...base };
}

function observePing(base: Base): Observation {
  const text = `${base.stdout}\n${base.stderr}`;
  const reply = /bytes from [^\n]*?ttl=(\d+)/.exec(text);
  if (reply !== null) return { outcomes: ['ok'], ...base, ttl: Number(reply[1]) };
  if (/message too long/.test(text)) {
    const mtu = /mtu[ =]+(\d+)/.exec(text)?.[1];
    return {
      outcomes: ['message-too-long', 'error'],
      ...base,
      ...(mtu === undefined ? {} : { mtu: Number(mtu) }),
    };
  }
  const error = /^From (\S+?):? icmp_seq=\d+ (.*)$/m.exec(text);
  if (error !== null) {
    const words = error[2] ?? '';
    const mtu = /mtu = (\d+)/.exec(words)?.[1];
    return {
      outcomes: icmpOutcome(words),
      ...base,
      errorFrom: error[1] ?? '',
      ...(mtu === undefined ? {} : { mtu: Number(mtu) }),
    };
  }
  if (/Name or service not known|bad address|Temporary failure|No address associated/.test(text)) {
    return { outcomes: resolveFailure(text), ...base };
  }
  if (/Network is unreachable/.test(text))
    return { outcomes: ['no-route', 'unreachable'], ...base };
  return { outcomes: ['timeout'], ...base };
}

function icmpOutcome(words: string): OutcomeWord[] {
  if (/Time to live exceeded/.test(words)) return ['ttl-exceeded'];
  if (/Frag needed/.test(words)) return ['frag-needed'];
  if (/Port Unreachable/.test(words)) return ['port-unreachable', 'refused', 'unreachable'];
  if (/Prohibited|Packet filtered/.test(words)) return ['prohibited', 'unreachable'];
  return ['no-route', 'host-unreachable', 'unreachable'];
}

function observeFile(request: Request, base: Base): Observation {
  const outcomes = [base.exitCode === 0 ? 'ok' : 'error'];
  if (request.file !== '/etc/resolv.conf') return { outcomes, ...base };
  const words = (name: string): string[][] =>
    base.stdout
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((parts) => parts[0] === name)
      .map((parts) => parts.slice(1));
  return {
    outcomes,
    ...base,
    resolvConf: {
      nameservers: words('nameserver').flat(),
      search: words('search').at(-1) ?? [],
      options: words('options').flat(),
    },
  };
}

function observeResolver(base: Base): Observation {
  const resolver = JSON.parse(base.stdout) as ResolverSeen;
  const seconds = resolver.elapsedNs / NS_PER_SEC;
  return { outcomes: resolverOutcome(resolver), ...base, seconds, resolver };
}

function resolverOutcome(resolver: ResolverSeen): OutcomeWord[] {
  switch (resolver.error) {
    case null:
      return ['ok'];
    case 'EAI_NODATA':
      return ['nodata', 'unresolved'];
    case 'EAI_NONAME': {
      // musl before 1.2.4 has no word of its own for a name without addresses.
      const hasNodata = resolver.queries.some((step) => Object.values(step).includes('NODATA'));
      return ['nxdomain', ...(hasNodata ? ['nodata'] : []), 'unresolved'];
    }
    case 'EAI_AGAIN':
      return ['dns-error', 'unresolved'];
    default:
      return ['dns-error', 'error', 'unresolved'];
  }
}

function observeDig(request: Request, base: Base): Observation {
  const { stdout } = base;
  const header = /->>HEADER<<- opcode: \w+, status: (\w+)/.exec(stdout);
  if (/Transfer failed/.test(stdout)) {
    return { outcomes: ['refused', 'dns-refused', 'error'], ...base };
  }
  if (header === null && request.argv.includes('+short')) {
    return { outcomes: [stdout.trim() === '' ? 'nodata' : 'ok'], ...base };
  }
  const isTransfer = request.type === 'AXFR' && header === null && base.exitCode === 0;
  if (header === null && !isTransfer) {
    const isRefused = /connection refused/.test(stdout);
    return { outcomes: [...(isRefused ? ['refused'] : ['timeout']), 'dns-error'], ...base };
  }
  const dns: DnsSeen = {
    status: header?.[1] ?? 'NOERROR',
    flags: (/^;; flags:([^;]*);/m.exec(stdout)?.[1] ?? '').trim().split(/\s+/),
    answer: isTransfer ? recordLines(stdout) : section(stdout, 'ANSWER'),
    authority: section(stdout, 'AUTHORITY'),
    additional: section(stdout, 'ADDITIONAL'),
    messageSize: numberIn(/MSG SIZE {2}rcvd: (\d+)/, stdout),
    cookieSize: cookieSize(stdout),
    transport: /^;; SERVER: .*\((UDP|TCP)\)$/m.exec(stdout)?.[1],
    isTcpRetry: /Truncated, retrying in TCP mode/.test(stdout),
    udpSize: numberIn(/EDNS: version: \d+, flags:[^;]*; udp: (\d+)/, stdout),
  };
  return { outcomes: digOutcome(request, dns), ...base, dns };
}

function digOutcome(request: Request, dns: DnsSeen): OutcomeWord[] {
  switch (dns.status) {
    case 'NOERROR': {
      if (dns.answer.length === 0) return ['nodata'];
      const hasType = dns.answer.some((line) => line.split(/\s+/)[3] === request.type);
      return hasType || request.type === 'ANY' ? ['ok'] : ['ok', 'nodata'];
    }
    case 'NXDOMAIN':
      return ['nxdomain'];
    case 'SERVFAIL':
      return ['servfail'];
    case 'REFUSED':
      return request.type === 'AXFR' ? ['refused', 'dns-refused'] : ['dns-refused'];
    default:
      return [dns.status.toLowerCase(), 'error'];
  }
}

/** An EDNS option: code, length and the bytes. */
function cookieSize(text: string): number {
  const hex = /^; COOKIE: ([0-9a-f]+)/m.exec(text)?.[1];
  return hex === undefined ? 0 : 4 + hex.length / 2;
}

function section(text: string, name: string): string[] {
  const start = text.indexOf(`;; ${name} SECTION:\n`);
  if (start < 0) return [];
  const rest = text.slice(text.indexOf('\n', start) + 1);
  const end = rest.search(/^\s*$/m);
  return recordLines(end < 0 ? rest : rest.slice(0, end));
}

/** Records, one blank between the fields. */
function recordLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith(';'))
    .map((line) => line.trim().replaceAll(/\s+/g, ' '));
}

function numberIn(pattern: RegExp, text: string): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
