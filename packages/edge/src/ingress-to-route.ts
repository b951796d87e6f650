/**
 * Makes Routes of Ingresses, as OpenShift's route-controller-manager does (pkg/route/ingress/ingress.go).
 *
 * From: Ingresses without a class, or of a class of openshift.io/ingress-to-route. To: a Route for each path that a router
 * can serve; rules that no Route can stand for are left out and told by an event.
 */
import {
  type ApiClient,
  EventRecorder,
  type HttpIngressPath,
  type Informer,
  type Ingress,
  type IngressClass,
  type Route,
  type RouteSpec,
  type Secret,
  controllerRef,
  jsonEqual,
} from '@podwire/api';
import type { HostSim, Proc, Process } from '@podwire/engine';
import { utf8Decode } from '@podwire/wire';
import { fromBase64 } from './certificate.ts';
import { EdgeWatch } from './edge-watch.ts';
import { findServicePort } from './endpoints.ts';

const CONTROLLER = 'openshift.io/ingress-to-route';
const INCOMPLETE = 'IncompleteIngressToRouteRules';

export class IngressToRoute {
  readonly #client: ApiClient;
  readonly #watch: EdgeWatch;
  readonly #ingresses: Informer<Ingress>;
  readonly #classes: Informer<IngressClass>;
  readonly #routes: Informer<Route>;
  readonly #secrets: Informer<Secret>;
  readonly #events: EventRecorder;
  readonly #process: Process;
  /** Routes that were made and that the watch has not shown yet. */
  readonly #made = new Set<string>();
  /** What was told of an Ingress last. */
  readonly #told = new Map<string, string>();

  constructor(sim: HostSim, client: ApiClient) {
    this.#client = client;
    this.#watch = new EdgeWatch(sim, client);
    this.#ingresses = this.#watch.ingresses();
    this.#classes = this.#watch.ingressClasses();
    this.#routes = this.#watch.routes();
    this.#secrets = this.#watch.secrets();
    this.#events = new EventRecorder(client, sim, 'ingress-to-route-controller');
    this.#process = sim.spawn('ingress-to-route', this.#run());
  }

  stop(): void {
    this.#process.cancel();
    this.#watch.stop();
  }

  *#run(): Proc {
    yield* this.#watch.synced();
    for (;;) {
      for (const ingress of Array.from(this.#ingresses.items.values())) {
        if (this.#isOwn(ingress)) yield* this.#sync(ingress);
      }
      yield* this.#watch.changed.wait();
    }
  }

  #isOwn({ metadata, spec }: Ingress): boolean {
    const { ingressClassName } = spec;
    if (metadata.deletionTimestamp !== undefined) return false;
    if (ingressClassName === undefined) return true;
    return this.#classes.get(undefined, ingressClassName)?.spec.controller === CONTROLLER;
  }

  *#sync(ingress: Ingress): Proc {
    const { name, namespace = '', uid } = ingress.metadata;
    const wanted = this.#wanted(ingress);
    const mine = [...this.#routes.items.values()].filter(({ metadata }) =>
      (metadata.ownerReferences ?? []).some((owner) => owner.uid === uid),
    );
    for (const spec of wanted) {
      const there = mine.find((route) => isSamePlace(route.spec, spec));
      const place = `${uid ?? ''} ${spec.host ?? ''} ${spec.path ?? ''}`;
      if (there !== undefined) this.#made.delete(place);
      if (there === undefined) {
        if (this.#made.has(place)) continue;
        this.#made.add(place);
        const { labels, annotations } = ingress.metadata;
        const metadata = {
          generateName: `${name}-`,
          namespace,
          ...(labels === undefined ? {} : { labels }),
          ...(annotations === undefined ? {} : { annotations }),
          ownerReferences: [controllerRef(ingress)],
        };
        yield* this.#client.request({
          verb: 'create',
          resource: 'routes',
          namespace,
          body: { metadata, spec },
        });
      } else if (!isSameDesire(there.spec, spec)) {
        yield* this.#client.request({
          verb: 'update',
          resource: 'routes',
          namespace,
          name: there.metadata.name,
          body: { ...there, spec: { ...there.spec, ...spec } },
        });
      }
    }
    for (const route of mine) {
      if (wanted.some((spec) => isSamePlace(route.spec, spec))) continue;
      const { name: gone } = route.metadata;
      yield* this.#client.request({ verb: 'delete', resource: 'routes', namespace, name: gone });
    }
    yield* this.#report(ingress, mine);
  }

  /** The Routes that the Ingress stands for. */
  #wanted(ingress: Ingress): RouteSpec[] {
    const left: string[] = [];
    const wanted = (ingress.spec.rules ?? []).flatMap(({ host = '', http }, rule) =>
      (http?.paths ?? []).flatMap((path, index) => {
        const spec = host === '' ? undefined : this.#routeOf(ingress, host, path);
        if (spec === undefined) left.push(`spec.rules[${rule}].http.paths[${index}]`);
        return spec === undefined ? [] : [spec];
      }),
    );
    const key = ingress.metadata.uid ?? '';
    const told = left.join(', ');
    if (told !== '' && this.#told.get(key) !== told) {
      const message = `Some rules cannot be served by a Route: ${told}`;
      this.#events.event(ingress, 'Warning', INCOMPLETE, message);
    }
    this.#told.set(key, told);
    return wanted;
  }

  #routeOf(
    ingress: Ingress,
    host: string,
    { path = '', pathType, backend }: HttpIngressPath,
  ): RouteSpec | undefined {
    const namespace = ingress.metadata.namespace ?? '';
    const { service } = backend;
    if (service === undefined || pathType === 'Exact') return undefined;
    const found = this.#watch.service(namespace, service.name);
    const port = found === undefined ? undefined : findServicePort(found, service.port ?? {});
    if (port === undefined) return undefined;
    const tls = this.#tlsOf(ingress, host);
    if (tls === 'missing') return undefined;
    const isWildcard = host.startsWith('*.');
    return {
      host: isWildcard ? `wildcard${host.slice(1)}` : host,
      ...(path === '' ? {} : { path }),
      to: { kind: 'Service', name: service.name, weight: 100 },
      ...(port.name === undefined ? {} : { port: { targetPort: port.name } }),
      ...(tls === undefined ? {} : { tls }),
      wildcardPolicy: isWildcard ? 'Subdomain' : 'None',
    };
  }

  /** Edge with the Secret's certificate; one empty entry means the router's own; 'missing': no usable Secret. */
  #tlsOf({ metadata, spec }: Ingress, host: string): RouteSpec['tls'] | 'missing' {
    const edge = { termination: 'edge', insecureEdgeTerminationPolicy: 'Redirect' } as const;
    for (const { hosts = [], secretName = '' } of spec.tls ?? []) {
      if (hosts.length === 0 && secretName === '') return edge;
      if (!hosts.includes(host)) continue;
      const secret = this.#secrets.get(metadata.namespace, secretName);
      const data = secret?.type === 'kubernetes.io/tls' ? secret.data : undefined;
      if (data?.['tls.crt'] === undefined || data['tls.key'] === undefined) return 'missing';
      return {
        ...edge,
        certificate: utf8Decode(fromBase64(data['tls.crt'])),
        key: utf8Decode(fromBase64(data['tls.key'])),
      };
    }
    return undefined;
  }

  /** The names of the routers that took its Routes in become the Ingress's status. */
  *#report(ingress: Ingress, routes: readonly Route[]): Proc {
    const names = new Set<string>();
    for (const { status } of routes) {
      for (const { conditions = [], routerCanonicalHostname = '' } of status?.ingress ?? []) {
        const isIn = conditions.some(
          ({ type, status: is }) => type === 'Admitted' && is === 'True',
        );
        if (isIn && routerCanonicalHostname !== '') names.add(routerCanonicalHostname);
      }
    }
    const wanted = [...names].sort().map((hostname) => ({ hostname }));
    if (jsonEqual(ingress.status?.loadBalancer?.ingress ?? [], wanted)) return;
    const loadBalancer = wanted.length === 0 ? {} : { ingress: wanted };
    yield* this.#client.request({
      verb: 'update',
      resource: 'ingresses',
      namespace: ingress.metadata.namespace ?? '',
      name: ingress.metadata.name,
      subresource: 'status',
      body: { ...ingress, status: { loadBalancer } },
    });
  }
}

function isSamePlace(a: RouteSpec, b: RouteSpec): boolean {
  return a.host === b.host && (a.path ?? '') === (b.path ?? '');
}

/** Hands may change the insecure policy and weights of a Route that was made. */
function isSameDesire(a: RouteSpec, b: RouteSpec): boolean {
  return (
    a.to.name === b.to.name &&
    jsonEqual(a.port, b.port) &&
    a.tls?.termination === b.tls?.termination &&
    a.tls?.certificate === b.tls?.certificate
  );
}
