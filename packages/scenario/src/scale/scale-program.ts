/**
 * What `podwire scale` does in the world: brings the cluster up, probes it, restarts one service.
 *
 * It works as a person would: objects go through the API, and what is said of the result comes from packets that
 * pods and an outside client really sent. Phases, each told when it ends: nodes Ready; pods created, scheduled and
 * Ready; services with all endpoints in slices; rules on every node; probes; rolling restart.
 */
import { Rng, formatDurationNs } from '@podwire/base';
import type { Pod, Service } from '@podwire/api';
import {
  type Operator,
  type OperatorProgram,
  type ProxyState,
  type ScaleStats,
  quantile,
} from '@podwire/cluster';
import { type Proc, sleep } from '@podwire/engine';
import {
  POD_LABEL,
  POD_PORT,
  SERVICE_LABEL,
  type ScalePlan,
  type ScaleService,
  deploymentObject,
  namespaceObject,
  serviceObject,
} from './scale-plan.ts';

export type ScalePhase = 'nodes' | 'pods' | 'services' | 'rules' | 'probes' | 'restart';

export const SCALE_PHASES: readonly ScalePhase[] = [
  'nodes',
  'pods',
  'services',
  'rules',
  'probes',
  'restart',
];

export interface ProbeOutcome {
  readonly kind: 'service' | 'pod' | 'node-port';
  readonly from: string;
  readonly to: string;
  /** Undefined: it was answered by whom it should. */
  readonly problem: string | undefined;
  readonly latencyNs: number;
}

export interface RestartOutcome {
  readonly endpoints: number;
  /** From the order to the last pod's readiness. */
  readonly rolloutNs: number;
  /** From the last change of the slices to the rules of the node in the middle, of 99 in 100, and of the last. */
  readonly convergenceNsP50: number;
  readonly convergenceNsP99: number;
  readonly convergenceNs: number;
  readonly probesAfter: readonly ProbeOutcome[];
}

export interface ScaleOutcome {
  /** Undefined: all phases were reached. */
  readonly problem: string | undefined;
  readonly reached: ReadonlyMap<ScalePhase, number>;
  readonly bringUp: ScaleStats | undefined;
  readonly end: ScaleStats | undefined;
  readonly proxies: readonly ProxyState[];
  readonly probes: readonly ProbeOutcome[];
  readonly restart: RestartOutcome | undefined;
}

export interface ScaleListener {
  /** A phase ended at this virtual time. */
  phase(phase: ScalePhase, atNs: number): void;
}

const HOUR_NS = 3_600_000_000_000;
/** Virtual time after which a phase counts as stuck. */
const PATIENCE_NS = 2 * HOUR_NS;
/** How often nodes are asked whether their rules are there. */
const ASK_NS = 250_000_000;
const PROBES_AT_A_TIME = 16;
const CURL_TIMEOUT_S = 5;
const SECOND_NS = 1_000_000_000;

/** Runs the plan; `outcome` tells at any time how far it came. */
export class ScaleRun {
  readonly #plan: ScalePlan;
  readonly #listener: ScaleListener;
  readonly #reached = new Map<ScalePhase, number>();
  #problem: string | undefined = 'it was interrupted';
  #bringUp: ScaleStats | undefined;
  #end: ScaleStats | undefined;
  #proxies: readonly ProxyState[] = [];
  #probes: ProbeOutcome[] = [];
  #restart: RestartOutcome | undefined;

  constructor(plan: ScalePlan, listener: ScaleListener) {
    this.#plan = plan;
    this.#listener = listener;
  }

  get program(): OperatorProgram {
    return (operator) => {
      operator.sim.spawn('scale', this.#run(operator));
    };
  }

  get outcome(): ScaleOutcome {
    return {
      problem: this.#problem,
      reached: this.#reached,
      bringUp: this.#bringUp,
      end: this.#end,
      proxies: this.#proxies,
      probes: this.#probes,
      restart: this.#restart,
    };
  }

  *#run(operator: Operator): Proc {
    yield* this.run(operator);
    operator.stop();
  }

  /** All phases; what went wrong, undefined when all went well. */
  *run(operator: Operator): Proc<string | undefined> {
    this.#problem = yield* this.#phases(operator);
    return this.#problem;
  }

  *#phases(operator: Operator): Proc<string | undefined> {
    const { services, plain, namespaces, restarted, request } = this.#plan;
    yield* operator.observe(POD_LABEL);
    if (!(yield* operator.waitReady(PATIENCE_NS))) return 'not all nodes became Ready';
    this.#ended('nodes', operator);
    const made = yield* operator.create(namespaces.map(namespaceObject));
    if (made !== undefined) return made;
    // What admission needs of a namespace is made by controllers; it is there at once.
    yield* sleep(SECOND_NS);
    const deployments = [...services, ...plain].map(deploymentObject);
    const refused = yield* operator.create(deployments);
    if (refused !== undefined) return refused;
    const all = { resource: 'pods', namespace: '', selector: POD_LABEL, condition: 'Ready' };
    const ready = yield* operator.waitFor({ ...all, count: request.pods }, PATIENCE_NS);
    if (!ready.ok) return ready.error ?? 'not all pods became Ready';
    this.#ended('pods', operator);
    const failed = yield* operator.create(services.map(serviceObject));
    if (failed !== undefined) return failed;
    const behind = services.reduce((sum, { replicas }) => sum + replicas, 0);
    if (!(yield* operator.waitEndpoints(SERVICE_LABEL, behind, PATIENCE_NS)))
      return 'endpoints are missing';
    this.#ended('services', operator);
    const late = yield* this.#awaitRules(operator);
    if (late !== undefined) return late;
    this.#ended('rules', operator);
    this.#bringUp = yield* operator.scaleStats(true);
    const pods = (yield* operator.list('pods')) as readonly Pod[];
    const known = (yield* operator.list('services')) as readonly Service[];
    const prober = new Prober(operator, this.#plan, pods, known);
    yield* prober.run(request.probes, this.#probes);
    this.#ended('probes', operator);
    this.#restart = yield* this.#restartService(operator, restarted);
    this.#ended('restart', operator);
    this.#end = yield* operator.scaleStats(true);
    const wrong = this.#probes.filter(({ problem }) => problem !== undefined);
    return wrong.length === 0 ? undefined : `${wrong.length} probes went wrong`;
  }

  #ended(phase: ScalePhase, operator: Operator): void {
    const atNs = operator.nowNs();
    this.#reached.set(phase, atNs);
    this.#listener.phase(phase, atNs);
  }

  /** Waits until the rules of all nodes have the newest Services and slices. */
  *#awaitRules(operator: Operator): Proc<string | undefined> {
    const deadlineNs = operator.nowNs() + PATIENCE_NS;
    while (operator.nowNs() < deadlineNs) {
      const { servicesVersion, slicesVersion } = yield* operator.scaleStats();
      this.#proxies = yield* operator.proxyStates();
      const isInStep = this.#proxies.every(
        (state) => state.servicesVersion >= servicesVersion && state.slicesVersion >= slicesVersion,
      );
      if (isInStep) return undefined;
      yield* sleep(ASK_NS);
    }
    return 'not all nodes have their rules';
  }

  *#restartService(operator: Operator, service: ScaleService): Proc<RestartOutcome> {
    const { namespace, name, replicas } = service;
    const startNs = operator.nowNs();
    const at = `deployment/${name}`;
    yield* operator.exec('control-plane', ['kubectl', '-n', namespace, 'rollout', 'restart', at]);
    yield* operator.exec('control-plane', ['kubectl', '-n', namespace, 'rollout', 'status', at], {
      timeoutNs: PATIENCE_NS,
    });
    const rolloutNs = operator.nowNs() - startNs;
    yield* this.#settle(operator, name, namespace, replicas);
    const changedNs = operator.nowNs();
    yield* this.#awaitRules(operator);
    const lateNs = this.#proxies
      .map(({ lastSyncNs }) => Math.max(lastSyncNs - changedNs, 0))
      .sort((a, b) => a - b);
    const pods = (yield* operator.list('pods', namespace)) as readonly Pod[];
    const known = (yield* operator.list('services', namespace)) as readonly Service[];
    const prober = new Prober(operator, this.#plan, pods, known);
    const probesAfter: ProbeOutcome[] = [];
    yield* prober.runOn(service, Math.min(this.#plan.request.probes, 20), probesAfter);
    this.#probes = [...this.#probes, ...probesAfter];
    return {
      endpoints: replicas,
      rolloutNs,
      convergenceNsP50: quantile(lateNs, 50),
      convergenceNsP99: quantile(lateNs, 99),
      convergenceNs: lateNs.at(-1) ?? 0,
      probesAfter,
    };
  }

  /** Waits until the old pods are gone and the slices hold the new ones only. */
  *#settle(operator: Operator, name: string, namespace: string, replicas: number): Proc {
    const pods = { resource: 'pods', namespace, selector: `app=${name}`, condition: 'Ready' };
    yield* operator.waitFor({ ...pods, count: replicas }, PATIENCE_NS);
    const behind = this.#plan.services.reduce((sum, each) => sum + each.replicas, 0);
    yield* operator.waitEndpoints(SERVICE_LABEL, behind, PATIENCE_NS);
  }
}

/** Asks pods from other pods and from outside, and judges who answered. */
class Prober {
  readonly #operator: Operator;
  readonly #rng: Rng;
  readonly #pods: readonly Pod[];
  readonly #byService = new Map<string, ReadonlySet<string>>();
  readonly #services: readonly Service[];
  readonly #nodes: readonly string[];

  constructor(
    operator: Operator,
    plan: ScalePlan,
    pods: readonly Pod[],
    services: readonly Service[],
  ) {
    this.#operator = operator;
    this.#rng = new Rng(`${plan.request.seed}/scale/probes`);
    this.#pods = pods.filter(({ metadata }) => metadata.labels?.[POD_LABEL] !== undefined);
    const names = new Map<string, Set<string>>();
    for (const { metadata } of this.#pods) {
      const key = `${metadata.namespace ?? ''}/${metadata.labels?.['app'] ?? ''}`;
      const set = names.get(key) ?? new Set();
      set.add(metadata.name);
      names.set(key, set);
    }
    this.#byService = names;
    this.#services = services.filter(({ metadata }) =>
      names.has(`${metadata.namespace ?? ''}/${metadata.name}`),
    );
    this.#nodes = operator.spec.cluster.nodes.map(({ address }) => address);
  }

  /** So many probes of all three kinds, several at a time. */
  *run(count: number, into: ProbeOutcome[]): Proc {
    const probes: Proc<ProbeOutcome>[] = [];
    const nodePorts = this.#services.filter(({ spec }) => spec.type === 'NodePort');
    for (let index = 0; index < count; index++) {
      const kind = index % 3;
      if (kind === 2 && nodePorts.length > 0)
        probes.push(this.#nodePort(pick(this.#rng, nodePorts)));
      else if (kind === 1 && this.#nodes.length > 1) probes.push(this.#pod());
      else probes.push(this.#service(pick(this.#rng, this.#services)));
    }
    yield* this.#all(probes, into);
  }

  /** Probes of one service by its name. */
  *runOn(service: ScaleService, count: number, into: ProbeOutcome[]): Proc {
    const { namespace, name } = service;
    const found = this.#services.find(
      ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
    );
    if (found === undefined) return;
    yield* this.#all(
      Array.from({ length: count }, () => this.#service(found)),
      into,
    );
  }

  *#all(probes: readonly Proc<ProbeOutcome>[], into: ProbeOutcome[]): Proc {
    const { sim } = this.#operator;
    for (let start = 0; start < probes.length; start += PROBES_AT_A_TIME) {
      const running = probes
        .slice(start, start + PROBES_AT_A_TIME)
        .map((probe, index) => sim.spawn(`probe-${start + index}`, probe));
      for (const process of running) {
        if (!process.isDone) yield* process.done.wait();
        if (process.result !== undefined) into.push(process.result);
      }
    }
  }

  *#service(service: Service): Proc<ProbeOutcome> {
    const from = pick(this.#rng, this.#pods);
    const { namespace = '', name } = service.metadata;
    const to = `${name}.${namespace}`;
    const owners = this.#byService.get(`${namespace}/${name}`);
    return yield* this.#ask('service', from, `http://${to}/hostname`, to, owners);
  }

  /** A pod of another node by its address. */
  *#pod(): Proc<ProbeOutcome> {
    const from = pick(this.#rng, this.#pods);
    let to = pick(this.#rng, this.#pods);
    for (let tries = 0; tries < 20 && to.spec.nodeName === from.spec.nodeName; tries++) {
      to = pick(this.#rng, this.#pods);
    }
    const url = `http://${to.status?.podIP ?? ''}:${POD_PORT}/hostname`;
    return yield* this.#ask('pod', from, url, to.metadata.name, new Set([to.metadata.name]));
  }

  *#nodePort(service: Service): Proc<ProbeOutcome> {
    const address = pick(this.#rng, this.#nodes);
    const { namespace = '', name } = service.metadata;
    const port = service.spec.ports?.[0]?.nodePort ?? 0;
    const url = `http://${address}:${port}/hostname`;
    const owners = this.#byService.get(`${namespace}/${name}`);
    return yield* this.#ask('node-port', undefined, url, `${name}.${namespace}`, owners);
  }

  *#ask(
    kind: ProbeOutcome['kind'],
    from: Pod | undefined,
    url: string,
    to: string,
    owners: ReadonlySet<string> | undefined,
  ): Proc<ProbeOutcome> {
    const host = from?.spec.nodeName ?? 'client';
    const pod =
      from === undefined
        ? {}
        : { pod: { namespace: from.metadata.namespace ?? '', name: from.metadata.name } };
    const argv = ['curl', '-sS', '-m', String(CURL_TIMEOUT_S), url];
    const result = yield* this.#operator.exec(host, argv, {
      ...pod,
      timeoutNs: 2 * CURL_TIMEOUT_S * SECOND_NS,
    });
    const answer = result?.stdout.trim() ?? '';
    const isRight = result?.exitCode === 0 && owners?.has(answer) === true;
    const told = result === undefined ? 'no end' : result.stderr.trim() || answer;
    const latencyNs = result === undefined ? 0 : result.endedNs - result.startedNs;
    return {
      kind,
      from: from?.metadata.name ?? 'client',
      to,
      problem: isRight ? undefined : `${told} after ${formatDurationNs(latencyNs)}`,
      latencyNs,
    };
  }
}

function pick<T>(rng: Rng, items: readonly T[]): T {
  const item = items[rng.below(items.length)];
  if (item === undefined) throw new Error('there is something to pick from');
  return item;
}
