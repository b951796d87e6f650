/**
 * Steps that run a command, wait, look at objects, or remember a value.
 */
import { NS_PER_SEC } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import { type CaseStep, textOf } from './case-file.ts';
import { type CaseRun, Unsupported, targetsOf } from './case-run.ts';
import { findPod } from './facts.ts';
import { splitWords } from './request.ts';
import { runExpect } from './step-expect.ts';
import { DONE, type StepOutcome, judged } from './step-outcome.ts';

export function* kubectl(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const words = step['args'] ?? textOf(step['command'] ?? '').split(/\s+/);
  const args = (Array.isArray(words) ? words.map(String) : textOf(words).split(/\s+/)).filter(
    (word) => word !== 'kubectl',
  );
  return yield* judged(run, step, yield* run.kubectl(args), 'pods');
}

/** A command on a node, or in a pod. */
export function* execStep(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const argv = splitWords(textOf(step['command'] ?? ''));
  if (argv === undefined || argv.length === 0)
    throw new Unsupported('the step exec has no command');
  const pod =
    step['pod'] === undefined ? undefined : findPod(yield* run.facts(), textOf(step['pod']));
  const host = step['pod'] === undefined ? textOf(step['node']) : pod?.spec.nodeName;
  if (host === undefined || run.operator.hostId(host) === undefined) {
    throw new Unsupported('the step exec names no machine that runs');
  }
  const place = pod === undefined ? { host } : { host, pod: pod.metadata };
  const result = yield* run.exec(place, argv, { stdin: '' });
  if (result === undefined) throw new Unsupported(`"${argv.join(' ')}" does not end`);
  return yield* judged(run, step, result, 'rules');
}

export function waitProblem(step: CaseStep): string | undefined {
  const value = step['seconds'] ?? step['minutes'];
  return Number.isFinite(Number(value)) ? undefined : 'the step wait has no seconds';
}

export function* wait(_run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  yield* sleep(Number(step['seconds'] ?? Number(step['minutes']) * 60) * NS_PER_SEC);
  return DONE;
}

/** The longest that a case waits for something to become ready. */
const READY_SECONDS = 300;

export function* waitReady(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const seconds = Number(step['seconds'] ?? step['timeout'] ?? READY_SECONDS);
  const problems: string[] = [];
  const targets = targetsOf(step);
  for (const target of targets) {
    const condition = target.kind === 'Deployment' ? 'Available' : 'Ready';
    const reached = yield* run.operator.waitFor(
      {
        resource: target.resource,
        name: target.name,
        condition,
        ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
      },
      seconds * NS_PER_SEC,
    );
    if (!reached.ok)
      problems.push(`${target.kind} ${target.name} did not become ready within ${seconds} s`);
  }
  if (targets.length === 0) yield* run.untilPodsReady(seconds * NS_PER_SEC);
  return { problems, isCompared: false, settle: 'rules' };
}

export function* expectStep(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  return { problems: yield* runExpect(run, step), isCompared: true, settle: 'none' };
}

// oxlint-disable-next-line require-yield -- its value was filled in already
export function* save(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  run.saved.set(textOf(step['as']), textOf(step['value']));
  return DONE;
}
