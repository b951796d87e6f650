/**
 * MetalLB's speaker in layer 2 mode, one on each node: the leader of an address answers ARP requests for it and announces
 * it when it becomes the leader (metallb/metallb 0.16 speaker/, internal/layer2).
 *
 * From: Services with addresses, their endpoints, pools, advertisements, nodes, the other speakers. To: ARP frames; what
 * comes for the address then is the node's kube-proxy's business.
 *
 * Not modelled: BGP, preferredNodes, ServiceL2Status.
 */
import {
  type ApiClient,
  EventRecorder,
  type Informer,
  type IpAddressPool,
  type L2Advertisement,
  type Node,
  type Pod,
  type Service,
} from '@podwire/api';
import { type Ip, NS_PER_MS, NS_PER_SEC, formatIp, parseIp } from '@podwire/base';
import { type HostSim, type Proc, type Process, type Signal, sleep } from '@podwire/engine';
import { ArpSocket, type Dev, type NetNs } from '@podwire/netstack';
import { EdgeWatch } from '../edge-watch.ts';
import { EdgeProcess } from '../edge-process.ts';
import { serviceKey, wantsBalancer } from '../service-status.ts';
import { statusAddress } from './controller.ts';
import { LeaderElection, mayAnnounce, servingNodes } from './election.ts';
import { Members } from './members.ts';
import { advertisementsOf, isNodeOf, poolOf } from './pools.ts';

export interface MetallbSpeakerOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly nodeName: string;
  readonly log: (line: string) => void;
}

export const METALLB_NAMESPACE = 'metallb-system';
/** METALLB_ML_LABELS. */
export const SPEAKER_LABELS: { readonly app: string; readonly component: string } = {
  app: 'metallb',
  component: 'speaker',
};
/** spamLoop of internal/layer2/announcer.go: as often, for as long. */
const SPAM_EVERY_NS = 1100 * NS_PER_MS;
const SPAM_FOR_NS = 5 * NS_PER_SEC;
/** Of the ConfigMap metallb-excludel2: devices that lead to no other machine. */
const EXCLUDED_DEV =
  /^(docker|cbr|dummy|virbr|lxcbr|veth|lo$|cali|tunl|flannel|kube-ipvs|cni|nodelocaldns|lxc)/;

/** What this node announces of a Service. */
interface Announcement {
  readonly address: Ip;
  /** Devices by name; none: all. */
  readonly interfaces: readonly string[];
}

export class MetallbSpeaker extends EdgeProcess {
  readonly #sim: HostSim;
  readonly #ns: NetNs;
  readonly #options: MetallbSpeakerOptions;
  readonly #watch: EdgeWatch;
  readonly #nodes: Informer<Node>;
  readonly #pools: Informer<IpAddressPool>;
  readonly #advertisements: Informer<L2Advertisement>;
  readonly #pods: Informer<Pod>;
  readonly #events: EventRecorder;
  readonly #election = new LeaderElection();
  readonly #members: Members;
  readonly #arp: ArpSocket;
  #processes: Process[];
  /** By Service. */
  #announced = new Map<string, Announcement>();

  constructor(sim: HostSim, ns: NetNs, options: MetallbSpeakerOptions) {
    super();
    this.#sim = sim;
    this.#ns = ns;
    this.#options = options;
    const { client, namespace, nodeName } = options;
    this.#watch = new EdgeWatch(sim, client);
    this.#nodes = this.#watch.informer({ resource: 'nodes' });
    this.#pools = this.#watch.informer({ resource: 'ipaddresspools', namespace });
    this.#advertisements = this.#watch.informer({ resource: 'l2advertisements', namespace });
    const labels = Object.entries(SPEAKER_LABELS).map(([key, value]) => `${key}=${value}`);
    this.#pods = this.#watch.pods(namespace, labels.join());
    this.#events = new EventRecorder(client, sim, 'metallb-speaker', nodeName);
    this.#members = new Members(sim, ns, { me: nodeName, peers: () => this.#speakers() });
    this.#arp = new ArpSocket(ns, (address, dev) => this.#answersFor(address, dev));
    this.#processes = [sim.spawn('metallb-speaker', this.#run())];
  }

  override terminate(): void {
    this.#members.leave();
    super.terminate();
  }

  protected release(): void {
    for (const process of this.#processes) process.cancel();
    this.#arp.close();
    this.#members.stop();
    this.#watch.stop();
  }

  /** Addresses of the speakers' pods, by node. */
  #speakers(): ReadonlyMap<string, Ip> {
    const speakers = new Map<string, Ip>();
    for (const { spec, status } of this.#pods.items.values()) {
      const ip = parseIp(status?.podIP ?? '');
      if (spec.nodeName !== undefined && ip !== undefined) speakers.set(spec.nodeName, ip);
    }
    return speakers;
  }

  *#run(): Proc {
    yield* this.#watch.synced();
    const { changed } = this.#members;
    this.#processes.push(this.#sim.spawn('speakers', this.#relay(changed)));
    for (;;) {
      this.#reconcile();
      yield* this.#watch.changed.wait();
    }
  }

  /** Speakers that come and go are a change as any other. */
  *#relay(changed: Signal): Proc {
    for (;;) {
      yield* changed.wait();
      this.#reconcile();
    }
  }

  #reconcile(): void {
    const before = this.#announced;
    const now = new Map<string, Announcement>();
    for (const service of this.#watch.services.values()) {
      const own = this.#ownAnnouncement(service);
      if (own !== undefined) now.set(serviceKey(service), own);
    }
    this.#announced = now;
    for (const [key, { address }] of now) {
      if (before.get(key)?.address === address) continue;
      this.#tell(key, address);
      const process = this.#sim.spawn(`announce ${key}`, this.#announce(key, address));
      this.#processes = [...this.#processes.filter((each) => !each.isDone), process];
    }
    for (const [key, { address }] of before) {
      if (now.has(key)) continue;
      this.#log('serviceWithdrawn', key, `withdrawing ${formatIp(address)}`);
    }
  }

  #tell(key: string, address: Ip): void {
    const service = this.#watch.services.get(key);
    if (service === undefined) return;
    this.#log('serviceAnnounced', key, `service has IP ${formatIp(address)}, announcing`);
    const text = `announcing from node "${this.#options.nodeName}" with protocol "layer2"`;
    this.#events.event(service, 'Normal', 'nodeAssigned', text);
  }

  /** What this node is to announce of a Service; undefined: another node does, or none. */
  #ownAnnouncement(service: Service): Announcement | undefined {
    const address = statusAddress(service);
    if (address === undefined || !wantsBalancer(service)) return undefined;
    const pool = poolOf([...this.#pools.items.values()], address);
    if (pool === undefined) return undefined;
    const { namespace = '', name } = service.metadata;
    const serving = servingNodes(this.#watch.slices(namespace, name));
    if (serving.size === 0) return undefined;
    const advertisements = advertisementsOf(pool, [...this.#advertisements.items.values()]);
    const isLocal = service.spec.externalTrafficPolicy === 'Local';
    const candidates = [...this.#nodes.items.values()].flatMap((node) => {
      const { name: candidate } = node.metadata;
      const isAllowed =
        mayAnnounce(node) && advertisements.some((advertisement) => isNodeOf(advertisement, node));
      if (!isAllowed || (isLocal && !serving.has(candidate))) return [];
      return this.#members.isAlive(candidate) ? [candidate] : [];
    });
    const { nodeName } = this.#options;
    if (this.#election.leaderOf(candidates, formatIp(address)) !== nodeName) return undefined;
    const self = this.#nodes.get(undefined, nodeName);
    const own = advertisements.filter((each) => self !== undefined && isNodeOf(each, self));
    const named = own.map(({ spec = {} }) => spec.interfaces ?? []);
    return { address, interfaces: named.some((list) => list.length === 0) ? [] : named.flat() };
  }

  #answersFor(address: Ip, dev: Dev): boolean {
    for (const announcement of this.#announced.values()) {
      if (announcement.address === address && isDevOf(announcement, dev)) return true;
    }
    return false;
  }

  *#announce(key: string, address: Ip): Proc {
    const untilNs = this.#sim.nowNs() + SPAM_FOR_NS;
    for (;;) {
      const announcement = this.#announced.get(key);
      if (announcement?.address !== address) return;
      for (const dev of this.#ns.devs.values()) {
        if (dev.isUp && dev.addrs.length > 0 && isDevOf(announcement, dev)) {
          this.#arp.announce(dev, address);
        }
      }
      if (this.#sim.nowNs() + SPAM_EVERY_NS > untilNs) return;
      yield* sleep(SPAM_EVERY_NS);
    }
  }

  #log(event: string, service: string, msg: string): void {
    const protocol = 'layer2';
    this.#options.log(
      JSON.stringify({ level: 'info', caller: 'main.go', event, protocol, service, msg }),
    );
  }
}

function isDevOf({ interfaces }: Announcement, dev: Dev): boolean {
  if (interfaces.length > 0) return interfaces.includes(dev.name);
  return !EXCLUDED_DEV.test(dev.name) && !dev.isNoArp;
}
