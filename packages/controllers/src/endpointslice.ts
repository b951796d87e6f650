/**
 * EndpointSlice controller: the addresses behind every Service with a selector.
 *
 * From: Services, Pods, Nodes, EndpointSlices. To: EndpointSlices. Copies k8s.io/endpointslice and
 * pkg/controller/endpointslice. Not modelled: service.kubernetes.io/topology-mode Auto.
 */
import {
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  type Informer,
  type IpFamilyName,
  type Node,
  type Pod,
  type Service,
  type StringMap,
  type WorkQueue,
  controllerRef,
  formatNanoTime,
  isOk,
  jsonEqual,
  keyOf,
  objectOf,
  splitKey,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges, isSettled } from './context.ts';
import {
  ZONE_LABEL,
  endpointOf,
  endpointPorts,
  hasFixedPorts,
  podHasEndpoint,
} from './endpoints-of-pod.ts';
import { type PortGroup, planSlices, portsKey } from './endpointslice-math.ts';
import { indexByNode } from './owner-index.ts';
import { ServicePods } from './service-pods.ts';
import { TRIGGER_TIME_ANNOTATION, TriggerTimes } from './trigger-time.ts';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const MANAGER = 'endpointslice-controller.k8s.io';
/** Slices that someone else changed are looked at after this long. */
const FOREIGN_CHANGE_DELAY_NS = NS_PER_SEC;

export function startEndpointSliceController(context: ControllerContext): void {
  new EndpointSliceController(context).start();
}

class EndpointSliceController {
  readonly #context: ControllerContext;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #links: ServicePods;
  readonly #triggers = new TriggerTimes();
  readonly #written = new WrittenSlices();
  #queue: WorkQueue | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#services = context.informer('services');
    this.#pods = context.informer('pods');
    this.#nodes = context.informer('nodes');
    this.#slices = context.informer('endpointslices');
    this.#links = new ServicePods(this.#services, this.#pods);
  }

  start(): void {
    const resources = ['services', 'pods', 'nodes', 'endpointslices'];
    const queue = this.#context.reconcile('endpointslice', resources, (key) => this.#sync(key), {
      queue: { baseDelayNs: NS_PER_SEC },
    });
    this.#queue = queue;
    this.#slices.addIndex('managed', (slice) => {
      const service = serviceKeyOf(slice);
      return service === undefined ? [] : [service];
    });
    indexByNode(this.#pods);
    enqueueChanges(this.#services, queue);
    const { endpointUpdatesBatchPeriodNs } = this.#context.options;
    this.#links.subscribe((key) => {
      queue.addAfter(key, endpointUpdatesBatchPeriodNs);
    });
    const sliceChanged = (slice: EndpointSlice): void => {
      this.#sliceChanged(slice);
    };
    this.#slices.subscribe({ add: sliceChanged, update: sliceChanged, delete: sliceChanged });
    const zoneChanged = (node: Node, old?: Node): void => {
      if (
        old !== undefined &&
        old.metadata.labels?.[ZONE_LABEL] === node.metadata.labels?.[ZONE_LABEL]
      ) {
        return;
      }
      for (const pod of this.#pods.byIndex('node', node.metadata.name)) {
        const { namespace, labels } = pod.metadata;
        for (const key of this.#links.servicesOf(namespace, labels)) queue.add(key);
      }
    };
    this.#nodes.subscribe({ add: zoneChanged, update: zoneChanged });
  }

  #sliceChanged(slice: EndpointSlice): void {
    const key = serviceKeyOf(slice);
    if (key === undefined) return;
    if (this.#written.isAwaited(key)) {
      if (this.#written.isSeen(key, this.#slices)) this.#queue?.add(key);
    } else if (!this.#written.isOwn(slice)) {
      this.#queue?.addAfter(key, FOREIGN_CHANGE_DELAY_NS);
    }
  }

  *#sync(key: string): Proc<Outcome> {
    const { namespace, name } = splitKey(key);
    const service = this.#services.get(namespace, name);
    if (service === undefined) {
      this.#triggers.forget(key);
      this.#written.forget(key);
      return 'done';
    }
    const { selector, type } = service.spec;
    if (type === 'ExternalName' || selector === undefined) return 'done';
    if (service.metadata.deletionTimestamp !== undefined) return 'done';
    if (!this.#written.isSeen(key, this.#slices)) {
      // The slices written last have not come back; their arrival enqueues the Service again.
      this.#written.expect(key);
      return 'done';
    }
    const pods = this.#links.podsOf(service).filter(podHasEndpoint);
    const triggerNs = this.#triggers.observe(service, pods);
    const existing = this.#slices.byIndex('managed', key);
    const families = service.spec.ipFamilies ?? ['IPv4'];
    let outcome: Outcome = 'done';
    for (const slice of existing) {
      if ((families as readonly string[]).includes(slice.addressType)) continue;
      if (!isSettled(yield* this.#context.delete('endpointslices', slice))) outcome = 'retry';
    }
    for (const family of families) {
      const own = existing.filter((slice) => slice.addressType === family);
      if ((yield* this.#reconcile(service, family, pods, own, triggerNs)) === 'retry') {
        outcome = 'retry';
      }
    }
    return outcome;
  }

  *#reconcile(
    service: Service,
    family: IpFamilyName,
    pods: readonly Pod[],
    existing: readonly EndpointSlice[],
    triggerNs: number | undefined,
  ): Proc<Outcome> {
    const wanted = this.#wantedGroups(service, family, pods, existing);
    const create: EndpointSlice[] = [];
    const update: EndpointSlice[] = [];
    const remove: EndpointSlice[] = [];
    const byPorts = Map.groupBy(existing, (slice) => portsKey(slice.ports));
    const labels = sliceLabels(service);
    const dress = (slice: EndpointSlice, endpoints: readonly Endpoint[]): EndpointSlice =>
      withTrigger(
        {
          ...slice,
          metadata: { ...slice.metadata, labels },
          endpoints,
        },
        triggerNs,
      );
    for (const [key, { ports, endpoints }] of wanted) {
      const own = byPorts.get(key) ?? [];
      byPorts.delete(key);
      const plan = planSlices(own, endpoints, this.#context.options.maxEndpointsPerSlice);
      for (const group of plan.create) create.push(dress(newSlice(service, family, ports), group));
      for (const { slice, endpoints: now } of plan.update) update.push(dress(slice, now));
      remove.push(...plan.remove);
      const untouched = own.filter(
        (slice) => !plan.remove.includes(slice) && !plan.update.some((u) => u.slice === slice),
      );
      for (const slice of untouched) {
        if (!jsonEqual(slice.metadata.labels, labels)) update.push(dress(slice, slice.endpoints));
      }
    }
    for (const group of byPorts.values()) remove.push(...group);
    this.#keepPlaceholder(service, family, { create, update, remove }, existing, triggerNs);
    this.#reuseRemoved(create, update, remove);
    return yield* this.#apply(keyOf(service), create, update, remove);
  }

  #wantedGroups(
    service: Service,
    family: IpFamilyName,
    pods: readonly Pod[],
    existing: readonly EndpointSlice[],
  ): Map<string, PortGroup> {
    const groups = new Map<string, PortGroup & { endpoints: Map<string, Endpoint> }>();
    const present = new Map<string | undefined, Endpoint>();
    for (const { endpoints = [] } of existing) {
      for (const endpoint of endpoints) present.set(endpoint.targetRef?.uid, endpoint);
    }
    const isFixed = hasFixedPorts(service);
    let group: (PortGroup & { endpoints: Map<string, Endpoint> }) | undefined;
    for (const pod of pods) {
      const { uid } = pod.metadata;
      const node = this.#nodes.get(undefined, pod.spec.nodeName ?? '');
      const endpoint = endpointOf(service, pod, family, node, present.get(uid));
      if (endpoint === undefined) continue;
      if (group === undefined || !isFixed) {
        const ports = endpointPorts(service, pod);
        const key = portsKey(ports);
        group = groups.get(key);
        if (group === undefined) {
          group = { ports, endpoints: new Map() };
          groups.set(key, group);
        }
      }
      group.endpoints.set(uid ?? keyOf(pod), withHints(service, endpoint));
    }
    return groups;
  }

  /** A Service without endpoints has one empty slice. */
  #keepPlaceholder(
    service: Service,
    family: IpFamilyName,
    plan: { create: EndpointSlice[]; update: EndpointSlice[]; remove: EndpointSlice[] },
    existing: readonly EndpointSlice[],
    triggerNs: number | undefined,
  ): void {
    if (plan.create.length > 0 || existing.some((slice) => !plan.remove.includes(slice))) return;
    const empty = existing.find(
      (slice) => (slice.ports ?? []).length === 0 && (slice.endpoints ?? []).length === 0,
    );
    if (empty !== undefined) {
      plan.remove.splice(plan.remove.indexOf(empty), 1);
      if (!jsonEqual(empty.metadata.labels, sliceLabels(service))) {
        plan.update.push({
          ...empty,
          metadata: { ...empty.metadata, labels: sliceLabels(service) },
        });
      }
      return;
    }
    const slice = newSlice(service, family, undefined);
    const labelled = { ...slice, metadata: { ...slice.metadata, labels: sliceLabels(service) } };
    plan.create.push(withTrigger(labelled, triggerNs));
  }

  /** A slice that would go is rewritten instead of making a new one. */
  #reuseRemoved(create: EndpointSlice[], update: EndpointSlice[], remove: EndpointSlice[]): void {
    while (create.length > 0 && remove.length > 0) {
      const fresh = create.shift();
      const old = remove.shift();
      if (fresh === undefined || old === undefined) return;
      const { labels, annotations } = fresh.metadata;
      update.push({
        ...fresh,
        metadata: {
          ...old.metadata,
          ...(labels === undefined ? {} : { labels }),
          ...(annotations === undefined ? {} : { annotations }),
        },
      });
    }
  }

  *#apply(
    key: string,
    create: readonly EndpointSlice[],
    update: readonly EndpointSlice[],
    remove: readonly EndpointSlice[],
  ): Proc<Outcome> {
    let outcome: Outcome = 'done';
    for (const slice of create) {
      const response = yield* this.#context.create('endpointslices', slice);
      const created = objectOf<EndpointSlice>(response);
      if (created === undefined) outcome = response.code === 403 ? outcome : 'retry';
      else this.#written.note(key, created);
    }
    for (const slice of update) {
      const response = yield* this.#context.update('endpointslices', slice);
      const updated = objectOf<EndpointSlice>(response);
      if (updated === undefined) outcome = 'retry';
      else this.#written.note(key, updated);
    }
    for (const slice of remove) {
      const response = yield* this.#context.delete('endpointslices', slice);
      if (isOk(response)) this.#written.noteRemoved(key, slice);
      else if (response.code !== 404) outcome = 'retry';
    }
    return outcome;
  }
}

/** What was written last and may not have come back through the watch. */
class WrittenSlices {
  /** By Service: slice key to the resourceVersion written; undefined for one that was deleted. */
  readonly #written = new Map<string, Map<string, number | undefined>>();
  readonly #versions = new Map<string, string>();
  readonly #awaited = new Set<string>();

  note(service: string, slice: EndpointSlice): void {
    this.#of(service).set(keyOf(slice), Number(slice.metadata.resourceVersion));
    this.#versions.set(keyOf(slice), slice.metadata.resourceVersion ?? '');
  }

  noteRemoved(service: string, slice: EndpointSlice): void {
    this.#of(service).set(keyOf(slice), undefined);
    this.#versions.delete(keyOf(slice));
  }

  isOwn(slice: EndpointSlice): boolean {
    return this.#versions.get(keyOf(slice)) === slice.metadata.resourceVersion;
  }

  isSeen(service: string, slices: Informer<EndpointSlice>): boolean {
    const written = this.#written.get(service);
    if (written === undefined) return true;
    for (const [key, version] of written) {
      const slice = slices.items.get(key);
      if (version === undefined) {
        if (slice !== undefined) return false;
      } else if (slice === undefined) {
        // Not there yet, or deleted by someone since: the list's version tells which.
        if (Number(slices.resourceVersion) < version) return false;
      } else if (Number(slice.metadata.resourceVersion) < version) {
        return false;
      }
    }
    this.#written.delete(service);
    this.#awaited.delete(service);
    return true;
  }

  expect(service: string): void {
    this.#awaited.add(service);
  }

  isAwaited(service: string): boolean {
    return this.#awaited.has(service);
  }

  forget(service: string): void {
    this.#written.delete(service);
    this.#awaited.delete(service);
  }

  #of(service: string): Map<string, number | undefined> {
    let written = this.#written.get(service);
    if (written === undefined) {
      written = new Map();
      this.#written.set(service, written);
    }
    return written;
  }
}

function serviceKeyOf({ metadata }: EndpointSlice): string | undefined {
  if (metadata.labels?.[MANAGED_BY_LABEL] !== MANAGER) return undefined;
  const service = metadata.labels[SERVICE_NAME_LABEL];
  return service === undefined ? undefined : `${metadata.namespace ?? 'default'}/${service}`;
}

function newSlice(
  service: Service,
  family: IpFamilyName,
  ports: readonly EndpointPort[] | undefined,
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace ?? 'default',
      ownerReferences: [controllerRef(service)],
    },
    addressType: family,
    endpoints: [],
    ...(ports === undefined ? {} : { ports }),
  };
}

function sliceLabels(service: Service): StringMap {
  const { [HEADLESS_LABEL]: _headless, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    [MANAGED_BY_LABEL]: MANAGER,
    [SERVICE_NAME_LABEL]: service.metadata.name,
    ...(service.spec.clusterIP === 'None' ? { [HEADLESS_LABEL]: '' } : {}),
  };
}

function withTrigger(slice: EndpointSlice, triggerNs: number | undefined): EndpointSlice {
  const { [TRIGGER_TIME_ANNOTATION]: _before, ...rest } = slice.metadata.annotations ?? {};
  const annotations: StringMap =
    triggerNs === undefined
      ? rest
      : { ...rest, [TRIGGER_TIME_ANNOTATION]: formatNanoTime(triggerNs) };
  return { ...slice, metadata: { ...slice.metadata, annotations } };
}

/** trafficDistribution: a ready endpoint is meant for its own zone (or node). */
function withHints(service: Service, endpoint: Endpoint): Endpoint {
  const distribution = service.spec.trafficDistribution;
  const isByZone =
    distribution === 'PreferClose' ||
    distribution === 'PreferSameZone' ||
    distribution === 'PreferSameNode';
  const { zone, nodeName, conditions } = endpoint;
  if (!isByZone || conditions?.ready === false || zone === undefined) return endpoint;
  const isByNode = distribution === 'PreferSameNode' && nodeName !== undefined;
  return {
    ...endpoint,
    hints: {
      forZones: [{ name: zone }],
      ...(isByNode ? { forNodes: [{ name: nodeName }] } : {}),
    },
  };
}
