/**
 * The steps of a case: what is done to its cluster, by `do`.
 *
 * Every step says which keys it reads; `stepProblem` tells before the run which one is not known.
 */
import type { Proc } from '@podwire/engine';
import type { CaseStep, Fields } from './case-file.ts';
import { type CaseRun, Unsupported, targetKind } from './case-run.ts';
import {
  execStep,
  expectStep,
  kubectl,
  save,
  wait,
  waitProblem,
  waitReady,
} from './step-commands.ts';
import { commandExpectProblem, expectStepProblem } from './step-expect.ts';
import {
  componentStep,
  kill,
  link,
  linkProblem,
  partition,
  power,
  processProblem,
  processStep,
  restartNode,
  route,
  setLbIp,
} from './step-faults.ts';
import {
  PATCH_FIELDS,
  annotate,
  apply,
  applyProblem,
  label,
  nodeVerb,
  patch,
  remove,
  scale,
  taint,
  unlabel,
  update,
} from './step-objects.ts';
import type { StepOutcome } from './step-outcome.ts';

interface StepKind {
  readonly keys: readonly string[];
  /** Keys that name objects: `pod`, `services`, … */
  readonly takesTargets?: boolean;
  /** Keys that are fields of an object, as a patch has them. */
  readonly takesFields?: boolean;
  readonly problem?: (step: CaseStep) => string | undefined;
  readonly run: (run: CaseRun, step: CaseStep) => Proc<StepOutcome>;
}

const APPLY_KEYS = ['manifest', 'manifests', 'what', 'how', 'expect', 'object', 'objects'];
const STEPS: ReadonlyMap<string, StepKind> = new Map<string, StepKind>([
  ['apply', { keys: APPLY_KEYS, problem: applyProblem, run: apply }],
  ['create', { keys: APPLY_KEYS, problem: applyProblem, run: apply }],
  ['replace', { keys: APPLY_KEYS, problem: applyProblem, run: apply }],
  [
    'update',
    {
      keys: [...APPLY_KEYS, 'type'],
      takesTargets: true,
      takesFields: true,
      problem: applyProblem,
      run: update,
    },
  ],
  [
    'edit',
    {
      keys: [...APPLY_KEYS, 'type'],
      takesTargets: true,
      takesFields: true,
      problem: applyProblem,
      run: update,
    },
  ],
  [
    'patch',
    {
      keys: ['type', 'patch', 'subresource', 'expect'],
      takesTargets: true,
      takesFields: true,
      run: patch,
    },
  ],
  [
    'delete',
    {
      keys: ['gracePeriod', 'force', 'manifest', 'manifests', 'expect'],
      takesTargets: true,
      run: remove,
    },
  ],
  ['scale', { keys: ['replicas', 'to', 'expect'], takesTargets: true, run: scale }],
  ['label', { keys: ['labels', 'expect'], takesTargets: true, run: label }],
  ['unlabel', { keys: ['labels', 'expect'], takesTargets: true, run: unlabel }],
  ['annotate', { keys: ['annotations', 'expect'], takesTargets: true, run: annotate }],
  ['cordon', { keys: ['node'], run: nodeVerb }],
  ['uncordon', { keys: ['node'], run: nodeVerb }],
  ['drain', { keys: ['node'], run: nodeVerb }],
  ['taint', { keys: ['node', 'taint', 'taints'], run: taint }],
  ['kubectl', { keys: ['command', 'args', 'expect'], run: kubectl }],
  ['set-lb-ip', { keys: ['service', 'ip', 'ips', 'ipMode', 'hostname', 'route'], run: setLbIp }],
  ['route', { keys: ['ip', 'address', 'via', 'to', 'node'], run: route }],
  ['kill-node', { keys: ['node'], run: power }],
  ['stop-node', { keys: ['node'], run: power }],
  ['start-node', { keys: ['node'], run: power }],
  ['restart-node', { keys: ['node', 'seconds'], run: restartNode }],
  ['reboot-node', { keys: ['node', 'seconds'], run: restartNode }],
  ['exec', { keys: ['node', 'pod', 'container', 'command', 'expect'], run: execStep }],
  ['cut-link', { keys: ['link', 'node'], problem: linkProblem, run: link }],
  ['heal', { keys: ['link', 'node', 'partition'], problem: linkProblem, run: link }],
  ['heal-link', { keys: ['link', 'node'], problem: linkProblem, run: link }],
  ['partition', { keys: ['groups', 'node', 'nodes'], run: partition }],
  ['stop', { keys: ['process', 'node', 'then'], problem: processProblem, run: processStep }],
  ['start', { keys: ['process', 'node', 'then'], problem: processProblem, run: processStep }],
  ['restart', { keys: ['process', 'node', 'then'], problem: processProblem, run: processStep }],
  ...['kube-proxy', 'kubelet', 'scheduler', 'controller-manager'].flatMap((name) =>
    ['stop', 'start', 'restart'].map((verb): [string, StepKind] => [
      `${verb}-${name}`,
      { keys: ['node', 'then'], run: componentStep },
    ]),
  ),
  ['kill-container', { keys: ['pod', 'container'], run: kill }],
  ['kill-sandbox', { keys: ['pod'], run: kill }],
  ['kill-pod', { keys: ['pod'], run: kill }],
  ['wait', { keys: ['seconds', 'minutes'], problem: waitProblem, run: wait }],
  ['wait-ready', { keys: ['seconds', 'timeout'], takesTargets: true, run: waitReady }],
  ['expect', { keys: [], problem: expectStepProblem, run: expectStep }],
  ['save', { keys: ['as', 'value'], run: save }],
]);

const ALWAYS = new Set(['do', 'note', 'why']);
/** Why the step cannot be done here. `probe` is not judged: it is the program's own. */
export function stepProblem(step: CaseStep): string | undefined {
  const kind = STEPS.get(step.do);
  if (kind === undefined) return `the step ${step.do} is not known`;
  if (step.do !== 'expect') {
    const isKnown = (key: string): boolean =>
      ALWAYS.has(key) ||
      kind.keys.includes(key) ||
      (kind.takesTargets === true && targetKind(key) !== undefined) ||
      (kind.takesFields === true && PATCH_FIELDS.has(key));
    const key = Object.keys(step).find((name) => !isKnown(name));
    if (key !== undefined) return `the key ${key} of the step ${step.do} is not known`;
    const problem = commandExpectProblem(step['expect']);
    if (problem !== undefined) return problem;
  }
  return kind.problem?.(step);
}

export function* runStep(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const kind = STEPS.get(step.do);
  if (kind === undefined) throw new Unsupported(`the step ${step.do} is not known`);
  const filled = (yield* run.fillAll(step)) as CaseStep;
  // Manifests are filled in when their pods have addresses.
  const whole = { ...filled, ...pick(step, ['manifest', 'manifests', 'object', 'objects']) };
  return yield* kind.run(run, whole as CaseStep);
}

function pick(step: CaseStep, keys: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(step).filter(([key]) => keys.includes(key)));
}
