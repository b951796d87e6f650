/**
 * EndpointSlice mirroring: Endpoints that people write for Services without a selector, as slices.
 *
 * From: Endpoints, Services. To: EndpointSlices. Copies pkg/controller/endpointslicemirroring.
 */
import {
  type Endpoint,
  type EndpointAddress,
  type EndpointSlice,
  type Endpoints,
  type Informer,
  type Service,
  type StringMap,
  compareText,
  controllerRef,
  jsonEqual,
  splitKey,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges, isSettled } from './context.ts';
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from './endpointslice.ts';

const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export function startEndpointSliceMirroringController(context: ControllerContext): void {
  const services: Informer<Service> = context.informer('services');
  const endpoints: Informer<Endpoints> = context.informer('endpoints');
  const slices: Informer<EndpointSlice> = context.informer('endpointslices');
  slices.addIndex('mirrored', ({ metadata }) =>
    metadata.labels?.[MANAGED_BY_LABEL] === MANAGER
      ? [`${metadata.namespace ?? 'default'}/${metadata.labels[SERVICE_NAME_LABEL] ?? ''}`]
      : [],
  );
  const resources = ['services', 'endpoints', 'endpointslices'];
  const queue = context.reconcile('endpointslicemirroring', resources, sync, {
    queue: { baseDelayNs: NS_PER_SEC },
  });
  enqueueChanges(services, queue);
  enqueueChanges(endpoints, queue);

  function* sync(key: string): Proc<Outcome> {
    const { namespace, name } = splitKey(key);
    const service = services.get(namespace, name);
    const source = endpoints.get(namespace, name);
    const existing = [...slices.byIndex('mirrored', key)];
    const isMirrored =
      source !== undefined &&
      service !== undefined &&
      service.spec.selector === undefined &&
      source.metadata.labels?.[SKIP_LABEL] !== 'true' &&
      source.metadata.annotations?.[LEADER_ANNOTATION] === undefined;
    const wanted = isMirrored ? mirror(source) : [];
    let isWell = true;
    for (const slice of wanted) {
      const at = existing.findIndex(
        (other) =>
          other.addressType === slice.addressType &&
          jsonEqual(other.ports ?? [], slice.ports ?? []),
      );
      const [old] = at < 0 ? [] : existing.splice(at, 1);
      if (old === undefined) {
        isWell = isSettled(yield* context.create('endpointslices', slice)) && isWell;
      } else if (!isSameSlice(old, slice)) {
        const updated = {
          ...slice,
          metadata: { ...old.metadata, labels: slice.metadata.labels },
        } as EndpointSlice;
        isWell = isSettled(yield* context.update('endpointslices', updated)) && isWell;
      }
    }
    for (const slice of existing) {
      isWell = isSettled(yield* context.delete('endpointslices', slice)) && isWell;
    }
    return isWell ? 'done' : 'retry';
  }
}

function isSameSlice(old: EndpointSlice, slice: EndpointSlice): boolean {
  return (
    jsonEqual(old.endpoints, slice.endpoints) &&
    jsonEqual(old.metadata.labels, slice.metadata.labels)
  );
}

/** One slice per subset and address family. */
function mirror(source: Endpoints): EndpointSlice[] {
  const result: EndpointSlice[] = [];
  const { [LAST_APPLIED]: _applied, ...annotations } = source.metadata.annotations ?? {};
  const labels: StringMap = {
    ...source.metadata.labels,
    [MANAGED_BY_LABEL]: MANAGER,
    [SERVICE_NAME_LABEL]: source.metadata.name,
  };
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of source.subsets ?? []) {
    for (const addressType of ['IPv4', 'IPv6'] as const) {
      const isOfFamily = ({ ip }: EndpointAddress): boolean =>
        ip.includes(':') === (addressType === 'IPv6');
      const endpoints = [
        ...addresses.filter(isOfFamily).map((address) => endpointOf(address, true)),
        ...notReadyAddresses.filter(isOfFamily).map((address) => endpointOf(address, false)),
      ];
      if (endpoints.length === 0) continue;
      endpoints.sort((a, b) => compareText(a.addresses[0] ?? '', b.addresses[0] ?? ''));
      result.push({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: '',
          generateName: `${source.metadata.name}-`,
          namespace: source.metadata.namespace ?? 'default',
          labels,
          ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
          ownerReferences: [controllerRef(source)],
        },
        addressType,
        endpoints,
        ports: ports.map(({ name = '', ...port }) => ({ name, protocol: 'TCP', ...port })),
      });
    }
  }
  return result;
}

function endpointOf(
  { ip, hostname, nodeName, targetRef }: EndpointAddress,
  ready: boolean,
): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}
