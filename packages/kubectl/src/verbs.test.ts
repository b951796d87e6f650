/**
 * Verbs of kubectl against an API server: what they print, what they change.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench } from './test-bench.ts';

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: nginx
        image: nginx:1.27
        ports: [{containerPort: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80}]
`;

function applied(): Bench {
  const bench = new Bench();
  bench.files.set('web.yaml', WEB);
  const done = bench.run('apply -f web.yaml');
  assert.equal(done.err, '');
  assert.equal(done.out, 'deployment.apps/web created\nservice/web created\n');
  assert.equal(done.code, 0);
  return bench;
}

test('apply creates, then leaves unchanged, then configures', () => {
  const bench = applied();
  assert.equal(
    bench.run('apply -f web.yaml').out,
    'deployment.apps/web unchanged\nservice/web unchanged\n',
  );
  bench.files.set('web.yaml', WEB.replace('replicas: 2', 'replicas: 3'));
  assert.equal(
    bench.run('apply -f web.yaml').out,
    'deployment.apps/web configured\nservice/web unchanged\n',
  );
  assert.equal(bench.run('get deploy web -o jsonpath={.spec.replicas}').out, '3');
});

test('apply removes what the manifest no longer has', () => {
  const bench = applied();
  bench.files.set('web.yaml', WEB.replace('  labels: {app: web}\n', ''));
  bench.run('apply -f web.yaml');
  assert.equal(bench.run("get deploy web -o jsonpath='{.metadata.labels}'").out, '');
});

test('get prints the columns of each kind', () => {
  const bench = applied();
  assert.equal(
    bench.run('get deploy').out,
    'NAME   READY   UP-TO-DATE   AVAILABLE   AGE\nweb    0/2     0            0           60s\n',
  );
  assert.equal(
    bench.run('get deploy web -o wide --no-headers').out,
    'web   0/2   0     0     2m    nginx   nginx:1.27   app=web\n',
  );
  assert.match(
    bench.run('get svc web').out,
    /^NAME   TYPE        CLUSTER-IP +EXTERNAL-IP   PORT\(S\)   AGE\nweb    ClusterIP   10\.\S+ +<none>        80\/TCP    \S+\n$/,
  );
  assert.equal(
    bench.run('get svc,deploy -o name').out,
    'service/kubernetes\nservice/web\ndeployment.apps/web\n',
  );
  assert.equal(bench.run('get pods').err, 'No resources found in default namespace.\n');
  assert.equal(bench.run('get pods -A').err, 'No resources found\n');
  assert.match(
    bench.run('get all').out,
    /^NAME +TYPE.*\nservice\/kubernetes.*\nservice\/web.*\n\nNAME.*\ndeployment\.apps\/web /,
  );
});

test('errors are kubectl’s own', () => {
  const bench = applied();
  const table: readonly (readonly [string, string])[] = [
    ['get pod nope', 'Error from server (NotFound): pods "nope" not found\n'],
    [
      'get pod a b',
      'Error from server (NotFound): pods "a" not found\nError from server (NotFound): pods "b" not found\n',
    ],
    ['get foo', `error: the server doesn't have a resource type "foo"\n`],
    [
      'get pods svc/web',
      "error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'\n",
    ],
    ['get pods --foo', "error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n"],
    ['gte pods', 'error: unknown command "gte" for "kubectl"\n\nDid you mean this?\n\tget\n'],
    ['apply -f none.yaml', 'error: the path "none.yaml" does not exist\n'],
    ['delete pods', 'error: resource(s) were provided, but no name was specified\n'],
    ['scale deploy web', 'error: required flag(s) "replicas" not set\n'],
    ['top pods', 'error: Metrics API not available\n'],
    [
      'create deployment web --image=nginx',
      'error: failed to create deployment: deployments.apps "web" already exists\n',
    ],
  ];
  for (const [line, expected] of table) {
    const done = bench.run(line);
    assert.equal(done.err, expected, line);
    assert.equal(done.code, 1, line);
  }
});

test('bad manifests are told as the server and kubectl tell them', () => {
  const bench = new Bench();
  bench.files.set('a.yaml', 'apiVersion: v1\nkind:Service\nmetadata:\n  name: a\n');
  assert.equal(
    bench.run('apply -f a.yaml').err,
    "error: error parsing a.yaml: error converting YAML to JSON: yaml: line 3: could not find expected ':'\n",
  );
  bench.files.set(
    'b.yaml',
    'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  type: NodePort\n  ports:\n  - targetPort: 80\n  - port: 80\n  - nodePort: 30008\n',
  );
  assert.equal(
    bench.run('apply -f b.yaml').err.split('\n').slice(0, 3).join('\n'),
    'The Service "a" is invalid: \n* spec.ports[0].name: Required value\n* spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
  );
  bench.files.set(
    'c.yaml',
    'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selectors: {a: b}, ports: [{port: 80}]}\n',
  );
  assert.equal(
    bench.run('create -f c.yaml').err,
    'Error from server (BadRequest): error when creating "c.yaml": Service in version "v1" cannot be handled as a Service: strict decoding error: unknown field "spec.selectors"\n',
  );
  bench.files.set('d.yaml', 'apiVersion: v1\nkind: Sevice\nmetadata: {name: a}\n');
  assert.match(
    bench.run('apply -f d.yaml').err,
    /^error: resource mapping not found for name: "a" namespace: "" from "d.yaml": no matches for kind "Sevice" in version "v1"\nensure CRDs are installed first\n$/,
  );
  bench.files.set('e.yaml', 'metadata: {name: a}\n');
  assert.match(
    bench.run('apply -f e.yaml').err,
    /error validating "e.yaml": error validating data: \[apiVersion not set, kind not set\]/,
  );
});

test('changing commands say what they did', () => {
  const bench = applied();
  const table: readonly (readonly [string, string])[] = [
    ['scale deploy web --replicas=5', 'deployment.apps/web scaled\n'],
    ['set image deploy/web nginx=nginx:1.28', 'deployment.apps/web image updated\n'],
    ['set image deploy/web nginx=nginx:1.28', ''],
    ['set env deploy/web A=1 B=2', 'deployment.apps/web env updated\n'],
    [
      'set resources deploy web --limits=cpu=200m',
      'deployment.apps/web resource requirements updated\n',
    ],
    ['label svc web tier=front', 'service/web labeled\n'],
    ['label svc web tier-', 'service/web unlabeled\n'],
    ['label svc web nope-', 'label "nope" not found.\nservice/web not labeled\n'],
    ['annotate svc web note=hello', 'service/web annotated\n'],
    [`patch svc web -p '{"spec":{"sessionAffinity":"ClientIP"}}'`, 'service/web patched\n'],
    [
      `patch svc web -p '{"spec":{"sessionAffinity":"ClientIP"}}'`,
      'service/web patched (no change)\n',
    ],
    ['expose deploy web --name=web2 --port=8080 --target-port=80', 'service/web2 exposed\n'],
    ['rollout pause deploy web', 'deployment.apps/web paused\n'],
    ['rollout resume deploy web', 'deployment.apps/web resumed\n'],
    ['rollout restart deploy web', 'deployment.apps/web restarted\n'],
    ['create namespace shop', 'namespace/shop created\n'],
    ['create configmap cm --from-literal=a=b', 'configmap/cm created\n'],
    ['create secret generic s --from-literal=a=b', 'secret/s created\n'],
    ['create service nodeport np --tcp=80:8080', 'service/np created\n'],
    ['create deploy two --image=httpd --replicas=2', 'deployment.apps/two created\n'],
    ['run tmp --image=busybox --restart=Never -- sleep 5', 'pod/tmp created\n'],
    ['delete svc np', 'service "np" deleted from default namespace\n'],
    [
      'delete deploy,svc two web2 --ignore-not-found',
      'deployment.apps "two" deleted from default namespace\nservice "web2" deleted from default namespace\n',
    ],
    ['config set-context --current --namespace=shop', 'Context "podwire" modified.\n'],
  ];
  for (const [line, expected] of table) {
    const done = bench.run(line);
    assert.equal(done.err, '', line);
    assert.equal(done.out, expected, line);
    assert.equal(done.code, 0, line);
  }
  assert.equal(bench.namespace, 'shop');
  bench.namespace = 'default';
  assert.equal(
    bench.run(
      'get deploy web -o jsonpath="{.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[*].name}"',
    ).out,
    'nginx:1.28 A B',
  );
  assert.equal(bench.run("get secret s -o jsonpath='{.data.a}'").out, 'Yg==');
});

test('label refuses to overwrite', () => {
  const bench = applied();
  assert.equal(
    bench.run('label deploy web app=x').err,
    "error: 'app' already has a value (web), and --overwrite is false\n",
  );
  assert.equal(
    bench.run('label deploy web app=x --overwrite').out,
    'deployment.apps/web labeled\n',
  );
});

test('watch prints changes in the columns of the first table', () => {
  const bench = applied();
  const watch = bench.start('get svc -w');
  bench.world.runFor(1e9);
  bench.run('create service clusterip a-longer-name --tcp=80', '', 1);
  const { out } = watch.outcome();
  assert.match(out, /^NAME .*\nkubernetes .*\nweb .*\na-longer-name   ClusterIP/);
  watch.process.cancel();
  bench.world.runFor(1e9);
  assert.equal(watch.process.isDone, true);
});

test('wait: met, timed out, deleted', () => {
  const bench = applied();
  assert.equal(
    bench.run("wait deploy/web --for=jsonpath='{.spec.replicas}'=2").out,
    'deployment.apps/web condition met\n',
  );
  const late = bench.run('wait deploy/web --for=condition=Available --timeout=5s');
  assert.equal(late.err, 'error: timed out waiting for the condition on deployments/web\n');
  assert.equal(late.code, 1);
  const gone = bench.start('wait svc/web --for=delete');
  bench.run('delete svc web');
  assert.equal(gone.outcome().out, 'service/web condition met\n');
});

test('exec and logs choose pod and container', () => {
  const bench = new Bench();
  bench.files.set(
    'p.yaml',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: two}\nspec:\n  containers:\n  - {name: a, image: nginx}\n  - {name: b, image: busybox}\n',
  );
  bench.run('apply -f p.yaml');
  bench.exec = (request) => ({
    exitCode: 3,
    stdout: `${request.container}: ${request.argv.join(' ')}\n`,
    stderr: '',
  });
  const done = bench.run('exec -it two -- ls -l /');
  assert.equal(done.out, 'a: ls -l /\n');
  assert.equal(
    done.err,
    'Defaulted container "a" out of: a, b\ncommand terminated with exit code 3\n',
  );
  assert.equal(done.code, 3);
  assert.equal(
    bench.run('exec two -c nope -- ls').err,
    'error: container nope not found in pod two\n',
  );
  assert.match(bench.run('exec two ls').err, /is not supported anymore/);
  bench.logs = (request) => `log of ${request.container} ${request.tailLines ?? 'all'}\n`;
  assert.equal(bench.run('logs two -c b --tail=3').out, 'log of b 3\n');
  assert.equal(
    bench.run('logs two --all-containers --prefix').out,
    '[pod/two/a] log of a all\n[pod/two/b] log of b all\n',
  );
});

test('describe a service', () => {
  const bench = applied();
  const ip = bench.run('get svc web -o jsonpath={.spec.clusterIP}').out;
  assert.equal(
    bench.run('describe svc web').out,
    `Name:                     web
Namespace:                default
Labels:                   <none>
Annotations:              <none>
Selector:                 app=web
Type:                     ClusterIP
IP Family Policy:         SingleStack
IP Families:              IPv4
IP:                       ${ip}
IPs:                      ${ip}
Port:                     <unset>  80/TCP
TargetPort:               80/TCP
Endpoints:                <none>
Session Affinity:         None
Internal Traffic Policy:  Cluster
Events:                   <none>
`,
  );
});

test('describe a pod that waits', () => {
  const bench = new Bench();
  bench.run('run web --image=nginx --port=80 --env=A=1');
  assert.equal(
    bench.run('describe pod web').out,
    `Name:             web
Namespace:        default
Priority:         0
Service Account:  default
Node:             <none>
Labels:           run=web
Annotations:      <none>
Status:           Pending
IP:               
IPs:              <none>
Containers:
  web:
    Image:      nginx
    Port:       80/TCP
    Host Port:  0/TCP
    Environment:
      A:         1
    Mounts:      <none>
Volumes:         <none>
QoS Class:       BestEffort
Node-Selectors:  <none>
Tolerations:     node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
                 node.kubernetes.io/unreachable:NoExecute op=Exists for 300s
Events:          <none>
`,
  );
});

test('every kind can be described and printed', () => {
  const bench = applied();
  bench.run('create configmap cm --from-literal=a=b');
  for (const line of [
    'describe deploy',
    'describe ns',
    'describe cm',
    'describe sa',
    'describe endpoints',
    'describe lease -A',
    'get ns,cm,sa,ep,leases,pv,pvc,sc,pdb,pc,events,endpointslices,rs,sts,ds,jobs,cj -o wide',
  ]) {
    assert.equal(bench.run(line).code, 0, line);
  }
});

test('dry runs print without storing', () => {
  const bench = new Bench();
  assert.equal(
    bench.run('create deployment web --image=nginx --dry-run=client -o yaml').out,
    `apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    app: web
  name: web
spec:
  replicas: 1
  selector:
    matchLabels:
      app: web
  strategy: {}
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - image: nginx
        name: nginx
        resources: {}
status: {}
`,
  );
  assert.equal(bench.run('get deploy').err, 'No resources found in default namespace.\n');
});

test('drain refuses pods without a controller, and evicts with --force', () => {
  const bench = new Bench();
  bench.files.set('n.yaml', 'apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n');
  bench.files.set(
    'p.yaml',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: lone}\nspec:\n  nodeName: node-1\n  terminationGracePeriodSeconds: 0\n  containers: [{name: a, image: nginx}]\n',
  );
  bench.run('apply -f n.yaml');
  bench.run('apply -f p.yaml');
  assert.equal(bench.run('taint node node-1 a=b:NoSchedule').out, 'node/node-1 tainted\n');
  assert.equal(bench.run('taint node node-1 a-').out, 'node/node-1 untainted\n');
  const refused = bench.run('drain node-1');
  const why =
    'cannot delete cannot delete Pods that declare no controller (use --force to override): default/lone';
  assert.equal(refused.out, 'node/node-1 cordoned\n');
  assert.equal(
    refused.err,
    `error: unable to drain node "node-1" due to error: ${why}, continuing command...\nThere are pending nodes to be drained:\n node-1\n${why}\n`,
  );
  const done = bench.run('drain node-1 --force');
  assert.equal(done.err, 'Warning: deleting Pods that declare no controller: default/lone\n');
  assert.equal(
    done.out,
    'node/node-1 already cordoned\nevicting pod default/lone\npod/lone evicted\nnode/node-1 drained\n',
  );
  assert.equal(bench.run('uncordon node-1').out, 'node/node-1 uncordoned\n');
});
