/**
 * Hosts and paths → what to do: the one table that Ingresses and Routes compile to.
 *
 * Who owns a host, which path beats which and what happens when none matches differs between them; the compilers
 * put their rules in the order in which they are to be asked.
 */

/** A path that a rule is for. */
export interface PathRule<T> {
  /** Undefined: not this one. Captures of a regular expression, of which 0 is the whole. */
  readonly match: (path: string) => readonly string[] | undefined;
  readonly value: T;
}

export interface Matched<T> {
  readonly value: T;
  readonly captures: readonly string[];
}

/** One host's rules in the order in which they are asked. */
export type HostRules<T> = readonly PathRule<T>[];

export class HostTable<T> {
  readonly #exact: ReadonlyMap<string, HostRules<T>>;
  /** By what follows the `*.`. */
  readonly #wildcards: ReadonlyMap<string, HostRules<T>>;
  readonly #others: HostRules<T>;
  readonly #fallsThrough: boolean;

  /**
   * `hosts`: rules by host, `*.domain` for one label below a domain, '' for all other hosts. `fallsThrough`: when
   * the best host has no rule for the path the next one is asked.
   */
  constructor(hosts: ReadonlyMap<string, HostRules<T>>, fallsThrough: boolean) {
    const exact = new Map<string, HostRules<T>>();
    const wildcards = new Map<string, HostRules<T>>();
    for (const [host, rules] of hosts) {
      if (host.startsWith('*.')) wildcards.set(host.slice(2).toLowerCase(), rules);
      else if (host !== '') exact.set(host.toLowerCase(), rules);
    }
    this.#exact = exact;
    this.#wildcards = wildcards;
    this.#others = hosts.get('') ?? [];
    this.#fallsThrough = fallsThrough;
  }

  /** `host` as plainHost gives it. */
  find(host: string, path: string): Matched<T> | undefined {
    const dot = host.indexOf('.');
    const wildcard = dot <= 0 ? undefined : this.#wildcards.get(host.slice(dot + 1));
    // The most specific host's rules first.
    for (const rules of [this.#exact.get(host), wildcard, this.#others]) {
      if (rules === undefined) continue;
      for (const { match, value } of rules) {
        const captures = match(path);
        if (captures !== undefined) return { value, captures };
      }
      if (!this.#fallsThrough) return undefined;
    }
    return undefined;
  }
}

/** A Host header as hosts are compared: lower case, without port. */
export function plainHost(header: string): string {
  return header.toLowerCase().replace(/:\d*$/, '');
}

/** The value of the most specific host: exact, then one label below a wildcard. */
export function findHost<T>(hosts: ReadonlyMap<string, T>, host: string): T | undefined {
  const dot = host.indexOf('.');
  return hosts.get(host) ?? (dot <= 0 ? undefined : hosts.get(`*${host.slice(dot)}`));
}

/** Element by element, as `pathType: Prefix` and Routes compare: `/foo` holds `/foo`, `/foo/` and `/foo/x`. */
export function hasPathPrefix(path: string, prefix: string): boolean {
  if (prefix === '' || prefix === '/') return true;
  if (!path.startsWith(prefix)) return false;
  return prefix.endsWith('/') || path.length === prefix.length || path[prefix.length] === '/';
}
