/**
 * `kubectl expose`: a Service for the pods that a Service, workload or pod has.
 */
import {
  type KubeObject,
  type PodSpec,
  type ServicePort,
  SCHEME,
  type StringMap,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import {
  type Command,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  FILENAME_FLAGS,
  PRINT_FLAGS,
  SELECTOR_FLAG,
} from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { boolFlag, listFlag, textFlag } from '../flags.ts';
import { at, isRecord, listAt } from '../json-value.ts';
import { printedOf } from '../printed.ts';
import { NO_RESOURCES, parseTargets } from '../resource-args.ts';
import { type Call, type Found, type Session, dryRunOf } from '../session.ts';
import { post } from './create-object.ts';
import { lookUp } from './lookup.ts';

const NO_PORT =
  "couldn't find port via --port flag or introspection\nSee 'kubectl expose -h' for help and examples";

export const exposeCommand: Command = {
  path: 'expose',
  flags: [
    ...PRINT_FLAGS,
    ...FILENAME_FLAGS,
    DRY_RUN_FLAG,
    FIELD_MANAGER_FLAG,
    { ...SELECTOR_FLAG, name: 'labels' },
    textFlag('name'),
    textFlag('port'),
    textFlag('target-port'),
    textFlag('protocol'),
    textFlag('type'),
    textFlag('selector'),
    textFlag('cluster-ip'),
    textFlag('external-ip'),
    textFlag('load-balancer-ip'),
    textFlag('session-affinity'),
    listFlag('ports'),
    boolFlag('save-config'),
  ],
  check(call: Call): Failure | undefined {
    if (call.flags.list('filename').length > 0) return undefined;
    if (call.args.length === 0) return fail(NO_RESOURCES);
    const targets = parseTargets(call.args);
    return isFailure(targets) ? targets : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const { flags } = call;
    const dryRun = dryRunOf(flags);
    if (isFailure(dryRun)) return session.failed(dryRun);
    const printed = printedOf(session, flags, dryRun);
    if (isFailure(printed)) return session.failed(printed);
    const looked = yield* lookUp(session, { args: call.args, flags, hasOwnSelector: true });
    if (isFailure(looked)) return session.failed(looked);
    const failures: Failure[] = [...looked.failures];
    const info = SCHEME.byKind('v1', 'Service');
    for (const found of looked.found) {
      const service = serviceFor(call, found);
      if (isFailure(service) || info === undefined) {
        if (isFailure(service)) failures.push(service);
        continue;
      }
      const created =
        dryRun === 'client'
          ? service
          : yield* post(session, info, service, dryRun === 'server', 'kubectl-expose');
      const problem = isFailure(created) ? created : printed.done(info, created, 'exposed');
      if (problem !== undefined) failures.push(problem);
    }
    return failures.length === 0 ? 0 : session.failed(...failures);
  },
};

function serviceFor(call: Call, { info, object }: Found): KubeObject | Failure {
  const { flags } = call;
  const selector = selectorFor(call, { info, object });
  if (isFailure(selector)) return selector;
  const ports = portsFor(call, object);
  if (isFailure(ports)) return ports;
  const name = (flags.text('name') || object.metadata.name).slice(0, 63);
  const labels =
    flags.text('labels') === '' ? object.metadata.labels : parsePairs(flags.text('labels'));
  const clusterIp = flags.text('cluster-ip');
  const affinity = flags.text('session-affinity');
  const type = flags.text('type');
  const { namespace } = object.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      ...(labels === undefined ? {} : { labels }),
      name,
      ...(namespace === undefined ? {} : { namespace }),
    },
    spec: {
      ...(clusterIp === '' ? {} : { clusterIP: clusterIp }),
      ...(flags.text('external-ip') === '' ? {} : { externalIPs: [flags.text('external-ip')] }),
      ...(flags.text('load-balancer-ip') === ''
        ? {}
        : { loadBalancerIP: flags.text('load-balancer-ip') }),
      ports,
      selector,
      ...(affinity === '' ? {} : { sessionAffinity: affinity }),
      ...(type === '' ? {} : { type }),
    },
    status: { loadBalancer: {} },
  } as unknown as KubeObject;
}

function selectorFor(call: Call, { info, object }: Found): StringMap | Failure {
  const given = call.flags.text('selector');
  if (given !== '') return parsePairs(given);
  switch (info.kind) {
    case 'Pod': {
      const { labels } = object.metadata;
      if (labels === undefined || Object.keys(labels).length === 0) {
        return fail(
          "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed",
        );
      }
      return labels;
    }
    case 'Service':
    case 'ReplicationController':
    case 'DeploymentConfig': {
      const selector = at(object, 'spec', 'selector');
      return isRecord(selector)
        ? (selector as StringMap)
        : fail(
            "couldn't retrieve selectors via --selector flag or introspection: the service has no pod selector set",
          );
    }
    case 'Deployment':
    case 'ReplicaSet': {
      const expressions = listAt(object, 'spec', 'selector', 'matchExpressions');
      if (expressions.length > 0) {
        return fail(
          `couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions - "${expressions.length}" to map-based selector format`,
        );
      }
      return (at(object, 'spec', 'selector', 'matchLabels') ?? {}) as StringMap;
    }
    default: {
      const group = info.group === '' ? '' : `.${info.group}`;
      return fail(`cannot expose a ${info.kind}${group}`);
    }
  }
}

function portsFor(call: Call, object: KubeObject): ServicePort[] | Failure {
  const { flags } = call;
  const target = flags.text('target-port');
  const protocols = knownPorts(object);
  const given = flags.text('port');
  const numbers = given === '' ? [...protocols.keys()] : given.split(',').map(Number);
  if (numbers.length === 0 || numbers.some((port) => !Number.isInteger(port))) return fail(NO_PORT);
  return numbers.map((port, index) => {
    const protocol = flags.text('protocol') || (protocols.get(port) ?? 'TCP');
    const targetPort = target === '' ? port : /^\d+$/.test(target) ? Number(target) : target;
    return {
      ...(numbers.length > 1 ? { name: `port-${index + 1}` } : {}),
      port,
      protocol: protocol as 'TCP' | 'UDP' | 'SCTP',
      targetPort,
    };
  });
}

/** Ports that the object itself names, with their protocols. */
function knownPorts(object: KubeObject): Map<number, string> {
  const ports = new Map<number, string>();
  if (object.kind === 'Service') {
    for (const port of listAt(object, 'spec', 'ports') as readonly ServicePort[]) {
      ports.set(port.port, port.protocol ?? 'TCP');
    }
    return ports;
  }
  const path = object.kind === 'Pod' ? ['spec'] : ['spec', 'template', 'spec'];
  const spec = at(object, ...path) as PodSpec | undefined;
  for (const container of spec?.containers ?? []) {
    for (const port of container.ports ?? []) ports.set(port.containerPort, port.protocol ?? 'TCP');
  }
  return ports;
}

export function parsePairs(text: string): StringMap {
  const pairs: [string, string][] = [];
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    if (equals > 0) pairs.push([part.slice(0, equals), part.slice(equals + 1)]);
  }
  return Object.fromEntries(pairs);
}
