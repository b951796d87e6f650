/**
 * The DNS server outside the cluster: a resolver whose world is a list of zones.
 *
 * It answers what its records say, follows aliases within them, and says NXDOMAIN of everything else; a
 * zone may also fail, refuse or keep silent, to play trouble.
 */
import type { Ip } from '@podwire/base';
import type { HostSim, Proc } from '@podwire/engine';
import type { NetNs } from '@podwire/netstack';
import {
  type DnsMessage,
  type DnsQuestion,
  type DnsRcode,
  type DnsRecord,
  absoluteDnsName,
  dnsLabels,
  dnsResponseTo,
} from '@podwire/wire';
import { DNS_PORT } from './exchange.ts';
import { matchZone } from './names.ts';
import { parseRecord } from './record-text.ts';
import { type DnsListener, listenDns } from './listen.ts';

export interface UpstreamZone {
  readonly zone: string;
  /** Default `answer`. */
  readonly behaviour?: 'answer' | 'nxdomain' | 'servfail' | 'refused' | 'silent';
  /** Lines as in a zone file; names are absolute, or relative to the zone where they have no final dot. */
  readonly records?: readonly string[];
}

export interface UpstreamOptions {
  /** Default: all addresses of the namespace. */
  readonly address?: Ip;
  readonly port?: number;
  readonly zones: readonly UpstreamZone[];
}

export interface UpstreamDns {
  /** Changes the zones from now on. */
  setZones(zones: readonly UpstreamZone[]): void;
  stop(): void;
}

/** Serves the zones by UDP and TCP. */
export function startUpstreamDns(_sim: HostSim, ns: NetNs, options: UpstreamOptions): UpstreamDns {
  let data = new UpstreamData(options.zones);
  const listener: DnsListener | string = listenDns(ns, {
    ...(options.address === undefined ? {} : { ip: options.address }),
    port: options.port ?? DNS_PORT,
    name: 'upstream-dns',
    answer: (request) => immediately(data.answer(request.message)),
  });
  return {
    setZones: (zones) => {
      data = new UpstreamData(zones);
    },
    stop: () => {
      if (typeof listener !== 'string') listener.close();
    },
  };
}

// oxlint-disable-next-line require-yield -- a listener asks a process; this one never waits
function* immediately<T>(value: T): Proc<T> {
  return value;
}

/** What the root says of names that do not exist. */
const ROOT_SOA = parseRecord(
  '. 86400 IN SOA a.root-servers.net. nstld.verisign-grs.com. 2026010100 1800 900 604800 86400',
);
const CNAME_CHAIN_MAX = 10;

interface ZoneData {
  readonly behaviour: UpstreamZone['behaviour'];
  readonly soa: DnsRecord | undefined;
}

/** Whether a line of a zone is a record that the server can give. */
export function isZoneRecord(line: string, zone: string): boolean {
  return zoneRecord(line, absoluteDnsName(zone).toLowerCase()) !== undefined;
}

function zoneRecord(line: string, origin: string): DnsRecord | undefined {
  return parseRecord(line, isAbsoluteIn(line, origin) ? '.' : origin);
}

/** The zones' records, and the answers that follow from them; lines that are no records are left out. */
export class UpstreamData {
  readonly #zones = new Map<string, ZoneData>();
  /** Records by lower-cased owner. */
  readonly #records = new Map<string, DnsRecord[]>();
  /** Every name that exists, empty nodes above names included. */
  readonly #nodes = new Set<string>();

  constructor(zones: readonly UpstreamZone[]) {
    for (const zone of zones) this.#addZone(zone);
  }

  /** undefined: silence. */
  answer(query: DnsMessage): DnsMessage | undefined {
    const question = query.questions[0];
    if (question === undefined) return reply(query, 'FORMERR');
    const zone = this.#zoneOf(question.name);
    switch (zone?.behaviour ?? 'answer') {
      case 'silent':
        return undefined;
      case 'servfail':
        return reply(query, 'SERVFAIL');
      case 'refused':
        return reply(query, 'REFUSED');
      case 'nxdomain':
        return { ...reply(query, 'NXDOMAIN'), authorities: soaOf(zone) };
      case 'answer':
        return this.#resolve(query, question);
    }
  }

  #addZone({ zone, behaviour = 'answer', records = [] }: UpstreamZone): void {
    const origin = absoluteDnsName(zone).toLowerCase();
    let soa: DnsRecord | undefined;
    for (const line of records) {
      const record = zoneRecord(line, origin);
      if (record === undefined) continue;
      if (record.type === 'SOA') soa = record;
      const owner = record.name.toLowerCase();
      const list = this.#records.get(owner);
      if (list === undefined) this.#records.set(owner, [record]);
      else list.push(record);
      const labels = dnsLabels(owner);
      for (let at = 0; at < labels.length; at++) this.#nodes.add(`${labels.slice(at).join('.')}.`);
    }
    this.#nodes.add(origin);
    this.#zones.set(origin, { behaviour, soa });
  }

  #zoneOf(name: string): ZoneData | undefined {
    const zone = matchZone([...this.#zones.keys()], name);
    return zone === undefined ? undefined : this.#zones.get(zone);
  }

  #resolve(query: DnsMessage, question: DnsQuestion): DnsMessage {
    const answers: DnsRecord[] = [];
    let { name } = question;
    for (let count = 0; count <= CNAME_CHAIN_MAX; count++) {
      const owned = this.#recordsAt(name);
      const found = owned.filter(
        (record) => record.type === question.type || question.type === 'ANY',
      );
      answers.push(...found);
      const alias = owned.find((record) => record.type === 'CNAME');
      if (found.length > 0 || alias === undefined || alias.data.kind !== 'name') break;
      answers.push(alias);
      name = alias.data.target;
    }
    if (answers.some((record) => record.type === question.type || question.type === 'ANY')) {
      return { ...reply(query, 'NOERROR'), answers };
    }
    const rcode = this.#exists(name) ? 'NOERROR' : 'NXDOMAIN';
    return { ...reply(query, rcode), answers, authorities: soaOf(this.#zoneOf(name)) };
  }

  /** The records of a name, or of the wildcard that stands for it. */
  #recordsAt(name: string): readonly DnsRecord[] {
    const lower = name.toLowerCase();
    const own = this.#records.get(lower);
    if (own !== undefined) return own.map((record) => ({ ...record, name }));
    if (this.#nodes.has(lower)) return [];
    const wild = this.#wildcard(lower);
    return (wild ?? []).map((record) => ({ ...record, name }));
  }

  #exists(name: string): boolean {
    const lower = name.toLowerCase();
    return this.#nodes.has(lower) || this.#wildcard(lower) !== undefined;
  }

  /** RFC 4592: the wildcard right below the closest name that exists. */
  #wildcard(lower: string): readonly DnsRecord[] | undefined {
    const labels = dnsLabels(lower);
    for (let at = 1; at <= labels.length; at++) {
      const above = at === labels.length ? '.' : `${labels.slice(at).join('.')}.`;
      if (!this.#nodes.has(above) && above !== '.') continue;
      return this.#records.get(above === '.' ? '*.' : `*.${above}`);
    }
    return undefined;
  }
}

/** Whether the line's owner is a whole name although it lacks the final dot: it ends in the zone. */
function isAbsoluteIn(line: string, origin: string): boolean {
  const owner = `${line.trim().split(/\s+/)[0]?.toLowerCase() ?? ''}.`;
  return owner === origin || (origin !== '.' && owner.endsWith(`.${origin}`));
}

function reply(query: DnsMessage, rcode: DnsRcode): DnsMessage {
  const { edns } = query;
  return {
    ...dnsResponseTo(query, rcode),
    recursionAvailable: true,
    edns:
      edns === undefined
        ? undefined
        : { udpSizeBytes: 1232, version: 0, dnssecOk: edns.dnssecOk, options: [] },
  };
}

function soaOf(zone: ZoneData | undefined): readonly DnsRecord[] {
  const soa = zone?.soa ?? ROOT_SOA;
  return soa === undefined ? [] : [soa];
}
