/**
 * A scenario file as data with the place of every value, and the diagnostics that were found in it.
 *
 * Scenario files are YAML 1.2, as editors read them: `on` and `no` are text.
 */
import { readYaml } from '@podwire/api';
import type { Diagnostic, DiagnosticCode, Severity, SourcePos } from '@podwire/base';

/** Keys and indexes that lead to a value. */
export type Path = readonly (string | number)[];

export interface Finding {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly severity?: Severity;
  readonly hint?: string | undefined;
  /** Point at the key instead of the value. */
  readonly isKey?: boolean;
}

export class Source {
  readonly file: string;
  readonly text: string;
  readonly diagnostics: Diagnostic[] = [];
  /** The document; undefined when there is none to work with. */
  value: unknown;
  #places: ReadonlyMap<string, { readonly line: number; readonly col: number }> = new Map();
  #keyPlaces: ReadonlyMap<string, { readonly line: number; readonly col: number }> = new Map();

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    const yaml = readYaml(text, file, '1.2');
    this.diagnostics.push(...yaml.diagnostics);
    const [document, second] = yaml.documents;
    if (yaml.diagnostics.length > 0) return;
    if (document === undefined) {
      this.addWhole('PW1103', 'the file is empty; a scenario has a name and steps');
      return;
    }
    if (
      typeof document.value !== 'object' ||
      document.value === null ||
      Array.isArray(document.value)
    ) {
      this.addWhole('PW1103', 'a scenario is a mapping with name and steps');
      return;
    }
    this.#places = document.places;
    this.#keyPlaces = document.keyPlaces;
    this.value = document.value;
    if (second !== undefined) {
      const { line, col } = second.places.get('') ?? { line: 0, col: 0 };
      const message = 'a scenario file holds one document';
      this.diagnostics.push({ severity: 'error', code: 'PW3001', message, file, line, col });
    }
  }

  /** Where a value is, or the nearest one around it. */
  posOf(path: Path, isKey = false): SourcePos {
    for (let length = path.length; length >= 0; length--) {
      const text = formatPath(path.slice(0, length));
      const place =
        (isKey && length === path.length ? this.#keyPlaces.get(text) : undefined) ??
        this.#places.get(text);
      if (place !== undefined) return { file: this.file, ...place };
    }
    return { file: this.file, line: 1, col: 1 };
  }

  add(path: Path, finding: Finding): void {
    const { code, message, severity = 'error', hint, isKey } = finding;
    this.diagnostics.push({
      severity,
      code,
      message,
      ...this.posOf(path, isKey),
      ...(path.length === 0 ? {} : { path: formatPath(path) }),
      ...(hint === undefined ? {} : { hint }),
    });
  }

  addWhole(code: DiagnosticCode, message: string, hint?: string): void {
    const place = { file: this.file, line: 0, col: 0 };
    this.diagnostics.push({
      severity: 'error',
      code,
      message,
      ...place,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  get hasErrors(): boolean {
    return this.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  }
}

/** `steps[0].expect.output`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}
