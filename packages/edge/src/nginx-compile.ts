/**
 * Ingress objects → what ingress-nginx's nginx would be configured to do.
 *
 * From: ingress-nginx.ts, whenever objects changed. To: a HostTable of locations. One nginx server a host; the oldest
 * Ingress wins a path; `=` locations beat prefixes, the longest prefix wins; a host whose Ingresses use regular
 * expressions has nothing but those (internal/ingress/controller/{controller,store}.go, template.go).
 */
import {
  type Ingress,
  type IngressBackend,
  type PathType,
  compareText,
  makeKey,
} from '@podwire/api';
import type { Rng } from '@podwire/base';
import { Balancer, serverOf } from './balance.ts';
import {
  type ClusterView,
  externalEndpoints,
  findServicePort,
  readyEndpoints,
} from './endpoints.ts';
import { HostTable, type PathRule } from './host-table.ts';
import { type Canary, type NginxAnnotations, readNginxAnnotations } from './nginx-annotations.ts';

/** A Service's port and the endpoints behind it now. */
export interface Upstream {
  readonly name: string;
  readonly balancer: Balancer;
}

export interface Location {
  /** As the Ingress has it; a session cookie is for it. */
  readonly path: string;
  readonly annotations: NginxAnnotations;
  /** Undefined: the controller's own 404. */
  readonly upstream: Upstream | undefined;
  readonly canary: { readonly rule: Canary; readonly upstream: Upstream } | undefined;
  /** The host has a certificate configured: plain HTTP is redirected. */
  readonly hasTls: boolean;
  /** Instead of proxying: nginx adds the slash that its location ends with. */
  readonly addsSlash: boolean;
  /** The Ingress's paths are regular expressions. */
  readonly isRegex: boolean;
}

interface DraftLocation {
  readonly ingress: Ingress;
  readonly annotations: NginxAnnotations;
  readonly path: string;
  readonly pathType: PathType;
  readonly backend: IngressBackend;
  canary: { rule: Canary; backend: IngressBackend; namespace: string } | undefined;
}

export interface NginxConfig {
  readonly table: HostTable<Location>;
  /** Balancers by Service and port: endpoint changes reach them without a new table. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
}

/** The order in which Ingresses are heard: the oldest first, of equals the later by name. */
export function byAge(ingresses: readonly Ingress[]): Ingress[] {
  const key = ({ metadata }: Ingress): string => makeKey(metadata.namespace, metadata.name);
  return [...ingresses].sort(
    (a, b) =>
      compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
      compareText(key(b), key(a)),
  );
}

export function compileNginx(
  ingresses: readonly Ingress[],
  view: ClusterView,
  rng: Rng,
): NginxConfig {
  const hosts = new Map<string, DraftLocation[]>([['', []]]);
  const tlsHosts = new Set<string>();
  const heard = byAge(ingresses).map((ingress) => ({
    ingress,
    annotations: readNginxAnnotations(ingress),
  }));
  for (const { ingress, annotations } of heard) {
    if (annotations.canary !== undefined) continue;
    for (const { hosts: names = [] } of ingress.spec.tls ?? []) {
      for (const name of names) tlsHosts.add(name);
    }
    addIngress(hosts, ingress, annotations);
  }
  for (const { ingress, annotations } of heard) {
    if (annotations.canary !== undefined) addCanary(hosts, ingress, annotations.canary);
  }
  const upstreams = new Map<string, Upstream>();
  const upstreamOf = (namespace: string, backend: IngressBackend): Upstream | undefined => {
    const { service } = backend;
    if (service === undefined) return undefined;
    const port = service.port?.name ?? String(service.port?.number ?? 0);
    const name = `${namespace}-${service.name}-${port}`;
    let upstream = upstreams.get(name);
    if (upstream === undefined) {
      const servers = serversOf(view, namespace, backend).map((each) => serverOf(each));
      upstream = { name, balancer: new Balancer(servers, 'roundrobin', rng) };
      upstreams.set(name, upstream);
    }
    return upstream;
  };
  const rules = new Map<string, PathRule<Location>[]>();
  for (const [host, drafts] of hosts) {
    const hasTls = tlsHosts.has(host);
    rules.set(host, compileHost(drafts, hasTls, upstreamOf));
  }
  return { table: new HostTable(rules, false), upstreams };
}

function serversOf(
  view: ClusterView,
  namespace: string,
  { service }: IngressBackend,
): ReturnType<typeof readyEndpoints> {
  const found = service === undefined ? undefined : view.service(namespace, service.name);
  if (found?.spec.type === 'ExternalName') {
    return externalEndpoints(found, service?.port ?? {}, view);
  }
  const port = found === undefined ? undefined : findServicePort(found, service?.port ?? {});
  if (service === undefined || port === undefined) return [];
  const name = port.name ?? '';
  return readyEndpoints(
    service.name,
    view.slices(namespace, service.name),
    (each) => each === name,
  );
}

function addIngress(
  hosts: Map<string, DraftLocation[]>,
  ingress: Ingress,
  annotations: NginxAnnotations,
): void {
  const { rules = [], defaultBackend } = ingress.spec;
  const add = (host: string, path: string, pathType: PathType, backend: IngressBackend): void => {
    const list = hosts.get(host) ?? [];
    hosts.set(host, list);
    const isTaken = list.some((each) => each.path === path && each.pathType === pathType);
    if (isTaken || backend.service === undefined) return;
    list.push({ ingress, annotations, path, pathType, backend, canary: undefined });
  };
  for (const { host = '', http } of rules) {
    if (!hosts.has(host)) hosts.set(host, []);
    for (const { path = '', pathType = 'ImplementationSpecific', backend } of http?.paths ?? []) {
      add(host, path === '' ? '/' : path, pathType, backend);
    }
  }
  if (defaultBackend === undefined) return;
  const own = rules.length === 0 ? [''] : rules.map(({ host = '' }) => host);
  for (const host of own) {
    const hasRoot = (hosts.get(host) ?? []).some(({ path }) => path === '/');
    if (!hasRoot) add(host, '/', 'Prefix', defaultBackend);
  }
}

/** A canary never makes a location; one a location is used. */
function addCanary(hosts: Map<string, DraftLocation[]>, ingress: Ingress, rule: Canary): void {
  for (const { host = '', http } of ingress.spec.rules ?? []) {
    for (const { path = '/', pathType, backend } of http?.paths ?? []) {
      const main = hosts
        .get(host)
        ?.find((each) => each.path === path && each.pathType === pathType);
      if (main === undefined || main.canary !== undefined) continue;
      main.canary = { rule, backend, namespace: ingress.metadata.namespace ?? '' };
    }
  }
}

function compileHost(
  drafts: readonly DraftLocation[],
  hasTls: boolean,
  upstreamOf: (namespace: string, backend: IngressBackend) => Upstream | undefined,
): PathRule<Location>[] {
  const isRegex = drafts.some(
    ({ annotations }) => annotations.usesRegex || annotations.rewriteTarget !== undefined,
  );
  const locationOf = (draft: DraftLocation, addsSlash = false): Location => {
    const { ingress, annotations, path, backend, canary } = draft;
    const upstream = upstreamOf(ingress.metadata.namespace ?? '', backend);
    const other = canary === undefined ? undefined : upstreamOf(canary.namespace, canary.backend);
    return {
      path,
      annotations,
      upstream,
      canary:
        canary === undefined || other === undefined
          ? undefined
          : { rule: canary.rule, upstream: other },
      hasTls,
      addsSlash,
      isRegex,
    };
  };
  if (isRegex) return regexRules(drafts, locationOf);
  const exact: PathRule<Location>[] = [];
  const prefixes: { readonly length: number; readonly rule: PathRule<Location> }[] = [];
  const addExact = (path: string, value: Location): void => {
    exact.push({ value, match: (asked) => (asked === path ? [asked] : undefined) });
  };
  const addPrefix = (path: string, value: Location): void => {
    const match = (asked: string): readonly string[] | undefined =>
      asked.startsWith(path) ? [asked] : undefined;
    prefixes.push({ length: path.length, rule: { value, match } });
  };
  for (const draft of drafts.filter(({ pathType }) => pathType === 'Exact')) {
    addExact(draft.path, locationOf(draft));
  }
  for (const draft of drafts) {
    const { path, pathType } = draft;
    if (pathType === 'Exact') continue;
    const value = locationOf(draft);
    if (pathType === 'ImplementationSpecific' || path === '/') addPrefix(path, value);
    else if (path.endsWith('/')) addPrefix(path, value);
    else {
      addExact(path, value);
      addPrefix(`${path}/`, value);
    }
  }
  // nginx itself answers a path that lacks but the slash of a location, where no `=` location has it.
  for (const draft of drafts) {
    const { path, pathType } = draft;
    if (pathType !== 'Prefix' || path === '/' || !path.endsWith('/')) continue;
    addExact(path.slice(0, -1), locationOf(draft, true));
  }
  prefixes.sort((a, b) => b.length - a.length);
  return [...exact, ...prefixes.map(({ rule }) => rule)];
}

/** `location ~* "^path"`, the longest path first; what is no regular expression matches nothing. */
function regexRules(
  drafts: readonly DraftLocation[],
  locationOf: (draft: DraftLocation) => Location,
): PathRule<Location>[] {
  const sorted = [...drafts].sort((a, b) => b.path.length - a.path.length);
  return sorted.flatMap((draft) => {
    const pattern = readPattern(`^${draft.path}`);
    if (pattern === undefined) return [];
    return [{ value: locationOf(draft), match: (path: string) => pattern.exec(path) ?? undefined }];
  });
}

export function readPattern(source: string, flags = 'i'): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}
