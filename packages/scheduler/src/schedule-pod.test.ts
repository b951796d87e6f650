/**
 * Decisions of the pure scheduler: one row per rule, with the text or the score that decided.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { KubeObject, Pod } from '@podwire/api';
import { Rng } from '@podwire/base';
import fc from 'fast-check';
import { numFeasibleNodesToFind } from './filter.ts';
import { PodInfo } from './pod-info.ts';
import { backoffSeconds } from './queue.ts';
import { podRequests } from './resources.ts';
import { type ScheduleOutcome, newSchedulerState, scheduleOne } from './schedule-pod.ts';
import { staticSnapshot } from './static-snapshot.ts';

function node(
  name: string,
  spec: object = {},
  labels: object = {},
  status: object = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec,
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' }, ...status },
  } as KubeObject;
}

function pod(name: string, spec: object = {}, labels: object = {}, status: object = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: name, labels },
    spec: { containers: [{ name: 'c', image: 'img' }], ...spec },
    status: { phase: 'Pending', ...status },
  } as Pod;
}

function asking(requests: object, more: object = {}): object {
  return { containers: [{ name: 'c', image: 'img', resources: { requests } }], ...more };
}

function schedule(objects: readonly KubeObject[], incoming: Pod): ScheduleOutcome {
  return scheduleOne(staticSnapshot(objects), incoming, new Rng('test'));
}

test('the reason why a single node is refused', () => {
  const hostPort = (hostIP?: string): object => ({
    containers: [
      {
        name: 'c',
        image: 'i',
        ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP', hostIP }],
      },
    ],
  });
  const taints = [{ key: 'k', value: 'v', effect: 'NoSchedule' }];
  const required = (operator: string, values: string[]): object => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator, values }] }],
        },
      },
    },
  });
  const byName = (values: string[]): object => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values }] }],
        },
      },
    },
  });
  const notHelpful =
    ' preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
  const noVictims =
    ' preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';
  const rows: [string, KubeObject[], Pod, string][] = [
    [
      'cordon',
      [node('n', { unschedulable: true })],
      pod('p'),
      `1 node(s) were unschedulable.${notHelpful}`,
    ],
    [
      'taint',
      [node('n', { taints })],
      pod('p'),
      `1 node(s) had untolerated taint {k: v}.${notHelpful}`,
    ],
    [
      'node selector',
      [node('n')],
      pod('p', { nodeSelector: { disk: 'ssd' } }),
      `1 node(s) didn't match Pod's node affinity/selector.${notHelpful}`,
    ],
    [
      'NotIn matches a missing label, In does not',
      [node('n')],
      pod('p', required('In', ['ssd'])),
      `1 node(s) didn't match Pod's node affinity/selector.${notHelpful}`,
    ],
    [
      'another node by name',
      [node('n')],
      pod('p', byName(['m'])),
      `1 node(s) didn't satisfy plugin(s) [NodeAffinity].${notHelpful}`,
    ],
    [
      'host port on any address against one address',
      [node('n'), pod('e', { ...hostPort(), nodeName: 'n' })],
      pod('p', hostPort('192.0.2.1')),
      `1 node(s) didn't have free ports for the requested pod ports.${noVictims}`,
    ],
    [
      'several resources',
      [node('n')],
      pod('p', asking({ cpu: '5', memory: '9Gi', 'example.org/gpu': '1' })),
      `1 Insufficient cpu, 1 Insufficient example.org/gpu, 1 Insufficient memory.${noVictims}`,
    ],
    [
      'a claim that is not there',
      [node('n')],
      pod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'x' } }] }),
      `persistentvolumeclaim "x" not found.${notHelpful}`,
    ],
    [
      'never preempts',
      [node('n')],
      pod('p', asking({ cpu: '5' }, { preemptionPolicy: 'Never' })),
      '1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.',
    ],
  ];
  for (const [name, objects, incoming, expected] of rows) {
    assert.equal(schedule(objects, incoming).message, `0/1 nodes are available: ${expected}`, name);
  }
  assert.equal(schedule([], pod('p')).message, 'no nodes available to schedule pods');
});

test('two addresses of a node may share a host port', () => {
  const at = (hostIP: string): object => ({
    containers: [
      {
        name: 'c',
        image: 'i',
        ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP', hostIP }],
      },
    ],
  });
  const there = pod('e', { ...at('192.0.2.1'), nodeName: 'n' });
  assert.equal(schedule([node('n'), there], pod('p', at('192.0.2.2'))).chosen, 'n');
});

test('requests of init containers, sidecars and overhead', () => {
  const container = (cpu: string, restartPolicy?: string): object => ({
    name: 'c',
    image: 'i',
    resources: { requests: { cpu } },
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
  });
  for (const [name, spec, milliCpu] of [
    ['sum of containers', { containers: [container('1'), container('2')] }, 3000],
    [
      'a large init container',
      { containers: [container('1')], initContainers: [container('2')] },
      2000,
    ],
    [
      'a sidecar before the init container',
      { containers: [container('1')], initContainers: [container('1', 'Always'), container('2')] },
      3000,
    ],
    [
      'a sidecar after the init container',
      { containers: [container('1')], initContainers: [container('2'), container('1', 'Always')] },
      2000,
    ],
    ['overhead', { containers: [container('1')], overhead: { cpu: '250m' } }, 1250],
  ] as const) {
    assert.equal(podRequests(pod('p', spec)).get('cpu'), milliCpu, name);
  }
});

test('PreferNoSchedule taints and preferred node affinity move the scores', () => {
  const taints = [{ key: 'k', effect: 'PreferNoSchedule' }];
  const tainted = schedule([node('a', { taints }), node('b')], pod('p'));
  assert.equal(tainted.chosen, 'b');
  assert.equal(tainted.pluginScores.get('a')?.get('TaintToleration'), 0);
  assert.equal(tainted.pluginScores.get('b')?.get('TaintToleration'), 300);
  const preference = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] };
  const affinity = {
    nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, preference }] },
  };
  const preferred = schedule([node('a', {}, { disk: 'ssd' }), node('b')], pod('p', { affinity }));
  assert.equal(preferred.chosen, 'a');
  assert.equal(preferred.pluginScores.get('a')?.get('NodeAffinity'), 200);
});

test('an image that is there counts by its size and its spread', () => {
  const images = [{ names: ['img:latest'], sizeBytes: 500 * 1024 * 1024 }];
  const outcome = schedule([node('a', {}, {}, { images }), node('b')], pod('p'));
  // 500 MiB on one of two nodes count as 250; (250 − 23)·100/(1000 − 23) = 23.
  assert.equal(outcome.pluginScores.get('a')?.get('ImageLocality'), 23);
  assert.equal(outcome.pluginScores.get('b')?.get('ImageLocality'), 0);
});

test('anti-affinity of pods that are there holds against newcomers', () => {
  const affinity = {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { labelSelector: { matchLabels: { app: 'b' } }, topologyKey: 'kubernetes.io/hostname' },
      ],
    },
  };
  const there = pod('e', { affinity, nodeName: 'a' }, { app: 'a' });
  const outcome = schedule([node('a'), node('b'), there], pod('p', {}, { app: 'b' }));
  assert.deepEqual(outcome.feasible, ['b']);
  assert.deepEqual(outcome.statuses.get('a')?.reasons, [
    "node(s) didn't satisfy existing pods anti-affinity rules",
  ]);
});

test('the first pod of a group that wants to be together may go anywhere', () => {
  const affinity = {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { labelSelector: { matchLabels: { app: 'a' } }, topologyKey: 'kubernetes.io/hostname' },
      ],
    },
  };
  const incoming = pod('p', { affinity }, { app: 'a' });
  assert.deepEqual(schedule([node('a'), node('b')], incoming).feasible, ['a', 'b']);
  const there = pod('e', { nodeName: 'b' }, { app: 'a' });
  assert.deepEqual(schedule([node('a'), node('b'), there], incoming).feasible, ['b']);
});

test('namespaceSelector chooses namespaces; an empty one means all', () => {
  const namespace = (name: string, labels: object): KubeObject =>
    ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }) as KubeObject;
  const other = {
    ...pod('e', { nodeName: 'b' }, { app: 'db' }),
    metadata: { name: 'e', namespace: 'shop', labels: { app: 'db' }, uid: 'e' },
  } as Pod;
  const world = [
    namespace('default', {}),
    namespace('shop', { team: 'x' }),
    node('a'),
    node('b'),
    other,
  ];
  for (const [selector, expected] of [
    [{ matchLabels: { team: 'x' } }, ['b']],
    [{}, ['b']],
    [{ matchLabels: { team: 'y' } }, []],
  ] as const) {
    const affinity = {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            labelSelector: { matchLabels: { app: 'db' } },
            namespaceSelector: selector,
            topologyKey: 'kubernetes.io/hostname',
          },
        ],
      },
    };
    assert.deepEqual(schedule(world, pod('p', { affinity })).feasible, expected);
  }
});

test('preemption: fewest budget violations, then lowest priorities, then the reprieved stay', () => {
  const victim = (
    name: string,
    nodeName: string,
    priority: number,
    cpu: string,
    labels = {},
  ): Pod => pod(name, asking({ cpu }, { nodeName, priority }), labels);
  const incoming = pod('p', asking({ cpu: '4' }, { priority: 100 }));
  const budget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'b', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'guarded' } } },
    status: { disruptionsAllowed: 0 },
  } as KubeObject;
  const victims = (outcome: ScheduleOutcome): [string | undefined, string[] | undefined] => [
    outcome.preemption?.nominatedNode,
    outcome.preemption?.victims.map(({ metadata }) => metadata.name),
  ];
  const guarded = { app: 'guarded' };
  assert.deepEqual(
    victims(
      schedule(
        [
          node('a'),
          node('b'),
          victim('x', 'a', 0, '4', guarded),
          victim('y', 'b', 50, '4'),
          budget,
        ],
        incoming,
      ),
    ),
    ['b', ['y']],
    'a violated budget weighs more than priority',
  );
  assert.deepEqual(
    victims(
      schedule(
        [node('a'), node('b'), victim('x', 'a', 10, '4'), victim('y', 'b', 5, '4')],
        incoming,
      ),
    ),
    ['b', ['y']],
    'the lower highest priority',
  );
  assert.deepEqual(
    victims(
      schedule(
        [node('a'), victim('x', 'a', 10, '2'), victim('y', 'a', 5, '2')],
        pod('p', asking({ cpu: '2' }, { priority: 100 })),
      ),
    ),
    ['a', ['y']],
    'the more important one stays',
  );
  const equal = schedule([node('a'), victim('x', 'a', 100, '4')], incoming);
  assert.equal(equal.preemption, undefined, 'equal priority never preempts');
});

test('a pod of higher priority that was promised a node keeps its room there', () => {
  const snapshot = staticSnapshot([node('a'), node('b')]);
  const state = newSchedulerState();
  state.nominator.put(new PodInfo(pod('high', asking({ cpu: '4' }, { priority: 10 }))), 'a');
  const incoming = pod('p', asking({ cpu: '2' }));
  assert.deepEqual(scheduleOne(snapshot, incoming, new Rng('t'), state).feasible, ['b']);
});

test('formulas', () => {
  for (const [count, expected] of [
    [1, 1],
    [99, 99],
    [100, 100],
    [250, 120],
    [1000, 420],
    [5000, 500],
    [6000, 300],
    [10_000, 500],
  ] as const) {
    assert.equal(numFeasibleNodesToFind(count), expected);
  }
  assert.deepEqual([1, 2, 3, 4, 5, 20].map(backoffSeconds), [1, 2, 4, 8, 10, 10]);
});

test('nodes are looked at zone by zone, each cycle from where the last one stopped', () => {
  const zone = (name: string): object => ({ 'topology.kubernetes.io/zone': name });
  const nodes = [
    node('a1', {}, zone('a')),
    node('a2', {}, zone('a')),
    node('b1', {}, zone('b')),
    node('c1', {}, zone('c')),
  ];
  const names = staticSnapshot(nodes).nodeInfos.map(({ name }) => name);
  assert.deepEqual(names, ['a1', 'b1', 'c1', 'a2']);
  const many = Array.from({ length: 250 }, (_, index) => node(`n${index}`));
  const snapshot = staticSnapshot(many);
  const state = newSchedulerState();
  const first = scheduleOne(snapshot, pod('p'), new Rng('t'), state);
  assert.equal(first.feasible.length, 120);
  assert.equal(state.nextStartNodeIndex, 120);
  const second = scheduleOne(snapshot, pod('q'), new Rng('t'), state);
  assert.equal(second.feasible[0], 'n120');
});

test('sums of a node stay right while pods come and go', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(3000))), (steps) => {
      const snapshot = staticSnapshot([node('a')]);
      const there = new Map<string, number>();
      for (const [id, milliCpu] of steps) {
        const name = `p${id}`;
        if (there.delete(name)) {
          snapshot.removePod(`default/${name}`);
        } else {
          there.set(name, milliCpu);
          snapshot.putPod(pod(name, asking({ cpu: `${milliCpu}m` }, { nodeName: 'a' })));
        }
        const expected = [...there.values()].reduce((sum, value) => sum + value, 0);
        assert.equal(snapshot.node('a')?.requested('cpu'), expected);
        assert.equal(snapshot.node('a')?.pods.length, there.size);
      }
    }),
  );
});
