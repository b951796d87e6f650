/**
 * The notes of a case's cluster: prose that says how its world differs from the usual one.
 *
 * A clause that sets something up is understood or makes the case unsupported; a clause that only explains is
 * passed over.
 */
import type { UpstreamZone } from '@podwire/cluster';
import {
  type CorefileDraft,
  DIRECTIVE,
  finishCorefile,
  missingPlugins,
  newCorefileDraft,
} from './corefile-draft.ts';

export interface Notes {
  readonly corefile?: string;
  readonly nodeResolvConf?: string;
  readonly upstream: readonly UpstreamZone[];
  readonly isOpenshift: boolean;
  readonly hairpin?: boolean;
  readonly masqueradeAll?: boolean;
  readonly minSyncPeriodSec?: number;
  readonly podMtu?: number;
  readonly nodeMtu?: number;
  readonly clusterDomain?: string;
  readonly serviceNetwork?: string;
  readonly dnsReplicas?: number;
  /** Zones by node. */
  readonly zones: ReadonlyMap<string, string>;
  /** Sysctls to be set on every node. */
  readonly sysctls: readonly (readonly [string, string])[];
  /** Outside addresses and the nodes they are routed to. */
  readonly routes: readonly { readonly address: string; readonly node: string }[];
  /** Why the world cannot be set up as the notes say. */
  readonly unknown: readonly string[];
}

/** Where the emulated upstream server listens; whoever else is asked for is played by it. */
const UPSTREAM_ADDRESS = '192.0.2.53';

export function parseNotes(text: string): Notes {
  const facts = new NotesReader(text);
  for (const clause of splitClauses(text)) facts.read(clause);
  return facts.finish();
}

function isOpenshift(text: string): boolean {
  return /\bOpenShift\b/.test(text);
}

/** Clauses end at semicolons outside of quotes and brackets. */
function splitClauses(text: string): string[] {
  const clauses: string[] = [];
  let depth = 0;
  let isQuoted = false;
  let clause = '';
  for (const char of text) {
    if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && '({['.includes(char)) depth++;
    else if (!isQuoted && ')}]'.includes(char)) depth = Math.max(0, depth - 1);
    if (char === ';' && depth === 0 && !isQuoted) {
      clauses.push(clause.trim());
      clause = '';
    } else clause += char;
  }
  return [...clauses, clause.trim()].filter((part) => part !== '');
}

/** Words of clauses that set something up. */
const SETTING =
  /corefile|coredns|kubernetes (?:block|plugin)|^ttl \d|upstream|resolv\.conf|kubelet (?:has|with|flag|config)|nodelocal|feature gate|nodePortAddresses|masqueradeAll|detectLocal|clusterCIDR|kube-proxy (?:has|with|runs|config)|sysctl|bridge-nf|br_netfilter|rp_filter|route_localnet|\bMTU\b|hairpin|promiscuous|minSyncPeriod|masquerade-all|localhostNodePorts|node-?port-?range|\bzones?:|in zone [a-z]\b|has (?:the )?label|conntrack table of|\bpodCIDR|dual-?stack|stub domain/i;

class NotesReader {
  readonly #text: string;
  readonly #corefile: CorefileDraft;
  readonly #zones: UpstreamZone[] = [];
  readonly #records = new Map<string, string[]>();
  readonly #zonesOfNodes = new Map<string, string>();
  readonly #sysctls: (readonly [string, string])[] = [];
  readonly #routes: { address: string; node: string }[] = [];
  readonly #unknown: string[] = [];
  readonly #settings: { -readonly [K in keyof Notes]?: Notes[K] } = {};

  constructor(text: string) {
    this.#text = text;
    this.#corefile = newCorefileDraft(isOpenshift(text));
  }

  read(clause: string): void {
    const isUnderstood = [
      this.#readDefaults(clause),
      this.#readCorefile(clause),
      this.#readUpstream(clause),
      this.#readNode(clause),
      this.#readNetwork(clause),
      this.#readZones(clause),
    ].includes(true);
    if (!isUnderstood && SETTING.test(clause))
      this.#unknown.push(`the note "${clause}" is not understood`);
  }

  finish(): Notes {
    this.#addRecords();
    const corefile = finishCorefile(
      this.#corefile,
      this.#settings.clusterDomain ?? 'cluster.local',
    );
    if (corefile !== undefined) this.#unknown.push(...missingPlugins(corefile));
    return {
      ...this.#settings,
      ...(corefile === undefined ? {} : { corefile }),
      upstream: this.#zones,
      isOpenshift: isOpenshift(this.#text),
      zones: this.#zonesOfNodes,
      sysctls: this.#sysctls,
      routes: this.#routes,
      unknown: this.#unknown,
    };
  }

  /** `cluster domain …, service CIDR …, DNS service …, kubeadm 1.32 Corefile (…)`. */
  #readDefaults(clause: string): boolean {
    const domain = /cluster domain ([\w.-]+)/.exec(clause)?.[1];
    const services = /service CIDR ([\d./]+)/.exec(clause)?.[1];
    if (domain !== undefined && domain !== 'cluster.local') this.#settings.clusterDomain = domain;
    if (services !== undefined) this.#settings.serviceNetwork = services;
    const shape = /(?:kubeadm|operator) ?([\d.]*)(?:[- ]style)? Corefile(?: \(([^)]*)\))?/.exec(
      clause,
    );
    if (shape !== null && !clause.includes('operator'))
      this.#readShape(shape[1] ?? '', shape[2] ?? '');
    return domain !== undefined || services !== undefined || shape !== null;
  }

  /** What stands in brackets behind "kubeadm 1.32 Corefile". */
  #readShape(version: string, words: string): void {
    const draft = this.#corefile;
    const minor = Number(/^1\.(\d+)/.exec(version)?.[1] ?? '32');
    const isCached = minor < 32 || (words !== '' && !/disabled/.test(words));
    const ttl = /(?<!\w)ttl (\d+)/.exec(words)?.[1];
    const cache = /cache (\d+)/.exec(words)?.[1];
    const pods = /pods (insecure|verified|disabled)/.exec(words)?.[1];
    const isShuffled = words === '' || (/loadbalance/.test(words) && !/no loadbalance/.test(words));
    const next: Partial<CorefileDraft> = {
      isCacheWhole: isCached,
      hasLoadbalance: isShuffled,
      ttl: ttl ?? draft.ttl,
      cache: cache ?? draft.cache,
      pods: pods ?? draft.pods,
    };
    for (const key of ['isCacheWhole', 'hasLoadbalance', 'ttl', 'cache', 'pods'] as const) {
      if (next[key] !== draft[key]) draft.isChanged = true;
    }
    Object.assign(draft, next);
  }

  #readCorefile(clause: string): boolean {
    const draft = this.#corefile;
    const whole = /Corefile (?:has only|is only|is|consists of) "([^"]*)"/i.exec(clause)?.[1];
    if (whole !== undefined) {
      draft.whole = this.#played(whole);
      return true;
    }
    const inBlock =
      /kubernetes (?:block|plugin) (?:also )?(?:has|with|contains|gets) "([^"]*)"/i.exec(clause);
    if (inBlock !== null) {
      draft.kubernetesLines.push(...(inBlock[1] ?? '').split(';').map((line) => line.trim()));
      draft.isChanged = true;
      return true;
    }
    const pods = /^(?:Corefile:? )?(?:with )?"?pods (verified|disabled|insecure)"?$/i.exec(
      clause,
    )?.[1];
    if (pods !== undefined) {
      draft.isChanged ||= pods !== draft.pods;
      draft.pods = pods;
      return true;
    }
    const ttl = /(?:^|corefile:? |kubernetes (?:block|plugin)(?: has| with)? )"?ttl (\d+)"?$/i.exec(
      clause,
    )?.[1];
    if (ttl !== undefined) {
      draft.isChanged ||= ttl !== draft.ttl;
      draft.ttl = ttl;
      return true;
    }
    if (/cache (?:\d+ )?without (?:the )?disable|cache also for the cluster domain/i.test(clause)) {
      draft.isChanged = true;
      draft.isCacheWhole = true;
      return true;
    }
    const bare = clause.replaceAll(/\([^)]*\)/g, '');
    const without = /(?:Corefile )?(?:has no|without|no) (loadbalance|cache)\b/i.exec(bare)?.[1];
    if (without !== undefined && /corefile|plugin|^no /i.test(clause)) {
      if (without === 'cache') draft.cache = undefined;
      else draft.hasLoadbalance = false;
      draft.isChanged = true;
      return true;
    }
    const replicas =
      /(\d+|no|one|two|three) (?:CoreDNS|DNS server) (?:pods?|replicas?)/i.exec(clause)?.[1] ??
      /CoreDNS (?:has|with|runs with|runs) (\d+|no|one|two|three) (?:pods?|replicas?)/i.exec(
        clause,
      )?.[1];
    if (replicas !== undefined) {
      const words = new Map([
        ['no', 0],
        ['one', 1],
        ['two', 2],
        ['three', 3],
      ]);
      this.#settings.dnsReplicas = words.get(replicas.toLowerCase()) ?? Number(replicas);
      return true;
    }
    if (!/corefile|server block|main block|stub domain/i.test(clause)) return false;
    const quoted = [...clause.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
    for (const text of quoted) {
      if (/^[\w.*-]+(:\d+)?(\s+[\w.-]+(:\d+)?)*\s*\{/.test(text) && !DIRECTIVE.test(text)) {
        draft.blocks.push(this.#played(text));
      } else draft.mainLines.push(text);
    }
    draft.isChanged ||= quoted.length > 0;
    return quoted.length > 0;
  }

  /** Servers of stub domains are played by the one upstream server, unless they are dead. */
  #played(text: string): string {
    return text.replaceAll(
      /(forward\s+\S+\s+)(\d+\.\d+\.\d+\.\d+)/g,
      (whole, head: string, address: string) => {
        const isDead = new RegExp(
          `${address.replaceAll('.', '\\.')}[^;]*(does not answer|is down|unreachable|silent)`,
        ).test(this.#text);
        return isDead ? whole : `${head}${UPSTREAM_ADDRESS}`;
      },
    );
  }

  #readUpstream(clause: string): boolean {
    let isUnderstood = false;
    for (const match of clause.matchAll(
      /zone ([\w.-]+) (?:always )?answers (SERVFAIL|REFUSED|NXDOMAIN|nothing)/g,
    )) {
      this.#zone(match[1] ?? '', match[2] ?? '');
      isUnderstood = true;
    }
    const all =
      /upstream (?:resolver|server|DNS)?\s*(?:always )?(?:answers|returns|gives) (?:everything with |every query with |all with )?(SERVFAIL|REFUSED|NXDOMAIN)/i.exec(
        clause,
      )?.[1];
    if (all !== undefined) {
      if (all.toUpperCase() !== 'NXDOMAIN') this.#zone('.', all.toUpperCase());
      isUnderstood = true;
    }
    if (
      /upstream (?:resolver |server |DNS )*(?:\d+\.\d+\.\d+\.\d+ )?(?:down$|is (?:down|silent|dead|unreachable|not reachable|gone)|does not answer|never answers|drops)/i.test(
        clause,
      )
    ) {
      this.#zone('.', 'nothing');
      isUnderstood = true;
    }
    const soa = /the ([\w.-]+) SOA \(TTL (\d+), minimum (\d+)\)/.exec(clause);
    if (soa !== null) {
      const zone = soa[1] ?? '';
      this.#record(
        zone,
        `${zone}. ${soa[2]} IN SOA ns.${zone}. hostmaster.${zone}. 1 7200 900 1209600 ${soa[3]}`,
      );
      isUnderstood = true;
    }
    const records =
      /(?<![\w.-])([\w*.-]+\.)\s+(\d+)\s+IN\s+([A-Z]+)\s+((?:"[^"]*"|(?:\d+\s+)*[^\s,;]+))/g;
    for (const match of clause.matchAll(records)) {
      const name = match[1] ?? '';
      const zone = name
        .split('.')
        .filter((part) => part !== '')
        .slice(-2)
        .join('.');
      this.#record(zone, match[0]);
      isUnderstood = true;
    }
    return isUnderstood;
  }

  #zone(zone: string, answer: string): void {
    const words = {
      SERVFAIL: 'servfail',
      REFUSED: 'refused',
      NXDOMAIN: 'nxdomain',
      nothing: 'silent',
    } as const;
    const behaviour = words[answer as keyof typeof words] ?? 'nxdomain';
    this.#zones.push({ zone, behaviour, records: [] });
  }

  #record(zone: string, line: string): void {
    const lines = this.#records.get(zone);
    if (lines === undefined) this.#records.set(zone, [line]);
    else lines.push(line);
  }

  #addRecords(): void {
    for (const [zone, records] of this.#records) {
      this.#zones.push({ zone, behaviour: 'answer', records });
    }
  }

  /** `node resolv.conf: nameserver A, search B, options C`. */
  #readNode(clause: string): boolean {
    const conf = /node(?:'s|s'|s)? (?:\/etc\/)?resolv\.conf(?: is| has)?:? (.*)$/.exec(clause)?.[1];
    if (conf === undefined) return false;
    const lines = conf
      .replaceAll(/["']/g, '')
      .split(/,\s*(?=nameserver|search|options)/)
      .map((line) => line.replaceAll(/,\s*/g, ' ').trim());
    this.#settings.nodeResolvConf = `${lines.join('\n')}\n`;
    return true;
  }

  /** "node-1 and node-2 in zone a, node-3 in zone b", "zones: node-1 a, node-2 b". */
  #readZones(clause: string): boolean {
    const listed = /^(?:node )?zones?:? (.*)$/.exec(clause)?.[1];
    const pattern =
      listed === undefined
        ? /((?:node-\d+(?:, | and )?)+)(?: is| are)? in zone ([\w-]+)/g
        : /(node-\d+)(?: in|:| =|=)? ?([\w-]+)/g;
    let isUnderstood = false;
    for (const match of (listed ?? clause).matchAll(pattern)) {
      for (const [node] of (match[1] ?? '').matchAll(/node-\d+/g)) {
        this.#zonesOfNodes.set(node, match[2] ?? '');
        isUnderstood = true;
      }
    }
    return isUnderstood;
  }

  #readNetwork(clause: string): boolean {
    const settings = this.#settings;
    const hairpin = /hairpin[- ]?mode:? (?:is )?(true|false|on|off)/i.exec(clause)?.[1];
    const hasNone = /^(?:no|without) hairpin(?:[- ]?mode)?$/i.test(clause);
    if (hairpin !== undefined || hasNone) {
      settings.hairpin = hairpin === 'true' || hairpin === 'on';
      return true;
    }
    const masquerade = /masquerade-?All:?=?(?: ?(true|false))?/i.exec(clause);
    if (masquerade !== null) {
      settings.masqueradeAll = masquerade[1] !== 'false';
      return true;
    }
    const sync = /minSyncPeriod:? (\d+) ?s/.exec(clause)?.[1];
    if (sync !== undefined) {
      settings.minSyncPeriodSec = Number(sync);
      return true;
    }
    const bridgeNf = /bridge-nf-call-iptables ?(?:=|is|:)? ?([01])/.exec(clause)?.[1];
    if (bridgeNf !== undefined) {
      this.#sysctls.push(['net.bridge.bridge-nf-call-iptables', bridgeNf]);
      return true;
    }
    if (/br_netfilter (?:is )?(?:not loaded|missing|absent)/.test(clause)) {
      this.#sysctls.push(['net.bridge.bridge-nf-call-iptables', '0']);
      return true;
    }
    const filter = /^rp_filter ?=? ?([012])\b/.exec(clause)?.[1];
    if (filter !== undefined) {
      this.#sysctls.push(['net.ipv4.conf.all.rp_filter', filter]);
      return true;
    }
    let isUnderstood = false;
    for (const match of clause.matchAll(/\b(net(?:\.[\w-]+)+) ?= ?(\d+)/g)) {
      this.#sysctls.push([match[1] ?? '', match[2] ?? '']);
      isUnderstood = true;
    }
    const podMtu = /pods?(?: have)?(?: wrongly)?(?: MTU)? (\d{3,5})\b/.exec(clause)?.[1];
    const nodeMtu = /underlay MTU (\d{3,5})/.exec(clause)?.[1];
    if (/\bMTU\b/.test(clause) && (podMtu ?? nodeMtu) !== undefined) {
      if (podMtu !== undefined) settings.podMtu = Number(podMtu);
      if (nodeMtu !== undefined) settings.nodeMtu = Number(nodeMtu);
      isUnderstood = true;
    }
    for (const match of clause.matchAll(
      /(\d+\.\d+\.\d+\.\d+)(?:\/32)? (?:is |are )?(?:routed|sent|goes|routes) (?:to|via) (node-\d+)|routes? (\d+\.\d+\.\d+\.\d+)(?:\/32)? (?:to|via) (node-\d+)/g,
    )) {
      this.#routes.push({ address: match[1] ?? match[3] ?? '', node: match[2] ?? match[4] ?? '' });
      isUnderstood = true;
    }
    return isUnderstood;
  }
}
