/**
 * The operator's program for one case: sets up, walks the steps, sends the probes, judges.
 *
 * It runs as a process of the emulated world. What did not hold gathers in `failures`; the probe that failed
 * is sent once more with its packets traced.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { Operator, PodPlace } from '@podwire/cluster';
import { type Proc, sleep } from '@podwire/engine';
import { type Case, type CaseProbe, type CaseStep, type Fields, textOf } from './case-file.ts';
import { CaseRun, SETTLE_NS, Unsupported } from './case-run.ts';
import { externalClients } from './case-world.ts';
import { expectProblem, judge } from './compare.ts';
import { type Facts, findPod, podIP } from './facts.ts';
import { splitManifests } from './manifests.ts';
import type { Notes } from './notes.ts';
import { type Observation, observe } from './observe.ts';
import { fillInNodes, unknownPlaceholder, withoutPlaceholders } from './placeholders.ts';
import { type Request, parseRequest } from './request.ts';
import { routeTo } from './step-faults.ts';
import { documentsOf } from './step-objects.ts';
import { runStep, stepProblem } from './steps.ts';

export interface Failure {
  /** Which step or probe. */
  readonly where: string;
  readonly expected: string;
  readonly actual: string;
  /** Its packets are traced under this number; 0 = none were. */
  readonly traceId: number;
}

/** The cluster serves within this virtual time, or the run is podwire's fault. */
const CLUSTER_READY_NS = 300 * NS_PER_SEC;
/** Pods have addresses by then. */
const PODS_PLACED_NS = 30 * NS_PER_SEC;
/** What is set up has reached every node by then. */
const SET_UP_NS = 3 * NS_PER_SEC;

/** Proxies have reloaded, balancers have checked their nodes twice. */
const EDGE_SET_UP_NS = 40 * NS_PER_SEC;

function isEdge({ cluster }: Case): boolean {
  return (cluster.notes ?? '').startsWith('edge:');
}

/** Documents that go together; those with a creation time of their own follow in its order, one by one. */
function byCreation(
  documents: ReturnType<typeof splitManifests>,
): ReturnType<typeof splitManifests>[] {
  const timeOf = (text: string): string =>
    /creationTimestamp: *"?'?([\dTZ:-]+)/.exec(text)?.[1] ?? '';
  const others = documents.filter(({ text }) => timeOf(text) === '');
  const times = [...new Set(documents.map(({ text }) => timeOf(text)))]
    .filter((time) => time !== '')
    .sort();
  const groups = times.map((time) => documents.filter(({ text }) => timeOf(text) === time));
  return [others, ...groups].filter((group) => group.length > 0);
}

/** Keys of a probe that is a step. */
const PROBE_STEP_KEYS = new Set(['do', 'from', 'request', 'repeat', 'expect', 'note', 'why']);

/** When a probe runs. */
interface Moment {
  /** Behind this step, counted from 1; 0 = before the steps. */
  readonly step: number;
  readonly delaySec: number;
  readonly isDefault: boolean;
}

export class CaseProgram {
  readonly failures: Failure[] = [];
  probes = 0;
  unsupported: string | undefined;
  isFinished = false;
  readonly #entry: Case;
  readonly #notes: Notes;
  readonly #timeoutSec: number;

  constructor(entry: Case, notes: Notes, timeoutSec: number) {
    this.#entry = entry;
    this.#notes = notes;
    this.#timeoutSec = timeoutSec;
  }

  /** To be given to `runCluster`. */
  readonly program = (operator: Operator): void => {
    operator.sim.spawn('case', this.#run(operator));
  };

  *#run(operator: Operator): Proc {
    const run = new CaseRun(operator, this.#entry);
    try {
      if (yield* this.#setUp(run)) yield* this.#work(run);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      this.unsupported = error.message;
    }
    this.isFinished = true;
    operator.stop();
  }

  *#setUp(run: CaseRun): Proc<boolean> {
    const { operator } = run;
    if (!(yield* operator.waitReady(CLUSTER_READY_NS))) {
      this.#fail('start', 'a cluster that serves', 'it did not become ready');
      return false;
    }
    const nodes = operator.spec.cluster.nodes.map(({ name }) => name);
    for (const [name, value] of this.#notes.sysctls) {
      for (const node of nodes) {
        yield* operator.exec(node, ['sysctl', '-w', `${name}=${value}`], {});
      }
    }
    for (const { address, node } of this.#notes.routes) yield* routeTo(run, address, node);
    const documents = setUpDocuments(this.#entry);
    const early = documents.filter(({ isLate }) => !isLate);
    const late = documents.filter(({ isLate }) => isLate);
    for (const [index, group] of byCreation(early).entries()) {
      // Creation times are whole seconds.
      if (index > 0) yield* sleep(NS_PER_SEC);
      const result = yield* run.kubectlFile(['apply'], group);
      if (result.exitCode !== 0) return this.#refuse(result.stderr);
    }
    if (late.length > 0) {
      yield* run.untilPodsPlaced(PODS_PLACED_NS);
      const result = yield* run.kubectlFile(['apply'], late);
      if (result.exitCode !== 0) return this.#refuse(result.stderr);
    }
    if (documents.length > 0 && nodes.length > 0) {
      yield* run.untilPodsReady();
      yield* sleep(isEdge(this.#entry) ? EDGE_SET_UP_NS : SET_UP_NS);
    }
    yield* run.remember();
    return true;
  }

  #refuse(text: string): boolean {
    const kind = /no matches for kind "(\w+)"|resource mapping not found[^]*?kind "(\w+)"/.exec(
      text,
    );
    if (kind !== null)
      throw new Unsupported(`kind ${kind[1] ?? kind[2] ?? ''} is not modelled yet`);
    this.#fail('manifests', 'accepted', text.trim());
    return false;
  }

  *#work(run: CaseRun): Proc {
    const { steps = [], probes = [] } = this.#entry;
    const moments = probes.map((probe) => momentOf(probe, steps.length));
    yield* this.#probesAt(run, moments, 0);
    for (const [index, step] of steps.entries()) {
      yield* this.#step(run, step, index + 1);
      const isLast = index === steps.length - 1;
      const hasProbes = moments.some((moment) => moment?.step === index + 1);
      const next = steps[index + 1]?.do;
      // Times that the case gives itself are kept; else what was done gets time to work.
      const waits = next === 'wait' || next === 'wait-ready' || next === 'expect';
      if (this.#settle !== 'none' && (hasProbes || isLast || !waits)) {
        if (this.#settle === 'pods') yield* run.untilPodsReady();
        yield* sleep(SETTLE_NS);
      }
      yield* run.remember();
      yield* this.#probesAt(run, moments, index + 1);
    }
  }

  #settle: 'none' | 'rules' | 'pods' = 'none';

  *#step(run: CaseRun, step: CaseStep, number: number): Proc {
    const where = `step ${number} (${step.do})`;
    if (step.do === 'probe') {
      this.#settle = 'none';
      const { from, request, repeat } = step as unknown as CaseProbe;
      const expect = (step['expect'] ?? {}) as Fields;
      yield* this.#probe(
        run,
        { from, request, expect, ...(repeat === undefined ? {} : { repeat }) },
        where,
      );
      return;
    }
    const outcome = yield* runStep(run, step);
    this.#settle = outcome.settle;
    if (outcome.isCompared) this.probes++;
    if (outcome.problems.length > 0) {
      const expected = outcome.isCompared ? told(step['expect'] ?? step) : 'the step works';
      this.#fail(where, expected, outcome.problems.join('\n'));
    }
  }

  /** Probes with a moment of their own come first, then those that come after all steps. */
  *#probesAt(run: CaseRun, moments: readonly (Moment | undefined)[], step: number): Proc {
    const { probes = [] } = this.#entry;
    for (const wantsDefault of [false, true]) {
      for (const [index, probe] of probes.entries()) {
        const moment = moments[index];
        if (moment === undefined || moment.step !== step || moment.isDefault !== wantsDefault)
          continue;
        if (moment.delaySec > 0) yield* sleep(moment.delaySec * NS_PER_SEC);
        yield* this.#probe(run, probe, `probe ${index + 1}`);
      }
    }
  }

  *#probe(run: CaseRun, probe: CaseProbe, where: string): Proc {
    this.probes++;
    const facts = yield* run.facts();
    const text = yield* run.fill(probe.request);
    const isDns = /^(dig|getaddrinfo|nslookup|host|kubectl|cat) /.test(text);
    const request = parseRequest(
      isDns ? text : fillInNodes(text, facts),
      requestContext(probe, this.#timeoutSec),
    );
    if (typeof request === 'string') throw new Unsupported(request);
    const sender = senderOf(this.#entry, probe, facts, request);
    if (typeof sender === 'string') throw new Unsupported(sender);
    const count = request.turns ?? (request.count > 1 ? 1 : (probe.repeat ?? 1));
    const intervalNs = intervalOf(probe.expect) * NS_PER_SEC;
    const seen: Observation[] = [];
    for (let turn = 0; turn < count; turn++) {
      if (turn > 0 && intervalNs > 0) yield* sleep(intervalNs);
      const result = yield* run.ask(sender.place, request);
      seen.push(...observe(request, result));
    }
    const expect = (yield* run.fillAll(probe.expect)) as Fields;
    const context = { facts: yield* run.facts(), sender: sender.addresses, earlier: run.answers };
    const problems = judge(expect, seen, context);
    run.answers.push(seen.flatMap(({ backend }) => (backend === undefined ? [] : [backend])));
    if (problems.length === 0) return;
    const traceId = this.failures.length + 1;
    yield* run.exec(sender.place, request.argv, { stdin: request.stdin, traceId });
    const asked = `${where}: ${text} from ${sender.name}`;
    this.#fail(asked, told(expect), problems.join('\n'), traceId);
  }

  #fail(where: string, expected: string, actual: string, traceId = 0): void {
    this.failures.push({ where, expected, actual, traceId });
  }
}

/** Why the case cannot be run here; known before its world is built. */
export function caseProblem(entry: Case, timeoutSec: number): string | undefined {
  const { steps = [], probes = [] } = entry;
  for (const step of steps) {
    const problem =
      step.do === 'probe'
        ? probeStepProblem(step, timeoutSec)
        : (stepProblem(step) ?? placeholderProblem(step));
    if (problem !== undefined) return problem;
  }
  for (const probe of probes) {
    if (momentOf(probe, steps.length) === undefined) {
      return `the moment "after: ${probe.after ?? ''}" is not understood`;
    }
    const problem = probeProblem(probe, timeoutSec);
    if (problem !== undefined) return problem;
  }
  return placeholderProblem(entry.manifests ?? '');
}

function placeholderProblem(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value : stringsIn(value).join('\n');
  const unknown = unknownPlaceholder(text);
  return unknown === undefined ? undefined : `the placeholder ${unknown} is not known`;
}

/** All texts within a value. */
function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

function probeStepProblem(step: CaseStep, timeoutSec: number): string | undefined {
  const key = Object.keys(step).find((name) => !PROBE_STEP_KEYS.has(name));
  if (key !== undefined) return `the key ${key} of the step probe is not known`;
  const { from = {}, request = '', expect = {} } = step as unknown as Partial<CaseProbe>;
  return probeProblem({ from, request, expect }, timeoutSec);
}

function probeProblem(probe: CaseProbe, timeoutSec: number): string | undefined {
  const isKubectl = probe.request.startsWith('kubectl ');
  const unknown = isKubectl ? undefined : placeholderProblem(probe.request);
  if (unknown !== undefined) return unknown;
  const text = withoutPlaceholders(probe.request);
  const request = parseRequest(text, requestContext(probe, timeoutSec));
  if (typeof request === 'string') return request;
  if (probe.from['libc'] === 'musl' && request.kind !== 'getaddrinfo' && request.kind !== 'cat') {
    return `${request.kind} with musl is not modelled; getaddrinfo is`;
  }
  return expectProblem(probe.expect) ?? placeholderProblem(stringsIn(probe.expect).join('\n'));
}

function requestContext(probe: CaseProbe, timeoutSec: number): Parameters<typeof parseRequest>[1] {
  const { libc } = probe.from;
  const { backends, sourceIPSeen } = probe.expect;
  return {
    timeoutSec,
    repeat: probe.repeat ?? 1,
    needsBackend: backends !== undefined || sourceIPSeen !== undefined,
    ...(typeof libc === 'string' ? { libc } : {}),
  };
}

/** `start`, `step 2`, `step 2 + 10 s`, `10 s after step 2`; without: after all steps. */
function momentOf(probe: CaseProbe, stepCount: number): Moment | undefined {
  if (/^before the steps?$/.test(textOf(probe.expect['at'] ?? ''))) {
    return { step: 0, delaySec: 0, isDefault: false };
  }
  if (probe.after === undefined) return { step: stepCount, delaySec: 0, isDefault: true };
  const text = textOf(probe.after).trim();
  if (/^(start|the start|set-?up)$/.test(text)) return { step: 0, delaySec: 0, isDefault: false };
  if (/^(end|all|all steps|the end)$/.test(text))
    return { step: stepCount, delaySec: 0, isDefault: true };
  const later = /^(?:step )?(\d+)(?:(?: ?\+ ?|, (?:after )?)(\d+(?:\.\d+)?) ?s(?:econds)?)?$/.exec(
    text,
  );
  const before = /^(\d+(?:\.\d+)?) ?s(?:econds)? after step (\d+)$/.exec(text);
  const step = Number(later?.[1] ?? before?.[2] ?? Number.NaN);
  const delaySec = Number(later?.[2] ?? before?.[1] ?? 0);
  if (!Number.isSafeInteger(step) || step > stepCount) return undefined;
  return { step, delaySec, isDefault: false };
}

/** What is applied before the steps: all that the first step does not apply itself. */
function setUpDocuments(entry: Case): ReturnType<typeof splitManifests> {
  const all = splitManifests(entry.manifests ?? '');
  const [first] = entry.steps ?? [];
  const isApply = first !== undefined && ['apply', 'create', 'replace'].includes(first.do);
  const hasOwn = ['manifest', 'manifests', 'object', 'objects'].some(
    (key) => first !== undefined && key in first,
  );
  if (!isApply || hasOwn) return all;
  const later = new Set(documentsOf({ entry }, first).map(({ text }) => text));
  return all.filter(({ text }) => !later.has(text));
}

interface Sender {
  readonly name: string;
  readonly place: { readonly host: string; readonly pod?: PodPlace };
  readonly addresses: readonly string[];
}

/** Who sends; a text tells why nobody does. */
function senderOf(entry: Case, probe: CaseProbe, facts: Facts, request: Request): Sender | string {
  const { from, expect } = probe;
  if (request.kind === 'kubectl') {
    return { name: 'the control plane', place: { host: 'control-plane' }, addresses: [] };
  }
  if (typeof from['pod'] === 'string') return podSender(from, facts);
  if (typeof from['node'] === 'string') {
    const name = from['node'];
    const address = facts.nodes.find((node) => node.name === name)?.address;
    if (address === undefined) return `there is no node ${name}`;
    return { name, place: { host: name }, addresses: [address] };
  }
  if (from['external'] === undefined) return 'a probe comes from nowhere that is known';
  const wanted = from['senderIP'] ?? expect['senderIP'];
  const clients = externalClients(entry);
  const client = clients.find(
    ({ address }) => wanted === undefined || address.split('/')[0] === wanted,
  );
  if (client === undefined) return `there is no client at ${textOf(wanted)}`;
  const address = client.address.split('/')[0] ?? '';
  return { name: client.name, place: { host: client.name }, addresses: [address] };
}

function podSender(from: Fields, facts: Facts): Sender | string {
  const reference = textOf(from['pod']);
  const pod = findPod(facts, reference);
  const node = pod?.spec.nodeName;
  if (pod === undefined) return `there is no pod ${reference}`;
  if (node === undefined || !facts.nodes.some(({ name }) => name === node)) {
    return `the pod ${reference} is on no node`;
  }
  const { namespace, name } = pod.metadata;
  const container = from['container'];
  const place = { namespace, name, ...(typeof container === 'string' ? { container } : {}) };
  const address = podIP(pod);
  return {
    name: `pod ${namespace}/${name}`,
    place: { host: node, pod: place },
    addresses: address === undefined ? [] : [address],
  };
}

/** `interval: 2.5s` between tries, in seconds. */
function intervalOf(expect: Fields): number {
  const text = textOf(expect['interval'] ?? '0');
  const match = /^(\d+(?:\.\d+)?) ?(ms|s|seconds|m|minutes)?$/.exec(text);
  const scale = match?.[2] === 'ms' ? 1 / 1000 : match?.[2]?.startsWith('m') === true ? 60 : 1;
  return Number(match?.[1] ?? 0) * scale;
}

function told(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whether a request needs names: without any, the cluster goes without a DNS server. */
export function needsDns(entry: Case): boolean {
  const notes = entry.cluster.notes ?? '';
  const texts = [
    ...(entry.probes ?? []).map(({ request }) => request),
    ...(entry.steps ?? []).flatMap((step) =>
      step.do === 'probe' ? [textOf(step['request'])] : stringsIn(step),
    ),
  ];
  return (
    /coredns|corefile/i.test(notes) ||
    texts.some((text) => /coredns|kube-dns|kube-system/i.test(text)) ||
    (entry.probes ?? []).some(({ request }) => asksNames(request)) ||
    (entry.steps ?? []).some((step) => step.do === 'probe' && asksNames(textOf(step['request'])))
  );
}

function asksNames(request: string): boolean {
  if (/^(dig|getaddrinfo|nslookup|host|getent) /.test(request)) return true;
  if (/^(cat|kubectl|ip|ss|iptables-save|conntrack) /.test(request)) return false;
  const plain = request
    .replaceAll(/\$?\{[^}]*\}/g, '10.0.0.1')
    .replaceAll(/(?<![\w.-])node-\d+(?![\w.-])/g, '10.0.0.1');
  const url = /https?:\/\/([^/:\s]+)/.exec(plain)?.[1];
  const host =
    url ??
    plain
      .split(/\s+/)
      .slice(1)
      .find((word) => /[a-z]/i.test(word) && !word.startsWith('-'));
  return host !== undefined && !/^\d+\.\d+\.\d+\.\d+$/.test(host);
}

/** Whether anything of the case happens on nodes; some only speak with the API server. */
export function needsNodes(entry: Case): boolean {
  const { steps = [], probes = [] } = entry;
  if (probes.some(({ request }) => !request.startsWith('kubectl '))) return true;
  const apiOnly = new Set([
    'apply',
    'create',
    'replace',
    'update',
    'edit',
    'patch',
    'delete',
    'label',
    'unlabel',
    'annotate',
    'kubectl',
    'save',
  ]);
  const documents = splitManifests(entry.manifests ?? '');
  const runsPods = documents.some(
    ({ kind }) =>
      kind !== 'Service' &&
      kind !== 'Namespace' &&
      kind !== 'EndpointSlice' &&
      kind !== 'ConfigMap',
  );
  return runsPods || steps.some((step) => !apiOnly.has(step.do));
}
