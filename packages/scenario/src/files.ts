/**
 * The files of a scenario's folder that its manifests and commands name.
 *
 * Only what is named is read, never the whole folder, and nothing outside of it: neither by `..` nor by a
 * symbolic link. What cannot be read is a diagnostic at the place that names it.
 */
import path from 'node:path';
import type { Field } from './field.ts';

/** What a path leads to; the file system itself lies in host/. */
export type Opened =
  | { readonly kind: 'file'; readonly text: string }
  | { readonly kind: 'folder'; readonly names: readonly string[] }
  | { readonly kind: 'too-large'; readonly sizeBytes: number }
  | { readonly kind: 'missing'; readonly reason: string };

export interface FileReader {
  open(file: string): Opened;
  /** Without symbolic links; undefined when there is nothing. */
  realPath(file: string): string | undefined;
}

/** Largest file, and all of a scenario's files together. */
export const FILE_BYTES_MAX: number = 16 * 1024 * 1024;
const TOTAL_CHARS_MAX = 64 * 1024 * 1024;
const FILE_COUNT_MAX = 2000;
const DEPTH_MAX = 8;
const MANIFEST = /\.(ya?ml|json)$/;

export class ScenarioFiles {
  /** By path inside the folder, in the order of reading. */
  readonly texts: Map<string, string> = new Map();
  readonly #reader: FileReader;
  readonly #folder: string;
  readonly #tried = new Map<string, boolean>();
  #totalChars = 0;

  constructor(reader: FileReader, folder: string) {
    this.#reader = reader;
    this.#folder = folder;
  }

  /** How diagnostics name a file of the folder. */
  shownPath(inside: string): string {
    return path.posix.join(toPosix(this.#folder), inside);
  }

  /** Reads a file, or what a folder holds; false, with a diagnostic, when that is not possible. */
  add(name: string, at: Field): boolean {
    const inside = this.inside(name);
    if (inside === undefined || this.#leaves(inside)) {
      at.add({
        code: 'PW1003',
        message: `${name} lies outside the scenario's folder`,
        hint: 'copy the file into the folder of the scenario',
      });
      return false;
    }
    const before = this.#tried.get(inside);
    if (before !== undefined) return before;
    const done = this.#read(inside, at, 0);
    this.#tried.set(inside, done);
    return done;
  }

  /** Whether a word happens to name something in the folder. */
  has(name: string): boolean {
    const inside = this.inside(name);
    if (inside === undefined || inside === '.' || inside === '') return false;
    return this.#reader.open(path.join(this.#folder, inside)).kind !== 'missing';
  }

  /** The manifests that a path stands for, as `kubectl apply -f` takes them. */
  manifestsOf(name: string): readonly (readonly [string, string])[] {
    const inside = this.inside(name);
    if (inside === undefined) return [];
    const exact = this.texts.get(inside);
    if (exact !== undefined) return [[inside, exact]];
    const prefix = inside === '.' ? '' : `${inside}/`;
    return [...this.texts]
      .filter(
        ([file]) =>
          file.startsWith(prefix) &&
          MANIFEST.test(file) &&
          !file.slice(prefix.length).includes('/'),
      )
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }

  /** The path inside the folder; undefined when it leaves it. */
  inside(name: string): string | undefined {
    if (name.includes('\0') || path.isAbsolute(name)) return undefined;
    const normal = path.posix.normalize(toPosix(name)).replace(/\/$/, '');
    return normal === '..' || normal.startsWith('../') ? undefined : normal;
  }

  #leaves(inside: string): boolean {
    const root = this.#reader.realPath(this.#folder);
    const real = this.#reader.realPath(path.join(this.#folder, inside));
    if (root === undefined || real === undefined) return false;
    return real !== root && !real.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
  }

  #read(inside: string, at: Field, depth: number): boolean {
    const opened = this.#reader.open(path.join(this.#folder, inside));
    const shown = this.shownPath(inside);
    switch (opened.kind) {
      case 'missing':
        at.add({ code: 'PW1001', message: `${shown} cannot be read: ${opened.reason}` });
        return false;
      case 'too-large':
        at.add({ code: 'PW1002', message: tooLarge(shown, opened.sizeBytes) });
        return false;
      case 'file':
        this.#totalChars += opened.text.length;
        if (this.texts.size >= FILE_COUNT_MAX || this.#totalChars > TOTAL_CHARS_MAX) {
          at.add({
            code: 'PW1002',
            message: `the scenario's files are more than ${FILE_COUNT_MAX}, or more than ${TOTAL_CHARS_MAX / 1024 / 1024} MB`,
          });
          return false;
        }
        this.texts.set(inside, opened.text);
        return true;
      case 'folder':
        return this.#readFolder(inside, opened.names, at, depth);
    }
  }

  #readFolder(inside: string, names: readonly string[], at: Field, depth: number): boolean {
    if (depth > DEPTH_MAX) return true;
    for (const name of names) {
      if (name.startsWith('.') || name === 'node_modules') continue;
      const file = inside === '.' ? name : `${inside}/${name}`;
      if (this.texts.has(file)) continue;
      if (this.#leaves(file)) {
        at.add({
          code: 'PW1003',
          message: `${this.shownPath(file)} leads out of the scenario's folder`,
        });
        return false;
      }
      if (!this.#read(file, at, depth + 1)) return false;
    }
    return true;
  }
}

export function tooLarge(file: string, sizeBytes: number): string {
  const megabytes = (sizeBytes / 1024 / 1024).toFixed(1);
  return `${file} is too large: ${megabytes} MB, at most ${FILE_BYTES_MAX / 1024 / 1024} MB are read`;
}

function toPosix(name: string): string {
  return path.sep === '/' ? name : name.split(path.sep).join('/');
}
