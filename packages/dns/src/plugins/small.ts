/**
 * Small plugins: bufsize, acl, any, chaos, whoami, autopath, loop.
 */
import { type Cidr, NS_PER_SEC, cidrContains, isIpv4, parseCidr, parseIp } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type DnsData, type DnsRecord, absoluteDnsName, dnsNamesEqual } from '@podwire/wire';
import { normalizeZone } from '../corefile.ts';
import { isInZone, matchZone } from '../names.ts';
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
import { Kubernetes } from './kubernetes.ts';

const BUFSIZE_DEFAULT_BYTES = 1232;

/** Lowers the buffer size that a client offers. */
export function bufsizePlugin(setup: PluginSetup): DnsPlugin | undefined {
  const directive = setup.directives[0];
  if (directive === undefined) return undefined;
  const text = directive.args[0];
  const most = text === undefined ? BUFSIZE_DEFAULT_BYTES : Number(text);
  if (!Number.isInteger(most) || most < 512 || most > 4096) {
    setup.error(directive.line, `bufsize must be within 512 - 4096`);
  }
  return {
    name: 'bufsize',
    *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
      const { edns } = request.message;
      if (edns === undefined || edns.udpSizeBytes <= most) return yield* next(request);
      const lowered = { ...edns, udpSizeBytes: most };
      return yield* next({ ...request, message: { ...request.message, edns: lowered } });
    },
  };
}

interface AclRule {
  readonly action: 'allow' | 'block' | 'filter' | 'drop';
  /** Empty: all. */
  readonly types: readonly string[];
  readonly nets: readonly Cidr[];
}

/** Lets queries through, refuses, empties or drops them by type and by the client's address. */
export function aclPlugin(setup: PluginSetup): DnsPlugin | undefined {
  const policies = setup.directives.map((directive) => {
    const zones = directive.args.flatMap(normalizeZone);
    const rules: AclRule[] = [];
    for (const { name, args, line } of directive.block ?? []) {
      if (name !== 'allow' && name !== 'block' && name !== 'filter' && name !== 'drop') {
        setup.error(line, `unexpected token "${name}"; expect 'allow', 'block', or 'filter'`);
        continue;
      }
      rules.push({ action: name, ...parseAclParts(setup, args, line) });
    }
    return { zones: zones.length > 0 ? zones : setup.zones, rules };
  });
  if (policies.length === 0) return undefined;
  return {
    name: 'acl',
    *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
      for (const { zones, rules } of policies) {
        if (matchZone(zones, request.question.name) === undefined) continue;
        const rule = rules.find((one) => matchesAcl(one, request));
        if (rule === undefined) continue;
        switch (rule.action) {
          case 'allow':
            return yield* next(request);
          case 'block':
            return { kind: 'failed', rcode: 'REFUSED' };
          case 'filter':
            return answered(authoritative(request, {}), 'acl');
          case 'drop':
            return { kind: 'dropped' };
        }
      }
      return yield* next(request);
    },
  };
}

function parseAclParts(
  setup: PluginSetup,
  args: readonly string[],
  line: number,
): Pick<AclRule, 'types' | 'nets'> {
  const types: string[] = [];
  const nets: Cidr[] = [];
  let section: 'type' | 'net' | undefined;
  for (const arg of args) {
    if (arg === 'type' || arg === 'net') {
      section = arg;
      continue;
    }
    if (section === 'type' && arg !== '*') types.push(arg.toUpperCase());
    if (section !== 'net') continue;
    const ip = parseIp(arg);
    const net =
      arg === '*'
        ? undefined
        : ip === undefined
          ? parseCidr(arg)
          : { ip, prefixLen: isIpv4(ip) ? 32 : 128 };
    if (net !== undefined) nets.push(net);
    else if (arg !== '*') setup.error(line, `illegal CIDR notation "${arg}"`);
  }
  return { types, nets };
}

function matchesAcl(rule: AclRule, request: DnsRequest): boolean {
  const hasType = rule.types.length === 0 || rule.types.includes(request.question.type);
  const hasNet =
    rule.nets.length === 0 || rule.nets.some((net) => cidrContains(net, request.clientIp));
  return hasType && hasNet;
}

/** Answers ANY with an HINFO record (RFC 8482). */
export function anyPlugin(setup: PluginSetup): DnsPlugin | undefined {
  if (setup.directives.length === 0) return undefined;
  return {
    name: 'any',
    *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
      const { name, type } = request.question;
      if (type !== 'ANY') return yield* next(request);
      const data = { kind: 'text', texts: ['ANY obsoleted', 'See RFC 8482'] } as const;
      const answers = [{ name, type: 'HINFO', class: 'IN', ttlSec: 8482, data }];
      return answered(authoritative(request, { answers }), 'any');
    },
  };
}

/** Answers version.bind and its like in class CH. */
export function chaosPlugin(setup: PluginSetup): DnsPlugin | undefined {
  const directive = setup.directives[0];
  if (directive === undefined) return undefined;
  const [version = 'CoreDNS-1.11.3', ...authors] = directive.args;
  return {
    name: 'chaos',
    *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
      const { name, type } = request.question;
      if (request.question.class !== 'CH' || type !== 'TXT') return yield* next(request);
      const texts = chaosTexts(name.toLowerCase(), version, authors, setup.deps.hostname);
      if (texts === undefined) return yield* next(request);
      const answers = texts.map(
        (text): DnsRecord => ({
          name,
          type: 'TXT',
          class: 'CH',
          ttlSec: 0,
          data: { kind: 'text', texts: [text] },
        }),
      );
      return answered(authoritative(request, { answers }), 'chaos');
    },
  };
}

function chaosTexts(
  name: string,
  version: string,
  authors: readonly string[],
  hostname: string,
): readonly string[] | undefined {
  switch (name) {
    case 'version.bind.':
    case 'version.server.':
      return [version];
    case 'authors.bind.':
      return authors.length > 0 ? authors : ['CoreDNS authors'];
    case 'hostname.bind.':
    case 'id.server.':
      return [hostname];
    default:
      return undefined;
  }
}

/** Answers every query with the client's own address and port. */
export function whoamiPlugin(setup: PluginSetup): DnsPlugin | undefined {
  if (setup.directives.length === 0) return undefined;
  return {
    name: 'whoami',
    // oxlint-disable-next-line require-yield -- a plugin is a process; this one never waits
    *serve(request: DnsRequest): Proc<DnsOutcome> {
      const { name } = request.question;
      const address: DnsData = { kind: 'address', ip: request.clientIp };
      const port: DnsData = {
        kind: 'srv',
        priority: 0,
        weight: 0,
        port: request.clientPort,
        target: '.',
      };
      const type = isIpv4(request.clientIp) ? 'A' : 'AAAA';
      const additionals: DnsRecord[] = [
        { name, type, class: 'IN', ttlSec: 0, data: address },
        { name: `_${request.transport}.${name}`, type: 'SRV', class: 'IN', ttlSec: 0, data: port },
      ];
      return answered(authoritative(request, { additionals }), 'whoami');
    },
  };
}

/**
 * Walks the search list on the client's behalf when a name with its first search domain misses, and
 * answers with an alias from the asked name to the one that was found.
 */
export function autopathPlugin(setup: PluginSetup): DnsPlugin | undefined {
  const directive = setup.directives[0];
  if (directive === undefined) return undefined;
  const source = directive.args.at(-1) ?? '';
  const zones = directive.args.slice(0, -1).flatMap(normalizeZone);
  const served = zones.length > 0 ? zones : setup.zones;
  if (source !== '@kubernetes' && !source.startsWith('/')) {
    setup.error(
      directive.line,
      `autopath of "${source}" is not supported, only @kubernetes or a file`,
    );
  }
  const pathFor = (request: DnsRequest): readonly string[] => {
    if (source.startsWith('/')) {
      return [...setup.deps.resolvConf.search.map(absoluteDnsName), ''];
    }
    const kubernetes = setup.sibling('kubernetes');
    if (!(kubernetes instanceof Kubernetes)) return [];
    return kubernetes.searchPathOf(request.clientIp) ?? [];
  };
  return {
    name: 'autopath',
    *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
      const { question } = request;
      const path = pathFor(request);
      const first = path[0];
      if (
        (question.type !== 'A' && question.type !== 'AAAA') ||
        first === undefined ||
        matchZone(served, question.name) === undefined ||
        !isInZone(question.name, first) ||
        dnsNamesEqual(question.name, first)
      ) {
        return yield* next(request);
      }
      const base = question.name.slice(0, question.name.length - first.length);
      let firstOutcome: DnsOutcome | undefined;
      for (const domain of path) {
        const name = absoluteDnsName(domain === '' ? base : base + domain);
        const outcome = yield* next(withQuestion(request, { ...question, name }));
        firstOutcome ??= outcome;
        if (outcome.kind !== 'answered' || outcome.message.rcode === 'NXDOMAIN') continue;
        const { message } = outcome;
        const answers = dnsNamesEqual(name, question.name)
          ? message.answers
          : withAlias(message.answers, question.name, name);
        return { ...outcome, message: { ...message, questions: [question], answers } };
      }
      return firstOutcome ?? { kind: 'failed', rcode: 'SERVFAIL' };
    },
  };
}

function withAlias(answers: readonly DnsRecord[], from: string, to: string): DnsRecord[] {
  const first = answers[0];
  if (first === undefined) return [];
  const data = { kind: 'name', target: to } as const;
  return [{ name: from, type: 'CNAME', class: 'IN', ttlSec: first.ttlSec, data }, ...answers];
}

/** plugin/loop: the probe is watched for this long after the start. */
const LOOP_WATCH_NS = 30 * NS_PER_SEC;
/** Seen once by sending it, and more often only in a loop. */
const LOOP_SEEN_MAX = 2;

/** Sends a query for a name of its own at the start; when that comes back, upstream leads here. */
export function loopPlugin(setup: PluginSetup): DnsPlugin | undefined {
  if (setup.directives.length === 0) return undefined;
  const { deps } = setup;
  const zone = setup.zones[0] ?? '.';
  const label = `${deps.rng.uint32()}.${deps.rng.uint32()}`;
  const probeName = zone === '.' ? `${label}.` : `${label}.${zone}`;
  let seen = 0;
  let untilNs = 0;
  return {
    name: 'loop',
    start(): void {
      untilNs = deps.sim.nowNs() + LOOP_WATCH_NS;
      const probe = setup.probe({ name: probeName, type: 'HINFO', class: 'IN' });
      deps.sim.spawn('dns loop probe', ignoreResult(probe));
    },
    *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
      const { name, type } = request.question;
      if (type === 'HINFO' && dnsNamesEqual(name, probeName) && deps.sim.nowNs() < untilNs) {
        seen++;
        if (seen > LOOP_SEEN_MAX) {
          const client = request.clientIp === 0x7f000001 ? '127.0.0.1' : 'upstream';
          deps.fatal(
            `[FATAL] plugin/loop: Loop (${client}:${request.clientPort} -> :${setup.port}) detected for zone "${zone}", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ${probeName}"`,
          );
        }
      }
      return yield* next(request);
    },
  };
}

function* ignoreResult(probe: Proc<DnsOutcome>): Proc {
  yield* probe;
}
