/**
 * The DNS server as it runs in a pod: CoreDNS's life from start to SIGTERM.
 *
 * It watches the API, serves DNS on the ports of its Corefile, /health, /ready and /metrics over HTTP, and
 * looks for a changed Corefile. Facts of order: health and ready answer from the start, DNS once the API
 * is synchronised or the start-up timeout has passed.
 */
import {
  type ApiClient,
  type EndpointSlice,
  Informer,
  type InformerOptions,
  type KubeObject,
  type Namespace,
  type Pod,
  type Service,
} from '@podwire/api';
import {
  EPOCH_UNIX_SEC,
  type Ip,
  NS_PER_MS,
  NS_PER_SEC,
  isLoopback,
  parseDurationNs,
  parseIp,
} from '@podwire/base';
import { type HostSim, type Proc, type Process, Signal, sleep } from '@podwire/engine';
import {
  type HttpResponse,
  type HttpServer,
  type NetNs,
  httpServe,
  isErrno,
} from '@podwire/netstack';
import { payloadFromText } from '@podwire/wire';
import { ClusterIndex } from './cluster-view.ts';
import { type CorefileEnv, formatCorefileError, parseCorefile } from './corefile.ts';
import { type ExchangeFailure, exchangeTcp, exchangeUdp } from './exchange.ts';
import { type DnsListener, listenDns } from './listen.ts';
import { DnsMetrics } from './metrics.ts';
import type { DnsPlugin, ServerDeps, UpstreamExchange } from './plugin.ts';
import { Kubernetes } from './plugins/kubernetes.ts';
import type { KubernetesOptions } from './plugins/kubernetes-options.ts';
import { parseResolvConf } from './resolv-conf.ts';
import { DnsServerCore } from './server-core.ts';

export interface DnsServerOptions {
  readonly client: ApiClient;
  /** The Corefile's text as the pod sees it now. */
  readonly corefile: () => string;
  readonly env?: CorefileEnv;
  /** Text of the pod's /etc/resolv.conf and /etc/hosts. */
  readonly resolvConf: string;
  readonly hostsFile?: string;
  /** The server's own address; default: all of the namespace without loopback. */
  readonly podIP?: Ip;
  readonly hostname?: string;
  readonly log?: (line: string) => void;
}

export interface DnsServer {
  /** The process is gone at once. */
  stop(): void;
  /** SIGTERM: /ready fails, and after the lame-duck time the process ends. */
  terminate(): void;
  /** Notified when the process has ended. */
  readonly exited: Signal;
  readonly exitCode: number | undefined;
  readonly metrics: DnsMetrics;
}

/** CoreDNS's own: startup_timeout, how often it looks whether the API is synchronised, reload's interval and jitter. */
const STARTUP_TIMEOUT_NS = 5 * NS_PER_SEC;
const SYNC_CHECK_NS = 100 * NS_PER_MS;
const RELOAD_INTERVAL_NS = 30 * NS_PER_SEC;
const RELOAD_JITTER_NS = 15 * NS_PER_SEC;
const HEALTH_PORT = 8080;
const READY_PORT = 8181;
const METRICS_PORT = 9153;
const VERSION_LINES = ['CoreDNS-1.11.3', 'linux/amd64, go1.21.11, a6338e9'];

export function startDnsServer(sim: HostSim, ns: NetNs, options: DnsServerOptions): DnsServer {
  return new RunningServer(sim, ns, options);
}

class RunningServer implements DnsServer {
  readonly exited: Signal = new Signal();
  readonly metrics: DnsMetrics = new DnsMetrics();
  exitCode: number | undefined = undefined;
  readonly #sim: HostSim;
  readonly #ns: NetNs;
  readonly #options: DnsServerOptions;
  readonly #log: (line: string) => void;
  #core: DnsServerCore | undefined;
  #corefileText: string;
  #feed: ClusterFeed | undefined;
  #listeners: DnsListener[] = [];
  #httpServers: HttpServer[] = [];
  readonly #processes: Process<void>[] = [];
  /** Plugins that were ready once are not asked again. */
  #wasReady = new Set<string>();
  #isLameDuck = false;

  constructor(sim: HostSim, ns: NetNs, options: DnsServerOptions) {
    this.#sim = sim;
    this.#ns = ns;
    this.#options = options;
    this.#log = options.log ?? ((): void => {});
    this.#corefileText = options.corefile();
    this.#processes.push(sim.spawn('coredns', this.#run()));
  }

  stop(): void {
    this.#end(137);
  }

  terminate(): void {
    if (this.exitCode !== undefined || this.#isLameDuck) return;
    this.#isLameDuck = true;
    this.#log('[INFO] SIGTERM: Shutting down servers then terminating');
    const lameDuckNs = this.#lameDuckNs();
    if (lameDuckNs === 0) this.#end(0);
    else {
      this.#log(`[INFO] plugin/health: Going into lameduck mode for ${lameDuckNs / NS_PER_SEC}s`);
      this.#sim.after(lameDuckNs, () => {
        this.#end(0);
      });
    }
  }

  *#run(): Proc {
    const core = this.#build(this.#corefileText);
    if (core === undefined) {
      this.#end(1);
      return;
    }
    this.#core = core;
    this.#feedFor(core);
    this.#serveHttp(core);
    yield* this.#waitForApi(core);
    this.#listen(core);
    core.start();
    for (const line of VERSION_LINES) this.#log(line);
    const reload = core.directives('reload')[0];
    if (reload === undefined || reload.args[0] === 'off') return;
    yield* this.#reloadForEver(
      parseDurationNs(reload.args[0] ?? '') ?? RELOAD_INTERVAL_NS,
      parseDurationNs(reload.args[1] ?? '') ?? RELOAD_JITTER_NS,
    );
  }

  /** Makes the chains; undefined when the Corefile has errors, which are logged. */
  #build(text: string): DnsServerCore | undefined {
    const view = this.#feed?.index ?? new ClusterIndex();
    this.#feed ??= new ClusterFeed(this.#sim, this.#options.client, view);
    const core = new DnsServerCore(parseCorefile(text, this.#options.env), this.#deps(view));
    for (const { line, message } of core.warnings) {
      this.#log(`[WARNING] Corefile:${line}: ${message}`);
    }
    for (const error of core.errors) this.#log(formatCorefileError(error));
    return core.errors.length > 0 ? undefined : core;
  }

  #deps(view: ClusterIndex): ServerDeps {
    const options = this.#options;
    return {
      sim: this.#sim,
      rng: this.#sim.rng(`coredns/${this.#ns.name}`),
      view,
      exchange: exchangeOver(this.#ns),
      localIps: () => (options.podIP === undefined ? ownAddresses(this.#ns) : [options.podIP]),
      resolvConf: parseResolvConf(options.resolvConf),
      hostsFile: options.hostsFile ?? '',
      hostname: options.hostname ?? this.#ns.name,
      log: this.#log,
      metrics: this.metrics,
      fatal: (line) => {
        this.#log(line);
        this.#end(1);
      },
    };
  }

  #feedFor(core: DnsServerCore): void {
    const kubernetes = kubernetesOf(core);
    if (kubernetes !== undefined) this.#feed?.watch(kubernetes.options);
  }

  /** kubernetes' OnStartup: looks every 100 ms, for 5 s. */
  *#waitForApi(core: DnsServerCore): Proc {
    const kubernetes = kubernetesOf(core);
    if (kubernetes === undefined) return;
    const timeoutNs =
      parseDurationNs(kubernetes.options.startupTimeoutText ?? '') ?? STARTUP_TIMEOUT_NS;
    const deadlineNs = this.#sim.nowNs() + timeoutNs;
    while (this.#feed?.index.isSynced !== true) {
      if (this.#sim.nowNs() >= deadlineNs) {
        this.#log('[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API');
        return;
      }
      yield* sleep(SYNC_CHECK_NS);
    }
  }

  #listen(core: DnsServerCore): void {
    const bound = core.directives('bind')[0]?.args.map(parseIp) ?? [];
    const addresses = bound.filter((ip) => ip !== undefined);
    for (const port of core.ports) {
      for (const ip of addresses.length > 0 ? addresses : [undefined]) {
        const listener = listenDns(this.#ns, {
          ...(ip === undefined ? {} : { ip }),
          port,
          name: 'coredns',
          // The core of the moment: a reload swaps it.
          answer: (request) => (this.#core ?? core).answer(port, request),
        });
        if (typeof listener === 'string') {
          this.#log(`Listen: listen udp :${port}: bind: address already in use`);
          this.#end(1);
          return;
        }
        this.#listeners.push(listener);
      }
    }
    for (const block of core.zoneNames) this.#log(block);
  }

  #serveHttp(core: DnsServerCore): void {
    const health = core.directives('health')[0];
    if (health !== undefined) {
      this.#serve(portOf(health.args[0], HEALTH_PORT), '/health', () => text(200, 'OK'));
    }
    const ready = core.directives('ready')[0];
    if (ready !== undefined) {
      this.#serve(portOf(ready.args[0], READY_PORT), '/ready', () => this.#readiness());
    }
    const prometheus = core.directives('prometheus')[0];
    if (prometheus !== undefined) {
      const port = portOf(prometheus.args[0], METRICS_PORT);
      this.#serve(port, '/metrics', () => text(200, this.metrics.format()));
    }
  }

  #serve(port: number, path: string, answer: () => HttpResponse): void {
    const server = httpServe(this.#ns, { port, process: 'coredns' }, (request) =>
      answerHttp(request.path === path ? answer() : text(404, '404 page not found\n')),
    );
    if (isErrno(server)) this.#log(`[ERROR] listen tcp :${port}: bind: address already in use`);
    else this.#httpServers.push(server);
  }

  #readiness(): HttpResponse {
    const waiting: string[] = [];
    for (const plugin of this.#core?.plugins ?? []) {
      if (plugin.isReady === undefined || this.#wasReady.has(plugin.name)) continue;
      if (plugin.isReady()) this.#wasReady.add(plugin.name);
      else waiting.push(plugin.name);
    }
    if (this.#isLameDuck) return text(503, 'Shutting down');
    return waiting.length === 0 ? text(200, 'OK') : text(503, waiting.join(','));
  }

  *#reloadForEver(intervalNs: number, jitterNs: number): Proc {
    const rng = this.#sim.rng(`coredns/${this.#ns.name}/reload`);
    for (;;) {
      yield* sleep(intervalNs + rng.below(Math.max(1, Math.floor(jitterNs / 2))));
      const fresh = this.#options.corefile();
      if (fresh === this.#corefileText || fresh === '') continue;
      this.#corefileText = fresh;
      this.#log('[INFO] Reloading');
      const core = this.#build(fresh);
      if (core === undefined) {
        this.#log('[ERROR] Corefile changed but reload failed');
        continue;
      }
      this.#core?.stop();
      this.#core = core;
      this.#feedFor(core);
      this.#closeSockets();
      this.#serveHttp(core);
      this.#listen(core);
      core.start();
      this.#log('[INFO] Reloading complete');
    }
  }

  #lameDuckNs(): number {
    const block = this.#core?.directives('health')[0]?.block ?? [];
    const lameduck = block.find((option) => option.name === 'lameduck');
    return parseDurationNs(lameduck?.args[0] ?? '') ?? 0;
  }

  #closeSockets(): void {
    for (const listener of this.#listeners) listener.close();
    for (const server of this.#httpServers) server.close();
    this.#listeners = [];
    this.#httpServers = [];
  }

  #end(exitCode: number): void {
    if (this.exitCode !== undefined) return;
    this.exitCode = exitCode;
    this.#core?.stop();
    this.#closeSockets();
    this.#feed?.stop();
    for (const process of this.#processes) process.cancel();
    this.exited.notify();
  }
}

function kubernetesOf(core: DnsServerCore): Kubernetes | undefined {
  return core.plugins.find(
    (plugin: DnsPlugin): plugin is Kubernetes => plugin instanceof Kubernetes,
  );
}

function text(status: number, body: string): HttpResponse {
  return {
    status,
    headers: [['Content-Type', 'text/plain; charset=utf-8']],
    body: payloadFromText(body),
  };
}

// oxlint-disable-next-line require-yield -- a handler is a process; this one never waits
function* answerHttp(response: HttpResponse): Proc<HttpResponse> {
  return response;
}

/** The port of `:8080`, `127.0.0.1:9153`, `localhost:9153`. */
function portOf(address: string | undefined, fallback: number): number {
  const match = /:(\d+)$/.exec(address ?? '');
  return match === null ? fallback : Number(match[1]);
}

function ownAddresses(ns: NetNs): Ip[] {
  return [...ns.devs.values()]
    .flatMap((dev) => ns.addressesOf(dev).map((address) => address.ip))
    .filter((ip) => !isLoopback(ip));
}

function exchangeOver(ns: NetNs): UpstreamExchange {
  return function* (server, query, { tcp, timeoutNs, traceId }) {
    const exchange = tcp ? exchangeTcp : exchangeUdp;
    const reply = yield* exchange(ns, server, query, { timeoutNs, traceId });
    return typeof reply === 'string' ? (reply satisfies ExchangeFailure) : reply.message;
  };
}

/** Keeps a `ClusterIndex` up to date by watches, as far as the kubernetes plugin's options ask. */
class ClusterFeed {
  readonly index: ClusterIndex;
  readonly #sim: HostSim;
  readonly #client: ApiClient;
  #key = '';
  #processes: Process<void>[] = [];

  constructor(sim: HostSim, client: ApiClient, index: ClusterIndex) {
    this.#sim = sim;
    this.#client = client;
    this.index = index;
  }

  /** Starts the watches that the options need; the same options change nothing. */
  watch(options: KubernetesOptions): void {
    const key = `${options.labels ?? ''}|${options.namespaceLabels ?? ''}|${options.podMode}|${options.hasEndpoints}`;
    if (key === this.#key) return;
    this.#key = key;
    this.stop();
    this.index.clear();
    const labels = options.labels === undefined ? {} : { labelSelector: options.labels };
    const { index } = this;
    const waiting: { readonly isSynced: boolean }[] = [];
    const touch = (): void => {
      index.touch(EPOCH_UNIX_SEC + Math.floor(this.#sim.nowNs() / NS_PER_SEC));
    };
    waiting.push(
      this.#follow<Namespace>(
        {
          resource: 'namespaces',
          ...(options.namespaceLabels === undefined
            ? {}
            : { labelSelector: options.namespaceLabels }),
        },
        (object) => {
          index.setNamespace(object);
        },
        (object) => {
          index.deleteNamespace(object);
        },
      ),
      this.#follow<Service>(
        { resource: 'services', ...labels },
        (object) => {
          if (index.setService(object)) touch();
        },
        (object) => {
          index.deleteService(object);
          touch();
        },
      ),
    );
    if (options.hasEndpoints) {
      const selector = ['kubernetes.io/service-name', options.labels].filter(
        (part) => part !== undefined,
      );
      waiting.push(
        this.#follow<EndpointSlice>(
          { resource: 'endpointslices', labelSelector: selector.join(',') },
          (object) => {
            if (index.setSlice(object)) touch();
          },
          (object) => {
            index.deleteSlice(object);
            touch();
          },
        ),
      );
    }
    if (options.podMode === 'verified') {
      waiting.push(
        this.#follow<Pod>(
          {
            resource: 'pods',
            fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed,status.phase!=Unknown',
            ...labels,
          },
          (object) => {
            index.setPod(object);
          },
          (object) => {
            index.deletePod(object);
          },
        ),
      );
    }
    index.syncedBy(() => waiting.every((informer) => informer.isSynced));
  }

  stop(): void {
    for (const process of this.#processes) process.cancel();
    this.#processes = [];
  }

  #follow<T extends KubeObject>(
    options: InformerOptions,
    set: (object: T) => void,
    remove: (object: T) => void,
  ): Informer<T> {
    const informer = new Informer<T>(this.#client, this.#sim, options);
    informer.subscribe({ add: set, update: set, delete: remove });
    this.#processes.push(this.#sim.spawn(`coredns watch ${options.resource}`, informer.run()));
    return informer;
  }
}
