/**
 * Shared rules against copies of a node's own: after any updates every node's iptables-save, counters
 * and packets are those of a node that got each sync as text, from scratch, and walks it plainly.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PersistentMap, ip, must } from '@podwire/base';
import { type EndpointSlice, type Service, compareText, jsonEqual } from '@podwire/api';
import {
  Lab,
  type NetNs,
  Skb,
  ensureChains,
  iptables,
  iptablesRestore,
  iptablesSave,
  netfilterOf,
} from '@podwire/netstack';
import { IpProto, Packet, TcpFlag } from '@podwire/wire';
import { type ProxyConfig, proxyConfig } from './config.ts';
import { type EndpointInfo, chooseEndpoints, endpointsOf } from './endpoints.ts';
import {
  FILTER_CHAINS,
  JUMPS,
  NAT_CHAINS,
  firewallRules,
  forwardRules,
  masqueradeRules,
  nodePortJumps,
} from './iptables/fixed-rules.ts';
import { isServiceChain } from './iptables/names.ts';
import { FilterChains, NatChains, NodeChains, NodeRules } from './iptables/node-chains.ts';
import { ProxyRules } from './iptables/proxy-rules.ts';
import { serviceRules } from './iptables/service-rules.ts';
import type { Seen } from './seen.ts';
import {
  type ServicePortInfo,
  keyOfPort,
  servicePortsOf,
  sortServicePorts,
} from './service-map.ts';

const NODES = ['node-0', 'node-1', 'node-2'] as const;
const ZONES = ['a', 'a', 'b'] as const;

interface State {
  readonly services: ReadonlyMap<string, Service>;
  readonly slices: ReadonlyMap<string, EndpointSlice>;
}

/** A node in one of the two worlds. */
interface TestNode {
  readonly ns: NetNs;
  readonly config: ProxyConfig;
}

/** How rules come to nodes: shared, or written as text. */
interface World {
  readonly nodes: readonly TestNode[];
  sync(node: number, from: number, to: number, isFull: boolean): void;
}

function makeNodes(evaluator: 'plain' | 'fast', narrow: boolean): TestNode[] {
  const lab = new Lab('shared');
  return NODES.map((name, number) => {
    const host = lab.host(name);
    lab.segment('eth0', [host]);
    const address = `192.168.10.${number + 1}`;
    host.ns.addAddress(must(host.ns.dev('eth0'), 'the device'), `${address}/24`);
    netfilterOf(host.ns, evaluator);
    const config = proxyConfig(
      {
        nodeName: name,
        clusterCIDR: '10.244.0.0/16',
        ...(narrow ? { nodePortAddresses: ['primary'] } : {}),
      },
      { nodeIPs: [address], zone: ZONES[number] },
    );
    ensureChains(host.ns, 'mangle', ['KUBE-PROXY-CANARY'], []);
    for (const [table, chains] of [
      ['filter', FILTER_CHAINS],
      ['nat', NAT_CHAINS],
    ] as const) {
      const jumps = JUMPS.filter((one) => one.table === table);
      ensureChains(host.ns, table, ['KUBE-PROXY-CANARY', ...chains], jumps);
    }
    return { ns: host.ns, config };
  });
}

/** The proxy's way. */
class SharedWorld implements World {
  readonly nodes: readonly TestNode[];
  readonly #rules = new ProxyRules();
  readonly #own: NodeRules[];
  readonly #states: readonly State[];
  readonly #seen: (readonly [Seen<Service>, Seen<EndpointSlice>])[] = [];

  constructor(states: readonly State[], narrow: boolean) {
    this.nodes = makeNodes('fast', narrow);
    this.#own = this.nodes.map((node) => new NodeRules(node.config));
    this.#states = states;
  }

  sync(node: number, _from: number, to: number, isFull: boolean): void {
    const { ns } = must(this.nodes[node], 'a node');
    const chains = new NodeChains(this.#rules, this.#at(to), must(this.#own[node], 'its rules'));
    const tables = netfilterOf(ns);
    const options = { owns: isServiceChain, isFull };
    tables.adopt('filter', new FilterChains(chains), { ...options, written: FILTER_CHAINS });
    const problem = tables.adopt('nat', new NatChains(chains), { ...options, written: NAT_CHAINS });
    assert.equal(problem, undefined);
  }

  #at(version: number): readonly [Seen<Service>, Seen<EndpointSlice>] {
    let seen = this.#seen[version];
    if (seen === undefined) {
      const state = must(this.#states[version], 'a version');
      const last = this.#seen[version - 1];
      seen = [
        { version, items: changed(last?.[0].items, state.services), log: this },
        { version, items: changed(last?.[1].items, state.slices), log: this },
      ];
      this.#seen[version] = seen;
    }
    return seen;
  }
}

function changed<T>(last: PersistentMap<T> | undefined, next: ReadonlyMap<string, T>) {
  const base = last ?? new PersistentMap<T>();
  const gone = [...base.keys()].filter((key) => !next.has(key));
  return base.with([...next, ...gone.map((key) => [key, undefined] as const)]);
}

/** Each sync as text, made from all Services anew. */
class TextWorld implements World {
  readonly nodes: readonly TestNode[];
  readonly #states: readonly State[];

  constructor(states: readonly State[], narrow: boolean) {
    this.nodes = makeNodes('plain', narrow);
    this.#states = states;
  }

  sync(node: number, from: number, to: number, isFull: boolean): void {
    const { ns, config } = must(this.nodes[node], 'a node');
    const before = read(must(this.#states[from], 'a version'));
    const after = read(must(this.#states[to], 'a version'));
    const isAll = isFull || before.isLarge !== after.isLarge;
    const all = sortServicePorts(after.infos.values());
    const rulesOf = (info: ServicePortInfo) => {
      const found = after.endpoints.get(keyOfPort(info)) ?? [];
      const options = { isLargeCluster: after.isLarge };
      return serviceRules(info, chooseEndpoints(info, found, config), config, options);
    };
    const rules = all.map(rulesOf);
    const own = all
      .filter((info) => {
        const key = `${info.namespace}/${info.service}`;
        return isAll || !jsonEqual(before.inputs.get(key), after.inputs.get(key));
      })
      .flatMap((info) => [...rulesOf(info).chains]);
    const wanted = new Set(rules.flatMap((one) => [...one.chains.keys()]));
    const nat = must(netfilterOf(ns).tables.get('nat'), 'a nat table');
    const stale = [...nat.chains.keys()].filter(
      (name) => isServiceChain(name) && !wanted.has(name),
    );
    const declare = (chain: string): string => `:${chain} - [0:0]`;
    const error = iptablesRestore(
      ns,
      [
        '*filter',
        ...FILTER_CHAINS.map(declare),
        ...rules.flatMap((one) => one.filterServices),
        ...rules.flatMap((one) => one.filterExternal),
        ...rules.flatMap((one) => one.filterFirewall),
        ...rules.flatMap((one) => one.filterNodePorts),
        ...firewallRules(),
        ...forwardRules(config),
        'COMMIT',
        '*nat',
        ...NAT_CHAINS.map(declare),
        ...own.map(([chain]) => declare(chain)),
        ...stale.map(declare),
        ...masqueradeRules(config),
        ...rules.flatMap((one) => one.natServices),
        ...nodePortJumps(config),
        ...rules.flatMap((one) => one.natNodePorts),
        ...own.flatMap(([, lines]) => lines),
        ...stale.map((chain) => `-X ${chain}`),
        'COMMIT',
        '',
      ].join('\n'),
      { noflush: true },
    );
    assert.equal(error, undefined, error?.text);
  }
}

interface Read {
  readonly infos: Map<string, ServicePortInfo>;
  readonly endpoints: Map<string, readonly EndpointInfo[]>;
  /** What the rules of a Service are made from. */
  readonly inputs: Map<string, unknown>;
  readonly isLarge: boolean;
}

function read(state: State): Read {
  const infos = new Map<string, ServicePortInfo>();
  const endpoints = new Map<string, readonly EndpointInfo[]>();
  const inputs = new Map<string, unknown>();
  let count = 0;
  for (const service of state.services.values()) {
    const key = `default/${service.metadata.name}`;
    const slices = [...state.slices.values()]
      .filter(
        (one) => one.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name,
      )
      .sort((left, right) => compareText(left.metadata.name, right.metadata.name));
    const ports = servicePortsOf(service);
    inputs.set(key, [ports, slices]);
    const found = endpointsOf(slices);
    for (const info of ports) {
      infos.set(keyOfPort(info), info);
      endpoints.set(keyOfPort(info), found.get(keyOfPort(info)) ?? []);
      count += found.get(keyOfPort(info))?.length ?? 0;
    }
  }
  return { infos, endpoints, inputs, isLarge: count > 1000 };
}

const SERVICES = 7;
const addressOf = (number: number): string => `10.96.0.${number + 10}`;

const spec: fc.Arbitrary<Partial<Service['spec']>> = fc.oneof(
  fc.constantFrom<Partial<Service['spec']>>(
    {},
    { sessionAffinity: 'ClientIP' },
    { internalTrafficPolicy: 'Local' },
    { externalIPs: ['192.0.2.80'] },
  ),
  fc
    .tuple(
      fc.constantFrom('Cluster', 'Local'),
      fc.constantFrom([], ['192.168.10.2/32'], ['198.51.100.0/24']),
      fc.boolean(),
    )
    .map(([policy, ranges, isBalanced]) => ({
      type: isBalanced ? ('LoadBalancer' as const) : ('NodePort' as const),
      externalTrafficPolicy: policy as 'Cluster',
      ...(isBalanced ? { loadBalancerSourceRanges: ranges } : {}),
      ...(isBalanced && policy === 'Local' ? { healthCheckNodePort: 31_000 } : {}),
    })),
);
const endpoint = fc
  .record({
    last: fc.integer({ min: 1, max: 6 }),
    node: fc.constantFrom(...NODES),
    state: fc.constantFrom('ready', 'ready', 'ready', 'leaving', 'broken'),
    hint: fc.constantFrom('none', 'none', 'zone', 'node'),
  })
  .map(({ last, node, state, hint }) => ({
    addresses: [`10.244.1.${last}`],
    nodeName: node,
    conditions: {
      ready: state === 'ready',
      serving: state !== 'broken',
      terminating: state === 'leaving',
    },
    ...(hint === 'zone' ? { hints: { forZones: [{ name: 'a' }] } } : {}),
    ...(hint === 'node' ? { hints: { forNodes: [{ name: node }] } } : {}),
  }));

type Op =
  | {
      readonly kind: 'service';
      readonly of: number;
      readonly spec: Partial<Service['spec']> | null;
    }
  | {
      readonly kind: 'slice';
      readonly of: number;
      readonly part: number;
      readonly ends: readonly EndpointSlice['endpoints'][number][] | null;
    }
  | { readonly kind: 'large'; readonly isLarge: boolean }
  | { readonly kind: 'sync'; readonly node: number; readonly lag: number; readonly isFull: boolean }
  | { readonly kind: 'rule'; readonly node: number; readonly words: string }
  | {
      readonly kind: 'packet';
      readonly node: number;
      readonly src: string;
      readonly dst: string;
      readonly port: number;
    };

const service = fc.integer({ min: 0, max: SERVICES - 1 });
const node = fc.integer({ min: 0, max: NODES.length - 1 });
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('service' as const),
      of: service,
      spec: fc.option(spec, { freq: 5 }),
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('slice' as const),
      of: service,
      part: fc.integer({ min: 0, max: 1 }),
      ends: fc.option(fc.array(endpoint, { maxLength: 4 }), { freq: 6 }),
    }),
  },
  fc.record({ kind: fc.constant('large' as const), isLarge: fc.boolean() }),
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('sync' as const),
      node,
      lag: fc.integer({ min: 0, max: 3 }),
      isFull: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('rule' as const),
      node,
      words: fc.constantFrom(
        '-t nat -A KUBE-SERVICES -s 10.9.9.9/32 -j RETURN',
        '-t nat -I KUBE-MARK-MASQ -s 10.9.9.9/32 -j ACCEPT',
        '-t nat -N OWN',
        '-t nat -N KUBE-SVC-FOREIGN',
        '-t nat -A OWN -s 10.9.9.9/32 -j ACCEPT',
        '-t nat -A PREROUTING -j OWN',
        '-t filter -F KUBE-FORWARD',
        '-t nat -D KUBE-SERVICES 1',
        '-t nat -Z KUBE-SERVICES',
        // A chain of a service, which is there or not.
        '-t nat -F KUBE-SVC-XPGD46QRK7WJZT7O',
      ),
    }),
  },
  {
    weight: 32,
    arbitrary: fc.record({
      kind: fc.constant('packet' as const),
      node,
      src: fc.constantFrom('10.244.1.3', '198.51.100.7', '192.168.10.2', '10.9.9.9'),
      dst: fc.oneof(
        service.map(addressOf),
        service.map((number) => `203.0.113.${number + 1}`),
        fc.constantFrom('192.168.10.1', '192.168.10.2', '192.0.2.80', '10.244.1.4'),
      ),
      port: fc.constantFrom(80, 80, 53, 30_000, 30_001, 30_002),
    }),
  },
);

/** What was there after each operation. */
function statesOf(ops: readonly Op[]): State[] {
  let state: State = { services: new Map(), slices: new Map() };
  const states = [state];
  ops.forEach((one, at) => {
    const services = new Map(state.services);
    const slices = new Map(state.slices);
    const resourceVersion = String(at + 1);
    if (one.kind === 'service') {
      const name = `s${one.of}`;
      if (one.spec === null) services.delete(`default/${name}`);
      else services.set(`default/${name}`, makeService(name, one.of, one.spec, resourceVersion));
    } else if (one.kind === 'slice') {
      const name = `s${one.of}-${one.part}`;
      if (one.ends === null) slices.delete(`default/${name}`);
      else slices.set(`default/${name}`, makeSlice(name, one.of, one.ends, resourceVersion));
    } else if (one.kind === 'large') {
      if (!one.isLarge) slices.delete('default/big');
      else {
        const ends = Array.from({ length: 1001 }, (_, number) => ({
          addresses: [`10.245.${number >> 8}.${number & 255}`],
        }));
        slices.set('default/big', makeSlice('big', 0, ends, resourceVersion));
      }
    }
    state = { services, slices };
    states.push(state);
  });
  return states;
}

function makeService(
  name: string,
  number: number,
  given: Partial<Service['spec']>,
  resourceVersion: string,
): Service {
  const nodePort = given.type === undefined ? {} : { nodePort: 30_000 + (number % 3) };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', uid: name, resourceVersion },
    spec: {
      clusterIP: addressOf(number),
      ports: [
        { name: 'http', port: 80, protocol: 'TCP', ...nodePort },
        ...(number % 2 === 0 ? [{ name: 'dns', port: 53, protocol: 'UDP' as const }] : []),
      ],
      ...given,
    },
    status: {
      loadBalancer: { ingress: [{ ip: `203.0.113.${number + 1}`, ipMode: 'VIP' }] },
    },
  };
}

function makeSlice(
  name: string,
  number: number,
  endpoints: EndpointSlice['endpoints'],
  resourceVersion: string,
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      resourceVersion,
      labels: { 'kubernetes.io/service-name': `s${number}` },
    },
    addressType: 'IPv4',
    endpoints,
    ports: [
      { name: 'http', port: 8080, protocol: 'TCP' },
      { name: 'dns', port: 5353, protocol: 'UDP' },
    ],
  };
}

function sendPacket(ns: NetNs, one: Extract<Op, { kind: 'packet' }>, port: number): unknown {
  const packet = new Packet();
  packet.etherType = 0x0800;
  packet.src = ip(one.src);
  packet.dst = ip(one.dst);
  packet.ttlHops = 64;
  packet.proto = one.port === 53 ? IpProto.udp : IpProto.tcp;
  packet.srcPort = port;
  packet.window = 64_000;
  if (packet.proto === IpProto.tcp) packet.tcpFlags = TcpFlag.syn;
  packet.dstPort = one.port;
  const skb = new Skb(packet, ns.dev('eth0'));
  skb.outDev = ns.dev('eth0');
  const tables = netfilterOf(ns);
  const verdicts: string[] = [];
  for (const hook of ['prerouting', 'forward', 'postrouting'] as const) {
    const verdict = tables.run(hook, ns, skb);
    verdicts.push(verdict);
    if (verdict !== 'accept') break;
  }
  return { verdicts, dst: packet.dst, port: packet.dstPort, mark: skb.mark, costNs: skb.costNs };
}

/** Two services that work, on all nodes. */
const START: readonly Op[] = [
  { kind: 'service', of: 0, spec: {} },
  { kind: 'service', of: 1, spec: { type: 'NodePort', externalTrafficPolicy: 'Local' } },
  ...[0, 1].map((of): Op => {
    const ends = NODES.slice(0, 2).map((nodeName, at) => ({
      addresses: [`10.244.1.${at + 1}`],
      nodeName,
    }));
    return { kind: 'slice', of, part: 0, ends };
  }),
  ...NODES.map((_, one): Op => ({ kind: 'sync', node: one, lag: 0, isFull: false })),
  ...NODES.flatMap((_, one): Op[] =>
    [addressOf(0), addressOf(1), '192.168.10.1'].map((dst) => ({
      kind: 'packet',
      node: one,
      src: '198.51.100.7',
      dst,
      port: dst.startsWith('10.') ? 80 : 30_001,
    })),
  ),
];

test('shared rules are what copies of a node would be', () => {
  fc.assert(
    fc.property(
      fc.array(op, { minLength: 5, maxLength: 60 }),
      fc.boolean(),
      fc.infiniteStream(fc.boolean()),
      (given, narrow, looks) => {
        const ops = [...START, ...given];
        const states = statesOf(ops);
        const worlds: World[] = [new SharedWorld(states, narrow), new TextWorld(states, narrow)];
        const at = NODES.map(() => 0);
        for (const world of worlds) NODES.forEach((_, one) => world.sync(one, 0, 0, true));
        const compare = (number: number): void => {
          const [left, right] = worlds.map((world) => {
            const { ns } = must(world.nodes[number], 'a node');
            return iptablesSave(ns, { counters: true });
          });
          assert.equal(left, right);
        };
        ops.forEach((one, index) => {
          const now = index + 1;
          if (one.kind === 'sync') {
            const from = at[one.node] ?? 0;
            const to = Math.max(from, now - one.lag);
            for (const world of worlds) world.sync(one.node, from, to, one.isFull);
            at[one.node] = to;
            // Not always: what is not looked at is not made.
            if (looks.next().value === true) compare(one.node);
          } else if (one.kind === 'rule') {
            const [left, right] = worlds.map((world) =>
              iptables(must(world.nodes[one.node], 'a node').ns, one.words.split(' ')),
            );
            assert.deepEqual(left, right);
          } else if (one.kind === 'packet') {
            const [left, right] = worlds.map((world) =>
              sendPacket(must(world.nodes[one.node], 'a node').ns, one, 1024 + index),
            );
            assert.deepEqual(left, right);
          }
        });
        NODES.forEach((_, number) => compare(number));
      },
    ),
    { numRuns: 60 },
  );
});
