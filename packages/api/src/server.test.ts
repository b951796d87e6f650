/**
 * The API server's answers: error texts as the real one gives them, defaults, deletion, allocators, watches.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rng, cidr } from '@podwire/base';
import { ApiServer } from './server.ts';
import { type ApiRequest, type ApiResponse, type WatchEvent, messageOf } from './request.ts';
import { SCHEME } from './kinds.ts';
import { apiVersionOf } from './scheme.ts';
import { Store } from './store.ts';
import type { KubeObject } from './types/meta.ts';
import type { Pod } from './types/pod.ts';
import type { Service } from './types/service.ts';

interface World {
  readonly server: ApiServer;
  nowNs: number;
  create(resource: string, name: string, rest: object, query?: ApiRequest['query']): ApiResponse;
  patch(resource: string, name: string, body: unknown): ApiResponse;
  get(resource: string, name: string): ApiResponse;
  remove(resource: string, name: string, query?: ApiRequest['query']): ApiResponse;
}

function world(options: { serviceCidrs?: string[] } = {}): World {
  const rng = new Rng('server.test');
  const made: World = {
    nowNs: 0,
    server: new ApiServer(new Store(rng), {
      clock: { nowNs: () => made.nowNs },
      rng,
      admission: { mountsToken: false },
      bootstrap: false,
      ...(options.serviceCidrs === undefined
        ? {}
        : { serviceCidrs: options.serviceCidrs.map(cidr) }),
    }),
    create: (resource, name, rest, query) => {
      const info = SCHEME.byResource(resource);
      assert.ok(info);
      return made.server.handle({
        verb: 'create',
        resource,
        namespace: 'default',
        ...(query === undefined ? {} : { query }),
        body: { apiVersion: apiVersionOf(info), kind: info.kind, metadata: { name }, ...rest },
      });
    },
    patch: (resource, name, body) =>
      made.server.handle({ verb: 'patch', resource, namespace: 'default', name, body }),
    get: (resource, name) =>
      made.server.handle({ verb: 'get', resource, namespace: 'default', name }),
    remove: (resource, name, query) =>
      made.server.handle({
        verb: 'delete',
        resource,
        namespace: 'default',
        name,
        ...(query === undefined ? {} : { query }),
      }),
  };
  made.server.handle({
    verb: 'create',
    resource: 'namespaces',
    body: { metadata: { name: 'default' } },
  });
  return made;
}

/** The problems behind `Service "a" is invalid: `. */
function problems(response: ApiResponse): string {
  return messageOf(response).replace(/^[A-Z]\S* "[^"]*" is invalid: /, '');
}

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const NODE_PORT_RANGE =
  'provided port is not in the valid range. The range of valid ports is 30000-32767';
const IN_RANGE = 'must be between 1 and 65535, inclusive';

describe('service validation (1.36 texts)', () => {
  const rows: readonly (readonly [string, object, string])[] = [
    ['no ports', {}, 'spec.ports: Required value'],
    [
      'port 70000',
      { ports: [{ port: 70000 }] },
      `[spec.ports[0].port: Invalid value: 70000: ${IN_RANGE}, spec.ports[0].targetPort: Invalid value: 70000: ${IN_RANGE}]`,
    ],
    [
      'no port, a targetPort',
      { ports: [{ targetPort: 80 }] },
      `spec.ports[0].port: Invalid value: 0: ${IN_RANGE}`,
    ],
    [
      'two ports without names',
      { ports: [{ port: 80 }, { port: 81 }] },
      '[spec.ports[0].name: Required value, spec.ports[1].name: Required value]',
    ],
    [
      'same name twice',
      {
        ports: [
          { name: 'http', port: 80 },
          { name: 'http', port: 81 },
        ],
      },
      'spec.ports[1].name: Duplicate value: "http"',
    ],
    [
      'same port and protocol twice',
      {
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 80 },
        ],
      },
      'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
    ],
    [
      'port name',
      { ports: [{ name: 'HTTP', port: 80 }] },
      `spec.ports[0].name: Invalid value: "HTTP": ${LABEL}`,
    ],
    [
      'protocol',
      { ports: [{ port: 80, protocol: 'tcp' }] },
      'spec.ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      'targetPort name',
      { ports: [{ port: 80, targetPort: 'My_Port' }] },
      'spec.ports[0].targetPort: Invalid value: "My_Port": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
    ],
    [
      'targetPort too long',
      { ports: [{ port: 80, targetPort: 'abcdefghijklmnop' }] },
      'spec.ports[0].targetPort: Invalid value: "abcdefghijklmnop": must be no more than 15 characters',
    ],
    [
      'targetPort digits',
      { ports: [{ port: 80, targetPort: '80' }] },
      'spec.ports[0].targetPort: Invalid value: "80": must contain at least one letter (a-z)',
    ],
    [
      'nodePort out of range',
      { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
      `spec.ports[0].nodePort: Invalid value: 80: ${NODE_PORT_RANGE}`,
    ],
    [
      'one nodePort for two ports',
      {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 80, nodePort: 30124 },
          { name: 'b', port: 81, protocol: 'UDP', nodePort: 30124 },
        ],
      },
      'spec.ports[1].nodePort: Invalid value: 30124: provided port is already allocated',
    ],
    [
      'nodePort on ClusterIP',
      { ports: [{ port: 80, nodePort: 30080 }] },
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
    [
      'health check port without Local',
      { ports: [{ port: 80 }], healthCheckNodePort: 31000 },
      "spec.healthCheckNodePort: Invalid value: 31000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
    [
      'cluster IP outside',
      { clusterIP: '10.200.0.1', ports: [{ port: 80 }] },
      'spec.clusterIPs: Invalid value: ["10.200.0.1"]: failed to allocate IP 10.200.0.1: the provided network does not match the current range',
    ],
    [
      'network address',
      { clusterIP: '10.96.0.0', ports: [{ port: 80 }] },
      'spec.clusterIPs: Invalid value: ["10.96.0.0"]: failed to allocate IP 10.96.0.0: the provided network does not match the current range',
    ],
    [
      'cluster IP is no address',
      { clusterIP: 'abc', ports: [{ port: 80 }] },
      'spec.clusterIPs[0]: Invalid value: "abc": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      'clusterIP and clusterIPs differ',
      { clusterIP: '10.96.7.7', clusterIPs: ['10.96.7.8'], ports: [{ port: 80 }] },
      'spec.clusterIPs: Invalid value: ["10.96.7.8"]: first value must match `clusterIP`',
    ],
    [
      'headless NodePort',
      { type: 'NodePort', clusterIP: 'None', ports: [{ port: 80 }] },
      'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services',
    ],
    [
      'cluster IP of an ExternalName',
      { type: 'ExternalName', externalName: 'a.example.org', clusterIP: '10.96.0.9' },
      'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
    ],
    ['ExternalName without name', { type: 'ExternalName' }, 'spec.externalName: Required value'],
    [
      'type',
      { type: 'Nodeport', ports: [{ port: 80 }] },
      'spec.type: Unsupported value: "Nodeport": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
    [
      'affinity',
      { sessionAffinity: 'Client', ports: [{ port: 80 }] },
      'spec.sessionAffinity: Unsupported value: "Client": supported values: "ClientIP", "None"',
    ],
    [
      'affinity seconds',
      {
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } },
        ports: [{ port: 80 }],
      },
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
    ],
    [
      'external policy on ClusterIP',
      { externalTrafficPolicy: 'Local', ports: [{ port: 80 }] },
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
    [
      'external policy',
      { type: 'NodePort', externalTrafficPolicy: 'Locale', ports: [{ port: 80 }] },
      'spec.externalTrafficPolicy: Unsupported value: "Locale": supported values: "Cluster", "Local"',
    ],
    [
      'distribution',
      { trafficDistribution: 'PreferNear', ports: [{ port: 80 }] },
      'spec.trafficDistribution: Unsupported value: "PreferNear": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"',
    ],
    [
      'source ranges',
      { type: 'LoadBalancer', loadBalancerSourceRanges: ['1.2.3.4'], ports: [{ port: 80 }] },
      'spec.LoadBalancerSourceRanges[0]: Invalid value: "1.2.3.4": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
    [
      'load balancer fields elsewhere',
      {
        allocateLoadBalancerNodePorts: true,
        loadBalancerSourceRanges: ['192.0.2.0/24'],
        loadBalancerClass: 'foo.io/x',
        ports: [{ port: 80 }],
      },
      "[spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer', spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer', spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer']",
    ],
    [
      'external IPs',
      { externalIPs: ['127.0.0.1', '010.0.0.1', 'x'], ports: [{ port: 80 }] },
      '[spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128), spec.externalIPs[1]: Invalid value: "010.0.0.1": must not have leading 0s, spec.externalIPs[2]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)]',
    ],
    [
      'dual stack on a single-stack cluster',
      { ipFamilyPolicy: 'RequireDualStack', ports: [{ port: 80 }] },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      'IPv6 on an IPv4 cluster',
      { ipFamilies: ['IPv6'], ports: [{ port: 80 }] },
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    ],
    [
      'two families without a policy for them',
      { ipFamilies: ['IPv4', 'IPv6'], ports: [{ port: 80 }] },
      "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
    ],
    [
      'two families that must be there',
      { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'], ports: [{ port: 80 }] },
      '[spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services, spec.ipFamilies[1]: Invalid value: "IPv6": not configured on this cluster]',
    ],
    [
      'IPv6 address on an IPv4 cluster',
      { clusterIP: 'fd00::1', ports: [{ port: 80 }] },
      'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
    ],
    [
      'one port as three list items',
      { type: 'NodePort', ports: [{ targetPort: 80 }, { port: 80 }, { nodePort: 30008 }] },
      `[spec.ports[0].name: Required value, spec.ports[0].port: Invalid value: 0: ${IN_RANGE}, spec.ports[1].name: Required value, spec.ports[2].name: Required value, spec.ports[2].port: Invalid value: 0: ${IN_RANGE}, spec.ports[2].targetPort: Invalid value: 0: ${IN_RANGE}, spec.ports[2].nodePort: Duplicate value: 30008, spec.ports[2]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":0,"TargetPort":0,"NodePort":0}]`,
    ],
    [
      'a bad address hides the rest',
      {
        type: 'NodePort',
        clusterIP: '10.200.0.1',
        ports: [{ port: 80, nodePort: 80, protocol: 'x' }],
      },
      'spec.clusterIPs: Invalid value: ["10.200.0.1"]: failed to allocate IP 10.200.0.1: the provided network does not match the current range',
    ],
    [
      'a bad node port hides the rest',
      { type: 'NodePort', ports: [{ port: 80, nodePort: 80, protocol: 'x' }] },
      `spec.ports[0].nodePort: Invalid value: 80: ${NODE_PORT_RANGE}`,
    ],
  ];
  for (const [name, spec, text] of rows) {
    test(name, () => {
      const response = world().create('services', 'a', { spec });
      assert.equal(problems(response), text);
      assert.equal(response.code, 422);
    });
  }

  test('health check port out of range is an internal error', () => {
    const spec = {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 100,
      ports: [{ port: 80 }],
    };
    const response = world().create('services', 'a', { spec });
    assert.equal(
      messageOf(response),
      `Internal error occurred: failed to allocate requested HealthCheck NodePort 100: ${NODE_PORT_RANGE}`,
    );
  });

  test('what may not change', () => {
    const w = world();
    w.create('services', 'a', { spec: { ports: [{ port: 80 }] } });
    assert.equal(
      problems(
        w.patch('services', 'a', { spec: { clusterIP: '10.96.9.9', clusterIPs: ['10.96.9.9'] } }),
      ),
      'spec.clusterIPs[0]: Invalid value: ["10.96.9.9"]: may not change once set',
    );
    assert.equal(w.patch('services', 'a', { spec: { clusterIP: '' } }).code, 200);
  });

  test('warnings', () => {
    const spec = {
      externalIPs: ['192.0.2.7'],
      trafficDistribution: 'PreferClose',
      ports: [{ port: 80 }],
    };
    assert.deepEqual(world().create('services', 'a', { spec }).warnings, [
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ]);
  });
});

describe('service life', () => {
  const spec = (response: ApiResponse): Service['spec'] => (response.body as Service).spec;

  test('defaults', () => {
    const { clusterIP, clusterIPs, ...rest } = spec(
      world().create('services', 'a', { spec: { ports: [{ port: 80 }] } }),
    );
    assert.deepEqual(clusterIPs, [clusterIP]);
    assert.deepEqual(rest, {
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
    });
  });

  test('the type changes there and back', () => {
    const w = world();
    const before = spec(w.create('services', 'a', { spec: { ports: [{ port: 80 }] } }));
    const nodePort = spec(w.patch('services', 'a', { spec: { type: 'NodePort' } }));
    assert.equal(nodePort.externalTrafficPolicy, 'Cluster');
    const number = nodePort.ports?.[0]?.nodePort ?? 0;
    assert.ok(number >= 30086 && number <= 32767);
    const balancer = spec(
      w.patch('services', 'a', { spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local' } }),
    );
    assert.equal(balancer.ports?.[0]?.nodePort, number);
    assert.ok((balancer.healthCheckNodePort ?? 0) >= 30086);
    assert.equal(balancer.allocateLoadBalancerNodePorts, true);
    assert.deepEqual(spec(w.patch('services', 'a', { spec: { type: 'ClusterIP' } })), before);
    const external = spec(
      w.patch('services', 'a', { spec: { type: 'ExternalName', externalName: 'x.example.org' } }),
    );
    assert.deepEqual(Object.keys(external).sort(), [
      'externalName',
      'ports',
      'sessionAffinity',
      'type',
    ]);
    const again = spec(
      w.patch('services', 'a', { spec: { type: 'ClusterIP', externalName: null } }),
    );
    assert.notEqual(again.clusterIP, undefined);
  });

  test('numbers are given back on deletion and after a refusal', () => {
    const w = world();
    const holder = { spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30123 }] } };
    assert.equal(w.create('services', 'holder', holder).code, 201);
    assert.equal(
      messageOf(w.create('services', 'a', holder)),
      'Service "a" is invalid: spec.ports[0].nodePort: Invalid value: 30123: provided port is already allocated',
    );
    w.remove('services', 'holder');
    const broken = {
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30123, protocol: 'x' }] },
    };
    assert.equal(w.create('services', 'a', broken).code, 422);
    assert.equal(w.create('services', 'a', holder, { dryRun: 'All' }).code, 201);
    assert.equal(w.create('services', 'a', holder).code, 201);
  });

  test('one number for one port of two protocols', () => {
    const ports = [
      { name: 'udp', port: 53, protocol: 'UDP' },
      { name: 'tcp', port: 53, protocol: 'TCP' },
    ];
    const made = spec(world().create('services', 'dns', { spec: { type: 'NodePort', ports } }));
    assert.equal(made.ports?.[0]?.nodePort, made.ports?.[1]?.nodePort);
  });

  test('a range that is full', () => {
    const w = world({ serviceCidrs: ['10.9.0.0/30'] });
    const one = { spec: { ports: [{ port: 80 }] } };
    assert.equal(w.create('services', 'a', one).code, 201);
    assert.equal(w.create('services', 'b', one).code, 201);
    assert.equal(
      messageOf(w.create('services', 'c', one)),
      'Internal error occurred: failed to allocate a serviceIP for Service "c": range is full',
    );
  });

  test('headless without selector is dual-stack', () => {
    const made = spec(
      world().create('services', 'a', { spec: { clusterIP: 'None', ports: [{ port: 80 }] } }),
    );
    assert.deepEqual(
      [made.ipFamilyPolicy, made.ipFamilies],
      ['RequireDualStack', ['IPv4', 'IPv6']],
    );
  });
});

describe('decoding', () => {
  const cannot = 'Service in version "v1" cannot be handled as a Service: ';
  const rows: readonly (readonly [string, object, string])[] = [
    [
      'string for a number',
      { ports: [{ port: '80' }] },
      'json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    [
      'selector of another kind',
      { selector: { matchLabels: { a: 'b' } } },
      'json: cannot unmarshal object into Go struct field ServiceSpec.spec.selector of type string',
    ],
    [
      'list for a struct',
      { ports: {} },
      'json: cannot unmarshal object into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort',
    ],
    [
      'fraction',
      { ports: [{ port: 1.5 }] },
      'json: cannot unmarshal number 1.5 into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    [
      'unknown fields',
      { ports: [{ port: 80, targetport: 1 }], selectors: {} },
      'strict decoding error: unknown field "spec.ports[0].targetport", unknown field "spec.selectors"',
    ],
  ];
  for (const [name, spec, text] of rows) {
    test(name, () => {
      const response = world().create('services', 'a', { spec }, { fieldValidation: 'Strict' });
      assert.deepEqual([response.code, messageOf(response)], [400, cannot + text]);
    });
  }

  test('Warn names unknown fields and drops them, Ignore only drops them', () => {
    const spec = { ports: [{ port: 80 }], selectors: {} };
    const told = world().create('services', 'a', { spec });
    assert.deepEqual(told.warnings, ['unknown field "spec.selectors"']);
    assert.equal('selectors' in (told.body as Service).spec, false);
    assert.equal(
      world().create('services', 'a', { spec }, { fieldValidation: 'Ignore' }).warnings,
      undefined,
    );
  });
});

describe('pods and workloads', () => {
  const container = { name: 'c', image: 'nginx' };
  const pods: readonly (readonly [string, object, string])[] = [
    ['no containers', {}, 'spec.containers: Required value'],
    [
      'two of a name',
      { containers: [container, container] },
      'spec.containers[1].name: Duplicate value: "c"',
    ],
    ['no image', { containers: [{ name: 'c' }] }, 'spec.containers[0].image: Required value'],
    [
      'blank image',
      { containers: [{ name: 'c', image: ' ' }] },
      'spec.containers[0].image: Invalid value: " ": must not have leading or trailing whitespace',
    ],
    [
      'containerPort',
      { containers: [{ ...container, ports: [{ containerPort: 70000 }] }] },
      `spec.containers[0].ports[0].containerPort: Invalid value: 70000: ${IN_RANGE}`,
    ],
    [
      'request above limit',
      {
        containers: [{ ...container, resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }],
      },
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      'restart policy',
      { containers: [container], restartPolicy: 'Sometimes' },
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      'probe without handler',
      { containers: [{ ...container, livenessProbe: {} }] },
      'spec.containers[0].livenessProbe: Required value: must specify a handler type',
    ],
    [
      'mount without volume',
      { containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath: '/v' }] }] },
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      'host network port',
      {
        hostNetwork: true,
        containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 81 }] }],
      },
      'spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true',
    ],
    [
      'DNS policy None without servers',
      { containers: [container], dnsPolicy: 'None' },
      'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
    ],
  ];
  for (const [name, spec, text] of pods) {
    test(name, () => assert.equal(problems(world().create('pods', 'p', { spec })), text));
  }

  test('a name that is none', () => {
    const response = world().create('pods', 'X_y', { spec: {} });
    assert.match(
      messageOf(response),
      /^Pod "X_y" is invalid: \[metadata\.name: Invalid value: "X_y": a lowercase RFC 1123 subdomain .*, spec\.containers: Required value\]$/,
    );
  });

  test('defaults and admission of a pod', () => {
    const { spec, status } = world().create('pods', 'p', { spec: { containers: [container] } })
      .body as Pod;
    assert.equal(spec.containers[0]?.imagePullPolicy, 'Always');
    assert.deepEqual(
      [
        spec.restartPolicy,
        spec.dnsPolicy,
        spec.schedulerName,
        spec.serviceAccountName,
        spec.priority,
      ],
      ['Always', 'ClusterFirst', 'default-scheduler', 'default', 0],
    );
    assert.deepEqual(
      spec.tolerations?.map((each) => [each.key, each.effect, each.tolerationSeconds]),
      [
        ['node.kubernetes.io/not-ready', 'NoExecute', 300],
        ['node.kubernetes.io/unreachable', 'NoExecute', 300],
      ],
    );
    assert.deepEqual(status, { phase: 'Pending', qosClass: 'BestEffort' });
  });

  test('what of a pod may change', () => {
    const w = world();
    w.create('pods', 'p', { spec: { containers: [container] } });
    const image = { spec: { containers: [{ name: 'c', image: 'nginx:1' }] } };
    assert.equal(w.patch('pods', 'p', image).code, 200);
    assert.match(
      problems(w.patch('pods', 'p', { spec: { nodeName: 'n1' } })),
      /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`,`spec\.initContainers\[\*\]\.image`,`spec\.activeDeadlineSeconds`,`spec\.tolerations` \(only additions to existing tolerations\),`spec\.terminationGracePeriodSeconds` \(allow it to be set to 1 if it was previously negative\)\n/,
    );
  });

  const deployment = (labels: object): object => ({
    spec: {
      selector: { matchLabels: { app: 'x' } },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  });

  test('selector and template labels', () => {
    assert.equal(
      messageOf(world().create('deployments', 'd', deployment({ app: 'y' }))),
      'Deployment.apps "d" is invalid: spec.template.metadata.labels: Invalid value: {"app":"y"}: `selector` does not match template `labels`',
    );
  });

  test('an immutable selector, generation, scale', () => {
    const w = world();
    w.create('deployments', 'd', deployment({ app: 'x', v: '1' }));
    assert.equal(
      problems(w.patch('deployments', 'd', { spec: { selector: { matchLabels: { v: '1' } } } })),
      'spec.selector: Invalid value: {"matchLabels":{"app":"x","v":"1"}}: field is immutable',
    );
    const generation = (response: ApiResponse): unknown =>
      (response.body as KubeObject).metadata.generation;
    assert.equal(generation(w.patch('deployments', 'd', { metadata: { labels: { a: 'b' } } })), 1);
    assert.equal(generation(w.patch('deployments', 'd', { spec: { replicas: 3 } })), 2);
    const scale: ApiRequest = {
      verb: 'patch',
      resource: 'deployments',
      subresource: 'scale',
      namespace: 'default',
      name: 'd',
      patchType: 'merge-patch',
      body: { spec: { replicas: 5 } },
    };
    assert.equal(w.server.handle(scale).code, 200);
    assert.equal(generation(w.get('deployments', 'd')), 3);
  });

  test('an EndpointSlice', () => {
    const slice = {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.0.0.1'] }, { addresses: ['fd00::1'] }, {}],
    };
    assert.equal(
      problems(world().create('endpointslices', 'e', slice)),
      '[endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128), endpoints[1].addresses: Invalid value: "fd00::1": must be an IPv4 address, endpoints[2].addresses: Required value: must contain at least 1 address]',
    );
  });
});

describe('conventions', () => {
  test('codes and messages', () => {
    const w = world();
    const config = { data: { a: '1' } };
    assert.equal(messageOf(w.get('pods', 'nope')), 'pods "nope" not found');
    assert.equal(messageOf(w.get('deployments', 'nope')), 'deployments.apps "nope" not found');
    w.create('configmaps', 'cm1', config);
    const again = w.create('configmaps', 'cm1', config);
    assert.deepEqual([again.code, messageOf(again)], [409, 'configmaps "cm1" already exists']);
    const elsewhere: ApiRequest = {
      verb: 'create',
      resource: 'configmaps',
      namespace: 'nope',
      body: { metadata: { name: 'a' } },
    };
    assert.equal(messageOf(w.server.handle(elsewhere)), 'namespaces "nope" not found');
    const listed = w.server.handle({ verb: 'list', resource: 'pods', namespace: 'nope' });
    assert.deepEqual((listed.body as { items?: unknown }).items, []);
    const field: ApiRequest = {
      verb: 'list',
      resource: 'pods',
      query: { fieldSelector: 'spec.foo=1' },
    };
    assert.deepEqual(
      [w.server.handle(field).code, messageOf(w.server.handle(field))],
      [400, 'field label not supported: spec.foo'],
    );
  });

  test('optimistic concurrency, and a write that changes nothing', () => {
    const w = world();
    const made = w.create('configmaps', 'a', { data: { k: '1' } }).body as KubeObject;
    const update = (body: unknown): ApiResponse =>
      w.server.handle({
        verb: 'update',
        resource: 'configmaps',
        namespace: 'default',
        name: 'a',
        body,
      });
    const same = update(made).body as KubeObject;
    assert.equal(same.metadata.resourceVersion, made.metadata.resourceVersion);
    assert.equal(update({ ...made, data: { k: '2' } }).code, 200);
    assert.equal(
      messageOf(update({ ...made, data: { k: '3' } })),
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  test('objects are frozen and a patch shares what it leaves', () => {
    const w = world();
    const made = w.create('pods', 'p', { spec: { containers: [{ name: 'c', image: 'i' }] } })
      .body as Pod;
    const labelled = w.patch('pods', 'p', { metadata: { labels: { a: 'b' } } }).body as Pod;
    assert.ok(Object.isFrozen(made.spec.containers[0]));
    assert.equal(labelled.spec.containers, made.spec.containers);
  });

  test('generateName', () => {
    const w = world();
    const response = w.server.handle({
      verb: 'create',
      resource: 'configmaps',
      namespace: 'default',
      body: { metadata: { generateName: 'web-' } },
    });
    assert.match(
      (response.body as KubeObject).metadata.name,
      /^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/,
    );
  });

  test('pods end gracefully, or at once when no kubelet has them', () => {
    const w = world();
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    w.create('pods', 'loose', { spec });
    w.remove('pods', 'loose');
    assert.equal(w.get('pods', 'loose').code, 404);
    w.create('pods', 'p', { spec });
    const bind: ApiRequest = {
      verb: 'create',
      resource: 'pods',
      subresource: 'binding',
      namespace: 'default',
      name: 'p',
      body: { target: { kind: 'Node', name: 'n1' } },
    };
    assert.equal(w.server.handle(bind).code, 201);
    assert.equal(
      messageOf(w.server.handle(bind)),
      'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
    );
    w.nowNs = 10e9;
    const meta = (response: ApiResponse): KubeObject['metadata'] =>
      (response.body as KubeObject).metadata;
    assert.equal(meta(w.remove('pods', 'p')).deletionTimestamp, '2026-01-01T00:00:40Z');
    assert.equal(meta(w.remove('pods', 'p')).deletionTimestamp, '2026-01-01T00:00:40Z');
    const shorter = meta(w.remove('pods', 'p', { gracePeriodSeconds: 5 }));
    assert.equal(shorter.deletionTimestamp, '2026-01-01T00:00:15Z');
    assert.equal(w.remove('pods', 'p', { gracePeriodSeconds: 0 }).code, 200);
    assert.equal(w.get('pods', 'p').code, 404);
  });

  test('finalizers hold an object until the last is taken away', () => {
    const w = world();
    w.create('configmaps', 'a', { metadata: { name: 'a', finalizers: ['example.org/x'] } });
    w.remove('configmaps', 'a');
    const held = w.get('configmaps', 'a').body as KubeObject;
    assert.equal(held.metadata.deletionTimestamp, '2026-01-01T00:00:00Z');
    w.patch('configmaps', 'a', { metadata: { finalizers: null } });
    assert.equal(w.get('configmaps', 'a').code, 404);
    w.create('configmaps', 'b', {});
    w.remove('configmaps', 'b', { propagationPolicy: 'Foreground' });
    assert.deepEqual((w.get('configmaps', 'b').body as KubeObject).metadata.finalizers, [
      'foregroundDeletion',
    ]);
  });

  test('a namespace ends when it is finalised', () => {
    const w = world();
    const namespaces: ApiRequest = {
      verb: 'create',
      resource: 'namespaces',
      body: { metadata: { name: 'x' } },
    };
    w.server.handle(namespaces);
    const ended = w.server.handle({ verb: 'delete', resource: 'namespaces', name: 'x' });
    assert.equal((ended.body as { status?: { phase?: string } }).status?.phase, 'Terminating');
    const create: ApiRequest = {
      verb: 'create',
      resource: 'pods',
      namespace: 'x',
      body: { metadata: { name: 'p' } },
    };
    assert.equal(
      messageOf(w.server.handle(create)),
      'pods "p" is forbidden: unable to create new content in namespace x because it is being terminated',
    );
    const finalize: ApiRequest = {
      verb: 'update',
      resource: 'namespaces',
      subresource: 'finalize',
      name: 'x',
      body: { ...(ended.body as object), spec: {} },
    };
    assert.equal(w.server.handle(finalize).code, 200);
    assert.equal(w.server.handle({ verb: 'get', resource: 'namespaces', name: 'x' }).code, 404);
  });

  test('eviction asks the budget', () => {
    const w = world();
    const spec = { containers: [{ name: 'c', image: 'i' }], nodeName: 'n1' };
    w.create('pods', 'p', { metadata: { name: 'p', labels: { app: 'x' } }, spec });
    const sub = (subresource: string, resource: string, name: string, body: unknown): ApiResponse =>
      w.server.handle({
        verb: subresource === 'status' ? 'patch' : 'create',
        resource,
        subresource,
        namespace: 'default',
        name,
        body,
      });
    const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    sub('status', 'pods', 'p', { status: ready });
    w.create('poddisruptionbudgets', 'web', {
      spec: { minAvailable: 3, selector: { matchLabels: { app: 'x' } } },
    });
    const counted = {
      observedGeneration: 1,
      desiredHealthy: 3,
      currentHealthy: 3,
      expectedPods: 3,
      disruptionsAllowed: 0,
    };
    sub('status', 'poddisruptionbudgets', 'web', { status: counted });
    const refused = sub('eviction', 'pods', 'p', {});
    assert.deepEqual(
      [refused.code, messageOf(refused)],
      [429, "Cannot evict pod as it would violate the pod's disruption budget."],
    );
    sub('status', 'poddisruptionbudgets', 'web', { status: { ...counted, disruptionsAllowed: 1 } });
    assert.equal(sub('eviction', 'pods', 'p', {}).code, 201);
    assert.notEqual((w.get('pods', 'p').body as Pod).metadata.deletionTimestamp, undefined);
  });
});

describe('watch', () => {
  const watch = (w: World, request: Partial<ApiRequest>): WatchEvent[] => {
    const events: WatchEvent[] = [];
    const handle = w.server.watch(
      { verb: 'watch', resource: 'configmaps', ...request },
      { event: (event) => void events.push(event), end: () => undefined },
    );
    assert.ok('stop' in handle);
    return events;
  };
  const names = (events: readonly WatchEvent[]): string[] =>
    events.map((event) => `${event.type} ${(event.object as KubeObject).metadata.name}`);

  test('from now, from a version, through a selector', () => {
    const w = world();
    w.create('configmaps', 'a', { metadata: { name: 'a', labels: { app: 'x' } } });
    const version = String(w.server.store.version);
    const all = watch(w, {});
    w.create('configmaps', 'b', {});
    const selected = watch(w, { query: { labelSelector: 'app=x' } });
    w.patch('configmaps', 'b', { metadata: { labels: { app: 'x' } } });
    w.patch('configmaps', 'a', { metadata: { labels: { app: 'y' } } });
    w.remove('configmaps', 'b');
    assert.deepEqual(names(all), ['ADDED a', 'ADDED b', 'MODIFIED b', 'MODIFIED a', 'DELETED b']);
    assert.deepEqual(names(selected), ['ADDED a', 'ADDED b', 'DELETED a', 'DELETED b']);
    const later = watch(w, { query: { resourceVersion: version } });
    assert.deepEqual(names(later), ['ADDED b', 'MODIFIED b', 'MODIFIED a', 'DELETED b']);
  });

  test('by name, in any namespace, as one that looks at every object', () => {
    const w = world();
    const named = watch(w, { query: { fieldSelector: 'metadata.name=a' } });
    const twice = watch(w, { query: { fieldSelector: 'metadata.name!=b,metadata.name=a' } });
    const all = watch(w, {});
    for (const name of ['a', 'b', 'ab']) w.create('configmaps', name, {});
    w.patch('configmaps', 'a', { data: { x: '1' } });
    w.patch('configmaps', 'b', { data: { x: '1' } });
    for (const name of ['ab', 'a']) w.remove('configmaps', name);
    w.create('configmaps', 'a', {});
    assert.deepEqual(names(named), ['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED a']);
    const plain = all.filter((event) => (event.object as KubeObject).metadata.name === 'a');
    assert.deepEqual(named, plain);
    assert.deepEqual(twice, plain);
  });

  test('a version that the history has lost', () => {
    const w = world();
    w.create('configmaps', 'a', {});
    w.server.store.compact(w.server.store.version);
    const answer = w.server.watch(
      { verb: 'watch', resource: 'configmaps', query: { resourceVersion: '1' } },
      { event: () => undefined, end: () => undefined },
    );
    assert.ok('code' in answer && answer.code === 410);
    assert.match(messageOf(answer), /^too old resource version: 1 \(\d+\)$/);
  });
});
