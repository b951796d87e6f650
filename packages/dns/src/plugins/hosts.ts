/**
 * `hosts`: answers from a table of addresses and names, given inline or as /etc/hosts.
 */
import { type Ip, ipFamily, parseIp } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type DnsData, type DnsRecord, absoluteDnsName, dnsNamesEqual } from '@podwire/wire';
import { normalizeZone } from '../corefile.ts';
import { type HostsEntry, lookupHosts, parseHostsFile } from '../hosts-file.ts';
import { matchZone } from '../names.ts';
import {
  type DnsHandler,
  type DnsOutcome,
  type DnsPlugin,
  type DnsRequest,
  Fallthrough,
  type PluginSetup,
  answered,
  authoritative,
} from '../plugin.ts';
import { addressOfReverseName } from '../reverse.ts';

const NAME = 'hosts';
const DEFAULT_TTL_SEC = 3600;

export function hostsPlugin(setup: PluginSetup): DnsPlugin | undefined {
  const directive = setup.directives[0];
  if (directive === undefined) return undefined;
  const zones = directive.args.slice(1).flatMap(normalizeZone);
  const origins = zones.length > 0 ? zones : setup.zones;
  let ttlSec = DEFAULT_TTL_SEC;
  let fallthrough = new Fallthrough();
  let hasReverse = true;
  const inline: HostsEntry[] = [];
  for (const { name, args, line } of directive.block ?? []) {
    switch (name) {
      case 'fallthrough':
        fallthrough = new Fallthrough(args.length === 0 ? ['.'] : args.flatMap(normalizeZone));
        break;
      case 'no_reverse':
        hasReverse = false;
        break;
      case 'ttl':
        if (!/^\d+$/.test(args[0] ?? '') || Number(args[0]) <= 0 || Number(args[0]) > 65535) {
          setup.error(line, `ttl provided is invalid`);
        } else ttlSec = Number(args[0]);
        break;
      case 'reload':
        break;
      default: {
        const ip = parseIp(name);
        if (ip === undefined) setup.error(line, `unknown property '${name}'`);
        else inline.push({ ip, names: args });
      }
    }
  }
  const entries = [...parseHostsFile(setup.deps.hostsFile), ...inline];
  return new Hosts({ entries, origins, ttlSec, fallthrough, hasReverse });
}

interface HostsOptions {
  readonly entries: readonly HostsEntry[];
  readonly origins: readonly string[];
  readonly ttlSec: number;
  readonly fallthrough: Fallthrough;
  readonly hasReverse: boolean;
}

class Hosts implements DnsPlugin {
  readonly name = NAME;
  readonly #options: HostsOptions;

  constructor(options: HostsOptions) {
    this.#options = options;
  }

  *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
    const { name, type } = request.question;
    const { origins, fallthrough } = this.#options;
    if (type === 'PTR') {
      const names = this.#namesOf(addressOfReverseName(name));
      if (names.length === 0) return yield* next(request);
      return this.#answer(
        request,
        names.map((target) => ({ kind: 'name', target })),
      );
    }
    if (matchZone(origins, name) === undefined) return yield* next(request);
    const all = lookupHosts(this.#options.entries, name, undefined);
    if (all.length === 0) {
      if (fallthrough.covers(name, matchZone)) return yield* next(request);
      // There is no SOA for an NXDOMAIN.
      return { kind: 'failed', rcode: 'SERVFAIL' };
    }
    const family = type === 'A' ? 4 : type === 'AAAA' ? 6 : undefined;
    const ips = family === undefined ? [] : all.filter((ip) => ipFamily(ip) === family);
    return this.#answer(
      request,
      ips.map((ip) => ({ kind: 'address', ip })),
    );
  }

  #namesOf(ip: Ip | undefined): string[] {
    if (ip === undefined || !this.#options.hasReverse) return [];
    const names: string[] = [];
    for (const entry of this.#options.entries) {
      if (entry.ip !== ip) continue;
      for (const name of entry.names) {
        const absolute = absoluteDnsName(name);
        if (!names.some((one) => dnsNamesEqual(one, absolute))) names.push(absolute);
      }
    }
    return names;
  }

  #answer(request: DnsRequest, data: readonly DnsData[]): DnsOutcome {
    const { name, type } = request.question;
    const answers: DnsRecord[] = data.map((one) => ({
      // As CoreDNS, which asks with the lower-cased name here.
      name: name.toLowerCase(),
      type,
      class: 'IN',
      ttlSec: this.#options.ttlSec,
      data: one,
    }));
    return answered(authoritative(request, { answers }), NAME);
  }
}
