/**
 * A cloud's load balancers: the service controller that gives Services addresses, and the balancer with its checks.
 *
 * It runs on a machine of the cloud to which the network leads the pool's addresses, and asks each node whether it wants
 * traffic: a connection to the node port,
 * or with externalTrafficPolicy Local the Service's healthCheckNodePort (k8s.io/cloud-provider controllers/service).
 *
 * Simplified: an address takes a fixed time; all Services share one machine, and so does the controller.
 */
import {
  type ApiClient,
  EventRecorder,
  Informer,
  type Node,
  type Service,
  jsonEqual,
} from '@podwire/api';
import {
  type Cidr,
  type Ip,
  NS_PER_SEC,
  addressAt,
  assert,
  cidrContains,
  cidrSize,
  formatIp,
  parseIp,
} from '@podwire/base';
import { type HostSim, type Proc, type Process, sleep } from '@podwire/engine';
import { HttpConnection, type NetNs, httpConnect, iptablesRestore } from '@podwire/netstack';
import { type LbPort, lbPorts, lbRules } from './lb-rules.ts';
import { patchService, serviceKey, wantsBalancer } from './service-status.ts';

export interface LoadBalancerOptions {
  readonly client: ApiClient;
  readonly pool: Cidr;
  readonly nodeNetwork: string;
}

const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';
const LEAVING_TAINT = 'ToBeDeletedByClusterAutoscaler';
/** What clouds take to make a balancer differs; a short one. */
const PROVISION_NS = 2 * NS_PER_SEC;
/** minRetryDelay of the service controller. */
const RETRY_NS = 5 * NS_PER_SEC;
const CHECK_INTERVAL_NS = 10 * NS_PER_SEC;
const CHECK_TIMEOUT_NS = 5 * NS_PER_SEC;
const FALL = 3;
const RISE = 2;
/** kube-proxy's healthz. */
const PROXY_HEALTH_PORT = 10_256;

export class LoadBalancer {
  readonly #sim: HostSim;
  readonly #ns: NetNs;
  readonly #options: LoadBalancerOptions;
  readonly #services: Informer<Service>;
  readonly #nodes: Informer<Node>;
  readonly #events: EventRecorder;
  readonly #processes: Process[];
  /** Addresses by Service. */
  readonly #addresses = new Map<string, Ip>();
  readonly #checks = new Map<string, NodeCheck>();
  #rules = '';

  constructor(sim: HostSim, ns: NetNs, options: LoadBalancerOptions) {
    this.#sim = sim;
    this.#ns = ns;
    this.#options = options;
    this.#services = new Informer<Service>(options.client, sim, { resource: 'services' });
    this.#nodes = new Informer<Node>(options.client, sim, { resource: 'nodes' });
    this.#events = new EventRecorder(options.client, sim, 'service-controller');
    this.#processes = [
      sim.spawn('watch services', this.#services.run()),
      sim.spawn('watch nodes', this.#nodes.run()),
      sim.spawn('service-controller', this.#control()),
      sim.spawn('balancer', this.#balance()),
    ];
  }

  stop(): void {
    for (const process of this.#processes) process.cancel();
    for (const check of this.#checks.values()) check.stop();
  }

  *#control(): Proc {
    for (const informer of [this.#services, this.#nodes]) {
      while (!informer.isSynced) yield* informer.synced.wait();
    }
    for (;;) {
      const isComplete = yield* this.#reconcile();
      if (isComplete) yield* this.#services.changed.wait();
      else yield* this.#services.changed.wait(RETRY_NS);
    }
  }

  /** False when a Service waits for an address that is not there. */
  *#reconcile(): Proc<boolean> {
    let isComplete = true;
    for (const service of Array.from(this.#services.items.values())) {
      const hasFinalizer = (service.metadata.finalizers ?? []).includes(FINALIZER);
      if (wantsBalancer(service)) isComplete = (yield* this.#ensure(service)) && isComplete;
      else if (hasFinalizer) yield* this.#release(service);
    }
    for (const key of this.#addresses.keys()) {
      if (!this.#services.items.has(key)) this.#addresses.delete(key);
    }
    this.#program();
    return isComplete;
  }

  *#ensure(service: Service): Proc<boolean> {
    const key = serviceKey(service);
    const wanted = this.#statusOf(this.#addresses.get(key));
    if (this.#addresses.has(key) && jsonEqual(service.status?.loadBalancer, wanted)) return true;
    const address = this.#addresses.get(key) ?? this.#allocate(service);
    this.#events.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
    if (!(service.metadata.finalizers ?? []).includes(FINALIZER)) {
      const finalizers = [...(service.metadata.finalizers ?? []), FINALIZER];
      yield* this.#patch(service, { metadata: { finalizers } });
    }
    if (address === undefined) {
      const why = 'Error syncing load balancer: failed to ensure load balancer: no address is free';
      this.#events.event(service, 'Warning', 'SyncLoadBalancerFailed', why);
      return false;
    }
    this.#addresses.set(key, address);
    yield* sleep(PROVISION_NS);
    yield* this.#patch(service, { status: { loadBalancer: this.#statusOf(address) } }, 'status');
    this.#events.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
    return true;
  }

  *#release(service: Service): Proc {
    this.#events.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
    this.#addresses.delete(serviceKey(service));
    this.#program();
    if (service.metadata.deletionTimestamp === undefined) {
      yield* this.#patch(service, { status: { loadBalancer: { ingress: null } } }, 'status');
    }
    this.#events.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
    const finalizers = (service.metadata.finalizers ?? []).filter((each) => each !== FINALIZER);
    yield* this.#patch(service, { metadata: { finalizers } });
  }

  #statusOf(address: Ip | undefined): NonNullable<Service['status']>['loadBalancer'] {
    return address === undefined ? {} : { ingress: [{ ip: formatIp(address), ipMode: 'VIP' }] };
  }

  /** The asked one, if it is of the pool and free; else the lowest that is free. */
  #allocate(service: Service): Ip | undefined {
    const { pool } = this.#options;
    const taken = new Set(this.#addresses.values());
    const asked = parseIp(service.spec.loadBalancerIP ?? '');
    if (asked !== undefined) {
      return cidrContains(pool, asked) && !taken.has(asked) ? asked : undefined;
    }
    const size = cidrSize(pool);
    const first = size > 2 ? 1 : 0;
    for (let index = first; index < size - first; index++) {
      const address = addressAt(pool, index);
      if (!taken.has(address)) return address;
    }
    return undefined;
  }

  *#patch(service: Service, body: object, subresource?: 'status'): Proc {
    yield* patchService(this.#options.client, service, body, subresource);
  }

  /** Nodes come and go: the balancer follows. */
  *#balance(): Proc {
    while (!this.#nodes.isSynced) yield* this.#nodes.synced.wait();
    for (;;) {
      this.#program();
      yield* this.#nodes.changed.wait();
    }
  }

  /** Puts the rules in force that the Services, the nodes and their checks ask for. */
  #program(): void {
    const ports: LbPort[] = [];
    const used = new Set<string>();
    for (const [key, address] of this.#addresses) {
      const service = this.#services.items.get(key);
      if (service === undefined) continue;
      const asked = healthQuestion(service);
      const healthy = this.#eligible().filter((node) => {
        used.add(`${node}:${asked.port}`);
        return this.#check(node, asked).isHealthy;
      });
      ports.push(...lbPorts(service, formatIp(address), healthy));
    }
    for (const [key, check] of this.#checks) {
      if (used.has(key)) continue;
      check.stop();
      this.#checks.delete(key);
    }
    const rules = lbRules(ports, this.#options.nodeNetwork);
    if (rules === this.#rules) return;
    this.#rules = rules;
    const error = iptablesRestore(this.#ns, rules);
    assert(error === undefined, `rules of load balancers are accepted: ${error?.text ?? ''}`);
  }

  #check(node: string, asked: HealthQuestion): NodeCheck {
    const key = `${node}:${asked.port}`;
    let check = this.#checks.get(key);
    if (check === undefined) {
      check = new NodeCheck(this.#sim, this.#ns, node, asked, () => {
        this.#program();
      });
      this.#checks.set(key, check);
    }
    return check;
  }

  /** Addresses of the nodes that may be targets, in order of name. */
  #eligible(): string[] {
    return [...this.#nodes.items.values()]
      .filter(({ metadata, spec }) => {
        const isExcluded = Object.hasOwn(metadata.labels ?? {}, EXCLUDE_LABEL);
        return !isExcluded && !(spec.taints ?? []).some((taint) => taint.key === LEAVING_TAINT);
      })
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      .flatMap(({ status }) => {
        const found = status?.addresses?.find(({ type }) => type === 'InternalIP');
        return found === undefined ? [] : [found.address];
      });
  }
}

interface HealthQuestion {
  readonly port: number;
  /** `/healthz` must answer 200; else a connection is enough. */
  readonly isHttp: boolean;
}

/** Services without a TCP port are judged by the node's proxy. */
function healthQuestion({ spec }: Service): HealthQuestion {
  if (spec.healthCheckNodePort !== undefined)
    return { port: spec.healthCheckNodePort, isHttp: true };
  const tcp = spec.ports?.find(
    ({ protocol, nodePort }) => protocol === 'TCP' && nodePort !== undefined,
  );
  return { port: tcp?.nodePort ?? PROXY_HEALTH_PORT, isHttp: tcp === undefined };
}

/** The check of one node on one port: the first answer decides, later ones need to be several. */
class NodeCheck {
  isHealthy = false;
  readonly #ns: NetNs;
  readonly #process: Process;

  constructor(
    sim: HostSim,
    ns: NetNs,
    address: string,
    asked: HealthQuestion,
    onChange: () => void,
  ) {
    this.#ns = ns;
    this.#process = sim.spawn(
      `check ${address}:${asked.port}`,
      this.#run(address, asked, onChange),
    );
  }

  stop(): void {
    this.#process.cancel();
  }

  *#run(address: string, asked: HealthQuestion, onChange: () => void): Proc {
    const ip = parseIp(address) ?? 0;
    let successes = RISE - 1;
    let failures = FALL - 1;
    for (;;) {
      const isGood = yield* this.#ask(ip, address, asked);
      successes = isGood ? successes + 1 : 0;
      failures = isGood ? 0 : failures + 1;
      const isHealthy = this.isHealthy ? failures < FALL : successes >= RISE;
      if (isHealthy !== this.isHealthy) {
        this.isHealthy = isHealthy;
        onChange();
      }
      yield* sleep(CHECK_INTERVAL_NS);
    }
  }

  *#ask(ip: Ip, address: string, { port, isHttp }: HealthQuestion): Proc<boolean> {
    const connection = yield* httpConnect(this.#ns, { ip, port, timeoutNs: CHECK_TIMEOUT_NS });
    if (!(connection instanceof HttpConnection)) return false;
    if (!isHttp) {
      connection.close();
      return true;
    }
    const reply = yield* connection.request(
      { method: 'GET', target: '/healthz', headers: [['Host', `${address}:${port}`]] },
      CHECK_TIMEOUT_NS,
    );
    connection.close();
    return reply.kind === 'reply' && reply.status === 200;
  }
}
