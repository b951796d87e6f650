/**
 * Runs the checks and tests, all of them or those that are named:
 *
 *   node tools/check.ts [STEP…]
 *
 * Called by the scripts of package.json through tools/bootstrap.mjs, which puts the pinned Node and
 * the installed tools on the PATH. A step that fails does not stop the ones after it; the
 * summary names it and the exit status is 1.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { styleText } from 'node:util';
import { runScenarios } from './scenarios.ts';
import { runTidy } from './tidy.ts';

const root = path.dirname(import.meta.dirname);

/** A whole test; the slowest today takes a few seconds on a busy two-core machine. */
const TEST_TIMEOUT_MS = 180_000;
const TEST_GLOBS = [
  'packages/*/src/**/*.test.ts',
  'conformance/**/*.test.ts',
  'bench/**/*.test.ts',
  'tools/**/*.test.ts',
];
const PROGRAMS = ['tsconfig.json', 'tsconfig.sim.json', 'tsconfig.js.json'];
/** What dependency-cruiser says about TypeScript 7 each time; it reads the sources through swc. */
const CRUISER_NOTICE = /\n[^\n]*missing-tsc-transpiler[^]*?stable\.\n/;

interface Step {
  readonly name: string;
  readonly what: string;
  /** Prints what it finds; true when all is well. */
  readonly run: () => boolean | Promise<boolean>;
}

const STEPS: readonly Step[] = [
  { name: 'format', what: 'biome format', run: () => command('biome', ['format']) },
  { name: 'lint', what: 'oxlint, type-aware', run: () => command('oxlint', []) },
  { name: 'types', what: 'tsc on the three programs', run: checkTypes },
  { name: 'boundaries', what: 'order of packages', run: checkBoundaries },
  { name: 'tidy', what: 'tools/tidy.ts', run: () => runTidy(root) },
  { name: 'unit', what: 'node --test', run: runTests },
  { name: 'scenarios', what: 'every scenario, on 0 to 4 workers', run: () => runScenarios(root) },
  { name: 'bench:smoke', what: 'one short round of each benchmark', run: runBenchSmoke },
];

/** Steps that are run by name only. */
const OTHER_STEPS: readonly Step[] = [
  {
    name: 'format:write',
    what: 'biome format, writing',
    run: () => command('biome', ['format', '--write']),
  },
  { name: 'properties', what: 'the properties, with new seeds', run: runProperties },
];

process.exitCode = await main(process.argv.slice(2));

async function main(names: readonly string[]): Promise<number> {
  const known = [...STEPS, ...OTHER_STEPS];
  const unknown = names.filter((name) => !known.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(
      `no step ${unknown.join(', ')}; there are ${known.map((s) => s.name).join(', ')}`,
    );
    return 2;
  }
  const steps = names.length === 0 ? STEPS : known.filter((step) => names.includes(step.name));
  const results: { readonly step: Step; readonly ok: boolean; readonly seconds: number }[] = [];
  for (const step of steps) {
    console.log(styleText('bold', `\n── ${step.name}: ${step.what}`));
    const startMs = performance.now();
    const ok = await step.run();
    const seconds = (performance.now() - startMs) / 1000;
    results.push({ step, ok, seconds });
    console.log(resultLine(step, ok, seconds));
  }
  const failed = results.filter((result) => !result.ok);
  if (results.length > 1) {
    console.log(styleText('bold', '\n── summary'));
    for (const { step, ok, seconds } of results) console.log(resultLine(step, ok, seconds));
    console.log(failed.length === 0 ? 'all checks passed' : `${failed.length} of them failed`);
  }
  return failed.length === 0 ? 0 : 1;
}

function resultLine(step: Step, ok: boolean, seconds: number): string {
  const mark = ok ? styleText('green', '✓') : styleText('red', '✗');
  return `${mark} ${step.name.padEnd(12)} ${seconds.toFixed(1).padStart(6)} s`;
}

function checkTypes(): boolean {
  const results = PROGRAMS.map((program) => command('tsc', ['-p', program]));
  return results.every((ok) => ok) && simulationHasNoNodeTypes();
}

/**
 * A library's declarations can bring Node's with a reference line, and with them setTimeout and
 * process; then the simulation program would no longer prove anything.
 */
function simulationHasNoNodeTypes(): boolean {
  const list = spawnSync('tsc', ['-p', 'tsconfig.sim.json', '--listFilesOnly'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (!list.stdout.includes('/@types/node/')) return true;
  const why = spawnSync('tsc', ['-p', 'tsconfig.sim.json', '--explainFiles'], {
    cwd: root,
    encoding: 'utf8',
  }).stdout;
  console.log('tsconfig.sim.json: Node types got into the simulation program:');
  const lines = why.split('\n');
  const at = lines.findIndex((line) => line.endsWith('@types/node/index.d.ts'));
  for (const line of lines.slice(at, at + 3)) console.log(line);
  return false;
}

function checkBoundaries(): boolean {
  const folders = ['packages', 'conformance', 'bench', 'tools'];
  const options = ['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long'];
  const done = spawnSync('depcruise', [...folders, ...options], { cwd: root, encoding: 'utf8' });
  const text = `${done.stdout}${done.stderr}`.replace(CRUISER_NOTICE, '');
  process.stdout.write(text.replaceAll(/\n{2,}/g, '\n'));
  return done.status === 0;
}

function runTests(): boolean {
  return runTestFiles(testFiles());
}

/** The files with properties, and the fuzzer, on seeds that nobody has seen; what fails prints its seed. */
function runProperties(): boolean {
  process.env['PODWIRE_TEST_SEED'] = 'random';
  const isRandom = /from 'fast-check'|fuzz\.ts'/;
  return runTestFiles(
    testFiles().filter((file) => isRandom.test(readFileSync(path.join(root, file), 'utf8'))),
  );
}

function testFiles(): readonly string[] {
  return TEST_GLOBS.flatMap((pattern) =>
    globSync(pattern, { cwd: root, exclude: ['**/node_modules/**'] }),
  ).sort();
}

function runTestFiles(files: readonly string[]): boolean {
  if (files.length === 0) {
    console.log('there is no test file');
    return false;
  }
  return command(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--import=./tools/test-setup.ts',
    '--test',
    '--test-concurrency=2',
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    '--test-reporter=./tools/test-reporter.ts',
    '--test-reporter-destination=stdout',
    ...files,
  ]);
}

function runBenchSmoke(): boolean {
  const main = path.join('bench', 'src', 'main.ts');
  if (!existsSync(path.join(root, main))) {
    console.log(`there is no ${main}`);
    return false;
  }
  return command(process.execPath, [main, '--smoke']);
}

function command(program: string, args: readonly string[]): boolean {
  const done = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (done.error !== undefined) console.log(`cannot start ${program}: ${done.error.message}`);
  return done.status === 0;
}
