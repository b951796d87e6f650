/**
 * Which Routes a router serves, and what it says of the others.
 *
 * openshift/router pkg/router/controller {unique_host,host_admitter}.go. With namespaceOwnership Strict the oldest Route's
 * namespace owns the host; inside it the oldest Route has a path; passthrough shares a host with no other TLS. A wildcard
 * Route owns the domain above its host.
 */
import { type Route, compareText, makeKey } from '@podwire/api';
import { plainHost } from './host-table.ts';

/** routeAdmission of the IngressController. */
export interface AdmissionPolicy {
  readonly allowsWildcards: boolean;
  /** InterNamespaceAllowed: any namespace may have a path that is free. */
  readonly sharesHosts: boolean;
}

export interface Admission {
  readonly route: Route;
  /** Undefined: admitted. */
  readonly refused: { readonly reason: string; readonly message: string } | undefined;
}

/** All Routes in the order of their age, each with the verdict. */
export function admitRoutes(routes: readonly Route[], policy: AdmissionPolicy): Admission[] {
  const sorted = [...routes].sort(
    (a, b) =>
      compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
      compareText(a.metadata.uid ?? '', b.metadata.uid ?? ''),
  );
  const holders = new Map<string, Route[]>();
  // By domain, those whose host lies right below it: what a wildcard over it meets.
  const below = new Map<string, Route[]>();
  return sorted.map((route) => {
    const host = servedHost(route);
    const domain = domainOf(plainHost(route.spec.host ?? ''));
    const held = holders.get(host) ?? [];
    const near = below.get(domain) ?? [];
    const refused = judge(route, host, { held, near, policy });
    if (refused === undefined) {
      holders.set(host, [...held, route]);
      below.set(domain, [...near, route]);
    }
    return { route, refused };
  });
}

export function isWildcard({ spec }: Route): boolean {
  return spec.wildcardPolicy === 'Subdomain';
}

/** The host that a Route is served for: a wildcard's stands one label below its domain. */
export function servedHost(route: Route): string {
  const host = plainHost(route.spec.host ?? '');
  return isWildcard(route) && host !== '' ? `*.${domainOf(host)}` : host;
}

function domainOf(host: string): string {
  return host.slice(host.indexOf('.') + 1);
}

interface Rivals {
  /** Of the same host. */
  readonly held: readonly Route[];
  /** Of the same domain, wildcards and others. */
  readonly near: readonly Route[];
  readonly policy: AdmissionPolicy;
}

function judge(route: Route, host: string, { held, near, policy }: Rivals): Admission['refused'] {
  if (host === '') {
    return { reason: 'NoHostValue', message: 'no host value was defined for the route' };
  }
  if (isWildcard(route) && !policy.allowsWildcards) {
    return { reason: 'RouteNotAdmitted', message: 'wildcard routes are not allowed' };
  }
  const claimed = policy.allowsWildcards ? claimProblem(route, near, policy) : undefined;
  if (claimed !== undefined) return { reason: 'HostAlreadyClaimed', message: claimed };
  const [owner] = held;
  if (owner === undefined) return undefined;
  const { name, namespace } = route.metadata;
  if (owner.metadata.namespace !== namespace && !policy.sharesHosts) {
    const message = `a route in another namespace holds ${host} and is older than ${name}`;
    return { reason: 'HostAlreadyClaimed', message };
  }
  const rival = held.find((other) => isSamePath(route, other) || isTlsConflict(route, other));
  if (rival === undefined) return undefined;
  const message = `route ${rival.metadata.name} already exposes ${host} and is older`;
  return { reason: 'HostAlreadyClaimed', message };
}

/** displacedRoutes() of host_admitter.go: asked first where wildcards are allowed. All rivals are older. */
function claimProblem(
  route: Route,
  near: readonly Route[],
  { sharesHosts }: AdmissionPolicy,
): string | undefined {
  const host = plainHost(route.spec.host ?? '');
  const wildcard = `*.${domainOf(host)}`;
  for (const other of near) {
    const { namespace = '', name } = other.metadata;
    const isSameHost = plainHost(other.spec.host ?? '') === host;
    const isOwn = namespace === route.metadata.namespace;
    const isSameKind = isWildcard(other) === isWildcard(route);
    if (!isSameHost && !isWildcard(other) && !isWildcard(route)) continue;
    // Within a namespace specific hosts and wildcards live side by side, and so do paths.
    if (isOwn || sharesHosts) {
      const isSamePathText = (other.spec.path ?? '') === (route.spec.path ?? '');
      if (!isSameKind || !isSamePathText || isPassthrough(other) !== isPassthrough(route)) continue;
    }
    if (!isOwn) return `a route in another namespace holds host ${route.spec.host ?? ''}`;
    if (isWildcard(other)) {
      return `wildcard route ${namespace}/${name} has host ${wildcard}, blocking ${host}`;
    }
    return `route ${namespace}/${name} has host ${other.spec.host ?? ''}`;
  }
  return undefined;
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
