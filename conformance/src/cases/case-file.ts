/**
 * Case files: behaviour of real systems as data (conformance/cases/FORMAT.md).
 *
 * Every key is known or makes its case unsupported, by name: nothing is ignored in silence.
 */

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
}

export type CaseStep = Readonly<Record<string, unknown>> & { readonly do: string };

export interface CaseProbe {
  readonly from: Readonly<Record<string, unknown>>;
  readonly request: string;
  readonly repeat?: number;
  readonly after?: string;
  readonly note?: string;
  readonly expect: Readonly<Record<string, unknown>>;
}

export interface CaseResult {
  readonly name: string;
  readonly outcome: 'agree' | 'disagree' | 'unsupported';
  readonly reason?: string;
  readonly expected?: string;
  readonly actual?: string;
  /** The walk of the first packet that went wrong. */
  readonly walk?: string;
  readonly probes: number;
  /** Provider and proxy mode that it was run under. */
  readonly under?: string;
}

export type CaseForm = 'cases' | 'scheduler' | 'netpol' | 'edge';

/** Which of the forms a parsed document has. */
export function formOf(document: unknown): CaseForm | undefined {
  if (typeof document !== 'object' || document === null || !('cases' in document)) return undefined;
  const { cases } = document as { cases: unknown };
  if (!Array.isArray(cases)) return undefined;
  if ('formulas' in document || cases.some((entry) => has(entry, 'schedule'))) return 'scheduler';
  if ('bases' in document || cases.some((entry) => has(entry, 'base'))) return 'netpol';
  return 'cases';
}

function has(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && key in value;
}

const CASE_KEYS = new Set(['name', 'source', 'cluster', 'manifests', 'steps', 'probes', 'note']);
const CLUSTER_KEYS = new Set(['nodes', 'cni', 'proxyMode', 'ipFamilies', 'notes', 'podCIDRs']);
const PROBE_KEYS = new Set(['from', 'request', 'repeat', 'after', 'note', 'expect', 'why']);
const FROM_KEYS = new Set(['pod', 'node', 'external', 'libc', 'senderIP', 'container']);

/** Why the case cannot be run here; undefined when it can. */
export function unknownKey(entry: Case): string | undefined {
  const bad = firstUnknown(entry, CASE_KEYS) ?? prefixed('cluster', entry.cluster, CLUSTER_KEYS);
  if (bad !== undefined) return `key ${bad} is not modelled`;
  for (const probe of entry.probes ?? []) {
    const key = firstUnknown(probe, PROBE_KEYS) ?? prefixed('from', probe.from, FROM_KEYS);
    if (key !== undefined) return `key probes.${key} is not modelled`;
  }
  return undefined;
}

function firstUnknown(value: object, known: ReadonlySet<string>): string | undefined {
  return Object.keys(value).find((key) => !known.has(key));
}

function prefixed(name: string, value: object, known: ReadonlySet<string>): string | undefined {
  const key = firstUnknown(value, known);
  return key === undefined ? undefined : `${name}.${key}`;
}

/** Providers that podwire has; `any` means all of them but `none`. */
export const PROVIDERS = ['bridge', 'vxlan'] as const;
export const PROXY_MODES = ['iptables'] as const;

/** The combinations under which a case is to be run, or why there is none. */
export function combinations(
  entry: Case,
  only: { readonly provider?: string; readonly proxy?: string },
): { readonly provider: string; readonly proxy: string }[] | string {
  const families = entry.cluster.ipFamilies ?? ['IPv4'];
  if (families.some((family) => family !== 'IPv4'))
    return `ipFamilies ${families.join(', ')} is not modelled`;
  const providers = chosen(entry.cluster.cni ?? 'any', PROVIDERS, only.provider);
  if (providers.length === 0) return `provider ${entry.cluster.cni ?? 'any'} is not modelled`;
  const proxies = chosen(entry.cluster.proxyMode ?? 'any', PROXY_MODES, only.proxy);
  if (proxies.length === 0) return `proxy mode ${entry.cluster.proxyMode ?? 'any'} is not modelled`;
  return providers.flatMap((provider) => proxies.map((proxy) => ({ provider, proxy })));
}

function chosen(text: string, all: readonly string[], only: string | undefined): string[] {
  const wanted = text === 'any' ? all : text.split('|').map((word) => word.trim());
  return all.filter((name) => wanted.includes(name) && (only === undefined || only === name));
}
