/**
 * Scenario files: what is understood, and how each mistake is told.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brief, load, memoryReader } from './memory-reader.suite.ts';
import { loadScenario } from './parse.ts';
import type { RunStep, Scenario } from './scenario.ts';

const POD = `apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: nginx}]}
`;

function good(text: string, files = {}, options = {}): Scenario {
  const { scenario, diagnostics } = load(text, files, options);
  assert.deepEqual(brief(diagnostics), []);
  assert.ok(scenario);
  return scenario;
}

function runStep(text: string): RunStep {
  const [step] = good(`name: x\nsteps:\n  - ${text.replaceAll('\n', '\n    ')}\n`).steps;
  assert.equal(step?.kind, 'run');
  return step as RunStep;
}

describe('a scenario', () => {
  test('has defaults', () => {
    const scenario = good('name: x\nsteps: []\n');
    assert.equal(scenario.seed, '1');
    assert.equal(scenario.waitsForCluster, true);
    assert.equal(scenario.file, 's/scenario.yaml');
    assert.deepEqual(scenario.files, []);
  });

  for (const [cluster, tuning] of [
    ['{nodes: 1}', undefined],
    ['{tuning: large}', 'large'],
  ] as const) {
    test(`with the cluster ${cluster} asks for ${tuning ?? 'no'} tuning`, () => {
      const scenario = good(`name: x\ncluster: ${cluster}\nsteps: []\n`);
      assert.equal(scenario.cluster.tuning, tuning);
    });
  }

  test('says what is in a folder of manifests, and reads only what is named', () => {
    const scenario = good('name: x\nmanifests: [m]\nsteps: []\n', {
      'm/a.yaml': POD,
      'm/notes.txt': 'hello',
      'other.yaml': POD,
    });
    assert.deepEqual(scenario.manifests, [{ path: 'm' }]);
    assert.deepEqual(
      scenario.files.map(([name]) => name),
      ['m/a.yaml', 'm/notes.txt'],
    );
  });

  test('reads files that commands name', () => {
    const scenario = good(
      `name: x
steps:
  - run: kubectl apply -f web.yaml
  - run: kubectl create configmap c --from-file=key=conf/a.conf
  - run: kubectl logs -f web
`,
      { 'web.yaml': POD, 'conf/a.conf': 'a', 'conf/b.conf': 'b' },
    );
    assert.deepEqual(
      scenario.files.map(([name]) => name),
      ['web.yaml', 'conf/a.conf'],
    );
  });

  test('puts parameters in with their type', () => {
    const text = `name: x
parameters: {n: 2, p: vxlan, word: a}
cluster: {nodes: "\${n}", provider: "\${p}"}
steps:
  - run: echo \${word}b $\${word} \${n}
`;
    const scenario = good(text);
    assert.deepEqual(scenario.cluster, { nodes: 2, provider: 'vxlan' });
    assert.equal((scenario.steps[0] as RunStep).command, 'echo ab ${word} 2');
    const set = new Map([
      ['n', '5'],
      ['word', 'z'],
    ]);
    assert.deepEqual(good(text, {}, { set }).cluster.nodes, 5);
  });

  test('takes the pod network from the command line where it names none', () => {
    const options = { provider: 'ovn-kubernetes' };
    assert.equal(good('name: x\nsteps: []\n').cluster.provider, undefined);
    assert.equal(good('name: x\nsteps: []\n', {}, options).cluster.provider, 'ovn-kubernetes');
    const named = 'name: x\ncluster: {provider: vxlan}\nsteps: []\n';
    assert.equal(good(named, {}, options).cluster.provider, 'vxlan');
  });

  test('takes the seed from the command line first', () => {
    assert.equal(good('name: x\nseed: 7\nsteps: []\n').seed, '7');
    assert.equal(good('name: x\nseed: 7\nsteps: []\n', {}, { seed: '8' }).seed, '8');
  });

  test('has an underlay with units', () => {
    const { underlay } = good(`name: x
underlay:
  link: {latency: 1ms, jitter: 10us, rate: 100Mbit, queue: 64KiB, loss: 0.1%, mtu: 1500}
  links: {node-1: {latency: 20ms, rate: unlimited}}
  clients: [{name: laptop, address: 192.168.1.20/24}]
  dns: [{zone: example.org, records: ["www.example.org. 300 IN A 192.0.2.80"]}]
steps: []
`);
    assert.deepEqual(underlay.link, {
      latencyNs: 1_000_000,
      jitterNs: 10_000,
      rateBytesPerSec: 12_500_000,
      queueBytes: 65_536,
      lossPpm: 1000,
      mtuBytes: 1500,
    });
    assert.deepEqual(underlay.links.get('node-1'), { latencyNs: 20_000_000, rateBytesPerSec: 0 });
    assert.deepEqual(underlay.clients, [{ name: 'laptop', address: '192.168.1.20/24' }]);
    assert.equal(underlay.dns[0]?.behaviour, 'answer');
  });

  test('defines images', () => {
    const { images } = good(`name: x
images:
  - name: example.org/back:1
    ports: [8080, {port: 53, protocol: UDP}]
    answers: [{path: /, body: hello, delay: 5ms, headers: {X-Version: 1}}]
    failures: [{kind: reset, ratio: 1%}]
    calls: [http://db:5432/]
    exitAfter: 2s
steps: []
`);
    assert.deepEqual(images, [
      {
        name: 'example.org/back:1',
        ports: [
          { port: 8080, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
        answers: [
          {
            path: '/',
            answer: { headers: [['X-Version', '1']], body: 'hello', delayNs: 5_000_000 },
          },
        ],
        failures: [{ kind: 'reset', ratioPpm: 10_000 }],
        calls: [{ url: 'http://db:5432/' }],
        onTerm: { exitAfterNs: 2_000_000_000 },
      },
    ]);
  });
});

describe('a run step', () => {
  test('types kubectl at the control plane, the rest at the first client', () => {
    assert.equal(runStep('run: kubectl get pods').from, 'control-plane');
    assert.equal(runStep('run: oc get pods').from, 'control-plane');
    assert.equal(runStep('run: ssh node-1 ip route').from, 'client');
    assert.equal(runStep('run: ip route\nfrom: node-2').from, 'node-2');
  });

  test('may be a list of words', () => {
    const step = runStep("run: [kubectl, get, pods, -o, 'jsonpath={.items[*].metadata.name}']");
    assert.deepEqual(step.argv.slice(3), ['-o', 'jsonpath={.items[*].metadata.name}']);
    assert.match(step.command, /^kubectl get pods -o '/);
  });

  test('expects a text in short', () => {
    assert.deepEqual(runStep('run: kubectl get pods\nexpect: web').expect?.output, {
      contains: ['web'],
      notContains: [],
      matches: [],
      notMatches: [],
      equals: undefined,
      lines: undefined,
    });
  });

  test('expects much at length', () => {
    const { expect } = runStep(`run: kubectl get pods
repeat: 10
expect:
  exit: 3
  output: {matches: '^web-\\d', lines: 2, equals: 4}
  json: {path: .status.phase}
  backends: {selector: app=web, each: 20%..50%, share: {web-a: 20% ± 10%}, count: 3, same: true}
  successes: 3..7
  within: 1s
`);
    assert.equal(expect?.exit, 3);
    assert.equal(expect.output?.matches[0]?.flags, 'm');
    assert.equal(expect.output.equals, '4');
    assert.deepEqual(expect.json, [{ path: '.status.phase', exists: true }]);
    assert.equal(expect.backends?.eachPercentMin, 20);
    assert.equal(expect.backends.eachPercentMax, 50);
    assert.deepEqual(expect.backends.shares, [{ prefix: 'web-a', percent: 20, tolerance: 10 }]);
    assert.deepEqual(expect.successes, { min: 3, max: 7 });
    assert.equal(expect.withinNs, 1e9);
  });
});

test('waits and faults', () => {
  const { steps } = good(`name: x
steps:
  - wait: 40s
  - wait: {for: deploy/web, field: status.readyReplicas=2, timeout: 5s}
  - fault: {node-down: node-1}
  - fault: {impair: node-2, latency: 10ms, loss: 5%}
  - fault: {partition: {name: cut, groups: [[control-plane], [node-1, node-2]]}}
  - fault: {heal: cut}
  - fault: {kill-container: default/web/nginx}
  - fault: {kill-sandbox: default/web}
  - fault: {stop: kubelet, on: node-1}
`);
  const faults = steps.flatMap((step) => (step.kind === 'fault' ? [step.fault] : []));
  assert.deepEqual(faults, [
    { kind: 'node', node: 'node-1', on: false },
    { kind: 'impair', host: 'node-2', change: { latencyNs: 10_000_000, lossPpm: 50_000 } },
    { kind: 'partition', name: 'cut', groups: [['control-plane'], ['node-1', 'node-2']] },
    { kind: 'heal', name: 'cut' },
    { kind: 'kill-container', namespace: 'default', pod: 'web', container: 'nginx' },
    { kind: 'kill-sandbox', namespace: 'default', pod: 'web' },
    { kind: 'component', host: 'node-1', component: 'kubelet', running: false },
  ]);
  const wait = steps[1];
  assert.equal(wait?.kind, 'wait');
  assert.deepEqual(wait.condition, {
    resource: 'deployments',
    name: 'web',
    field: { path: 'status.readyReplicas', equals: '2' },
  });
  assert.equal(wait.timeoutNs, 5e9);
});

/** A scenario with one step, which is wrong; line 3 is the step's first. */
const STEP_MISTAKES: readonly (readonly [name: string, step: string, expected: RegExp])[] = [
  ['a pipe', 'run: kubectl get pods | grep web', /^3:10 PW3002 pipes are not supported/],
  ['two commands', 'run: ls; ls', /^3:10 PW3002 a step runs one command/],
  ['a redirection', 'run: ls > x', /^3:10 PW3002 redirection/],
  ['an open quote', `run: "echo 'x"`, /^3:10 PW3002 the quote ' is not closed/],
  ['an unknown command', 'run: crul http://web', /^3:10 PW3002 there is no command "crul"/],
  [
    'an unknown kubectl verb',
    'run: kubectl gte pods',
    /^3:10 PW3002 unknown command "gte" for "kubectl"/,
  ],
  [
    'kubectl elsewhere',
    '{run: kubectl get pods, from: node-1}',
    /PW3002 kubectl is not installed on node-1/,
  ],
  ['an unknown host', '{run: ip route, from: nod-1}', /^3:\d+ PW4003 no host is called nod-1/],
  ['ssh to nowhere', 'run: ssh node-9 ip route', /^3:10 PW4003 no host is called node-9/],
  ['ssh without a command', 'run: ssh node-1', /PW3002 ssh without a command/],
  ['an unknown field', '{run: ls, expct: x}', /^3:15 PW3001 unknown field "expct"/],
  ['no kind of step', 'name: x', /^3:5 PW3001 exactly one of run, wait, fault, scale is needed/],
  ['two kinds of step', '{run: ls, wait: 1s}', /here are run and wait/],
  ['a field of another kind', '{wait: 1s, repeat: 3}', /PW3001 repeat belongs to run/],
  ['a wrong duration', 'wait: 40', /PW3001 40 must be a duration such as 40s/],
  ['a wrong timeout', '{run: ls, timeout: 5 parsecs}', /PW3001 "5 parsecs" must be a duration/],
  [
    'a wrong regular expression',
    '{run: ls, expect: {output: {matches: "("}}}',
    /PW3003 not a regular expression/,
  ],
  ['a wrong selector', '{run: ls, expect: {backends: {selector: "a in b"}}}', /PW3003/],
  ['a wrong share', '{run: ls, expect: {backends: {each: most}}}', /PW3003 "most" is not a share/],
  ['a wrong exit status', '{run: ls, expect: {exit: 300}}', /PW3001 300 must be at most 255/],
  ['an unknown resource', 'wait: {for: podz}', /PW3004 no resource is called podz/],
  ['a value that nobody saved', 'run: echo {{nobody}}', /PW3004 no earlier step saves nobody/],
  [
    'a partition that is not there',
    'fault: {heal: cut}',
    /PW3004 no earlier step makes a partition/,
  ],
  ['a node that is not there', 'fault: {node-down: node-7}', /PW4003 no node is called node-7/],
  ['a fault of no kind', 'fault: {explode: node-1}', /PW3001 unknown field "explode"/],
  [
    'a component that no node has',
    'fault: {stop: kublet, on: node-1}',
    /^3:19 PW3004 no component kublet runs on node-1/,
  ],
  [
    'a component of another machine',
    'fault: {stop: scheduler, on: node-1}',
    /PW3004 no component scheduler runs on node-1/,
  ],
  ['a component outside', 'fault: {stop: kubelet, on: client}', /PW3004 no component kubelet/],
  ['a component without a host', 'fault: {stop: kubelet}', /PW3001 stop belongs to on/],
  [
    'a missing file',
    'run: kubectl apply -f nothing.yaml',
    /^3:10 PW1001 s\/nothing.yaml cannot be read/,
  ],
  ['a file outside', 'run: kubectl apply -f ../x.yaml', /^3:10 PW1003 \.\.\/x\.yaml lies outside/],
  ['an absolute path', 'run: kubectl apply -f /etc/passwd', /PW1003/],
  ['a parameter nobody declared', 'run: echo ${x}', /^3:10 PW3005 no parameter is called x/],
];

describe('a step with', () => {
  for (const [name, step, expected] of STEP_MISTAKES) {
    test(name, () => {
      const { scenario, diagnostics } = load(`name: x\nsteps:\n  - ${step}\n`);
      assert.equal(scenario, undefined);
      const found = brief(diagnostics);
      assert.ok(
        found.some((line) => expected.test(line)),
        found.join('\n'),
      );
    });
  }
});

const FILE_MISTAKES: readonly (readonly [name: string, text: string, expected: RegExp])[] = [
  ['nothing', '', /^0:0 PW1103 the file is empty/],
  ['a list', '- a\n', /PW1103 a scenario is a mapping/],
  ['malformed YAML', 'name: x\nsteps: [\n', /PW1101/],
  ['an alias bomb', bomb(), /PW1102/],
  ['deep nesting', `name: ${'['.repeat(5000)}`, /^1:\d+ PW110\d/],
  ['no steps', 'name: x\n', /^1:1 PW3001 steps is missing/],
  [
    'overlapping networks',
    'name: x\ncluster:\n  podNetwork: 10.96.0.0/16\nsteps: []\n',
    /PW4001 .* overlaps/,
  ],
  ['too small a network', 'name: x\ncluster:\n  nodes: 300\nsteps: []\n', /PW4002/],
  [
    'an address elsewhere',
    'name: x\ncluster:\n  nodes: [{name: a, address: 10.0.0.1}]\nsteps: []\n',
    /^3:\d+ PW4004 10.0.0.1 is not in the node network/,
  ],
  [
    'two nodes of one name',
    'name: x\ncluster:\n  nodes: [{name: a}, {name: a}]\nsteps: []\n',
    /PW4004 two nodes are called a/,
  ],
  [
    'a client in the cluster',
    'name: x\nunderlay: {clients: [{name: c, address: 10.244.1.1/24}]}\nsteps: []\n',
    /PW4001/,
  ],
  [
    'a link of no host',
    'name: x\nunderlay: {links: {node-9: {latency: 1ms}}}\nsteps: []\n',
    /PW4003 no host is called node-9/,
  ],
  [
    'an unknown provider',
    'name: x\ncluster: {provider: vxlam}\nsteps: []\n',
    /PW3001 "vxlam" is not one of bridge, vxlan, ovn-kubernetes, none/,
  ],
  [
    'nodes as text',
    'name: x\ncluster: {nodes: three}\nsteps: []\n',
    /PW3001 "three" must be a number or a list of nodes/,
  ],
  ...[
    ['a wrong domain', 'cluster: {domain: a..b}', /PW3001 "a..b" must be a DNS name/],
    [
      'a wrong domain of Routes',
      'cluster: {edge: {router: {}, appsDomain: a_b}}',
      /PW3001 "a_b" must be a DNS name/,
    ],
    [
      'a Corefile that CoreDNS refuses',
      'cluster: {corefile: ".:53 {\\n  bogus\\n}"}',
      /PW4004 Corefile:2 - Error during parsing: Unknown directive 'bogus'/,
    ],
    ['a loss beyond all', 'underlay: {link: {loss: 200%}}', /PW3001 "200%" must be a percentage/],
    [
      'a record that is none',
      'underlay: {dns: [{zone: example.org, records: [www 30 IN A 1.2.3]}]}',
      /PW3001 "www 30 IN A 1.2.3" is not a record of a zone file/,
    ],
    ['a zone that is none', 'underlay: {dns: [{zone: a..b}]}', /PW3001 "a..b" must be a zone/],
    [
      'an image that is none',
      'images: [{name: A b, answers: []}]',
      /PW3001 "A b" is not the name of an image/,
    ],
    [
      'a repository that is none',
      'sources: [{git: here, body: x}]',
      /PW3001 "here" must be the address of a repository/,
    ],
    [
      'a repository twice',
      'sources: [{git: https://a.example.org/x, body: x}, {git: https://a.example.org/x, body: y}]',
      /PW3001 two sources are https:\/\/a.example.org\/x/,
    ],
    [
      'a node that the API server refuses',
      'cluster: {nodes: [{name: a, labels: {b: "c d"}}]}',
      /^2:37 PW4004 the API server refuses the node: Invalid value: "c d"/,
    ],
    [
      'a capacity that is none',
      'cluster: {nodes: [{name: a, capacity: {cpu: many}}]}',
      /PW3001 "many" must be a quantity/,
    ],
  ].map(
    ([name, text, expected]) =>
      [name as string, `name: x\n${text as string}\nsteps: []\n`, expected as RegExp] as const,
  ),
  [
    'IPv6 in the cluster',
    'name: x\ncluster: {podNetwork: "fd00::/64"}\nsteps: []\n',
    /PW4004 .* IPv4 so far/,
  ],
];

describe('a file with', () => {
  for (const [name, text, expected] of FILE_MISTAKES) {
    test(name, () => {
      const { scenario, diagnostics } = load(text);
      assert.equal(scenario, undefined);
      const found = brief(diagnostics);
      assert.ok(
        found.some((line) => expected.test(line)),
        found.join('\n'),
      );
    });
  }

  test('a broken structure tells the one place where it breaks', () => {
    const { diagnostics } = load(
      `name: x\nsteps:\n  - {run: kubectl get pods -o "jsonpath={.items[0]}", expect: a}\n${'  - {run: ls}\n'.repeat(20)}`,
    );
    assert.deepEqual(brief(diagnostics), ['3:41 PW1101 a bracket in the middle of a text']);
    assert.match(diagnostics[0]?.hint ?? '', /put the text in quotes/);
  });

  test('a number where a text belongs says how it becomes one', () => {
    const { diagnostics } = load('name: x\nsteps:\n  - {run: kubectl get pods, expect: 200}\n');
    assert.deepEqual(brief(diagnostics), ['3:37 PW3001 200 must be text or a mapping']);
    assert.equal(diagnostics[0]?.hint, "in quotes it is text: '200'");
  });

  test('several mistakes tells all of them', () => {
    const { diagnostics } = load(`name: x
sed: 3
cluster: {podNetwork: 10.96.0.0/16}
steps:
  - run: kubectl gte pods
  - wiat: 3s
  - fault: {node-down: node-7}
`);
    const codes = diagnostics.map((each) => `${each.line} ${each.code}`).sort();
    assert.deepEqual(codes, [
      '2 PW3001',
      '3 PW4001',
      '5 PW3002',
      '6 PW3001',
      '6 PW3001',
      '7 PW4003',
    ]);
    assert.equal(diagnostics.find((each) => each.line === 2)?.hint, 'did you mean seed?');
  });
});

describe('a file that', () => {
  test('is too large is not read', () => {
    const { diagnostics } = load('name: x\nmanifests: [big.yaml]\nsteps: []\n', {
      'big.yaml': { sizeBytes: 100 * 1024 * 1024 },
    });
    assert.match(brief(diagnostics)[0] ?? '', /^2:13 PW1002 s\/big.yaml is too large: 100.0 MB/);
  });

  test('is a link out of the folder is refused', () => {
    const { diagnostics } = load('name: x\nmanifests: [m]\nsteps: []\n', {
      'm/a.yaml': { link: '/etc/passwd' },
    });
    assert.match(brief(diagnostics)[0] ?? '', /^2:13 PW1003 s\/m\/a.yaml leads out/);
  });

  test('is a broken manifest is told with its own place', () => {
    const { diagnostics, scenario } = load('name: x\nmanifests: [a.yaml]\nsteps: []\n', {
      'a.yaml': POD.replace('kind: Pod', 'knd: Pod'),
    });
    assert.equal(scenario, undefined);
    assert.equal(diagnostics[0]?.file, 's/a.yaml');
    assert.equal(diagnostics[0].code, 'PW2006');
  });

  test('would be refused by the API server is told in its words', () => {
    const service = (rest: string): string =>
      `apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: ${rest}\n`;
    const { diagnostics } = load('name: x\nmanifests: [a.yaml]\nsteps: []\n', {
      'a.yaml': service('70000'),
    });
    assert.deepEqual(brief(diagnostics), [
      '7:13 PW2004 Service "web" is invalid: Invalid value: 70000: must be between 1 and 65535, inclusive',
      // The target port that it defaults to.
      '7:7 PW2004 Service "web" is invalid: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ]);
    assert.equal(diagnostics[0]?.path, 'spec.ports[0].port');
    const lost = load('name: x\nmanifests: [a.yaml]\nsteps: []\n', {
      'a.yaml': POD.replace('name: web', 'name: web, namespace: shop'),
    });
    assert.match(brief(lost.diagnostics)[0] ?? '', /^3:\d+ PW2004 namespaces "shop" not found/);
  });

  test('a failing command names may be broken', () => {
    const files = { 'a.yaml': 'kind: [\n' };
    const steps = (rest: string): string =>
      `name: x\nsteps:\n  - {run: kubectl apply -f a.yaml${rest}}\n`;
    assert.deepEqual(brief(load(steps(', expect: {exit: 1}'), files).diagnostics), []);
    const lenient = load(steps(''), files);
    assert.ok(lenient.scenario);
    assert.equal(lenient.diagnostics[0]?.severity, 'warning');
    const strict = load(steps(''), files, { isCheck: true });
    assert.equal(strict.diagnostics[0]?.severity, 'error');
  });

  test('lies inline is told at its line of the scenario', () => {
    const text = `name: x
manifests:
  - inline: |
      apiVersion: v1
      kind: Pod
      metadata: {name: a}
      spec:
        containrs: []
steps: []
`;
    const { diagnostics } = load(text);
    assert.deepEqual(brief(diagnostics), [
      '8:9 PW2002 unknown field "spec.containrs"',
      '8:9 PW2004 Pod "a" is invalid: Required value',
    ]);
    assert.equal(diagnostics[0]?.severity, 'warning');
  });

  test('uses an unknown image is told so by check', () => {
    const text = 'name: x\nmanifests: [a.yaml]\nimages: [{name: mine}]\nsteps: []\n';
    const one = (image: string): string[] =>
      brief(load(text, { 'a.yaml': POD.replace('nginx', image) }, { isCheck: true }).diagnostics);
    assert.deepEqual(one('nginx:1.25'), []);
    assert.deepEqual(one('mine'), []);
    assert.match(
      one('acme/thing:1')[0] ?? '',
      /PW2007 image acme\/thing:1 is not in the catalogue/,
    );
  });
});

test('a folder without a scenario names a file that may be meant', () => {
  const { diagnostics } = loadScenario(memoryReader({ 'f/scenario.yml': 'name: x' }), 'f');
  assert.equal(diagnostics[0]?.message, 'the folder has no scenario.yaml');
  assert.equal(diagnostics[0].hint, 'name the file, for instance f/scenario.yml');
});

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level++) {
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  }
  return `${lines.join('\n')}\nname: x\nsteps: []\n`;
}
