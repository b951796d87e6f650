/**
 * Counters of the server, by CoreDNS's metric names.
 */

/** The help lines of the metrics that are kept. */
export class DnsMetrics {
  readonly #counters = new Map<string, number>();

  /** `labels` in the order in which they are printed. */
  count(name: string, labels: readonly (readonly [string, string])[], by = 1): void {
    const key = metricKey(name, labels);
    this.#counters.set(key, (this.#counters.get(key) ?? 0) + by);
  }

  get(name: string, labels: readonly (readonly [string, string])[]): number {
    return this.#counters.get(metricKey(name, labels)) ?? 0;
  }

  /** Sum over all labels. */
  total(name: string): number {
    let sum = 0;
    for (const [key, value] of this.#counters) {
      if (key === name || key.startsWith(`${name}{`)) sum += value;
    }
    return sum;
  }

  /** Prometheus' text form, ordered by name. */
  format(): string {
    const keys = [...this.#counters.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    let text = '';
    let last = '';
    for (const key of keys) {
      const name = key.split('{')[0] ?? key;
      if (name !== last) text += `# TYPE ${name} counter\n`;
      last = name;
      text += `${key} ${this.#counters.get(key) ?? 0}\n`;
    }
    return text;
  }
}

function metricKey(name: string, labels: readonly (readonly [string, string])[]): string {
  if (labels.length === 0) return name;
  return `${name}{${labels.map(([label, value]) => `${label}="${value}"`).join(',')}}`;
}
