/**
 * Positions in bundled code as positions in the sources, for stacks that people read.
 *
 * The maps that tools/bundle.ts writes beside the code are read only here: Node's own reading of them would slow
 * every start. Code without a map stands as it is.
 */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const POSITION = /(file:\/\/\/[^\s:()]+\.m?js):(\d+):(\d+)/g;

export function inSources(stack: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  return stack.replaceAll(POSITION, (position, url: string, line: string, column: string) => {
    if (!maps.has(url)) maps.set(url, readMap(fileURLToPath(url)));
    const found = maps.get(url)?.findOrigin(Number(line), Number(column));
    if (found === undefined || !('fileName' in found)) return position;
    const file = path.resolve(path.dirname(fileURLToPath(url)), found.fileName);
    return `${pathToFileURL(file).href}:${found.lineNumber}:${found.columnNumber}`;
  });
}

function readMap(file: string): SourceMap | undefined {
  try {
    const text = readFileSync(`${file}.map`, 'utf8');
    return new SourceMap(JSON.parse(text) as ConstructorParameters<typeof SourceMap>[0]);
  } catch {
    return undefined;
  }
}
