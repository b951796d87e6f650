/**
 * A request from outside to a load balancer's address as a golden text: its first packet and the answer to it, with every
 * machine on the way.
 *
 * docs/walks/outside-load-balancer-nodeport.md tells it. To accept a changed walk, run with UPDATE_GOLDEN=1 and read the
 * difference.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { NS_PER_SEC } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import { formatWalks } from '@podwire/trace';
import { withDefaults } from '../cluster-config.ts';
import type { Operator } from '../operator.ts';
import { buildWorldSpec } from '../world-spec.ts';
import { runCluster } from './run-cluster.ts';

const GOLDEN = new URL('../../testdata/outside-load-balancer-nodeport.txt', import.meta.url);

const MANIFESTS = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  nodeName: node-2
  containers: [{ name: web, image: nginx, ports: [{ containerPort: 80 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  selector: { app: web }
  ports: [{ port: 80, nodePort: 30080 }]
`;

function* story(operator: Operator, seen: { stdout: string }): Proc {
  yield* operator.waitReady(60 * NS_PER_SEC);
  const options = { stdin: MANIFESTS, timeoutNs: 10 * NS_PER_SEC };
  yield* operator.exec('control-plane', ['kubectl', 'apply', '-f', '-'], options);
  // The balancer's second check has found the node's pod by then.
  yield* sleep(40 * NS_PER_SEC);
  const curl = ['curl', '-s', '-m', '3', 'http://203.0.113.1/'];
  // The first request fills the neighbour tables, so that the walk shows the path alone.
  yield* operator.exec('client', curl, {});
  const result = yield* operator.exec('client', curl, { traceId: 1 });
  seen.stdout = result?.stdout ?? '';
  operator.stop();
}

test('client → balancer → node port → pod, and the answer back by way of the balancer', async () => {
  const { cluster, problems } = withDefaults({
    nodes: 2,
    provider: 'vxlan',
    dnsReplicas: 0,
    edge: { loadBalancer: {} },
  });
  assert.deepEqual(problems, []);
  const seen = { stdout: '' };
  const run = await runCluster({
    spec: buildWorldSpec({ seed: 'balancer-walk', cluster }),
    workers: 0,
    program: (operator) => {
      operator.sim.spawn('story', story(operator, seen));
    },
    untilNs: 300 * NS_PER_SEC,
  });
  assert.match(seen.stdout, /Welcome to nginx!/);
  const walks = formatWalks(run.steps).split(/\n(?=packet )/);
  const text = `${walks.slice(0, 2).join('\n').trimEnd()}\n`;
  const hosts = [...new Set(walks[0]?.match(/^ {2}[a-z][\w-]*(?= |$)/gm))].map((line) =>
    line.trim(),
  );
  assert.deepEqual(hosts.slice(0, 6), [
    'client',
    'switch-outside-1',
    'router',
    'switch-load-balancer',
    'load-balancer',
    'switch-nodes',
  ]);
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(GOLDEN, text);
  assert.equal(text, readFileSync(GOLDEN, 'utf8'));
});
