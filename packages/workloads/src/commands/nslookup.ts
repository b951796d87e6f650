/**
 * nslookup and host of BIND 9.18, nslookup of busybox, getent.
 */
import { formatIp, parseIp } from '@podwire/base';
import {
  DNS_PORT,
  type DnsQueryResult,
  dnsQuery,
  lookupHostsByIp,
  parseHostsFile,
  parseResolvConf,
  resolverOptions,
  searchNames,
} from '@podwire/dns';
import type { Proc } from '@podwire/engine';
import { DNS_TYPES, type DnsRecord, formatDnsData } from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { resolve } from '../resolve.ts';
import { reverseName } from './dig.ts';

interface Server {
  readonly ip: number;
  readonly text: string;
  readonly port: number;
}

function* findServer(ctx: CommandContext, given: string | undefined): Proc<Server | undefined> {
  const conf = parseResolvConf(ctx.fs.read('/etc/resolv.conf') ?? '');
  const text = given ?? conf.nameservers[0] ?? '127.0.0.1';
  const ip = parseIp(text) ?? (yield* resolve(ctx, text, 'any')).addresses[0];
  return ip === undefined ? undefined : { ip, text, port: DNS_PORT };
}

function* ask(
  ctx: CommandContext,
  server: Server,
  name: string,
  type: string,
): Proc<DnsQueryResult> {
  return yield* dnsQuery(ctx.ns, {
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
  const words: string[] = [];
  for (const word of argv.slice(1)) {
    const match = /^-(?:q|query|ty|type|querytype)=(.+)$/i.exec(word);
    if (match !== null) type = (match[1] ?? 'A').toUpperCase();
    else if (/^-(debug|d2|nodebug|timeout=\d+|port=\d+|retry=\d+)$/.test(word)) continue;
    else if (word.startsWith('-')) {
      ctx.out(`*** Invalid option: ${word.slice(1)}\n`);
      return 1;
    } else words.push(word);
  }
  const name = words[0];
  if (name === undefined) return 0;
  if (type !== undefined && !DNS_TYPES.has(type)) {
    ctx.out(`unknown query type: ${type}\n`);
    return 1;
  }
  const server = yield* findServer(ctx, words[1]);
  if (server === undefined) {
    ctx.err(`nslookup: couldn't get address for '${words[1] ?? ''}': not found\n`);
    return 1;
  }
  const head = `Server:\t\t${server.text}\nAddress:\t${formatIp(server.ip)}#${server.port}\n\n`;
  const reverse = parseIp(name) === undefined ? undefined : reverseName(name);
  if (reverse !== undefined) return yield* bindReverse(ctx, server, reverse);
  const conf = parseResolvConf(ctx.fs.read('/etc/resolv.conf') ?? '');
  const candidates = searchNames(name, conf, resolverOptions(conf).ndots);
  let last: DnsQueryResult | undefined;
  for (const candidate of candidates) {
    last = yield* ask(ctx, server, candidate, type ?? 'A');
    if (last.reply === undefined) {
      for (const failure of last.failures) {
        ctx.out(
          `;; communications error to ${formatIp(server.ip)}#${server.port}: ${failure.why}\n`,
        );
      }
      ctx.out(';; no servers could be reached\n\n');
      return 1;
    }
    if (last.reply.rcode === 'NXDOMAIN') continue;
    ctx.out(head);
    if (last.reply.rcode !== 'NOERROR') break;
    if (last.reply.recursionDesired && !last.reply.recursionAvailable) {
      ctx.out(`;; Got recursion not available from ${formatIp(server.ip)}\n`);
    }
    const lines = nslookupLines(last.reply.answers);
    if (type === undefined) {
      const six = yield* ask(ctx, server, candidate, 'AAAA');
      for (const line of nslookupLines(six.reply?.answers ?? [])) {
        if (!lines.includes(line) || !line.includes('canonical')) lines.push(line);
      }
    }
    if (lines.length === 0) {
      ctx.out(`*** Can't find ${name}: No answer\n\n`);
      return 0;
    }
    if (!last.reply.authoritative) ctx.out('Non-authoritative answer:\n');
    ctx.out(`${lines.join('')}\n`);
    return 0;
  }
  const rcode = last?.reply?.rcode ?? 'NXDOMAIN';
  if (rcode === 'NXDOMAIN') ctx.out(head);
  ctx.out(`** server can't find ${name}: ${rcode}\n\n`);
  return 1;
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

function* bindReverse(ctx: CommandContext, server: Server, name: string): Proc<number> {
  const result = yield* ask(ctx, server, name, 'PTR');
  if (result.reply === undefined) {
    for (const failure of result.failures) {
      ctx.out(`;; communications error to ${formatIp(server.ip)}#${server.port}: ${failure.why}\n`);
    }
    ctx.out(';; no servers could be reached\n\n');
    return 1;
  }
  if (result.reply.rcode !== 'NOERROR') {
    ctx.out(`** server can't find ${name.replace(/\.$/, '')}: ${result.reply.rcode}\n\n`);
    return 1;
  }
  ctx.out(`${nslookupLines(result.reply.answers).join('')}\n`);
  return 0;
}

function* busyboxNslookup(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const types: string[] = [];
  const words: string[] = [];
  for (const word of argv.slice(1)) {
    const match = /^-(?:q|query|type|querytype)=(.+)$/i.exec(word);
    if (match !== null) types.push((match[1] ?? 'A').toUpperCase());
    else if (word.startsWith('-')) {
      ctx.err(
        `nslookup: invalid option -- '${word.slice(1, 2)}'\nBusyBox v1.37.0 multi-call binary.\n\nUsage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n`,
      );
      return 1;
    } else words.push(word);
  }
  const name = words[0];
  if (name === undefined) {
    ctx.err(
      'BusyBox v1.37.0 multi-call binary.\n\nUsage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n',
    );
    return 1;
  }
  const server = yield* findServer(ctx, words[1]);
  if (server === undefined) {
    ctx.err(`nslookup: bad address '${words[1] ?? ''}'\n`);
    return 1;
  }
  const reverse = parseIp(name) === undefined ? undefined : reverseName(name);
  const conf = parseResolvConf(ctx.fs.read('/etc/resolv.conf') ?? '');
  const candidates =
    reverse !== undefined ? [reverse] : searchNames(name, conf, resolverOptions(conf).ndots);
  const asked = reverse !== undefined ? ['PTR'] : types.length > 0 ? types : ['A', 'AAAA'];
  let text = `Server:\t\t${formatIp(server.ip)}\nAddress:\t${formatIp(server.ip)}:${server.port}\n\n`;
  let isFound = false;
  let hasFailed = false;
  for (const candidate of candidates) {
    const misses: string[] = [];
    for (const type of asked) {
      const result = yield* ask(ctx, server, candidate, type);
      if (result.reply === undefined) {
        ctx.out(';; connection timed out; no servers could be reached\n\n');
        return 1;
      }
      if (result.reply.rcode !== 'NOERROR') {
        misses.push(
          `** server can't find ${candidate.replace(/\.$/, '')}: ${result.reply.rcode}\n\n`,
        );
        continue;
      }
      const lines = nslookupLines(result.reply.answers);
      isFound = true;
      const head = result.reply.authoritative ? '' : 'Non-authoritative answer:\n';
      text += lines.length > 0 ? `${head}${lines.join('')}\n` : '';
    }
    if (isFound) break;
    text += misses[0] ?? '';
    hasFailed = true;
  }
  ctx.out(text);
  return isFound || !hasFailed ? 0 : 1;
}

export function* host(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  let type: string | undefined;
  const words: string[] = [];
  for (let index = 1; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '-t') type = (argv[++index] ?? 'A').toUpperCase();
    else if (word === '-W' || word === '-R') index++;
    else if (word === '-4' || word === '-6' || word === '-T') continue;
    else if (word.startsWith('-')) {
      ctx.err(
        `host: illegal option -- ${word.slice(1, 2)}\nUsage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n            [-R number] [-m flag] [-p port] hostname [server]\n`,
      );
      return 1;
    } else words.push(word);
  }
  const name = words[0];
  if (name === undefined) {
    ctx.err(
      'Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n            [-R number] [-m flag] [-p port] hostname [server]\n',
    );
    return 1;
  }
  const server = yield* findServer(ctx, words[1]);
  if (server === undefined) {
    ctx.err(`host: couldn't get address for '${words[1] ?? ''}': not found\n`);
    return 1;
  }
  if (words[1] !== undefined) {
    ctx.out(
      `Using domain server:\nName: ${words[1]}\nAddress: ${formatIp(server.ip)}#${server.port}\nAliases: \n\n`,
    );
  }
  const reverse = parseIp(name) === undefined ? undefined : reverseName(name);
  const conf = parseResolvConf(ctx.fs.read('/etc/resolv.conf') ?? '');
  const candidates =
    reverse === undefined ? searchNames(name, conf, resolverOptions(conf).ndots) : [reverse];
  const types = reverse !== undefined ? ['PTR'] : type === undefined ? ['A', 'AAAA', 'MX'] : [type];
  let rcode = 'NXDOMAIN';
  for (const candidate of candidates) {
    let isKnown = false;
    for (const one of types) {
      const result = yield* ask(ctx, server, candidate, one);
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
      if (rcode !== 'NOERROR') break;
      isKnown = true;
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
  if (database === 'hosts' || database === 'ahosts' || database === 'ahostsv4') {
    let exitCode = 0;
    for (const key of keys) {
      const lines = yield* getentHosts(ctx, database, key);
      if (lines.length === 0) exitCode = 2;
      for (const line of lines) ctx.out(`${line}\n`);
    }
    return exitCode;
  }
  if (database === undefined) {
    ctx.err(
      "getent: wrong number of arguments\nTry `getent --help' or `getent --usage' for more information.\n",
    );
    return 1;
  }
  ctx.err(
    `Unknown database: ${database}\nTry \`getent --help' or \`getent --usage' for more information.\n`,
  );
  return 1;
}

function* getentHosts(ctx: CommandContext, database: string, key: string): Proc<string[]> {
  const numeric = parseIp(key);
  if (numeric !== undefined && database === 'hosts') {
    const fromFile = lookupHostsByIp(parseHostsFile(ctx.fs.read('/etc/hosts') ?? ''), numeric);
    const name = fromFile ?? (yield* reverseLookup(ctx, key));
    return name === undefined ? [] : [`${key.padEnd(15)} ${name}`];
  }
  if (database === 'hosts') {
    // gethostbyname2(): IPv6 first, then IPv4.
    for (const family of [6, 4] as const) {
      const resolved = yield* resolve(ctx, key, family);
      if (resolved.addresses.length === 0) continue;
      const name = resolved.canonicalName.replace(/\.$/, '');
      return resolved.addresses.map((ip) => `${formatIp(ip).padEnd(15)} ${name}`);
    }
    return [];
  }
  const resolved = yield* resolve(ctx, key, database === 'ahostsv4' ? 4 : 'any');
  const name = resolved.canonicalName.replace(/\.$/, '');
  return resolved.addresses.flatMap((ip, index) =>
    ['STREAM', 'DGRAM', 'RAW'].map(
      (kind, row) =>
        `${formatIp(ip).padEnd(15)} ${kind.padEnd(6)} ${row === 0 && index === 0 ? name : ''}`,
    ),
  );
}

function* reverseLookup(ctx: CommandContext, address: string): Proc<string | undefined> {
  const server = yield* findServer(ctx, undefined);
  const name = reverseName(address);
  if (server === undefined || name === undefined) return undefined;
  const result = yield* ask(ctx, server, name, 'PTR');
  const record = result.reply?.answers.find((answer) => answer.type === 'PTR');
  return record === undefined ? undefined : formatDnsData(record.data).replace(/\.$/, '');
}
