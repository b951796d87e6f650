/**
 * What steps expect: of kubectl's output (`expect` of apply, patch, …), and of objects (`do: expect`).
 */
import { NS_PER_SEC } from '@podwire/base';
import type { CommandResult } from '@podwire/cluster';
import { type Proc, sleep } from '@podwire/engine';
import { type CaseStep, type Fields, isFields, textOf } from './case-file.ts';
import { type CaseRun, type Target, targetKind, targetsOf } from './case-run.ts';
import { partlyEqual, shown } from './compare.ts';
import { type ContainerFacts, type PodFacts, isReady } from './facts.ts';

const ACCEPTED = /^(?:accepted|ok|allowed|success|created|configured|unchanged)$/i;
const REJECTED = /^(?:rejected|refused|denied|error|invalid)$/i;

/** Fields of an object that an expectation may show. */
const OBJECT_FIELDS = new Set([
  'apiVersion',
  'kind',
  'metadata',
  'spec',
  'status',
  'data',
  'endpoints',
  'ports',
  'addressType',
]);
const COMMAND_KEYS = new Set([
  'error',
  'orError',
  'warning',
  'warnings',
  'output',
  'outcome',
  'exitCode',
  'note',
]);

/** Why the expectation of a command cannot be judged here. */
export function commandExpectProblem(expect: unknown): string | undefined {
  if (expect === undefined) return undefined;
  if (typeof expect === 'string') {
    return ACCEPTED.test(expect) || REJECTED.test(expect)
      ? undefined
      : `the expectation "${expect}" is not understood`;
  }
  if (!isFields(expect)) return 'the expectation of a step is neither a word nor a mapping';
  const key = Object.keys(expect).find(
    (name) => !COMMAND_KEYS.has(name) && !OBJECT_FIELDS.has(name),
  );
  if (key !== undefined) return `the expectation ${key} of a step is not known`;
  const { outcome } = expect;
  if (outcome !== undefined) return commandExpectProblem(textOf(outcome));
  return undefined;
}

/** Holds kubectl's result against what the step expects. */
export function* judgeCommand(
  run: CaseRun,
  expect: unknown,
  result: CommandResult,
  target: Target | undefined,
): Proc<readonly string[]> {
  const said = result.stderr.trim() === '' ? result.stdout : result.stderr;
  const refused = `refused: ${said.trim()}`;
  if (typeof expect === 'string') {
    if (ACCEPTED.test(expect)) return result.exitCode === 0 ? [] : [refused];
    return result.exitCode === 0 ? [`accepted: ${said.trim()}`] : [];
  }
  const fields = expect as Fields;
  const problems: string[] = [];
  const { error, orError, warning, warnings, output, outcome, exitCode } = fields;
  if (
    error === undefined &&
    outcome === undefined &&
    exitCode === undefined &&
    result.exitCode !== 0
  ) {
    problems.push(refused);
  }
  if (outcome !== undefined)
    problems.push(...(yield* judgeCommand(run, textOf(outcome), result, target)));
  if (error !== undefined) problems.push(...judgeError([error, orError], result));
  for (const text of [warning, warnings].flat()) {
    if (text !== undefined && !result.stderr.includes(textOf(text).trim())) {
      problems.push(`no warning ${shown(text)}: ${shown(result.stderr)}`);
    }
  }
  if (output !== undefined && result.stdout.trim() !== textOf(output).trim()) {
    problems.push(`output is ${shown(result.stdout)}, expected ${shown(output)}`);
  }
  if (exitCode !== undefined && Number(exitCode) !== result.exitCode) {
    problems.push(`exit status ${result.exitCode}, expected ${textOf(exitCode)}`);
  }
  const shape = Object.entries(fields).filter(([key]) => OBJECT_FIELDS.has(key));
  if (shape.length > 0) {
    problems.push(...(yield* judgeObject(run, target, Object.fromEntries(shape))));
  }
  return problems;
}

/** The real text, line by line; warnings of kubectl are no part of it. */
function judgeError(allowed: readonly unknown[], result: CommandResult): string[] {
  if (result.exitCode === 0) return [`accepted: ${result.stdout.trim()}`];
  const plain = (text: string): string =>
    text
      .split('\n')
      .filter((line) => !line.startsWith('Warning: '))
      .map((line) => line.trimEnd())
      .join('\n')
      .trim();
  const actual = plain(result.stderr);
  const texts = allowed.flat().filter((text) => text !== undefined);
  if (texts.some((text) => plain(textOf(text)) === actual)) return [];
  return [`error is ${actual}`];
}

function* judgeObject(
  run: CaseRun,
  target: Target | undefined,
  expected: Fields,
): Proc<readonly string[]> {
  if (target === undefined) return ['the step names no single object'];
  const object = yield* findObject(run, target);
  if (object === undefined) return [`${target.kind} ${target.name} does not exist`];
  const problem = partlyEqual(target.kind, expected, object);
  return problem === undefined ? [] : [problem];
}

function* findObject(run: CaseRun, target: Target): Proc<Fields | undefined> {
  const objects = (yield* run.operator.list(
    target.resource,
    target.namespace,
  )) as readonly Fields[];
  return objects.find(({ metadata }) => isFields(metadata) && metadata['name'] === target.name);
}

const EXPECT_KEYS = new Set([
  'do',
  'note',
  'why',
  'containers',
  'ready',
  'podIP',
  'podIPNot',
  'sameUID',
  'samePodIP',
  'phase',
  'reason',
  'event',
  'after seconds',
  'within seconds',
  'restarts',
  'node',
  'exists',
  'absent',
  'clusterIP',
  'clusterIPNot',
  'addresses',
]);

/** Why an assertion on objects cannot be judged here. */
export function expectStepProblem(step: CaseStep): string | undefined {
  for (const key of Object.keys(step)) {
    if (EXPECT_KEYS.has(key) || OBJECT_FIELDS.has(key) || targetKind(key) !== undefined) continue;
    return `the key ${key} of the step expect is not known`;
  }
  return expectTargets(step).length === 0 ? 'the step expect names no object' : undefined;
}

/** `node` is where a pod is when a pod is named. */
function expectTargets(step: CaseStep): Target[] {
  const targets = targetsOf(step);
  const others = targets.filter(({ resource }) => resource !== 'nodes');
  return others.length > 0 ? others : targets;
}

/** Runs an assertion on objects: at once, after so many seconds, or at some time within them. */
export function* runExpect(run: CaseRun, step: CaseStep): Proc<readonly string[]> {
  const after = Number(step['after seconds'] ?? 0);
  if (after > 0) yield* sleep(after * NS_PER_SEC);
  const within = Number(step['within seconds'] ?? 0);
  const deadlineNs = run.operator.nowNs() + within * NS_PER_SEC;
  for (;;) {
    const problems: string[] = [];
    for (const target of expectTargets(step))
      problems.push(...(yield* judgeTarget(run, target, step)));
    if (problems.length === 0 || run.operator.nowNs() >= deadlineNs) return problems;
    yield* sleep(NS_PER_SEC);
  }
}

function* judgeTarget(run: CaseRun, target: Target, step: CaseStep): Proc<readonly string[]> {
  const object = yield* findObject(run, target);
  const what = `${target.kind} ${target.name}`;
  const isGone = step['exists'] === false || step['absent'] === true;
  if (object === undefined) return isGone ? [] : [`${what} does not exist`];
  if (isGone) return [`${what} exists`];
  const problems: string[] = [];
  const shape = Object.entries(step).filter(([key]) => OBJECT_FIELDS.has(key));
  const problem = partlyEqual(what, Object.fromEntries(shape), object);
  if (problem !== undefined) problems.push(problem);
  if (target.kind === 'Pod') problems.push(...judgePod(run, object as unknown as PodFacts, step));
  if (target.kind === 'Service') problems.push(...(yield* judgeService(run, target, object, step)));
  if (step['event'] !== undefined) {
    problems.push(...(yield* judgeEvent(run, target, textOf(step['event']))));
  }
  return problems;
}

function judgePod(run: CaseRun, pod: PodFacts, step: CaseStep): string[] {
  const problems: string[] = [];
  const check = (what: string, expected: unknown, actual: unknown): void => {
    if (expected === undefined || textOf(expected) === textOf(actual)) return;
    problems.push(
      `${what} of ${pod.metadata.name} is ${textOf(actual)}, expected ${textOf(expected)}`,
    );
  };
  const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const statuses = pod.status?.containerStatuses ?? [];
  if (isFields(step['containers'])) {
    for (const [name, state] of Object.entries(step['containers'])) {
      check(
        `state of container ${name}`,
        state,
        stateOf(statuses.find((entry) => entry.name === name)),
      );
    }
  }
  const { ready } = step as { readonly ready?: unknown };
  const readyCount = statuses.filter((entry) => entry.ready === true).length;
  const total = pod.spec.containers?.length ?? statuses.length;
  check('ready', ready, typeof ready === 'boolean' ? isReady(pod) : `${readyCount}/${total}`);
  check('phase', step['phase'], pod.status?.phase);
  check('node', step['node'], pod.spec.nodeName);
  check('address', step['podIP'], pod.status?.podIP);
  check(
    'restarts',
    step['restarts'],
    statuses.reduce((sum, entry) => sum + (entry.restartCount ?? 0), 0),
  );
  if (step['podIPNot'] !== undefined && pod.status?.podIP === step['podIPNot']) {
    problems.push(`${pod.metadata.name} still has the address ${textOf(step['podIPNot'])}`);
  }
  if (step['reason'] !== undefined) {
    const reasons = [pod.status?.reason, ...statuses.map(stateOf)];
    if (!reasons.includes(textOf(step['reason']))) {
      check('reason', step['reason'], reasons.filter((text) => text !== undefined).join(', '));
    }
  }
  if (step['sameUID'] !== undefined) {
    check('same UID', step['sameUID'], run.firstUids.get(key) === pod.metadata.uid);
  }
  if (step['samePodIP'] !== undefined) {
    check('same address', step['samePodIP'], run.firstIps.get(key) === pod.status?.podIP);
  }
  return problems;
}

/** What kubectl's STATUS column says of a container. */
function stateOf(status: ContainerFacts | undefined): string {
  const state = status?.state ?? {};
  if (state['running'] !== undefined) return 'Running';
  return state['waiting']?.reason ?? state['terminated']?.reason ?? 'missing';
}

function* judgeService(
  run: CaseRun,
  target: Target,
  object: Fields,
  step: CaseStep,
): Proc<readonly string[]> {
  const spec = isFields(object['spec']) ? object['spec'] : {};
  const problems: string[] = [];
  if (step['clusterIP'] !== undefined && spec['clusterIP'] !== step['clusterIP']) {
    problems.push(
      `clusterIP is ${textOf(spec['clusterIP'])}, expected ${textOf(step['clusterIP'])}`,
    );
  }
  if (step['clusterIPNot'] !== undefined && spec['clusterIP'] === step['clusterIPNot']) {
    problems.push(`clusterIP is still ${textOf(spec['clusterIP'])}`);
  }
  const { addresses } = step as { readonly addresses?: unknown };
  if (Array.isArray(addresses)) {
    const actual = yield* readyAddresses(run, target);
    if ([...actual].sort().join(' ') !== addresses.map(String).sort().join(' ')) {
      problems.push(
        `endpoints are ${actual.join(', ') || 'none'}, expected ${addresses.join(', ')}`,
      );
    }
  }
  return problems;
}

function* readyAddresses(run: CaseRun, target: Target): Proc<string[]> {
  const slices = (yield* run.operator.list('endpointslices', target.namespace)) as readonly {
    readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
    readonly endpoints?: readonly {
      readonly addresses: readonly string[];
      readonly conditions?: { readonly ready?: boolean };
    }[];
  }[];
  return slices
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === target.name)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses);
}

function* judgeEvent(run: CaseRun, target: Target, reason: string): Proc<readonly string[]> {
  const events = (yield* run.operator.list('events', target.namespace)) as readonly {
    readonly reason?: string;
    readonly involvedObject?: { readonly name?: string };
  }[];
  const own = events.filter(({ involvedObject }) => involvedObject?.name === target.name);
  if (own.some((event) => event.reason === reason)) return [];
  const told = own.map((event) => event.reason ?? '').join(', ');
  return [`no event ${reason} of ${target.name}; there are ${told === '' ? 'none' : told}`];
}
