/**
 * A container's environment: service variables, envFrom, env, and $(NAME) expansion.
 *
 * Later entries win; a value may refer to earlier ones. Source: kubelet_pods.go makeEnvironmentVariables,
 * third_party/forked/golang/expansion.
 */
import type { ConfigMap, Container, EnvVar, Pod, Secret } from '@podwire/api';
import { Environment } from '@podwire/workloads';

/** Objects that a container may refer to, as the node has seen them. */
export interface References {
  configMap(namespace: string, name: string): ConfigMap | undefined;
  secret(namespace: string, name: string): Secret | undefined;
}

export interface EnvFacts {
  readonly podIP: string;
  readonly hostIP: string;
  readonly nodeName: string;
  readonly references: References;
}

type Variables = ReadonlyMap<string, string>;

export const NO_VARIABLES: Variables = new Map();

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** All variables of a container: the runtime's, the services', its own. */
export function containerEnv(pod: Pod, services: Variables, own: Variables): Environment {
  const runtime = new Map([
    ['PATH', DEFAULT_PATH],
    ['HOSTNAME', pod.spec.hostname ?? pod.metadata.name],
  ]);
  return new Environment([runtime, services, own]);
}

/** What the container itself says: envFrom, then env. */
export function ownVariables(
  pod: Pod,
  container: Container,
  services: Variables,
  facts: EnvFacts,
): Variables | { readonly error: string } {
  const { envFrom = [], env = [] } = container;
  if (envFrom.length === 0 && env.length === 0) return NO_VARIABLES;
  const namespace = pod.metadata.namespace ?? 'default';
  const own = new Map<string, string>();
  for (const source of envFrom) {
    const error = addAll(own, namespace, source, facts.references);
    if (error !== undefined) return { error };
  }
  const values = containerEnv(pod, services, own);
  for (const entry of env) {
    const value = envValue(pod, container, entry, facts, values);
    if (typeof value === 'object') return value;
    if (value !== undefined) own.set(entry.name, value);
  }
  return own;
}

function addAll(
  values: Map<string, string>,
  namespace: string,
  source: NonNullable<Container['envFrom']>[number],
  references: References,
): string | undefined {
  const prefix = source.prefix ?? '';
  const { configMapRef, secretRef } = source;
  if (configMapRef !== undefined) {
    const name = configMapRef.name ?? '';
    const map = references.configMap(namespace, name);
    if (map === undefined)
      return configMapRef.optional === true ? undefined : `configmap "${name}" not found`;
    for (const [key, value] of Object.entries(map.data ?? {})) values.set(prefix + key, value);
  }
  if (secretRef !== undefined) {
    const name = secretRef.name ?? '';
    const secret = references.secret(namespace, name);
    if (secret === undefined)
      return secretRef.optional === true ? undefined : `secret "${name}" not found`;
    for (const [key, value] of secretEntries(secret)) values.set(prefix + key, value);
  }
  return undefined;
}

function envValue(
  pod: Pod,
  container: Container,
  entry: EnvVar,
  facts: EnvFacts,
  values: ReadonlyMap<string, string>,
): string | undefined | { readonly error: string } {
  const from = entry.valueFrom;
  if (from === undefined) return expand(entry.value ?? '', values);
  const namespace = pod.metadata.namespace ?? 'default';
  if (from.fieldRef !== undefined) return fieldValue(pod, from.fieldRef.fieldPath, facts);
  if (from.resourceFieldRef !== undefined) {
    const { resource } = from.resourceFieldRef;
    const [kind, name] = resource.split('.');
    const list = kind === 'limits' ? container.resources?.limits : container.resources?.requests;
    return String(list?.[name ?? ''] ?? '0');
  }
  if (from.configMapKeyRef !== undefined) {
    const { name = '', key, optional } = from.configMapKeyRef;
    const map = facts.references.configMap(namespace, name);
    if (map === undefined)
      return optional === true ? undefined : { error: `configmap "${name}" not found` };
    const value = map.data?.[key];
    if (value !== undefined) return value;
    return optional === true
      ? undefined
      : { error: `couldn't find key ${key} in ConfigMap ${namespace}/${name}` };
  }
  if (from.secretKeyRef !== undefined) {
    const { name = '', key, optional } = from.secretKeyRef;
    const secret = facts.references.secret(namespace, name);
    if (secret === undefined)
      return optional === true ? undefined : { error: `secret "${name}" not found` };
    const value = new Map(secretEntries(secret)).get(key);
    if (value !== undefined) return value;
    return optional === true
      ? undefined
      : { error: `couldn't find key ${key} in Secret ${namespace}/${name}` };
  }
  return '';
}

/** The downward API's fields (fieldpath.ExtractFieldPathAsString). */
export function fieldValue(pod: Pod, path: string, facts: EnvFacts): string {
  const key = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (key !== null) {
    const map = key[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations;
    return map?.[key[2] ?? ''] ?? '';
  }
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? 'default';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'spec.nodeName':
      return facts.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? 'default';
    case 'status.podIP':
    case 'status.podIPs':
      return facts.podIP;
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIP;
    default:
      return '';
  }
}

export function secretEntries(secret: Secret): [string, string][] {
  return Object.entries(secret.data ?? {}).map(([key, value]) => [key, decodeBase64(value)]);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function decodeBase64(text: string): string {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const char of text) {
    const value = ALPHABET.indexOf(char);
    if (value < 0) continue;
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 255);
    }
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** $(NAME) expansion as Kubernetes does it. */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  if (!text.includes('$')) return text;
  return text.replaceAll(/\$(\$|\(([^()]*)\))/g, (all, what: string, name: string | undefined) => {
    if (what === '$') return '$';
    return values.get(name ?? '') ?? all;
  });
}
