/**
 * Which Routes a router serves, and what it says of the others.
 *
 * openshift/router pkg/router/controller {unique_host,host_admitter}.go with namespaceOwnership Strict: the oldest
 * Route's namespace owns the host; inside it the oldest Route has a path; passthrough shares a host with no other TLS.
 */
import { type Route, compareText, makeKey } from '@podwire/api';
import { plainHost } from './host-table.ts';

export interface Admission {
  readonly route: Route;
  /** Undefined: admitted. */
  readonly refused: { readonly reason: string; readonly message: string } | undefined;
}

/** All Routes in the order of their age, each with the verdict. */
export function admitRoutes(routes: readonly Route[]): Admission[] {
  const sorted = [...routes].sort(
    (a, b) =>
      compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
      compareText(a.metadata.uid ?? '', b.metadata.uid ?? ''),
  );
  const holders = new Map<string, Route[]>();
  return sorted.map((route) => {
    const host = plainHost(route.spec.host ?? '');
    const held = holders.get(host) ?? [];
    const refused = judge(route, host, held);
    if (refused === undefined) holders.set(host, [...held, route]);
    return { route, refused };
  });
}

function judge(route: Route, host: string, held: readonly Route[]): Admission['refused'] {
  if (host === '') {
    return { reason: 'NoHostValue', message: 'no host value was defined for the route' };
  }
  if (route.spec.wildcardPolicy === 'Subdomain') {
    return { reason: 'RouteNotAdmitted', message: 'wildcard routes are not allowed' };
  }
  const [owner] = held;
  if (owner === undefined) return undefined;
  const { name, namespace } = route.metadata;
  if (owner.metadata.namespace !== namespace) {
    const message = `a route in another namespace holds ${host} and is older than ${name}`;
    return { reason: 'HostAlreadyClaimed', message };
  }
  const rival = held.find((other) => isSamePath(route, other) || isTlsConflict(route, other));
  if (rival === undefined) return undefined;
  const message = `route ${rival.metadata.name} already exposes ${host} and is older`;
  return { reason: 'HostAlreadyClaimed', message };
}

/** An empty path and `/` are different texts; passthrough and plain HTTP do not meet. */
function isSamePath(a: Route, b: Route): boolean {
  return (a.spec.path ?? '') === (b.spec.path ?? '') && isPassthrough(a) === isPassthrough(b);
}

function isTlsConflict(a: Route, b: Route): boolean {
  if (a.spec.tls === undefined || b.spec.tls === undefined) return false;
  return isPassthrough(a) !== isPassthrough(b);
}

export function isPassthrough({ spec }: Route): boolean {
  return spec.tls?.termination === 'passthrough';
}

export function routeKey({ metadata }: Route): string {
  return makeKey(metadata.namespace, metadata.name);
}
