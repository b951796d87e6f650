/**
 * A cluster whose router knows the way to pods: who holds which routes, and that pods reach each other by it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import { withDefaults } from '../cluster-config.ts';
import type { Operator } from '../operator.ts';
import type { Workers } from '../placement.ts';
import { buildWorldSpec } from '../world-spec.ts';
import { runCluster } from './run-cluster.ts';

const PODS = ['node-1', 'node-2']
  .map(
    (node) => `
apiVersion: v1
kind: Pod
metadata: { name: on-${node} }
spec:
  nodeName: ${node}
  containers: [{ name: curl, image: curlimages/curl, command: [sleep, infinity] }]
`,
  )
  .join('---');

function* run(operator: Operator, host: string, line: string, stdin = ''): Proc<string> {
  const result = yield* operator.exec(host, line.split(' '), { stdin, timeoutNs: 60 * NS_PER_SEC });
  return result === undefined ? 'timeout' : result.stdout + result.stderr;
}

/** The routes of a table that lead to pods of other machines. */
function podRoutes(table: string): string[] {
  return table.split('\n').filter((line) => line.startsWith('10.244.') && line.includes(' via '));
}

function* story(operator: Operator, seen: string[][]): Proc {
  assert.ok(yield* operator.waitReady(60 * NS_PER_SEC));
  yield* run(operator, 'control-plane', 'kubectl apply -f -', PODS);
  for (const name of ['on-node-1', 'on-node-2']) {
    const wanted = { resource: 'pods', namespace: 'default', name, condition: 'Ready' };
    yield* operator.waitFor(wanted, 60 * NS_PER_SEC);
  }
  for (const host of ['router', 'node-1', 'control-plane']) {
    seen.push(podRoutes(yield* run(operator, host, 'ip route')));
  }
  const address = yield* run(
    operator,
    'control-plane',
    'kubectl get pod on-node-2 -o jsonpath={.status.podIP}',
  );
  for (const host of ['control-plane', 'node-1']) {
    const text = yield* run(operator, host, `ping -c 1 ${address.trim()}`);
    seen.push([host, /ttl=\d+/.exec(text)?.[0] ?? text]);
  }
  const inPod = `kubectl exec on-node-1 -- ping -c 1 ${address.trim()}`;
  const text = yield* run(operator, 'control-plane', inPod);
  seen.push(['pod', /ttl=\d+/.exec(text)?.[0] ?? text]);
  yield* run(operator, 'control-plane', 'kubectl delete node node-1');
  yield* sleep(2 * NS_PER_SEC);
  seen.push(podRoutes(yield* run(operator, 'router', 'ip route')));
  operator.stop();
}

for (const workers of [0, 1] as Workers[]) {
  test(`routes to pods lie on the router alone, ${workers} threads`, async () => {
    const { cluster, problems } = withDefaults({ nodes: 2, dnsReplicas: 1, podRoutes: 'router' });
    assert.deepEqual(problems, []);
    const seen: string[][] = [];
    await runCluster({
      spec: buildWorldSpec({ seed: 'pod-routes', cluster, arpSuppression: true }),
      workers,
      program: (operator) => {
        operator.sim.spawn('story', story(operator, seen));
      },
    });
    const route = (index: number): string =>
      `10.244.${index}.0/24 via 192.168.10.${11 + index} dev eth0 `;
    assert.deepEqual(seen, [
      [route(0), route(1)],
      [],
      [],
      // The way back is straight: one hop. Between pods three: node, router, node.
      ['control-plane', 'ttl=63'],
      ['node-1', 'ttl=63'],
      ['pod', 'ttl=61'],
      [route(1)],
    ]);
  });
}
