/**
 * Validation of Ingress and IngressClass (pkg/apis/networking/validation, 1.36).
 */
import { parseIp } from '@podwire/base';
import type {
  HttpIngressPath,
  Ingress,
  IngressBackend,
  IngressClass,
  IngressClassParameters,
  TypedLocalObjectReference,
} from '../types/ingress.ts';
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from './field-error.ts';
import { validateImmutable } from './meta.ts';
import { SUBDOMAIN_TEXT, dns1035Label, dns1123Label, dns1123Subdomain, each } from './names.ts';
import { portNameProblems, portProblems } from './names.ts';

const LEGACY_CLASS = 'kubernetes.io/ingress.class';

export function validateNewIngress(ingress: Ingress): FieldError[] {
  const found = validateIngress(ingress);
  const legacy = ingress.metadata.annotations?.[LEGACY_CLASS];
  const { ingressClassName } = ingress.spec;
  if (legacy !== undefined && ingressClassName !== undefined && legacy !== ingressClassName) {
    const why = 'must match `ingressClassName` when both are specified';
    found.push(invalidValue(`annotations.${LEGACY_CLASS}`, legacy, why));
  }
  return found;
}

export function validateIngress(ingress: Ingress): FieldError[] {
  const { defaultBackend, rules = [], tls = [], ingressClassName } = ingress.spec;
  const found: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined) {
    const why = 'either `defaultBackend` or `rules` must be specified';
    found.push(invalidValue('spec', ingress.spec.rules ?? null, why));
  }
  if (defaultBackend !== undefined) {
    found.push(...validateBackend(defaultBackend, 'spec.defaultBackend'));
  }
  for (const [index, rule] of rules.entries()) {
    const at = `spec.rules[${index}]`;
    found.push(...validateRuleHost(rule.host ?? '', `${at}.host`));
    if (rule.http === undefined) continue;
    if (rule.http.paths.length === 0) found.push(required(`${at}.http.paths`));
    for (const [at2, path] of rule.http.paths.entries()) {
      found.push(...validatePath(path, `${at}.http.paths[${at2}]`));
    }
  }
  for (const [index, { hosts = [], secretName = '' }] of tls.entries()) {
    for (const [at, host] of hosts.entries()) {
      found.push(...each(`spec.tls[${index}].hosts[${at}]`, host, hostProblems(host)));
    }
    if (secretName !== '') {
      found.push(
        ...each(`spec.tls[${index}].secretName`, secretName, dns1123Subdomain(secretName, false)),
      );
    }
  }
  if (ingressClassName !== undefined) {
    const problems = dns1123Subdomain(ingressClassName, false);
    found.push(...each('spec.ingressClassName', ingressClassName, problems));
  }
  return found;
}

const WILDCARD_TEXT =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

function hostProblems(host: string): readonly string[] {
  if (!host.includes('*')) return dns1123Subdomain(host, false);
  const found: string[] = [];
  if (host.length > 253) found.push('must be no more than 253 bytes');
  const isRight =
    host.startsWith('*.') && !dns1123Subdomain(host.slice(2), false).includes(SUBDOMAIN_TEXT);
  if (!isRight) found.push(WILDCARD_TEXT);
  return found;
}

function validateRuleHost(host: string, path: string): FieldError[] {
  if (host === '') return [];
  const found: FieldError[] = [];
  if (parseIp(host) !== undefined) {
    found.push(invalidValue(path, host, 'must be a DNS name, not an IP address'));
  }
  return [...found, ...each(path, host, hostProblems(host))];
}

const INVALID_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const INVALID_ENDS = ['/..', '/.'];
const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

function validatePath({ path = '', pathType, backend }: HttpIngressPath, at: string): FieldError[] {
  const found: FieldError[] = [];
  if (pathType === undefined) return [required(`${at}.pathType`, 'pathType must be specified')];
  const isPlain = pathType === 'Exact' || pathType === 'Prefix';
  if (!PATH_TYPES.includes(pathType)) {
    found.push(notSupported(`${at}.pathType`, pathType, PATH_TYPES));
  } else if ((isPlain || path !== '') && !path.startsWith('/')) {
    found.push(invalidValue(`${at}.path`, path, 'must be an absolute path'));
  }
  if (isPlain) {
    for (const sequence of INVALID_SEQUENCES) {
      if (path.includes(sequence)) {
        found.push(invalidValue(`${at}.path`, path, `must not contain '${sequence}'`));
      }
    }
    for (const end of INVALID_ENDS) {
      if (path.endsWith(end))
        found.push(invalidValue(`${at}.path`, path, `cannot end with '${end}'`));
    }
  }
  return [...found, ...validateBackend(backend, `${at}.backend`)];
}

function validateBackend({ service, resource }: IngressBackend, at: string): FieldError[] {
  if (resource !== undefined && service !== undefined) {
    return [invalidValue(at, '', 'cannot set both resource and service backends')];
  }
  if (resource !== undefined) return validateReference(resource, `${at}.resource`);
  if (service === undefined) {
    return [invalidValue(at, '', 'resource or service backend is required')];
  }
  const found: FieldError[] = [];
  const { name, port: { name: portName = '', number = 0 } = {} } = service;
  if (name === '') found.push(required(`${at}.service.name`));
  else found.push(...each(`${at}.service.name`, name, dns1035Label(name, false)));
  if (portName !== '' && number !== 0) {
    found.push(invalidValue(at, '', 'cannot set both port name & port number'));
  } else if (portName !== '') {
    found.push(...each(`${at}.service.port.name`, portName, portNameProblems(portName)));
  } else if (number === 0) {
    found.push(required(at, 'port name or number is required'));
  } else {
    found.push(...each(`${at}.service.port.number`, number, portProblems(number)));
  }
  return found;
}

function validateReference(reference: TypedLocalObjectReference, at: string): FieldError[] {
  const { apiGroup, kind, name } = reference;
  const found =
    apiGroup === undefined
      ? []
      : each(`${at}.apiGroup`, apiGroup, dns1123Subdomain(apiGroup, false));
  if (kind === '') found.push(required(`${at}.kind`));
  else found.push(...each(`${at}.kind`, kind, segmentProblems(kind)));
  if (name === '') found.push(required(`${at}.name`));
  else found.push(...each(`${at}.name`, name, segmentProblems(name)));
  return found;
}

/** apimachinery content.IsPathSegmentName. */
function segmentProblems(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%']
    .filter((part) => name.includes(part))
    .map((part) => `may not contain '${part}'`);
}

/** networking validation maxLenIngressClassController. */
const CONTROLLER_BYTES_MAX = 250;

export function validateIngressClass(ingressClass: IngressClass): FieldError[] {
  const { controller = '', parameters } = ingressClass.spec;
  const found: FieldError[] = [];
  if (controller === '') found.push(required('spec.controller'));
  else {
    if (controller.length > CONTROLLER_BYTES_MAX) {
      found.push(tooLong('spec.controller', CONTROLLER_BYTES_MAX));
    }
    found.push(...validateDomainPath(controller, 'spec.controller'));
  }
  if (parameters !== undefined) found.push(...validateParameters(parameters));
  return found;
}

/** apimachinery validation.IsDomainPrefixedPath. */
function validateDomainPath(value: string, path: string): FieldError[] {
  const slash = value.indexOf('/');
  if (slash <= 0 || slash === value.length - 1) {
    const why = 'must be a domain-prefixed path (such as "acme.io/foo")';
    return [invalidValue(path, value, why)];
  }
  const domain = value.slice(0, slash);
  const found = each(path, domain, dns1123Subdomain(domain, false));
  const rest = value.slice(slash + 1);
  if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(rest)) {
    const why =
      "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+', e.g. 'foo')";
    found.push(invalidValue(path, rest, why));
  }
  return found;
}

function validateParameters(parameters: IngressClassParameters): FieldError[] {
  const at = 'spec.parameters';
  const { scope, namespace } = parameters;
  const found = validateReference(parameters, at);
  if (scope === undefined) return [...found, required(`${at}.scope`)];
  if (scope === 'Namespace') {
    if (namespace === undefined) {
      found.push(required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    } else found.push(...each(`${at}.namespace`, namespace, dns1123Label(namespace, false)));
  } else if (scope !== 'Cluster') {
    found.push(notSupported(`${at}.scope`, scope, ['Cluster', 'Namespace']));
  } else if (namespace !== undefined) {
    found.push(forbiddenField(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  }
  return found;
}

export function validateIngressClassUpdate(
  ingressClass: IngressClass,
  old: IngressClass,
): FieldError[] {
  const { controller } = ingressClass.spec;
  return [
    ...validateImmutable('spec.controller', controller, old.spec.controller),
    ...validateIngressClass(ingressClass),
  ];
}
