/**
 * The container runtime of a node: the kubelet's NodeRuntime on `workloads`.
 *
 * DNS servers and the edge's proxies are run here, since their programs need the API as well as the pod's sockets.
 */
import type { ObjectViews } from '@podwire/api';
import { ip } from '@podwire/base';
import type { CniPlugin } from '@podwire/cni';
import {
  type DnsServer,
  getaddrinfo,
  parseHostsFile,
  parseResolvConf,
  startDnsServer,
} from '@podwire/dns';
import {
  type EdgeProgram,
  MetallbController,
  MetallbSpeaker,
  routerSettings,
  startIngressNginx,
  startOpenshiftRouter,
} from '@podwire/edge';
import type { HostSim, Proc, Signal } from '@podwire/engine';
import type {
  ExecRequest,
  ImageInfo,
  NodeRuntime,
  ProgramSpec,
  RunningProgram,
} from '@podwire/kubelet';
import type { NetNs } from '@podwire/netstack';
import {
  type ContainerContext,
  type RunningContainer,
  imageInfo,
  startContainer,
} from '@podwire/workloads';
import { HttpApiClient } from '../api-client.ts';
import type { FullNode } from '../cluster-config.ts';
import type { EmulatedHost } from '../emulated-host.ts';
import { type AppOfImage, InternalRegistry } from './internal-registry.ts';

/** Port of the `kubernetes` service, by which pods reach the API server. */
const API_SERVICE_PORT = 443;

export class PodRuntime implements NodeRuntime {
  readonly sim: HostSim;
  readonly ns: NetNs;
  readonly nodeName: string;
  readonly nodeIP: number;
  readonly cni: CniPlugin;
  readonly pulledImages: Map<string, ImageInfo>;
  readonly #host: EmulatedHost;
  readonly #registry: InternalRegistry;

  constructor(
    host: EmulatedHost,
    node: FullNode,
    cni: CniPlugin,
    pulledImages: Map<string, ImageInfo>,
  ) {
    this.#host = host;
    this.#registry = new InternalRegistry(host);
    this.sim = host.sim;
    this.ns = host.ns;
    this.nodeName = node.name;
    this.nodeIP = ip(node.address);
    this.cni = cni;
    this.pulledImages = pulledImages;
  }

  createPodNs(name: string): NetNs {
    return this.#host.createNetNs(name);
  }

  imageInfo(image: string): ImageInfo {
    return this.#registry.imageInfo(image) ?? imageInfo(image, this.#host.world.images);
  }

  askRegistry(image: string): Proc {
    return this.#registry.ask(image);
  }

  startProgram(spec: ProgramSpec): RunningProgram {
    const app = this.#registry.appOf(
      spec.image,
      this.#host.world.spec.sources,
      spec,
      this.nodeName,
    );
    const container = startContainer(new PodContainer(this.#host, spec, app), {
      image: app?.image ?? spec.image,
      ...(spec.command.length === 0 ? {} : { command: spec.command }),
      ...(spec.args.length === 0 ? {} : { args: spec.args }),
    });
    return new ContainerProgram(container, this.#startServer(spec));
  }

  *exec(request: ExecRequest): Proc<number> {
    if (!(request.program instanceof ContainerProgram)) return 126;
    const result = yield* request.program.container.exec(request.argv, {
      stdin: request.stdin,
      ...(request.traceId === 0 ? {} : { traceId: request.traceId }),
      ...(request.onHttp === undefined ? {} : { onHttp: request.onHttp }),
      onOutput: (stream, text) => {
        if (stream === 'stdout') request.out(text);
        else request.err(text);
      },
    });
    if (result.runtimeError !== undefined) {
      if (request.onStartError === undefined) request.err(`${result.runtimeError}\n`);
      else request.onStartError(result.runtimeError);
    }
    return result.exitCode;
  }

  /** What runs in images whose program needs the API. */
  #startServer(spec: ProgramSpec): Server | undefined {
    switch (serverOf(spec.image)) {
      case 'coredns':
        return this.#startDns(spec);
      case 'ingress-nginx/controller':
        return this.#startIngressNginx(spec);
      case 'ose-haproxy-router':
        return this.#startRouter(spec);
      case 'metallb/controller':
        return this.#startMetallbController(spec);
      case 'metallb/speaker':
        return this.#startMetallbSpeaker(spec);
      default:
        return undefined;
    }
  }

  /** `views`: one copy of what is watched for all programs of the shard that watch the same. */
  #client(spec: ProgramSpec, userAgent: string, views?: ObjectViews): HttpApiClient {
    const { cluster } = this.#host.world.spec;
    const endpoint = { ip: ip(cluster.apiServiceIP), port: API_SERVICE_PORT };
    return new HttpApiClient(this.sim, spec.ns, endpoint, {
      userAgent,
      ...(views === undefined ? {} : { views }),
    });
  }

  #startIngressNginx(spec: ProgramSpec): EdgeProgram {
    const flag = spec.args.find((arg) => arg.startsWith('--publish-service='));
    const publishService = flag?.slice(flag.lastIndexOf('/') + 1);
    return startIngressNginx(this.sim, spec.ns, {
      client: this.#client(spec, 'nginx-ingress-controller'),
      namespace: spec.podNamespace,
      podName: spec.podName,
      ...(publishService === undefined ? {} : { publishService }),
      lookUp: function* (name) {
        const files = {
          resolvConf: parseResolvConf(spec.resolvConf),
          hosts: parseHostsFile(spec.hosts),
        };
        const found = yield* getaddrinfo(spec.ns, name, { ...files, libc: 'musl', family: 4 });
        return found.addresses;
      },
      log: (text) => {
        spec.log(text);
      },
      notice: (text) => {
        this.#host.world.notice(text);
      },
    });
  }

  #startRouter(spec: ProgramSpec): EdgeProgram {
    return startOpenshiftRouter(this.sim, spec.ns, {
      client: this.#client(spec, 'openshift-router'),
      settings: routerSettings(spec.env),
      files: () => spec.files(),
      log: (text) => {
        spec.log(text);
      },
      notice: (text) => {
        this.#host.world.notice(text);
      },
    });
  }

  #startMetallbController(spec: ProgramSpec): EdgeProgram {
    return new MetallbController(this.sim, {
      client: this.#client(spec, 'metallb-controller'),
      namespace: spec.podNamespace,
      log: (text) => {
        spec.log(text);
      },
    });
  }

  #startMetallbSpeaker(spec: ProgramSpec): EdgeProgram {
    return new MetallbSpeaker(this.sim, spec.ns, {
      client: this.#client(spec, 'metallb-speaker', this.#host.world.views),
      namespace: spec.podNamespace,
      nodeName: this.nodeName,
      log: (text) => {
        spec.log(text);
      },
    });
  }

  #startDns(spec: ProgramSpec): DnsServer {
    const client = this.#client(spec, 'CoreDNS');
    const path = spec.args[spec.args.indexOf('-conf') + 1] ?? '/etc/coredns/Corefile';
    return startDnsServer(this.sim, spec.ns, {
      client,
      corefile: () => spec.files().get(path) ?? '',
      env: spec.env,
      resolvConf: spec.resolvConf,
      hostsFile: spec.hosts,
      hostname: spec.hostname,
      podIP: ip(spec.podIP),
      log: (text) => {
        spec.log(text);
      },
    });
  }
}

type Server = DnsServer | EdgeProgram;

/** Images whose program needs the API as well as the pod's sockets. */
function serverOf(image: string): string | undefined {
  const names =
    'coredns|ingress-nginx/controller|ose-haproxy-router|metallb/controller|metallb/speaker';
  return new RegExp(`(?:^|/)(${names})(?:[:@]|$)`).exec(image)?.[1];
}

/** What surrounds a container of a pod, from what its kubelet says. */
class PodContainer implements ContainerContext {
  readonly #host: EmulatedHost;
  readonly #spec: ProgramSpec;
  /** Set when a build of this cluster made the image. */
  readonly #app: AppOfImage | undefined;

  constructor(host: EmulatedHost, spec: ProgramSpec, app: AppOfImage | undefined) {
    this.#host = host;
    this.#spec = spec;
    this.#app = app;
  }

  get sim(): HostSim {
    return this.#host.sim;
  }

  get ns(): NetNs {
    return this.#spec.ns;
  }

  get podName(): string {
    return this.#spec.podName;
  }

  get namespace(): string {
    return this.#spec.podNamespace;
  }

  get nodeName(): string {
    return this.#host.spec.name;
  }

  get podIP(): number {
    return ip(this.#spec.podIP);
  }

  get hostname(): string {
    return this.#spec.hostname;
  }

  get env(): ReadonlyMap<string, string> {
    return this.#spec.env;
  }

  get resolvConf(): string {
    return this.#spec.resolvConf;
  }

  get hosts(): string {
    return this.#spec.hosts;
  }

  get containerPorts(): ProgramSpec['ports'] {
    return this.#spec.ports;
  }

  get files(): () => ReadonlyMap<string, string> {
    const own = this.#app?.files;
    if (own === undefined) return this.#spec.files;
    return () => new Map([...own, ...this.#spec.files()]);
  }

  get log(): ContainerContext['log'] {
    return (line) => {
      this.#spec.log(line.text, line.stream);
    };
  }

  get scenarioImages(): ContainerContext['scenarioImages'] {
    return this.#app?.images ?? this.#host.world.images;
  }

  get notice(): (text: string) => void {
    return (text) => {
      this.#host.world.notice(text);
    };
  }
}

/** A container as the kubelet sees it. Its server lives and dies with it, and the other way round. */
class ContainerProgram implements RunningProgram {
  readonly container: RunningContainer;
  readonly #server: Server | undefined;
  readonly exited: Signal;

  constructor(container: RunningContainer, server: Server | undefined) {
    this.container = container;
    this.#server = server;
    this.exited = server?.exited ?? container.exited;
  }

  get exitCode(): number | undefined {
    return this.#server === undefined ? this.container.exitCode : this.#server.exitCode;
  }

  terminate(): void {
    if (this.#server === undefined) this.container.stop('TERM');
    else this.#server.terminate();
  }

  kill(): void {
    this.#server?.stop();
    this.container.stop('KILL');
  }
}
