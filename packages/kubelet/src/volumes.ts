/**
 * Files that a container sees through its volumes: ConfigMaps, Secrets, the downward API.
 *
 * A file is looked up when it is read, so a changed ConfigMap shows as soon as the node has seen it. Not
 * modelled: the kubelet's sync period before that (up to a minute and a half), sub-path mounts' staleness.
 */
import type { Container, KeyToPath, Pod, Volume, VolumeProjection } from '@podwire/api';
import { type EnvFacts, fieldValue, secretEntries } from './env.ts';

/** Why a volume cannot be mounted yet, as the FailedMount event says it; undefined when all can. */
export function mountProblem(pod: Pod, facts: EnvFacts): string | undefined {
  const namespace = pod.metadata.namespace ?? 'default';
  for (const volume of pod.spec.volumes ?? []) {
    for (const part of parts(volume)) {
      const { configMap, secret } = part;
      const fail = (what: string): string =>
        `MountVolume.SetUp failed for volume "${volume.name}" : ${what}`;
      if (configMap !== undefined && configMap.optional !== true) {
        const name = configMap.name ?? '';
        const found = facts.references.configMap(namespace, name);
        if (found === undefined) return fail(`configmap "${name}" not found`);
        const missing = missingKey(configMap.items, found.data ?? {});
        if (missing !== undefined)
          return fail(`configmap references non-existent config key: ${missing}`);
      }
      if (secret !== undefined && secret.optional !== true) {
        const name = secret.name ?? '';
        const found = facts.references.secret(namespace, name);
        if (found === undefined) return fail(`secret "${name}" not found`);
        const missing = missingKey(secret.items, found.data ?? {});
        if (missing !== undefined) return fail(`references non-existent secret key: ${missing}`);
      }
    }
  }
  return undefined;
}

/** All files below the container's mounts, by absolute path. */
export function volumeFilesOf(
  pod: Pod,
  container: Container,
  facts: EnvFacts,
): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const mount of container.volumeMounts ?? []) {
    const volume = (pod.spec.volumes ?? []).find((entry) => entry.name === mount.name);
    if (volume === undefined) continue;
    const base = mount.mountPath.replace(/\/$/, '');
    const { subPath } = mount;
    for (const [inside, text] of volumeFiles(pod, volume, facts)) {
      if (subPath === undefined) all.set(`${base}/${inside}`, text);
      else if (inside === subPath) all.set(base, text);
      else if (inside.startsWith(`${subPath}/`)) all.set(base + inside.slice(subPath.length), text);
    }
  }
  return all;
}

function volumeFiles(pod: Pod, volume: Volume, facts: EnvFacts): ReadonlyMap<string, string> {
  const namespace = pod.metadata.namespace ?? 'default';
  const files = new Map<string, string>();
  for (const part of parts(volume)) {
    const { configMap, secret, downwardAPI } = part;
    if (configMap !== undefined) {
      const found = facts.references.configMap(namespace, configMap.name ?? '');
      project(files, new Map(Object.entries(found?.data ?? {})), configMap.items);
    }
    if (secret !== undefined) {
      const found = facts.references.secret(namespace, secret.name ?? '');
      project(files, new Map(found === undefined ? [] : secretEntries(found)), secret.items);
    }
    for (const item of downwardAPI?.items ?? []) {
      if (item.fieldRef === undefined) continue;
      files.set(item.path, fieldValue(pod, item.fieldRef.fieldPath, facts));
    }
  }
  return files;
}

/** The sources of a volume, a projected one's several or the single one. */
function parts(volume: Volume): readonly VolumeProjection[] {
  if (volume.projected !== undefined) return volume.projected.sources ?? [];
  const { configMap, secret, downwardAPI } = volume;
  return [
    {
      ...(configMap === undefined ? {} : { configMap }),
      ...(secret === undefined ? {} : { secret: { ...secret, name: secret.secretName ?? '' } }),
      ...(downwardAPI === undefined ? {} : { downwardAPI }),
    },
  ];
}

function project(
  files: Map<string, string>,
  data: ReadonlyMap<string, string>,
  items: readonly KeyToPath[] | undefined,
): void {
  if (items === undefined) {
    for (const [key, value] of data) files.set(key, value);
    return;
  }
  for (const item of items) {
    const value = data.get(item.key);
    if (value !== undefined) files.set(item.path, value);
  }
}

function missingKey(
  items: readonly KeyToPath[] | undefined,
  data: Readonly<Record<string, string>>,
): string | undefined {
  return items?.find((item) => data[item.key] === undefined)?.key;
}
