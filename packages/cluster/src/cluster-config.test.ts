/**
 * Defaults and impossible topologies.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClusterConfig, withDefaults } from './cluster-config.ts';
import { placeActors } from './placement.ts';
import { buildWorldSpec } from './world-spec.ts';

function problems(config: ClusterConfig): string[] {
  return withDefaults(config).problems.map(({ code, path }) => `${code} ${path}`);
}

test('nothing said gives three nodes', () => {
  const { cluster, problems: none } = withDefaults({});
  assert.deepEqual(none, []);
  assert.deepEqual(
    cluster.nodes.map((node) => [node.name, node.address]),
    [
      ['node-1', '192.168.10.11'],
      ['node-2', '192.168.10.12'],
      ['node-3', '192.168.10.13'],
    ],
  );
  assert.equal(cluster.routerAddress, '192.168.10.1');
  assert.equal(cluster.controlPlaneAddress, '192.168.10.10');
  assert.equal(cluster.dnsServiceIP, '10.96.0.10');
});

test('OpenShift has its own networks and grace period', () => {
  const { cluster } = withDefaults({ distribution: 'openshift' });
  assert.equal(cluster.serviceNetwork, '172.30.0.0/16');
  assert.equal(cluster.nodeMonitorGraceNs, 40e9);
  assert.equal(cluster.nodeMaskSize, 23);
});

const rows: [string, ClusterConfig, string[]][] = [
  ['pods and services overlap', { podNetwork: '10.96.0.0/16' }, ['PW4001 cluster.serviceNetwork']],
  ['pods and nodes overlap', { podNetwork: '192.168.0.0/16' }, ['PW4001 cluster.nodeNetwork']],
  [
    'routes of tunnels on the router',
    { provider: 'vxlan', podRoutes: 'router' },
    ['PW4004 cluster.podRoutes'],
  ],
  ['host bits', { podNetwork: '10.244.0.1/16' }, ['PW4004 cluster.podNetwork']],
  [
    'no network',
    { serviceNetwork: 'ten' },
    ['PW4004 cluster.serviceNetwork', 'PW4002 cluster.serviceNetwork'],
  ],
  ['no network of pods', { podNetwork: 'ten' }, ['PW4004 cluster.podNetwork']],
  ['few services', { serviceNetwork: '10.96.0.0/29' }, ['PW4002 cluster.serviceNetwork']],
  [
    'more nodes than pod networks',
    { nodes: 5, podNetwork: '10.244.0.0/22' },
    ['PW4002 cluster.podNetwork'],
  ],
  [
    'node outside the node network',
    { nodes: [{ name: 'a', address: '10.9.9.9' }] },
    ['PW4004 cluster.nodes[0].address'],
  ],
  [
    'two nodes of one name and address',
    {
      nodes: [
        { name: 'a', address: '192.168.10.20' },
        { name: 'a', address: '192.168.10.20' },
      ],
    },
    ['PW4004 cluster.nodes[1].name', 'PW4004 cluster.nodes[1].address'],
  ],
  [
    'pod networks of two nodes overlap',
    {
      nodes: [
        { name: 'a', podCIDR: '10.244.0.0/23' },
        { name: 'b', podCIDR: '10.244.1.0/24' },
      ],
    },
    ['PW4001 cluster.nodes[1].podCIDR'],
  ],
  [
    'node network too small',
    { nodes: 30, nodeNetwork: '192.168.10.0/27' },
    ['PW4002 cluster.nodeNetwork'],
  ],
];

for (const [name, config, expected] of rows) {
  test(`impossible: ${name}`, () => {
    assert.deepEqual(problems(config), expected);
  });
}

test('a world names its actors the same for any number of threads', () => {
  const { cluster } = withDefaults({ nodes: 3 });
  const spec = buildWorldSpec({ seed: '1', cluster });
  assert.equal(spec.actors[0]?.kind, 'operator');
  const macs = spec.actors.flatMap((actor) =>
    actor.kind === 'host' ? actor.nics.map((nic) => nic.mac) : [],
  );
  assert.equal(new Set(macs).size, macs.length);
  assert.deepEqual(new Set(placeActors(spec, 0).shardOf), new Set([0]));
  const perNode = placeActors(spec, 'node');
  assert.equal(perNode.shardCount, 4);
  const two = placeActors(spec, 2);
  assert.equal(two.shardCount, 3);
  assert.equal(Math.max(...two.shardOf), 2);
});
