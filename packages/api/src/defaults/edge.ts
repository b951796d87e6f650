/**
 * Defaults of IngressClass, Route and MetalLB's pools, and what the server fills into a new Ingress or Route.
 *
 * Route: openshift/library-go pkg/route/defaulting, hostassignment. Ingress: the admission plugin DefaultIngressClass.
 */
import { type Draft, child, ensure, items, setDefault, text } from '../draft.ts';
import { compareText } from '../object.ts';
import type { Store } from '../store.ts';
import type { IngressClass } from '../types/ingress.ts';

export function defaultIngressClass(ingressClass: Draft): void {
  const parameters = child(ensure(ingressClass, 'spec'), 'parameters');
  if (parameters !== undefined) setDefault(parameters, 'scope', 'Cluster');
}

/** Defaults of the CRD's own schema. */
export function defaultAddressPool(pool: Draft): void {
  const spec = ensure(pool, 'spec');
  setDefault(spec, 'autoAssign', true);
  setDefault(spec, 'avoidBuggyIPs', false);
}

/** Weight of a target that names none. */
const TARGET_WEIGHT = 100;

export function defaultRoute(route: Draft): void {
  const spec = ensure(route, 'spec');
  setDefault(spec, 'wildcardPolicy', 'None');
  for (const target of [ensure(spec, 'to'), ...items(spec, 'alternateBackends')]) {
    if (text(target, 'kind') === '' && !Object.isFrozen(target)) target['kind'] = 'Service';
    setDefault(target, 'weight', TARGET_WEIGHT);
  }
  const tls = child(spec, 'tls');
  if (tls === undefined || Object.isFrozen(tls)) return;
  if (text(tls, 'termination') === '' && text(tls, 'destinationCACertificate') === '') {
    tls['termination'] = 'edge';
  }
}

const HOST_GENERATED = 'openshift.io/host.generated';

/** A Route without a host gets `<name>-<namespace>.<apps domain>`; dots of its name become dashes. */
export function assignRouteHost(route: Draft, appsDomain: string | undefined): void {
  const spec = ensure(route, 'spec');
  const isAsked = text(spec, 'host') !== '' || text(spec, 'subdomain') !== '';
  if (isAsked || appsDomain === undefined || spec['wildcardPolicy'] === 'Subdomain') return;
  const metadata = ensure(route, 'metadata');
  const name = text(metadata, 'name').replaceAll('.', '-');
  spec['host'] = `${name}-${text(metadata, 'namespace')}.${appsDomain}`;
  metadata['annotations'] = { ...child(metadata, 'annotations'), [HOST_GENERATED]: 'true' };
}

const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';
const LEGACY_CLASS = 'kubernetes.io/ingress.class';

/** A new Ingress that names no class gets the default one; of several the newest, then the first by name. */
export function assignIngressClass(ingress: Draft, store: Store): void {
  const spec = ensure(ingress, 'spec');
  const annotations = child(ensure(ingress, 'metadata'), 'annotations');
  if (spec['ingressClassName'] !== undefined || annotations?.[LEGACY_CLASS] !== undefined) return;
  const defaults = (store.list('ingressclasses') as readonly IngressClass[]).filter(
    ({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true',
  );
  const [first] = [...defaults].sort(
    (a, b) =>
      compareText(b.metadata.creationTimestamp ?? '', a.metadata.creationTimestamp ?? '') ||
      compareText(a.metadata.name, b.metadata.name),
  );
  if (first !== undefined) spec['ingressClassName'] = first.metadata.name;
}
