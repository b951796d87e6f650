/**
 * `kubectl create KIND` and what verbs say of calls that cannot be meant: as kubectl 1.32 answered, word for word.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench } from '../test-bench.ts';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n';

function made(line: string, files: Readonly<Record<string, string>> = {}): unknown {
  const bench = new Bench();
  for (const [name, text] of Object.entries(files)) bench.files.set(name, text);
  const { out, err } = bench.run(`${line.replace(' -- ', ' --dry-run=client -o json -- ')}`);
  assert.equal(err, '', line);
  return JSON.parse(out);
}

test('jobs and cron jobs: the container has the name of the object', () => {
  const container = { command: ['date', '-u'], image: 'x/y', name: 'a', resources: {} };
  const template = (restartPolicy: string): object => ({
    template: { metadata: {}, spec: { containers: [container], restartPolicy } },
  });
  assert.deepEqual(made('create job a --image=x/y -- date -u'), {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'a' },
    spec: template('Never'),
    status: {},
  });
  assert.deepEqual(made('create cronjob a --image=x/y --schedule="*/5 * * * *" -- date -u'), {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'a' },
    spec: {
      jobTemplate: { metadata: { name: 'a' }, spec: template('OnFailure') },
      schedule: '*/5 * * * *',
    },
    status: {},
  });
});

test('containers of a deployment: names from images, the port on the first', () => {
  const { spec } = made(
    'create deploy a --image=x/y:1 --image=z_b --port=80 --dry-run=client -o json',
  ) as {
    readonly spec: { template: { spec: { containers: { name: string; ports?: object }[] } } };
  };
  const [first, second] = spec.template.spec.containers;
  assert.equal(first?.name, 'y');
  assert.deepEqual(first?.ports, [{ containerPort: 80 }]);
  assert.match(second?.name ?? '', /^z-b-[b-z2-9]{5}$/);
  assert.equal(second?.ports, undefined);
});

test('a disruption budget and a TLS secret', () => {
  assert.deepEqual(
    made('create pdb a --selector=b=c,d,!e --min-available=50% --dry-run=client -o json'),
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'a' },
      spec: {
        minAvailable: '50%',
        selector: {
          matchLabels: { b: 'c' },
          matchExpressions: [
            { key: 'd', operator: 'Exists' },
            { key: 'e', operator: 'DoesNotExist' },
          ],
        },
      },
      status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    },
  );
  assert.deepEqual(
    made('create secret tls a --cert=c.crt --key=c.key --dry-run=client -o json', {
      'c.crt': CERTIFICATE,
      'c.key': KEY,
    }),
    {
      apiVersion: 'v1',
      data: { 'tls.crt': btoa(CERTIFICATE), 'tls.key': btoa(KEY) },
      kind: 'Secret',
      metadata: { name: 'a' },
      type: 'kubernetes.io/tls',
    },
  );
});

test('complaints', () => {
  const see = (path: string): string => `\nSee 'kubectl ${path} -h' for help and examples`;
  const noResources = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;
  const rows: readonly (readonly [line: string, message: string])[] = [
    ['create secret tls a', 'key and cert must be specified'],
    [
      'create secret tls a --cert=no --key=c.key',
      'Cannot read file no, open no: no such file or directory',
    ],
    [
      'create secret tls a --cert=c.key --key=c.crt',
      'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
    ],
    [
      'create secret tls a --cert=c.crt --key=c.crt',
      'tls: found a certificate rather than a key in the PEM for the private key',
    ],
    ['create secret tls a --cert=c.crt --key=t', 'tls: failed to find any PEM data in key input'],
    [
      'create secret tls a --cert=t --key=c.key',
      'tls: failed to find any PEM data in certificate input',
    ],
    [
      'create secret generic a --from-literal=b=c --from-literal=b=d',
      'cannot add key b, another key by that name already exists',
    ],
    [
      'create configmap a --from-literal=b=c --from-literal=b=d',
      'cannot add key "b", another key by that name already exists in Data for ConfigMap "a"',
    ],
    ['create job a', 'either --image or --from must be specified'],
    ['create cronjob', 'required flag(s) "image", "schedule" not set'],
    ['create deployment', 'required flag(s) "image" not set'],
    [
      'create deployment a b --image=x',
      `exactly one NAME is required, got 2${see('create deployment')}`,
    ],
    ['create pdb a', 'a selector must be specified'],
    ['create pdb a --selector=b', 'one of min-available or max-unavailable must be specified'],
    ['create service clusterip a --tcp=a', 'strconv.ParseUint: parsing "a": invalid syntax'],
    [
      'create service clusterip a --tcp=70000',
      'strconv.ParseUint: parsing "70000": value out of range',
    ],
    ['create service clusterip a --tcp=80:0', 'must be between 1 and 65535, inclusive'],
    [
      'create service clusterip a --tcp=80:',
      'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-),must contain at least one letter (a-z)',
    ],
    ['run a --image=', '--image is required'],
    ['run a --image=a//b', 'Invalid image name "a//b": invalid reference format'],
    ['run a --image=x --rm', `--rm should only be used for attached containers${see('run')}`],
    [
      'describe',
      'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.',
    ],
    ['rollout status', 'required resource not specified'],
    ['rollout nope', `unknown command "nope"${see('rollout')}`],
    ['config nope', `unknown command "nope"${see('config')}`],
    ['config use-context nope', 'no context exists with the name: "nope"'],
    ['config use-context', `Unexpected args: []${see('config use-context')}`],
    ['config set-context', 'you must specify a non-empty context name or --current'],
    ['config view x', `unexpected arguments: [x]${see('config view')}`],
    ['config get-contexts nope', 'context nope not found'],
    ['set image', noResources],
    [
      'set env A=b',
      'one or more resources must be specified as <resource> <name> or <resource>/<name>',
    ],
    ['replace', 'must specify one of -f and -k'],
    ['wait pod/x', 'unrecognized condition: ""'],
    ['taint node a b:Foo', `invalid taint effect: Foo, unsupported taint effect${see('taint')}`],
    ['taint node a b:', `invalid taint effect: , unsupported taint effect${see('taint')}`],
    [
      'annotate pod x a=b a-',
      'can not both modify and remove the following annotation(s) in the same command: a',
    ],
    ['version x', 'extra arguments: [x]'],
  ];
  const bench = new Bench();
  bench.files.set('c.crt', CERTIFICATE);
  bench.files.set('c.key', KEY);
  bench.files.set('t', 'hello\n');
  for (const [line, message] of rows) {
    const { code, err } = bench.run(line);
    assert.deepEqual({ code, err }, { code: 1, err: `error: ${message}\n` }, line);
  }
});

test('the configuration of the one context', () => {
  const bench = new Bench();
  const rows: readonly (readonly [line: string, out: string])[] = [
    ['config use-context podwire', 'Switched to context "podwire".\n'],
    ['config set-context --current --namespace=shop', 'Context "podwire" modified.\n'],
    ['config view --minify -o jsonpath={..namespace}', 'shop'],
    ['config get-contexts -o name', 'podwire\n'],
  ];
  for (const [line, out] of rows) assert.equal(bench.run(line).out, out, line);
});
