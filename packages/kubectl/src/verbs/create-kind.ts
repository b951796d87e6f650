/**
 * `kubectl create KIND`: all kinds that flags can describe; here namespace, configmap, service, serviceaccount.
 */
import { type KubeObject, portNameProblems } from '@podwire/api';
import type { Command } from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { arrayFlag, boolFlag, intFlag, textFlag } from '../flags.ts';
import type { Call, Session } from '../session.ts';
import { createBudgetCommand } from './create-budget.ts';
import { DATA_FLAGS, dataOf } from './create-data.ts';
import { createIngressCommand } from './create-ingress.ts';
import { generated, objectOf } from './create-object.ts';
import { CREATE_SECRET_COMMANDS } from './create-secret.ts';
import { CREATE_WORKLOAD_COMMANDS } from './create-workload.ts';

function parseTcp(specs: readonly string[]): object[] | Failure {
  const ports: object[] = [];
  for (const spec of specs) {
    const [port = '', target] = spec.split(':');
    const number = Number(port);
    const isNumber = /^\d+$/.test(port);
    if (!isNumber || number > 65_535) {
      return fail(
        `strconv.ParseUint: parsing ${JSON.stringify(port)}: ${isNumber ? 'value out of range' : 'invalid syntax'}`,
      );
    }
    const targetPort =
      target === undefined ? number : /^\d+$/.test(target) ? Number(target) : target;
    const problems = typeof targetPort === 'string' ? portNameProblems(targetPort) : [];
    if (problems.length > 0) return fail(problems.join(','));
    if (target !== undefined && typeof targetPort === 'number' && !isPort(targetPort)) {
      return fail('must be between 1 and 65535, inclusive');
    }
    ports.push({ name: spec.replace(':', '-'), port: number, protocol: 'TCP', targetPort });
  }
  return ports;
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
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

const TCP = [{ ...arrayFlag('tcp'), kind: 'list' } as const];

export const CREATE_COMMANDS: readonly Command[] = [
  ...CREATE_WORKLOAD_COMMANDS,
  createBudgetCommand,
  createIngressCommand,
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
      const data = dataOf(session, call, { kind: 'ConfigMap', name });
      if (isFailure(data)) return data;
      return objectOf('v1', 'ConfigMap', {
        ...(data.size === 0 ? {} : { data: Object.fromEntries(data) }),
        metadata: { name },
      });
    },
  }),
  ...CREATE_SECRET_COMMANDS,
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
    required: ['external-name'],
    flags: [...TCP, textFlag('external-name')],
    build: (_session, call, name) =>
      service(name, 'ExternalName', call, { externalName: call.flags.text('external-name') }),
  }),
];
