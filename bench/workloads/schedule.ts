/**
 * The scheduler: so many pending pods of Deployments with a Service each, on empty nodes in three zones.
 *
 * `--through decision` is the decision alone, with what the scheduler keeps of nodes and pods: a pod is read,
 * decided on, assumed, and seen bound. `--through api` is the scheduler's process with its informers and queue
 * against an API server in the same process, without a network between.
 */
import {
  ApiServer,
  type KubeObject,
  LocalApiClient,
  type Node,
  type Pod,
  type ReplicaSet,
  type Service,
  Store,
  itemsOf,
  messageOf,
} from '@podwire/api';
import { NS_PER_SEC, Rng, assert, hashText } from '@podwire/base';
import { TestWorld } from '@podwire/engine';
import {
  PodInfo,
  type Snapshot,
  decide,
  newSchedulerState,
  startScheduler,
  staticSnapshot,
} from '@podwire/scheduler';
import type { Outcome, ParameterValues, Workload } from './workload.ts';

const PODS_PER_DEPLOYMENT = 30;
const ZONE_COUNT = 3;
const NODE_SIZE = { cpu: '16', memory: '64Gi', 'ephemeral-storage': '100Gi', pods: '110' };
const MIB = 1024 * 1024;

export const schedule: Workload = {
  name: 'schedule',
  what: 'pending pods on empty nodes, with the default profile',
  parameters: [
    { name: 'nodes', what: 'nodes', default: 1000, max: 15_000, smoke: 5 },
    { name: 'pods', what: 'pods', default: 30_000, max: 500_000, smoke: 30 },
    {
      name: 'through',
      what: 'decision (alone) or api (the process)',
      default: 'decision',
      choices: ['decision', 'api'],
    },
  ],
  variants: [
    { nodes: 10, pods: 1000 },
    { nodes: 1000, pods: 30_000 },
    { nodes: 5000, pods: 150_000 },
    { nodes: 1000, pods: 3000, through: 'api' },
  ],
  rounds: 3,
  warmUps: 1,
  prepare(values) {
    const through = values.text('through');
    if (through === 'decision') return decisions(values);
    assert(through === 'api', '--through is decision or api');
    return process(values);
  },
};

function decisions(values: ParameterValues): () => Outcome {
  const pods = podsOf(values).map((pod) => ({ ...pod, status: { phase: 'Pending' as const } }));
  const snapshot: Snapshot = staticSnapshot([...nodesOf(values), ...ownersOf(values)]);
  const rng = new Rng('schedule');
  const state = newSchedulerState();
  return () => {
    let digest = 0;
    for (const pod of pods) {
      const info = new PodInfo(pod);
      const { chosen } = decide(snapshot, info, rng, state);
      assert(chosen !== undefined, 'there is room for all');
      snapshot.assume(info, chosen);
      snapshot.putPod({ ...pod, spec: { ...pod.spec, nodeName: chosen } });
      digest = hashText(chosen, digest);
    }
    return outcomeOf(pods.length, digest);
  };
}

function process(values: ParameterValues): () => Outcome {
  const world = new TestWorld('schedule');
  const sim = world.addHost('control-plane');
  const server = new ApiServer(new Store(new Rng('store')), {
    clock: sim,
    rng: new Rng('api'),
    admission: { taintsNewNodes: false },
  });
  const create = (resource: string, object: KubeObject): void => {
    const { namespace } = object.metadata;
    const place = { resource, ...(namespace === undefined ? {} : { namespace }) };
    const response = server.handle({ verb: 'create', ...place, body: object });
    assert(response.code === 201, messageOf(response));
  };
  for (const node of nodesOf(values)) create('nodes', node);
  for (const object of ownersOf(values)) {
    create(object.kind === 'Service' ? 'services' : 'replicasets', object);
  }
  for (const pod of podsOf(values)) create('pods', pod);
  return () => {
    const scheduler = startScheduler(sim, new LocalApiClient(server));
    const count = values.number('pods');
    world.run((count / 500) * NS_PER_SEC);
    scheduler.stop();
    let digest = 0;
    for (const pod of itemsOf<Pod>(server.handle({ verb: 'list', resource: 'pods' })) ?? []) {
      assert(pod.spec.nodeName !== undefined, `pod ${pod.metadata.name} has a node`);
      digest = hashText(pod.spec.nodeName, digest);
    }
    return outcomeOf(count, digest);
  };
}

function outcomeOf(pods: number, digest: number): Outcome {
  return { work: { pods }, counted: 'pods', digest: (digest >>> 0).toString(16).padStart(8, '0') };
}

function nodesOf(values: ParameterValues): Node[] {
  return Array.from({ length: values.number('nodes') }, (_, number) => {
    const name = `node-${number}`;
    const zone = `zone-${number % ZONE_COUNT}`;
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': zone },
      },
      spec: {},
      status: {
        allocatable: NODE_SIZE,
        images: [{ names: ['registry.example.org/web:1'], sizeBytes: 100 * MIB }],
      },
    };
  });
}

/** ReplicaSets and Services: what the pods are spread by. */
function ownersOf(values: ParameterValues): KubeObject[] {
  const count = Math.ceil(values.number('pods') / PODS_PER_DEPLOYMENT);
  return Array.from({ length: count }, (_, number) => {
    const labels = labelsOf(number);
    const metadata = { namespace: 'default' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const objects: (ReplicaSet | Service)[] = [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { ...metadata, name: `web-${number}-7c` },
        spec: { replicas: PODS_PER_DEPLOYMENT, selector: { matchLabels: labels }, template },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { ...metadata, name: `web-${number}` },
        spec: { selector: { app: `web-${number}` }, ports: [{ port: 80 }] },
      },
    ];
    return objects;
  }).flat();
}

function labelsOf(deployment: number): Record<string, string> {
  return { app: `web-${deployment}`, 'pod-template-hash': '7c' };
}

function podsOf(values: ParameterValues): Pod[] {
  return Array.from({ length: values.number('pods') }, (_, number) => {
    const deployment = Math.floor(number / PODS_PER_DEPLOYMENT);
    const owner = `web-${deployment}-7c`;
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${owner}-${number}`,
        namespace: 'default',
        labels: labelsOf(deployment),
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true },
        ],
      },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'registry.example.org/web:1',
            resources: { requests: { cpu: '100m', memory: '64Mi' } },
          },
        ],
      },
    };
  });
}
