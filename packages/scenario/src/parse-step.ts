/**
 * The scenario's `steps`.
 */
import { NS_PER_SEC, formatDurationNs, suggest } from '@podwire/base';
import { SCHEME, parseSelector } from '@podwire/api';
import type { FullCluster, PodPlace } from '@podwire/cluster';
import { type CommandChecks, checkCommand } from './check-command.ts';
import { splitCommandLine } from './command-line.ts';
import type { Field } from './field.ts';
import { parseExpect } from './parse-expect.ts';
import { type FaultContext, parseFault } from './parse-fault.ts';
import { unknownHost } from './parse-cluster.ts';
import { type ScaleRequest, checkScale } from './scale/scale-plan.ts';
import { savedNamesIn } from './saved-values.ts';
import type { RunStep, Step, WaitCondition, WaitStep } from './scenario.ts';

const COMMAND_TIMEOUT_NS = 60 * NS_PER_SEC;
/** As `podwire scale --probes`. */
const SCALE_PROBES = 1000;
const WAIT_TIMEOUT_NS = 60 * NS_PER_SEC;

export interface StepContext extends FaultContext, CommandChecks {
  /** Where curl and the like are typed. */
  readonly defaultHost: string;
  readonly cluster: FullCluster;
  readonly seed: string;
  /** Names under which earlier steps keep outputs. */
  readonly saved: Set<string>;
}

export function parseStep(field: Field, context: StepContext): Step | undefined {
  checkSavedNames(field, context);
  if (field.has('run')) return parseRun(field, context);
  if (field.has('wait')) return parseWait(field);
  if (field.has('scale')) return parseScale(field, context);
  if (!field.has('fault')) return undefined;
  const fault = parseFault(field.get('fault'), context);
  if (fault === undefined) return undefined;
  const { kind, ...rest } = fault;
  const told = Object.entries(field.get('fault').value as object)
    .map(([key, value]) => (typeof value === 'object' ? key : `${key} ${String(value)}`))
    .join(' ');
  const shown =
    'groups' in rest ? `${kind} ${rest.groups.map((g) => g.join(', ')).join(' | ')}` : told;
  return { kind: 'fault', fault, ...base(field, shown) };
}

function base(
  field: Field,
  shown: string,
): { name: string; pos: Step['pos']; atNs: number | undefined } {
  return {
    name: field.get('name').text ?? shown,
    pos: field.source.posOf(field.path),
    atNs: field.get('at').durationNs,
  };
}

function parseScale(field: Field, context: StepContext): Step | undefined {
  const scale = field.get('scale');
  const { cluster, seed } = context;
  const request: ScaleRequest = {
    nodes: cluster.nodes.length,
    pods: scale.get('pods').number ?? 1,
    services: scale.get('services').number ?? 1,
    endpoints: scale.get('endpoints').number,
    provider: cluster.provider,
    proxyMode: cluster.proxyMode,
    probes: scale.get('probes').number ?? SCALE_PROBES,
    seed,
  };
  const problems = checkScale(request);
  for (const { flag, message, hint } of problems) {
    const name = flag.replace(/^--/, '');
    const at = scale.has(name) ? scale.get(name) : scale;
    at.add({ code: 'PW3003', message: message.replaceAll('--', ''), hint });
  }
  if (problems.length > 0) return undefined;
  const shown = `${request.pods} pods, ${request.services} services, ${request.probes} probes`;
  return { kind: 'scale', request, ...base(field, shown) };
}

function parseRun(field: Field, context: StepContext): RunStep | undefined {
  const run = field.get('run');
  const argv = wordsOf(run);
  const save = field.get('save').text;
  const expect = parseExpect(field.get('expect'));
  if (save !== undefined) context.saved.add(save);
  if (argv === undefined) return undefined;
  const command = run.text?.trim() ?? argv.map(quoteWord).join(' ');
  const isKubectl = argv[0] === 'kubectl' || argv[0] === 'oc';
  const from = field.get('from').text ?? (isKubectl ? 'control-plane' : context.defaultHost);
  const fromPod = parsePodPlace(from);
  if (fromPod === undefined && !context.hosts.includes(from)) {
    field.get('from').add(unknownHost(from, context.hosts));
  }
  const mayFail =
    expect?.successes !== undefined ||
    (expect?.exit ?? 0) !== 0 ||
    (expect?.exit === undefined && expect?.stderr !== undefined);
  checkCommand(run, argv, { mayFail, from }, context);
  return {
    kind: 'run',
    ...base(field, command),
    command,
    argv,
    from,
    fromPod,
    stdin: field.get('stdin').text ?? '',
    timeoutNs: field.get('timeout').durationNs ?? COMMAND_TIMEOUT_NS,
    repeat: field.get('repeat').number ?? 1,
    intervalNs: field.get('interval').durationNs ?? 0,
    retryNs: field.get('retry').durationNs,
    expect,
    save,
  };
}

/** `pod [NAMESPACE/]NAME[/CONTAINER]`, a container only after a namespace. */
function parsePodPlace(text: string): PodPlace | undefined {
  const match = /^pod (?:([^/\s]+)\/)?([^/\s]+)(?:\/([^/\s]+))?$/.exec(text);
  const [, namespace = 'default', name, container] = match ?? [];
  if (name === undefined) return undefined;
  return { namespace, name, ...(container === undefined ? {} : { container }) };
}

function wordsOf(run: Field): readonly string[] | undefined {
  if (run.text !== undefined) {
    const { words, problem } = splitCommandLine(run.text);
    if (problem === undefined) return words;
    run.add({ code: 'PW3002', ...problem });
    return undefined;
  }
  const words = run.items.flatMap((item) => item.anyText ?? []);
  return words.length === 0 ? undefined : words;
}

function quoteWord(word: string): string {
  return /^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function parseWait(field: Field): WaitStep | undefined {
  const wait = field.get('wait');
  if (wait.text !== undefined) {
    const delayNs = wait.durationNs;
    if (delayNs === undefined) return undefined;
    return {
      kind: 'wait',
      ...base(field, `wait ${formatDurationNs(delayNs)}`),
      delayNs,
      condition: undefined,
      timeoutNs: 0,
    };
  }
  const condition = parseCondition(wait);
  if (condition === undefined) return undefined;
  return {
    kind: 'wait',
    ...base(field, `wait for ${describeCondition(wait)}`),
    delayNs: undefined,
    condition,
    timeoutNs: wait.get('timeout').durationNs ?? WAIT_TIMEOUT_NS,
  };
}

function parseCondition(wait: Field): WaitCondition | undefined {
  const target = wait.get('for').text;
  if (target === undefined) return undefined;
  const [resource = '', objectName] = target.split('/');
  const info = SCHEME.find(resource);
  if (info === undefined) {
    const known = SCHEME.kinds.flatMap((kind) => [kind.plural, kind.singular, ...kind.shortNames]);
    const near = suggest(resource, known);
    wait.get('for').add({
      code: 'PW3004',
      message: `no resource is called ${resource}`,
      hint: near === undefined ? undefined : `did you mean ${near}?`,
    });
  }
  const selector = wait.get('selector').text;
  const parsed = selector === undefined ? undefined : parseSelector(selector);
  if (typeof parsed === 'string') wait.get('selector').add({ code: 'PW3003', message: parsed });
  const name = wait.get('name').text ?? objectName;
  const namespace = wait.get('namespace').text;
  const condition = wait.get('condition').text;
  const count = wait.get('count').number;
  const field = /^([^=]+)=(.*)$/s.exec(wait.get('field').text ?? '');
  return {
    resource: info?.plural ?? resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(selector === undefined ? {} : { selector }),
    ...(condition === undefined ? {} : { condition }),
    ...(field === null
      ? {}
      : { field: { path: (field[1] ?? '').trim(), equals: (field[2] ?? '').trim() } }),
    ...(count === undefined ? {} : { count }),
  };
}

function describeCondition(wait: Field): string {
  const parts = [wait.get('for').text ?? ''];
  const selector = wait.get('selector').text;
  const count = wait.get('count').number;
  if (selector !== undefined) parts.push(`-l ${selector}`);
  if (count !== undefined) parts.unshift(String(count));
  parts.push(wait.get('condition').text ?? '', wait.get('field').text ?? '');
  return parts.filter((part) => part !== '').join(' ');
}

/** `{{name}}` must have been kept by an earlier step. */
function checkSavedNames(field: Field, context: StepContext): void {
  const visit = (at: Field): void => {
    for (const item of at.items) visit(item);
    for (const [, value] of at.entries) visit(value);
    for (const name of savedNamesIn(at.text ?? '')) {
      if (context.saved.has(name)) continue;
      const near = suggest(name, context.saved);
      at.add({
        code: 'PW3004',
        message: `no earlier step saves ${name}`,
        hint:
          near === undefined
            ? 'add `save: ' + name + '` to the step whose output is meant'
            : `did you mean {{${near}}}?`,
      });
    }
  };
  visit(field);
}
