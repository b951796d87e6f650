/**
 * OpenShift's ingress operator: makes routers of IngressControllers and tells how they are (openshift/
 * cluster-ingress-operator pkg/operator/controller/ingress).
 *
 * From: IngressControllers in openshift-ingress-operator, ConfigMaps with error pages, the routers' Deployments. To: Deployments,
 * Services and ConfigMaps in openshift-ingress, and the status of the IngressControllers.
 *
 * An IngressController whose domain another one has is not admitted and gets nothing. When one goes, what its router said of
 * Routes goes too.
 *
 * Not modelled: DNS records, certificates (routers have one signed by the operator), canary checks, finalizers.
 */
import {
  type ApiClient,
  type ConfigMap,
  type Deployment,
  type Informer,
  type IngressController,
  type IngressControllerCondition,
  type KubeObject,
  type Route,
  type Service,
  compareText,
  formatSelector,
  formatTime,
  isList,
  jsonEqual,
  selectorOfMap,
} from '@podwire/api';
import type { HostSim, Proc, Process } from '@podwire/engine';
import { WatchSet } from '../watch-set.ts';
import {
  CONFIG_NAMESPACE,
  OPERATOR_NAMESPACE,
  OWNER_LABEL,
  ROUTER_NAMESPACE,
  type RouterPlatform,
  domainOf,
  pagesConfigMap,
  publishingOf,
  routerDeployment,
  routerLabels,
  routerServices,
} from './router-objects.ts';

export interface IngressOperatorOptions {
  readonly client: ApiClient;
  /** What an IngressController of this name gets that says nothing itself. */
  readonly platformOf: (name: string) => RouterPlatform;
}

const RESOURCES: ReadonlyMap<string, string> = new Map([
  ['ConfigMap', 'configmaps'],
  ['Deployment', 'deployments'],
  ['Service', 'services'],
]);

export class IngressOperator {
  readonly #sim: HostSim;
  readonly #options: IngressOperatorOptions;
  readonly #watch: WatchSet;
  readonly #controllers: Informer<IngressController>;
  readonly #pages: Informer<ConfigMap>;
  readonly #owned: readonly Informer<KubeObject>[];
  readonly #deployments: Informer<Deployment>;
  readonly #process: Process;
  /** What was asked for last, by kind and name: fields that others fill in are left alone. */
  readonly #applied = new Map<string, object>();

  constructor(sim: HostSim, options: IngressOperatorOptions) {
    this.#sim = sim;
    this.#options = options;
    this.#watch = new WatchSet(sim, options.client);
    const owned = { namespace: ROUTER_NAMESPACE, labelSelector: OWNER_LABEL };
    this.#controllers = this.#watch.informer({
      resource: 'ingresscontrollers',
      namespace: OPERATOR_NAMESPACE,
    });
    this.#pages = this.#watch.informer({ resource: 'configmaps', namespace: CONFIG_NAMESPACE });
    this.#deployments = this.#watch.informer<Deployment>({ resource: 'deployments', ...owned });
    this.#owned = [
      this.#watch.informer<ConfigMap>({ resource: 'configmaps', ...owned }),
      this.#watch.informer<Service>({ resource: 'services', ...owned }),
      this.#deployments,
    ] as unknown as readonly Informer<KubeObject>[];
    this.#process = sim.spawn('ingress-operator', this.#run());
  }

  stop(): void {
    this.#process.cancel();
    this.#watch.stop();
  }

  *#run(): Proc {
    yield* this.#watch.synced();
    for (;;) {
      const seen = this.#version();
      yield* this.#reconcile();
      if (this.#version() === seen) yield* this.#watch.changed.wait();
    }
  }

  #version(): string {
    return [this.#controllers, this.#pages, ...this.#owned]
      .flatMap((informer) => [...informer.items.values()])
      .map(({ metadata }) => metadata.resourceVersion ?? '')
      .join();
  }

  *#reconcile(): Proc {
    const controllers = [...this.#controllers.items.values()]
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .sort(byAge);
    const wanted = new Set<string>();
    const domains = new Map<string, string>();
    for (const controller of controllers) {
      const { name } = controller.metadata;
      const domain = domainOf(controller, this.#options.platformOf(name));
      const rival = domains.get(domain);
      if (rival === undefined) {
        domains.set(domain, name);
        for (const object of this.#desired(controller)) {
          wanted.add(placeOf(object));
          yield* this.#apply(object);
        }
      }
      yield* this.#report(controller, rival);
    }
    yield* this.#prune(wanted);
  }

  #desired(controller: IngressController): readonly KubeObject[] {
    const { name } = controller.metadata;
    const platform = this.#options.platformOf(name);
    const pagesFrom = controller.spec.httpErrorCodePages?.name ?? '';
    const pages = this.#pages.get(CONFIG_NAMESPACE, pagesFrom)?.data;
    const objects = [
      ...(pages === undefined ? [] : [pagesConfigMap(name, pages)]),
      ...routerServices(controller, platform),
      routerDeployment(controller, platform, (key) => pages?.[key] !== undefined),
    ];
    return objects as KubeObject[];
  }

  /** Creates the object, or brings what it asks for into the one that is there. */
  *#apply(object: KubeObject): Proc {
    const place = placeOf(object);
    const there = this.#find(object);
    if (there !== undefined && jsonEqual(this.#applied.get(place), object)) return;
    const { client } = this.#options;
    const { metadata } = object;
    const at = { resource: resourceOf(object), namespace: ROUTER_NAMESPACE };
    const response =
      there === undefined
        ? yield* client.request({ verb: 'create', ...at, body: object })
        : yield* client.request({
            verb: 'update',
            ...at,
            name: metadata.name,
            body: { ...object, metadata: { ...there.metadata, labels: metadata.labels } },
          });
    if (response.code < 300) this.#applied.set(place, object);
  }

  #find({ kind, metadata }: KubeObject): KubeObject | undefined {
    return this.#owned
      .map((informer) => informer.get(ROUTER_NAMESPACE, metadata.name))
      .find((object) => object?.kind === kind);
  }

  /** Objects of IngressControllers that are gone or ask for less. */
  *#prune(wanted: ReadonlySet<string>): Proc {
    for (const informer of this.#owned) {
      for (const object of Array.from(informer.items.values())) {
        const { metadata } = object;
        if (wanted.has(placeOf(object)) || metadata.deletionTimestamp !== undefined) continue;
        this.#applied.delete(placeOf(object));
        if (object.kind === 'Deployment') {
          yield* this.#clearRoutes(metadata.labels?.[OWNER_LABEL] ?? '');
        }
        yield* this.#options.client.request({
          verb: 'delete',
          resource: resourceOf(object),
          namespace: ROUTER_NAMESPACE,
          name: metadata.name,
        });
      }
    }
  }

  /** What a router that is no more said of Routes (clearAllRoutesStatusForIngressController). */
  *#clearRoutes(routerName: string): Proc {
    const { client } = this.#options;
    const listed = yield* client.request({ verb: 'list', resource: 'routes' });
    const routes = isList(listed.body) ? (listed.body.items as readonly Route[]) : [];
    for (const route of routes) {
      const all = route.status?.ingress ?? [];
      const others = all.filter((each) => each.routerName !== routerName);
      if (others.length === all.length) continue;
      yield* client.request({
        verb: 'update',
        resource: 'routes',
        namespace: route.metadata.namespace ?? '',
        name: route.metadata.name,
        subresource: 'status',
        body: { ...route, status: { ingress: others } },
      });
    }
  }

  *#report(controller: IngressController, rival: string | undefined): Proc {
    const { name } = controller.metadata;
    const platform = this.#options.platformOf(name);
    const deployment = this.#deployments.get(ROUTER_NAMESPACE, `router-${name}`);
    const now = formatTime(this.#sim.nowNs());
    const conditions = conditionsOf(deployment, rival).map((condition) => {
      const before = controller.status?.conditions?.find(({ type }) => type === condition.type);
      const isSame = before?.status === condition.status;
      return { ...condition, lastTransitionTime: isSame ? before.lastTransitionTime : now };
    });
    const status = {
      availableReplicas: deployment?.status?.availableReplicas ?? 0,
      selector: formatSelector(selectorOfMap(routerLabels(name))),
      domain: domainOf(controller, platform),
      endpointPublishingStrategy: publishingOf(controller, platform),
      conditions,
      ...(controller.metadata.generation === undefined
        ? {}
        : { observedGeneration: controller.metadata.generation }),
    };
    if (jsonEqual(status, controller.status)) return;
    yield* this.#options.client.request({
      verb: 'update',
      resource: 'ingresscontrollers',
      namespace: OPERATOR_NAMESPACE,
      name,
      subresource: 'status',
      body: { ...controller, status },
    });
  }
}

/** computeDeploymentAvailableCondition and its neighbours (status.go). */
function conditionsOf(
  deployment: Deployment | undefined,
  rival: string | undefined,
): readonly Omit<IngressControllerCondition, 'lastTransitionTime'>[] {
  if (rival !== undefined) {
    const message = `conflicts with: ${rival}`;
    return [{ type: 'Admitted', status: 'False', reason: 'Invalid', message }];
  }
  const available = deployment?.status?.conditions?.find(({ type }) => type === 'Available');
  const isAvailable = available?.status === 'True';
  return [
    { type: 'Admitted', status: 'True', reason: 'Valid' },
    {
      type: 'DeploymentAvailable',
      status: isAvailable ? 'True' : 'False',
      reason: isAvailable ? 'DeploymentAvailable' : 'DeploymentUnavailable',
      message: isAvailable
        ? 'The deployment has Available status condition set to True'
        : `The deployment has Available status condition set to False (reason: ${available?.reason ?? 'MinimumReplicasUnavailable'})`,
    },
    isAvailable
      ? { type: 'Available', status: 'True' }
      : {
          type: 'Available',
          status: 'False',
          reason: 'IngressControllerUnavailable',
          message: 'One or more status conditions indicate unavailable: DeploymentAvailable=False',
        },
  ];
}

/** The older of two has the domain. */
function byAge(a: IngressController, b: IngressController): number {
  const [x, y] = [a.metadata, b.metadata];
  const age = compareText(x.creationTimestamp ?? '', y.creationTimestamp ?? '');
  return age !== 0 ? age : compareText(x.name, y.name);
}

function placeOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.name}`;
}

function resourceOf({ kind }: KubeObject): string {
  return RESOURCES.get(kind) ?? '';
}
