/**
 * `oc expose`: a Route for a Service; for everything else a Service, as kubectl makes it.
 *
 * Copies openshift/oc pkg/cli/expose and pkg/cli/create/route.
 */
import { type IntOrString, type KubeObject, type Service, SCHEME } from '@podwire/api';
import { must } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import type { Command } from '../command.ts';
import { type Failure, fail, hasReason, isFailure } from '../failure.ts';
import { textFlag } from '../flags.ts';
import { printedOf } from '../printed.ts';
import { parseTargets } from '../resource-args.ts';
import { type Call, type Session, dryRunOf } from '../session.ts';
import { exposeCommand, parsePairs } from '../verbs/expose.ts';
import { post } from '../verbs/create-object.ts';
import { kindOf } from './image-search.ts';

export const ocExposeCommand: Command = {
  ...exposeCommand,
  flags: [
    ...exposeCommand.flags,
    textFlag('hostname'),
    textFlag('path'),
    textFlag('wildcard-policy'),
  ],
  *run(session: Session, call: Call): Proc<number> {
    const targets = parseTargets(call.args);
    if (isFailure(targets)) return yield* exposeCommand.run(session, call);
    const [target] = targets.targets;
    const name = target?.names[0];
    const count = targets.targets.reduce((sum, { names }) => sum + names.length, 0);
    if (target?.info.kind === 'Service' && count > 1) {
      return session.failed(fail(`multiple resources provided: [${call.args.join(' ')}]`));
    }
    if (target?.info.kind !== 'Service' || name === undefined || call.flags.text('type') !== '') {
      return yield* exposeCommand.run(session, call);
    }
    return yield* exposeService(session, call, name);
  },
};

function* exposeService(session: Session, call: Call, serviceName: string): Proc<number> {
  const { flags } = call;
  const dryRun = dryRunOf(flags);
  if (isFailure(dryRun)) return session.failed(dryRun);
  const printed = printedOf(session, flags, dryRun);
  if (isFailure(printed)) return session.failed(printed);
  const service = yield* session.get<Service>(kindOf('services'), session.namespace, serviceName);
  if (isFailure(service)) return session.failed(service);
  const port = portOf(service, flags.text('port'));
  if (isFailure(port)) return session.failed(port);
  const labels = flags.text('labels');
  const route = routeOf({
    name: flags.text('name') || serviceName,
    namespace: session.namespace,
    serviceName,
    labels: labels === '' ? service.metadata.labels : parsePairs(labels),
    port,
    host: flags.text('hostname'),
    path: flags.text('path'),
    wildcardPolicy: flags.text('wildcard-policy'),
  });
  const info = must(SCHEME.byResource('routes'), 'the scheme has routes');
  const made =
    dryRun === 'client'
      ? route
      : yield* post(session, info, route, dryRun === 'server', 'oc-expose');
  if (isFailure(made)) return session.failed(made);
  const problem = printed.done(info, made, 'exposed');
  return problem === undefined ? 0 : session.failed(problem);
}

interface RoutePlan {
  readonly name: string;
  readonly namespace: string;
  readonly serviceName: string;
  readonly labels: { readonly [key: string]: string } | undefined;
  readonly port: IntOrString | undefined;
  readonly host: string;
  readonly path: string;
  readonly wildcardPolicy: string;
  readonly tls?: object;
}

export function routeOf(plan: RoutePlan): KubeObject {
  return {
    apiVersion: 'route.openshift.io/v1',
    kind: 'Route',
    metadata: {
      name: plan.name,
      namespace: plan.namespace,
      ...(plan.labels === undefined ? {} : { labels: plan.labels }),
    },
    spec: {
      ...(plan.host === '' ? {} : { host: plan.host }),
      ...(plan.path === '' ? {} : { path: plan.path }),
      to: { kind: 'Service', name: plan.serviceName },
      ...(plan.port === undefined ? {} : { port: { targetPort: plan.port } }),
      ...(plan.tls === undefined ? {} : { tls: plan.tls }),
      ...(plan.wildcardPolicy === '' ? {} : { wildcardPolicy: plan.wildcardPolicy }),
    },
  } as unknown as KubeObject;
}

/** `--port`, or the Service's first TCP port: its name, or its target where it has none. */
function portOf(service: Service, given: string): IntOrString | Failure {
  if (given !== '') return /^\d+$/.test(given) ? Number(given) : given;
  const ports = service.spec.ports ?? [];
  const first = ports.find(({ protocol = 'TCP' }) => protocol === 'TCP');
  if (first === undefined) {
    return fail(`service ${JSON.stringify(service.metadata.name)} doesn't support TCP`);
  }
  if (first.name !== undefined && first.name !== '') return first.name;
  return ports[0]?.targetPort ?? first.port;
}

const TERMINATIONS = ['edge', 'passthrough', 'reencrypt'] as const;

/** `oc create route edge|passthrough|reencrypt [NAME] --service=…`. */
export const createRouteCommands: readonly Command[] = TERMINATIONS.map((termination) => ({
  path: `create route ${termination}`,
  flags: [
    ...exposeCommand.flags.filter(({ name }) => ['output', 'dry-run', 'template'].includes(name)),
    textFlag('service'),
    textFlag('hostname'),
    textFlag('path'),
    textFlag('port'),
    textFlag('insecure-policy'),
    textFlag('wildcard-policy'),
    textFlag('cert'),
    textFlag('key'),
    textFlag('ca-cert'),
    textFlag('dest-ca-cert'),
  ],
  check(call: Call): Failure | undefined {
    if (call.flags.text('service') === '') return fail('required flag(s) "service" not set');
    return undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const { flags, args } = call;
    const dryRun = dryRunOf(flags);
    if (isFailure(dryRun)) return session.failed(dryRun);
    const printed = printedOf(session, flags, dryRun);
    if (isFailure(printed)) return session.failed(printed);
    const serviceName = flags.text('service').replace(/^(?:svc|service|services)\//, '');
    const service = yield* session.get<Service>(kindOf('services'), session.namespace, serviceName);
    const given = flags.text('port');
    if (isFailure(service)) {
      if (!hasReason(service, 'NotFound')) return session.failed(service);
      if (given === '') {
        return session.failed(
          fail('you need to provide a route port via --port when exposing a non-existent service'),
        );
      }
    }
    const first = isFailure(service) ? undefined : service.spec.ports?.[0]?.name;
    const files: Record<string, string> = {};
    for (const [flag, field] of [
      ['cert', 'certificate'],
      ['key', 'key'],
      ['ca-cert', 'caCertificate'],
      ['dest-ca-cert', 'destinationCACertificate'],
    ] as const) {
      const name = flags.text(flag);
      if (name === '') continue;
      const text = session.ctx.readFile(name)?.[0]?.text;
      if (text === undefined)
        return session.failed(fail(`open ${name}: no such file or directory`));
      files[field] = text;
    }
    const insecure = flags.text('insecure-policy');
    const route = routeOf({
      name: args[0] ?? serviceName,
      namespace: session.namespace,
      serviceName,
      labels: isFailure(service) ? undefined : service.metadata.labels,
      port: given === '' ? first : /^\d+$/.test(given) ? Number(given) : given,
      host: flags.text('hostname'),
      path: flags.text('path'),
      wildcardPolicy: flags.text('wildcard-policy'),
      tls: {
        termination,
        ...(insecure === '' ? {} : { insecureEdgeTerminationPolicy: insecure }),
        ...files,
      },
    });
    const info = kindOf('routes');
    const made =
      dryRun === 'client'
        ? route
        : yield* post(session, info, route, dryRun === 'server', 'oc-create');
    if (isFailure(made)) return session.failed(made);
    const problem = printed.done(info, made, 'created');
    return problem === undefined ? 0 : session.failed(problem);
  },
}));
