/**
 * What an IngressController comes to: the environment of its routers, its Services, where its pods may run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IngressController } from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import { routerSettings } from '../router-settings.ts';
import {
  type RouterPlatform,
  routerDeployment,
  routerEnvironment,
  routerServices,
} from './router-objects.ts';

const PLATFORM: RouterPlatform = {
  domain: 'apps.ocp4.example.com',
  publishing: { type: 'HostNetwork' },
  replicas: 2,
  nodes: undefined,
};

function controller(name: string, spec: object): IngressController {
  const metadata = { name, namespace: 'openshift-ingress-operator' };
  return { apiVersion: 'operator.openshift.io/v1', kind: 'IngressController', metadata, spec };
}

const SHARD = controller('shard', {
  domain: 'shard.example.org',
  routeSelector: { matchLabels: { type: 'sharded' } },
  namespaceSelector: { matchExpressions: [{ key: 'tenant', operator: 'In', values: ['a', 'b'] }] },
  routeAdmission: {
    wildcardPolicy: 'WildcardsAllowed',
    namespaceOwnership: 'InterNamespaceAllowed',
  },
  httpHeaders: { forwardedHeaderPolicy: 'IfNone' },
  tuningOptions: { serverTimeout: '5s', healthCheckInterval: '1s' },
  endpointPublishingStrategy: {
    type: 'HostNetwork',
    hostNetwork: { httpPort: 8080, httpsPort: 8443 },
  },
});

test('the environment says all, and a router reads it', () => {
  const environment = routerEnvironment(SHARD, PLATFORM, (key) => key === 'error-page-404.http');
  assert.equal(
    environment.map(({ name, value }) => `${name}=${value}`).join('\n'),
    `NAMESPACE_LABELS=tenant in (a,b)
ROUTER_ALLOW_WILDCARD_ROUTES=true
ROUTER_BACKEND_CHECK_INTERVAL=1s
ROUTER_CANONICAL_HOSTNAME=router-shard.shard.example.org
ROUTER_DEFAULT_SERVER_TIMEOUT=5s
ROUTER_DISABLE_NAMESPACE_OWNERSHIP_CHECK=true
ROUTER_DOMAIN=shard.example.org
ROUTER_ERRORFILE_404=/var/lib/haproxy/conf/error_code_pages/error-page-404.http
ROUTER_SERVICE_HTTPS_PORT=8443
ROUTER_SERVICE_HTTP_PORT=8080
ROUTER_SERVICE_NAME=shard
ROUTER_SERVICE_NAMESPACE=openshift-ingress
ROUTER_SET_FORWARDED_HEADERS=if-none
ROUTE_LABELS=type=sharded
STATS_PORT=1936`,
  );
  const settings = routerSettings(new Map(environment.map(({ name, value }) => [name, value])));
  assert.equal(settings.serverTimeoutNs, 5 * NS_PER_SEC);
  assert.equal(settings.httpsPort, 8443);
  assert.ok(settings.allowsWildcards && settings.sharesHosts);
  assert.equal(settings.forwarded, 'if-none');
  assert.deepEqual([...settings.errorFiles.keys()], [404]);
});

test('Services by publishing', () => {
  const rows: readonly (readonly [type: string, services: string])[] = [
    ['HostNetwork', 'router-internal-x ClusterIP'],
    ['Private', 'router-internal-x ClusterIP'],
    ['LoadBalancerService', 'router-internal-x ClusterIP, router-x LoadBalancer Local'],
    ['NodePortService', 'router-internal-x ClusterIP, router-nodeport-x NodePort Local'],
  ];
  for (const [type, expected] of rows) {
    const made = routerServices(
      controller('x', { endpointPublishingStrategy: { type } }),
      PLATFORM,
    ) as readonly {
      readonly metadata: { readonly name: string };
      readonly spec: { readonly type: string; readonly externalTrafficPolicy?: string };
    }[];
    const told = made.map(({ metadata, spec }) =>
      [metadata.name, spec.type, spec.externalTrafficPolicy].filter(Boolean).join(' '),
    );
    assert.equal(told.join(', '), expected);
  }
});

test('where routers run', () => {
  const podOf = (spec: object, platform: RouterPlatform): string =>
    JSON.stringify(routerDeployment(controller('x', spec), platform, () => false));
  const pinned = { ...PLATFORM, nodes: ['node-1'] };
  assert.match(podOf({}, pinned), /"hostNetwork":true.*"values":\["node-1"\]/);
  assert.match(podOf({ replicas: 2 }, pinned), /preferredDuring.*"values":\["node-1"\]/);
  const placed = podOf({ nodePlacement: { nodeSelector: { matchLabels: { a: 'b' } } } }, pinned);
  assert.match(placed, /"nodeSelector":\{"a":"b"\}/);
  assert.doesNotMatch(placed, /node-1/);
  const onPods = podOf({ endpointPublishingStrategy: { type: 'Private' } }, PLATFORM);
  assert.doesNotMatch(onPods, /"hostNetwork":true/);
});
