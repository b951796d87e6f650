/**
 * `npm run cases -- FILE…`: behaviour of real systems, as case files tell it, asked of podwire.
 *
 *   --json             one object on standard output (an array of them for several files)
 *   --only NAME        only cases of this name; a prefix or a pattern with * will do; may be repeated
 *   --provider NAME    only under this provider
 *   --proxy MODE       only under this proxy mode
 *   --seed TEXT        seed of the worlds (default 1)
 *   --jobs N           threads (default: one per core)
 *   --quiet            only what does not agree
 *
 * Exit status: 0 nothing disagrees, 1 a disagreement, 2 bad input.
 */
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { parseArgs } from 'node:util';
import pc from 'picocolors';
import { type CaseFile, type CaseResult, isFields, readCaseFile } from './cases/case-file.ts';
import { CasePool } from './cases/case-pool.ts';
import { type FileReport, fileReport, formatResult, formatSummary } from './cases/report.ts';
import { runSchedulerCaseFile } from './cases/scheduler-cases.ts';

interface Arguments {
  readonly files: readonly string[];
  readonly json: boolean;
  readonly quiet: boolean;
  readonly only: readonly string[];
  readonly provider: string | undefined;
  readonly proxy: string | undefined;
  readonly seed: string;
  readonly jobs: number | undefined;
}

const USAGE = `usage: npm run cases -- FILE… [--json] [--quiet] [--only NAME]… [--provider NAME] [--proxy MODE]
                        [--seed TEXT] [--jobs N]
`;

function parseArguments(argv: readonly string[]): Arguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        quiet: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        provider: { type: 'string' },
        proxy: { type: 'string' },
        seed: { type: 'string', default: '1' },
        jobs: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return USAGE;
    if (positionals.length === 0) return 'which case file?';
    const jobs = values.jobs === undefined ? undefined : Number(values.jobs);
    if (jobs !== undefined && (!Number.isSafeInteger(jobs) || jobs < 1)) {
      return '--jobs needs a number from 1 on';
    }
    const { json, quiet, only, provider, proxy, seed } = values;
    return { files: positionals, json, quiet, only, provider, proxy, seed, jobs };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function readFiles(names: readonly string[]): CaseFile[] | readonly string[] {
  const files: CaseFile[] = [];
  const problems: string[] = [];
  for (const name of names) {
    let text: string;
    try {
      text = readFileSync(name, 'utf8');
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      continue;
    }
    const file = readCaseFile(text, name);
    if (typeof file === 'string') problems.push(`${name}: ${file}`);
    else files.push(file);
  }
  return problems.length > 0 ? problems : files;
}

function isRead(files: CaseFile[] | readonly string[]): files is CaseFile[] {
  return files.every((file) => typeof file !== 'string');
}

/** Forms whose features are still to come. */
const LATER_FORMS: ReadonlyMap<CaseFile['form'], string> = new Map([
  ['netpol', 'NetworkPolicy is not modelled yet'],
]);

function entryName(entry: unknown, number: number): string {
  const name = isFields(entry) ? entry['name'] : undefined;
  return typeof name === 'string' ? name : `#${number}`;
}

/** Whether a name is one of those that are wanted: itself, its beginning, or a pattern. */
function isWanted(name: string, only: readonly string[]): boolean {
  if (only.length === 0) return true;
  return only.some((pattern) => {
    if (!pattern.includes('*')) return name.startsWith(pattern);
    const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(name);
  });
}

type Told = (result: CaseResult) => void;

async function runFile(
  file: CaseFile,
  args: Arguments,
  pool: CasePool,
  tell: Told,
): Promise<FileReport> {
  const later = LATER_FORMS.get(file.form);
  if (file.form === 'scheduler') {
    const all = runSchedulerCaseFile(file.document, file.file);
    const results = all.filter(({ name }) => isWanted(name, args.only));
    for (const result of results) tell(result);
    return fileReport(file.file, results);
  }
  const chosen = file.entries
    .map((entry, index) => ({ entry, number: index + 1, name: entryName(entry, index + 1) }))
    .filter(({ name }) => isWanted(name, args.only));
  const choice = {
    ...(args.provider === undefined ? {} : { provider: args.provider }),
    ...(args.proxy === undefined ? {} : { proxy: args.proxy }),
  };
  const running = chosen.map(async ({ entry, number, name }): Promise<CaseResult> => {
    if (later !== undefined) return { name, outcome: 'unsupported', reason: later, probes: 0 };
    const { clientTimeoutSec } = file;
    return await pool.run({ entry, number, clientTimeoutSec, choice, seed: args.seed }, name);
  });
  const results: CaseResult[] = [];
  // In the file's order, each as soon as all before it are done.
  for (const result of running) {
    const done = await result;
    results.push(done);
    tell(done);
  }
  return fileReport(file.file, results);
}

async function main(argv: readonly string[]): Promise<number> {
  const args = parseArguments(argv);
  if (args === USAGE) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (typeof args === 'string') {
    process.stderr.write(`cases: ${args}\n${USAGE}`);
    return 2;
  }
  const files = readFiles(args.files);
  if (!isRead(files)) {
    for (const problem of files) process.stderr.write(`cases: ${problem.trimEnd()}\n`);
    return 2;
  }
  const colors = pc.createColors(isatty(1) && !('NO_COLOR' in process.env));
  const pool = new CasePool(args.jobs);
  const reports: FileReport[] = [];
  try {
    for (const file of files) {
      const startMs = performance.now();
      const report = await runFile(file, args, pool, (result) => {
        if (args.json || (args.quiet && result.outcome === 'agree')) return;
        process.stdout.write(formatResult(result, colors));
      });
      reports.push(report);
      const seconds = (performance.now() - startMs) / 1000;
      if (!args.json) process.stdout.write(formatSummary(report, seconds, colors));
    }
  } finally {
    await pool.close();
  }
  if (args.json) {
    process.stdout.write(
      `${JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2)}\n`,
    );
  }
  return reports.some(({ disagree }) => disagree > 0) ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
