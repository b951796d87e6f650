/**
 * Runs two commits in turn and prints the ratios:
 *
 *   node bench/compare.ts COMMIT_A COMMIT_B [WORKLOAD…] [--pairs N] [-- --parameter value …]
 *
 * Each commit gets a worktree of its own, for as long as it takes; `.` is this working tree as it is.
 * The order changes from pair to pair, so that a machine that gets slower or faster favours neither.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { WORKLOADS } from './workloads/index.ts';
import type { Workload } from './workloads/workload.ts';
import { median, spread } from './src/measure.ts';
import { type Parameters, spawnWorkload } from './src/spawn-workload.ts';

const ROOT = path.join(import.meta.dirname, '..');
const PAIRS_DEFAULT = 5;
/** Few rounds in each process: what differs between processes must show in the spread. */
const ROUNDS = 3;

interface Tree {
  readonly label: string;
  readonly root: string;
}

const separator = process.argv.indexOf('--', 2);
const end = separator < 0 ? process.argv.length : separator;
const { values, positionals } = parseArgs({
  args: process.argv.slice(2, end),
  allowPositionals: true,
  options: { pairs: { type: 'string', default: String(PAIRS_DEFAULT) } },
});
process.exitCode = main();

function main(): number {
  const [a, b, ...names] = positionals;
  const pairs = Number(values.pairs);
  const unknown = names.filter((name) => !WORKLOADS.some((each) => each.name === name));
  if (a === undefined || b === undefined || !(pairs >= 1) || unknown.length > 0) {
    const known = WORKLOADS.map((each) => each.name).join(', ');
    console.error(
      `usage: npm run bench:compare -- COMMIT_A COMMIT_B [WORKLOAD...] [--pairs N] [-- --parameter value ...]`,
    );
    console.error(`workloads: ${known}; a commit may be . for this working tree`);
    return 2;
  }
  const missing = [a, b].filter((commit) => !isCommit(commit));
  if (missing.length > 0) {
    console.error(`there is no commit ${missing.join(', ')}`);
    return 2;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'podwire-compare-'));
  const trees: Tree[] = [];
  try {
    for (const commit of [a, b])
      trees.push(checkOut(commit, path.join(folder, String(trees.length))));
    const [before, after] = trees;
    if (before === undefined || after === undefined) throw new Error('two trees');
    const given = readParameters(process.argv.slice(end + 1));
    for (const workload of WORKLOADS) {
      if (names.length > 0 && !names.includes(workload.name)) continue;
      const variants = Object.keys(given).length > 0 ? [given] : workload.variants;
      for (const variant of variants) compare(workload, variant, { before, after, pairs });
    }
    return 0;
  } finally {
    for (const { root } of trees) {
      if (root !== ROOT) git(['worktree', 'remove', '--force', root]);
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

function compare(
  { name, rounds: usualRounds }: Workload,
  variant: Parameters,
  { before, after, pairs }: { before: Tree; after: Tree; pairs: number },
): void {
  const parameters = { ...variant, rounds: Math.min(ROUNDS, usualRounds) };
  const ratios: number[] = [];
  const rates = new Map<Tree, number[]>([
    [before, []],
    [after, []],
  ]);
  let isSame = true;
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? [before, after] : [after, before];
    const results = new Map(
      order.map((tree) => [tree, spawnWorkload(name, parameters, tree.root)]),
    );
    const [one, other] = [results.get(before), results.get(after)];
    if (one === undefined || other === undefined) throw new Error('two results');
    ratios.push(other.ratePerReferenceMillion / one.ratePerReferenceMillion);
    rates.get(before)?.push(one.ratePerCpuSecond);
    rates.get(after)?.push(other.ratePerCpuSecond);
    isSame &&= one.digest === other.digest;
  }
  const text = Object.entries(variant).map(([key, value]) => ` ${key} ${value}`);
  const [x, y] = [before, after].map((tree) => Math.round(median(rates.get(tree) ?? [])));
  console.log(
    `${`${name}${text.join('')}`.padEnd(34)} ${before.label} ${x?.toLocaleString('en-US')}/CPU s, ` +
      `${after.label} ${y?.toLocaleString('en-US')}/CPU s: ratio ${median(ratios).toFixed(3)} ± ` +
      `${(spread(ratios) * 100).toFixed(1)} % (${Math.min(...ratios).toFixed(3)} to ` +
      `${Math.max(...ratios).toFixed(3)}), digests ${isSame ? 'equal' : 'differ'}`,
  );
}

function isCommit(text: string): boolean {
  const args = ['rev-parse', '--verify', '--quiet', `${text}^{commit}`];
  return text === '.' || spawnSync('git', args, { cwd: ROOT }).status === 0;
}

/** A worktree with its dependencies. */
function checkOut(commit: string, folder: string): Tree {
  if (commit === '.') return { label: 'here', root: ROOT };
  const hash = git(['rev-parse', '--short', `${commit}^{commit}`]);
  git(['worktree', 'add', '--detach', folder, hash]);
  const installed = spawnSync('node', [path.join(folder, 'tools', 'bootstrap.mjs'), 'install'], {
    encoding: 'utf8',
  });
  if (installed.status !== 0) throw new Error(`${commit}: ${installed.stderr}`);
  return { label: hash, root: folder };
}

function git(args: readonly string[]): string {
  const done = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`git ${args.join(' ')}: ${done.stderr.trim()}`);
  return done.stdout.trim();
}

/** `--hosts 8 --packets 100`; the workload judges them. */
function readParameters(args: readonly string[]): Parameters {
  const entries: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < args.length; index += 2) {
    entries.push([(args[index] ?? '').replace(/^--/, ''), args[index + 1] ?? '']);
  }
  return Object.fromEntries(entries);
}
