/**
 * dig of BIND 9.18.
 */
import { NS_PER_MS, clock, dayName, formatIp, hexOf, monthName, parseIp } from '@podwire/base';
import {
  DNS_PORT,
  dnsQuery,
  type DnsQueryResult,
  type ResolvConf,
  parseResolvConf,
  resolverOptions,
  searchNames,
} from '@podwire/dns';
import type { Proc } from '@podwire/engine';
import {
  DNS_TYPES,
  type DnsMessage,
  type DnsRecord,
  absoluteDnsName,
  formatDnsData,
} from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { resolve } from '../resolve.ts';
import { now } from '../servers/http.ts';

const DIG_VERSION = '9.18.33-1~deb12u2-Debian';

interface Lookup {
  readonly name: string;
  readonly type: string;
  readonly server: string | undefined;
  readonly port: number;
  readonly flags: ReadonlyMap<string, string | boolean>;
}

/** `+flags` that take on and off, and those with a value. */
const SWITCHES: ReadonlySet<string> = new Set(
  (
    'short search edns ignore tcp vc recurse cookie dnssec do all comments question answer authority ' +
    'additional stats cmd ttlid nsid defname adflag cdflag aaflag multiline showsearch class'
  ).split(' '),
);
const VALUES: ReadonlySet<string> = new Set([
  'time',
  'timeout',
  'tries',
  'retry',
  'bufsize',
  'ndots',
  'domain',
]);

export function* dig(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  if (argv[1] === '-v') {
    ctx.err(`DiG ${DIG_VERSION}\n`);
    return 0;
  }
  const lookups = parseArguments(argv.slice(1));
  if (typeof lookups === 'string') {
    ctx.err(lookups);
    return 1;
  }
  let exitCode = 0;
  for (const lookup of lookups) {
    const code = yield* runLookup(ctx, lookup, argv.slice(1), lookup === lookups[0]);
    if (code !== 0) exitCode = code;
  }
  return exitCode;
}

const USAGE = `Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]

Use "dig -h" (or "dig -h | more") for complete list of options
`;

function parseArguments(argv: readonly string[]): Lookup[] | string {
  let server: string | undefined;
  let port = DNS_PORT;
  let type: string | undefined;
  const names: { name: string; type: string | undefined }[] = [];
  const flags = new Map<string, string | boolean>();
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word.startsWith('@')) server = word.slice(1);
    else if (word.startsWith('+')) {
      const problem = parseFlag(word.slice(1), flags);
      if (problem !== undefined) return `Invalid option: ${word}\n${USAGE}`;
    } else if (word === '-x') {
      if (argv[index + 1] === undefined) return `Invalid option: ${word}\n${USAGE}`;
      const reverse = reverseName(argv[++index] ?? '');
      if (reverse === undefined) return `Invalid IP address ${argv[index] ?? ''}\n`;
      names.push({ name: reverse, type: 'PTR' });
    } else if (word === '-p') port = Number(argv[++index]);
    else if (word === '-t') type = (argv[++index] ?? 'A').toUpperCase();
    else if (word === '-q') names.push({ name: argv[++index] ?? '', type: undefined });
    else if (word === '-4' || word === '-6') continue;
    else if (word === '-h') return USAGE;
    else if (word.startsWith('-')) return `Invalid option: ${word}\n${USAGE}`;
    else if (isType(word)) type = word.toUpperCase();
    else if (/^(in|ch|hs)$/i.test(word) && names.length > 0) continue;
    else names.push({ name: word, type: undefined });
  }
  if (names.length === 0) names.push({ name: '.', type: type ?? 'NS' });
  return names.map((entry) => ({
    name: entry.name,
    type: entry.type ?? type ?? 'A',
    server,
    port,
    flags,
  }));
}

function isType(word: string): boolean {
  return DNS_TYPES.has(word.toUpperCase()) || /^TYPE\d+$/i.test(word);
}

function parseFlag(text: string, flags: Map<string, string | boolean>): 'unknown' | undefined {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  if (equals >= 0) {
    if (!VALUES.has(name) && name !== 'edns' && name !== 'cookie') return 'unknown';
    flags.set(name, text.slice(equals + 1));
    return undefined;
  }
  const isOff = name.startsWith('no');
  const bare = isOff && !SWITCHES.has(name) ? name.slice(2) : name;
  const known = [...SWITCHES].find((candidate) => candidate === bare || candidate.startsWith(bare));
  if (known === undefined || bare === '') return 'unknown';
  if (known === 'all') {
    for (const part of [
      'comments',
      'question',
      'answer',
      'authority',
      'additional',
      'stats',
      'cmd',
    ]) {
      flags.set(part, bare === name);
    }
    return undefined;
  }
  flags.set(known === 'vc' ? 'tcp' : known === 'do' ? 'dnssec' : known, bare === name);
  return undefined;
}

/** `20.10.96.10.in-addr.arpa.` */
export function reverseName(text: string): string | undefined {
  const ip = parseIp(text);
  if (ip === undefined) return undefined;
  if (!text.includes(':')) return `${text.split('.').reverse().join('.')}.in-addr.arpa.`;
  const [head = '', tail = ''] = text.includes('::') ? text.split('::') : [text, undefined];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  const digits = groups.map((group) => group.padStart(4, '0')).join('');
  return `${digits.split('').reverse().join('.')}.ip6.arpa.`;
}

/** `timeout:N` and `attempts:N` of resolv.conf, where they stand there. */
export function confNumber(conf: ResolvConf, name: 'timeout' | 'attempts'): string | undefined {
  const found = conf.options.find((option) => option.startsWith(`${name}:`));
  return found?.slice(name.length + 1);
}

function* runLookup(
  ctx: CommandContext,
  lookup: Lookup,
  argv: readonly string[],
  isFirst: boolean,
): Proc<number> {
  const conf = parseResolvConf(ctx.fs.read('/etc/resolv.conf') ?? '');
  const serverText = lookup.server ?? conf.nameservers[0] ?? '127.0.0.1';
  const resolved = yield* resolve(ctx, serverText, 'any');
  const serverIp = resolved.addresses[0];
  if (serverIp === undefined) {
    const why = resolved.error === 'EAI_NONAME' ? 'not found' : 'failure';
    ctx.err(`dig: couldn't get address for '${serverText}': ${why}\n`);
    return 1;
  }
  const flags = lookup.flags;
  const text = (name: string): string | undefined => {
    const value = flags.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const isShort = flags.get('short') === true;
  const ndots = Number(text('ndots') ?? resolverOptions(conf).ndots);
  const names =
    flags.get('search') === true || text('domain') !== undefined
      ? searchNames(lookup.name, conf, ndots)
      : [absoluteDnsName(lookup.name)];
  let hasBanner = isFirst && !isShort && flags.get('cmd') !== false;
  // The banner is printed when something has come, or nothing will.
  const banner = (): void => {
    if (!hasBanner) return;
    hasBanner = false;
    ctx.out(`\n; <<>> DiG ${DIG_VERSION} <<>>${argv.map((word) => ` ${word}`).join('')}\n`);
    if (lookup.server !== undefined) ctx.out('; (1 server found)\n');
    ctx.out(';; global options: +cmd\n');
  };
  for (const [index, name] of names.entries()) {
    const bufsize = text('bufsize');
    const ednsVersion = text('edns');
    const timeout = text('time') ?? text('timeout') ?? confNumber(conf, 'timeout');
    const retry = text('retry');
    const tries =
      text('tries') ??
      (retry === undefined ? confNumber(conf, 'attempts') : String(Number(retry) + 1));
    const result = yield* dnsQuery(ctx.ns, {
      name,
      type: lookup.type,
      server: { ip: serverIp, port: lookup.port },
      ednsSizeBytes: flags.get('edns') === false ? 0 : Number(bufsize ?? '1232'),
      cookie: flags.get('cookie') !== false,
      dnssecOk: flags.get('dnssec') === true,
      recursionDesired: flags.get('recurse') !== false,
      tcp: flags.get('tcp') === true || lookup.type === 'AXFR',
      ...(ednsVersion === undefined ? {} : { ednsVersion: Number(ednsVersion) }),
      ignoreTruncation: flags.get('ignore') === true,
      ...(timeout === undefined ? {} : { timeoutSec: Number(timeout) }),
      ...(tries === undefined ? {} : { tries: Number(tries) }),
      ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
    });
    const place = `${formatIp(serverIp)}#${lookup.port}`;
    for (const failure of result.failures) {
      ctx.out(`;; communications error to ${place}: ${failure.why}\n`);
    }
    banner();
    if (result.reply === undefined) {
      ctx.out(';; no servers could be reached\n');
      return 9;
    }
    if (lookup.type === 'AXFR' && result.reply.rcode !== 'NOERROR') {
      ctx.out('; Transfer failed.\n');
      return 0;
    }
    const isMiss = result.reply.rcode === 'NXDOMAIN' || result.reply.answers.length === 0;
    if (isMiss && index < names.length - 1) continue;
    print(ctx, result, result.reply, `${place}(${serverText})`, lookup, isShort);
    return 0;
  }
  return 0;
}

function print(
  ctx: CommandContext,
  result: DnsQueryResult,
  reply: DnsMessage,
  server: string,
  lookup: Lookup,
  isShort: boolean,
): void {
  if (isShort) {
    for (const record of reply.answers) ctx.out(`${formatDnsData(record.data)}\n`);
    return;
  }
  const shows = (part: string): boolean => lookup.flags.get(part) !== false;
  if (result.isTcpRetry) ctx.out(';; Truncated, retrying in TCP mode.\n');
  if (shows('comments')) ctx.out(headerText(result.query, reply));
  if (shows('question')) {
    const lines = reply.questions.map((question) => {
      const line = new ColumnLine(question.name);
      line.add(COLUMNS.class, question.class);
      line.add(COLUMNS.type, question.type);
      return `;${line.text}\n`;
    });
    const [head, end] = shows('comments') ? [';; QUESTION SECTION:\n', '\n'] : ['', ''];
    ctx.out(`${head}${lines.join('')}${end}`);
  }
  const sections = [
    ['answer', 'ANSWER', reply.answers],
    ['authority', 'AUTHORITY', reply.authorities],
    ['additional', 'ADDITIONAL', reply.additionals],
  ] as const;
  for (const [flag, title, records] of sections) {
    if (records.length === 0 || !shows(flag)) continue;
    const head = shows('comments') ? `;; ${title} SECTION:\n` : '';
    ctx.out(`${head}${records.map(formatRecord).join('')}${shows('comments') ? '\n' : ''}`);
  }
  if (!shows('stats')) return;
  const time = now(ctx);
  const day = String(time.day).padStart(2, '0');
  ctx.out(
    `;; Query time: ${Math.round(result.elapsedNs / NS_PER_MS)} msec\n;; SERVER: ${server} (${result.transport})\n;; WHEN: ${dayName(time)} ${monthName(time)} ${day} ${clock(time)} UTC ${time.year}\n;; MSG SIZE  rcvd: ${result.lenBytes}\n\n`,
  );
}

function headerText(query: DnsMessage, reply: DnsMessage): string {
  const flags = [
    ['qr', reply.isResponse],
    ['aa', reply.authoritative],
    ['tc', reply.truncated],
    ['rd', reply.recursionDesired],
    ['ra', reply.recursionAvailable],
    ['ad', reply.authenticData],
    ['cd', reply.checkingDisabled],
  ] as const;
  const shown = flags
    .filter(([, on]) => on)
    .map(([name]) => ` ${name}`)
    .join('');
  const additional = reply.additionals.length + (reply.edns === undefined ? 0 : 1);
  let text = `;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${reply.rcode}, id: ${reply.id}\n`;
  text += `;; flags:${shown}; QUERY: ${reply.questions.length}, ANSWER: ${reply.answers.length}, AUTHORITY: ${reply.authorities.length}, ADDITIONAL: ${additional}\n`;
  if (query.recursionDesired && !reply.recursionAvailable) {
    text += ';; WARNING: recursion requested but not available\n';
  }
  text += '\n';
  if (reply.edns !== undefined) {
    const flagsText = reply.edns.dnssecOk ? ' do' : '';
    text += `;; OPT PSEUDOSECTION:\n; EDNS: version: ${reply.edns.version}, flags:${flagsText}; udp: ${reply.edns.udpSizeBytes}\n`;
    for (const option of reply.edns.options) {
      if (option.code !== 10) continue;
      const hex = hexOf(option.bytes);
      text += `; COOKIE: ${hex}${option.bytes.length > 8 ? ' (good)' : ' (echoed)'}\n`;
    }
  }
  return text;
}

/** Columns of TTL, class, type and data in dig's style; eight to a tab. */
const COLUMNS = { ttl: 24, class: 32, type: 40, data: 48 } as const;
const TAB = 8;

/** A record as BIND's masterdump writes it. */
export function formatRecord(record: DnsRecord): string {
  const line = new ColumnLine(record.name);
  line.add(COLUMNS.ttl, String(record.ttlSec));
  line.add(COLUMNS.class, record.class);
  line.add(COLUMNS.type, record.type);
  line.add(COLUMNS.data, formatDnsData(record.data));
  return `${line.text}\n`;
}

/** Text in columns: tabs where they reach a tab stop, else blanks, at least one column further (indent()). */
class ColumnLine {
  text: string;
  #column: number;

  constructor(start: string) {
    this.text = start;
    this.#column = start.length;
  }

  add(column: number, text: string): void {
    const to = Math.max(column, this.#column + 1);
    const tabs = Math.floor(to / TAB) - Math.floor(this.#column / TAB);
    const from = tabs > 0 ? Math.floor(to / TAB) * TAB : this.#column;
    this.text += '\t'.repeat(tabs) + ' '.repeat(to - from) + text;
    this.#column = to + text.length;
  }
}
