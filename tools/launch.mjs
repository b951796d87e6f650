/**
 * What `./podwire` runs: the bundle of the sources, or the sources themselves where there can be none.
 *
 * The bundle is made by tools/bundle.ts when it is missing or a file it was made of has changed, which takes
 * half a second. Where that fails, as in a folder that cannot be written or with a mistake in a source,
 * the sources run; they say better what is wrong. To run them on purpose: node packages/cli/src/main.ts
 *
 * Plain JavaScript, since Node's stripping of types would take a third of the time of `podwire --help`.
 */
import { readFileSync, statSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.dirname(import.meta.dirname);
const state = path.join(root, 'node_modules', '.cache', 'podwire');
const folder = path.join(state, 'bundle');

const bundled = freshBundle() ?? (await madeAnew());
cacheCompiled(bundled === undefined ? state : path.dirname(bundled));
await import(pathToFileURL(bundled ?? path.join(root, 'packages', 'cli', 'src', 'main.ts')).href);

/** @returns {string | undefined} */
function freshBundle() {
  try {
    /** @type {import('./bundle.ts').BundleIndex} */
    const { main, inputs } = JSON.parse(readFileSync(path.join(folder, 'index.json'), 'utf8'));
    for (const [file, mtimeMs, sizeBytes] of inputs) {
      const found = statSync(`${root}/${file}`, { throwIfNoEntry: false });
      if (found?.mtimeMs !== mtimeMs || found.size !== sizeBytes) return undefined;
    }
    return path.join(folder, main);
  } catch {
    return undefined;
  }
}

async function madeAnew() {
  try {
    const { makeBundle } = await import('./bundle.ts');
    await makeBundle(root, folder);
    return freshBundle();
  } catch {
    return undefined;
  }
}

/**
 * Beside the code, so that it goes when the code goes. Threads read the variable.
 *
 * @param {string} beside
 */
function cacheCompiled(beside) {
  process.env['NODE_COMPILE_CACHE'] ??= path.join(beside, 'compile');
  enableCompileCache(process.env['NODE_COMPILE_CACHE']);
}
