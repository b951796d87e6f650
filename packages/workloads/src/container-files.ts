/**
 * The files of one container or host: texts by path, with what its programs wrote.
 */
import type { FileView } from './context.ts';

export class ContainerFiles implements FileView {
  readonly #base: () => Iterable<readonly [string, string]>;
  readonly #volumes: () => ReadonlyMap<string, string>;
  /** The base once it was read; then with what was written. */
  #texts: Map<string, string> | undefined;
  #written: Set<string> | undefined;

  /** `volumes` gives the files of mounted volumes as they are now; they hide those of the base. */
  constructor(
    base: Iterable<readonly [string, string]> | (() => Iterable<readonly [string, string]>),
    volumes: () => ReadonlyMap<string, string> = () => NO_FILES,
  ) {
    this.#base = typeof base === 'function' ? base : (): typeof base => base;
    this.#volumes = volumes;
  }

  read(path: string): string | undefined {
    if (path === '/dev/null') return '';
    const normal = normalizePath(path);
    const text = this.#all().get(normal);
    if (this.#written?.has(normal) === true) return text;
    return this.#volumes().get(normal) ?? text;
  }

  write(path: string, text: string): boolean {
    const normal = normalizePath(path);
    if (normal === '/dev/null' || normal === '/dev/stdout' || normal === '/dev/stderr') return true;
    if (normal.startsWith('/proc/') || normal.startsWith('/sys/')) return false;
    this.#all().set(normal, text);
    this.#written ??= new Set();
    this.#written.add(normal);
    return true;
  }

  list(path: string): readonly string[] | undefined {
    const folder = normalizePath(path);
    const prefix = folder === '/' ? '/' : `${folder}/`;
    const names = new Set<string>();
    if (folder === '/') for (const name of ROOT_FOLDERS) names.add(name);
    for (const file of [...this.#all().keys(), ...this.#volumes().keys()]) {
      if (file.startsWith(prefix)) names.add(file.slice(prefix.length).split('/')[0] ?? '');
    }
    if (names.size === 0 && !EMPTY_FOLDERS.has(folder)) return undefined;
    return [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }

  #all(): Map<string, string> {
    this.#texts ??= new Map(this.#base());
    return this.#texts;
  }
}

/** Files laid over those of a machine for one command: it reads them, and what it writes stays on the machine. */
export function overlaidFiles(
  below: FileView,
  files: readonly (readonly [string, string])[],
): FileView {
  if (files.length === 0) return below;
  const texts = new Map(files.map(([path, text]) => [normalizePath(path), text]));
  return {
    read: (path) => texts.get(normalizePath(path)) ?? below.read(path),
    write: (path, text) => {
      texts.delete(normalizePath(path));
      return below.write(path, text);
    },
    list: (path) => {
      const over = new ContainerFiles(texts).list(path);
      const under = below.list(path);
      if (over === undefined || under === undefined) return over ?? under;
      return [...new Set([...over, ...under])].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    },
  };
}

const NO_FILES: ReadonlyMap<string, string> = new Map();
const ROOT_FOLDERS = ['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sys', 'tmp', 'usr', 'var'];
const EMPTY_FOLDERS: ReadonlySet<string> = new Set([
  '/',
  ...ROOT_FOLDERS.map((name) => `/${name}`),
  '/var/log',
  '/var/run',
  '/usr/local',
]);

/** Absolute, without `.`, `..` and doubled slashes; relative paths start at the root. */
export function normalizePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}
