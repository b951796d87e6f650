/**
 * `kubectl create deployment|namespace|configmap|secret|service|serviceaccount|job|ingress`: objects from flags.
 */
import { type KubeObject, base64 } from '@podwire/api';
import type { Command } from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { arrayFlag, boolFlag, intFlag, textFlag } from '../flags.ts';
import type { Call, Session } from '../session.ts';
import { createIngressCommand } from './create-ingress.ts';
import { generated } from './create-object.ts';

/** `registry.example.org/team/web:1.2` → `web`. */
export function nameOfImage(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  return last.replace(/[@:].*$/, '').replaceAll('_', '-');
}

function parseTcp(specs: readonly string[]): object[] | Failure {
  const ports: object[] = [];
  for (const spec of specs) {
    const [port = '', target] = spec.split(':');
    const number = Number(port);
    if (!/^\d+$/.test(port) || number < 1 || number > 65_535) {
      return fail(
        `invalid port specified: strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`,
      );
    }
    const targetPort =
      target === undefined ? number : /^\d+$/.test(target) ? Number(target) : target;
    ports.push({ name: spec.replace(':', '-'), port: number, protocol: 'TCP', targetPort });
  }
  return ports;
}

function service(
  name: string,
  type: string,
  call: Call,
  more: Record<string, unknown> = {},
): KubeObject | Failure {
  const ports = parseTcp(call.flags.list('tcp'));
  if (isFailure(ports)) return ports;
  const nodePort = call.flags.int('node-port');
  const withNodePort = nodePort > 0 ? ports.map((port) => ({ ...port, nodePort })) : ports;
  return objectOf('v1', 'Service', {
    metadata: { labels: { app: name }, name },
    spec: {
      ...(withNodePort.length === 0 ? {} : { ports: withNodePort }),
      selector: { app: name },
      type,
      ...more,
    },
    status: { loadBalancer: {} },
  });
}

function objectOf(apiVersion: string, kind: string, rest: Record<string, unknown>): KubeObject {
  return { apiVersion, kind, ...rest } as unknown as KubeObject;
}

const TCP = [{ ...arrayFlag('tcp'), kind: 'list' } as const];

/** Containers of `--image` flags: named after the images, numbered where names repeat. */
function containersOf(call: Call, command: readonly string[]): object[] | Failure {
  const images = call.flags.list('image');
  if (images.length === 0) return fail('required flag(s) "image" not set');
  if (images.length > 1 && command.length > 0) {
    return fail('cannot specify multiple --image options and command');
  }
  const port = call.flags.int('port');
  const used = new Map<string, number>();
  return images.map((image) => {
    const base = nameOfImage(image);
    const count = used.get(base) ?? 0;
    used.set(base, count + 1);
    return {
      ...(command.length === 0 ? {} : { command }),
      image,
      name: count === 0 ? base : `${base}-${count + 1}`,
      ...(port > 0 ? { ports: [{ containerPort: port }] } : {}),
      resources: {},
    };
  });
}

function commandOf(call: Call): readonly string[] {
  return call.dashAt === undefined ? [] : call.args.slice(call.dashAt);
}

function dataOf(session: Session, call: Call): ReadonlyMap<string, string> | Failure {
  const data = new Map<string, string>();
  const put = (key: string, value: string): Failure | undefined => {
    if (data.has(key)) {
      return fail(
        `cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data for ConfigMap`,
      );
    }
    if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
      return fail(
        `${JSON.stringify(key)} is not a valid key name for a ConfigMap: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      );
    }
    data.set(key, value);
    return undefined;
  };
  for (const literal of call.flags.list('from-literal')) {
    const equals = literal.indexOf('=');
    if (equals < 1) return fail(`invalid literal source ${literal}, expected key=value`);
    const problem = put(literal.slice(0, equals), unquote(literal.slice(equals + 1)));
    if (problem !== undefined) return problem;
  }
  for (const source of call.flags.list('from-file')) {
    const equals = source.indexOf('=');
    const path = source.slice(equals + 1);
    const files = session.ctx.readFile(path);
    if (files === undefined) return fail(`error reading ${path}: no such file or directory`);
    for (const file of files) {
      const own = file.name.slice(file.name.lastIndexOf('/') + 1);
      const problem = put(equals < 0 ? own : source.slice(0, equals), file.text);
      if (problem !== undefined) return problem;
    }
  }
  for (const path of call.flags.list('from-env-file')) {
    const file = session.ctx.readFile(path)?.[0];
    if (file === undefined) return fail(`error reading ${path}: no such file or directory`);
    for (const line of file.text.split('\n')) {
      const text = line.trimStart();
      if (text === '' || text.startsWith('#')) continue;
      const equals = text.indexOf('=');
      const problem = put(
        equals < 0 ? text : text.slice(0, equals),
        equals < 0 ? '' : text.slice(equals + 1),
      );
      if (problem !== undefined) return problem;
    }
  }
  return data;
}

function unquote(text: string): string {
  return text.length >= 2 && /^(['"]).*\1$/s.test(text) ? text.slice(1, -1) : text;
}

const DATA_FLAGS = [
  arrayFlag('from-literal'),
  { ...arrayFlag('from-file') },
  arrayFlag('from-env-file'),
];

export const CREATE_COMMANDS: readonly Command[] = [
  createIngressCommand,
  generated({
    path: 'create deployment',
    aliases: ['create deploy'],
    noun: 'deployment',
    takesCommand: true,
    flags: [
      { ...arrayFlag('image'), kind: 'list' },
      intFlag('replicas', 1, 'r'),
      intFlag('port', -1),
    ],
    build(_session: Session, call: Call, name: string): KubeObject | Failure {
      const containers = containersOf(call, commandOf(call));
      if (isFailure(containers)) return containers;
      const labels = { app: name };
      return objectOf('apps/v1', 'Deployment', {
        metadata: { labels, name },
        spec: {
          replicas: call.flags.int('replicas'),
          selector: { matchLabels: labels },
          strategy: {},
          template: { metadata: { labels }, spec: { containers } },
        },
        status: {},
      });
    },
  }),
  generated({
    path: 'create namespace',
    aliases: ['create ns'],
    noun: 'namespace',
    flags: [],
    build: (_session, _call, name) =>
      objectOf('v1', 'Namespace', { metadata: { name }, spec: {}, status: {} }),
  }),
  generated({
    path: 'create configmap',
    aliases: ['create cm'],
    noun: 'configmap',
    flags: [...DATA_FLAGS, boolFlag('append-hash')],
    build(session: Session, call: Call, name: string): KubeObject | Failure {
      const data = dataOf(session, call);
      if (isFailure(data)) return data;
      return objectOf('v1', 'ConfigMap', {
        ...(data.size === 0 ? {} : { data: Object.fromEntries(data) }),
        metadata: { name },
      });
    },
  }),
  generated({
    path: 'create secret generic',
    noun: 'secret',
    flags: [...DATA_FLAGS, textFlag('type'), boolFlag('append-hash')],
    build(session: Session, call: Call, name: string): KubeObject | Failure {
      const data = dataOf(session, call);
      if (isFailure(data)) return data;
      const type = call.flags.text('type');
      const encoded = [...data].map(([key, value]) => [key, base64(value)] as const);
      return objectOf('v1', 'Secret', {
        ...(data.size === 0 ? {} : { data: Object.fromEntries(encoded) }),
        metadata: { name },
        ...(type === '' ? {} : { type }),
      });
    },
  }),
  generated({
    path: 'create serviceaccount',
    aliases: ['create sa'],
    noun: 'serviceaccount',
    flags: [],
    build: (_session, _call, name) => objectOf('v1', 'ServiceAccount', { metadata: { name } }),
  }),
  generated({
    path: 'create service clusterip',
    aliases: ['create svc clusterip'],
    noun: 'ClusterIP service',
    flags: [...TCP, textFlag('clusterip')],
    build(_session: Session, call: Call, name: string): KubeObject | Failure {
      const clusterIp = call.flags.text('clusterip');
      if (call.flags.list('tcp').length === 0 && clusterIp !== 'None') {
        return fail('at least one tcp port specifier must be provided');
      }
      return service(name, 'ClusterIP', call, clusterIp === '' ? {} : { clusterIP: clusterIp });
    },
  }),
  generated({
    path: 'create service nodeport',
    aliases: ['create svc nodeport'],
    noun: 'NodePort service',
    flags: [...TCP, intFlag('node-port')],
    build: (_session, call, name) =>
      call.flags.list('tcp').length === 0
        ? fail('at least one tcp port specifier must be provided')
        : service(name, 'NodePort', call),
  }),
  generated({
    path: 'create service loadbalancer',
    aliases: ['create svc loadbalancer'],
    noun: 'LoadBalancer service',
    flags: TCP,
    build: (_session, call, name) =>
      call.flags.list('tcp').length === 0
        ? fail('at least one tcp port specifier must be provided')
        : service(name, 'LoadBalancer', call),
  }),
  generated({
    path: 'create service externalname',
    aliases: ['create svc externalname'],
    noun: 'ExternalName service',
    flags: [...TCP, textFlag('external-name')],
    build(_session: Session, call: Call, name: string): KubeObject | Failure {
      const externalName = call.flags.text('external-name');
      return externalName === ''
        ? fail('required flag(s) "external-name" not set')
        : service(name, 'ExternalName', call, { externalName });
    },
  }),
  generated({
    path: 'create job',
    noun: 'job',
    takesCommand: true,
    flags: [{ ...arrayFlag('image'), kind: 'list' }, textFlag('from')],
    build(_session: Session, call: Call, name: string): KubeObject | Failure {
      if (call.flags.text('from') !== '') return fail('create job --from is not modelled');
      const containers = containersOf(call, commandOf(call));
      if (isFailure(containers)) return containers;
      return objectOf('batch/v1', 'Job', {
        metadata: { name },
        spec: { template: { metadata: {}, spec: { containers, restartPolicy: 'Never' } } },
        status: {},
      });
    },
  }),
];
