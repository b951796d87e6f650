/**
 * MetalLB's controller: gives Services of type LoadBalancer addresses of its pools (metallb/metallb 0.16 controller/).
 *
 * From: Services, IPAddressPools and Namespaces. To: the Services' status, annotation and events. Who answers for an
 * address is the speakers' business.
 */
import {
  type ApiClient,
  EventRecorder,
  type Informer,
  type IpAddressPool,
  type Namespace,
  type Service,
  compareText,
  jsonEqual,
} from '@podwire/api';
import { type Ip, formatIp, parseIp } from '@podwire/base';
import type { HostSim, Proc, Process } from '@podwire/engine';
import { EdgeProcess } from '../edge-process.ts';
import { patchService, serviceKey, wantsBalancer } from '../service-status.ts';
import { WatchSet } from '../watch-set.ts';
import { Allocator } from './allocator.ts';
import { poolOf } from './pools.ts';

export interface MetallbControllerOptions {
  readonly client: ApiClient;
  /** Where MetalLB runs: pools are looked for there. */
  readonly namespace: string;
  readonly log: (line: string) => void;
}

const POOL_ANNOTATION = 'metallb.io/ip-allocated-from-pool';

export class MetallbController extends EdgeProcess {
  readonly #options: MetallbControllerOptions;
  readonly #watch: WatchSet;
  readonly #services: Informer<Service>;
  readonly #pools: Informer<IpAddressPool>;
  readonly #namespaces: Informer<Namespace>;
  readonly #events: EventRecorder;
  readonly #allocator = new Allocator();
  readonly #process: Process;
  /** What a Service that got nothing looked like, and what was there to give, when it was told so. */
  readonly #refused = new Map<string, string>();
  /** Counts changes after which Services that wait are tried again. */
  #round = 0;

  constructor(sim: HostSim, options: MetallbControllerOptions) {
    super();
    this.#options = options;
    this.#watch = new WatchSet(sim, options.client);
    const again = (): void => {
      this.#round++;
    };
    this.#services = this.#watch.informer<Service>({ resource: 'services' });
    const { namespace } = options;
    this.#pools = this.#watch.informer({ resource: 'ipaddresspools', namespace }, again);
    this.#namespaces = this.#watch.informer({ resource: 'namespaces' });
    this.#events = new EventRecorder(options.client, sim, 'metallb-controller');
    this.#process = sim.spawn('metallb-controller', this.#run());
  }

  protected release(): void {
    this.#process.cancel();
    this.#watch.stop();
  }

  *#run(): Proc {
    yield* this.#watch.synced();
    for (;;) {
      const before = this.#version();
      yield* this.#reconcile();
      if (this.#version() === before) yield* this.#watch.changed.wait();
    }
  }

  #version(): string {
    const newest = [...this.#services.items.values()].map(
      ({ metadata }) => metadata.resourceVersion ?? '',
    );
    return `${this.#round} ${newest.join()}`;
  }

  *#reconcile(): Proc {
    this.#allocator.pools = [...this.#pools.items.values()].sort((a, b) =>
      compareText(a.metadata.name, b.metadata.name),
    );
    this.#dropGone();
    // Those that have an address keep it; the others come in the order in which they were made.
    const wanted = [...this.#services.items.values()].filter(wantsBalancer).sort(byAge);
    for (const service of wanted) if (this.#hasStatus(service)) yield* this.#converge(service);
    for (const service of wanted) if (!this.#hasStatus(service)) yield* this.#converge(service);
    for (const service of Array.from(this.#services.items.values())) {
      if (!wantsBalancer(service) && hasAnnotation(service)) yield* this.#clear(service);
    }
  }

  #hasStatus({ status }: Service): boolean {
    return (status?.loadBalancer?.ingress ?? []).length > 0;
  }

  #dropGone(): void {
    for (const key of this.#allocator.keys) {
      const service = this.#services.items.get(key);
      if (service !== undefined && wantsBalancer(service)) continue;
      this.#allocator.release(key);
      this.#round++;
    }
  }

  *#converge(service: Service): Proc {
    const key = serviceKey(service);
    const had = this.#allocator.addressOf(key) ?? statusAddress(service);
    if (had !== undefined) {
      const why = this.#allocator.assign(service, had);
      if (why === undefined) {
        yield* this.#write(service, had);
        return;
      }
      this.#log(key, 'clearAssignment', `current IP not allowed by config, clearing: ${why}`);
      this.#allocator.release(key);
    }
    const stamp = `${this.#round} ${service.metadata.resourceVersion ?? ''}`;
    if (this.#refused.get(key) === stamp) return;
    const labels = this.#namespaces.get(undefined, service.metadata.namespace ?? '')?.metadata
      .labels;
    const given = this.#allocator.allocate(service, labels);
    if (typeof given === 'object') {
      this.#refused.set(key, stamp);
      this.#log(key, 'allocationFailed', given.why);
      const text = `Failed to allocate IP for "${key}": ${given.why}`;
      this.#events.event(service, 'Warning', 'AllocationFailed', text);
      if (had !== undefined) yield* this.#clear(service);
      return;
    }
    this.#refused.delete(key);
    this.#log(key, 'ipAllocated', `IP address assigned by controller: ${formatIp(given)}`);
    this.#events.event(service, 'Normal', 'IPAllocated', `Assigned IP ["${formatIp(given)}"]`);
    yield* this.#write(service, given);
  }

  *#write(service: Service, address: Ip): Proc {
    const pool = poolOf(this.#allocator.pools, address)?.metadata.name ?? '';
    const loadBalancer = { ingress: [{ ip: formatIp(address), ipMode: 'VIP' }] };
    if (service.metadata.annotations?.[POOL_ANNOTATION] !== pool) {
      yield* this.#patch(service, { metadata: { annotations: { [POOL_ANNOTATION]: pool } } });
    }
    if (jsonEqual(service.status?.loadBalancer, loadBalancer)) return;
    yield* this.#patch(service, { status: { loadBalancer } }, 'status');
  }

  *#clear(service: Service): Proc {
    yield* this.#patch(service, { metadata: { annotations: { [POOL_ANNOTATION]: null } } });
    if (!this.#hasStatus(service)) return;
    yield* this.#patch(service, { status: { loadBalancer: { ingress: null } } }, 'status');
  }

  *#patch(service: Service, body: object, subresource?: 'status'): Proc {
    yield* patchService(this.#options.client, service, body, subresource);
  }

  #log(service: string, event: string, msg: string): void {
    this.#options.log(JSON.stringify({ level: 'info', caller: 'service.go', event, service, msg }));
  }
}

function hasAnnotation({ metadata }: Service): boolean {
  return metadata.annotations?.[POOL_ANNOTATION] !== undefined;
}

export function statusAddress({ status }: Service): Ip | undefined {
  return parseIp(status?.loadBalancer?.ingress?.[0]?.ip ?? '');
}

function byAge(a: Service, b: Service): number {
  const [x, y] = [a.metadata, b.metadata];
  const age = compareText(x.creationTimestamp ?? '', y.creationTimestamp ?? '');
  return age !== 0 ? age : compareText(serviceKey(a), serviceKey(b));
}
