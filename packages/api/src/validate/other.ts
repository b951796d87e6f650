/**
 * Validation of the kinds with few rules: Namespace, Node, ConfigMap, Secret, Endpoints, EndpointSlice, Lease, Event,
 * PriorityClass, PodDisruptionBudget, storage.
 */
import { isIpv4, parseCidr, parseIp } from '@podwire/base';
import type { ConfigMap, Secret } from '../types/config.ts';
import type { EndpointAddress, Endpoints } from '../types/endpoints.ts';
import type { Endpoint, EndpointSlice } from '../types/endpointslice.ts';
import type { KubeEvent } from '../types/event.ts';
import type { Lease } from '../types/lease.ts';
import type { Node } from '../types/node.ts';
import type { PodDisruptionBudget } from '../types/poddisruptionbudget.ts';
import type { PriorityClass } from '../types/priorityclass.ts';
import type { PersistentVolumeClaim } from '../types/storage.ts';
import { jsonEqual } from '../object.ts';
import { labelKeyProblems, labelValueProblems } from '../selector.ts';
import {
  type FieldError,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  tooMany,
} from './field-error.ts';
import { sortedEntries, validateImmutable, validateLabelSelector } from './meta.ts';
import {
  configKeyProblems,
  dns1123Label,
  each,
  portProblems,
  validateIp,
  validateNonNegative,
  validateNonSpecialIp,
} from './names.ts';
import { validateTaintEffect } from './pod.ts';

export function validateNode(node: Node): FieldError[] {
  const found: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, taint] of (node.spec.taints ?? []).entries()) {
    const at = `spec.taints[${index}]`;
    found.push(...each(`${at}.key`, taint.key, labelKeyProblems(taint.key)));
    const problems = labelValueProblems(taint.value ?? '');
    if (problems.length > 0)
      found.push(invalidValue(`${at}.value`, taint.value, problems.join(';')));
    found.push(...validateTaintEffect(taint.effect, `${at}.effect`, false));
    const key = `${taint.key}:${taint.effect}`;
    if (seen.has(key)) found.push(duplicate(at, taint));
    seen.add(key);
  }
  const cidrs = node.spec.podCIDRs ?? [];
  for (const [index, text] of cidrs.entries()) {
    if (parseCidr(text) === undefined) {
      found.push(
        invalidValue(
          `spec.podCIDRs[${index}]`,
          text,
          'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        ),
      );
    }
  }
  if (cidrs.length > 0 && node.spec.podCIDR !== cidrs[0]) {
    found.push(invalidValue('spec.podCIDRs[0]', cidrs[0], 'must be equal to podCIDR'));
  }
  return found;
}

export function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const found = validateNode(node);
  if ((old.spec.podCIDRs ?? []).length > 0 && !jsonEqual(node.spec.podCIDRs, old.spec.podCIDRs)) {
    found.push(
      forbiddenField(
        'spec.podCIDRs',
        'node updates may not change podCIDR except from "" to valid',
      ),
    );
  }
  if (old.spec.providerID !== undefined && node.spec.providerID !== old.spec.providerID) {
    found.push(
      forbiddenField(
        'spec.providerID',
        'node updates may not change providerID except from "" to valid',
      ),
    );
  }
  return found;
}

/** apimachinery core.MaxSecretSize. */
const DATA_BYTES_MAX = 1024 * 1024;

export function validateConfigMap(config: ConfigMap): FieldError[] {
  const found: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of sortedEntries(config.data)) {
    found.push(...each(`data[${key}]`, key, configKeyProblems(key)));
    if (config.binaryData !== undefined && Object.hasOwn(config.binaryData, key)) {
      found.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    bytes += value.length;
  }
  for (const [key, value] of sortedEntries(config.binaryData)) {
    found.push(...each(`binaryData[${key}]`, key, configKeyProblems(key)));
    bytes += value.length;
  }
  if (bytes > DATA_BYTES_MAX) found.push(tooLongData(''));
  return found;
}

function tooLongData(path: string): FieldError {
  return {
    kind: 'TooLong',
    path: path === '' ? '[]' : path,
    text: `Too long: may not be more than ${DATA_BYTES_MAX} bytes`,
  };
}

const WHEN_IMMUTABLE = 'field is immutable when `immutable` is set';

export function validateConfigMapUpdate(config: ConfigMap, old: ConfigMap): FieldError[] {
  const found: FieldError[] = [];
  if (old.immutable === true) {
    if (config.immutable !== true) found.push(forbiddenField('immutable', WHEN_IMMUTABLE));
    if (!jsonEqual(config.data, old.data)) found.push(forbiddenField('data', WHEN_IMMUTABLE));
    if (!jsonEqual(config.binaryData, old.binaryData)) {
      found.push(forbiddenField('binaryData', WHEN_IMMUTABLE));
    }
  }
  return [...found, ...validateConfigMap(config)];
}

const SECRET_KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ['kubernetes.io/tls', ['tls.crt', 'tls.key']],
  ['kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
  ['kubernetes.io/dockercfg', ['.dockercfg']],
  ['kubernetes.io/ssh-auth', ['ssh-privatekey']],
]);

export function validateSecret(secret: Secret): FieldError[] {
  const found: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of sortedEntries(secret.data)) {
    found.push(...each(`data[${key}]`, key, configKeyProblems(key)));
    bytes += Math.floor((value.length * 3) / 4);
  }
  if (bytes > DATA_BYTES_MAX) found.push(tooLongData('data'));
  for (const key of SECRET_KEYS.get(secret.type ?? '') ?? []) {
    if (secret.data?.[key] === undefined) found.push(required(`data[${key}]`));
  }
  return found;
}

export function validateSecretUpdate(secret: Secret, old: Secret): FieldError[] {
  const found = validateImmutable('type', secret.type, old.type);
  if (old.immutable === true) {
    if (secret.immutable !== true) found.push(forbiddenField('immutable', WHEN_IMMUTABLE));
    if (!jsonEqual(secret.data, old.data)) found.push(forbiddenField('data', WHEN_IMMUTABLE));
  }
  return [...found, ...validateSecret(secret)];
}

/** The items that a stored list does not have, with their places: its own were judged when it was stored. */
function newItems<T>(list: readonly T[], stored: readonly T[]): [number, T][] {
  const found: [number, T][] = [];
  let known: ReadonlySet<T> | undefined;
  for (let at = 0; at < list.length; at++) {
    const item = list[at] as T;
    if (item === stored[at]) continue;
    known ??= new Set(stored);
    if (!known.has(item)) found.push([at, item]);
  }
  return found;
}

export function validateEndpoints(endpoints: Endpoints): FieldError[] {
  return validateSubsets(endpoints, []);
}

export function validateEndpointsUpdate(endpoints: Endpoints, old: Endpoints): FieldError[] {
  const stored = (old.subsets ?? []).flatMap((subset) => [
    ...(subset.addresses ?? []),
    ...(subset.notReadyAddresses ?? []),
  ]);
  return validateSubsets(endpoints, stored);
}

/** `stored`: addresses that were judged before. */
function validateSubsets(endpoints: Endpoints, stored: readonly EndpointAddress[]): FieldError[] {
  const found: FieldError[] = [];
  const names = ['SCTP', 'TCP', 'UDP'];
  for (const [index, subset] of (endpoints.subsets ?? []).entries()) {
    const at = `subsets[${index}]`;
    const ready = subset.addresses ?? [];
    const notReady = subset.notReadyAddresses ?? [];
    if (ready.length + notReady.length === 0) {
      found.push(required(at, 'must specify `addresses` or `notReadyAddresses`'));
    }
    for (const [list, addresses] of [
      ['addresses', ready],
      ['notReadyAddresses', notReady],
    ] as const) {
      for (const [at2, address] of newItems(addresses, stored)) {
        const path = `${at}.${list}[${at2}]`;
        const problems = validateIp(`${path}.ip`, address.ip);
        found.push(
          ...(problems.length > 0 ? problems : validateNonSpecialIp(`${path}.ip`, address.ip)),
        );
        if (address.hostname !== undefined) {
          found.push(
            ...each(`${path}.hostname`, address.hostname, dns1123Label(address.hostname, false)),
          );
        }
      }
    }
    const ports = subset.ports ?? [];
    for (const [at2, port] of ports.entries()) {
      const path = `${at}.ports[${at2}]`;
      const name = port.name ?? '';
      if (ports.length > 1 && name === '') found.push(required(`${path}.name`));
      else if (name !== '') found.push(...each(`${path}.name`, name, dns1123Label(name, false)));
      found.push(...each(`${path}.port`, port.port, portProblems(port.port)));
      if (port.protocol === undefined) found.push(required(`${path}.protocol`));
      else if (!names.includes(port.protocol)) {
        found.push(notSupported(`${path}.protocol`, port.protocol, names));
      }
    }
  }
  return found;
}

/** pkg/apis/discovery/validation. */
const SLICE_ENDPOINTS_MAX = 1000;
const SLICE_PORTS_MAX = 20_000;
const ADDRESSES_MAX = 100;

export function validateEndpointSlice(slice: EndpointSlice): FieldError[] {
  return validateSlice(slice, []);
}

/** `stored`: endpoints of the same address type that were judged before. */
function validateSlice(slice: EndpointSlice, stored: readonly Endpoint[]): FieldError[] {
  const found: FieldError[] = [];
  const type: string = slice.addressType;
  const types = ['FQDN', 'IPv4', 'IPv6'];
  if (type === '') found.push(required('addressType'));
  else if (!types.includes(type)) found.push(notSupported('addressType', type, types));
  const endpoints = slice.endpoints ?? [];
  if (endpoints.length > SLICE_ENDPOINTS_MAX) {
    found.push(tooMany('endpoints', endpoints.length, SLICE_ENDPOINTS_MAX));
    return found;
  }
  for (const [index, endpoint] of newItems(endpoints, stored)) {
    found.push(
      ...validateSliceAddresses(endpoint.addresses ?? [], `endpoints[${index}].addresses`, type),
    );
    if (endpoint.hostname !== undefined) {
      const at = `endpoints[${index}].hostname`;
      found.push(...each(at, endpoint.hostname, dns1123Label(endpoint.hostname, false)));
    }
  }
  const ports = slice.ports ?? [];
  if (ports.length > SLICE_PORTS_MAX)
    return [...found, tooMany('ports', ports.length, SLICE_PORTS_MAX)];
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `ports[${index}]`;
    const name = port.name ?? '';
    if (name !== '') found.push(...each(`${at}.name`, name, dns1123Label(name, false)));
    if (names.has(name)) found.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (port.protocol === undefined) found.push(required(`${at}.protocol`));
    else if (!['SCTP', 'TCP', 'UDP'].includes(port.protocol)) {
      found.push(notSupported(`${at}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
    }
    if (port.port !== undefined)
      found.push(...each(`${at}.port`, port.port, portProblems(port.port)));
  }
  return found;
}

function validateSliceAddresses(
  addresses: readonly string[],
  path: string,
  type: string,
): FieldError[] {
  const found: FieldError[] = [];
  if (addresses.length === 0) found.push(required(path, 'must contain at least 1 address'));
  if (addresses.length > ADDRESSES_MAX) found.push(tooMany(path, addresses.length, ADDRESSES_MAX));
  if (type === 'FQDN') return found;
  for (const [index, address] of addresses.entries()) {
    const at = `${path}[${index}]`;
    const problems = validateIp(at, address);
    if (problems.length > 0) {
      found.push(...problems);
      continue;
    }
    const ip = parseIp(address);
    if (ip !== undefined && isIpv4(ip) !== (type === 'IPv4')) {
      // The list is named, not the item: so does the real server.
      found.push(
        invalidValue(
          path,
          address,
          type === 'IPv4' ? 'must be an IPv4 address' : 'must be an IPv6 address',
        ),
      );
      continue;
    }
    found.push(...validateNonSpecialIp(at, address));
  }
  return found;
}

export function validateEndpointSliceUpdate(
  slice: EndpointSlice,
  old: EndpointSlice,
): FieldError[] {
  const stored = slice.addressType === old.addressType ? (old.endpoints ?? []) : [];
  return [
    ...validateSlice(slice, stored),
    ...validateImmutable('addressType', slice.addressType, old.addressType),
  ];
}

export function validateLease(lease: Lease): FieldError[] {
  const found: FieldError[] = [];
  const seconds = lease.spec?.leaseDurationSeconds;
  if (seconds !== undefined && seconds <= 0) {
    found.push(invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
  }
  found.push(...validateNonNegative('spec.leaseTransitions', lease.spec?.leaseTransitions));
  return found;
}

export function validateEvent(event: KubeEvent): FieldError[] {
  const involved = event.involvedObject?.namespace ?? '';
  const namespace = event.metadata.namespace ?? '';
  if (
    involved === ''
      ? namespace !== 'default' && namespace !== 'kube-system'
      : involved !== namespace
  ) {
    return [invalidValue('involvedObject.namespace', involved, 'does not match event.namespace')];
  }
  return [];
}

/** pkg/apis/scheduling HighestUserDefinablePriority. */
const USER_PRIORITY_MAX = 1_000_000_000;

export function validatePriorityClass(priorityClass: PriorityClass): FieldError[] {
  const found: FieldError[] = [];
  const { name } = priorityClass.metadata;
  if (name.startsWith('system-')) {
    const known = name === 'system-node-critical' || name === 'system-cluster-critical';
    if (!known) {
      found.push(
        forbiddenField(
          'metadata.name',
          "priority class names with 'system-' prefix are reserved for system use only. error: " +
            `${name} is not a known system priority class`,
        ),
      );
    }
  } else if (priorityClass.value > USER_PRIORITY_MAX) {
    found.push(
      forbiddenField(
        'value',
        `maximum allowed value of a user defined priority is ${USER_PRIORITY_MAX}`,
      ),
    );
  }
  return found;
}

export function validatePriorityClassUpdate(now: PriorityClass, old: PriorityClass): FieldError[] {
  const found: FieldError[] = [];
  if (now.value !== old.value)
    found.push(forbiddenField('value', 'may not be changed in an update.'));
  return [
    ...found,
    ...validateImmutable('preemptionPolicy', now.preemptionPolicy, old.preemptionPolicy),
  ];
}

export function validateBudget(budget: PodDisruptionBudget): FieldError[] {
  const spec = budget.spec ?? {};
  const found: FieldError[] = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    found.push(invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    const value = spec[field];
    if (typeof value === 'number') found.push(...validateNonNegative(`spec.${field}`, value));
    else if (value !== undefined && !/^\d+%$/.test(value)) {
      found.push(
        invalidValue(
          `spec.${field}`,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      );
    } else if (value !== undefined && Number(value.slice(0, -1)) > 100) {
      found.push(invalidValue(`spec.${field}`, value, 'must not be greater than 100%'));
    }
  }
  return [...found, ...validateLabelSelector(spec.selector, 'spec.selector')];
}

export function validateClaim(claim: PersistentVolumeClaim): FieldError[] {
  const found: FieldError[] = [];
  const modes = claim.spec?.accessModes ?? [];
  if (modes.length === 0) {
    found.push(required('spec.accessModes', 'at least 1 access mode is required'));
  }
  const supported = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
  for (const mode of modes) {
    if (!supported.includes(mode)) found.push(notSupported('spec.accessModes', mode, supported));
  }
  if (claim.spec?.resources?.requests?.['storage'] === undefined) {
    found.push(required('spec.resources[storage]'));
  }
  return found;
}

export function validateClaimUpdate(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): FieldError[] {
  const fixed = (spec: PersistentVolumeClaim['spec']): object => ({
    ...spec,
    resources: undefined,
    ...(old.spec.volumeName === undefined ? { volumeName: undefined } : {}),
  });
  if (jsonEqual(fixed(claim.spec), fixed(old.spec))) return [];
  return [
    forbiddenField(
      'spec',
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    ),
  ];
}
