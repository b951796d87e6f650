/**
 * `kubectl create ingress NAME --rule=HOST/PATH=SERVICE:PORT[,tls[=SECRET]]` (kubectl pkg/cmd/create/create_ingress.go).
 */
import type { HttpIngressPath, Ingress, IngressBackend, KubeObject } from '@podwire/api';
import type { Command } from '../command.ts';
import { type Failure, fail } from '../failure.ts';
import { arrayFlag, textFlag } from '../flags.ts';
import type { Call } from '../session.ts';
import { generated } from './create-object.ts';

export const createIngressCommand: Command = generated({
  path: 'create ingress',
  aliases: ['create ing'],
  noun: 'ingress',
  flags: [
    textFlag('class'),
    arrayFlag('rule'),
    arrayFlag('annotation'),
    textFlag('default-backend'),
  ],
  build: (_session, call, name) => problemOf(call) ?? ingressOf(call, name),
});

/** Host, path, Service, its port, `tls`, a secret; the end may be followed by anything, as there. */
const RULE = /^([\w*\-.]*)(\/.*)=([\w-]+):([\w-]+)(?:,(tls)=?([\w-]+)?)?/;

function problemOf({ flags }: Call): Failure | undefined {
  const rules = flags.list('rule');
  const backend = flags.text('default-backend');
  if (rules.length === 0 && backend === '') {
    return fail(
      'not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)',
    );
  }
  const rule = rules.find((text) => !RULE.test(text));
  if (rule !== undefined) {
    return fail(
      `rule ${rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`,
    );
  }
  const annotation = flags.list('annotation').find((text) => !text.includes('='));
  if (annotation !== undefined) {
    return fail(`annotation ${annotation} is invalid and should be in format key=[value]`);
  }
  return backend !== '' && backend.split(':').length !== 2
    ? fail('default-backend should be in format servicename:serviceport')
    : undefined;
}

function ingressOf({ flags }: Call, name: string): KubeObject {
  const annotations = flags.list('annotation').map((text) => {
    const equals = text.indexOf('=');
    return [text.slice(0, equals), text.slice(equals + 1)] as const;
  });
  const rules = flags.list('rule').map(readRule);
  const backend = flags.text('default-backend');
  const tls = tlsOf(rules);
  const ingressClassName = flags.text('class');
  const spec = {
    ...(ingressClassName === '' ? {} : { ingressClassName }),
    ...(backend === '' ? {} : { defaultBackend: backendOf(backend) }),
    ...(tls.length === 0 ? {} : { tls }),
    ...(rules.length === 0 ? {} : { rules: rulesOf(rules) }),
  };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name,
      ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    },
    spec,
    status: { loadBalancer: {} },
  } as Ingress;
}

interface Rule {
  readonly host: string;
  readonly path: HttpIngressPath;
  /** Undefined: without TLS; empty: with no secret. */
  readonly secret: string | undefined;
}

function readRule(text: string): Rule {
  const [, host = '', path = '', service = '', port = '', tls, secret = ''] = RULE.exec(text) ?? [];
  const isPrefix = path.endsWith('*');
  return {
    host,
    path: {
      path: isPrefix ? path.slice(0, -1) : path,
      pathType: isPrefix ? 'Prefix' : 'Exact',
      backend: backendOf(`${service}:${port}`),
    },
    secret: tls === undefined ? undefined : secret,
  };
}

/** A port of digits is a number. */
function backendOf(text: string): IngressBackend {
  const [name = '', port = ''] = text.split(':');
  return {
    service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } },
  };
}

/** Rules of one host are one. */
function rulesOf(rules: readonly Rule[]): NonNullable<Ingress['spec']['rules']> {
  const pathsOf = new Map<string, HttpIngressPath[]>();
  for (const { host, path } of rules) {
    const paths = pathsOf.get(host);
    if (paths === undefined) pathsOf.set(host, [path]);
    else paths.push(path);
  }
  return [...pathsOf].map(([host, paths]) => ({
    ...(host === '' ? {} : { host }),
    http: { paths },
  }));
}

/** Each host once, with those of the same secret. */
function tlsOf(rules: readonly Rule[]): NonNullable<Ingress['spec']['tls']> {
  const hostsOf = new Map<string, string[]>();
  const seen = new Set<string>();
  for (const { host, secret } of rules) {
    if (secret === undefined || seen.has(host)) continue;
    seen.add(host);
    const hosts = hostsOf.get(secret) ?? [];
    if (host !== '') hosts.push(host);
    if (secret !== '' || hosts.length > 0) hostsOf.set(secret, hosts);
  }
  return [...hostsOf].map(([secretName, hosts]) => ({
    ...(hosts.length === 0 ? {} : { hosts }),
    ...(secretName === '' ? {} : { secretName }),
  }));
}
