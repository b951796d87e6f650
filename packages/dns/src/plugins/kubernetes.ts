/**
 * `kubernetes`: answers for the cluster's zones from what the API says.
 *
 * Which name means what: kubernetes-records.ts. Here names become records, per type, and misses become
 * NXDOMAIN, NODATA, SERVFAIL before the API is synchronised, or the next plugin's business.
 */
import { type Ip, isIpv4 } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import {
  type DnsMessage,
  type DnsQuestion,
  type DnsRecord,
  absoluteDnsName,
  dnsNamesEqual,
} from '@podwire/wire';
import { isInZone, joinName, labelsBelow, matchZone } from '../names.ts';
import {
  type DnsHandler,
  type DnsOutcome,
  type DnsPlugin,
  type DnsRequest,
  type PluginSetup,
  answered,
  authoritative,
  withQuestion,
} from '../plugin.ts';
import { addressOfReverseName } from '../reverse.ts';
import { type KubernetesOptions, parseKubernetesOptions } from './kubernetes-options.ts';
import { type Found, findNameServers, findNamesOfIp, findRecords } from './kubernetes-records.ts';
import { recordsOfZone } from './zone-records.ts';

const NAME = 'kubernetes';
/** DNSSchemaVersion of kubernetes/dns. */
const SCHEMA_VERSION = '1.1.0';
const SCHEMA_TTL_SEC = 28800;
/** Longest chain of aliases. */
const CNAME_CHAIN_MAX = 10;
/** SOA fields of plugin.SOA. */
const SOA_TTL_SEC_MAX = 300;
const SOA_REFRESH_SEC = 7200;
const SOA_RETRY_SEC = 1800;
const SOA_EXPIRE_SEC = 86400;

export function kubernetesPlugin(setup: PluginSetup): Kubernetes | undefined {
  const options = parseKubernetesOptions(setup);
  return options === undefined ? undefined : new Kubernetes(setup, options);
}

/** Records of an answer, or `no-name`. */
type Answer =
  | 'no-name'
  | {
      readonly answers: readonly DnsRecord[];
      readonly additionals: readonly DnsRecord[];
      readonly truncated: boolean;
    };

const NO_DATA: Answer = { answers: [], additionals: [], truncated: false };

export class Kubernetes implements DnsPlugin {
  readonly name: string = NAME;
  readonly options: KubernetesOptions;
  readonly #setup: PluginSetup;

  constructor(setup: PluginSetup, options: KubernetesOptions) {
    this.#setup = setup;
    this.options = options;
  }

  isReady(): boolean {
    return this.#setup.deps.view.isSynced;
  }

  *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
    const { question } = request;
    const matched = matchZone(this.options.zones, question.name);
    if (matched === undefined) return yield* next(request);
    // The zone as the question spells it, so that names in the answer keep its case.
    const zone = matched === '.' ? '.' : question.name.slice(-matched.length);
    if (question.type === 'AXFR' || question.type === 'IXFR') {
      return { kind: 'failed', rcode: 'REFUSED' };
    }
    const answer = yield* this.#answer(request, zone);
    if (answer === 'no-name') {
      if (this.options.fallthrough.covers(question.name, matchZone)) return yield* next(request);
      const rcode = this.#setup.deps.view.isSynced ? 'NXDOMAIN' : 'SERVFAIL';
      return answered(authoritative(request, { rcode, authorities: [this.#soa(zone)] }), NAME);
    }
    if (answer.answers.length === 0) {
      return answered(authoritative(request, { authorities: [this.#soa(zone)] }), NAME);
    }
    return answered(authoritative(request, answer), NAME);
  }

  /** The search path of the client's namespace, for autopath; undefined when the client is no known pod. */
  searchPathOf(clientIp: Ip): readonly string[] | undefined {
    const namespace = this.#setup.deps.view.podNamespacesByIp(clientIp)[0];
    if (namespace === undefined) return undefined;
    const zone = this.options.primaryZone;
    const host = this.#setup.deps.resolvConf.search.map(absoluteDnsName);
    return [joinName(`${namespace}.svc`, zone), joinName('svc', zone), zone, ...host, ''];
  }

  /** All records of a zone between two SOAs; undefined when this is no zone that is served here. */
  transfer(zone: string): readonly DnsRecord[] | undefined {
    if (matchZone(this.options.zones, zone)?.length !== zone.length) return undefined;
    if (/(?:^|\.)(?:in-addr|ip6)\.arpa\.$/i.test(zone)) return undefined;
    const servers = this.#nameServers(zone);
    const soa = this.#soa(zone);
    const { view } = this.#setup.deps;
    const names = servers === 'no-name' ? [] : [...servers.answers, ...servers.additionals];
    return [soa, ...names, ...recordsOfZone(view, this.options, zone), soa];
  }

  *#answer(request: DnsRequest, zone: string): Proc<Answer> {
    const { type, name } = request.question;
    switch (type) {
      case 'A':
      case 'AAAA':
        return yield* this.#addresses(request, zone, type, []);
      case 'TXT':
        return this.#texts(name, zone);
      case 'CNAME':
        return this.#alias(name, zone);
      case 'PTR':
        return this.#names(name, zone);
      case 'SRV':
        return this.#services(name, zone);
      case 'SOA':
        return name === zone ? onlyAnswers([this.#soa(zone)]) : NO_DATA;
      case 'NS':
        // CoreDNS compares the lower-cased name with the zone as it was spelled.
        if (name.toLowerCase() === zone) return this.#nameServers(zone);
        return this.#existence(name, zone);
      default:
        return this.#existence(name, zone);
    }
  }

  #existence(name: string, zone: string): Answer {
    return this.#find(name, zone) === 'no-name' && !this.#isDefaultNs(name, zone)
      ? 'no-name'
      : NO_DATA;
  }

  #find(name: string, zone: string): readonly Found[] | 'no-name' {
    return findRecords(this.#setup.deps.view, this.options, name.toLowerCase(), zone);
  }

  /** A or AAAA: addresses, or an alias with what its target has. */
  *#addresses(
    request: DnsRequest,
    zone: string,
    type: 'A' | 'AAAA',
    chain: readonly DnsRecord[],
  ): Proc<Answer> {
    const { name } = request.question;
    if (this.#isDefaultNs(name, zone)) {
      const ips = this.#servers(zone).map((server) => server.ip);
      return onlyAnswers(this.#addressRecords(name, type, ips));
    }
    const found = this.#find(name, zone);
    if (found === 'no-name') return 'no-name';
    const first = found[0];
    if (first !== undefined && 'alias' in first.host) {
      return yield* this.#follow(request, zone, type, first.host.alias, chain);
    }
    const ips = found.flatMap(({ host }) => ('ip' in host ? [host.ip] : []));
    return onlyAnswers(this.#addressRecords(name, type, ips));
  }

  /** An ExternalName service: inside the zone the target must have data, outside the alias alone will do. */
  *#follow(
    request: DnsRequest,
    zone: string,
    type: 'A' | 'AAAA',
    alias: string,
    chain: readonly DnsRecord[],
  ): Proc<Answer> {
    const { name } = request.question;
    const target = absoluteDnsName(alias);
    if (dnsNamesEqual(name, target) || chain.length >= CNAME_CHAIN_MAX) return NO_DATA;
    const record = this.#cname(name, target);
    if (chain.some((one) => dnsNamesEqual(one.name, record.name))) return NO_DATA;
    const question: DnsQuestion = { name: target, type, class: 'IN' };
    if (isInZone(target, zone)) {
      const inner = withQuestion(request, question);
      const rest = yield* this.#addresses(inner, zone, type, [...chain, record]);
      if (rest === 'no-name' || rest.answers.length === 0) return NO_DATA;
      return { ...rest, answers: [record, ...rest.answers] };
    }
    const message: DnsMessage | undefined = yield* this.#setup.lookup(request, question);
    if (message === undefined) return NO_DATA;
    return {
      answers: [record, ...message.answers],
      additionals: [],
      truncated: message.truncated,
    };
  }

  #texts(name: string, zone: string): Answer {
    const labels = labelsBelow(name.toLowerCase(), zone);
    if (labels.length === 1 && labels[0] === 'dns-version') {
      return onlyAnswers([
        {
          name,
          type: 'TXT',
          class: 'IN',
          ttlSec: SCHEMA_TTL_SEC,
          data: { kind: 'text', texts: [SCHEMA_VERSION] },
        },
      ]);
    }
    // As in the original, a node without data of any type counts as missing here.
    const found = this.#find(name, zone);
    return found === 'no-name' || found.length === 0 ? 'no-name' : NO_DATA;
  }

  #alias(name: string, zone: string): Answer {
    const found = this.#find(name, zone);
    if (found === 'no-name') return this.#isDefaultNs(name, zone) ? NO_DATA : 'no-name';
    const host = found[0]?.host;
    if (host === undefined || !('alias' in host)) return NO_DATA;
    return onlyAnswers([this.#cname(name, absoluteDnsName(host.alias))]);
  }

  #names(name: string, zone: string): Answer {
    const ip = addressOfReverseName(name);
    if (ip === undefined) return this.#find(name, zone) === 'no-name' ? 'no-name' : NO_DATA;
    const names = findNamesOfIp(this.#setup.deps.view, this.options, ip);
    if (names.length === 0) return 'no-name';
    return onlyAnswers(
      names.map((target) => ({
        name,
        type: 'PTR',
        class: 'IN',
        ttlSec: this.options.ttlSec,
        data: { kind: 'name', target },
      })),
    );
  }

  #services(name: string, zone: string): Answer {
    if (this.#isDefaultNs(name, zone)) return NO_DATA;
    const all = this.#find(name, zone);
    if (all === 'no-name') return 'no-name';
    const found = all.filter(({ host }) => 'ip' in host);
    const weight = srvWeight(found.length);
    const answers: DnsRecord[] = [];
    const additionals: DnsRecord[] = [];
    const seen = new Set<string>();
    const isNew = (key: string): boolean => {
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    };
    for (const { host, port, target } of found) {
      if (port === -1 || !('ip' in host)) continue;
      if (isNew(`${target} ${port}`)) {
        const data = { kind: 'srv', priority: 0, weight, port, target } as const;
        answers.push({ name, type: 'SRV', class: 'IN', ttlSec: this.options.ttlSec, data });
      }
      if (isNew(`${target} address ${host.ip}`)) additionals.push(this.#address(target, host.ip));
    }
    return { answers, additionals, truncated: false };
  }

  #nameServers(zone: string): Answer {
    const answers: DnsRecord[] = [];
    const additionals: DnsRecord[] = [];
    const seen = new Set<string>();
    for (const { name, ip } of this.#servers(zone)) {
      additionals.push(this.#address(name, ip));
      if (seen.has(name)) continue;
      seen.add(name);
      const data = { kind: 'name', target: name } as const;
      answers.push({ name: zone, type: 'NS', class: 'IN', ttlSec: this.options.ttlSec, data });
    }
    return { answers, additionals, truncated: false };
  }

  #servers(zone: string): ReturnType<typeof findNameServers> {
    const { view, localIps } = this.#setup.deps;
    return findNameServers(view, this.options, localIps(), zone);
  }

  #isDefaultNs(name: string, zone: string): boolean {
    return dnsNamesEqual(name, joinName('ns.dns', zone));
  }

  #addressRecords(name: string, type: 'A' | 'AAAA', ips: readonly Ip[]): DnsRecord[] {
    const wanted = [...new Set(ips)].filter((ip) => isIpv4(ip) === (type === 'A'));
    return wanted.map((ip) => this.#address(name, ip));
  }

  #address(name: string, ip: Ip): DnsRecord {
    const type = isIpv4(ip) ? 'A' : 'AAAA';
    return { name, type, class: 'IN', ttlSec: this.options.ttlSec, data: { kind: 'address', ip } };
  }

  #cname(name: string, target: string): DnsRecord {
    const data = { kind: 'name', target } as const;
    return { name, type: 'CNAME', class: 'IN', ttlSec: this.options.ttlSec, data };
  }

  #soa(zone: string): DnsRecord {
    const { ttlSec } = this.options;
    return {
      name: zone,
      type: 'SOA',
      class: 'IN',
      ttlSec: Math.min(ttlSec, SOA_TTL_SEC_MAX),
      data: {
        kind: 'soa',
        mname: joinName('ns.dns', zone),
        rname: joinName('hostmaster', zone),
        serial: this.#setup.deps.view.isSynced ? this.#setup.deps.view.serial : 0,
        refresh: SOA_REFRESH_SEC,
        retry: SOA_RETRY_SEC,
        expire: SOA_EXPIRE_SEC,
        minimum: ttlSec,
      },
    };
  }
}

function onlyAnswers(answers: readonly DnsRecord[]): Answer {
  return { answers, additionals: [], truncated: false };
}

/** 100 shared among all that match, at least 1; computed as CoreDNS does, in floating point. */
function srvWeight(count: number): number {
  if (count === 0) return 100;
  return Math.max(1, Math.floor((100 / (100 * count)) * 100));
}
