/**
 * Validation of Route (openshift/library-go pkg/route/validation).
 *
 * Not modelled: whether certificates can be parsed, the permission routes/custom-host (podwire has no users).
 */
import type { Route, RouteHeaderAction, RouteTarget, RouteTls } from '../types/route.ts';
import { type FieldError, invalidValue, notSupported, required } from './field-error.ts';
import { validateImmutable } from './meta.ts';
import { dns1123Label, dns1123Subdomain } from './names.ts';

const ANY_HOST = 'route.openshift.io/allow-non-dns-compliant-host';

export function validateRoute(route: Route): FieldError[] {
  return validateSpec(route, true);
}

export function validateRouteUpdate(route: Route, old: Route): FieldError[] {
  const before = old.spec.host ?? '';
  const isChecked =
    route.spec.host !== old.spec.host && (before === '' || labelProblems(before).length === 0);
  return [
    ...validateImmutable('spec.wildcardPolicy', route.spec.wildcardPolicy, old.spec.wildcardPolicy),
    ...validateSpec(route, isChecked),
  ];
}

function labelProblems(host: string): string[] {
  return host.split('.').flatMap((label) => dns1123Label(label, false));
}

function validateSpec(route: Route, isHostChecked: boolean): FieldError[] {
  const { spec } = route;
  const { host = '', path = '', tls, port } = spec;
  const found: FieldError[] = [];
  if (host !== '') {
    if (dns1123Subdomain(host, false).length > 0) {
      found.push(
        invalidValue('spec.host', host, 'host must conform to DNS 952 subdomain conventions'),
      );
    }
    if (isHostChecked && route.metadata.annotations?.[ANY_HOST] !== 'true') {
      for (const problem of labelProblems(host)) {
        found.push(invalidValue('spec.host', host, problem));
      }
    }
  }
  found.push(...validateSubdomain(spec.subdomain ?? ''));
  found.push(...validateWildcard(host, spec.wildcardPolicy ?? ''));
  found.push(...validateHeaders(route));
  if (path !== '' && !path.startsWith('/')) {
    found.push(invalidValue('spec.path', path, 'path must begin with /'));
  }
  if (path !== '' && tls?.termination === 'passthrough') {
    found.push(invalidValue('spec.path', path, 'passthrough termination does not support paths'));
  }
  found.push(...validateTarget(spec.to, 'spec.to'));
  const others = spec.alternateBackends ?? [];
  if (others.length > 3) {
    found.push(required('spec.alternateBackends', 'cannot specify more than 3 alternate backends'));
  }
  for (const [index, target] of others.entries()) {
    found.push(...validateTarget(target, `spec.alternateBackends[${index}]`));
  }
  if (port !== undefined && (port.targetPort === 0 || port.targetPort === '')) {
    found.push(required('spec.port.targetPort'));
  }
  if (tls !== undefined) found.push(...validateTls(tls));
  return found;
}

function validateSubdomain(subdomain: string): FieldError[] {
  if (subdomain === '') return [];
  const found: FieldError[] = [];
  if (subdomain.length > 253) {
    found.push(invalidValue('spec.subdomain', subdomain, 'must be no more than 253 characters'));
  }
  for (const label of subdomain.split('.')) {
    const problems = dns1123Label(label, false);
    if (problems.length > 0) {
      found.push(invalidValue('spec.subdomain', label, problems.join(', ')));
    }
  }
  return found;
}

function validateWildcard(host: string, policy: string): FieldError[] {
  if (policy === '' || policy === 'None') return [];
  if (policy !== 'Subdomain') {
    return [notSupported('spec.wildcardPolicy', policy, ['None', 'Subdomain'])];
  }
  if (host !== '') return [];
  return [
    invalidValue('spec.wildcardPolicy', policy, 'host name not specified for wildcard policy'),
  ];
}

function validateTarget({ kind, name, weight }: RouteTarget, at: string): FieldError[] {
  const found: FieldError[] = [];
  if (name === '') found.push(required(`${at}.name`));
  if (kind !== 'Service') {
    found.push(invalidValue(`${at}.kind`, kind, 'must reference a Service'));
  }
  if (weight !== undefined && (weight < 0 || weight > 256)) {
    const why = 'weight must be an integer between 0 and 256';
    found.push(invalidValue(`${at}.weight`, weight, why));
  }
  return found;
}

const HEADERS_MAX = 20;
const HEADER_NAME_BYTES_MAX = 255;
/** Headers that Route actions may not touch. */
const FORBIDDEN_HEADERS = ['strict-transport-security', 'proxy', 'cookie', 'set-cookie'];

function validateHeaders({ spec }: Route): FieldError[] {
  const { request = [], response = [] } = spec.httpHeaders?.actions ?? {};
  const found: FieldError[] = [];
  if (request.length + response.length > 0 && spec.tls?.termination === 'passthrough') {
    const why = 'only edge and re-encrypt routes are supported for providing customized headers.';
    found.push(invalidValue('spec.tls.termination', 'passthrough', why));
  }
  for (const [side, actions] of [
    ['response', response],
    ['request', request],
  ] as const) {
    const at = `spec.httpHeaders.actions.${side}`;
    if (actions.length > HEADERS_MAX) {
      const why = `${side} headers list can't exceed ${HEADERS_MAX} items`;
      found.push(invalidValue(at, actions, why));
    } else
      for (const [index, action] of actions.entries()) {
        found.push(...validateHeader(action, `${at}[${index}]`));
      }
  }
  return found;
}

function validateHeader({ name, action }: RouteHeaderAction, at: string): FieldError[] {
  const found: FieldError[] = [];
  const isName = /^[-!#$%&'*+.0-9A-Z^_`a-z|~]+$/.test(name);
  if (name === '') found.push(required(`${at}.name`));
  else if (FORBIDDEN_HEADERS.includes(name.toLowerCase())) {
    found.push({
      ...invalidValue(`${at}.name`, name, ''),
      kind: 'Forbidden',
      text: `Forbidden: the following headers may not be modified using this API: ${FORBIDDEN_HEADERS.join(', ')}`,
    });
  } else if (name.length > HEADER_NAME_BYTES_MAX || !isName) {
    const why = 'name must be a valid HTTP header name as defined in RFC 2616 section 4.2';
    found.push(invalidValue(`${at}.name`, name, why));
  }
  if (action.type !== 'Set' && action.type !== 'Delete') {
    found.push(invalidValue(`${at}.action.type`, action.type, 'type must be Set or Delete'));
  } else if (action.type === 'Set' && action.set === undefined) {
    found.push(
      required(`${at}.action.set`, 'set is required when type is Set, and forbidden otherwise'),
    );
  }
  return found;
}

const TERMINATIONS = ['edge', 'passthrough', 'reencrypt'];

function validateTls(tls: RouteTls): FieldError[] {
  const found: FieldError[] = [];
  const at = 'spec.tls';
  const refuse = (field: keyof RouteTls, shown: string, why: string): void => {
    const value = tls[field];
    if (value !== undefined && value !== '') found.push(invalidValue(`${at}.${field}`, shown, why));
  };
  switch (tls.termination) {
    case 'passthrough': {
      const why = 'passthrough termination does not support certificates';
      refuse('certificate', 'redacted certificate data', why);
      refuse('key', 'redacted key data', why);
      refuse('externalCertificate', tls.externalCertificate?.name ?? '', why);
      refuse('caCertificate', 'redacted ca certificate data', why);
      refuse('destinationCACertificate', 'redacted destination ca certificate data', why);
      break;
    }
    case 'edge':
      refuse(
        'destinationCACertificate',
        'redacted destination ca certificate data',
        'edge termination does not support destination certificates',
      );
      found.push(...validateExternal(tls));
      break;
    case 'reencrypt':
      found.push(...validateExternal(tls));
      break;
    default:
      found.push(notSupported(`${at}.termination`, tls.termination ?? '', TERMINATIONS));
  }
  const policies =
    tls.termination === 'passthrough' ? ['None', 'Redirect'] : ['None', 'Allow', 'Redirect'];
  const policy: string = tls.insecureEdgeTerminationPolicy ?? '';
  if (policy !== '' && tls.termination !== undefined && !policies.includes(policy)) {
    const why = `invalid value for InsecureEdgeTerminationPolicy option, acceptable values are ${policies.join(', ')}, or empty`;
    found.push(invalidValue(`${at}.insecureEdgeTerminationPolicy`, policy, why));
  }
  return found;
}

function validateExternal({ certificate = '', externalCertificate }: RouteTls): FieldError[] {
  const name = externalCertificate?.name ?? '';
  if (certificate === '' || name === '') return [];
  const why = 'cannot specify both tls.certificate and tls.externalCertificate';
  return [invalidValue('spec.tls.externalCertificate', name, why)];
}
