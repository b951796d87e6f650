/**
 * A file system in memory, for tests: path → text, `{ link }` or `{ sizeBytes }`.
 */
import path from 'node:path';
import type { Diagnostic } from '@podwire/base';
import { FILE_BYTES_MAX, type FileReader, type Opened } from './files.ts';
import { type LoadOptions, type LoadedScenario, loadScenario } from './parse.ts';

export type MemoryFile = string | { readonly link: string } | { readonly sizeBytes: number };

export function memoryReader(files: Readonly<Record<string, MemoryFile>>): FileReader {
  const entries = new Map(Object.entries(files));
  const resolve = (name: string): string => {
    const clean = path.posix.normalize(name).replace(/\/$/, '');
    const entry = entries.get(clean);
    return typeof entry === 'object' && 'link' in entry ? entry.link : clean;
  };
  const namesIn = (folder: string): string[] => {
    const names = new Set<string>();
    const prefix = folder === '.' ? '' : `${folder}/`;
    for (const file of entries.keys()) {
      if (file.startsWith(prefix)) names.add(file.slice(prefix.length).split('/')[0] ?? '');
    }
    return [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  };
  return {
    open(name: string): Opened {
      const file = resolve(name);
      const entry = entries.get(file);
      if (typeof entry === 'string') return { kind: 'file', text: entry };
      if (typeof entry === 'object' && 'sizeBytes' in entry) {
        const { sizeBytes } = entry;
        return sizeBytes > FILE_BYTES_MAX
          ? { kind: 'too-large', sizeBytes }
          : { kind: 'file', text: '' };
      }
      const names = namesIn(file);
      if (names.length > 0) return { kind: 'folder', names };
      return { kind: 'missing', reason: 'there is no such file' };
    },
    realPath(name: string): string {
      const file = resolve(name);
      return file.startsWith('/') ? file : path.posix.join('/root', file);
    },
  };
}

/** Loads `s/scenario.yaml` of a folder that holds what is given. */
export function load(
  text: string,
  files: Readonly<Record<string, MemoryFile>> = {},
  options: LoadOptions = {},
): LoadedScenario {
  const all: Record<string, MemoryFile> = { 's/scenario.yaml': text };
  for (const [name, file] of Object.entries(files)) all[`s/${name}`] = file;
  return loadScenario(memoryReader(all), 's', options);
}

/** `12:5 PW3001 message`, in order. */
export function brief(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ line, col, code, message }) => `${line}:${col} ${code} ${message}`);
}
