/**
 * `oc` at an API server without controllers: what it creates and what it says.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationInWords, goSeconds } from '../docker-duration.ts';
import { parseKubectl } from '../parse.ts';
import { Bench } from '../test-bench.ts';

const SEC = 1_000_000_000;

function bench(): Bench {
  const made = new Bench();
  made.program = 'oc';
  return made;
}

function withPhp(made: Bench): void {
  const image = `sha256:${'1'.repeat(64)}`;
  made.server.handle({
    verb: 'create',
    resource: 'namespaces',
    body: { metadata: { name: 'openshift' } },
  });
  made.server.handle({
    verb: 'create',
    resource: 'images',
    body: {
      metadata: { name: image },
      dockerImageReference: `example.org/php@${image}`,
      dockerImageMetadata: {
        Config: {
          ExposedPorts: { '8443/tcp': {}, '8080/tcp': {} },
          Labels: { 'io.k8s.display-name': 'PHP 8', 'io.openshift.tags': 'builder,php' },
        },
      },
    },
  });
  made.server.handle({
    verb: 'create',
    resource: 'imagestreams',
    namespace: 'openshift',
    body: { metadata: { name: 'php' }, spec: {} },
  });
  const event = {
    created: '2026-01-01T00:00:00Z',
    dockerImageReference: `example.org/php@${image}`,
    image,
    generation: 1,
  };
  made.server.handle({
    verb: 'patch',
    resource: 'imagestreams',
    subresource: 'status',
    namespace: 'openshift',
    name: 'php',
    patchType: 'merge-patch',
    body: {
      status: {
        tags: [
          { tag: '8', items: [event] },
          { tag: '7', items: [event] },
        ],
      },
    },
  });
}

test('projects', () => {
  const oc = bench();
  const made = oc.run('oc new-project shop');
  assert.match(
    made.out,
    /^Now using project "shop" on server "https:\/\/192\.168\.10\.10:6443"\.\n\nYou can add/,
  );
  assert.equal(oc.namespace, 'shop');
  assert.equal(
    oc.run('oc new-project shop').err,
    'Error from server (AlreadyExists): project.project.openshift.io "shop" already exists\n',
  );
  assert.equal(
    oc.run('oc project').out,
    'Using project "shop" on server "https://192.168.10.10:6443".\n',
  );
  assert.equal(
    oc.run('oc project shop').out,
    'Already on project "shop" on server "https://192.168.10.10:6443".\n',
  );
  assert.equal(
    oc.run('oc project nope').err,
    'error: A project named "nope" does not exist on "https://192.168.10.10:6443".\nYour projects are:\n* default\n* kube-node-lease\n* kube-public\n* kube-system\n* shop\n',
  );
  assert.match(oc.run('oc projects').out, /\n {4}kube-system\n {2}\* shop\n\nUsing project "shop"/);
  assert.equal(
    oc.run('oc get projects').out.split('\n')[0],
    'NAME              DISPLAY NAME   STATUS',
  );
});

test('new-app from a repository', () => {
  const oc = bench();
  withPhp(oc);
  const made = oc.run(
    'oc new-app --name hello https://git.example.org/apps.git --context-dir=hello -i php:8',
  );
  assert.equal(
    made.out,
    `--> Found image 1111111 in image stream "openshift/php" under tag "8" for "php:8"

    PHP 8 
    ----- 
    Tags: builder, php

    * A source build using source code from https://git.example.org/apps.git will be created
      * The resulting image will be pushed to image stream tag "hello:latest"
      * Use 'oc start-build' to trigger a new build

--> Creating resources ...
    imagestream.image.openshift.io "hello" created
    buildconfig.build.openshift.io "hello" created
    deployment.apps "hello" created
    service "hello" created
--> Success
    Build scheduled, use 'oc logs -f buildconfig/hello' to track its progress.
    Application is not exposed. You can expose services to the outside world by executing one or more of the commands below:
     'oc expose service/hello' 
    Run 'oc status' to view your app.
`,
  );
  const again = oc.run('oc new-app --name hello https://git.example.org/apps.git -i php:8');
  assert.equal(again.code, 1);
  assert.match(
    again.err,
    /^ {4}error: imagestreams\.image\.openshift\.io "hello" already exists\n/,
  );
  assert.match(again.out, /--> Failed\n$/);
  assert.equal(
    oc.run('oc get bc').out,
    'NAME    TYPE     FROM   LATEST\nhello   Source   Git    0\n',
  );
  assert.match(
    oc.run('oc get svc hello -o jsonpath={.spec.ports[*].name}').out,
    /^8080-tcp 8443-tcp$/,
  );
  assert.equal(oc.run('oc start-build hello').out, 'build.build.openshift.io/hello-1 started\n');
  assert.equal(oc.run('oc expose svc hello').out, 'route.route.openshift.io/hello exposed\n');
  assert.equal(oc.run('oc get route hello -o jsonpath={.spec.port.targetPort}').out, '8080-tcp');
  const all = oc.run('oc get all');
  for (const name of [
    'service/hello',
    'deployment.apps/hello',
    'buildconfig.build.openshift.io/hello',
    'build.build.openshift.io/hello-1',
    'imagestream.image.openshift.io/hello',
    'route.route.openshift.io/hello',
  ]) {
    assert.ok(all.out.includes(name), name);
  }
  const gone = oc.run('oc delete all -l app=hello');
  assert.match(gone.out, /service "hello" deleted/);
  assert.match(gone.out, /buildconfig\.build\.openshift\.io "hello" deleted/);
});

test('new-app says what it does not find', () => {
  const oc = bench();
  withPhp(oc);
  const rows: readonly (readonly [string, RegExp])[] = [
    [
      '-i ruby:9',
      /^error: unable to locate any images in image streams with name "ruby:9"\n\nThe 'oc new-app' command will match/,
    ],
    [
      '-i php:9',
      /^error: multiple images or templates matched "php:9": 2\n\n.*\n\n\* Image stream "php" \(tag "8"\) in project "openshift"\n {2}Use --image-stream="openshift\/php:8" to specify/,
    ],
    [
      '',
      /^error: You must specify one or more images, image streams, templates, or source code locations/,
    ],
    ['https://git.example.org/apps.git', /name the builder image, as in php:8\.2-ubi9~URL/],
    [
      '--image=example.org/none',
      /^error: unable to locate any local docker images with name "example\.org\/none"/,
    ],
    ['--name=Hello -i php:8', /^error: invalid name: Hello\. Must be an a lower case alphanumeric/],
  ];
  for (const [args, text] of rows) {
    const { code, err } = oc.run(`oc new-app ${args}`.trim());
    assert.equal(code, 1, args);
    assert.match(err, text);
  }
});

test("a Route's backends", () => {
  const oc = bench();
  oc.run('oc create service clusterip a --tcp=80');
  oc.run('oc expose svc a --name=web');
  const weights = (): string => {
    const template =
      '{.spec.to.name}={.spec.to.weight} {range .spec.alternateBackends[*]}{.name}={.weight} {end}';
    return oc.run(`oc get route web -o jsonpath='${template}'`).out.trim();
  };
  const rows: readonly (readonly [args: string, after: string])[] = [
    ['a=2 b=1', 'a=2 b=1'],
    ['--equal', 'a=100 b=100'],
    ['--adjust b=10%', 'a=90 b=10'],
    ['--adjust b=+10%', 'a=80 b=20'],
    ['--adjust b=-5%', 'a=85 b=15'],
    ['--adjust a=50%', 'a=50 b=50'],
    ['--adjust b=7', 'a=50 b=7'],
    ['--adjust b=+3', 'a=50 b=10'],
    ['--zero', 'a=0 b=0'],
    ['a=100 b=50 c=25', 'a=100 b=50 c=25'],
    ['--adjust b=25%', 'a=75 b=25 c=16'],
    ['--adjust b=300%', 'a=0 b=100 c=16'],
  ];
  for (const [args, after] of rows) {
    assert.equal(
      oc.run(`oc set route-backends web ${args}`).out,
      'route.route.openshift.io/web backends updated\n',
      args,
    );
    assert.equal(weights(), after, args);
  }
  assert.equal(
    oc.run('oc set route-backends').out,
    `NAME        KIND     TO  WEIGHT
routes/web  Service  a   0 (0%)
routes/web  Service  b   100 (86%)
routes/web  Service  c   16 (13%)
`,
  );
  assert.equal(oc.run('oc set route-backends web a=0 b=100 c=16').out, '');
  const mistakes: readonly (readonly [args: string, err: string])[] = [
    [
      'a=x',
      'error: invalid argument "a=x": WEIGHT must be a number: strconv.Atoi: parsing "x": invalid syntax\n',
    ],
    ['a=', 'error: invalid argument "a=": expected NAME=WEIGHT\n'],
    ['a=1 a=2', 'error: backend name "a" may only be specified once\n'],
    ['a=1 b=50%', 'error: all backends must either be percentages or weights\n'],
    ['--zero a=1', 'error: arguments may not be provided when --zero or --equal is specified\n'],
    ['--adjust a=1 b=2', 'error: only one backend may be specified when adjusting\n'],
    ['--adjust d=1', 'error: routes/web backend "d" is not in the list of backends (a, b, c)\n'],
    [
      'a=1 b=300',
      'The Route "web" is invalid: spec.alternateBackends[0].weight: Invalid value: 300: weight must be an integer between 0 and 256\n',
    ],
  ];
  for (const [args, err] of mistakes) {
    assert.equal(oc.run(`oc set route-backends web ${args}`).err, err);
  }
  assert.equal(
    oc.run('oc set route-backends nope --zero').err,
    'Error from server (NotFound): routes.route.openshift.io "nope" not found\n',
  );
});

test('rollouts of DeploymentConfigs', () => {
  const oc = bench();
  withPhp(oc);
  oc.run('oc new-app --name old https://git.example.org/a.git -i php:8 --as-deployment-config');
  assert.equal(
    oc.run('oc rollout history dc/old').out,
    'deploymentconfig.apps.openshift.io/old No rollout history found.\n',
  );
  const uid = oc.run('oc get dc old -o jsonpath={.metadata.uid}').out;
  const namespace = 'default';
  for (const [version, phase] of ['Complete', 'Running'].entries()) {
    const annotations = {
      'openshift.io/deployment-config.latest-version': String(version + 1),
      'openshift.io/deployment.phase': phase,
      'openshift.io/deployment.status-reason': 'config change',
    };
    const owner = {
      apiVersion: 'apps.openshift.io/v1',
      kind: 'DeploymentConfig',
      name: 'old',
      uid,
      controller: true,
    };
    oc.server.handle({
      verb: 'create',
      resource: 'replicationcontrollers',
      namespace,
      body: {
        metadata: { name: `old-${version + 1}`, annotations, ownerReferences: [owner] },
        spec: {
          replicas: 0,
          selector: { a: 'b' },
          template: {
            metadata: { labels: { a: 'b' } },
            spec: { containers: [{ name: 'c', image: 'nginx' }] },
          },
        },
      },
    });
  }
  assert.equal(
    oc.run('oc rollout history dc/old').out,
    `deploymentconfig.apps.openshift.io/old 
REVISION  STATUS    CAUSE
1         Complete  config change
2         Running   config change

`,
  );
  const cancel = (): string => oc.run('oc rollout cancel dc/old').out;
  assert.equal(cancel(), 'deploymentconfig.apps.openshift.io/old cancelling\n');
  assert.equal(cancel(), 'deploymentconfig.apps.openshift.io/old already cancelled\n');
  oc.run('oc annotate rc old-2 --overwrite openshift.io/deployment.phase=Failed');
  assert.match(cancel(), /^No rollout is in progress \(latest rollout #2 failed .* ago\)\n$/);
  assert.equal(
    oc.run('oc set env dc/old A=b').out,
    'deploymentconfig.apps.openshift.io/old env updated\n',
  );
  assert.equal(
    oc.run('oc rollout pause dc/old').out,
    'deploymentconfig.apps.openshift.io/old paused\n',
  );
  assert.equal(
    oc.run('oc rollout pause dc/old').err,
    'error: deploymentconfigs.apps.openshift.io "old" is already paused\n',
  );
  assert.equal(
    oc.run('oc rollout cancel dc/old').err,
    'error: unable to cancel paused deployment default/old\n',
  );
});

test('a build takes the variables of its request', () => {
  const oc = bench();
  withPhp(oc);
  oc.run(
    'oc new-app --name web https://git.example.org/a.git -i php:8 --build-env=A=1 --build-env=B=2',
  );
  oc.run('oc start-build web -e B=3 -e C=4');
  const path = '{range .spec.strategy.sourceStrategy.env[*]}{.name}={.value} {end}';
  assert.equal(oc.run(`oc get build web-1 -o jsonpath='${path}'`).out, 'A=1 B=3 C=4 ');
  assert.match(oc.run('oc start-build web -e bad').err, /must be of the form key=value: bad/);
  assert.match(
    oc.run('oc expose svc web other').err,
    /multiple resources provided: \[svc web other\]/,
  );
});

test('verbs of oc alone', () => {
  assert.deepEqual(parseKubectl(['new-project', 'x']).ok, false);
  assert.deepEqual(parseKubectl(['new-project', 'x'], 'oc').ok, true);
  assert.match(
    parseKubectl(['new-projec', 'x'], 'oc').errors[0] ?? '',
    /unknown command "new-projec" for "oc"/,
  );
  assert.match(parseKubectl(['rollout', 'nope'], 'oc').errors[0] ?? '', /See 'oc rollout -h'/);
});

test('durations in words', () => {
  const rows: readonly (readonly [number, string])[] = [
    [0, 'Less than a second'],
    [1, '1 second'],
    [59, '59 seconds'],
    [60, 'About a minute'],
    [121, '2 minutes'],
    [3600, 'About an hour'],
    [7200, '2 hours'],
    [49 * 3600, '2 days'],
    [15 * 86_400, '2 weeks'],
    [90 * 86_400, '3 months'],
  ];
  for (const [seconds, text] of rows) assert.equal(durationInWords(seconds * SEC), text);
  assert.equal(goSeconds(64 * SEC), '1m4s');
  assert.equal(goSeconds(3 * SEC), '3s');
});
