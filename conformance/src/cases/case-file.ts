/**
 * Case files: behaviour of real systems as data (conformance/cases/FORMAT.md).
 *
 * From: the text of a file. To: cases as typed data, and for each the combinations of provider and proxy mode
 * under which it is to be run. Every key is known or makes its case unsupported, by name: nothing is ignored
 * in silence.
 */
import { parseDocument } from 'yaml';

export interface Case {
  readonly name: string;
  readonly source?: string;
  readonly cluster: CaseCluster;
  readonly manifests?: string;
  readonly steps?: readonly CaseStep[];
  readonly probes?: readonly CaseProbe[];
}

export interface CaseCluster {
  readonly nodes?: number;
  readonly cni?: string;
  readonly proxyMode?: string;
  readonly ipFamilies?: readonly string[];
  readonly notes?: string;
  readonly podCIDRs?: Readonly<Record<string, string>>;
  readonly podCIDR?: string;
  readonly serviceCIDR?: string;
  readonly clusterDomain?: string;
  readonly podMTU?: number;
  /** Labels by node. */
  readonly nodeLabels?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Zones by node. */
  readonly zones?: Readonly<Record<string, string>>;
}

export type CaseStep = Readonly<Record<string, unknown>> & { readonly do: string };
export type Fields = Readonly<Record<string, unknown>>;

export interface CaseProbe {
  readonly from: Fields;
  readonly request: string;
  readonly repeat?: number;
  readonly after?: string;
  readonly note?: string;
  readonly expect: Fields;
}

export interface CaseResult {
  readonly name: string;
  readonly outcome: 'agree' | 'disagree' | 'unsupported';
  readonly reason?: string;
  readonly expected?: string;
  readonly actual?: string;
  /** The walk of the first packet that went wrong. */
  readonly walk?: string;
  /** How many probes and expectations of steps were compared. */
  readonly probes: number;
  /** Provider and proxy mode of the disagreement. */
  readonly under?: string;
}

export type CaseForm = 'cases' | 'scheduler' | 'netpol' | 'edge';

export interface CaseFile {
  readonly file: string;
  readonly form: CaseForm;
  readonly document: unknown;
  readonly entries: readonly unknown[];
  /** When clients give up, as the file's head says. */
  readonly clientTimeoutSec: number;
}

/** Where the head says nothing: resolvers get their time. */
const CLIENT_TIMEOUT_SEC = 30;

/** Reads a file; a text tells why it is none. */
export function readCaseFile(text: string, file: string): CaseFile | string {
  const parsed = parseDocument(text, { prettyErrors: true });
  const [error] = parsed.errors;
  if (error !== undefined) return error.message;
  let document: unknown;
  try {
    document = parsed.toJS({ maxAliasCount: 1000 });
  } catch (problem) {
    return problem instanceof Error ? problem.message : textOf(problem);
  }
  if (!isFields(document) || !Array.isArray(document['cases'])) {
    return 'not a case file: it has no list `cases`';
  }
  const entries: readonly unknown[] = document['cases'];
  const head = headOf(text);
  return {
    file,
    form: formOf(document, entries, head),
    document,
    entries,
    clientTimeoutSec: clientTimeout(head),
  };
}

/** The comment at the top of the file, as one line. */
function headOf(text: string): string {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('#')) break;
    lines.push(line.replace(/^#\s*/, ''));
  }
  return lines.join(' ');
}

/** "Timeout for clients: 2 s", "Clients give up after 5 s". */
function clientTimeout(head: string): number {
  const match =
    /timeout for clients:? (\d+(?:\.\d+)?) ?s/i.exec(head) ??
    /clients give up after (\d+(?:\.\d+)?) ?s/i.exec(head);
  return match === null ? CLIENT_TIMEOUT_SEC : Number(match[1]);
}

function formOf(document: Fields, entries: readonly unknown[], head: string): CaseForm {
  const has = (key: string): boolean => entries.some((entry) => isFields(entry) && key in entry);
  if ('formulas' in document || has('schedule')) return 'scheduler';
  if ('bases' in document || has('base')) return 'netpol';
  const isEdge = (entry: unknown): boolean =>
    isFields(entry) &&
    isFields(entry['cluster']) &&
    /^edge\b/.test(textOf(entry['cluster']['notes'] ?? ''));
  if (/\bthe edge\b/i.test(head) || entries.some(isEdge)) return 'edge';
  return 'cases';
}

const CASE_KEYS = new Set([
  'name',
  'source',
  'cluster',
  'manifests',
  'steps',
  'probes',
  'note',
  'why',
]);
const CLUSTER_KEYS = new Set([
  'nodes',
  'cni',
  'proxyMode',
  'ipFamilies',
  'notes',
  'podCIDRs',
  'podCIDR',
  'serviceCIDR',
  'clusterDomain',
  'podMTU',
  'nodeLabels',
  'zones',
]);
const PROBE_KEYS = new Set(['from', 'request', 'repeat', 'after', 'note', 'why', 'expect']);
const FROM_KEYS = new Set(['pod', 'node', 'external', 'libc', 'senderIP', 'container']);

/** What later features will read. */
const LATER_KEYS: ReadonlyMap<string, string> = new Map([
  ['cluster.underlay', 'switch ports, bonds and mirrors of the underlay are not modelled yet'],
  ['from.switchPort', 'frames sent into a switch port are not modelled yet'],
]);

/** The entry as a case; a text tells why it cannot be one here. */
export function asCase(given: unknown): Case | string {
  if (!isFields(given)) return 'the case is not a mapping';
  const entry = plainForm(given);
  if (typeof entry['name'] !== 'string') return 'the case has no name';
  const problem = firstUnknown('', entry, CASE_KEYS);
  if (problem !== undefined) return problem;
  const { cluster = {}, manifests = '', steps = [], probes = [] } = entry;
  if (!isFields(cluster)) return 'cluster is not a mapping';
  if (typeof manifests !== 'string') return 'manifests are not a text';
  if (!Array.isArray(steps) || !steps.every(isStep)) return 'steps are not a list of steps';
  if (!Array.isArray(probes)) return 'probes are not a list';
  for (const probe of probes) {
    const reason = probeProblem(probe);
    if (reason !== undefined) return reason;
  }
  const unknown = clusterProblem(cluster);
  if (unknown !== undefined) return unknown;
  return { ...entry, cluster, manifests, steps, probes } as unknown as Case;
}

/** Other ways to write the same: `node1`, `<nodePort of lb>`, and targets as kind, namespace and name. */
function plainForm(given: Fields): Fields {
  const whole = JSON.stringify(given);
  const named = /\bnode-\d/.test(whole) ? whole : whole.replaceAll(/\bnode(\d+)\b/g, 'node-$1');
  const text = named.replaceAll(
    /<([A-Za-z])(\w*) of ([\w-]+)>/g,
    (_, first: string, rest: string, name: string) => `{${first.toLowerCase()}${rest}:${name}}`,
  );
  const entry = JSON.parse(text) as Fields;
  const { steps } = entry;
  if (!Array.isArray(steps)) return entry;
  return {
    ...entry,
    steps: steps.map((step: unknown) => (isFields(step) ? plainStep(step) : step)),
  };
}

function plainStep(step: Fields): Fields {
  const { kind, name, namespace = 'default', ...rest } = step;
  if (typeof kind !== 'string' || typeof name !== 'string') return step;
  return { ...rest, [kind.toLowerCase()]: `${textOf(namespace)}/${name}` };
}

function isStep(step: unknown): boolean {
  return isFields(step) && typeof step['do'] === 'string';
}

/** Judged before the rest: what a case needs that is not here is the better reason. */
function clusterProblem(cluster: Fields): string | undefined {
  const combined = combinations(cluster as CaseCluster, {});
  if (typeof combined === 'string') return combined;
  const unknown = firstUnknown('cluster', cluster, CLUSTER_KEYS);
  if (unknown !== undefined) return unknown;
  const { nodes } = cluster;
  if (nodes !== undefined && (typeof nodes !== 'number' || !Number.isSafeInteger(nodes))) {
    return 'cluster.nodes is not a number';
  }
  return undefined;
}

function probeProblem(probe: unknown): string | undefined {
  if (!isFields(probe)) return 'a probe is not a mapping';
  const { from, request, expect, repeat } = probe;
  if (!isFields(from)) return 'a probe says not from where';
  const unknown =
    firstUnknown('from', from, FROM_KEYS) ?? firstUnknown('probes', probe, PROBE_KEYS);
  if (unknown !== undefined) return unknown;
  if (typeof request !== 'string') return 'a probe has no request';
  if (!isFields(expect)) return 'a probe expects nothing';
  if (repeat !== undefined && (typeof repeat !== 'number' || repeat < 1)) {
    return 'probes.repeat is not a number';
  }
  return undefined;
}

/** The first key that is not known, as a reason. */
export function firstUnknown(
  path: string,
  value: object,
  known: ReadonlySet<string>,
): string | undefined {
  const key = Object.keys(value).find((name) => !known.has(name));
  if (key === undefined) return undefined;
  const full = path === '' ? key : `${path}.${key}`;
  return LATER_KEYS.get(full) ?? `the key ${full} is not known`;
}

/** Providers that podwire has; `any` means all of them but `none`. */
export const PROVIDERS = ['bridge', 'vxlan', 'ovn-kubernetes'] as const;
export const PROXY_MODES = ['iptables'] as const;

export type CaseProvider = (typeof PROVIDERS)[number];
export type CaseProxy = (typeof PROXY_MODES)[number];

export interface Combination {
  readonly provider: CaseProvider;
  readonly proxy: CaseProxy;
}

export interface CombinationChoice {
  readonly provider?: string;
  readonly proxy?: string;
}

/** Providers that balance services themselves: no kube-proxy runs beside them. */
const WITHOUT_KUBE_PROXY: ReadonlySet<CaseProvider> = new Set<CaseProvider>(['ovn-kubernetes']);

/** Whether a case is about kube-proxy: it stops it, configures it, or asks for one of its modes. */
export function isAboutKubeProxy({ cluster, steps }: Case): boolean {
  const { proxyMode = 'any', notes = '' } = cluster;
  if (textOf(proxyMode).trim() !== 'any') return true;
  return /kube-?proxy/i.test(`${textOf(notes)} ${textOf(steps ?? [])}`);
}

/**
 * The combinations under which a case is to be run, or why there is none. A case that `any` provider serves and that is
 * about kube-proxy is for those that run one.
 */
export function combinations(
  cluster: CaseCluster,
  only: CombinationChoice,
  needsKubeProxy = false,
): Combination[] | string {
  const { cni = 'any', proxyMode = 'any', ipFamilies = ['IPv4'] } = cluster;
  if (!Array.isArray(ipFamilies)) return 'ipFamilies is not a list';
  const other = ipFamilies.filter((family) => family !== 'IPv4');
  if (other.length > 0) return `IP family ${other.join(', ')} is not modelled yet`;
  const isNamed = textOf(cni).trim() !== 'any';
  const providers = chosen(textOf(cni), PROVIDERS).filter(
    (provider) => isNamed || !needsKubeProxy || !WITHOUT_KUBE_PROXY.has(provider),
  );
  if (providers.length === 0) return `provider ${textOf(cni)} is not modelled yet`;
  const proxies = chosen(textOf(proxyMode), PROXY_MODES);
  if (proxies.length === 0) return `proxy mode ${textOf(proxyMode)} is not modelled yet`;
  const all = providers.flatMap((provider) => proxies.map((proxy) => ({ provider, proxy })));
  const left = all.filter(
    ({ provider, proxy }) =>
      (only.provider ?? provider) === provider && (only.proxy ?? proxy) === proxy,
  );
  if (left.length > 0) return left;
  const wanted = [only.provider, only.proxy].filter((word) => word !== undefined).join(' with ');
  return `the case is not for ${wanted}`;
}

function chosen<T extends string>(text: string, all: readonly T[]): T[] {
  if (text.trim() === 'any') return [...all];
  const wanted = text.split(/\||,| or /).map((word) => word.trim());
  return all.filter((name) => wanted.includes(name));
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value of a case as text: texts as they are, the rest as JSON writes it. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'missing');
}
