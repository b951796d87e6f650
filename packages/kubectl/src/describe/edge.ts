/**
 * `kubectl describe ingress|ingressclass` and `oc describe route`.
 */
import {
  type EndpointSlice,
  type Ingress,
  type IngressBackend,
  type IngressClass,
  type KubeObject,
  type Route,
  type RouteIngress,
  SCHEME,
  type Service,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { sinceInWords } from '../docker-duration.ts';
import { isFailure } from '../failure.ts';
import { ingressAddress } from '../printers/edge.ts';
import type { Session } from '../session.ts';
import { endpointsText, slicesOfName } from './service.ts';
import type { DescribeWriter } from './writer.ts';

export function* describeIngress(session: Session, object: KubeObject, w: DescribeWriter): Proc {
  const ingress = object as Ingress;
  const { metadata, spec } = ingress;
  const namespace = metadata.namespace ?? '';
  w.field(0, 'Name', metadata.name);
  w.labels('Labels', metadata.labels);
  w.field(0, 'Namespace', namespace);
  w.field(0, 'Address', ingressAddress(ingress, true));
  w.field(0, 'Ingress Class', spec.ingressClassName ?? '<none>');
  const { defaultBackend, tls = [] } = spec;
  const whenNone =
    defaultBackend === undefined
      ? '<default>'
      : yield* backendText(session, namespace, defaultBackend);
  w.field(0, 'Default backend', whenNone);
  if (tls.length > 0) w.line(0, 'TLS:');
  for (const { hosts = [], secretName = '' } of tls) {
    const how = secretName === '' ? 'SNI routes' : `${secretName} terminates`;
    w.line(1, `${how} ${hosts.join(',')}`);
  }
  w.line(0, 'Rules:');
  w.line(1, 'Host\tPath\tBackends');
  w.line(1, '----\t----\t--------');
  const rules = (spec.rules ?? []).filter(({ http }) => http !== undefined);
  for (const { host = '', http } of rules) {
    w.line(1, `${host === '' ? '*' : host}\t`);
    for (const { path = '', backend } of http?.paths ?? []) {
      w.line(2, `\t${path} \t${yield* backendText(session, namespace, backend)}`);
    }
  }
  if (rules.length === 0) w.line(1, `*\t*\t${whenNone}`);
  w.annotations('Annotations', metadata.annotations);
}

/** `hello:80 (10.244.1.2:8080)`. */
function* backendText(
  session: Session,
  namespace: string,
  { service, resource }: IngressBackend,
): Proc<string> {
  if (service === undefined) {
    if (resource === undefined) return '';
    const { apiGroup = '<none>', kind, name } = resource;
    return `APIGroup: ${apiGroup}, Kind: ${kind}, Name: ${name}`;
  }
  const { name, port = {} } = service;
  const place = `${name}:${port.name ?? String(port.number ?? 0)}`;
  const info = SCHEME.byKind('v1', 'Service');
  if (info === undefined) return place;
  const slices = yield* slicesOfName(session, namespace, name);
  const found = yield* session.get(info, namespace, name);
  if (isFailure(found)) return `${place} (<error: ${found.message}>)`;
  const ports = (found as Service).spec.ports ?? [];
  const matching = ports.find((each) =>
    port.number === undefined ? each.name === port.name : each.port === port.number,
  );
  return `${place} (${endpointsText(slices, matching?.name ?? '')})`;
}

export function describeIngressClass(object: KubeObject, w: DescribeWriter): void {
  const { metadata, spec } = object as IngressClass;
  w.field(0, 'Name', metadata.name);
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
  w.field(0, 'Controller', spec.controller ?? '');
  const { parameters } = spec;
  if (parameters === undefined) return;
  w.line(0, 'Parameters:');
  if (parameters.apiGroup !== undefined) w.field(1, 'APIGroup', parameters.apiGroup);
  w.field(1, 'Kind', parameters.kind);
  w.field(1, 'Name', parameters.name);
}

/** openshift/oc pkg/helpers/describe RouteDescriber. */
export function* describeRoute(session: Session, object: KubeObject, w: DescribeWriter): Proc {
  const { metadata, spec, status } = object as Route;
  const nowNs = session.nowNs();
  w.field(0, 'Name', metadata.name);
  w.field(0, 'Namespace', metadata.namespace ?? '');
  w.field(0, 'Created', agoText(metadata.creationTimestamp, nowNs));
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
  const { host = '' } = spec;
  w.field(0, 'Requested Host', host === '' ? '<auto>' : host);
  for (const ingress of status?.ingress ?? []) writeAdmission(w, ingress, host, nowNs);
  w.field(0, 'Path', noneWhenEmpty(spec.path));
  w.field(0, 'TLS Termination', noneWhenEmpty(spec.tls?.termination));
  w.field(0, 'Insecure Policy', noneWhenEmpty(spec.tls?.insecureEdgeTerminationPolicy));
  const port = spec.port === undefined ? '<all endpoint ports>' : String(spec.port.targetPort);
  w.field(0, 'Endpoint Port', port);
  const targets = [spec.to, ...(spec.alternateBackends ?? [])];
  const total = targets.reduce((sum, { weight = 0 }) => sum + weight, 0);
  for (const { name, weight = 0 } of targets) {
    w.line(0, '');
    w.field(0, 'Service', name);
    const share = weight > 0 ? `${weight} (${Math.floor((weight * 100) / total)}%)` : '0';
    w.field(0, 'Weight', share);
    const slices = yield* slicesOfName(session, metadata.namespace ?? '', name);
    w.field(0, 'Endpoints', allEndpointsText(slices));
  }
}

function noneWhenEmpty(text: string | undefined): string {
  return text === undefined || text === '' ? '<none>' : text;
}

function agoText(time: string | undefined, nowNs: number): string {
  const words = sinceInWords(time, nowNs);
  return words === '' ? '<unknown>' : `${words} ago`;
}

function writeAdmission(
  w: DescribeWriter,
  ingress: RouteIngress,
  host: string,
  nowNs: number,
): void {
  const condition = ingress.conditions?.find(({ type }) => type === 'Admitted');
  const { routerName = '', routerCanonicalHostname: canonical = '' } = ingress;
  const at = canonical === '' ? '' : ` (host ${canonical})`;
  const when = agoText(condition?.lastTransitionTime, nowNs);
  const isAsked = ingress.host === host;
  if (condition?.status === 'True') {
    const what = isAsked ? '' : `${ingress.host ?? ''} `;
    w.line(0, `\t${what}exposed on router ${routerName}${at} ${when}`);
  } else if (condition?.status === 'False') {
    w.line(0, `\trejected by router ${routerName}: ${at} ${condition.reason ?? ''} (${when})`);
    if ((condition.message ?? '') !== '') w.line(0, `\t  ${condition.message ?? ''}`);
  }
}

/** All ready endpoints of all ports, the first three shown. */
function allEndpointsText(slices: readonly EndpointSlice[]): string {
  const all = slices.flatMap(({ endpoints, ports = [] }) =>
    ports.flatMap(({ port = 0 }) =>
      endpoints
        .filter(({ conditions }) => conditions?.ready !== false)
        .map(({ addresses }) => `${addresses[0] ?? ''}:${port}`),
    ),
  );
  if (all.length === 0) return '<none>';
  const shown = all.slice(0, 3).join(', ');
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}
