/**
 * Holds what a step's command did against what was expected of it; pure.
 */
import { NS_PER_SEC, formatDurationNs } from '@podwire/base';
import { matchesSelector, parseSelector } from '@podwire/api';
import type { CommandResult } from '@podwire/cluster';
import { evaluateJsonPath } from '@podwire/kubectl';
import { isAsShown } from './markdown/compare.ts';
import type {
  BackendExpectation,
  Expectation,
  JsonExpectation,
  RunStep,
  TextExpectation,
} from './scenario.ts';

export interface WorldFacts {
  /** Pods of all namespaces. */
  readonly pods: readonly unknown[];
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
}

interface PodFacts {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly status?: { readonly podIP?: string };
}

/** What does not hold, one sentence each; empty when all does. Without expectations: exit status 0. */
export function judge(
  step: RunStep,
  results: readonly CommandResult[],
  facts: WorldFacts,
): readonly string[] {
  const problems: string[] = [];
  const { expect } = step;
  judgeExit(expect, results, problems);
  if (step.documented?.isStrict === true && !showsDocumented(step, results)) {
    problems.push('the output is not what the document shows');
  }
  if (expect === undefined) return problems;
  const stdout = results.map((result) => result.stdout).join('');
  judgeText('output', expect.output, stdout, problems);
  judgeText('stderr', expect.stderr, results.map((result) => result.stderr).join(''), problems);
  for (const entry of expect.json) judgeJson(entry, stdout, problems);
  judgeStatus(expect, results, problems);
  judgeDuration(expect, results, problems);
  if (expect.backends !== undefined) {
    judgeBackends(expect.backends, results, facts.pods as readonly PodFacts[], problems);
  }
  if (expect.source !== undefined) judgeSource(expect.source, stdout, facts, problems);
  return problems;
}

/** Whether the output is what a document shows below the command; true where it shows nothing. */
export function showsDocumented(
  { documented }: RunStep,
  results: readonly CommandResult[],
): boolean {
  if (documented === undefined) return true;
  const output = results.map(({ stdout, stderr }) => stdout + stderr).join('');
  return isAsShown(output, documented.text);
}

function judgeExit(
  expect: Expectation | undefined,
  results: readonly CommandResult[],
  problems: string[],
): void {
  const good = results.filter((result) => result.exitCode === 0).length;
  if (expect?.successes !== undefined) {
    const { min, max } = expect.successes;
    if (good < min || good > max) {
      const wanted = min === max ? String(min) : `${min} to ${max}`;
      problems.push(`${good} of ${results.length} runs succeeded, expected ${wanted}`);
    }
    return;
  }
  // A text that a command printed when it failed is expected together with its failure.
  if (expect !== undefined && expect.exit === undefined && expect.stderr !== undefined) return;
  const wanted = expect?.exit ?? 0;
  const bad = results.find((result) => result.exitCode !== wanted);
  if (bad === undefined) return;
  const tail = bad.stderr.trim().split('\n').at(-1) ?? '';
  problems.push(
    `exit status ${bad.exitCode}, expected ${wanted}${tail === '' ? '' : ` (${tail})`}`,
  );
}

function judgeText(
  what: string,
  expect: TextExpectation | undefined,
  text: string,
  problems: string[],
): void {
  if (expect === undefined) return;
  for (const part of expect.contains) {
    if (!text.includes(part)) problems.push(`${what} does not contain ${JSON.stringify(part)}`);
  }
  for (const part of expect.notContains) {
    if (text.includes(part)) problems.push(`${what} contains ${JSON.stringify(part)}`);
  }
  for (const pattern of expect.matches) {
    if (!pattern.test(text)) problems.push(`${what} does not match ${String(pattern)}`);
  }
  for (const pattern of expect.notMatches) {
    if (pattern.test(text)) problems.push(`${what} matches ${String(pattern)}`);
  }
  const { equals, lines } = expect;
  if (equals !== undefined && text.trim() !== equals.trim()) {
    problems.push(
      `${what} is ${JSON.stringify(shorten(text.trim()))}, expected ${JSON.stringify(equals.trim())}`,
    );
  }
  if (lines !== undefined) {
    const count = text.split('\n').filter((line) => line.trim() !== '').length;
    if (count !== lines) problems.push(`${what} has ${count} lines, expected ${lines}`);
  }
}

function judgeJson(expect: JsonExpectation, text: string, problems: string[]): void {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    problems.push('output is not JSON');
    return;
  }
  const found = evaluateJsonPath(expect.path, data);
  if (typeof found === 'string') {
    problems.push(found);
    return;
  }
  if (expect.exists !== undefined && found.values.length > 0 !== expect.exists) {
    problems.push(`${expect.path} ${expect.exists ? 'does not exist' : 'exists'}`);
  }
  const value: unknown = found.values.length > 1 ? found.values : found.values[0];
  if (expect.equals !== undefined && JSON.stringify(value) !== JSON.stringify(expect.equals)) {
    problems.push(
      `${expect.path} is ${shorten(JSON.stringify(value) ?? 'absent')}, expected ${JSON.stringify(expect.equals)}`,
    );
  }
  const shown = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  if (expect.matches !== undefined && !expect.matches.test(shown)) {
    problems.push(
      `${expect.path} is ${shorten(shown)}, which does not match ${String(expect.matches)}`,
    );
  }
}

function judgeStatus(
  expect: Expectation,
  results: readonly CommandResult[],
  problems: string[],
): void {
  if (expect.status === undefined) return;
  for (const result of results) {
    const last = result.http.at(-1);
    if (last?.status === expect.status) continue;
    const got = last === undefined ? 'no HTTP answer' : `HTTP status ${last.status}`;
    problems.push(`${got}, expected ${expect.status}`);
    return;
  }
}

function judgeDuration(
  expect: Expectation,
  results: readonly CommandResult[],
  problems: string[],
): void {
  for (const result of results) {
    const tookNs = result.endedNs - result.startedNs;
    const { withinNs, atLeastNs } = expect;
    if (withinNs !== undefined && tookNs > withinNs) {
      problems.push(`took ${seconds(tookNs)}, expected at most ${formatDurationNs(withinNs)}`);
      return;
    }
    if (atLeastNs !== undefined && tookNs < atLeastNs) {
      problems.push(`took ${seconds(tookNs)}, expected at least ${formatDurationNs(atLeastNs)}`);
      return;
    }
  }
}

/** The pod that answered: the longest pod name that occurs in the output. */
export function backendOf(output: string, pods: readonly string[]): string | undefined {
  let best: string | undefined;
  for (const name of pods) {
    if ((best === undefined || name.length > best.length) && output.includes(name)) best = name;
  }
  return best;
}

function judgeBackends(
  expect: BackendExpectation,
  results: readonly CommandResult[],
  pods: readonly PodFacts[],
  problems: string[],
): void {
  const names = [...pods.map((pod) => pod.metadata.name), ...(expect.names ?? [])];
  const counts = new Map<string, number>();
  let answered = 0;
  for (const result of results) {
    const name = backendOf(result.stdout, names);
    if (name === undefined) continue;
    answered++;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const told = [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
  if (answered === 0) {
    problems.push('no pod name occurs in any output');
    return;
  }
  if (expect.names !== undefined) {
    for (const name of counts.keys()) {
      if (!expect.names.includes(name)) problems.push(`${name} answered (${told})`);
    }
  }
  if (expect.selector !== undefined) judgeSelector(expect, counts, pods, problems);
  if (expect.count !== undefined && counts.size !== expect.count) {
    problems.push(`${counts.size} pods answered, expected ${expect.count} (${told})`);
  }
  if (expect.same && counts.size !== 1) problems.push(`answers came from several pods (${told})`);
  const percent = (count: number): number => (100 * count) / answered;
  for (const name of expect.names ?? counts.keys()) {
    const share = percent(counts.get(name) ?? 0);
    const { eachPercentMin: least, eachPercentMax: most } = expect;
    if (least !== undefined && share < least) {
      problems.push(
        `${name} gave ${share.toFixed(0)} % of the answers, expected at least ${least} %`,
      );
    }
    if (most !== undefined && share > most) {
      problems.push(
        `${name} gave ${share.toFixed(0)} % of the answers, expected at most ${most} %`,
      );
    }
  }
  for (const { prefix, percent: wanted, tolerance } of expect.shares) {
    let sum = 0;
    for (const [name, count] of counts) if (name.startsWith(prefix)) sum += count;
    const share = percent(sum);
    if (Math.abs(share - wanted) > tolerance) {
      problems.push(
        `${prefix} gave ${share.toFixed(0)} % of the answers, expected ${wanted} % ± ${tolerance} (${told})`,
      );
    }
  }
}

function judgeSelector(
  expect: BackendExpectation,
  counts: ReadonlyMap<string, number>,
  pods: readonly PodFacts[],
  problems: string[],
): void {
  const selector = parseSelector(expect.selector ?? '');
  if (typeof selector === 'string') {
    problems.push(selector);
    return;
  }
  for (const name of counts.keys()) {
    const pod = pods.find(
      (entry) => entry.metadata.name === name && entry.metadata.namespace === expect.namespace,
    );
    if (pod === undefined || !matchesSelector(selector, pod.metadata.labels ?? {})) {
      problems.push(`${name} answered, which does not match ${expect.selector ?? ''}`);
    }
  }
}

function judgeSource(source: string, output: string, facts: WorldFacts, problems: string[]): void {
  const address = addressOf(source, facts);
  if (address === undefined) {
    problems.push(`nothing is called ${source}`);
    return;
  }
  const found = new RegExp(`(^|[^0-9.])${address.replaceAll('.', '\\.')}([^0-9.]|$)`, 'm');
  if (!found.test(output)) problems.push(`the client's address seen is not ${source} (${address})`);
}

function addressOf(source: string, facts: WorldFacts): string | undefined {
  if (/^[0-9.]+$/.test(source)) return source;
  const pod = /^pod (?:([^/]+)\/)?(.+)$/.exec(source);
  if (pod !== null) {
    const namespace = pod[1] ?? 'default';
    return (facts.pods as readonly PodFacts[]).find(
      (entry) => entry.metadata.name === pod[2] && entry.metadata.namespace === namespace,
    )?.status?.podIP;
  }
  return facts.hosts.find((host) => host.name === source)?.address;
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function seconds(ns: number): string {
  return `${(ns / NS_PER_SEC).toFixed(3)} s`;
}
