/**
 * Resource records as text, one a line, as in zone files and in dig's answers.
 */
import { isIpv4, parseIp } from '@podwire/base';
import {
  DNS_TYPES,
  type DnsData,
  type DnsRecord,
  absoluteDnsName,
  formatDnsData,
} from '@podwire/wire';

/** `name ttl class type data`, separated by one tab each, as dig prints it with `+nottlunits`. */
export function formatRecord(record: DnsRecord): string {
  const { name, ttlSec, type, data } = record;
  return `${name}\t${ttlSec}\t${record.class}\t${type}\t${formatDnsData(data)}`;
}

/** The TTL of a record that tells none (miekg/dns: one hour). */
const DEFAULT_TTL_SEC = 3600;

/** Reads `name [ttl] [class] type data…`; undefined when it is not that. */
export function parseRecord(text: string, origin = '.'): DnsRecord | undefined {
  const words = [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((match) => ({
    text: match[1]?.replaceAll('\\"', '"') ?? match[2] ?? '',
    isQuoted: match[1] !== undefined,
  }));
  const name = words.shift()?.text;
  let ttlSec = DEFAULT_TTL_SEC;
  let dnsClass = 'IN';
  for (;;) {
    const word = words[0]?.text.toUpperCase();
    if (word === undefined) return undefined;
    if (/^\d+$/.test(word)) ttlSec = Number(word);
    else if (word === 'IN' || word === 'CH') dnsClass = word;
    else break;
    words.shift();
  }
  const type = words.shift()?.text.toUpperCase();
  if (name === undefined || type === undefined || !DNS_TYPES.has(type)) return undefined;
  const data = parseData(
    type,
    words.map((word) => word.text),
    origin,
  );
  if (data === undefined) return undefined;
  return { name: withOrigin(name, origin), type, class: dnsClass, ttlSec, data };
}

function withOrigin(name: string, origin: string): string {
  if (name === '@') return origin;
  if (name.endsWith('.') || origin === '.') return absoluteDnsName(name);
  return `${name}.${origin}`;
}

function parseData(type: string, words: readonly string[], origin: string): DnsData | undefined {
  const name = (at: number): string => withOrigin(words[at] ?? '.', origin);
  const numbers = words.map(Number);
  const number = (at: number): number => numbers[at] ?? Number.NaN;
  switch (type) {
    case 'A':
    case 'AAAA': {
      const ip = parseIp(words[0] ?? '');
      if (ip === undefined || isIpv4(ip) !== (type === 'A')) return undefined;
      return { kind: 'address', ip };
    }
    case 'NS':
    case 'CNAME':
    case 'PTR':
    case 'DNAME':
      return words.length === 1 ? { kind: 'name', target: name(0) } : undefined;
    case 'MX':
      if (words.length !== 2 || !Number.isInteger(number(0))) return undefined;
      return { kind: 'mx', preference: number(0), target: name(1) };
    case 'SRV':
      if (words.length !== 4 || numbers.slice(0, 3).some((one) => !Number.isInteger(one))) {
        return undefined;
      }
      return {
        kind: 'srv',
        priority: number(0),
        weight: number(1),
        port: number(2),
        target: name(3),
      };
    case 'TXT':
    case 'SPF':
    case 'HINFO':
      return words.length === 0 ? undefined : { kind: 'text', texts: words };
    case 'SOA':
      if (words.length !== 7 || numbers.slice(2).some((one) => !Number.isInteger(one))) {
        return undefined;
      }
      return {
        kind: 'soa',
        mname: name(0),
        rname: name(1),
        serial: number(2),
        refresh: number(3),
        retry: number(4),
        expire: number(5),
        minimum: number(6),
      };
    default:
      return undefined;
  }
}
