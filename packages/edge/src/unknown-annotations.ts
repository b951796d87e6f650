/**
 * Tells the user, once for each, of annotations that a proxy knows and podwire does not.
 */
import type { KubeObject } from '@podwire/api';

export class UnknownAnnotations {
  readonly #notice: (text: string) => void;
  readonly #told = new Set<string>();

  constructor(notice: (text: string) => void) {
    this.#notice = notice;
  }

  /** Annotations of the prefix that are not known, in order of name. */
  tell({ kind, metadata }: KubeObject, prefix: string, known: ReadonlySet<string>): void {
    const { name, namespace = '', annotations = {} } = metadata;
    const unknown = Object.keys(annotations)
      .filter((key) => key.startsWith(prefix) && !known.has(key.slice(prefix.length)))
      .sort((a, b) => (a < b ? -1 : 1));
    for (const annotation of unknown) {
      const text = `${kind.toLowerCase()} ${namespace}/${name}: annotation ${annotation} is not modelled and has no effect`;
      if (this.#told.has(text)) continue;
      this.#told.add(text);
      this.#notice(text);
    }
  }
}
