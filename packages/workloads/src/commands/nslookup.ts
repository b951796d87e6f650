/**
 * nslookup and host of BIND 9.18, nslookup of busybox, getent.
 */
import { formatIp, parseIp } from '@podwire/base';
import {
  DNS_PORT,
  type DnsQueryResult,
  dnsQuery,
  parseHostsFile,
  parseResolvConf,
  resolverOptions,
  searchNames,
} from '@podwire/dns';
import type { Proc } from '@podwire/engine';
import { DNS_TYPES, type DnsRecord, absoluteDnsName, formatDnsData } from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { resolve } from '../resolve.ts';
import { confNumber, reverseName } from './dig.ts';

/** What a command line says of tries; else resolv.conf counts. */
interface Limits {
  timeoutSec?: number;
  tries?: number;
}

interface Server {
  readonly ip: number;
  readonly text: string;
  readonly port: number;
}

/** The server to ask; a text tells why its name has no address. */
function* findServer(
  ctx: CommandContext,
  given: string | undefined,
): Proc<Server | 'not found' | 'failure'> {
  const conf = parseResolvConf(ctx.fs.read('/etc/resolv.conf') ?? '');
  const text = given ?? conf.nameservers[0] ?? '127.0.0.1';
  const numeric = parseIp(text);
  if (numeric !== undefined) return { ip: numeric, text, port: DNS_PORT };
  const resolved = yield* resolve(ctx, text, 'any');
  const ip = resolved.addresses[0];
  if (ip !== undefined) return { ip, text, port: DNS_PORT };
  return resolved.error === 'EAI_NONAME' ? 'not found' : 'failure';
}

function* ask(
  ctx: CommandContext,
  server: Server,
  name: string,
  type: string,
  limits: Limits = {},
): Proc<DnsQueryResult> {
  const conf = parseResolvConf(ctx.fs.read('/etc/resolv.conf') ?? '');
  const timeout = limits.timeoutSec ?? confNumber(conf, 'timeout');
  const tries = limits.tries ?? confNumber(conf, 'attempts');
  return yield* dnsQuery(ctx.ns, {
    ...(timeout === undefined ? {} : { timeoutSec: Number(timeout) }),
    ...(tries === undefined ? {} : { tries: Number(tries) }),
    name,
    type,
    server: { ip: server.ip, port: server.port },
    ednsSizeBytes: 0,
    ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
  });
}

export function* nslookup(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  if (ctx.isBusybox === true) return yield* busyboxNslookup(ctx, argv);
  let type: string | undefined;
  let port = DNS_PORT;
  const limits: Limits = {};
  const words: string[] = [];
  for (const word of argv.slice(1)) {
    const match = /^-(?:q|query|ty|type|querytype)=(.+)$/i.exec(word);
    const limit = /^-(timeout|retry|port)=(\d+)$/.exec(word);
    if (match !== null) {
      const name = match[1] ?? 'A';
      if (DNS_TYPES.has(name.toUpperCase())) type = name.toUpperCase();
      else ctx.out(`unknown query type: ${name}\n`);
    } else if (limit !== null) {
      if (limit[1] === 'timeout') limits.timeoutSec = Number(limit[2]);
      else if (limit[1] === 'retry') limits.tries = Number(limit[2]);
      else port = Number(limit[2]);
    } else if (/^-(debug|d2|vc|domain=.*)$/.test(word)) {
      ctx.err(`nslookup: ${word} is not modelled by podwire\n`);
      return 1;
    } else if (/^-(nodebug|nod2|nofail|search|recurse|novc)$/.test(word)) continue;
    else if (word.startsWith('-')) ctx.out(`*** Invalid option: ${word.slice(1)}\n`);
    else words.push(word);
  }
  const name = words[0];
  if (name === undefined) return 0;
  const found = yield* findServer(ctx, words[1]);
  if (typeof found === 'string') {
    ctx.err(`nslookup: couldn't get address for '${words[1] ?? ''}': ${found}\n`);
    return 1;
  }
  const server = { ...found, port };
  // With a server of one's own choice, nslookup keeps silent about recursion.
  const notes = (result: DnsQueryResult): string => {
    if (result.reply?.rcode === 'SERVFAIL') {
      return `;; Got SERVFAIL reply from ${formatIp(server.ip)}\n`;
    }
    const lacks = result.reply?.recursionDesired === true && !result.reply.recursionAvailable;
    return lacks && words[1] === undefined
      ? `;; Got recursion not available from ${formatIp(server.ip)}\n`
      : '';
  };
  const head = `Server:\t\t${server.text}\nAddress:\t${formatIp(server.ip)}#${server.port}\n\n`;
  const reverse = parseIp(name) === undefined ? undefined : reverseName(name);
  if (reverse !== undefined) return yield* bindReverse(ctx, server, reverse, notes);
  const conf = parseResolvConf(ctx.fs.read('/etc/resolv.conf') ?? '');
  const all = searchNames(name, conf, resolverOptions(conf).ndots);
  // A name with dots enough is asked as it is, and that is all.
  const candidates = all[0] === absoluteDnsName(name) ? all.slice(0, 1) : all;
  let last: DnsQueryResult | undefined;
  for (const candidate of candidates) {
    last = yield* ask(ctx, server, candidate, type ?? 'A', limits);
    if (last.reply === undefined) {
      for (const failure of last.failures) {
        ctx.out(
          `;; communications error to ${formatIp(server.ip)}#${server.port}: ${failure.why}\n`,
        );
      }
      ctx.out(';; no servers could be reached\n\n');
      return 1;
    }
    ctx.out(notes(last));
    if (last.reply.rcode === 'NXDOMAIN') continue;
    ctx.out(head);
    if (last.reply.rcode !== 'NOERROR') break;
    const lines = nslookupLines(last.reply.answers);
    let after = '';
    if (type === undefined) {
      const six = yield* ask(
        ctx,
        server,
        lastName(last.reply.answers) ?? candidate,
        'AAAA',
        limits,
      );
      after = notes(six);
      for (const line of nslookupLines(six.reply?.answers ?? [])) {
        if (!lines.includes(line) || !line.includes('canonical')) lines.push(line);
      }
    }
    if (lines.length === 0) {
      ctx.out(`*** Can't find ${name}: No answer\n\n`);
      return 0;
    }
    if (!last.reply.authoritative) ctx.out('Non-authoritative answer:\n');
    ctx.out(`${lines.join('')}${after}\n`);
    return 0;
  }
  const rcode = last?.reply?.rcode ?? 'NXDOMAIN';
  if (rcode === 'NXDOMAIN') ctx.out(head);
  ctx.out(`** server can't find ${name}: ${rcode}\n\n`);
  return 1;
}

/** Where a chain of CNAMEs leads. */
function lastName(records: readonly DnsRecord[]): string | undefined {
  let name: string | undefined;
  for (const record of records) {
    if (record.type === 'CNAME' && record.data.kind === 'name') name = record.data.target;
  }
  return name;
}

function nslookupLines(records: readonly DnsRecord[]): string[] {
  const lines: string[] = [];
  for (const record of records) {
    const name = record.name.replace(/\.$/, '');
    const data = formatDnsData(record.data);
    if (record.type === 'A' || record.type === 'AAAA')
      lines.push(`Name:\t${name}\nAddress: ${data}\n`);
    else if (record.type === 'CNAME') lines.push(`${name}\tcanonical name = ${data}\n`);
    else if (record.type === 'PTR') lines.push(`${name}\tname = ${data}\n`);
    else if (record.type === 'SRV') lines.push(`${name}\tservice = ${data}\n`);
    else if (record.type === 'TXT') lines.push(`${name}\ttext = ${data}\n`);
    else if (record.type === 'MX') lines.push(`${name}\tmail exchanger = ${data}\n`);
    else if (record.type === 'NS') lines.push(`${name}\tnameserver = ${data}\n`);
    else lines.push(`${name}\trdata_${DNS_TYPES.get(record.type) ?? record.type} = ${data}\n`);
  }
  return lines;
}

function* bindReverse(
  ctx: CommandContext,
  server: Server,
  name: string,
  notes: (result: DnsQueryResult) => string,
): Proc<number> {
  const result = yield* ask(ctx, server, name, 'PTR');
  if (result.reply === undefined) {
    for (const failure of result.failures) {
      ctx.out(`;; communications error to ${formatIp(server.ip)}#${server.port}: ${failure.why}\n`);
    }
    ctx.out(';; no servers could be reached\n\n');
    return 1;
  }
  ctx.out(notes(result));
  if (result.reply.rcode !== 'NOERROR') {
    ctx.out(`** server can't find ${name.replace(/\.$/, '')}: ${result.reply.rcode}\n\n`);
    return 1;
  }
  ctx.out(`${nslookupLines(result.reply.answers).join('')}\n`);
  return 0;
}

const BUSYBOX_USAGE = `BusyBox v1.37.0 multi-call binary.

Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]

Query DNS about HOST

QUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,ptr,srv,any
`;

/** Types that busybox knows. */
const BUSYBOX_TYPES = ['SOA', 'NS', 'A', 'AAAA', 'CNAME', 'MX', 'TXT', 'PTR', 'SRV', 'ANY'];

/**
 * busybox asks for all types under all search domains at once and prints every answer: a name that is found
 * under one of three domains comes with two misses, and the exit status of a failure.
 */
function* busyboxNslookup(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const types: string[] = [];
  const words: string[] = [];
  for (const word of argv.slice(1)) {
    const match = /^-(?:q|query|type|querytype)=(.+)$/i.exec(word);
    if (match !== null) {
      const type = (match[1] ?? '').toUpperCase();
      if (!BUSYBOX_TYPES.includes(type)) {
        ctx.err(`nslookup: invalid query type "${match[1] ?? ''}"\n`);
        return 1;
      }
      types.push(type);
    } else if (word === '-debug') {
      ctx.err('nslookup: -debug is not modelled by podwire\n');
      return 1;
    } else if (word.startsWith('-')) {
      ctx.err(BUSYBOX_USAGE);
      return 1;
    } else words.push(word);
  }
  const name = words[0];
  if (name === undefined) {
    ctx.err(BUSYBOX_USAGE);
    return 1;
  }
  const server = yield* findServer(ctx, words[1]);
  if (typeof server === 'string') {
    ctx.err(`nslookup: bad address '${words[1] ?? ''}'\n`);
    return 1;
  }
  const reverse = parseIp(name) === undefined ? undefined : reverseName(name);
  const { search } = parseResolvConf(ctx.fs.read('/etc/resolv.conf') ?? '');
  const isBare = !name.includes('.') && search.length > 0;
  const names = isBare
    ? search.map((domain) => `${name}.${domain}`)
    : [(reverse ?? name).replace(/\.$/, '')];
  const asked = reverse !== undefined ? ['PTR'] : types.length > 0 ? types : ['A', 'AAAA'];
  const queries = asked.flatMap((type) => names.map((one) => ({ name: one, type })));
  // All are on their way together; each is sent again every five seconds, twice.
  const limits = { timeoutSec: BUSYBOX_TIMEOUT_SEC, tries: 1 };
  const running = queries.map((query) =>
    ctx.sim.spawn(
      `nslookup ${query.name}`,
      ask(ctx, server, absoluteDnsName(query.name), query.type, limits),
    ),
  );
  let text = `Server:\t\t${words[1] ?? formatIp(server.ip)}\nAddress:\t${formatIp(server.ip)}:${server.port}\n\n`;
  let exitCode = 0;
  try {
    for (const [index, process] of running.entries()) {
      while (!process.isDone) yield* process.done.wait();
      const result = process.result;
      if (result?.reply === undefined) {
        if (result?.failures.some((failure) => failure.why === 'connection refused') === true) {
          ctx.err(`nslookup: write to '${server.text}': Connection refused\n`);
        }
        ctx.out(';; connection timed out; no servers could be reached\n\n');
        return 1;
      }
      const { reply } = result;
      if (reply.rcode !== 'NOERROR') {
        text += `** server can't find ${queries[index]?.name ?? ''}: ${reply.rcode}\n\n`;
        exitCode = 1;
        continue;
      }
      const lines = nslookupLines(reply.answers).map((line) => line.replace(/\.\n$/, '\n'));
      const head = reply.authoritative ? '' : 'Non-authoritative answer:\n';
      text += `${head}${lines.join('')}\n`;
    }
  } finally {
    for (const process of running) process.cancel();
  }
  ctx.out(text);
  return exitCode;
}

/** RETRANS_MAX_TIME and its neighbours of busybox: five seconds altogether. */
const BUSYBOX_TIMEOUT_SEC = 5;

const HOST_USAGE = `Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]
            [-R number] [-m flag] [-p port] hostname [server]
       -a is equivalent to -v -t ANY
       -A is like -a but omits RRSIG, NSEC, NSEC3
       -c specifies query class for non-IN data
       -C compares SOA records on authoritative nameservers
       -d is equivalent to -v
       -l lists all hosts in a domain, using AXFR
       -m set memory debugging flag (trace|record|usage)
       -N changes the number of dots allowed before root lookup is done
       -p specifies the port on the server to query
       -r disables recursive processing
       -R specifies number of retries for UDP packets
       -s a SERVFAIL response should stop query
       -t specifies the query type
       -T enables TCP/IP mode
       -U enables UDP mode
       -v enables verbose output
       -V print version number and exit
       -w specifies to wait forever for a reply
       -W specifies how long to wait for a reply
       -4 use IPv4 query transport only
       -6 use IPv6 query transport only
`;

export function* host(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  let type: string | undefined;
  const limits: Limits = {};
  const words: string[] = [];
  for (let index = 1; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '-t') type = (argv[++index] ?? 'A').toUpperCase();
    else if (word === '-W') limits.timeoutSec = Number(argv[++index]);
    else if (word === '-R') limits.tries = Math.max(Number(argv[++index]), 1) + 1;
    else if (word === '-4' || word === '-U') continue;
    else if (/^-[aACdilrTvVw6cmNps]/.test(word)) {
      ctx.err(`host: option ${word.slice(0, 2)} is not modelled by podwire\n`);
      return 1;
    } else if (word.startsWith('-')) {
      ctx.err(`host: illegal option -- ${word.slice(1, 2)}\n${HOST_USAGE}`);
      return 1;
    } else words.push(word);
  }
  const name = words[0];
  if (name === undefined) {
    ctx.err(HOST_USAGE);
    return 1;
  }
  const server = yield* findServer(ctx, words[1]);
  if (typeof server === 'string') {
    ctx.err(`host: couldn't get address for '${words[1] ?? ''}': ${server}\n`);
    return 1;
  }
  let head =
    words[1] === undefined
      ? ''
      : `Using domain server:\nName: ${words[1]}\nAddress: ${formatIp(server.ip)}#${server.port}\nAliases: \n\n`;
  const reverse = parseIp(name) === undefined ? undefined : reverseName(name);
  const conf = parseResolvConf(ctx.fs.read('/etc/resolv.conf') ?? '');
  const candidates =
    reverse === undefined ? searchNames(name, conf, resolverOptions(conf).ndots) : [reverse];
  const types = reverse !== undefined ? ['PTR'] : type === undefined ? ['A', 'AAAA', 'MX'] : [type];
  let rcode = 'NXDOMAIN';
  for (const candidate of candidates) {
    let isKnown = false;
    let asked = candidate;
    for (const one of types) {
      const result = yield* ask(ctx, server, asked, one, limits);
      if (result.reply === undefined) {
        for (const failure of result.failures) {
          ctx.out(
            `;; communications error to ${formatIp(server.ip)}#${server.port}: ${failure.why}\n`,
          );
        }
        ctx.out(';; no servers could be reached\n');
        return 1;
      }
      rcode = result.reply.rcode;
      ctx.out(head);
      head = '';
      if (rcode !== 'NOERROR') break;
      isKnown = true;
      // The further types are asked of what an alias stands for.
      asked = lastName(result.reply.answers) ?? asked;
      for (const record of result.reply.answers) ctx.out(hostLine(record));
      if (result.reply.answers.length === 0 && types.length === 1) {
        ctx.out(`${candidate.replace(/\.$/, '')} has no ${one} record\n`);
      }
    }
    if (isKnown) return 0;
    if (rcode !== 'NXDOMAIN') break;
  }
  const shown = reverse ?? name;
  ctx.out(`Host ${shown} not found: ${hostCode(rcode)}\n`);
  return 1;
}

function hostCode(rcode: string): string {
  const number = new Map([
    ['SERVFAIL', 2],
    ['NXDOMAIN', 3],
    ['REFUSED', 5],
  ]).get(rcode);
  return number === undefined ? rcode : `${number}(${rcode})`;
}

function hostLine(record: DnsRecord): string {
  const name = record.name.replace(/\.$/, '');
  const data = formatDnsData(record.data);
  switch (record.type) {
    case 'A':
      return `${name} has address ${data}\n`;
    case 'AAAA':
      return `${name} has IPv6 address ${data}\n`;
    case 'CNAME':
      return `${name} is an alias for ${data}\n`;
    case 'PTR':
      return `${name} domain name pointer ${data}\n`;
    case 'SRV':
      return `${name} has SRV record ${data}\n`;
    case 'TXT':
      return `${name} descriptive text ${data}\n`;
    case 'MX':
      return `${name} mail is handled by ${data}\n`;
    default:
      return `${name} has ${record.type} record ${data}\n`;
  }
}

/** getent hosts, ahosts, ahostsv4: through the C library. */
export function* getent(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const database = argv[1];
  const keys = argv.slice(2);
  if (database === 'hosts' && keys.length === 0) {
    for (const entry of parseHostsFile(ctx.fs.read('/etc/hosts') ?? '')) {
      ctx.out(`${formatIp(entry.ip).padEnd(15)} ${entry.names.join(' ')}\n`);
    }
    return 0;
  }
  if (
    database === 'hosts' ||
    database === 'ahosts' ||
    database === 'ahostsv4' ||
    database === 'ahostsv6'
  ) {
    let exitCode = 0;
    for (const key of keys) {
      const lines = yield* getentHosts(ctx, database, key);
      if (lines.length === 0) exitCode = 2;
      for (const line of lines) ctx.out(`${line}\n`);
    }
    return exitCode;
  }
  if (database === undefined) {
    ctx.err('getent: wrong number of arguments\n');
    ctx.out("Try `getent --help' or `getent --usage' for more information.\n");
    return 1;
  }
  if (GETENT_DATABASES.has(database)) {
    ctx.err(`getent: the database ${database} is not modelled by podwire\n`);
    return 1;
  }
  ctx.err(`Unknown database: ${database}\n`);
  ctx.out("Try `getent --help' or `getent --usage' for more information.\n");
  return 1;
}

/** Databases that the real one has besides. */
const GETENT_DATABASES: ReadonlySet<string> = new Set(
  'aliases ethers group gshadow initgroups netgroup networks passwd protocols rpc services shadow'.split(
    ' ',
  ),
);

function* getentHosts(ctx: CommandContext, database: string, key: string): Proc<string[]> {
  const numeric = parseIp(key);
  if (numeric !== undefined && database === 'hosts') {
    const entries = parseHostsFile(ctx.fs.read('/etc/hosts') ?? '');
    const fromFile = entries.find((entry) => entry.ip === numeric)?.names.join(' ');
    const name = fromFile ?? (yield* reverseLookup(ctx, key));
    return name === undefined ? [] : [`${key.padEnd(15)} ${name}`];
  }
  if (database === 'hosts') {
    // gethostbyname2(): IPv6 first, then IPv4.
    for (const family of [6, 4] as const) {
      const resolved = yield* resolve(ctx, key, family);
      if (resolved.addresses.length === 0) continue;
      const name = resolved.canonicalName.replace(/\.$/, '');
      const entry = parseHostsFile(ctx.fs.read('/etc/hosts') ?? '').find(
        (line) => line.names.includes(key) && resolved.addresses.includes(line.ip),
      );
      // A search domain makes no alias, a CNAME does.
      const isAlias = !name.toLowerCase().startsWith(`${key.toLowerCase()}.`) && name !== key;
      const names = entry?.names.join(' ') ?? (isAlias ? `${name} ${key}` : name);
      return resolved.addresses.map((ip) => `${formatIp(ip).padEnd(15)} ${names}`);
    }
    return [];
  }
  const family = database === 'ahostsv4' ? 4 : database === 'ahostsv6' ? 6 : 'any';
  const resolved = yield* resolve(ctx, key, family);
  const name = resolved.canonicalName.replace(/\.$/, '');
  return resolved.addresses.flatMap((ip, index) =>
    ['STREAM', 'DGRAM', 'RAW'].map(
      (kind, row) =>
        `${formatIp(ip).padEnd(15)} ${kind.padEnd(6)} ${row === 0 && index === 0 ? name : ''}`,
    ),
  );
}

/** The first name of an address: from the hosts file, else from DNS. */
export function* reverseLookup(ctx: CommandContext, address: string): Proc<string | undefined> {
  const numeric = parseIp(address);
  const entries = parseHostsFile(ctx.fs.read('/etc/hosts') ?? '');
  const entry = entries.find((one) => one.ip === numeric);
  if (entry?.names[0] !== undefined) return entry.names[0];
  const server = yield* findServer(ctx, undefined);
  const name = reverseName(address);
  if (typeof server === 'string' || name === undefined) return undefined;
  const result = yield* ask(ctx, server, name, 'PTR');
  const record = result.reply?.answers.find((answer) => answer.type === 'PTR');
  return record === undefined ? undefined : formatDnsData(record.data).replace(/\.$/, '');
}
