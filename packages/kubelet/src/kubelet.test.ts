/**
 * Pod life as the API shows it, with a runtime whose programs the test controls.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC, Rng, ip } from '@podwire/base';
import {
  ApiServer,
  type KubeEvent,
  type KubeList,
  LocalApiClient,
  type Node,
  type Pod,
  Store,
} from '@podwire/api';
import type { CniArgs, CniPlugin, CniResult } from '@podwire/cni';
import { type HostSim, type Proc, Signal, TestWorld } from '@podwire/engine';
import { NetNs, type StackHost } from '@podwire/netstack';
import { PacketLedger, Recorder } from '@podwire/trace';
import { Kubelet } from './kubelet.ts';
import type {
  ExecRequest,
  ImageInfo,
  NodeRuntime,
  ProgramSpec,
  RunningProgram,
} from './runtime.ts';

class FakeProgram implements RunningProgram {
  exitCode: number | undefined = undefined;
  readonly exited: Signal = new Signal();
  readonly spec: ProgramSpec;
  ignoresTerm = false;
  termCount = 0;

  constructor(spec: ProgramSpec) {
    this.spec = spec;
  }

  end(code: number): void {
    if (this.exitCode !== undefined) return;
    this.exitCode = code;
    this.exited.notify();
  }

  terminate(): void {
    this.termCount++;
    if (!this.ignoresTerm) this.end(0);
  }

  kill(): void {
    this.end(137);
  }
}

class FakeCni implements CniPlugin {
  readonly name = 'fake';
  last = 1;
  why: string | undefined = undefined;
  error: string | undefined = undefined;

  notReady(): string | undefined {
    return this.why;
  }

  add(_args: CniArgs): CniResult | { readonly error: string } {
    if (this.error !== undefined) return { error: this.error };
    this.last++;
    return {
      ip: ip(`10.244.0.${this.last}`),
      prefixLen: 24,
      gateway: ip('10.244.0.1'),
      mac: 2,
      hostIfName: 'veth0',
    };
  }

  del(): void {}

  stop(): void {}
}

class Bench implements NodeRuntime {
  readonly world: TestWorld = new TestWorld('kubelet');
  readonly sim: HostSim;
  readonly ns: NetNs;
  readonly nodeName = 'node-1';
  readonly nodeIP: number = ip('192.168.10.11');
  readonly cni: FakeCni = new FakeCni();
  readonly pulledImages: Map<string, ImageInfo> = new Map();
  readonly server: ApiServer;
  readonly kubelet: Kubelet;
  readonly programs: FakeProgram[] = [];
  readonly #stack: StackHost;

  constructor() {
    this.sim = this.world.addHost('node-1');
    this.#stack = { sim: this.sim, recorder: new Recorder(), ledger: new PacketLedger() };
    this.ns = new NetNs(this.#stack, 'node-1');
    this.server = new ApiServer(new Store(new Rng('uid')), {
      clock: this.sim,
      rng: new Rng('api'),
      admission: { mountsToken: false, taintsNewNodes: false },
    });
    this.kubelet = new Kubelet({
      node: this,
      client: new LocalApiClient(this.server),
      reconnect: () => {},
    });
    this.seconds(2);
  }

  createPodNs(name: string): NetNs {
    return new NetNs(this.#stack, name);
  }

  imageInfo(image: string): ImageInfo {
    const bad = image.includes('missing') ? { pullError: `${image}: not found` } : {};
    return { reference: image, sizeBytes: 100_000_000, ...bad };
  }

  startProgram(spec: ProgramSpec): RunningProgram {
    const program = new FakeProgram(spec);
    this.programs.push(program);
    return program;
  }

  // oxlint-disable-next-line require-yield -- answers at once
  *exec(_request: ExecRequest): Proc<number> {
    return 0;
  }

  seconds(count: number): void {
    this.world.runFor(count * NS_PER_SEC);
  }

  create(spec: object): void {
    const body = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { nodeName: 'node-1', ...spec },
    };
    const made = this.server.handle({
      verb: 'create',
      resource: 'pods',
      namespace: 'default',
      body,
    });
    assert.equal(made.code, 201, JSON.stringify(made.body));
  }

  get pod(): Pod {
    const got = this.server.handle({
      verb: 'get',
      resource: 'pods',
      namespace: 'default',
      name: 'p',
    });
    assert.equal(got.code, 200, 'the pod exists');
    return got.body as Pod;
  }

  get podExists(): boolean {
    const got = this.server.handle({
      verb: 'get',
      resource: 'pods',
      namespace: 'default',
      name: 'p',
    });
    return got.code === 200;
  }

  events(): string[] {
    const list = this.server.handle({ verb: 'list', resource: 'events', namespace: 'default' });
    return (list.body as KubeList<KubeEvent>).items.map(
      (event) => `${event.reason}: ${event.message}`,
    );
  }

  program(name: string): FakeProgram {
    const found = this.programs.findLast((program) => program.spec.containerName === name);
    assert.ok(found !== undefined, `container ${name} was started`);
    return found;
  }

  condition(type: string): string | undefined {
    return this.pod.status?.conditions?.find((entry) => entry.type === type)?.status;
  }
}

const ONE = { containers: [{ name: 'c', image: 'example.org/app:1' }] };

test('a node registers itself and becomes Ready', () => {
  const bench = new Bench();
  const node = bench.server.handle({ verb: 'get', resource: 'nodes', name: 'node-1' }).body as Node;
  assert.equal(node.status?.conditions?.find((entry) => entry.type === 'Ready')?.status, 'True');
  const lease = bench.server.handle({
    verb: 'get',
    resource: 'leases',
    namespace: 'kube-node-lease',
    name: 'node-1',
  });
  assert.equal(lease.code, 200);
});

test('the way of a pod to Running, with its events', () => {
  const bench = new Bench();
  bench.create(ONE);
  bench.seconds(1);
  assert.equal(bench.pod.status?.phase, 'Pending');
  bench.seconds(4);
  assert.equal(bench.pod.status?.phase, 'Running');
  assert.equal(bench.pod.status?.podIP, '10.244.0.2');
  assert.equal(bench.condition('Ready'), 'True');
  assert.deepEqual(
    bench.events().filter((text) => !text.startsWith('Node')),
    [
      'Pulling: Pulling image "example.org/app:1"',
      'Pulled: Successfully pulled image "example.org/app:1" in 1.4s (1.4s including waiting). Image size: 100000000 bytes.',
      'Created: Created container: c',
      'Started: Started container c',
    ],
  );
});

test('a crash restarts at once, then after 10 s, 20 s', () => {
  const bench = new Bench();
  bench.create(ONE);
  bench.seconds(5);
  bench.program('c').end(1);
  bench.seconds(2);
  assert.equal(bench.programs.length, 2);
  bench.program('c').end(1);
  bench.seconds(2);
  const status = bench.pod.status?.containerStatuses?.[0];
  assert.equal(status?.state?.waiting?.reason, 'CrashLoopBackOff');
  assert.match(
    status?.state?.waiting?.message ?? '',
    /^back-off 10s restarting failed container=c pod=p_default\(/,
  );
  assert.equal(status?.lastState?.terminated?.exitCode, 1);
  assert.equal(bench.programs.length, 2);
  bench.seconds(10);
  assert.equal(bench.programs.length, 3);
  assert.equal(bench.pod.status?.containerStatuses?.[0]?.restartCount, 2);
  assert.equal(bench.pod.status?.podIP, '10.244.0.2', 'a restart keeps the address');
});

test('restartPolicy Never ends in Succeeded or Failed', () => {
  for (const [code, phase] of [
    [0, 'Succeeded'],
    [3, 'Failed'],
  ] as const) {
    const bench = new Bench();
    bench.create({ ...ONE, restartPolicy: 'Never' });
    bench.seconds(5);
    bench.program('c').end(code);
    bench.seconds(2);
    assert.equal(bench.pod.status?.phase, phase);
    assert.equal(bench.condition('Ready'), 'False');
    assert.equal(bench.pod.status?.podIP, '10.244.0.2', 'the status still shows the address');
  }
});

test('init containers come one after the other, a sidecar stays', () => {
  const bench = new Bench();
  bench.create({
    ...ONE,
    initContainers: [
      { name: 'one', image: 'example.org/i:1' },
      { name: 'side', image: 'example.org/i:1', restartPolicy: 'Always' },
      { name: 'two', image: 'example.org/i:1' },
    ],
  });
  bench.seconds(5);
  assert.deepEqual(
    bench.programs.map((program) => program.spec.containerName),
    ['one'],
  );
  bench.program('one').end(0);
  bench.seconds(5);
  assert.deepEqual(
    bench.programs.map((program) => program.spec.containerName),
    ['one', 'side', 'two'],
  );
  assert.equal(bench.condition('Initialized'), 'False');
  bench.program('two').end(0);
  bench.seconds(5);
  assert.equal(bench.condition('Ready'), 'True');
  assert.equal(bench.program('side').exitCode, undefined);
});

test('containers start in their order; one that cannot does not hold up the others', () => {
  const bench = new Bench();
  bench.create({
    containers: [
      { name: 'a', image: 'example.org/app:1' },
      { name: 'b', image: 'example.org/missing:1' },
      { name: 'c', image: 'example.org/app:1' },
    ],
  });
  bench.seconds(5);
  const statuses = bench.pod.status?.containerStatuses ?? [];
  assert.deepEqual(
    statuses.map(({ name, state }) => `${name} ${Object.keys(state ?? {}).join('')}`),
    ['a running', 'b waiting', 'c running'],
  );
  const started = bench
    .events()
    .filter((text) => /^(Started|Failed): .*(container|pull)/.test(text));
  assert.match(started.join(' | '), /Started container a .*Failed to pull.*Started container c/);
});

test('deletion: TERM, grace, KILL, then the object goes', () => {
  const bench = new Bench();
  bench.create({ ...ONE, terminationGracePeriodSeconds: 5 });
  bench.seconds(5);
  const program = bench.program('c');
  program.ignoresTerm = true;
  bench.server.handle({ verb: 'delete', resource: 'pods', namespace: 'default', name: 'p' });
  bench.seconds(4);
  assert.equal(program.termCount, 1);
  assert.equal(program.exitCode, undefined);
  assert.ok(bench.podExists);
  bench.seconds(3);
  assert.equal(program.exitCode, 137);
  assert.ok(!bench.podExists);
});

test('an image that cannot be pulled', () => {
  const bench = new Bench();
  bench.create({ containers: [{ name: 'c', image: 'example.org/missing:1' }] });
  bench.seconds(5);
  const waiting = bench.pod.status?.containerStatuses?.[0]?.state?.waiting;
  assert.equal(waiting?.reason, 'ImagePullBackOff');
  assert.ok(bench.events().includes('Failed: Error: ErrImagePull'));
});

test('without a network the pod waits, and is told why', () => {
  const bench = new Bench();
  bench.cni.error = 'no IP addresses available in range set: 10.1.0.1-10.1.0.254';
  bench.create(ONE);
  bench.seconds(5);
  assert.equal(bench.pod.status?.phase, 'Pending');
  assert.equal(
    bench.pod.status?.containerStatuses?.[0]?.state?.waiting?.reason,
    'ContainerCreating',
  );
  assert.ok(
    bench
      .events()
      .some((text) => text.startsWith('FailedCreatePodSandBox: Failed to create pod sandbox: ')),
  );
  bench.cni.error = undefined;
  bench.seconds(20);
  assert.equal(bench.pod.status?.phase, 'Running');
});

test('a missing ConfigMap holds the pod back', () => {
  const bench = new Bench();
  bench.create({
    containers: [
      { name: 'c', image: 'example.org/app:1', volumeMounts: [{ name: 'v', mountPath: '/etc/v' }] },
    ],
    volumes: [{ name: 'v', configMap: { name: 'settings' } }],
  });
  bench.seconds(5);
  assert.ok(
    bench
      .events()
      .includes(
        'FailedMount: MountVolume.SetUp failed for volume "v" : configmap "settings" not found',
      ),
  );
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings' },
    data: { a: '1' },
  };
  bench.server.handle({ verb: 'create', resource: 'configmaps', namespace: 'default', body });
  bench.seconds(10);
  assert.equal(bench.program('c').spec.files().get('/etc/v/a'), '1');
});

test('a new sandbox has a new address, the pod object stays', () => {
  const bench = new Bench();
  bench.create(ONE);
  bench.seconds(5);
  const { uid } = bench.pod.metadata;
  bench.kubelet.findPod('default', 'p')?.killSandbox();
  bench.seconds(5);
  assert.equal(bench.pod.metadata.uid, uid);
  assert.equal(bench.pod.status?.podIP, '10.244.0.3');
  assert.equal(bench.pod.status?.containerStatuses?.[0]?.restartCount, 1);
  assert.ok(bench.events().some((text) => text.startsWith('SandboxChanged: ')));
});

test('environment: order, references, the downward API', () => {
  const bench = new Bench();
  bench.create({
    containers: [
      {
        name: 'c',
        image: 'example.org/app:1',
        args: ['$(GREETING)', '$$(GREETING)', '$(UNKNOWN)'],
        env: [
          { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'GREETING', value: 'hello $(NAME)' },
          { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        ],
      },
    ],
  });
  bench.seconds(5);
  const { spec } = bench.program('c');
  assert.equal(spec.env.get('GREETING'), 'hello p');
  assert.equal(spec.env.get('POD_IP'), '10.244.0.2');
  assert.equal(spec.env.get('KUBERNETES_SERVICE_HOST'), '10.96.0.1');
  assert.deepEqual(spec.args, ['hello p', '$(GREETING)', '$(UNKNOWN)']);
});

test('while the kubelet is down containers run on, and nothing is restarted', () => {
  const bench = new Bench();
  bench.create(ONE);
  bench.seconds(5);
  bench.kubelet.stop();
  bench.program('c').end(1);
  bench.seconds(30);
  assert.equal(bench.programs.length, 1);
  assert.equal(bench.pod.status?.phase, 'Running', 'nobody has said otherwise');
  bench.kubelet.resume();
  bench.seconds(5);
  assert.equal(bench.programs.length, 2);
  assert.equal(bench.pod.status?.containerStatuses?.[0]?.restartCount, 1);
});
