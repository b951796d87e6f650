/**
 * Validation of containers, init containers and what is in them: ports, environment, resources, probes.
 */
import type {
  Container,
  EnvVar,
  PodSpec,
  Probe,
  ResourceRequirements,
  VolumeMount,
} from '../types/pod.ts';
import { compareQuantity, isNegativeQuantity } from '../quantity.ts';
import { compareText } from '../object.ts';
import { labelKeyProblems } from '../selector.ts';
import { validatePortOrName } from './service.ts';
import {
  type FieldError,
  duplicate,
  forbiddenField,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from './field-error.ts';
import {
  dns1123Label,
  each,
  envNameProblems,
  portNameProblems,
  portProblems,
  validateIp,
  validateNonNegative,
} from './names.ts';

type Stage = 'main' | 'init' | 'sidecar' | 'ephemeral';

export function validateContainers(
  spec: PodSpec,
  path: string,
  volumes: ReadonlySet<string>,
): FieldError[] {
  const found: FieldError[] = [];
  const containers = spec.containers ?? [];
  const names = new Set<string>();
  const listPath = `${path}.containers`;
  if (containers.length === 0) found.push(required(listPath));
  for (const [index, container] of containers.entries()) {
    const at = `${listPath}[${index}]`;
    found.push(...validateContainer(container, at, volumes, 'main'));
    if (names.has(container.name) && container.name !== '') {
      found.push(duplicate(`${at}.name`, container.name));
    }
    names.add(container.name);
  }
  found.push(...validateHostPorts(containers, listPath));
  const initPath = `${path}.initContainers`;
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    const at = `${initPath}[${index}]`;
    const isSidecar = container.restartPolicy === 'Always';
    found.push(...validateContainer(container, at, volumes, isSidecar ? 'sidecar' : 'init'));
    if (names.has(container.name) && container.name !== '') {
      found.push(duplicate(`${at}.name`, container.name));
    }
    names.add(container.name);
    if (!isSidecar) {
      for (const field of [
        'lifecycle',
        'livenessProbe',
        'readinessProbe',
        'startupProbe',
      ] as const) {
        if (container[field] !== undefined) {
          found.push(
            forbiddenField(
              `${at}.${field}`,
              'may not be set for init containers without restartPolicy=Always',
            ),
          );
        }
      }
    }
  }
  for (const [index, container] of (spec.ephemeralContainers ?? []).entries()) {
    const at = `${path}.ephemeralContainers[${index}]`;
    found.push(...validateContainer(container, at, volumes, 'ephemeral'));
    if (names.has(container.name) && container.name !== '') {
      found.push(duplicate(`${at}.name`, container.name));
    }
    names.add(container.name);
    const target = container.targetContainerName;
    if (target !== undefined && !names.has(target)) {
      found.push(notFoundValue(`${at}.targetContainerName`, target));
    }
  }
  return found;
}

function validateContainer(
  container: Container,
  at: string,
  volumes: ReadonlySet<string>,
  stage: Stage,
): FieldError[] {
  const found: FieldError[] = [];
  if (container.name === '') found.push(required(`${at}.name`));
  else found.push(...each(`${at}.name`, container.name, dns1123Label(container.name, false)));
  if ((container.image ?? '') === '') found.push(required(`${at}.image`));
  const policy: string | undefined = container.terminationMessagePolicy;
  if (policy === undefined) found.push(required(`${at}.terminationMessagePolicy`));
  else if (policy !== 'File' && policy !== 'FallbackToLogsOnError') {
    found.push(
      notSupported(`${at}.terminationMessagePolicy`, policy, ['FallbackToLogsOnError', 'File']),
    );
  }
  found.push(...validatePorts(container, at));
  found.push(...validateEnv(container.env, `${at}.env`));
  for (const [index, source] of (container.envFrom ?? []).entries()) {
    const from = `${at}.envFrom[${index}]`;
    if (source.prefix !== undefined) {
      found.push(...each(`${from}.prefix`, source.prefix, envNameProblems(source.prefix)));
    }
    const sources = [source.configMapRef, source.secretRef].filter((each) => each !== undefined);
    if (sources.length === 0) {
      found.push(invalidValue(from, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (sources.length > 1) {
      found.push(invalidValue(from, '', 'may not have more than one field specified at a time'));
    }
  }
  found.push(...validateMounts(container.volumeMounts, `${at}.volumeMounts`, volumes));
  const pull: string | undefined = container.imagePullPolicy;
  if (pull === undefined) found.push(required(`${at}.imagePullPolicy`));
  else if (!['Always', 'IfNotPresent', 'Never'].includes(pull)) {
    found.push(notSupported(`${at}.imagePullPolicy`, pull, ['Always', 'IfNotPresent', 'Never']));
  }
  found.push(...validateResources(container.resources, `${at}.resources`));
  if (stage === 'main' || stage === 'sidecar') {
    found.push(...validateLifecycle(container, `${at}.lifecycle`));
    for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      const probe = container[name];
      if (probe === undefined) continue;
      found.push(...validateProbe(probe, `${at}.${name}`));
      if (
        name !== 'readinessProbe' &&
        probe.successThreshold !== undefined &&
        probe.successThreshold !== 1
      ) {
        found.push(
          invalidValue(`${at}.${name}.successThreshold`, probe.successThreshold, 'must be 1'),
        );
      }
      if (name === 'readinessProbe' && probe.terminationGracePeriodSeconds !== undefined) {
        found.push(
          invalidValue(
            `${at}.readinessProbe.terminationGracePeriodSeconds`,
            probe.terminationGracePeriodSeconds,
            'must not be set for readinessProbes',
          ),
        );
      }
    }
  }
  if (stage === 'init' && container.restartPolicy !== undefined) {
    found.push(notSupported(`${at}.restartPolicy`, container.restartPolicy, ['Always']));
  }
  return found;
}

function validatePorts(container: Container, at: string): FieldError[] {
  const found: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, port] of (container.ports ?? []).entries()) {
    const path = `${at}.ports[${index}]`;
    if (port.name !== undefined) {
      const problems = portNameProblems(port.name);
      if (problems.length > 0) found.push(...each(`${path}.name`, port.name, problems));
      else if (names.has(port.name)) found.push(duplicate(`${path}.name`, port.name));
      else names.add(port.name);
    }
    if (port.containerPort === 0 || port.containerPort === undefined) {
      found.push(required(`${path}.containerPort`));
    } else {
      found.push(
        ...each(`${path}.containerPort`, port.containerPort, portProblems(port.containerPort)),
      );
    }
    if (port.hostPort !== undefined && port.hostPort !== 0) {
      found.push(...each(`${path}.hostPort`, port.hostPort, portProblems(port.hostPort)));
    }
    const protocol: string | undefined = port.protocol;
    if (protocol === undefined) found.push(required(`${path}.protocol`));
    else if (!['SCTP', 'TCP', 'UDP'].includes(protocol)) {
      found.push(notSupported(`${path}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']));
    }
    if (port.hostIP !== undefined) found.push(...validateIp(`${path}.hostIP`, port.hostIP));
  }
  return found;
}

/** Two containers of a pod may not ask for one port of the node. */
function validateHostPorts(containers: readonly Container[], path: string): FieldError[] {
  const found: FieldError[] = [];
  const taken = new Set<string>();
  for (const [index, container] of containers.entries()) {
    for (const [at, port] of (container.ports ?? []).entries()) {
      if (port.hostPort === undefined || port.hostPort === 0) continue;
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (taken.has(key)) {
        found.push(
          duplicate(
            `${path}[${index}].ports[${at}].hostPort`,
            `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`,
          ),
        );
      }
      taken.add(key);
    }
  }
  return found;
}

const ENV_FIELDS: ReadonlySet<string> = new Set([
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]);

function validateEnv(env: readonly EnvVar[] | undefined, path: string): FieldError[] {
  const found: FieldError[] = [];
  for (const [index, variable] of (env ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (variable.name === '') found.push(required(`${at}.name`));
    else found.push(...each(`${at}.name`, variable.name, envNameProblems(variable.name)));
    const from = variable.valueFrom;
    if (from === undefined) continue;
    const sources = Object.keys(from).length;
    if (sources === 0) {
      found.push(
        invalidValue(
          `${at}.valueFrom`,
          '',
          'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
        ),
      );
    } else if (sources > 1) {
      found.push(
        invalidValue(`${at}.valueFrom`, '', 'may not have more than one field specified at a time'),
      );
    }
    if (variable.value !== undefined) {
      found.push(
        invalidValue(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'),
      );
    }
    const field = from.fieldRef?.fieldPath;
    if (field !== undefined) {
      const at2 = `${at}.valueFrom.fieldRef.fieldPath`;
      if (field === '') found.push(required(at2));
      else if (!/^metadata\.(labels|annotations)\['.*'\]$/.test(field) && !ENV_FIELDS.has(field)) {
        found.push(notSupported(at2, field, [...ENV_FIELDS].sort(compareText)));
      }
    }
    for (const source of ['configMapKeyRef', 'secretKeyRef'] as const) {
      const reference = from[source];
      if (reference === undefined) continue;
      if ((reference.name ?? '') === '') found.push(required(`${at}.valueFrom.${source}.name`));
      if (reference.key === '') found.push(required(`${at}.valueFrom.${source}.key`));
    }
  }
  return found;
}

function validateMounts(
  mounts: readonly VolumeMount[] | undefined,
  path: string,
  volumes: ReadonlySet<string>,
): FieldError[] {
  const found: FieldError[] = [];
  const paths = new Set<string>();
  for (const [index, mount] of (mounts ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (mount.name === '') found.push(required(`${at}.name`));
    if (!volumes.has(mount.name)) found.push(notFoundValue(`${at}.name`, mount.name));
    if (mount.mountPath === '') found.push(required(`${at}.mountPath`));
    if (paths.has(mount.mountPath)) {
      found.push(invalidValue(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    }
    paths.add(mount.mountPath);
  }
  return found;
}

const RESOURCE_NAMES: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);

export function validateResources(
  resources: ResourceRequirements | undefined,
  path: string,
): FieldError[] {
  const found: FieldError[] = [];
  if (resources === undefined) return found;
  for (const list of ['limits', 'requests'] as const) {
    const entries = Object.entries(resources[list] ?? {}).sort(([a], [b]) => compareText(a, b));
    for (const [name, quantity] of entries) {
      const at = `${path}.${list}[${name}]`;
      found.push(...validateResourceName(name, at));
      if (isNegativeQuantity(quantity)) {
        found.push(invalidValue(at, quantity, 'must be greater than or equal to 0'));
      }
    }
    if (list === 'limits') continue;
    for (const [name, quantity] of entries) {
      const limit = resources.limits?.[name];
      if (limit === undefined) continue;
      if (compareQuantity(quantity, limit) > 0) {
        found.push(
          invalidValue(
            `${path}.requests`,
            quantity,
            `must be less than or equal to ${name} limit of ${limit}`,
          ),
        );
      } else if (name.includes('/') && compareQuantity(quantity, limit) !== 0) {
        found.push(
          invalidValue(`${path}.requests`, quantity, `must be equal to ${name} limit of ${limit}`),
        );
      }
    }
  }
  return found;
}

function validateResourceName(name: string, at: string): FieldError[] {
  const problems = labelKeyProblems(name);
  if (problems.length > 0) return each(at, name, problems);
  if (!name.includes('/') && !RESOURCE_NAMES.has(name) && !name.startsWith('hugepages-')) {
    return [
      invalidValue(at, name, 'must be a standard resource type or fully qualified'),
      invalidValue(at, name, 'must be a standard resource for containers'),
    ];
  }
  return [];
}

function validateLifecycle(container: Container, path: string): FieldError[] {
  const found: FieldError[] = [];
  for (const name of ['postStart', 'preStop'] as const) {
    const handler = container.lifecycle?.[name];
    if (handler === undefined) continue;
    found.push(...validateHandler(handler, `${path}.${name}`));
  }
  return found;
}

function validateProbe(probe: Probe, path: string): FieldError[] {
  const found = validateHandler(probe, path);
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    found.push(...validateNonNegative(`${path}.${field}`, probe[field]));
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    found.push(
      invalidValue(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'),
    );
  }
  return found;
}

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & {
  readonly sleep?: unknown;
};

function validateHandler(handler: Handler, path: string): FieldError[] {
  const found: FieldError[] = [];
  let count = 0;
  const second = (field: string): boolean => {
    count++;
    if (count > 1) {
      found.push(forbiddenField(`${path}.${field}`, 'may not specify more than 1 handler type'));
    }
    return count > 1;
  };
  if (handler.exec !== undefined && !second('exec')) {
    if ((handler.exec.command ?? []).length === 0) found.push(required(`${path}.exec.command`));
  }
  if (handler.httpGet !== undefined && !second('httpGet')) {
    const { path: httpPath, port, scheme, httpHeaders } = handler.httpGet;
    if ((httpPath ?? '') === '') found.push(required(`${path}.httpGet.path`));
    found.push(...validatePortOrName(port, `${path}.httpGet.port`));
    if (!['HTTP', 'HTTPS'].includes(scheme ?? '')) {
      found.push(notSupported(`${path}.httpGet.scheme`, scheme ?? '', ['HTTP', 'HTTPS']));
    }
    for (const [index, header] of (httpHeaders ?? []).entries()) {
      if (!/^[-A-Za-z0-9]+$/.test(header.name)) {
        found.push(
          invalidValue(
            `${path}.httpGet.httpHeaders[${index}].name`,
            header.name,
            "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
          ),
        );
      }
    }
  }
  if (handler.tcpSocket !== undefined && !second('tcpSocket')) {
    found.push(...validatePortOrName(handler.tcpSocket.port, `${path}.tcpSocket.port`));
  }
  if (handler.grpc !== undefined && !second('grpc')) {
    found.push(...each(`${path}.grpc.port`, handler.grpc.port, portProblems(handler.grpc.port)));
  }
  if (handler.sleep !== undefined) second('sleep');
  if (count === 0) found.push(required(path, 'must specify a handler type'));
  return found;
}
