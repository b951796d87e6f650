/**
 * The steps of a case: what is done to its cluster, by `do`.
 *
 * Every step says which keys it reads; `stepProblem` tells before the run which one is not known.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { CommandResult, HostFault } from '@podwire/cluster';
import { type Proc, sleep } from '@podwire/engine';
import { stringify } from 'yaml';
import { type CaseStep, type Fields, isFields } from './case-file.ts';
import {
  type CaseRun,
  SETTLE_NS,
  type Target,
  Unsupported,
  namespaceArgs,
  targetKind,
  targetsOf,
} from './case-run.ts';
import { type ManifestDocument, splitManifests } from './manifests.ts';
import { commandExpectProblem, expectStepProblem, judgeCommand, runExpect } from './step-expect.ts';

export interface StepOutcome {
  /** What did not hold; empty when all did. */
  readonly problems: readonly string[];
  /** Whether the step expected something. */
  readonly isCompared: boolean;
  /** How long its effects take: probes behind it wait so long. */
  readonly settle: 'none' | 'rules' | 'pods';
}

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
const FAULT: StepOutcome = { problems: [], isCompared: false, settle: 'rules' };
const PODS: StepOutcome = { problems: [], isCompared: false, settle: 'pods' };
/** What a machine needs from power-off to its kubelet's first reports. */
const OFF_NS = 5 * NS_PER_SEC;
const BOOT_NS = 10 * NS_PER_SEC;

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
const OBJECT_FIELDS = new Set([
  'spec',
  'metadata',
  'data',
  'ports',
  'endpoints',
  'status',
  'addressType',
  'subsets',
  'stringData',
]);

/** Why the step cannot be done here. `probe` is not judged: it is the program's own. */
export function stepProblem(step: CaseStep): string | undefined {
  const kind = STEPS.get(step.do);
  if (kind === undefined) return `the step ${step.do} is not known`;
  if (step.do !== 'expect') {
    const isKnown = (key: string): boolean =>
      ALWAYS.has(key) ||
      kind.keys.includes(key) ||
      (kind.takesTargets === true && targetKind(key) !== undefined) ||
      (kind.takesFields === true && OBJECT_FIELDS.has(key));
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

/** Documents that the case's own manifests hold and that this step is about, by its `what`. */
export function documentsOf(
  run: { readonly entry: { readonly manifests?: string } },
  step: CaseStep,
): ManifestDocument[] {
  const own = step['manifest'] ?? step['manifests'] ?? step['object'] ?? step['objects'];
  if (own !== undefined) {
    const texts = (Array.isArray(own) ? own : [own]).map((item: unknown) =>
      typeof item === 'string' ? item : stringify(item),
    );
    return texts.flatMap((text) => splitManifests(text));
  }
  const all = splitManifests(run.entry.manifests ?? '');
  const what = typeof step['what'] === 'string' ? step['what'] : '';
  const chosen = chooseDocuments(what);
  return chosen === undefined ? [] : all.filter(chosen);
}

/** "the same Service", "Service a", "the same manifests again". */
function chooseDocuments(what: string): ((document: ManifestDocument) => boolean) | undefined {
  const words = what.trim().replace(/ again$/, '');
  if (/^(?:|all|everything|(?:the )?same|(?:the )?manifests?|the same manifests?)$/.test(words))
    return () => true;
  const sameKind = /^the same (\w+)$/.exec(words)?.[1];
  if (sameKind !== undefined) return ({ kind }) => kind.toLowerCase() === sameKind.toLowerCase();
  const named = /^(?:the )?(\w+) ([\w.-]+\/)?([\w.-]+)$/.exec(words);
  if (named === null) return undefined;
  const namespace = named[2]?.slice(0, -1);
  return (document) =>
    document.kind.toLowerCase() === named[1]?.toLowerCase() &&
    document.name === named[3] &&
    (namespace === undefined || document.namespace === namespace);
}

const HOW = /^kubectl (create|apply|replace)((?: --[\w-]+(?:=\S+)?)*)(?: -f(?: (?:FILE|-))?)?$/;

function applyProblem(step: CaseStep): string | undefined {
  const { how, what } = step;
  if (how !== undefined && !HOW.test(String(how)))
    return `the way "${String(how)}" to apply is not understood`;
  if (what !== undefined && chooseDocuments(String(what)) === undefined) {
    return `what is applied, "${String(what)}", is not understood`;
  }
  return undefined;
}

function* apply(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const documents = documentsOf(run, step);
  if (documents.length === 0) throw new Unsupported(`the step ${step.do} has nothing to apply`);
  const match = HOW.exec(String(step['how'] ?? ''));
  const verb =
    match?.[1] ?? (step.do === 'edit' ? 'apply' : step.do === 'update' ? 'replace' : step.do);
  const flags = (match?.[2] ?? '').split(' ').filter((word) => word !== '');
  const result = yield* run.kubectlFile([verb, ...flags], documents);
  const hasPods = documents.some(({ kind }) => POD_MAKERS.has(kind));
  return yield* judged(run, step, result, hasPods ? 'pods' : 'rules', targetOfDocument(documents));
}

const POD_MAKERS = new Set([
  'Pod',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ReplicationController',
]);

function targetOfDocument(documents: readonly ManifestDocument[]): Target | undefined {
  const [document] = documents;
  if (document === undefined || documents.length > 1) return undefined;
  const info = targetKind(document.kind);
  if (info === undefined) return undefined;
  const { name, namespace, kind } = document;
  return {
    resource: info.plural,
    kind,
    name,
    namespace: info.isNamespaced ? namespace : undefined,
  };
}

/** Without an expectation a command must have worked. */
function* judged(
  run: CaseRun,
  step: CaseStep,
  result: CommandResult,
  settle: StepOutcome['settle'],
  target?: Target,
): Proc<StepOutcome> {
  const { expect } = step as { readonly expect?: unknown };
  if (expect !== undefined) {
    return { problems: yield* judgeCommand(run, expect, result, target), isCompared: true, settle };
  }
  const problems = result.exitCode === 0 ? [] : [`${step.do}: ${result.stderr.trim()}`];
  return { problems, isCompared: false, settle };
}

/** An update without documents changes fields of an object. */
function* update(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const hasFields = Object.keys(step).some((key) => OBJECT_FIELDS.has(key));
  return hasFields ? yield* patch(run, step) : yield* apply(run, step);
}

function* patch(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const [target] = targetsOf(step);
  if (target === undefined) throw new Unsupported('the step patch names no object');
  const {
    patch: own,
    type,
    subresource,
  } = step as { readonly patch?: unknown; readonly type?: unknown; readonly subresource?: unknown };
  const fields = Object.fromEntries(Object.entries(step).filter(([key]) => OBJECT_FIELDS.has(key)));
  const body = typeof own === 'string' ? own : JSON.stringify(own ?? fields);
  const isStatus = own === undefined && Object.keys(fields).join() === 'status';
  const how = type === undefined ? [] : [`--type=${String(type)}`];
  const part =
    subresource === undefined
      ? isStatus
        ? ['--subresource=status']
        : []
      : [`--subresource=${String(subresource)}`];
  const result = yield* run.kubectl([
    'patch',
    target.resource,
    target.name,
    ...namespaceArgs(target),
    ...how,
    ...part,
    '-p',
    body,
  ]);
  return yield* judged(run, step, result, POD_MAKERS.has(target.kind) ? 'pods' : 'rules', target);
}

function* remove(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const { gracePeriod, force } = step as {
    readonly gracePeriod?: unknown;
    readonly force?: unknown;
  };
  const flags = ['--wait=false'];
  if (gracePeriod !== undefined) flags.push(`--grace-period=${String(gracePeriod)}`);
  if (force === true || gracePeriod === 0) flags.push('--force');
  const documents = 'manifest' in step || 'manifests' in step ? documentsOf(run, step) : [];
  const targets = targetsOf(step);
  if (documents.length === 0 && targets.length === 0)
    throw new Unsupported('the step delete names no object');
  let outcome: StepOutcome = FAULT;
  if (documents.length > 0) {
    outcome = yield* judged(
      run,
      step,
      yield* run.kubectlFile(['delete', ...flags], documents),
      'rules',
    );
  }
  for (const target of targets) {
    const result = yield* run.kubectl([
      'delete',
      target.resource,
      target.name,
      ...namespaceArgs(target),
      ...flags,
    ]);
    const one = yield* judged(run, step, result, 'rules', target);
    if (one.problems.length > 0 || outcome === FAULT) outcome = one;
  }
  return outcome;
}

function* scale(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const [target] = targetsOf(step);
  const count = step['replicas'] ?? step['to'];
  if (target === undefined || count === undefined)
    throw new Unsupported('the step scale lacks object or replicas');
  const result = yield* run.kubectl([
    'scale',
    target.resource,
    target.name,
    ...namespaceArgs(target),
    `--replicas=${String(count)}`,
  ]);
  return yield* judged(run, step, result, 'pods', target);
}

/** `{key: value}`, or names alone; null takes the label off. */
function labelWords(value: unknown, isRemoved: boolean): string[] {
  if (Array.isArray(value)) return value.map((name) => `${String(name)}-`);
  if (!isFields(value)) return [`${String(value)}${isRemoved ? '-' : ''}`];
  return Object.entries(value).map(([name, text]) =>
    isRemoved || text === null ? `${name}-` : `${name}=${String(text)}`,
  );
}

function* markAll(
  run: CaseRun,
  step: CaseStep,
  verb: string,
  words: readonly string[],
): Proc<StepOutcome> {
  const targets = targetsOf(step);
  let outcome: StepOutcome = FAULT;
  for (const target of targets) {
    const result = yield* run.kubectl([
      verb,
      '--overwrite',
      target.resource,
      target.name,
      ...namespaceArgs(target),
      ...words,
    ]);
    outcome = yield* judged(run, step, result, 'rules', target);
    if (outcome.problems.length > 0) return outcome;
  }
  if (targets.length === 0) throw new Unsupported(`the step ${step.do} names no object`);
  return outcome;
}

function* label(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  return yield* markAll(run, step, 'label', labelWords(step['labels'], false));
}

function* unlabel(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  return yield* markAll(run, step, 'label', labelWords(step['labels'], true));
}

function* annotate(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  return yield* markAll(run, step, 'annotate', labelWords(step['annotations'], false));
}

function* nodeVerb(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const extra =
    step.do === 'drain' ? ['--ignore-daemonsets', '--force', '--delete-emptydir-data'] : [];
  const result = yield* run.kubectl([step.do, String(step['node']), ...extra]);
  return yield* judged(run, step, result, 'pods');
}

function* taint(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const taints = [step['taint'], step['taints']].flat().filter((word) => word !== undefined);
  const result = yield* run.kubectl([
    'taint',
    'node',
    String(step['node']),
    ...taints.map(String),
    '--overwrite',
  ]);
  return yield* judged(run, step, result, 'pods');
}

function* kubectl(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const words = step['args'] ?? String(step['command'] ?? '').split(/\s+/);
  const args = (Array.isArray(words) ? words.map(String) : String(words).split(/\s+/)).filter(
    (word) => word !== 'kubectl',
  );
  return yield* judged(run, step, yield* run.kubectl(args), 'pods');
}

/** Plays the cloud controller, and the outside network's route to the address. */
function* setLbIp(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const [target] = targetsOf({ service: step['service'] });
  if (target === undefined) throw new Unsupported('the step set-lb-ip names no service');
  const { ipMode, hostname } = step as { readonly ipMode?: string; readonly hostname?: string };
  const addresses = [step['ip'], step['ips']].flat().filter((ip) => typeof ip === 'string');
  const mode = ipMode === undefined ? {} : { ipMode };
  const ingress: object[] = addresses.map((ip) => ({ ip, ...mode }));
  if (hostname !== undefined) ingress.push({ hostname });
  const body = JSON.stringify({ status: { loadBalancer: { ingress } } });
  const args = [
    'patch',
    'service',
    target.name,
    ...namespaceArgs(target),
    '--subresource=status',
    '--type=merge',
    '-p',
    body,
  ];
  const result = yield* run.kubectl(args);
  const problems = result.exitCode === 0 ? [] : [`set-lb-ip: ${result.stderr.trim()}`];
  if (typeof step['route'] === 'string') {
    const node = /(node-\d+)/.exec(step['route'])?.[1];
    if (node === undefined) throw new Unsupported(`the route "${step['route']}" is not understood`);
    for (const ip of addresses) yield* routeTo(run, ip, node);
  }
  return { problems, isCompared: false, settle: 'rules' };
}

/** The outside network sends the address to a node. */
export function* routeTo(run: CaseRun, address: string, node: string): Proc {
  const via = run.operator.spec.cluster.nodes.find(({ name }) => name === node)?.address;
  if (via === undefined) throw new Unsupported(`there is no ${node} to route to`);
  const argv = ['route', 'replace', `${address.replace(/\/32$/, '')}/32`, 'via', via];
  yield* fault(run, 'router', { kind: 'route', argv });
}

function* route(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const node = /(node-\d+)/.exec(String(step['via'] ?? step['to'] ?? step['node'] ?? ''))?.[1];
  const address = step['ip'] ?? step['address'];
  if (node === undefined || typeof address !== 'string')
    throw new Unsupported('the step route is not understood');
  yield* routeTo(run, address, node);
  return FAULT;
}

function* fault(run: CaseRun, host: string, what: HostFault): Proc {
  if (run.operator.hostId(host) === undefined) throw new Unsupported(`there is no machine ${host}`);
  const error = yield* run.operator.hostFault(host, what);
  if (error !== undefined) throw new Unsupported(error.trim());
}

function* power(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const on = step.do === 'start-node';
  yield* fault(run, String(step['node']), { kind: 'power', on });
  if (on) yield* sleep(BOOT_NS);
  return on ? PODS : { ...FAULT, settle: 'none' };
}

function* restartNode(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const node = String(step['node']);
  yield* fault(run, node, { kind: 'power', on: false });
  yield* sleep(step['seconds'] === undefined ? OFF_NS : Number(step['seconds']) * NS_PER_SEC);
  yield* fault(run, node, { kind: 'power', on: true });
  yield* sleep(BOOT_NS);
  return PODS;
}

/** `node-1`, `node-1/eth0`, `node-1 uplink`. */
function linkHost(step: CaseStep): string | undefined {
  const text = String(step['link'] ?? step['node'] ?? '').trim();
  return /^(?:link of |uplink of )?([a-z][\w-]*?)(?:\/eth0| eth0| uplink| NIC)?$/.exec(text)?.[1];
}

function linkProblem(step: CaseStep): string | undefined {
  if (step['partition'] !== undefined) return undefined;
  if (linkHost(step) !== undefined) return undefined;
  if (step.do === 'heal' && step['link'] === undefined && step['node'] === undefined)
    return undefined;
  return `the link "${String(step['link'])}" is not modelled`;
}

function* link(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const isUp = step.do !== 'cut-link';
  const host = linkHost(step);
  if (host === undefined) {
    yield* underlay(run, { kind: 'heal', name: 'case' });
    return FAULT;
  }
  yield* underlay(run, { kind: 'link', link: `${host}/eth0`, change: { isUp } });
  return { ...FAULT, settle: isUp ? 'rules' : 'none' };
}

function* underlay(run: CaseRun, what: Parameters<CaseRun['operator']['underlayFault']>[0]): Proc {
  const error = yield* run.operator.underlayFault(what);
  if (error !== undefined) throw new Unsupported(error);
}

/** Nodes that are named are cut off from all others, or groups from each other. */
function* partition(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const { groups } = step as { readonly groups?: readonly (readonly string[])[] };
  const cut = [step['node'], step['nodes']].flat().filter((name) => typeof name === 'string');
  const hosts = run.operator.spec.actors.flatMap((actor) =>
    actor.kind === 'host' ? [actor.name] : [],
  );
  const made = groups ?? [cut, hosts.filter((name) => !cut.includes(name))];
  yield* underlay(run, { kind: 'partition', name: 'case', groups: made });
  return { ...FAULT, settle: 'none' };
}

interface Component {
  readonly kind: 'node' | 'control-plane' | 'dns';
  readonly name: string;
}

function componentOf(text: string): Component | undefined {
  const words = text.trim().toLowerCase();
  if (/^kube-?proxy$/.test(words)) return { kind: 'node', name: 'kube-proxy' };
  if (/^kubelet$/.test(words)) return { kind: 'node', name: 'kubelet' };
  if (/^(network plugin daemon|cni|pod network agent|flanneld?)$/.test(words))
    return { kind: 'node', name: 'cni' };
  if (/^(kube-)?scheduler$/.test(words)) return { kind: 'control-plane', name: 'scheduler' };
  if (/^(kube-)?controller[- ]manager$|^controllers$/.test(words))
    return { kind: 'control-plane', name: 'controller-manager' };
  if (/^(core ?dns|dns|dns server|kube-dns)$/.test(words)) return { kind: 'dns', name: 'coredns' };
  return undefined;
}

function processProblem(step: CaseStep): string | undefined {
  const text = String(step['process'] ?? '');
  return componentOf(text) === undefined ? `the process "${text}" is not modelled` : undefined;
}

function* processStep(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  return yield* component(run, step, step.do, String(step['process'] ?? ''));
}

/** `stop-kube-proxy`: verb and component in one word. */
function* componentStep(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const [, verb = '', name = ''] = /^(stop|start|restart)-(.+)$/.exec(step.do) ?? [];
  return yield* component(run, step, verb, name);
}

function* component(
  run: CaseRun,
  step: CaseStep,
  verb: string,
  process: string,
): Proc<StepOutcome> {
  const found = componentOf(process);
  if (found === undefined) throw new Unsupported(`the process "${process}" is not modelled`);
  for (const running of verb === 'restart' ? [false, true] : [verb === 'start']) {
    yield* switchComponent(run, step, found, running);
  }
  const then = /^wait-ready (\S+)$/.exec(String(step['then'] ?? ''))?.[1];
  if (step['then'] !== undefined && then === undefined) {
    throw new Unsupported(`"then: ${String(step['then'])}" is not understood`);
  }
  if (then !== undefined) return yield* waitReady(run, { do: 'wait-ready', pod: then });
  return FAULT;
}

function* switchComponent(run: CaseRun, step: CaseStep, found: Component, running: boolean): Proc {
  if (found.kind === 'dns') {
    const replicas = running ? run.operator.spec.cluster.dnsReplicas : 0;
    yield* run.kubectl([
      'scale',
      'deployment',
      'coredns',
      '-n',
      'kube-system',
      `--replicas=${replicas}`,
    ]);
    yield* sleep(SETTLE_NS * 5);
    return;
  }
  const named = step['node'];
  const nodes = run.operator.spec.cluster.nodes.map(({ name }) => name);
  const hosts =
    found.kind === 'control-plane'
      ? ['control-plane']
      : named === undefined
        ? nodes
        : [String(named)];
  for (const host of hosts)
    yield* fault(run, host, { kind: 'component', name: found.name, running });
}

function* kill(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const [target] = targetsOf({ pod: step['pod'] });
  const facts = yield* run.facts();
  const pod = facts.pods.find(
    ({ metadata }) => metadata.name === target?.name && metadata.namespace === target.namespace,
  );
  const node = pod?.spec.nodeName;
  if (target === undefined || node === undefined)
    throw new Unsupported(`the step ${step.do} names no running pod`);
  const place = { namespace: target.namespace ?? 'default', pod: target.name };
  const isContainer = step.do === 'kill-container';
  yield* fault(
    run,
    node,
    isContainer
      ? { kind: 'kill-container', ...place, container: String(step['container'] ?? '') }
      : { kind: 'kill-sandbox', ...place },
  );
  return PODS;
}

function waitProblem(step: CaseStep): string | undefined {
  const value = step['seconds'] ?? step['minutes'];
  return Number.isFinite(Number(value)) ? undefined : 'the step wait has no seconds';
}

function* wait(_run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  yield* sleep(Number(step['seconds'] ?? Number(step['minutes']) * 60) * NS_PER_SEC);
  return { problems: [], isCompared: false, settle: 'none' };
}

/** The longest that a case waits for something to become ready. */
const READY_SECONDS = 300;

function* waitReady(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
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

function* expectStep(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  return { problems: yield* runExpect(run, step), isCompared: true, settle: 'none' };
}

// oxlint-disable-next-line require-yield -- its value was filled in already
function* save(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  run.saved.set(String(step['as']), String(step['value']));
  return { problems: [], isCompared: false, settle: 'none' };
}
