/**
 * Whole small clusters: one digest whatever the threads and the evaluator, every packet accounted for at
 * any instant, and ends of a run that are not its own.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import { ShardFailure } from '@podwire/engine/host';
import type { Evaluator, Provider } from '../cluster-config.ts';
import { withDefaults } from '../cluster-config.ts';
import type { Operator } from '../operator.ts';
import type { Workers } from '../placement.ts';
import { type WorldSpec, buildWorldSpec } from '../world-spec.ts';
import { type ClusterRun, type ClusterRunOptions, runCluster } from './run-cluster.ts';

const MANIFESTS = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: web, image: nginx, ports: [{ containerPort: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  selector: { app: web }
  ports: [{ port: 80, nodePort: 30080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec:
  nodeName: node-1
  containers: [{ name: curl, image: curlimages/curl, command: [sleep, infinity] }]
`;

function worldOf(
  options: { evaluator?: Evaluator; provider?: Provider; latencyNs?: number } = {},
): WorldSpec {
  const { evaluator, provider, latencyNs } = options;
  const { cluster, problems } = withDefaults({
    nodes: 2,
    dnsReplicas: 1,
    ...(provider === undefined ? {} : { provider }),
  });
  assert.deepEqual(problems, []);
  return buildWorldSpec({
    seed: 'run-cluster',
    cluster,
    ...(evaluator === undefined ? {} : { evaluator }),
    ...(latencyNs === undefined
      ? {}
      : { link: { latencyNs, jitterNs: latencyNs / 2, lossPpm: 2_000 } }),
  });
}

/** What the operator saw. */
interface Seen {
  isReady: boolean;
  readonly lines: string[];
}

function kubectl(operator: Operator, line: string, stdin?: string): Proc<string> {
  return run(operator, 'control-plane', `kubectl ${line}`, stdin);
}

function* run(operator: Operator, host: string, line: string, stdin = ''): Proc<string> {
  const result = yield* operator.exec(host, line.split(' '), { stdin, timeoutNs: 60 * NS_PER_SEC });
  return result === undefined ? 'timeout' : `${result.exitCode} ${result.stdout}${result.stderr}`;
}

/** Boots, deploys, asks by name and through a node port, cuts a node's power and asks on, powers it on. */
function* story(operator: Operator, seen: Seen): Proc {
  seen.isReady = yield* operator.waitReady(60 * NS_PER_SEC);
  seen.lines.push(yield* kubectl(operator, 'apply -f -', MANIFESTS));
  for (const [resource, name, condition] of [
    ['deployments', 'web', 'Available'],
    ['pods', 'client', 'Ready'],
  ] as const) {
    const wanted = { resource, namespace: 'default', name, condition };
    seen.lines.push(`${name} ${(yield* operator.waitFor(wanted, 60 * NS_PER_SEC)).ok}`);
  }
  // Until kube-proxy has the endpoints, the service refuses.
  yield* sleep(2 * NS_PER_SEC);
  const ask = 'exec client -- curl -s -m 3 -o /dev/null -w %{http_code} http://web';
  for (let count = 0; count < 4; count++) seen.lines.push(yield* kubectl(operator, ask));
  seen.lines.push(yield* run(operator, 'client', 'ping -c 2 -s 4000 192.168.10.12'));
  seen.lines.push(yield* run(operator, 'client', 'curl -s -m 2 http://192.168.10.12:30080/'));
  yield* operator.hostFault('node-2', { kind: 'power', on: false });
  seen.lines.push(yield* run(operator, 'client', 'curl -s -m 2 http://192.168.10.12:30080/'));
  for (let count = 0; count < 4; count++) seen.lines.push(yield* kubectl(operator, ask));
  yield* sleep(5 * NS_PER_SEC);
  yield* operator.hostFault('node-2', { kind: 'power', on: true });
  yield* sleep(20 * NS_PER_SEC);
  seen.lines.push(yield* kubectl(operator, 'get pods -o wide'));
  operator.stop();
}

async function tell(
  spec: WorldSpec,
  workers: Workers,
  more: Partial<ClusterRunOptions> = {},
): Promise<{ run: ClusterRun; seen: Seen }> {
  const seen: Seen = { isReady: false, lines: [] };
  const done = await runCluster({
    spec,
    workers,
    untilNs: 300 * NS_PER_SEC,
    program: (operator) => {
      operator.sim.spawn('story', story(operator, seen));
    },
    ...more,
  });
  return { run: done, seen };
}

function assertNoneLost({ packets }: ClusterRun): void {
  let ended = 0;
  for (const count of packets.ends.values()) ended += count;
  assert.equal(packets.born, ended + packets.underWay, JSON.stringify([...packets.ends]));
}

test('the story is what a user expects', async () => {
  const { run: done, seen } = await tell(worldOf(), 0);
  assert.equal(done.end, 'stopped');
  assert.ok(seen.isReady);
  const [applied, web, client, first, ...others] = seen.lines;
  assert.match(
    applied ?? '',
    /^0 deployment.apps\/web created\nservice\/web created\npod\/client created/,
  );
  assert.deepEqual([web, client, first], ['web true', 'client true', '0 200']);
  const [, , , ping, nodePort, dead] = others;
  assert.match(ping ?? '', /4008 bytes from 192\.168\.10\.12: icmp_seq=2 ttl=63/);
  assert.match(nodePort ?? '', /^0 [^]*Welcome to nginx!/);
  // Nobody answers for a machine without power: curl's time is over.
  assert.match(dead ?? '', /^(7|28) /);
  assertNoneLost(done);
});

test('one digest for every number of threads', async () => {
  const spec = worldOf();
  const inline = await tell(spec, 0);
  for (const workers of [1, 2, 4, 'node'] as const) {
    const threaded = await tell(spec, workers);
    assert.equal(threaded.run.digest, inline.run.digest, `workers ${workers}`);
    assert.deepEqual(threaded.seen, inline.seen, `workers ${workers}`);
    assert.deepEqual(threaded.run.packets.born, inline.run.packets.born);
    assertNoneLost(threaded.run);
  }
});

test('the plain evaluator gives the digest of the fast one', async () => {
  for (const provider of ['bridge', 'vxlan', 'ovn-kubernetes'] as const) {
    const fast = await tell(worldOf({ provider, evaluator: 'fast' }), 0);
    const plain = await tell(worldOf({ provider, evaluator: 'plain' }), 0);
    assert.equal(plain.run.digest, fast.run.digest, provider);
    assert.deepEqual(plain.seen, fast.seen, provider);
  }
});

test('hosts of one thread share nothing by mistake: encoding every message changes nothing', async () => {
  for (const provider of ['bridge', 'vxlan', 'ovn-kubernetes'] as const) {
    const spec = worldOf({ provider });
    const handed = await tell(spec, 0);
    const encoded = await tell(spec, 0, { encodeAlways: true });
    assert.equal(encoded.run.digest, handed.run.digest, provider);
    assert.deepEqual(encoded.seen, handed.seen, provider);
  }
});

test('born = ended + under way at any instant, on long, lossy links', async () => {
  const spec = worldOf({ provider: 'vxlan', latencyNs: 3_000_000 });
  for (const stopNs of [20_000_000, 1_234_567_890]) {
    const done = await runCluster({
      spec,
      workers: 0,
      program: (operator) => {
        operator.sim.spawn('pings', pings(operator, stopNs));
      },
    });
    assertNoneLost(done);
    // One every 2 ms whose way takes 24 ms, fragments that miss one, packets to an address that nobody has.
    assert.ok(done.packets.underWay > 8, String(done.packets.underWay));
  }
});

function* pings(operator: Operator, stopNs: number): Proc {
  yield* operator.waitReady(60 * NS_PER_SEC);
  for (const [host, line] of [
    ['client', 'ping -c 1000 -i 0.002 192.168.10.12'],
    ['node-1', 'ping -c 1000 -i 0.002 -s 4000 10.244.1.2'],
    ['node-1', 'ping -c 1000 -i 0.002 192.168.10.99'],
  ] as const) {
    operator.sim.spawn(line, operator.exec(host, line.split(' ')));
  }
  yield* sleep(stopNs);
  operator.stop();
}

test('an abort ends the run with what there is', async () => {
  for (const workers of [0, 'node'] as const) {
    const controller = new AbortController();
    const { run: done } = await tell(worldOf(), workers, {
      signal: controller.signal,
      onProgress: () => {
        controller.abort();
      },
    });
    // A run may be over before its first progress is told.
    assert.ok(done.end === 'aborted' || done.end === 'stopped');
  }
});

test('an exception in simulated code names its machine', async () => {
  const spec = worldOf();
  const broken: WorldSpec = {
    ...spec,
    actors: spec.actors.map((actor) =>
      actor.kind === 'host' && actor.name === 'node-2' ? { ...actor, node: undefined } : actor,
    ),
  };
  await assert.rejects(tell(broken, 'node'), (error: unknown) => {
    assert.ok(error instanceof ShardFailure);
    assert.deepEqual(error.hosts, ['node-2']);
    assert.match(error.message, /node-2/);
    return true;
  });
});
