/**
 * The controller ingress-nginx with its nginx, as it runs in a pod: watches Ingresses of its class, serves 80 and 443.
 */
import {
  type ApiClient,
  EventRecorder,
  type Informer,
  type Ingress,
  type IngressClass,
  type IngressLoadBalancerIngress,
  type Pod,
  type Secret,
  type Service,
  jsonEqual,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { HostSim, Proc } from '@podwire/engine';
import type { Certificate, HttpServer, NetNs } from '@podwire/netstack';
import { certificateOf } from './certificate.ts';
import type { EdgeProgram } from './edge-process.ts';
import { EdgeWatch } from './edge-watch.ts';
import type { ClusterView } from './endpoints.ts';
import { KeptConnections } from './exchange.ts';
import { ExternalNames, type LookUp } from './external-names.ts';
import { findHost } from './host-table.ts';
import { NGINX_ANNOTATIONS, NGINX_PREFIX } from './nginx-annotations.ts';
import { type NginxConfig, byAge, compileNginx } from './nginx-compile.ts';
import { NginxLimits } from './nginx-limits.ts';
import { nginxPage } from './nginx-pages.ts';
import { type NginxContext, serveNginx } from './nginx-serve.ts';
import { type EdgeBehaviour, RunningEdge, listenHttp, listenTls } from './program.ts';
import { UnknownAnnotations } from './unknown-annotations.ts';

export interface IngressNginxOptions {
  readonly client: ApiClient;
  /** Where the controller's pods are: their addresses become the Ingresses' status. */
  readonly namespace: string;
  readonly podName: string;
  /** --publish-service: the status is that of a Service instead. */
  readonly publishService?: string;
  /** The pod's resolver. */
  readonly lookUp: LookUp;
  readonly log: (line: string) => void;
  /** For the user: what an Ingress asks for and does not get. */
  readonly notice: (text: string) => void;
}

/** --sync-rate-limit 0.3. */
const RELOAD_GAP_NS = Math.round((10 * NS_PER_SEC) / 3);
/** balancer.lua BACKENDS_SYNC_INTERVAL. */
const ENDPOINT_POLL_NS = NS_PER_SEC;
const CONTROLLER = 'k8s.io/ingress-nginx';
const LEGACY_CLASS = 'kubernetes.io/ingress.class';
const POD_LABEL = 'app.kubernetes.io/name=ingress-nginx';
const HEALTH_PORT = 10_254;
const FAKE: Certificate = {
  names: ['Kubernetes Ingress Controller Fake Certificate', 'ingress.local'],
  issuer: 'Kubernetes Ingress Controller Fake Certificate',
};

export function startIngressNginx(
  sim: HostSim,
  ns: NetNs,
  options: IngressNginxOptions,
): EdgeProgram {
  return new RunningEdge(sim, new IngressNginx(sim, ns, options), options.log);
}

class IngressNginx implements EdgeBehaviour {
  readonly name = 'nginx-ingress-controller';
  readonly watch: EdgeWatch;
  readonly reloadGapNs = RELOAD_GAP_NS;
  readonly endpointPollNs = ENDPOINT_POLL_NS;
  readonly #sim: HostSim;
  readonly #ns: NetNs;
  readonly #options: IngressNginxOptions;
  readonly #ingresses: Informer<Ingress>;
  readonly #classes: Informer<IngressClass>;
  readonly #secrets: Informer<Secret>;
  readonly #pods: Informer<Pod>;
  readonly #kept: KeptConnections;
  readonly #unknown: UnknownAnnotations;
  readonly #events: EventRecorder;
  /** Versions of Ingresses that were taken up, by uid. */
  readonly #synced = new Map<string, number>();
  readonly #limits = new NginxLimits();
  readonly #externalNames: ExternalNames;
  #config: NginxConfig | undefined;
  #certificates: ReadonlyMap<string, Certificate> = new Map();

  constructor(sim: HostSim, ns: NetNs, options: IngressNginxOptions) {
    this.#sim = sim;
    this.#ns = ns;
    this.#options = options;
    this.#unknown = new UnknownAnnotations(options.notice);
    this.watch = new EdgeWatch(sim, options.client);
    this.#ingresses = this.watch.ingresses();
    this.#classes = this.watch.ingressClasses();
    this.#secrets = this.watch.secrets();
    this.#pods = this.watch.pods(options.namespace, POD_LABEL);
    this.#kept = new KeptConnections(ns);
    this.#events = new EventRecorder(options.client, sim, 'nginx-ingress-controller');
    this.#externalNames = new ExternalNames(sim, options.lookUp, () => {
      this.watch.endpointsVersion++;
      this.watch.changed.notify();
    });
  }

  apply(isReload: boolean): void {
    const own = this.#own();
    this.#config = compileNginx(own, this.#view(), this.#sim.rng('nginx/balance'));
    if (!isReload) return;
    this.#certificates = this.#readCertificates(own);
    for (const ingress of own) {
      this.#unknown.tell(ingress, NGINX_PREFIX, NGINX_ANNOTATIONS);
      const { uid = '', generation = 0 } = ingress.metadata;
      if (this.#synced.get(uid) === generation) continue;
      this.#synced.set(uid, generation);
      this.#events.event(ingress, 'Normal', 'Sync', 'Scheduled for sync');
    }
    this.#options.log('Backend successfully reloaded');
  }

  listen(): readonly (HttpServer | string)[] {
    const process = '("nginx",pid=29,fd=19)';
    return [
      listenHttp(this.#ns, { port: 80, process }, (request, conn) =>
        serveNginx(this.#context(), request, { conn, isTls: false }),
      ),
      listenTls(
        this.#ns,
        { port: 443, process },
        ({ serverName }) => ({
          kind: 'terminate',
          certificate: findHost(this.#certificates, serverName.toLowerCase()) ?? FAKE,
        }),
        (request, { tcp }) => serveNginx(this.#context(), request, { conn: tcp, isTls: true }),
        () => ({ ...nginxPage(400), close: true }),
      ),
      listenHttp(this.#ns, { port: HEALTH_PORT, process }, ({ path }) =>
        path === '/healthz' ? { status: 200 } : { status: 404 },
      ),
    ];
  }

  /** The first of the controller's pods writes the addresses of all. */
  *report(): Proc {
    const running = [...this.#pods.items.values()]
      .filter(({ status }) => status?.phase === 'Running')
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    if (running[0]?.metadata.name !== this.#options.podName) return;
    const addresses = this.#addresses(running);
    for (const ingress of this.#own()) {
      const now = ingress.status?.loadBalancer?.ingress ?? [];
      if (jsonEqual(now, addresses)) continue;
      const { name, namespace = '' } = ingress.metadata;
      const loadBalancer = addresses.length === 0 ? {} : { ingress: addresses };
      yield* this.#options.client.request({
        verb: 'update',
        resource: 'ingresses',
        namespace,
        name,
        subresource: 'status',
        body: { ...ingress, status: { loadBalancer } },
      });
    }
  }

  /** The cluster, and the names outside it that Services stand for. */
  #view(): ClusterView {
    const names = new Set<string>();
    for (const { spec } of this.watch.services.values()) {
      if (spec.type === 'ExternalName') names.add(spec.externalName ?? '');
    }
    this.#externalNames.keep(names);
    return {
      service: (namespace, name) => this.watch.service(namespace, name),
      slices: (namespace, service) => this.watch.slices(namespace, service),
      addressesOf: (name) => this.#externalNames.addressesOf(name),
    };
  }

  close(): void {
    this.#kept.close();
    this.#externalNames.keep(new Set());
  }

  #addresses(running: readonly Pod[]): readonly IngressLoadBalancerIngress[] {
    const { publishService, namespace } = this.#options;
    if (publishService === undefined) {
      const ips = new Set(running.flatMap(({ status }) => status?.hostIP ?? []));
      return [...ips].sort().map((ip) => ({ ip }));
    }
    const service: Service | undefined = this.watch.service(namespace, publishService);
    return (service?.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) =>
      ip === undefined ? { hostname: hostname ?? '' } : { ip },
    );
  }

  #context(): NginxContext {
    const config = this.#config ?? compileNginx([], this.watch, this.#sim.rng('nginx/balance'));
    return {
      ns: this.#ns,
      rng: this.#sim.rng('nginx/request'),
      kept: this.#kept,
      config,
      limits: this.#limits,
    };
  }

  #own(): Ingress[] {
    return [...this.#ingresses.items.values()].filter((ingress) => {
      const className = ingress.spec.ingressClassName;
      if (className === undefined) return ingress.metadata.annotations?.[LEGACY_CLASS] === 'nginx';
      return this.#classes.get(undefined, className)?.spec.controller === CONTROLLER;
    });
  }

  /** The oldest Ingress that has a usable Secret for a host gives its certificate. */
  #readCertificates(own: readonly Ingress[]): ReadonlyMap<string, Certificate> {
    const found = new Map<string, Certificate>();
    for (const { metadata, spec } of byAge(own)) {
      for (const { hosts = [], secretName = '' } of spec.tls ?? []) {
        const certificate = certificateOf(this.#secrets.get(metadata.namespace, secretName));
        if (certificate === undefined) continue;
        for (const host of hosts) {
          if (!found.has(host.toLowerCase())) found.set(host.toLowerCase(), certificate);
        }
      }
    }
    return found;
  }
}
