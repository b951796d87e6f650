/**
 * MetalLB: who gets which address, with the real messages; who leads; which speakers are thought alive.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EndpointSlice, IpAddressPool, L2Advertisement, Node, Service } from '@podwire/api';
import { type Ip, NS_PER_SEC, formatIp, ip } from '@podwire/base';
import { Lab } from '@podwire/netstack';
import { Allocator } from './allocator.ts';
import { LeaderElection, mayAnnounce, servingNodes } from './election.ts';
import { Members } from './members.ts';
import { advertisementsOf, isNodeOf } from './pools.ts';

function pool(name: string, addresses: readonly string[], spec: object = {}): IpAddressPool {
  return {
    apiVersion: 'metallb.io/v1beta1',
    kind: 'IPAddressPool',
    metadata: { name, namespace: 'metallb-system', labels: { zone: name } },
    spec: { addresses, autoAssign: true, avoidBuggyIPs: false, ...spec },
  };
}

function service(
  name: string,
  spec: object = {},
  annotations: Record<string, string> = {},
): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', annotations },
    spec: { type: 'LoadBalancer', ports: [{ port: 80, protocol: 'TCP' }], ...spec },
  } as unknown as Service;
}

const SHARED = { 'metallb.io/allow-shared-ip': 'k' };

/** Services in their order, and what each gets: its address or the message. */
const ALLOCATIONS: readonly {
  readonly name: string;
  readonly pools: readonly IpAddressPool[];
  readonly services: readonly (readonly [service: Service, expected: string])[];
}[] = [
  {
    name: 'the lowest free address',
    pools: [pool('a', ['10.0.0.5-10.0.0.6'])],
    services: [
      [service('one'), '10.0.0.5'],
      [service('two'), '10.0.0.6'],
      [service('three'), 'no available IPs'],
    ],
  },
  {
    name: 'networks with their first and last address, unless they confuse old equipment',
    pools: [
      pool('a', ['10.0.0.0/31'], { avoidBuggyIPs: true }),
      pool('b', ['10.0.1.255/32', '10.0.2.0/31']),
    ],
    services: [
      [service('one'), '10.0.0.1'],
      [service('two'), '10.0.1.255'],
      [service('three'), '10.0.2.0'],
    ],
  },
  {
    name: 'pools by name, and those that are not given by themselves',
    pools: [pool('a', ['10.0.0.1/32'], { autoAssign: false }), pool('b', ['10.0.1.1/32'])],
    services: [
      [service('one', {}, { 'metallb.io/address-pool': 'a' }), '10.0.0.1'],
      [
        service('two', {}, { 'metallb.universe.tf/address-pool': 'a' }),
        'no available IPs in pool "a" for ipv4 IPFamily',
      ],
      [service('three', {}, { 'metallb.io/address-pool': 'c' }), 'unknown pool "c"'],
      [service('four'), '10.0.1.1'],
    ],
  },
  {
    name: 'the address that is asked for',
    pools: [pool('a', ['10.0.0.1-10.0.0.9'])],
    services: [
      [service('one', { loadBalancerIP: '10.0.0.7' }), '10.0.0.7'],
      [
        service('two', {}, { 'metallb.io/loadBalancerIPs': '10.0.0.7' }),
        'can\'t change sharing key for "default/two", address also in use by default/one',
      ],
      [service('three', { loadBalancerIP: '10.0.1.7' }), '["10.0.1.7"] is not allowed in config'],
      [service('four', { loadBalancerIP: 'x' }), 'invalid spec.loadBalancerIP: "x"'],
    ],
  },
  {
    name: 'an address that is shared',
    pools: [pool('a', ['10.0.0.1-10.0.0.2'])],
    services: [
      [service('one', {}, SHARED), '10.0.0.1'],
      [service('two', { ports: [{ port: 443 }] }, SHARED), '10.0.0.1'],
      [service('three', { ports: [{ port: 443 }] }, SHARED), '10.0.0.2'],
      [
        service('four', { loadBalancerIP: '10.0.0.1', ports: [{ port: 443 }] }, SHARED),
        'port TCP/443 is already in use on "10.0.0.1"',
      ],
    ],
  },
  {
    name: 'pools made for some Services go first, by priority',
    pools: [
      pool('a', ['10.0.0.1/32']),
      pool('b', ['10.0.1.1/32'], { serviceAllocation: { priority: 20, namespaces: ['default'] } }),
      pool('c', ['10.0.2.1/32'], { serviceAllocation: { priority: 10, namespaces: ['default'] } }),
      pool('d', ['10.0.3.1/32'], { serviceAllocation: { priority: 1, namespaces: ['other'] } }),
    ],
    services: [
      [service('one'), '10.0.2.1'],
      [service('two'), '10.0.1.1'],
      [service('three'), '10.0.0.1'],
      [service('four'), 'no available IPs'],
    ],
  },
];

describe('allocation', () => {
  for (const { name, pools, services } of ALLOCATIONS) {
    test(name, () => {
      const allocator = new Allocator();
      allocator.pools = pools;
      for (const [wanted, expected] of services) {
        const given = allocator.allocate(wanted, {});
        assert.equal(typeof given === 'object' ? given.why : formatIp(given), expected);
      }
    });
  }
});

describe('election', () => {
  test('the least hash of node and address leads (sha256sum of node-3#192.168.10.200 begins with 05)', () => {
    const nodes = ['node-1', 'node-2', 'node-3'];
    const election = new LeaderElection();
    assert.equal(election.leaderOf(nodes, '192.168.10.200'), 'node-3');
    assert.equal(election.leaderOf(nodes.slice(0, 2), '192.168.10.200'), 'node-2');
    assert.equal(election.leaderOf([], '192.168.10.200'), undefined);
  });

  test('nodes that may not announce', () => {
    const node = (labels: object, conditions: object[]): Node =>
      ({ metadata: { name: 'n', labels }, spec: {}, status: { conditions } }) as unknown as Node;
    assert.ok(mayAnnounce(node({}, [{ type: 'NetworkUnavailable', status: 'False' }])));
    assert.ok(!mayAnnounce(node({}, [{ type: 'NetworkUnavailable', status: 'True' }])));
    const excluded = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
    assert.ok(!mayAnnounce(node(excluded, [])));
  });

  test('endpoints that serve, terminating ones too', () => {
    const slice = {
      endpoints: [
        { addresses: ['10.0.0.1'], nodeName: 'a', conditions: { ready: false, serving: true } },
        { addresses: ['10.0.0.2'], nodeName: 'b', conditions: { ready: false, serving: false } },
        { addresses: ['10.0.0.3'], nodeName: 'c' },
      ],
    } as unknown as EndpointSlice;
    assert.deepEqual([...servingNodes([slice])], ['a', 'c']);
  });

  test('advertisements of a pool, and their nodes', () => {
    const advertisement = (spec?: object): L2Advertisement =>
      ({ metadata: { name: 'x' }, ...(spec === undefined ? {} : { spec }) }) as L2Advertisement;
    const all = [
      advertisement(),
      advertisement({ ipAddressPools: ['a'] }),
      advertisement({ ipAddressPools: ['b'] }),
      advertisement({ ipAddressPoolSelectors: [{ matchLabels: { zone: 'a' } }] }),
    ];
    assert.deepEqual(advertisementsOf(pool('a', []), all), [all[0], all[1], all[3]]);
    const node = { metadata: { name: 'n', labels: { rack: '1' } } } as unknown as Node;
    assert.ok(isNodeOf(advertisement(), node));
    assert.ok(!isNodeOf(advertisement({ nodeSelectors: [{ matchLabels: { rack: '2' } }] }), node));
  });
});

describe('memberlist', () => {
  const NAMES = ['a', 'b', 'c'];

  function members(): { readonly lab: Lab; readonly all: readonly Members[] } {
    const lab = new Lab('memberlist');
    const hosts = NAMES.map((name) => lab.host(name));
    const nics = lab.segment('eth0', hosts, 100_000);
    const peers = new Map<string, Ip>(
      NAMES.map((name, index) => [name, ip(`10.0.0.${index + 1}`)]),
    );
    const all = hosts.map((host, index) => {
      const nic = nics[index];
      if (nic !== undefined) host.ns.addAddress(nic, `10.0.0.${index + 1}/24`);
      return new Members(host.sim, host.ns, { me: NAMES[index] ?? '', peers: () => peers });
    });
    return { lab, all };
  }

  function alive(one: Members | undefined): string {
    return NAMES.filter((name) => one?.isAlive(name)).join('');
  }

  test('one that falls silent is dead within some seconds, and alive when it is heard again', () => {
    const { lab, all } = members();
    lab.world.runFor(10 * NS_PER_SEC);
    assert.deepEqual(all.map(alive), ['abc', 'abc', 'abc']);
    all[2]?.stop();
    lab.world.runFor(3 * NS_PER_SEC);
    assert.deepEqual(all.slice(0, 2).map(alive), ['abc', 'abc'], 'only suspected yet');
    lab.world.runFor(6 * NS_PER_SEC);
    assert.deepEqual(all.slice(0, 2).map(alive), ['ab', 'ab']);
    const host = lab.hosts.get('c') ?? assert.fail('there is a host c');
    const again = new Members(host.sim, host.ns, {
      me: 'c',
      peers: () => new Map(NAMES.map((name, index) => [name, ip(`10.0.0.${index + 1}`)])),
    });
    lab.world.runFor(6 * NS_PER_SEC);
    assert.deepEqual([...all.slice(0, 2), again].map(alive), ['abc', 'abc', 'abc']);
  });

  test('one that leaves is gone at once', () => {
    const { lab, all } = members();
    lab.world.runFor(5 * NS_PER_SEC);
    all[1]?.leave();
    all[1]?.stop();
    lab.world.runFor(1_000_000);
    assert.equal(alive(all[0]), 'ac');
  });
});
