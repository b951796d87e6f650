/**
 * Plans of large clusters: what is refused, and that every pod and service that was asked for is there once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { withDefaults } from '@podwire/cluster';
import { type ScaleRequest, checkScale, planScale, scaleCluster } from './scale-plan.ts';

const BASE: ScaleRequest = {
  nodes: 10,
  pods: 1000,
  services: 100,
  endpoints: undefined,
  provider: 'vxlan',
  proxyMode: 'iptables',
  probes: 1000,
  seed: '1',
};

test('what cannot be built is refused, flag by flag, all at once', () => {
  const rows: readonly (readonly [Partial<ScaleRequest>, readonly string[]])[] = [
    [{}, []],
    [{ nodes: 5000, pods: 150_000, services: 10_000 }, []],
    [{ nodes: 0, pods: 150_001, services: 10_001 }, ['--nodes', '--pods', '--services']],
    [{ nodes: 1.5 }, ['--nodes']],
    [{ pods: 1099 }, ['--pods']],
    [{ pods: 1098 }, []],
    [{ pods: 50 }, ['--services']],
    [{ endpoints: 10 }, []],
    [{ endpoints: 11 }, ['--endpoints']],
    [{ endpoints: 0 }, ['--endpoints']],
    [{ probes: -1 }, ['--probes']],
  ];
  for (const [change, flags] of rows) {
    const problems = checkScale({ ...BASE, ...change });
    assert.deepEqual(
      problems.map(({ flag }) => flag),
      flags,
      JSON.stringify(change),
    );
  }
});

test('a plan has every pod and service once, and names that differ', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 10_000 }),
      fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
      (services, pods, endpoints) => {
        const request = { ...BASE, nodes: 1000, services, pods, endpoints };
        fc.pre(checkScale(request).length === 0);
        const plan = planScale(request);
        const all = [...plan.services, ...plan.plain];
        assert.equal(plan.services.length, services);
        assert.equal(
          all.reduce((sum, { replicas }) => sum + replicas, 0),
          pods,
        );
        assert.ok(plan.services.every(({ replicas }) => replicas >= 1));
        if (endpoints !== undefined) {
          assert.ok(plan.services.every(({ replicas }) => replicas === endpoints));
        }
        const names = new Set(all.map(({ namespace, name }) => `${namespace}/${name}`));
        assert.equal(names.size, all.length);
        const ports = plan.services.flatMap(({ nodePort }) => nodePort ?? []);
        assert.equal(new Set(ports).size, ports.length);
        assert.ok(ports.every((port) => port >= 30_000 && port <= 32_767));
        assert.ok(plan.services.includes(plan.restarted));
      },
    ),
  );
});

test('the largest cluster has networks that hold it', () => {
  const { problems } = withDefaults(scaleCluster({ ...BASE, nodes: 5000, pods: 150_000 }));
  assert.deepEqual(problems, []);
});
