/**
 * Runs the case files of the scheduler: a world of manifests, one pod, and what the real kube-scheduler did with it.
 *
 * From: a parsed case file (its head tells the form). To: one result per case. The manifests go through the API
 * server's defaults, admission and validation; the decision is the scheduler's pure one. After a preemption
 * the victims are taken away and the pod is scheduled again.
 */
import {
  ApiServer,
  type KubeObject,
  type Pod,
  type ResourceList,
  SCHEME,
  Store,
  type StringMap,
  type Toleration,
  isOk,
  messageOf,
  objectOf,
  qualifiedResource,
} from '@podwire/api';
import { Rng } from '@podwire/base';
import {
  DEFAULT_SCHEDULER_NAME,
  PodInfo,
  type ScheduleOutcome,
  type SchedulerState,
  type Snapshot,
  backoffSeconds,
  newSchedulerState,
  numFeasibleNodesToFind,
  scheduleOne,
  scoreWeights,
  staticSnapshot,
} from '@podwire/scheduler';
import { parseAllDocuments } from 'yaml';

export interface CaseResult {
  readonly name: string;
  readonly outcome: 'agree' | 'disagree' | 'unsupported';
  readonly reason?: string;
  readonly expected?: string;
  readonly actual?: string;
  /** How many things were compared. */
  readonly probes: number;
}

const CASE_KEYS: ReadonlySet<string> = new Set([
  'name',
  'source',
  'note',
  'manifests',
  'schedule',
  'expect',
]);
const EXPECT_KEYS: ReadonlySet<string> = new Set([
  'feasible',
  'chosen',
  'scores',
  'pluginScores',
  'reason',
  'message',
  'preemption',
  'untouched',
]);
/** What others refer to is created first, whatever the order of the file. */
const CREATE_FIRST: readonly string[] = [
  'Namespace',
  'RuntimeClass',
  'PriorityClass',
  'StorageClass',
  'ServiceAccount',
  'Node',
  'PersistentVolume',
];

/** Runs every case of a file; a formula that does not hold comes as a result of its own. */
export function runSchedulerCaseFile(doc: unknown, file: string): CaseResult[] {
  if (!isRecord(doc) || !Array.isArray(doc['cases'])) {
    return [{ name: file, outcome: 'unsupported', reason: 'the file has no cases', probes: 0 }];
  }
  const results = checkFormulas(doc['formulas']);
  for (const [index, entry] of doc['cases'].entries()) {
    if (isRecord(entry)) results.push(runCase(entry, `${file}#${index}`));
    else results.push(unsupported(`${file}#${index}`, 'the case is not a mapping'));
  }
  return results;
}

function unsupported(name: string, reason: string, probes = 0): CaseResult {
  return { name, outcome: 'unsupported', reason, probes };
}

function checkFormulas(formulas: unknown): CaseResult[] {
  if (!isRecord(formulas)) return [];
  const results: CaseResult[] = [];
  const known: ReadonlyMap<string, (key: string) => number | undefined> = new Map([
    ['numFeasibleNodesToFind', (key: string) => numFeasibleNodesToFind(Number(key))],
    ['backoffSeconds', (key: string) => backoffSeconds(Number(key))],
    ['weights', (key: string) => scoreWeights().get(key)],
  ]);
  for (const [name, table] of Object.entries(formulas)) {
    const formula = known.get(name);
    if (formula === undefined || !isRecord(table)) {
      results.push(unsupported(`formulas.${name}`, 'a formula that is not known'));
      continue;
    }
    const comparison = new Comparison();
    for (const [key, value] of Object.entries(table)) comparison.check(key, value, formula(key));
    if (!comparison.holds) results.push(comparison.result(`formulas.${name}`));
  }
  return results;
}

/** Collects what was compared and where it differed. */
class Comparison {
  count = 0;
  readonly #expected: string[] = [];
  readonly #actual: string[] = [];

  get holds(): boolean {
    return this.#expected.length === 0;
  }

  check(what: string, expected: unknown, actual: unknown): void {
    this.count++;
    const [left, right] = [JSON.stringify(expected), JSON.stringify(actual) ?? 'nothing'];
    if (left === right) return;
    this.#expected.push(`${what}: ${left}`);
    this.#actual.push(`${what}: ${right}`);
  }

  result(name: string): CaseResult {
    if (this.holds) return { name, outcome: 'agree', probes: this.count };
    return {
      name,
      outcome: 'disagree',
      reason: 'the decision differs',
      expected: this.#expected.join('\n'),
      actual: this.#actual.join('\n'),
      probes: this.count,
    };
  }
}

type Case = Readonly<Record<string, unknown>>;

function runCase(entry: Case, fallbackName: string): CaseResult {
  const name = typeof entry['name'] === 'string' ? entry['name'] : fallbackName;
  const { manifests, schedule, expect } = entry as {
    readonly manifests?: unknown;
    readonly schedule?: unknown;
    readonly expect?: unknown;
  };
  for (const key of Object.keys(entry)) {
    if (!CASE_KEYS.has(key)) return unsupported(name, `unknown key ${key}`);
  }
  if (typeof schedule !== 'string' || !isRecord(expect)) {
    return unsupported(name, 'schedule and expect are needed');
  }
  for (const key of Object.keys(expect)) {
    if (!EXPECT_KEYS.has(key)) return unsupported(name, `unknown expectation ${key}`);
  }
  const world = new World(name);
  const problem =
    world.apply(typeof manifests === 'string' ? manifests : '', 'manifests') ??
    world.apply(schedule, 'schedule');
  const probes = Object.keys(expect).length;
  if (problem !== undefined) return unsupported(name, problem, probes);
  const pod = world.lastPod();
  if (pod === undefined) return unsupported(name, 'schedule names no pod', probes);
  const comparison = new Comparison();
  compare(comparison, expect, decide(world, pod));
  const result = comparison.result(name);
  const doubt = world.doubts[0];
  if (result.outcome === 'disagree' && doubt !== undefined) return unsupported(name, doubt, probes);
  return result;
}

interface RuntimeClass extends KubeObject {
  readonly overhead?: { readonly podFixed?: ResourceList };
  readonly scheduling?: {
    readonly nodeSelector?: StringMap;
    readonly tolerations?: readonly Toleration[];
  };
}

/** The API server of one case. */
class World {
  readonly server: ApiServer;
  /** Things in the manifests that podwire does not know. */
  readonly doubts: string[] = [];
  readonly #runtimeClasses = new Map<string, RuntimeClass>();
  /** Objects of kinds that the API server does not serve, but the scheduler reads. */
  readonly #unserved: KubeObject[] = [];
  readonly #created: { readonly resource: string; readonly object: KubeObject }[] = [];

  constructor(name: string) {
    this.server = new ApiServer(new Store(new Rng(`case/${name}`)), {
      clock: { nowNs: () => 0 },
      rng: new Rng(`case/${name}/server`),
      admission: { taintsNewNodes: false },
    });
  }

  /** Creates the objects of a text; a text is why it can't. */
  apply(text: string, what: string): string | undefined {
    const objects: KubeObject[] = [];
    // As the recordings read it: YAML 1.2, where `y` and `e1` are text.
    for (const document of parseAllDocuments(text)) {
      const [error] = document.errors;
      if (error !== undefined) return `${what}: ${error.message}`;
      const value: unknown = document.toJS();
      if (isRecord(value)) objects.push(value as unknown as KubeObject);
    }
    const rank = ({ kind }: KubeObject): number => {
      const at = CREATE_FIRST.indexOf(kind);
      return at < 0 ? CREATE_FIRST.length : at;
    };
    for (const object of objects.sort((a, b) => rank(a) - rank(b))) {
      if (object.kind === 'RuntimeClass') {
        this.#runtimeClasses.set(object.metadata.name, object as RuntimeClass);
        continue;
      }
      if (object.kind === 'ReplicationController') {
        const namespace = object.metadata.namespace ?? 'default';
        this.#unserved.push({ ...object, metadata: { ...object.metadata, namespace } });
        continue;
      }
      const info = SCHEME.byKind(object.apiVersion, object.kind);
      if (info === undefined) return `${what}: kind ${object.kind} is not known`;
      const admitted = object.kind === 'Pod' ? this.#admitRuntimeClass(object as Pod) : object;
      const problem = this.#create(qualifiedResource(info), info.isNamespaced, admitted);
      if (problem !== undefined) return `${what}: ${problem}`;
    }
    return undefined;
  }

  /** RuntimeClass admission: the class's overhead, node selector and tolerations come into the pod. */
  #admitRuntimeClass(pod: Pod): Pod {
    const runtimeClass = this.#runtimeClasses.get(pod.spec.runtimeClassName ?? '');
    if (runtimeClass === undefined) return pod;
    const { overhead, scheduling } = runtimeClass;
    const nodeSelector = { ...pod.spec.nodeSelector, ...scheduling?.nodeSelector };
    const tolerations = [...(pod.spec.tolerations ?? []), ...(scheduling?.tolerations ?? [])];
    return {
      ...pod,
      spec: {
        ...pod.spec,
        ...(overhead?.podFixed === undefined ? {} : { overhead: overhead.podFixed }),
        ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector }),
        ...(tolerations.length === 0 ? {} : { tolerations }),
      },
    };
  }

  #create(resource: string, isNamespaced: boolean, object: KubeObject): string | undefined {
    const namespace = isNamespaced ? (object.metadata.namespace ?? 'default') : undefined;
    const place = { resource, ...(namespace === undefined ? {} : { namespace }) };
    if (this.server.handle({ ...place, verb: 'get', name: object.metadata.name }).code === 200) {
      if (['Namespace', 'ServiceAccount', 'PriorityClass'].includes(object.kind)) return undefined;
    }
    const response = this.server.handle({ ...place, verb: 'create', body: object });
    let stored = objectOf(response);
    if (stored === undefined) return messageOf(response);
    this.doubts.push(...(response.warnings ?? []));
    const { status } = object as { readonly status?: unknown };
    if (isRecord(status)) {
      const before = (stored as { readonly status?: unknown }).status;
      const merged = isRecord(before) ? { ...before, ...status } : status;
      const written = this.server.handle({
        ...place,
        verb: 'update',
        subresource: 'status',
        name: object.metadata.name,
        body: { ...stored, status: merged },
      });
      if (!isOk(written)) return messageOf(written);
      stored = objectOf(written) ?? stored;
    }
    if (object.metadata.deletionTimestamp !== undefined) {
      this.server.handle({ ...place, verb: 'delete', name: object.metadata.name });
    }
    this.#created.push({ resource, object: stored });
    return undefined;
  }

  lastPod(): Pod | undefined {
    const last = this.#created.findLast(({ object }) => object.kind === 'Pod');
    return last === undefined ? undefined : (this.#fresh(last) as Pod | undefined);
  }

  /** Everything that was created, as the server has it now. */
  objects(): KubeObject[] {
    const found: KubeObject[] = [...this.server.store.list('namespaces'), ...this.#unserved];
    for (const entry of this.#created) {
      const object = entry.object.kind === 'Namespace' ? undefined : this.#fresh(entry);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  #fresh({ resource, object }: { resource: string; object: KubeObject }): KubeObject | undefined {
    const { name, namespace } = object.metadata;
    return objectOf(
      this.server.handle({
        verb: 'get',
        resource,
        name,
        ...(namespace === undefined ? {} : { namespace }),
      }),
    );
  }
}

interface Decision {
  readonly outcome: ScheduleOutcome | undefined;
  /** After the victims of a preemption are gone. */
  readonly afterwards: ScheduleOutcome | undefined;
  readonly reason: string;
  readonly message: string;
}

function decide(world: World, pod: Pod): Decision {
  const nothing = { outcome: undefined, afterwards: undefined, reason: '', message: '' };
  const gated = pod.status?.conditions?.find(({ reason }) => reason === 'SchedulingGated');
  if (gated !== undefined) {
    return { ...nothing, reason: gated.reason ?? '', message: gated.message ?? '' };
  }
  const isOurs = (pod.spec.schedulerName ?? DEFAULT_SCHEDULER_NAME) === DEFAULT_SCHEDULER_NAME;
  if (!isOurs || (pod.spec.nodeName ?? '') !== '') return nothing;
  const others = world.objects().filter(({ metadata }) => metadata.uid !== pod.metadata.uid);
  const snapshot = staticSnapshot(others);
  const state = newSchedulerState();
  const rng = new Rng('cases');
  placePending(snapshot, state, others, rng);
  const outcome = scheduleOne(snapshot, pod, rng, state);
  const { preemption, chosen } = outcome;
  let afterwards: ScheduleOutcome | undefined;
  if (preemption !== undefined) {
    const info = new PodInfo(pod);
    for (const victim of preemption.victims) snapshot.removePod(new PodInfo(victim).key);
    state.nominator.put(info, preemption.nominatedNode);
    afterwards = scheduleOne(snapshot, info, rng, state);
  }
  const reason = chosen === undefined ? 'Unschedulable' : '';
  return { outcome, afterwards, reason, message: outcome.message };
}

/** Pods of the manifests without a node were there before: they were promised one, or are scheduled first. */
function placePending(
  snapshot: Snapshot,
  state: SchedulerState,
  objects: readonly KubeObject[],
  rng: Rng,
): void {
  for (const object of objects) {
    if (object.kind !== 'Pod') continue;
    const pod = object as Pod;
    const isOurs = (pod.spec.schedulerName ?? DEFAULT_SCHEDULER_NAME) === DEFAULT_SCHEDULER_NAME;
    const isPending = (pod.spec.nodeName ?? '') === '' && isOurs;
    if (!isPending || (pod.spec.schedulingGates ?? []).length > 0) continue;
    const nominated = pod.status?.nominatedNodeName ?? '';
    const info = new PodInfo(pod);
    if (nominated !== '') {
      state.nominator.put(info, nominated);
      continue;
    }
    const { chosen } = scheduleOne(snapshot, info, rng, state);
    if (chosen !== undefined) snapshot.assume(info, chosen);
  }
}

function compare(comparison: Comparison, expect: Case, decision: Decision): void {
  const { outcome, afterwards, reason, message } = decision;
  const placed = afterwards ?? outcome;
  if (expect['untouched'] !== undefined) {
    const isUntouched = outcome === undefined && reason === '';
    comparison.check('untouched', expect['untouched'], isUntouched);
  }
  if (Array.isArray(expect['feasible'])) {
    comparison.check('feasible', sorted(expect['feasible']), sorted(outcome?.feasible ?? []));
  }
  if (expect['chosen'] !== undefined) {
    comparison.check('chosen', sorted(listOf(expect['chosen'])), sorted(placed?.best ?? []));
  }
  if (expect['reason'] !== undefined) comparison.check('reason', expect['reason'], reason);
  if (expect['message'] !== undefined) comparison.check('message', expect['message'], message);
  if (isRecord(expect['scores'])) {
    for (const [node, score] of Object.entries(expect['scores'])) {
      comparison.check(`score of ${node}`, score, outcome?.scores.get(node));
    }
  }
  if (isRecord(expect['pluginScores'])) {
    for (const [node, scores] of Object.entries(expect['pluginScores'])) {
      const actual = outcome?.pluginScores.get(node) ?? new Map<string, number>();
      const names = sorted([...actual.keys(), ...Object.keys(isRecord(scores) ? scores : {})]);
      const ordered = (from: (name: string) => unknown): unknown[] =>
        [...new Set(names)].map((name) => [name, from(name) ?? 0]);
      comparison.check(
        `plugin scores of ${node}`,
        ordered((name) => (isRecord(scores) ? scores[name] : undefined)),
        ordered((name) => actual.get(name)),
      );
    }
  }
  comparePreemption(comparison, expect['preemption'], outcome);
}

function comparePreemption(
  comparison: Comparison,
  expected: unknown,
  outcome: ScheduleOutcome | undefined,
): void {
  const actual = outcome?.preemption;
  if (!isRecord(expected)) {
    if (actual !== undefined) comparison.check('preemption', 'none', actual.nominatedNode);
    return;
  }
  const nodes = listOf(expected['nominatedNode']);
  const node = actual?.nominatedNode;
  const isAllowed = nodes.includes(node);
  comparison.check('nominated node', nodes, isAllowed ? nodes : [node ?? 'none']);
  const victims = actual?.victims.map(({ metadata }) => metadata.name) ?? [];
  comparison.check('victims', sorted(listOf(expected['victims'])), sorted(victims));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

function sorted(values: readonly unknown[]): string[] {
  return values.map(String).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
