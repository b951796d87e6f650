/**
 * Makes the bundle that `./podwire` runs: the same code as the sources, in a few files.
 *
 * Most of what a thread's start costs is finding, reading and linking some 450 small modules, and a run has
 * a thread per node. The bundle lies under node_modules/.cache, next to the list of the files it was made of;
 * tools/launch.mjs runs it while none of them has changed, and makes it anew when one has. Nothing depends
 * on it: the sources run as they are.
 *
 * A module that is loaded by its address is named in the sources as `new URL('./x.ts', import.meta.url)`. Each becomes
 * an entry of the bundle, and the name becomes the entry's. Those named in `src/host/` are for worker threads and get
 * a bundle of their own: esbuild shares code between entries by whole files and with all they import, so together
 * a node's thread would load half of the control plane. Piscina stays outside, since it has files of its own for threads.
 */
import { createHash } from 'node:crypto';
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type Metafile, type Plugin, build } from 'esbuild';

/** Where the launcher looks; beside it lie the folders of the bundles, named by their content. */
export const INDEX_FILE = 'index.json';
export const MAIN = 'packages/cli/src/main.ts';
/** The folder of what worker threads load, in the bundle's. */
const THREADS = 'threads';
/** So many bundles of other sources stay, for those who still run them. */
const KEPT_COUNT = 8;
const ADDRESS = /new URL\('(\.[^']+)\.ts', import\.meta\.url\)/g;
/** Modules in CommonJS form ask for Node's own with `require`. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** What a bundle was made of. */
export interface BundleIndex {
  /** The file to run, from the folder of the index. */
  readonly main: string;
  /** From the root of the repository. */
  readonly inputs: readonly (readonly [file: string, mtimeMs: number, sizeBytes: number])[];
}

/** Writes bundle and index into the folder; the index comes last, and at once. */
export async function makeBundle(root: string, folder: string): Promise<void> {
  const addressed = addressedModules(root);
  mkdirSync(folder, { recursive: true });
  const draft = mkdtempSync(path.join(folder, 'draft-'));
  try {
    const main = await bundle(root, draft, new Set([MAIN, ...addressed.main]), (file) =>
      addressed.threads.has(file) ? `./${THREADS}/` : './',
    );
    const threads = await bundle(root, path.join(draft, THREADS), addressed.threads, (file) =>
      addressed.threads.has(file) ? './' : '../',
    );
    const inputs = stampsOf(root, [main, threads]);
    const name = hashOf(draft);
    settle(draft, path.join(folder, name));
    const index: BundleIndex = { main: `${name}/${entryName(MAIN)}.mjs`, inputs };
    writeFileSync(`${draft}.json`, JSON.stringify(index));
    renameSync(`${draft}.json`, path.join(folder, INDEX_FILE));
    forgetOld(folder, name);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** What is loaded by address on the main thread, and in others. */
function addressedModules(root: string): {
  readonly main: ReadonlySet<string>;
  readonly threads: ReadonlySet<string>;
} {
  const found = { main: new Set<string>(), threads: new Set<string>() };
  const files = globSync('packages/*/src/**/*.ts', {
    cwd: root,
    exclude: ['**/*.{test,suite}.ts'],
  });
  for (const file of files.sort()) {
    const text = readFileSync(path.join(root, file), 'utf8');
    for (const [, target = ''] of text.matchAll(ADDRESS)) {
      const module = path.posix.join(path.posix.dirname(file), `${target}.ts`);
      (file.includes('/src/host/') ? found.threads : found.main).add(module);
    }
  }
  return found;
}

async function bundle(
  root: string,
  outdir: string,
  entries: ReadonlySet<string>,
  folderOf: (file: string) => string,
): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries([...entries].map((file) => [entryName(file), file])),
    outdir,
    // So that Node need not look into a file to see what it is.
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Names stay readable in stacks; positions are looked up in the map (packages/cli/src/source-positions.ts).
    minifyWhitespace: true,
    sourcemap: 'external',
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: 'silent',
    plugins: [addresses(root, folderOf), outside('piscina', outdir)],
  });
  return metafile;
}

function entryName(file: string): string {
  return file
    .replace(/^packages\//, '')
    .replace(/\.ts$/, '')
    .replaceAll(/\/(src\/)?/g, '-');
}

/** All files of a bundle lie in one folder, whatever module an `import.meta.url` came from. */
function addresses(root: string, folderOf: (file: string) => string): Plugin {
  return {
    name: 'addresses',
    setup(bundler) {
      bundler.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path: file }) => {
        const text = readFileSync(file, 'utf8');
        if (!text.includes('import.meta.url')) return undefined;
        const contents = text.replaceAll(ADDRESS, (_, target: string) => {
          const module = path.relative(root, path.resolve(path.dirname(file), `${target}.ts`));
          return `new URL('${folderOf(module)}${entryName(module)}.mjs', import.meta.url)`;
        });
        return { contents, loader: 'ts' };
      });
    },
  };
}

function outside(packageName: string, outDir: string): Plugin {
  return {
    name: 'outside',
    setup(bundler) {
      bundler.onResolve({ filter: new RegExp(`^${packageName}$`) }, async (args) => {
        if (args.pluginData === packageName) return undefined;
        const { path: file } = await bundler.resolve(args.path, {
          resolveDir: args.resolveDir,
          kind: args.kind,
          pluginData: packageName,
        });
        return { path: path.relative(outDir, file), external: true };
      });
    },
  };
}

function stampsOf(root: string, bundles: readonly Metafile[]): BundleIndex['inputs'] {
  const files = new Set([path.relative(root, import.meta.filename)]);
  for (const { inputs } of bundles) {
    for (const file of Object.keys(inputs)) if (!file.startsWith('(')) files.add(file);
  }
  return Array.from(files, (file) => {
    const { mtimeMs, size } = statSync(path.join(root, file));
    return [file, mtimeMs, size] as const;
  });
}

function hashOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of globSync('**/*.{mjs,map}', { cwd: folder }).sort()) {
    hash.update(`${name}\n`).update(readFileSync(path.join(folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Whoever comes second with the same content has nothing to do. */
function settle(draft: string, folder: string): void {
  try {
    renameSync(draft, folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    const now = new Date();
    utimesSync(folder, now, now);
  }
}

function forgetOld(folder: string, current: string): void {
  const others = readdirSync(folder)
    .filter((name) => name !== current && name !== INDEX_FILE)
    .map((name) => ({
      file: path.join(folder, name),
      mtimeMs: statSync(path.join(folder, name)).mtimeMs,
    }))
    .sort((a, b) => b.mtimeMs - a.mtimeMs);
  for (const { file } of others.slice(KEPT_COUNT)) rmSync(file, { recursive: true, force: true });
}
