/**
 * The bundle is the same program as the sources, threads included, and its faults name the sources.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type BundleIndex, INDEX_FILE, MAIN, makeBundle } from './bundle.ts';

const root = path.dirname(import.meta.dirname);
const folder = mkdtempSync(path.join(tmpdir(), 'podwire-bundle-'));
after(() => {
  rmSync(folder, { recursive: true });
});
await makeBundle(root, folder);
const index = JSON.parse(readFileSync(path.join(folder, INDEX_FILE), 'utf8')) as BundleIndex;
const bundled = path.join(folder, index.main);

function podwire(
  main: string,
  args: readonly string[],
  options: readonly string[] = [],
): { status: number | null; stdout: string; stderr: string } {
  const node = [...options, '--disable-warning=ExperimentalWarning', main];
  return spawnSync(process.execPath, [...node, ...args], { encoding: 'utf8', cwd: folder });
}

writeFileSync(
  path.join(folder, 'scenario.yaml'),
  'name: small\ncluster: {nodes: 2}\nsteps:\n  - {run: kubectl get nodes, expect: node-2}\n',
);

test('runs with threads, to the digest of the sources', () => {
  const [fromBundle, fromSources] = [bundled, path.join(root, MAIN)].map((main) => {
    const { status, stdout, stderr } = podwire(main, ['run', 'scenario.yaml', '--json']);
    assert.equal(status, 0, stderr);
    const { digest, workers } = JSON.parse(stdout) as { digest: string; workers: unknown };
    return { digest, workers };
  });
  assert.deepEqual(fromBundle, fromSources);
});

test('a fault names file and line of the sources', () => {
  const hook = path.join(folder, 'fault.mjs');
  writeFileSync(
    hook,
    `let count = 0;
    const real = Map.prototype.set;
    Map.prototype.set = function (...args) {
      if (new Error('x').stack?.includes('runUntil') && ++count === 3) {
        Map.prototype.set = real;
        throw new TypeError('thrown by a test');
      }
      return real.apply(this, args);
    };`,
  );
  const { status, stderr } = podwire(
    bundled,
    ['run', 'scenario.yaml', '--workers', '0'],
    [`--import=${pathToFileURL(hook).href}`],
  );
  assert.equal(status, 70, stderr);
  assert.match(stderr, /thrown by a test[^]*packages\/engine\/src\/kernel\.ts:\d+:\d+/);
});

test('lists every source it was made of', () => {
  const files = index.inputs.map(([file]) => file);
  for (const file of [MAIN, 'packages/cluster/src/node/node-programs.ts', 'tools/bundle.ts']) {
    assert.ok(files.includes(file), file);
  }
  assert.deepEqual(
    files.filter((file) => !existsSync(path.join(root, file))),
    [],
  );
});

test('the same sources give the same bundle, and no draft is left', async () => {
  await makeBundle(root, folder);
  const again = JSON.parse(readFileSync(path.join(folder, INDEX_FILE), 'utf8')) as BundleIndex;
  assert.deepEqual(again, index);
  const folders = readdirSync(folder, { withFileTypes: true }).filter((each) => each.isDirectory());
  assert.deepEqual(
    folders.map(({ name }) => name),
    [path.dirname(index.main)],
  );
});
