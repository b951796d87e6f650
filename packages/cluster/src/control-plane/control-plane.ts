/**
 * The control plane's machine: API server, controllers, scheduler, and a console with kubectl.
 *
 * Controllers and scheduler are processes of this host whose watches and requests go through its own network
 * stack to port 6443; kubectl typed here does the same.
 */
import { NS_PER_MS, NS_PER_SEC, assert, cidr, ip, must } from '@podwire/base';
import {
  ApiServer,
  type KubeObject,
  LocalApiClient,
  SCHEME,
  Store,
  formatTime,
  messageOf,
} from '@podwire/api';
import { BridgePlugin, emptyHostLocalDisk } from '@podwire/cni';
import { type ControllerManager, startControllers } from '@podwire/controllers';
import { type Proc, waitUntil } from '@podwire/engine';
import { IngressOperator, IngressToRoute } from '@podwire/edge';
import { startScheduler } from '@podwire/scheduler';
import { API_PORT, HttpApiClient } from '../api-client.ts';
import { CONTROL_PLANE_COMPONENTS } from '../components.ts';
import { HostConsole } from '../console.ts';
import type { CommandResult, ControlReply, ControlRequest, HostFault } from '../control.ts';
import type { EmulatedHost, HostPrograms } from '../emulated-host.ts';
import { serveApi } from './api-http.ts';
import { awaitCondition, awaitNodes, awaitReady } from './await.ts';
import { kindOrigins, routerPlatform } from '../edge-config.ts';
import { addOns } from './add-ons.ts';
import { lookUpImage, openshiftObjects } from './samples.ts';
import { ScaleDesk } from './scale-desk.ts';
import type { WatchDispatch } from './watch-dispatch.ts';
import { runKubectlCommand } from './kubectl-command.ts';

/**
 * What sites with thousands of nodes set: --endpoint-updates-batch-period as Kubernetes' own scalability tests have
 * it, and a scheduler on a fast machine, whose cycle does not hold everything up.
 */
const LARGE_CONTROLLERS = { endpointUpdatesBatchPeriodNs: 500 * NS_PER_MS };
const LARGE_SCHEDULER = { cycleNs: NS_PER_MS / 4 };
/** Add-ons of these kinds wait for the nodes, so that their pods spread over them. */
const MAKES_PODS: ReadonlySet<string> = new Set(['Deployment', 'DaemonSet', 'IngressController']);
/** Add-ons do not wait for nodes longer than this. */
const NODES_JOIN_NS = 30 * NS_PER_SEC;

export class ControlPlanePrograms implements HostPrograms {
  readonly #host: EmulatedHost;
  readonly #console: HostConsole;
  readonly #server: ApiServer;
  #controllers: ControllerManager | undefined;
  #ingressToRoute: IngressToRoute | undefined;
  #ingressOperator: IngressOperator | undefined;
  #scheduler: { stop(): void } | undefined;
  #routes: BridgePlugin | undefined;
  #dispatch: WatchDispatch | undefined;
  readonly #scale: ScaleDesk;
  /** Namespace of kubectl's context. */
  #namespace = 'default';

  constructor(host: EmulatedHost) {
    this.#host = host;
    this.#console = new HostConsole(host);
    const { cluster } = host.world.spec;
    const rng = host.sim.rng('api-server');
    const server = new ApiServer(new Store(rng, host.sim), {
      clock: host.sim,
      rng,
      serviceCidrs: [cidr(cluster.serviceNetwork)],
      advertise: { ip: cluster.controlPlaneAddress, port: API_PORT },
      ...(cluster.edge.appsDomain === undefined ? {} : { appsDomain: cluster.edge.appsDomain }),
      origins: kindOrigins(cluster),
    });
    this.#server = server;
    if (cluster.distribution === 'openshift') {
      for (const request of openshiftObjects(formatTime(host.sim.nowNs()))) {
        const { code } = server.handle(request);
        assert(code < 300, `${request.resource} of a new cluster is accepted`);
      }
    }
    this.#scale = new ScaleDesk(host.sim, server, () => this.#dispatch);
  }

  start(): void {
    const { ns } = this.#host;
    this.#dispatch = serveApi(ns, this.#server).dispatch;
    this.#console.startSshd(ns);
    this.#startRoutes();
    this.#startControllers();
    this.#startScheduler();
    this.#host.sim.spawn('add-ons', this.#addOns());
  }

  powerOff(): void {
    this.#routes?.stop();
    this.#stopControllers();
    this.#scheduler?.stop();
  }

  exec(request: Extract<ControlRequest, { op: 'exec' }>): Proc<CommandResult> {
    const [program, ...args] = request.argv;
    if (program !== 'kubectl' && program !== 'oc') return this.#console.run(request);
    return runKubectlCommand({
      program,
      host: this.#host,
      client: this.#client('kubectl'),
      args,
      request,
      namespace: this.#namespace,
      setNamespace: (namespace) => {
        this.#namespace = namespace;
      },
    });
  }

  hostFault(fault: HostFault): string | undefined {
    if (fault.kind !== 'component') return `the control plane runs no pods`;
    switch (fault.name) {
      case 'controller-manager':
        this.#stopControllers();
        if (fault.running) this.#startControllers();
        return undefined;
      case 'scheduler':
        this.#scheduler?.stop();
        if (fault.running) this.#startScheduler();
        return undefined;
      default:
        return `the control plane has no component ${fault.name}; it has ${CONTROL_PLANE_COMPONENTS.join(', ')}`;
    }
  }

  control(request: ControlRequest): Proc<ControlReply> | undefined {
    const client = new LocalApiClient(this.#server);
    switch (request.op) {
      case 'wait':
        return awaitCondition(client, request);
      case 'ready':
        return awaitReady(client, request.id, this.#host.world.spec.cluster);
      case 'list':
        return this.#list(request);
      case 'create':
      case 'observe':
      case 'endpoints':
      case 'stats':
        return this.#scale.answer(request, () => this.#client('podwire-scale'));
      default:
        return undefined;
    }
  }

  // oxlint-disable-next-line require-yield -- answers at once
  *#list(request: Extract<ControlRequest, { op: 'list' }>): Proc<ControlReply> {
    const { resource, namespace } = request;
    const response = this.#server.handle({
      verb: 'list',
      resource,
      ...(namespace === undefined ? {} : { namespace }),
    });
    const value = 'items' in response.body ? response.body.items : [];
    return { op: 'done', id: request.id, value };
  }

  /** Installs DNS and the edge: what makes pods once all nodes are Ready, or when they take too long. */
  *#addOns(): Proc {
    const { world, sim } = this.#host;
    const { cluster } = world.spec;
    const objects = addOns(cluster);
    const workloads = objects.filter(({ kind }) => MAKES_PODS.has(kind));
    for (const object of objects) if (!workloads.includes(object)) this.#create(object);
    if (workloads.length === 0) return;
    const joined = sim.spawn(
      'nodes',
      awaitNodes(new LocalApiClient(this.#server), cluster.nodes.length),
    );
    yield* waitUntil(joined.done, () => joined.isDone, sim, NODES_JOIN_NS);
    joined.cancel();
    for (const workload of workloads) this.#create(workload);
  }

  #create(object: KubeObject): void {
    const info = must(
      SCHEME.byKind(object.apiVersion, object.kind),
      `add-on of a known kind: ${object.kind}`,
    );
    const { namespace } = object.metadata;
    const response = this.#server.handle({
      verb: 'create',
      resource: info.plural,
      body: object,
      ...(namespace === undefined ? {} : { namespace }),
    });
    // A user may have been quicker.
    assert(
      response.code === 201 || response.code === 409,
      `add-on ${object.kind} is accepted: ${messageOf(response)}`,
    );
  }

  /**
   * With plain routes pods come under their own addresses, so this machine needs the way back, as every
   * machine of the cluster does. It is no node: the agent finds no pod network of its own.
   */
  #startRoutes(): void {
    const { sim, ns, world, spec } = this.#host;
    const { cluster } = world.spec;
    if (cluster.provider !== 'bridge' || cluster.podRoutes === 'router') return;
    this.#routes = new BridgePlugin({
      sim,
      ns,
      nodeName: spec.name,
      nodeIP: ip(cluster.controlPlaneAddress),
      uplinkName: 'eth0',
      client: this.#client('routes'),
      clusterCIDR: cidr(cluster.podNetwork),
      nodeNetworks: [cidr(cluster.nodeNetwork)],
      disk: emptyHostLocalDisk(),
      podGateway: cluster.podGateway,
    });
  }

  #stopControllers(): void {
    this.#controllers?.stop();
    this.#ingressToRoute?.stop();
    this.#ingressOperator?.stop();
  }

  #startControllers(): void {
    const { sim, world } = this.#host;
    const { cluster } = world.spec;
    if (cluster.edge.router !== undefined) {
      this.#ingressToRoute = new IngressToRoute(sim, this.#client('route-controller-manager'));
      this.#ingressOperator = new IngressOperator(sim, {
        client: this.#client('ingress-operator'),
        platformOf: routerPlatform(cluster),
      });
    }
    this.#controllers = startControllers(sim, this.#client('kube-controller-manager'), {
      ...(cluster.provider === 'none' ? {} : { clusterCIDR: cluster.podNetwork }),
      nodeCIDRMaskSize: cluster.nodeMaskSize,
      nodeMonitorGracePeriodNs: cluster.nodeMonitorGraceNs,
      ...(cluster.tuning === 'large' ? LARGE_CONTROLLERS : {}),
      origins: kindOrigins(cluster),
      ...(cluster.distribution === 'openshift' ? { openshift: { lookUpImage } } : {}),
    });
  }

  #startScheduler(): void {
    const { tuning } = this.#host.world.spec.cluster;
    const options = tuning === 'large' ? LARGE_SCHEDULER : {};
    this.#scheduler = startScheduler(this.#host.sim, this.#client('kube-scheduler'), options);
  }

  #client(userAgent: string): HttpApiClient {
    const { sim, ns, world } = this.#host;
    const endpoint = { ip: ip(world.spec.cluster.controlPlaneAddress), port: API_PORT };
    return new HttpApiClient(sim, ns, endpoint, { userAgent });
  }
}
