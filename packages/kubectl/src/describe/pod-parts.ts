/**
 * Containers, volumes, tolerations: the parts that pods and pod templates share in `describe`.
 */
import {
  type Container,
  type ContainerPort,
  type ContainerState,
  type ContainerStatus,
  type EnvVar,
  type Pod,
  type PodTemplateSpec,
  type Probe,
  type ResourceRequirements,
  type Toleration,
  type Volume,
  formatSelector,
  selectorOf,
} from '@podwire/api';
import { hostPort } from '../printers/common.ts';
import { longDate } from '../human-duration.ts';
import { at, sortedEntries } from '../json-value.ts';
import type { DescribeWriter } from './writer.ts';

/** `space` is a template's extra indent. */
export function describeContainers(
  w: DescribeWriter,
  label: string,
  containers: readonly Container[],
  statuses: readonly ContainerStatus[],
  pod: Pod | undefined,
  space: string,
): void {
  w.line(0, `${space}${label}:${containers.length === 0 ? ' <none>' : ''}`);
  for (const container of containers) {
    const status = statuses.find(({ name }) => name === container.name);
    w.line(1, `${space === '' ? '' : ' '}${container.name}:`);
    if (status !== undefined) w.field(2, 'Container ID', status.containerID ?? '');
    w.field(2, 'Image', container.image ?? '');
    if (status !== undefined) w.field(2, 'Image ID', status.imageID);
    describePorts(w, container.ports ?? []);
    describeWords(w, 'Command', container.command ?? []);
    describeWords(w, 'Args', container.args ?? []);
    if (status !== undefined) describeStatus(w, status);
    describeResources(w, container.resources, 2);
    if (container.livenessProbe !== undefined)
      w.field(2, 'Liveness', probeText(container.livenessProbe));
    if (container.readinessProbe !== undefined)
      w.field(2, 'Readiness', probeText(container.readinessProbe));
    if (container.startupProbe !== undefined)
      w.field(2, 'Startup', probeText(container.startupProbe));
    describeEnvFrom(w, container);
    describeEnv(w, container, pod);
    describeMounts(w, container);
  }
}

function describePorts(w: DescribeWriter, ports: readonly ContainerPort[]): void {
  const text = (number: (port: ContainerPort) => number): string =>
    ports
      .map((port) => {
        const base = `${number(port)}/${port.protocol ?? 'TCP'}`;
        return port.name === undefined || port.name === '' ? base : `${base} (${port.name})`;
      })
      .join(', ');
  const own = text((port) => port.containerPort);
  const host = text((port) => port.hostPort ?? 0);
  w.field(2, own.includes(',') ? 'Ports' : 'Port', own === '' ? '<none>' : own);
  w.field(2, host.includes(',') ? 'Host Ports' : 'Host Port', host === '' ? '<none>' : host);
}

function describeWords(w: DescribeWriter, title: string, words: readonly string[]): void {
  if (words.length === 0) return;
  w.line(2, `${title}:`);
  for (const word of words) for (const line of word.split('\n')) w.line(3, line);
}

function describeStatus(w: DescribeWriter, status: ContainerStatus): void {
  describeState(w, 'State', status.state ?? {});
  if (status.lastState?.terminated !== undefined) describeState(w, 'Last State', status.lastState);
  w.field(2, 'Ready', status.ready ? 'True' : 'False');
  w.field(2, 'Restart Count', status.restartCount);
}

function describeState(w: DescribeWriter, title: string, state: ContainerState): void {
  const { running, waiting, terminated } = state;
  if (running !== undefined) {
    w.field(2, title, 'Running');
    w.field(3, 'Started', longDate(running.startedAt));
  } else if (terminated !== undefined) {
    w.field(2, title, 'Terminated');
    if ((terminated.reason ?? '') !== '') w.field(3, 'Reason', terminated.reason ?? '');
    if ((terminated.message ?? '') !== '') w.field(3, 'Message', terminated.message ?? '');
    w.field(3, 'Exit Code', terminated.exitCode);
    if ((terminated.signal ?? 0) > 0) w.field(3, 'Signal', terminated.signal ?? 0);
    w.field(3, 'Started', longDate(terminated.startedAt));
    w.field(3, 'Finished', longDate(terminated.finishedAt));
  } else {
    w.field(2, title, 'Waiting');
    if ((waiting?.reason ?? '') !== '') w.field(3, 'Reason', waiting?.reason ?? '');
  }
}

export function describeResources(
  w: DescribeWriter,
  resources: ResourceRequirements | undefined,
  level: number,
): void {
  for (const [title, list] of [
    ['Limits', resources?.limits],
    ['Requests', resources?.requests],
  ] as const) {
    const entries = sortedEntries(list);
    if (entries.length > 0) w.line(level, `${title}:`);
    for (const [name, amount] of entries) w.field(level + 1, name, amount);
  }
}

function probeText(probe: Probe): string {
  const attributes = `delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 0}s period=${probe.periodSeconds ?? 0}s #success=${probe.successThreshold ?? 0} #failure=${probe.failureThreshold ?? 0}`;
  const { exec, httpGet, tcpSocket, grpc } = probe;
  if (exec !== undefined) return `exec [${(exec.command ?? []).join(' ')}] ${attributes}`;
  if (httpGet !== undefined) {
    const path = httpGet.path ?? '';
    const url = `${(httpGet.scheme ?? '').toLowerCase()}://${hostPort(httpGet.host ?? '', httpGet.port)}${path.startsWith('/') || path === '' ? path : `/${path}`}`;
    return `http-get ${url} ${attributes}`;
  }
  if (tcpSocket !== undefined) {
    return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port} ${attributes}`;
  }
  if (grpc !== undefined) return `grpc <pod>:${grpc.port} ${grpc.service ?? ''} ${attributes}`;
  return `unknown ${attributes}`;
}

function describeEnvFrom(w: DescribeWriter, container: Container): void {
  const sources = container.envFrom ?? [];
  if (sources.length === 0) return;
  w.line(2, 'Environment Variables from:');
  for (const { configMapRef, secretRef, prefix } of sources) {
    const ref = configMapRef ?? secretRef;
    const kind = configMapRef === undefined ? 'Secret' : 'ConfigMap';
    const how = prefix === undefined || prefix === '' ? kind : `${kind} with prefix '${prefix}'`;
    w.line(3, `${ref?.name ?? ''}\t${how}\tOptional: ${ref?.optional === true}`);
  }
}

function describeEnv(w: DescribeWriter, container: Container, pod: Pod | undefined): void {
  const env = container.env ?? [];
  w.line(2, `Environment:${env.length === 0 ? '\t<none>' : ''}`);
  for (const variable of env) {
    if (variable.valueFrom === undefined) {
      for (const [index, line] of (variable.value ?? '').split('\n').entries()) {
        w.line(3, index === 0 ? `${variable.name}:\t${line}` : `\t${line}`);
      }
    } else {
      w.line(3, `${variable.name}:\t${envSource(variable, container, pod)}`);
    }
  }
}

function envSource(variable: EnvVar, container: Container, pod: Pod | undefined): string {
  const from = variable.valueFrom ?? {};
  if (from.fieldRef !== undefined) {
    const { apiVersion = 'v1', fieldPath } = from.fieldRef;
    return `${pod === undefined ? '' : fieldValue(pod, fieldPath)} (${apiVersion}:${fieldPath})`;
  }
  if (from.resourceFieldRef !== undefined) {
    const { resource } = from.resourceFieldRef;
    const [which = '', name = ''] = resource.split('.');
    const amount = at(container, 'resources', which, name);
    const isLimit = resource === 'limits.cpu' || resource === 'limits.memory';
    const text = typeof amount === 'string' ? amount : isLimit ? 'node allocatable' : '0';
    return `${text} (${resource})`;
  }
  if (from.secretKeyRef !== undefined) {
    const { key, name = '', optional } = from.secretKeyRef;
    return `<set to the key '${key}' in secret '${name}'>\tOptional: ${optional === true}`;
  }
  const { key = '', name = '', optional } = from.configMapKeyRef ?? {};
  return `<set to the key '${key}' of config map '${name}'>\tOptional: ${optional === true}`;
}

/** What a downward-API path gives (fieldpath.ExtractFieldPathAsString). */
function fieldValue(pod: Pod, path: string): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null) {
    const map = at(pod, 'metadata', subscript[1] ?? '');
    const value = at(map, subscript[2] ?? '');
    return typeof value === 'string' ? value : '';
  }
  const value = at(pod, ...path.split('.'));
  return typeof value === 'string' ? value : '';
}

function describeMounts(w: DescribeWriter, container: Container): void {
  const mounts = [...(container.volumeMounts ?? [])].sort((a, b) =>
    a.mountPath < b.mountPath ? -1 : a.mountPath > b.mountPath ? 1 : 0,
  );
  w.line(2, `Mounts:${mounts.length === 0 ? '\t<none>' : ''}`);
  for (const mount of mounts) {
    const flags = [mount.readOnly === true ? 'ro' : 'rw'];
    if ((mount.subPath ?? '') !== '') flags.push(`path=${JSON.stringify(mount.subPath)}`);
    w.line(3, `${mount.mountPath} from ${mount.name} (${flags.join(',')})`);
  }
}

export function describeVolumes(
  w: DescribeWriter,
  volumes: readonly Volume[],
  space: string,
): void {
  if (volumes.length === 0) {
    w.line(0, `${space}Volumes:\t<none>`);
    return;
  }
  w.line(0, `${space}Volumes:`);
  for (const volume of volumes) {
    w.line(1, `${space === '' ? '' : ' '}${volume.name}:`);
    for (const [name, value] of volumeFields(volume)) w.field(2, name, value);
  }
}

function volumeFields(volume: Volume): readonly (readonly [string, string])[] {
  const { hostPath, emptyDir, secret, configMap, persistentVolumeClaim: claim, nfs } = volume;
  if (hostPath !== undefined) {
    return [
      ['Type', 'HostPath (bare host directory volume)'],
      ['Path', hostPath.path],
      ['HostPathType', hostPath.type ?? '<none>'],
    ];
  }
  if (emptyDir !== undefined) {
    return [
      ['Type', "EmptyDir (a temporary directory that shares a pod's lifetime)"],
      ['Medium', emptyDir.medium ?? ''],
      ['SizeLimit', emptyDir.sizeLimit ?? '<unset>'],
    ];
  }
  if (secret !== undefined) {
    return [
      ['Type', 'Secret (a volume populated by a Secret)'],
      ['SecretName', secret.secretName ?? ''],
      ['Optional', String(secret.optional === true)],
    ];
  }
  if (configMap !== undefined) {
    return [
      ['Type', 'ConfigMap (a volume populated by a ConfigMap)'],
      ['Name', configMap.name ?? ''],
      ['Optional', String(configMap.optional === true)],
    ];
  }
  if (claim !== undefined) {
    return [
      [
        'Type',
        'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
      ],
      ['ClaimName', claim.claimName],
      ['ReadOnly', String(claim.readOnly === true)],
    ];
  }
  if (nfs !== undefined) {
    return [
      ['Type', 'NFS (an NFS mount that lasts the lifetime of a pod)'],
      ['Server', nfs.server],
      ['Path', nfs.path],
      ['ReadOnly', String(nfs.readOnly === true)],
    ];
  }
  if (volume.projected !== undefined) return projectedFields(volume.projected);
  if (volume.downwardAPI !== undefined) {
    return [
      ['Type', 'DownwardAPI (a volume populated by information about the pod)'],
      ['Items', ''],
      ...(volume.downwardAPI.items ?? []).map(
        (item) =>
          [
            `  ${item.fieldRef?.fieldPath ?? item.resourceFieldRef?.resource ?? ''} ->`,
            item.path,
          ] as const,
      ),
    ];
  }
  return [['Type', '<unknown>']];
}

function projectedFields(
  projected: NonNullable<Volume['projected']>,
): readonly (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [
    ['Type', 'Projected (a volume that contains injected data from multiple sources)'],
  ];
  for (const source of projected.sources ?? []) {
    if (source.secret !== undefined) {
      fields.push(
        ['SecretName', source.secret.name ?? ''],
        ['Optional', String(source.secret.optional === true)],
      );
    } else if (source.downwardAPI !== undefined) {
      fields.push(['DownwardAPI', 'true']);
    } else if (source.configMap !== undefined) {
      fields.push(
        ['ConfigMapName', source.configMap.name ?? ''],
        ['Optional', String(source.configMap.optional === true)],
      );
    } else if (source.serviceAccountToken !== undefined) {
      fields.push([
        'TokenExpirationSeconds',
        String(source.serviceAccountToken.expirationSeconds ?? 3600),
      ]);
    }
  }
  return fields;
}

export function tolerationTexts(tolerations: readonly Toleration[] | undefined): string[] {
  const sorted = [...(tolerations ?? [])].sort((a, b) => {
    const [x, y] = [a.key ?? '', b.key ?? ''];
    return x < y ? -1 : x > y ? 1 : 0;
  });
  return sorted.map((toleration) => {
    const { key = '', value = '', effect, operator, tolerationSeconds } = toleration;
    let text = key;
    if (value !== '') text += `=${value}`;
    if (effect !== undefined) text += `:${effect}`;
    if (operator === 'Exists' && value === '') text += text === '' ? 'op=Exists' : ' op=Exists';
    if (tolerationSeconds !== undefined) text += ` for ${tolerationSeconds}s`;
    return text;
  });
}

export function spreadTexts(spec: Pod['spec']): string[] {
  const constraints = [...(spec.topologySpreadConstraints ?? [])].sort((a, b) =>
    a.topologyKey < b.topologyKey ? -1 : a.topologyKey > b.topologyKey ? 1 : 0,
  );
  return constraints.map((constraint) => {
    const base = `${constraint.topologyKey}:${constraint.whenUnsatisfiable} when max skew ${constraint.maxSkew} is exceeded`;
    return constraint.labelSelector === undefined
      ? base
      : `${base} for selector ${formatSelector(selectorOf(constraint.labelSelector)) || '<none>'}`;
  });
}

/** DescribePodTemplate. */
export function describeTemplate(w: DescribeWriter, template: PodTemplateSpec | undefined): void {
  w.line(0, 'Pod Template:');
  if (template === undefined) {
    w.write(1, '<unset>');
    return;
  }
  const { spec, metadata } = template;
  w.labels('  Labels', metadata?.labels);
  if (Object.keys(metadata?.annotations ?? {}).length > 0) {
    w.annotations('  Annotations', metadata?.annotations);
  }
  if ((spec.serviceAccountName ?? '') !== '')
    w.field(1, 'Service Account', spec.serviceAccountName ?? '');
  if ((spec.initContainers ?? []).length > 0) {
    describeContainers(w, 'Init Containers', spec.initContainers ?? [], [], undefined, '  ');
  }
  describeContainers(w, 'Containers', spec.containers, [], undefined, '  ');
  describeVolumes(w, spec.volumes ?? [], '  ');
  const spread = spreadTexts(spec);
  if (spread.length > 0) w.list(1, 'Topology Spread Constraints', spread);
  if ((spec.priorityClassName ?? '') !== '')
    w.field(1, 'Priority Class Name', spec.priorityClassName ?? '');
  w.labels('  Node-Selectors', spec.nodeSelector);
  w.list(1, 'Tolerations', tolerationTexts(spec.tolerations));
}
