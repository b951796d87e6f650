/**
 * DNS messages (RFC 1035, RFC 2782, RFC 3596, RFC 6891) as records and as bytes.
 *
 * Names are absolute, end in a dot and keep their case; a dot or backslash inside a label is escaped as
 * `\.` and `\\`, other odd bytes as `\DDD`. The OPT record is apart, in `edns`.
 * Why not the npm package dns-packet: docs/adr/0011. It is the oracle of this file's test.
 */
import { type Ip, ipFromBytes, ipToBytes } from '@podwire/base';
import { getU16, getU32, putU16, putU32 } from './bytes.ts';
import { utf8Encode } from './text.ts';

/** Record types that have a name here; others are written `TYPE123` (RFC 3597). */
export const DNS_TYPES: ReadonlyMap<string, number> = new Map([
  ['A', 1],
  ['NS', 2],
  ['CNAME', 5],
  ['SOA', 6],
  ['PTR', 12],
  ['HINFO', 13],
  ['MX', 15],
  ['TXT', 16],
  ['AAAA', 28],
  ['LOC', 29],
  ['SRV', 33],
  ['NAPTR', 35],
  ['DNAME', 39],
  ['OPT', 41],
  ['DS', 43],
  ['SSHFP', 44],
  ['RRSIG', 46],
  ['NSEC', 47],
  ['DNSKEY', 48],
  ['TLSA', 52],
  ['SVCB', 64],
  ['HTTPS', 65],
  ['SPF', 99],
  ['IXFR', 251],
  ['AXFR', 252],
  ['ANY', 255],
  ['URI', 256],
  ['CAA', 257],
]);

const TYPE_NAMES: ReadonlyMap<number, string> = new Map(
  [...DNS_TYPES].map(([name, code]) => [code, name]),
);

const CLASSES: ReadonlyMap<string, number> = new Map([
  ['IN', 1],
  ['CH', 3],
  ['HS', 4],
  ['NONE', 254],
  ['ANY', 255],
]);
const CLASS_NAMES: ReadonlyMap<number, string> = new Map(
  [...CLASSES].map(([name, code]) => [code, name]),
);

export const DNS_RCODES = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
  'RESERVED11',
  'RESERVED12',
  'RESERVED13',
  'RESERVED14',
  'RESERVED15',
  'BADVERS',
] as const;
export type DnsRcode = (typeof DNS_RCODES)[number];

export interface DnsQuestion {
  readonly name: string;
  readonly type: string;
  readonly class: string;
}

export type DnsData =
  | { readonly kind: 'address'; readonly ip: Ip }
  /** NS, CNAME, PTR, DNAME. */
  | { readonly kind: 'name'; readonly target: string }
  | {
      readonly kind: 'srv';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  | { readonly kind: 'mx'; readonly preference: number; readonly target: string }
  | {
      readonly kind: 'soa';
      readonly mname: string;
      readonly rname: string;
      readonly serial: number;
      readonly refresh: number;
      readonly retry: number;
      readonly expire: number;
      readonly minimum: number;
    }
  /** TXT, SPF, HINFO: character strings. */
  | { readonly kind: 'text'; readonly texts: readonly string[] }
  | { readonly kind: 'raw'; readonly bytes: Uint8Array };

export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly class: string;
  readonly ttlSec: number;
  readonly data: DnsData;
}

export interface DnsEdns {
  readonly udpSizeBytes: number;
  readonly version: number;
  readonly dnssecOk: boolean;
  readonly options: readonly { readonly code: number; readonly bytes: Uint8Array }[];
}

export interface DnsMessage {
  readonly id: number;
  readonly isResponse: boolean;
  /** 0 = QUERY. */
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  readonly rcode: DnsRcode;
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  /** Without OPT. */
  readonly additionals: readonly DnsRecord[];
  readonly edns: DnsEdns | undefined;
}

/** EDNS option code of cookies (RFC 7873). */
export const EDNS_COOKIE = 10;

/** A standard query; `recursionDesired` is set. */
export function dnsQueryMessage(id: number, question: DnsQuestion, edns?: DnsEdns): DnsMessage {
  return {
    id,
    isResponse: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: 'NOERROR',
    questions: [question],
    answers: [],
    authorities: [],
    additionals: [],
    edns,
  };
}

/** An empty answer to a query: its id, question and RD and CD bits. */
export function dnsResponseTo(query: DnsMessage, rcode: DnsRcode = 'NOERROR'): DnsMessage {
  return {
    ...query,
    isResponse: true,
    authoritative: false,
    truncated: false,
    recursionAvailable: false,
    authenticData: false,
    rcode,
    answers: [],
    authorities: [],
    additionals: [],
    edns: undefined,
  };
}

/** Compares names as DNS does: without case. */
export function dnsNamesEqual(left: string, right: string): boolean {
  return left.length === right.length && left.toLowerCase() === right.toLowerCase();
}

/** The name with a dot at its end. */
export function absoluteDnsName(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}

/** Splits an absolute name into labels, escapes kept. */
export function dnsLabels(name: string): string[] {
  if (name === '.' || name === '') return [];
  if (!name.includes('\\')) return (name.endsWith('.') ? name.slice(0, -1) : name).split('.');
  return name.match(/(?:\\\d{3}|\\.|[^.\\])+/g) ?? [];
}

/** Whether the name can be written: labels of 1 to 63 bytes, 255 in all. */
export function isDnsName(name: string): boolean {
  if (name === '.') return true;
  if (name === '' || (!name.includes('\\') && (name.startsWith('.') || name.includes('..')))) {
    return false;
  }
  let total = 1;
  for (const label of dnsLabels(name)) {
    const lenBytes = labelBytes(label).length;
    if (lenBytes < 1 || lenBytes > 63) return false;
    total += lenBytes + 1;
  }
  return total <= 255;
}

/** The message without name compression. */
export function encodeDns(message: DnsMessage): Uint8Array {
  return new DnsWriter(false).write(message);
}

/** The message with owner names, questions and the names in NS, CNAME, PTR, MX and SOA compressed. */
export function encodeDnsCompressed(message: DnsMessage): Uint8Array {
  return new DnsWriter(true).write(message);
}

/**
 * The message as a server writes it under a limit (miekg/dns Msg.Truncate): uncompressed if that fits,
 * else compressed; if it is still too long, records go from the end (additional, authority, answer) and
 * TC is set. The OPT record stays.
 */
export function encodeDnsWithin(message: DnsMessage, limitBytes: number): Uint8Array {
  const plain = encodeDns(message);
  if (plain.length <= limitBytes) return plain;
  const compressed = encodeDnsCompressed(message);
  if (compressed.length <= limitBytes) return compressed;
  return encodeDnsCompressed(truncateDns(message, limitBytes));
}

function truncateDns(message: DnsMessage, limitBytes: number): DnsMessage {
  const records = message.answers.length + message.authorities.length + message.additionals.length;
  let least = 0;
  let most = records;
  while (least < most) {
    const kept = (least + most + 1) >> 1;
    const lenBytes = encodeDnsCompressed(keepRecords(message, kept)).length;
    if (lenBytes <= limitBytes) least = kept;
    else most = kept - 1;
  }
  return keepRecords(message, least);
}

function keepRecords(message: DnsMessage, count: number): DnsMessage {
  const answers = message.answers.slice(0, count);
  const authorities = message.authorities.slice(0, Math.max(0, count - answers.length));
  const left = Math.max(0, count - answers.length - authorities.length);
  return {
    ...message,
    truncated: true,
    answers,
    authorities,
    additionals: message.additionals.slice(0, left),
  };
}

/** Reads a message; undefined when it is malformed. */
export function decodeDns(bytes: Uint8Array): DnsMessage | undefined {
  return new DnsReader(bytes).read();
}

/** A pointer can only say 14 bits of offset. */
const POINTER_OFFSET_MAX = 0x3fff;

class DnsWriter {
  #bytes = new Uint8Array(512);
  #at = 0;
  readonly #seen: Map<string, number> | undefined;

  constructor(compress: boolean) {
    this.#seen = compress ? new Map() : undefined;
  }

  write(message: DnsMessage): Uint8Array {
    const rcode = DNS_RCODES.indexOf(message.rcode);
    this.#u16(message.id);
    this.#u16(
      (message.isResponse ? 0x8000 : 0) |
        (message.opcode << 11) |
        (message.authoritative ? 0x400 : 0) |
        (message.truncated ? 0x200 : 0) |
        (message.recursionDesired ? 0x100 : 0) |
        (message.recursionAvailable ? 0x80 : 0) |
        (message.authenticData ? 0x20 : 0) |
        (message.checkingDisabled ? 0x10 : 0) |
        (rcode & 15),
    );
    this.#u16(message.questions.length);
    this.#u16(message.answers.length);
    this.#u16(message.authorities.length);
    this.#u16(message.additionals.length + (message.edns === undefined ? 0 : 1));
    for (const question of message.questions) {
      this.#name(question.name, true);
      this.#u16(typeCode(question.type));
      this.#u16(classCode(question.class));
    }
    for (const record of message.answers) this.#record(record);
    for (const record of message.authorities) this.#record(record);
    for (const record of message.additionals) this.#record(record);
    if (message.edns !== undefined) this.#opt(message.edns, rcode >>> 4);
    return this.#bytes.slice(0, this.#at);
  }

  #record(record: DnsRecord): void {
    this.#name(record.name, true);
    this.#u16(typeCode(record.type));
    this.#u16(classCode(record.class));
    this.#u32(record.ttlSec);
    const lenAt = this.#at;
    this.#u16(0);
    this.#data(record.data);
    putU16(this.#bytes, lenAt, this.#at - lenAt - 2);
  }

  #data(data: DnsData): void {
    switch (data.kind) {
      case 'address':
        this.#raw(ipToBytes(data.ip));
        return;
      case 'name':
        this.#name(data.target, true);
        return;
      case 'srv':
        this.#u16(data.priority);
        this.#u16(data.weight);
        this.#u16(data.port);
        // RFC 2782: the target is not compressed.
        this.#name(data.target, false);
        return;
      case 'mx':
        this.#u16(data.preference);
        this.#name(data.target, true);
        return;
      case 'soa':
        this.#name(data.mname, true);
        this.#name(data.rname, true);
        this.#u32(data.serial);
        this.#u32(data.refresh);
        this.#u32(data.retry);
        this.#u32(data.expire);
        this.#u32(data.minimum);
        return;
      case 'text':
        for (const text of data.texts) {
          const bytes = textBytes(text).subarray(0, 255);
          this.#raw(Uint8Array.of(bytes.length));
          this.#raw(bytes);
        }
        return;
      case 'raw':
        this.#raw(data.bytes);
    }
  }

  #opt(edns: DnsEdns, extendedRcode: number): void {
    this.#raw(Uint8Array.of(0));
    this.#u16(41);
    this.#u16(edns.udpSizeBytes);
    this.#raw(Uint8Array.of(extendedRcode, edns.version, edns.dnssecOk ? 0x80 : 0, 0));
    const lenAt = this.#at;
    this.#u16(0);
    for (const option of edns.options) {
      this.#u16(option.code);
      this.#u16(option.bytes.length);
      this.#raw(option.bytes);
    }
    putU16(this.#bytes, lenAt, this.#at - lenAt - 2);
  }

  #name(name: string, mayPoint: boolean): void {
    const labels = dnsLabels(name);
    for (let index = 0; index < labels.length; index++) {
      if (this.#seen !== undefined) {
        const rest = labels.slice(index).join('.');
        const before = this.#seen.get(rest);
        if (before !== undefined && mayPoint) {
          this.#u16(0xc000 | before);
          return;
        }
        if (before === undefined && this.#at <= POINTER_OFFSET_MAX) this.#seen.set(rest, this.#at);
      }
      const bytes = labelBytes(labels[index] ?? '').subarray(0, 63);
      this.#raw(Uint8Array.of(bytes.length));
      this.#raw(bytes);
    }
    this.#raw(Uint8Array.of(0));
  }

  #u16(value: number): void {
    this.#reserve(2);
    putU16(this.#bytes, this.#at, value);
    this.#at += 2;
  }

  #u32(value: number): void {
    this.#reserve(4);
    putU32(this.#bytes, this.#at, value);
    this.#at += 4;
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #reserve(lenBytes: number): void {
    if (this.#at + lenBytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + lenBytes));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

class DnsReader {
  readonly #bytes: Uint8Array;
  #at = 12;
  #isBad = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(): DnsMessage | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 12) return undefined;
    const flags = getU16(bytes, 2);
    const questions: DnsQuestion[] = [];
    for (let count = getU16(bytes, 4); count > 0 && !this.#isBad; count--) {
      const name = this.#name();
      questions.push({ name, type: typeName(this.#u16()), class: className(this.#u16()) });
    }
    let edns: DnsEdns | undefined;
    let rcode = flags & 15;
    const sections: DnsRecord[][] = [[], [], []];
    for (const [index, section] of sections.entries()) {
      for (let count = getU16(bytes, 6 + 2 * index); count > 0 && !this.#isBad; count--) {
        const name = this.#name();
        const type = this.#u16();
        if (type === 41 && index === 2) {
          const udpSizeBytes = this.#u16();
          rcode |= this.#u8() << 4;
          edns = this.#opt(udpSizeBytes);
        } else section.push(this.#record(name, type));
      }
    }
    const rcodeName = DNS_RCODES[rcode];
    if (this.#isBad || rcodeName === undefined) return undefined;
    return {
      id: getU16(bytes, 0),
      isResponse: (flags & 0x8000) !== 0,
      opcode: (flags >>> 11) & 15,
      authoritative: (flags & 0x400) !== 0,
      truncated: (flags & 0x200) !== 0,
      recursionDesired: (flags & 0x100) !== 0,
      recursionAvailable: (flags & 0x80) !== 0,
      authenticData: (flags & 0x20) !== 0,
      checkingDisabled: (flags & 0x10) !== 0,
      rcode: rcodeName,
      questions,
      answers: sections[0] ?? [],
      authorities: sections[1] ?? [],
      additionals: sections[2] ?? [],
      edns,
    };
  }

  #opt(udpSizeBytes: number): DnsEdns {
    const version = this.#u8();
    const dnssecOk = (this.#u16() & 0x8000) !== 0;
    const options: { code: number; bytes: Uint8Array }[] = [];
    const end = this.#u16() + this.#at;
    while (this.#at + 4 <= end && !this.#isBad) {
      const code = this.#u16();
      options.push({ code, bytes: this.#raw(this.#u16()) });
    }
    if (this.#at !== end) this.#isBad = true;
    return { udpSizeBytes, version, dnssecOk, options };
  }

  #record(name: string, type: number): DnsRecord {
    const dnsClass = className(this.#u16());
    const ttlSec = this.#u32();
    const lenBytes = this.#u16();
    const end = this.#at + lenBytes;
    const data = this.#data(type, lenBytes);
    if (this.#at !== end) this.#isBad = true;
    return { name, type: typeName(type), class: dnsClass, ttlSec, data };
  }

  #data(type: number, lenBytes: number): DnsData {
    const end = this.#at + lenBytes;
    switch (typeName(type)) {
      case 'A':
        if (lenBytes !== 4) break;
        return { kind: 'address', ip: ipFromBytes(this.#fixed(4)) };
      case 'AAAA':
        if (lenBytes !== 16) break;
        return { kind: 'address', ip: ipFromBytes(this.#fixed(16)) };
      case 'NS':
      case 'CNAME':
      case 'PTR':
      case 'DNAME':
        return { kind: 'name', target: this.#name() };
      case 'SRV': {
        const priority = this.#u16();
        const weight = this.#u16();
        const port = this.#u16();
        return { kind: 'srv', priority, weight, port, target: this.#name() };
      }
      case 'MX':
        return { kind: 'mx', preference: this.#u16(), target: this.#name() };
      case 'SOA': {
        const mname = this.#name();
        const rname = this.#name();
        const serial = this.#u32();
        const refresh = this.#u32();
        const retry = this.#u32();
        const expire = this.#u32();
        return { kind: 'soa', mname, rname, serial, refresh, retry, expire, minimum: this.#u32() };
      }
      case 'TXT':
      case 'SPF':
      case 'HINFO': {
        const texts: string[] = [];
        while (this.#at < end && !this.#isBad) texts.push(bytesText(this.#raw(this.#u8())));
        return { kind: 'text', texts };
      }
      default:
        return { kind: 'raw', bytes: this.#raw(lenBytes) };
    }
    this.#isBad = true;
    return { kind: 'raw', bytes: new Uint8Array(0) };
  }

  #name(): string {
    let text = '';
    let at = this.#at;
    let end: number | undefined;
    let total = 1;
    for (;;) {
      const len = this.#bytes[at];
      if (len === undefined) return this.#fail();
      if (len === 0) break;
      if (len >= 0xc0) {
        const low = this.#bytes[at + 1];
        if (low === undefined) return this.#fail();
        end ??= at + 2;
        const target = ((len & 0x3f) << 8) | low;
        // Only pointers backwards, so that a chain of them ends.
        if (target >= at) return this.#fail();
        at = target;
        continue;
      }
      total += len + 1;
      if (len > 63 || at + 1 + len > this.#bytes.length || total > 255) return this.#fail();
      text += `${labelText(this.#bytes.subarray(at + 1, at + 1 + len))}.`;
      at += 1 + len;
    }
    this.#at = end ?? at + 1;
    return text === '' ? '.' : text;
  }

  #fail(): string {
    this.#isBad = true;
    this.#at = this.#bytes.length;
    return '.';
  }

  /** Exactly this many bytes; zeros when the message ends early. */
  #fixed(lenBytes: number): Uint8Array {
    const bytes = this.#raw(lenBytes);
    return bytes.length === lenBytes ? bytes : new Uint8Array(lenBytes);
  }

  #raw(lenBytes: number): Uint8Array {
    if (this.#at + lenBytes > this.#bytes.length) {
      this.#fail();
      return new Uint8Array(0);
    }
    const bytes = this.#bytes.slice(this.#at, this.#at + lenBytes);
    this.#at += lenBytes;
    return bytes;
  }

  #u8(): number {
    return this.#fixed(1)[0] ?? 0;
  }

  #u16(): number {
    return getU16(this.#fixed(2), 0);
  }

  #u32(): number {
    return getU32(this.#fixed(4), 0);
  }
}

function typeCode(type: string): number {
  return DNS_TYPES.get(type) ?? numberBehind('TYPE', type);
}

function typeName(code: number): string {
  return TYPE_NAMES.get(code) ?? `TYPE${code}`;
}

function classCode(name: string): number {
  return CLASSES.get(name) ?? numberBehind('CLASS', name);
}

function className(code: number): string {
  return CLASS_NAMES.get(code) ?? `CLASS${code}`;
}

function numberBehind(prefix: string, text: string): number {
  return text.startsWith(prefix) ? Number(text.slice(prefix.length)) & 0xffff : 0;
}

/** The bytes of one label or character string, escapes undone. */
function labelBytes(label: string): Uint8Array {
  return textBytes(label);
}

function textBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) {
      const digits = /^\d{3}/.exec(text.slice(at + 1, at + 4));
      if (digits !== null) {
        bytes.push(Number(digits[0]) & 255);
        at += 3;
      } else if (at + 1 < text.length) {
        at += 1;
        bytes.push(text.charCodeAt(at) & 255);
      }
    } else if (code < 0x80) bytes.push(code);
    else {
      for (const byte of utf8Encode(String.fromCodePoint(text.codePointAt(at) ?? 0))) {
        bytes.push(byte);
      }
      if (code >= 0xd800 && code < 0xdc00) at += 1;
    }
  }
  return Uint8Array.from(bytes);
}

/** Text of a label: printable characters as they are, the others escaped (as dig prints them). */
function labelText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x2e || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else if (byte <= 0x20 || byte >= 0x7f) text += `\\${String(byte).padStart(3, '0')}`;
    else text += String.fromCharCode(byte);
  }
  return text;
}

function bytesText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x5c) text += '\\\\';
    else if (byte < 0x20 || byte >= 0x7f) text += `\\${String(byte).padStart(3, '0')}`;
    else text += String.fromCharCode(byte);
  }
  return text;
}
