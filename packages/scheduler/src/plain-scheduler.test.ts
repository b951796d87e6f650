/**
 * The fast decision against the plain twin, over random clusters, pods and changes.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Node, Pod, PodDisruptionBudget, ReplicaSet, Service, StringMap } from '@podwire/api';
import { jsonEqual, keyOf } from '@podwire/api';
import { Rng } from '@podwire/base';
import fc from 'fast-check';
import type { ClusterObjects } from './cluster-objects.ts';
import { PlainScheduler } from './plain-scheduler.suite.ts';
import { PodInfo } from './pod-info.ts';
import { newSchedulerState, scheduleOne } from './schedule-pod.ts';
import { Snapshot } from './snapshot.ts';

const NAMESPACES: ReadonlyMap<string, StringMap> = new Map([
  ['default', {}],
  ['shop', { team: 'x' }],
]);

const service = (name: string, namespace: string, selector: StringMap): Service =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector },
  }) as Service;
const SERVICES = [
  service('a', 'default', { app: 'a' }),
  service('b', 'default', { app: 'b', tier: 'web' }),
  service('web', 'shop', { tier: 'web' }),
];
const REPLICA_SET = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'rs', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'c' } } },
} as unknown as ReplicaSet;
const BUDGET = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'b', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'a' } } },
  status: { disruptionsAllowed: 1 },
} as unknown as PodDisruptionBudget;

const OBJECTS: ClusterObjects = {
  namespaces: () => NAMESPACES,
  services: (namespace) => SERVICES.filter(({ metadata }) => metadata.namespace === namespace),
  servicesVersion: () => 0,
  replicaSet: (_namespace, name) => (name === 'rs' ? REPLICA_SET : undefined),
  statefulSet: () => undefined,
  claim: () => undefined,
  volume: () => undefined,
  volumes: () => [],
  storageClass: () => undefined,
  disruptionBudgets: () => [BUDGET],
};

/** Mostly nothing, sometimes the value. */
const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const oneOf = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const few = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(value, { minLength: 1, maxLength: 2 });

/** Without the properties that are undefined, as the API has objects. */
function compact<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

const NODE_NAMES = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'] as const;
const TOPOLOGY_KEYS = ['kubernetes.io/hostname', 'topology.kubernetes.io/zone', 'disk'] as const;

const taint = fc.record({
  key: oneOf('k', 'm'),
  value: rarely(oneOf('v', 'w')),
  effect: oneOf('NoSchedule', 'NoExecute', 'PreferNoSchedule'),
});

const nodeShape = fc.record({
  zone: oneOf(undefined, 'z0', 'z1', ''),
  disk: oneOf(undefined, 'ssd', 'hdd', '7'),
  hasHostname: fc.boolean(),
  taints: rarely(few(taint)),
  unschedulable: rarely(fc.constant(true)),
  cpu: oneOf('500m', '1', '2', '0'),
  memory: oneOf('1Gi', '2Gi'),
  pods: oneOf('2', '5', '110'),
  gpu: rarely(oneOf('1', '2')),
  images: rarely(few(oneOf('img:latest', 'big:1'))),
});

function nodeOf(
  name: string,
  shape: typeof nodeShape extends fc.Arbitrary<infer T> ? T : never,
): Node {
  const { zone, disk, hasHostname, taints, unschedulable, cpu, memory, pods, gpu, images } = shape;
  return compact({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': hasHostname ? name : undefined,
        'topology.kubernetes.io/zone': zone,
        disk,
      },
    },
    spec: { taints, unschedulable },
    status: {
      allocatable: { cpu, memory, pods, 'example.org/gpu': gpu },
      images: images?.map((image) => ({
        names: [image],
        sizeBytes: image === 'big:1' ? 900 * 2 ** 20 : 300 * 2 ** 20,
      })),
    },
  }) as unknown as Node;
}

const labelSelector = oneOf(
  { matchLabels: { app: 'a' } },
  { matchLabels: { tier: 'web' } },
  { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'b'] }] },
  { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
  {},
  undefined,
);
const term = fc.record({
  labelSelector,
  topologyKey: oneOf(...TOPOLOGY_KEYS),
  namespaces: rarely(oneOf(['shop'], ['shop', 'default'])),
  namespaceSelector: rarely(oneOf({}, { matchLabels: { team: 'x' } })),
  matchLabelKeys: rarely(fc.constant(['app'])),
});
const weighted = fc.record({ weight: fc.integer({ min: 1, max: 100 }), podAffinityTerm: term });
const podAffinity = fc.record({
  requiredDuringSchedulingIgnoredDuringExecution: rarely(few(term)),
  preferredDuringSchedulingIgnoredDuringExecution: rarely(few(weighted)),
});
const nodeTerm = fc.record({
  matchExpressions: rarely(
    few(
      fc.record({
        key: oneOf('disk', 'topology.kubernetes.io/zone'),
        operator: oneOf('In', 'NotIn', 'Exists', 'DoesNotExist'),
        values: oneOf(['ssd'], ['z0', 'hdd']),
      }),
    ),
  ),
  matchFields: rarely(
    few(
      fc.record({
        key: fc.constant('metadata.name'),
        operator: oneOf('In', 'In', 'NotIn'),
        values: fc.uniqueArray(oneOf(...NODE_NAMES), { minLength: 1, maxLength: 2 }),
      }),
    ),
  ),
});
const nodeAffinity = fc.record({
  requiredDuringSchedulingIgnoredDuringExecution: rarely(
    fc.record({ nodeSelectorTerms: few(nodeTerm) }),
  ),
  preferredDuringSchedulingIgnoredDuringExecution: rarely(
    few(fc.record({ weight: fc.integer({ min: 1, max: 100 }), preference: nodeTerm })),
  ),
});
const spreadConstraint = fc.record({
  maxSkew: fc.integer({ min: 1, max: 2 }),
  topologyKey: oneOf(...TOPOLOGY_KEYS),
  whenUnsatisfiable: oneOf('DoNotSchedule', 'ScheduleAnyway'),
  labelSelector,
  minDomains: rarely(fc.integer({ min: 1, max: 3 })),
  nodeAffinityPolicy: rarely(oneOf('Honor', 'Ignore')),
  nodeTaintsPolicy: rarely(oneOf('Honor', 'Ignore')),
  matchLabelKeys: rarely(fc.constant(['tier'])),
});
const container = fc.record({
  name: fc.constant('c'),
  image: oneOf('img', 'big:1'),
  requests: fc.record({
    cpu: rarely(oneOf('100m', '300m', '600m')),
    memory: rarely(oneOf('100Mi', '800Mi')),
    'example.org/gpu': rarely(fc.constant('1')),
  }),
  hostPort: rarely(oneOf(80, 81)),
  hostIP: rarely(oneOf('192.0.2.1', '192.0.2.2')),
});
const podShape = fc.record({
  namespace: oneOf('default', 'default', 'shop'),
  app: oneOf('a', 'b', 'c', undefined),
  tier: oneOf('web', undefined),
  hasOwner: fc.boolean(),
  containers: few(container),
  tolerations: rarely(
    few(
      fc.record({
        key: oneOf('k', 'node.kubernetes.io/unschedulable', undefined),
        operator: fc.constant('Exists'),
        effect: rarely(oneOf('NoSchedule', 'NoExecute', 'PreferNoSchedule')),
      }),
    ),
  ),
  nodeSelector: rarely(oneOf({ disk: 'ssd' }, { disk: 'hdd' })),
  nodeAffinity: rarely(nodeAffinity),
  podAffinity: rarely(podAffinity),
  podAntiAffinity: rarely(podAffinity),
  topologySpreadConstraints: rarely(few(spreadConstraint)),
  priority: oneOf(0, 0, 5, 10),
  preemptionPolicy: rarely(fc.constant('Never')),
  startTime: rarely(oneOf('2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z')),
});

function podOf(
  name: string,
  shape: typeof podShape extends fc.Arbitrary<infer T> ? T : never,
): Pod {
  const { namespace, app, tier, hasOwner, containers, startTime, ...spec } = shape;
  const { nodeAffinity: node, podAffinity: near, podAntiAffinity: far, ...rest } = spec;
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: 'rs',
    uid: 'rs',
    controller: true,
  };
  return compact({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: name,
      labels: { app, tier },
      ownerReferences: hasOwner ? [owner] : undefined,
    },
    spec: {
      ...rest,
      containers: containers.map(({ requests, hostPort, hostIP, ...more }) => ({
        ...more,
        resources: { requests },
        ports: hostPort === undefined ? undefined : [{ containerPort: 80, hostPort, hostIP }],
      })),
      affinity: { nodeAffinity: node, podAffinity: near, podAntiAffinity: far },
    },
    status: { phase: 'Pending', startTime },
  }) as unknown as Pod;
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('node' as const),
      name: oneOf(...NODE_NAMES),
      shape: nodeShape,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('remove-node' as const), name: oneOf(...NODE_NAMES) }),
  },
  { weight: 10, arbitrary: fc.record({ op: fc.constant('schedule' as const), shape: podShape }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('again' as const), which: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('bound' as const),
      name: oneOf(...NODE_NAMES),
      shape: podShape,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('promise' as const),
      name: oneOf(...NODE_NAMES),
      shape: podShape,
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('delete' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('leaving' as const), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('relabel' as const),
      which: fc.nat(),
      app: oneOf('a', 'b'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('status' as const), which: fc.nat() }) },
);

/** Both schedulers side by side. */
class Pair {
  readonly snapshot = new Snapshot(OBJECTS);
  readonly plain = new PlainScheduler(OBJECTS);
  readonly state = newSchedulerState();
  readonly #rngs = [new Rng('pair'), new Rng('pair')] as const;
  /** Pods that have a node, by key. */
  readonly placed = new Map<string, Pod>();
  #count = 0;

  nextName(): string {
    return `p${this.#count++}`;
  }

  pick(which: number): Pod | undefined {
    return [...this.placed.values()][which % Math.max(1, this.placed.size)];
  }

  putNode(node: Node): void {
    this.snapshot.putNode(node);
    this.plain.putNode(node);
  }

  putPod(pod: Pod): void {
    const old = this.placed.get(keyOf(pod));
    const isMoved =
      old === undefined ||
      old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
      !jsonEqual(old.metadata.labels, pod.metadata.labels);
    this.placed.set(keyOf(pod), pod);
    this.snapshot.putPod(pod);
    this.plain.putPod(pod, isMoved);
  }

  deletePod(pod: Pod): void {
    this.placed.delete(keyOf(pod));
    this.snapshot.removePod(keyOf(pod));
    this.plain.removePod(keyOf(pod));
  }

  promise(pod: Pod, node: string): void {
    this.state.nominator.put(new PodInfo(pod), node);
    this.plain.promised.delete(keyOf(pod));
    this.plain.promised.set(keyOf(pod), { pod, node });
  }

  schedule(pod: Pod): void {
    const info = new PodInfo(pod);
    const fast = scheduleOne(this.snapshot, info, this.#rngs[0], this.state);
    const plain = this.plain.schedule(pod, this.#rngs[1]);
    const statuses = [...fast.statuses].map(([name, { plugin, code, reasons }]) => [
      name,
      `${plugin} ${code} ${reasons.join('; ')}`,
    ]);
    const { preemption } = fast;
    const victims = preemption?.victims.map(keyOf);
    assert.deepEqual(
      {
        feasible: fast.feasible,
        statuses,
        pluginScores: fast.pluginScores,
        scores: fast.scores,
        chosen: fast.chosen,
        message: fast.message,
        rejectedBy: fast.rejectedBy,
        preemption: preemption && { nominatedNode: preemption.nominatedNode, victims },
      },
      { ...plain, statuses: [...plain.statuses] },
    );
    assert.equal(this.state.nextStartNodeIndex, this.plain.nextStartNodeIndex);
    assert.equal(this.#rngs[0].uint32(), this.#rngs[1].uint32(), 'the same random draws');
    if (fast.chosen === undefined) return;
    this.state.nominator.remove(info.key);
    this.plain.promised.delete(info.key);
    this.snapshot.assume(info, fast.chosen);
    const bound = { ...pod, spec: { ...pod.spec, nodeName: fast.chosen } };
    this.plain.putPod(bound, true);
    this.placed.set(info.key, bound);
    this.snapshot.putPod(bound);
  }
}

function run(
  pair: Pair,
  steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
): void {
  const tried: Pod[] = [];
  for (const action of steps) {
    switch (action.op) {
      case 'node':
        pair.putNode(nodeOf(action.name, action.shape));
        break;
      case 'remove-node':
        pair.snapshot.removeNode(action.name);
        pair.plain.removeNode(action.name);
        break;
      case 'schedule': {
        const pod = podOf(pair.nextName(), action.shape);
        tried.push(pod);
        pair.schedule(pod);
        break;
      }
      case 'again': {
        // A pod of the same workload.
        const like = tried[action.which % Math.max(1, tried.length)];
        if (like === undefined) break;
        const name = pair.nextName();
        pair.schedule({ ...like, metadata: { ...like.metadata, name, uid: name } });
        break;
      }
      case 'bound': {
        const pod = podOf(pair.nextName(), action.shape);
        pair.putPod({ ...pod, spec: { ...pod.spec, nodeName: action.name } });
        break;
      }
      case 'promise':
        pair.promise(podOf(pair.nextName(), action.shape), action.name);
        break;
      default: {
        const pod = pair.pick(action.which);
        if (pod === undefined) break;
        const { metadata } = pod;
        if (action.op === 'delete') pair.deletePod(pod);
        else if (action.op === 'status') {
          pair.putPod({ ...pod, status: { phase: 'Running', startTime: '2026-01-01T00:02:00Z' } });
        } else if (action.op === 'leaving') {
          const deletionTimestamp = '2026-01-01T00:03:00Z';
          pair.putPod({ ...pod, metadata: { ...metadata, deletionTimestamp } });
        } else {
          pair.putPod({ ...pod, metadata: { ...metadata, labels: { app: action.app } } });
        }
      }
    }
  }
}

test('the fast scheduler decides as the plain one, over changes of nodes and pods', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      run(new Pair(), steps);
    }),
    { numRuns: 200 },
  );
});

test('the same with as many nodes as make it look at a part of them only', () => {
  fc.assert(
    fc.property(
      fc.array(nodeShape, { minLength: 1, maxLength: 4 }),
      fc.array(podShape, { minLength: 1, maxLength: 3 }),
      (nodeShapes, podShapes) => {
        const pair = new Pair();
        for (let number = 0; number < 130; number++) {
          const shape = nodeShapes[number % nodeShapes.length];
          if (shape !== undefined) pair.putNode(nodeOf(`n${number}`, shape));
        }
        for (let round = 0; round < 4; round++) {
          for (const shape of podShapes) pair.schedule(podOf(pair.nextName(), shape));
        }
      },
    ),
    { numRuns: 15 },
  );
});
