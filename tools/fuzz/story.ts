/**
 * Plays a plan on the operator: boot, deploy, act, heal everything, wait until all is well again, look
 * whether services serve, delete, wait until all is gone.
 */
import { NS_PER_SEC, type Rng, must } from '../../packages/base/src/index.ts';
import type { Operator } from '../../packages/cluster/src/index.ts';
import { type Proc, type Process, sleep, waitUntil } from '../../packages/engine/src/index.ts';
import { type ApiView, auditSettled, auditSwept, readApi } from './audit.ts';
import { TOOLBOX } from './manifests.ts';
import type { Action, Plan } from './plan.ts';

/** Longer than back-off (300 s) and eviction (300 s) may take after the last fault. */
const SETTLE_NS = 900 * NS_PER_SEC;
const SWEEP_NS = 300 * NS_PER_SEC;
const ASK_ROUNDS = 6;
/** nodeStatusUpdateFrequency and a bit. */
const REPORT_NS = 15 * NS_PER_SEC;
const LOOK_EVERY_NS = 10 * NS_PER_SEC;
/** A stack's longest timers that no traffic keeps alive: ARP (3 s), reassembly (30 s), TIME-WAIT (60 s). */
const QUIET_NS = 70 * NS_PER_SEC;

export interface Transcript {
  /** What was done and what came of it, with virtual times; the same for any number of threads. */
  readonly lines: string[];
  readonly problems: string[];
  /** The API's objects when all had been deleted. */
  swept: ApiView | undefined;
}

export function* playPlan(operator: Operator, plan: Plan, transcript: Transcript): Proc {
  const player = new Player(operator, plan, transcript);
  yield* player.play();
  operator.stop();
}

class Player {
  readonly #operator: Operator;
  readonly #plan: Plan;
  readonly #transcript: Transcript;
  readonly #rng: Rng;
  readonly #traffic: Process[] = [];

  constructor(operator: Operator, plan: Plan, transcript: Transcript) {
    this.#operator = operator;
    this.#plan = plan;
    this.#transcript = transcript;
    this.#rng = operator.sim.rng('fuzz');
  }

  *play(): Proc {
    const isReady = yield* this.#operator.waitReady(300 * NS_PER_SEC);
    this.#log(`ready ${isReady}`);
    if (!isReady) this.#problem('the cluster does not become ready');
    yield* this.#kubectl('apply -f -', this.#plan.manifests.text);
    yield* sleep(this.#rng.between(0, 20) * NS_PER_SEC);
    for (const { afterNs, action } of this.#plan.actions) {
      yield* sleep(afterNs);
      yield* this.#act(action);
    }
    yield* this.#heal();
    for (const process of this.#traffic) {
      yield* waitUntil(process.done, () => process.isDone, this.#operator.sim);
    }
    // What the API says of a machine that was rebooted is from before for a while.
    yield* sleep(REPORT_NS);
    yield* this.#awaitAudit('settled', SETTLE_NS, auditSettled);
    yield* this.#askServices();
    yield* this.#kubectl('delete deployments,statefulsets,daemonsets --all --wait=false');
    const names = this.#plan.manifests.serviceNames.join(' ');
    yield* this.#kubectl(`delete services ${names} --wait=false`);
    yield* this.#awaitAudit('swept', SWEEP_NS, auditSwept);
    yield* sleep(QUIET_NS);
    this.#transcript.swept = yield* readApi(this.#operator);
    this.#log('end');
  }

  #log(text: string): void {
    const seconds = (this.#operator.nowNs() / NS_PER_SEC).toFixed(6);
    this.#transcript.lines.push(`${seconds} ${text}`);
  }

  #problem(text: string): void {
    this.#transcript.problems.push(text);
    this.#log(`PROBLEM ${text}`);
  }

  *#kubectl(line: string, stdin?: string): Proc<string> {
    const options = { ...(stdin === undefined ? {} : { stdin }), timeoutNs: 60 * NS_PER_SEC };
    const argv = ['kubectl', ...line.split(' ')];
    const result = yield* this.#operator.exec('control-plane', argv, options);
    const text =
      result === undefined ? 'timeout' : `${result.exitCode} ${result.stdout}${result.stderr}`;
    this.#log(`kubectl ${line}: ${text.trim()}`);
    return text;
  }

  *#act(action: Action): Proc {
    if (action.kind === 'traffic') {
      this.#traffic.push(this.#operator.sim.spawn('traffic', this.#send(action)));
      return;
    }
    const problem = yield* this.#change(action);
    this.#log(`${JSON.stringify(action)}${problem === undefined ? '' : `: ${problem}`}`);
  }

  *#change(action: Exclude<Action, { kind: 'traffic' }>): Proc<string | undefined> {
    const operator = this.#operator;
    switch (action.kind) {
      case 'power':
        return yield* operator.hostFault(action.node, { kind: 'power', on: action.on });
      case 'cable': {
        const { link, isUp } = action;
        return yield* operator.underlayFault({ kind: 'link', link, change: { isUp } });
      }
      case 'impair': {
        const { link, lossPpm } = action;
        return yield* operator.underlayFault({ kind: 'link', link, change: { lossPpm } });
      }
      case 'partition':
        return yield* operator.underlayFault({
          kind: 'partition',
          name: 'fuzz',
          groups: action.groups,
        });
      case 'heal':
        return yield* operator.underlayFault({ kind: 'heal', name: 'fuzz' });
      case 'component': {
        const { host, name, running } = action;
        return yield* operator.hostFault(host, { kind: 'component', name, running });
      }
      case 'kubectl':
        yield* this.#kubectl(action.line);
        return undefined;
      case 'kill-container':
      case 'kill-sandbox':
      case 'delete-pod':
        return yield* this.#hitPod(action);
    }
  }

  *#hitPod(
    action: Extract<Action, { pick: number; kind: `${string}-${string}` }>,
  ): Proc<string | undefined> {
    const pods = (yield* readApi(this.#operator)).pods.filter((pod) => pod.nodeName !== '');
    const pod = pods[action.pick % Math.max(1, pods.length)];
    if (pod === undefined) return 'no pod';
    const { namespace, name } = pod;
    if (action.kind === 'delete-pod') {
      return yield* this.#kubectl(`delete pod ${name} -n ${namespace} --wait=false`);
    }
    const fault =
      action.kind === 'kill-sandbox'
        ? ({ kind: 'kill-sandbox', namespace, pod: name } as const)
        : ({ kind: 'kill-container', namespace, pod: name, container: '' } as const);
    return yield* this.#operator.hostFault(pod.nodeName, fault);
  }

  /** One command somewhere, while other things happen. */
  *#send(action: Extract<Action, { kind: 'traffic' }>): Proc {
    const api = yield* readApi(this.#operator);
    const line = this.#trafficLine(action, api);
    const timeoutNs = 40 * NS_PER_SEC;
    const toolboxes = api.pods.filter((pod) => pod.name.startsWith(`${TOOLBOX}-`) && pod.isReady);
    const toolbox = toolboxes[action.pick % Math.max(1, toolboxes.length)];
    let place = action.from === 'client' ? 'client' : this.#pick(this.#plan.nodes, action.pick);
    let pod: { namespace: string; name: string } | undefined;
    if (action.from === 'pod' && toolbox !== undefined) {
      place = toolbox.nodeName;
      pod = { namespace: toolbox.namespace, name: toolbox.name };
    }
    const result = yield* this.#operator.exec(place, line.split(' '), {
      timeoutNs,
      ...(pod === undefined ? {} : { pod }),
    });
    const text =
      result === undefined
        ? 'timeout'
        : `${result.exitCode} ${result.stdout.length} ${result.stderr.trim()}`;
    this.#log(`${pod?.name ?? place}$ ${line}: ${text}`);
  }

  #trafficLine({ what, pick }: Extract<Action, { kind: 'traffic' }>, api: ApiView): string {
    const app = this.#pick(this.#plan.manifests.apps, pick);
    const service = api.services.find((one) => one.name === app.name);
    const address =
      service === undefined || service.clusterIP === 'None' ? app.name : service.clusterIP;
    const pod = api.pods.length === 0 ? undefined : this.#pick(api.pods, pick);
    const podAddress = pod === undefined || pod.ip === '' ? '192.0.2.1' : pod.ip;
    const node = 11 + (pick % this.#plan.nodes.length);
    const nodePort = api.services.flatMap((one) => one.nodePorts)[0] ?? 30_100;
    switch (what) {
      case 'service':
        return `curl -s -S -m 8 --retry ${pick % 3} -o /dev/null http://${pick % 2 === 0 ? app.name : address}:8000/`;
      case 'dns':
        return `dig +time=1 +tries=2 ${app.name}.default.svc.cluster.local`;
      case 'ping':
        return `ping -c ${1 + (pick % 5)} -i 0.2 -W 2 ${podAddress}`;
      case 'ping-big':
        return `ping -c 2 -W 2 -s ${1000 + pick * 9} ${podAddress}`;
      case 'node-port':
        return `curl -s -S -m 8 -o /dev/null http://192.168.10.${node}:${nodePort}/`;
      case 'nowhere':
        return `curl -s -S -m 5 -o /dev/null http://${['10.244.9.9', '192.168.10.99', '10.96.99.99', '203.0.113.1'][pick % 4]}/`;
      case 'upstream':
        return 'dig +time=1 +tries=2 @192.0.2.53 www.example.org';
    }
  }

  #pick<T>(items: readonly T[], pick: number): T {
    return must(items[pick % items.length], 'something to pick from');
  }

  /** Undoes all faults that last. */
  *#heal(): Proc {
    const operator = this.#operator;
    yield* operator.underlayFault({ kind: 'heal', name: 'fuzz' });
    const lossPpm = this.#plan.link.lossPpm ?? 0;
    for (const host of [...this.#plan.nodes, 'control-plane', 'router', 'client']) {
      const change = { isUp: true, lossPpm };
      yield* operator.underlayFault({ kind: 'link', link: `${host}/eth0`, change });
    }
    for (const node of this.#plan.nodes) {
      yield* operator.hostFault(node, { kind: 'power', on: true });
      for (const name of ['kubelet', 'kube-proxy']) {
        yield* operator.hostFault(node, { kind: 'component', name, running: true });
      }
    }
    for (const name of ['controller-manager', 'scheduler']) {
      yield* operator.hostFault('control-plane', { kind: 'component', name, running: true });
    }
    for (const node of this.#plan.nodes) yield* this.#kubectl(`uncordon ${node}`);
    this.#log('healed');
  }

  /** Looks until the audit finds nothing; what it found last when the time is over. */
  *#awaitAudit(
    name: string,
    withinNs: number,
    audit: (api: ApiView, plan: Plan) => string[],
  ): Proc<ApiView> {
    const deadlineNs = this.#operator.nowNs() + withinNs;
    for (;;) {
      const api = yield* readApi(this.#operator);
      const found = audit(api, this.#plan);
      if (found.length === 0) {
        this.#log(name);
        return api;
      }
      if (this.#operator.nowNs() >= deadlineNs) {
        for (const text of found) this.#problem(`not ${name}: ${text}`);
        return api;
      }
      yield* sleep(LOOK_EVERY_NS);
    }
  }

  /**
   * Every service with an endpoint answers on every node; what does not is asked again, since endpoints
   * and rules follow the pods a while later.
   */
  *#askServices(): Proc {
    // Nodes on their own cannot reach each other's pods.
    if (this.#plan.config.provider === 'none') return;
    let problems: string[] = [];
    for (let round = 0; round < ASK_ROUNDS; round++) {
      yield* sleep(3 * NS_PER_SEC);
      problems = yield* this.#askOnce();
      if (problems.length === 0) return;
      yield* sleep(LOOK_EVERY_NS);
    }
    for (const problem of problems) this.#problem(problem);
  }

  /** What curl says on a node of a service without endpoints; OVN's reset does not reach the host (docs/fidelity.md). */
  get #refusal(): string {
    return this.#plan.config.provider === 'ovn-kubernetes' ? '28 000' : '7 000';
  }

  *#askOnce(): Proc<string[]> {
    const problems: string[] = [];
    const api = yield* readApi(this.#operator);
    for (const app of this.#plan.manifests.apps) {
      const service = api.services.find((one) => one.name === app.name);
      if (service === undefined || app.httpPort === undefined) continue;
      const expected = service.readyAddresses.length === 0 ? this.#refusal : '0 200';
      for (const node of this.#plan.nodes) {
        const url = `http://${service.clusterIP}:${app.httpPort}/`;
        const argv = `curl -s -m 30 -o /dev/null -w %{http_code} ${url}`.split(' ');
        const result = yield* this.#operator.exec(node, argv, { timeoutNs: 60 * NS_PER_SEC });
        const got = `${result?.exitCode} ${result?.stdout}`;
        if (got !== expected)
          problems.push(`${app.name} asked on ${node}: ${got}, not ${expected}`);
      }
    }
    problems.push(...(yield* this.#askFront(api)));
    return problems;
  }

  /** A load balancer's address answers outside when pods stand behind it. */
  *#askFront(api: ApiView): Proc<string[]> {
    const { front } = this.#plan.manifests;
    const service = api.services.find((one) => one.name === front?.name);
    if (service === undefined) return [];
    if (service.balancerIP === '') return [`${service.name} has no address`];
    if (service.readyAddresses.length === 0) return [];
    const url = `http://${service.balancerIP}:8000/`;
    const argv = `curl -s -m 10 -o /dev/null -w %{http_code} ${url}`.split(' ');
    const result = yield* this.#operator.exec('client', argv, { timeoutNs: 60 * NS_PER_SEC });
    const got = `${result?.exitCode} ${result?.stdout}`;
    return got === '0 200' ? [] : [`${service.name} asked from outside: ${got}, not 0 200`];
  }
}
