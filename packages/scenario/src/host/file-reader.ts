/**
 * The file system as scenarios see it: regular files up to a size, and folders.
 */
import { readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { FILE_BYTES_MAX, type FileReader, type Opened } from '../files.ts';

export const fileReader: FileReader = {
  open(file: string): Opened {
    try {
      const stat = statSync(file);
      if (stat.isDirectory()) {
        return { kind: 'folder', names: readdirSync(file).sort(compareText) };
      }
      if (!stat.isFile()) return { kind: 'missing', reason: 'it is not a regular file' };
      if (stat.size > FILE_BYTES_MAX) return { kind: 'too-large', sizeBytes: stat.size };
      return { kind: 'file', text: readFileSync(file, 'utf8') };
    } catch (error) {
      return { kind: 'missing', reason: reasonOf(error) };
    }
  },
  realPath(file: string): string | undefined {
    try {
      return realpathSync(file);
    } catch {
      return undefined;
    }
  },
};

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'permission denied'],
  ['ENOTDIR', 'a part of its path is not a folder'],
  ['ELOOP', 'its symbolic links go round in circles'],
  ['ENAMETOOLONG', 'its name is too long'],
]);

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS.get(code) ?? (error instanceof Error ? error.message : String(error));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
