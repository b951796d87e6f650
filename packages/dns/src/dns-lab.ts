/**
 * A DNS server without sockets for tests: a Corefile, API objects and a scripted upstream in, answers out.
 */
import type { EndpointSlice, KubeObject, Namespace, Pod, Service } from '@podwire/api';
import { matchesSelector, parseSelector } from '@podwire/api';
import { type Ip, ip } from '@podwire/base';
import { type Proc, TestWorld } from '@podwire/engine';
import {
  type DnsEdns,
  type DnsMessage,
  decodeDns,
  dnsQueryMessage,
  encodeDns,
} from '@podwire/wire';
import { ClusterIndex } from './cluster-view.ts';
import { type CorefileError, parseCorefile, unfoldCorefile } from './corefile.ts';
import type { ExchangeFailure } from './exchange.ts';
import { DnsMetrics } from './metrics.ts';
import type { DnsRequest } from './plugin.ts';
import { Kubernetes } from './plugins/kubernetes.ts';
import { parseResolvConf } from './resolv-conf.ts';
import { DnsServerCore, encodeReply } from './server-core.ts';
import { UpstreamData, type UpstreamZone } from './upstream.ts';

export const KUBEADM_COREFILE = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
`;

export interface DnsLabOptions {
  readonly corefile?: string;
  readonly objects?: readonly KubeObject[];
  readonly upstream?: readonly UpstreamZone[];
  readonly isSynced?: boolean;
  readonly localIp?: string;
  readonly resolvConf?: string;
  readonly hostsFile?: string;
}

export interface AskOptions {
  readonly transport?: 'udp' | 'tcp';
  readonly edns?: DnsEdns;
  readonly class?: string;
  readonly port?: number;
  readonly from?: string;
}

export interface LabAnswer {
  readonly message: DnsMessage;
  readonly lenBytes: number;
}

/** The Unix time of the last change in this laboratory. */
export const LAB_SERIAL = 1_767_225_600;

export class DnsLab {
  readonly world: TestWorld = new TestWorld('dns');
  readonly index: ClusterIndex = new ClusterIndex();
  readonly core: DnsServerCore;
  readonly metrics: DnsMetrics = new DnsMetrics();
  readonly log: string[] = [];
  /** Questions that reached upstream. */
  readonly forwarded: string[] = [];
  isSynced: boolean;
  #upstream: UpstreamData;
  #id = 1;

  constructor(options: DnsLabOptions = {}) {
    const sim = this.world.addHost('dns');
    this.isSynced = options.isSynced ?? true;
    this.#upstream = new UpstreamData(options.upstream ?? []);
    this.index.syncedBy(() => this.isSynced);
    this.index.touch(LAB_SERIAL);
    const exchange = (_: unknown, query: DnsMessage): Proc<DnsMessage | ExchangeFailure> =>
      this.#exchange(query);
    this.core = new DnsServerCore(parseCorefile(options.corefile ?? KUBEADM_COREFILE), {
      sim,
      rng: sim.rng('dns'),
      view: this.index,
      exchange,
      localIps: () => [ip(options.localIp ?? '10.244.7.7')],
      resolvConf: parseResolvConf(options.resolvConf ?? 'nameserver 192.0.2.53\n'),
      hostsFile: options.hostsFile ?? '',
      hostname: 'coredns-0',
      log: (line) => this.log.push(line),
      metrics: this.metrics,
      fatal: (line) => this.log.push(line),
    });
    this.apply(options.objects ?? []);
  }

  get errors(): readonly CorefileError[] {
    return this.core.errors;
  }

  setUpstream(zones: readonly UpstreamZone[]): void {
    this.#upstream = new UpstreamData(zones);
  }

  apply(objects: readonly KubeObject[]): void {
    for (const object of objects) {
      if (!this.#isWatched(object)) continue;
      switch (object.kind) {
        case 'Namespace':
          this.index.setNamespace(object as Namespace);
          break;
        case 'Service':
          this.index.setService(object as Service);
          break;
        case 'EndpointSlice':
          this.index.setSlice(object as EndpointSlice);
          break;
        case 'Pod':
          this.index.setPod(object as Pod);
          break;
        default:
          break;
      }
    }
  }

  /** Asks and runs the world until the answer is there; undefined: none came. */
  ask(name: string, type: string, options: AskOptions = {}): LabAnswer | undefined {
    const question = { name, type, class: options.class ?? 'IN' };
    const query = dnsQueryMessage(this.#id++, question, options.edns);
    const transport = options.transport ?? 'udp';
    const request: DnsRequest = {
      message: query,
      question,
      transport,
      clientIp: ip(options.from ?? '10.244.1.9') as Ip,
      clientPort: 40000,
      lenBytes: encodeDns(query).length,
      traceId: 0,
      depth: 0,
    };
    const sim = this.world.hosts.get('dns');
    const process = sim?.spawn('ask', this.core.answer(options.port ?? 53, request));
    for (let tries = 0; tries < 1000 && process?.isDone !== true; tries++) {
      this.world.runFor(100_000_000);
    }
    const reply = process?.result;
    if (reply === undefined) return undefined;
    const bytes = encodeReply(reply, transport);
    const message = decodeDns(bytes);
    return message === undefined ? undefined : { message, lenBytes: bytes.length };
  }

  /** Lets virtual time pass. */
  wait(ns: number): void {
    this.world.runFor(ns);
  }

  // oxlint-disable-next-line require-yield -- the interface is a process; this one never waits
  *#exchange(query: DnsMessage): Proc<DnsMessage | ExchangeFailure> {
    const question = query.questions[0];
    this.forwarded.push(`${question?.name ?? ''} ${question?.type ?? ''}`);
    const reply = this.#upstream.answer(query);
    return reply ?? 'ECONNREFUSED';
  }

  /** The watches' label selectors. */
  #isWatched(object: KubeObject): boolean {
    const kubernetes = this.core.plugins.find((plugin) => plugin instanceof Kubernetes);
    if (!(kubernetes instanceof Kubernetes)) return true;
    const { labels, namespaceLabels } = kubernetes.options;
    const text = object.kind === 'Namespace' ? namespaceLabels : labels;
    const selector = parseSelector(text ?? '');
    return typeof selector === 'string' || matchesSelector(selector, object.metadata.labels ?? {});
  }
}

export { unfoldCorefile };
