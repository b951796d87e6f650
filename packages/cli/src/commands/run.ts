/**
 * `podwire run FILE…`: loads all scenarios first, so that all problems show at once, then runs them.
 */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, suggest } from '@podwire/base';
import type { WorkerPool } from '@podwire/engine/host';
import {
  type LoadedScenario,
  type Scenario,
  type ScenarioResult,
  hostsOf,
  isHeld,
  jsonReport,
  junitReport,
  loadScenario,
  textHeading,
  textReady,
  textStep,
  textSummary,
} from '@podwire/scenario';
import { fileReader, runScenario } from '@podwire/scenario/host';
import { ExitCode } from '../exit-code.ts';
import { countText, diagnosticText } from '../print-diagnostics.ts';
import { printFault } from '../print-fault.ts';
import type { RunFlags } from '../program.ts';
import { ProgressLine } from '../progress.ts';
import { paintFor } from '../terminal.ts';
import { Interruption } from '../interruption.ts';

interface Job {
  readonly scenario: Scenario;
  readonly traceStep: number | undefined;
  readonly pcapFile: string | undefined;
  readonly capture: readonly string[] | undefined;
}

export async function runCommand(
  names: readonly string[],
  flags: RunFlags,
  pool?: WorkerPool,
): Promise<number> {
  const loaded = names.map((name) =>
    loadScenario(fileReader, name, {
      set: flags.set,
      ...(flags.seed === undefined ? {} : { seed: flags.seed }),
      ...(flags.provider === undefined ? {} : { provider: flags.provider }),
      ...(flags.strict === undefined ? {} : { strict: flags.strict }),
    }),
  );
  const problems: Diagnostic[] = [];
  const jobs = loaded.flatMap(({ scenario }) =>
    scenario === undefined ? [] : [planJob(scenario, flags, names.length > 1, problems)],
  );
  const outputs = new Set(jobs.flatMap(({ pcapFile }) => pcapFile ?? []));
  if (flags.junit !== undefined) outputs.add(flags.junit);
  for (const file of outputs) checkOutput(file, problems);
  const isBad = printDiagnostics(loaded, problems, flags);
  if (isBad) return ExitCode.badInput;
  return await runJobs(jobs, flags, pool);
}

/** True when there is an error among them. */
function printDiagnostics(
  loaded: readonly LoadedScenario[],
  problems: readonly Diagnostic[],
  flags: RunFlags,
): boolean {
  const paint = paintFor(process.stderr);
  const texts = new Map(loaded.flatMap((each) => [...each.texts]));
  const all = [...loaded.flatMap((each) => each.diagnostics), ...problems];
  const isBad = all.some((each) => each.severity === 'error');
  const shown = flags.quiet === true && !isBad ? [] : all;
  process.stderr.write(diagnosticText(shown, texts, paint));
  if (isBad) process.stderr.write(`podwire: ${countText(all)}; nothing was run\n`);
  return isBad;
}

function planJob(
  scenario: Scenario,
  flags: RunFlags,
  isOneOfMany: boolean,
  problems: Diagnostic[],
): Job {
  const capture = flags.pcap === undefined ? undefined : splitPcap(flags.pcap);
  checkInterfaces(scenario, capture?.interfaces ?? [], problems);
  const traceStep =
    flags.trace === undefined ? undefined : findStep(scenario, flags.trace, problems);
  return {
    scenario,
    traceStep,
    capture: capture?.interfaces,
    pcapFile: capture === undefined ? undefined : fileFor(capture.file, scenario, isOneOfMany),
  };
}

/** `FILE` or `FILE:IFACE,IFACE`. */
function splitPcap(text: string): {
  readonly file: string;
  readonly interfaces: readonly string[];
} {
  const at = text.indexOf(':', 1);
  if (at < 0) return { file: text, interfaces: [] };
  const interfaces = text.slice(at + 1).split(',');
  return { file: text.slice(0, at), interfaces: interfaces.filter((name) => name !== '') };
}

/** Hosts that are captured must exist; pods come and go. */
function checkInterfaces(
  scenario: Scenario,
  interfaces: readonly string[],
  problems: Diagnostic[],
): void {
  const hosts = hostsOf(scenario);
  for (const name of interfaces) {
    const host = name.split('/')[0] ?? '';
    if (host.startsWith('pod ') || hosts.includes(host)) continue;
    const near = suggest(host, hosts);
    problems.push({
      severity: 'error',
      code: 'PW4003',
      message: `no host is called ${host} (--pcap)`,
      file: scenario.file,
      line: 0,
      col: 0,
      hint:
        near === undefined
          ? 'write node-1/eth0 or pod NAMESPACE/NAME/eth0'
          : `did you mean ${near}?`,
    });
  }
}

/** Several scenarios cannot share one file. */
function fileFor(file: string, scenario: Scenario, isOneOfMany: boolean): string {
  if (!isOneOfMany) return file;
  const dot = file.lastIndexOf('.');
  return dot > file.lastIndexOf('/') + 1
    ? `${file.slice(0, dot)}-${scenario.name}${file.slice(dot)}`
    : `${file}-${scenario.name}`;
}

function findStep(scenario: Scenario, text: string, problems: Diagnostic[]): number | undefined {
  const { steps } = scenario;
  if (/^\d+$/.test(text)) {
    const index = Number(text) - 1;
    if (index >= 0 && index < steps.length) return index;
  }
  const named = steps.findIndex((step) => step.name === text);
  if (named >= 0) return named;
  const near = suggest(
    text,
    steps.map((step) => step.name),
  );
  problems.push({
    severity: 'error',
    code: 'PW4102',
    message: `--trace ${text}: there is no such step`,
    file: scenario.file,
    line: 0,
    col: 0,
    hint:
      near === undefined
        ? `steps are numbered from 1 to ${steps.length}`
        : `did you mean "${near}"?`,
  });
  return undefined;
}

async function runJobs(
  jobs: readonly Job[],
  flags: RunFlags,
  pool: WorkerPool | undefined,
): Promise<number> {
  const results: ScenarioResult[] = [];
  let isWritten = true;
  const interruption = new Interruption();
  try {
    for (const job of jobs) {
      const result = await runJob(job, flags, { signal: interruption.signal, pool });
      if (result === undefined) return ExitCode.fault;
      results.push(result);
      if (job.pcapFile !== undefined && result.capture !== undefined) {
        isWritten = writeOutput(job.pcapFile, result.capture) && isWritten;
      }
      if (interruption.status !== undefined) break;
    }
  } finally {
    interruption.dispose();
  }
  if (flags.json === true) printJson(results, jobs.length);
  else if (results.length > 1) printTotals(results);
  if (flags.junit !== undefined) {
    isWritten = writeOutput(flags.junit, junitReport(results)) && isWritten;
  }
  if (!isWritten) return ExitCode.badInput;
  if (interruption.status !== undefined) return interruption.status;
  return results.every(isHeld) ? ExitCode.ok : ExitCode.failed;
}

/** Undefined: podwire failed, and has said so. */
async function runJob(
  job: Job,
  flags: RunFlags,
  threads: { readonly signal: AbortSignal; readonly pool: WorkerPool | undefined },
): Promise<ScenarioResult | undefined> {
  const { scenario } = job;
  const isText = flags.json !== true;
  const isQuiet = flags.quiet === true;
  const paint = paintFor(process.stdout);
  const progress = new ProgressLine(scenario.name, !isQuiet);
  const write = (text: string): void => {
    progress.clear();
    process.stdout.write(text);
  };
  if (isText && !isQuiet) write(textHeading(scenario, paint));
  try {
    const result = await runScenario(scenario, {
      ...threads,
      onProgress: (state) => progress.update(state),
      listener: {
        clusterReady: (atNs) => {
          if (isText && !isQuiet) write(textReady(atNs, paint));
        },
        stepStarted: (_, step) => progress.say(step.name),
        stepEnded: (outcome) => {
          const isShown = isText && (!isQuiet || !outcome.passed);
          if (isShown) write(textStep(outcome, paint, flags.verbose === true));
        },
      },
      ...(flags.workers === undefined ? {} : { workers: flags.workers }),
      ...(flags.evaluator === undefined ? {} : { evaluator: flags.evaluator }),
      ...(flags.until === undefined ? {} : { untilNs: flags.until }),
      ...(job.traceStep === undefined ? {} : { traceStep: job.traceStep }),
      ...(job.capture === undefined ? {} : { capture: job.capture }),
    });
    progress.stop();
    if (isText) {
      if (job.traceStep !== undefined) write(traceText(result));
      write(textSummary(result, paint));
    }
    return result;
  } catch (error) {
    progress.stop();
    printFault(error, { file: scenario.file, seed: scenario.seed, workers: flags.workers });
    return undefined;
  }
}

function traceText(result: ScenarioResult): string {
  return result.walks === ''
    ? '\nthe step sent no packet that was traced\n\n'
    : `\n${result.walks}\n\n`;
}

function printJson(results: readonly ScenarioResult[], wanted: number): void {
  const reports = results.map(jsonReport);
  const value = wanted === 1 ? reports[0] : reports;
  process.stdout.write(`${JSON.stringify(value ?? {}, undefined, 2)}\n`);
}

function printTotals(results: readonly ScenarioResult[]): void {
  const paint = paintFor(process.stdout);
  const bad = results.filter((result) => !isHeld(result));
  const text =
    bad.length === 0
      ? paint.good(`all ${results.length} scenarios held`)
      : paint.bad(
          `${bad.length} of ${results.length} scenarios failed: ${bad.map((r) => r.scenario.name).join(', ')}`,
        );
  process.stdout.write(`\n${text}\n`);
}

/** Before the run, so that nobody waits for a result that has no place. */
function checkOutput(file: string, problems: Diagnostic[]): void {
  let reason: string | undefined;
  try {
    const state = statSync(file, { throwIfNoEntry: false });
    if (state?.isDirectory() === true) reason = 'it is a folder';
    else accessSync(state === undefined ? path.dirname(file) : file, constants.W_OK);
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  if (reason === undefined) return;
  const message = `cannot be written: ${reason}`;
  problems.push({ severity: 'error', code: 'PW1004', message, file, line: 0, col: 0 });
}

/** False, with a message, when the file cannot be written. */
function writeOutput(file: string, content: string | Uint8Array): boolean {
  try {
    writeFileSync(file, content);
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`podwire: error PW1004: ${file} cannot be written: ${reason}\n`);
    return false;
  }
}
