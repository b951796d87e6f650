/**
 * The container runtime of a node: the kubelet's NodeRuntime on `workloads`.
 *
 * DNS server pods are run here, since their program needs the API as well as the pod's sockets.
 */
import { ip } from '@podwire/base';
import type { CniPlugin } from '@podwire/cni';
import { type DnsServer, startDnsServer } from '@podwire/dns';
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
  readonly #containers = new Map<RunningProgram, RunningContainer>();

  constructor(
    host: EmulatedHost,
    node: FullNode,
    cni: CniPlugin,
    pulledImages: Map<string, ImageInfo>,
  ) {
    this.#host = host;
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
    return imageInfo(image, this.#host.world.images);
  }

  startProgram(spec: ProgramSpec): RunningProgram {
    const container = startContainer(this.#context(spec), {
      image: spec.image,
      ...(spec.command.length === 0 ? {} : { command: spec.command }),
      ...(spec.args.length === 0 ? {} : { args: spec.args }),
    });
    const dns = isDnsServer(spec.image) ? this.#startDns(spec) : undefined;
    const program = new ContainerProgram(container, dns);
    this.#containers.set(program, container);
    return program;
  }

  *exec(request: ExecRequest): Proc<number> {
    const container = this.#containers.get(request.program);
    if (container === undefined) return 126;
    const result = yield* container.exec(request.argv, {
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

  #context(spec: ProgramSpec): ContainerContext {
    const { world } = this.#host;
    return {
      sim: this.sim,
      ns: spec.ns,
      podName: spec.podName,
      namespace: spec.podNamespace,
      nodeName: this.nodeName,
      podIP: ip(spec.podIP),
      hostname: spec.hostname,
      env: spec.env,
      resolvConf: spec.resolvConf,
      hosts: spec.hosts,
      containerPorts: spec.ports,
      files: spec.files(),
      scenarioImages: world.images,
      notice: (text) => {
        world.notice(text);
      },
      log: (line) => {
        spec.log(line.text, line.stream);
      },
    };
  }

  #startDns(spec: ProgramSpec): DnsServer | undefined {
    const { cluster } = this.#host.world.spec;
    const endpoint = { ip: ip(cluster.apiServiceIP), port: API_SERVICE_PORT };
    const client = new HttpApiClient(this.sim, spec.ns, endpoint, {
      userAgent: 'CoreDNS',
    });
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

function isDnsServer(image: string): boolean {
  return /(^|\/)coredns(:|@|$)/.test(image);
}

/** A container as the kubelet sees it. A DNS server lives and dies with its container, and the other way round. */
class ContainerProgram implements RunningProgram {
  readonly #container: RunningContainer;
  readonly #dns: DnsServer | undefined;
  readonly exited: Signal;

  constructor(container: RunningContainer, dns: DnsServer | undefined) {
    this.#container = container;
    this.#dns = dns;
    this.exited = dns?.exited ?? container.exited;
  }

  get exitCode(): number | undefined {
    return this.#dns === undefined ? this.#container.exitCode : this.#dns.exitCode;
  }

  terminate(): void {
    if (this.#dns === undefined) this.#container.stop('TERM');
    else this.#dns.terminate();
  }

  kill(): void {
    this.#dns?.stop();
    this.#container.stop('KILL');
  }
}
