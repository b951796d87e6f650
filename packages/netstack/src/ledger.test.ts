/**
 * Every packet ends once: random topologies, random packets, and all births are matched by ends; at any
 * instant before, by those under way too.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC, ip } from '@podwire/base';
import { payloadOfFill } from '@podwire/wire';
import fc from 'fast-check';
import { addBridge, addPod } from './lab-pods.ts';
import { Lab } from './lab.ts';
import type { NetNs } from './netns.ts';
import { icmpOpen } from './socket/ping.ts';
import { udpOpen } from './socket/udp.ts';
import { createVxlan } from './dev/vxlan.ts';

interface Plan {
  readonly nodes: number;
  readonly podsPerNode: number;
  readonly mtu: number;
  readonly isVxlan: boolean;
  readonly sends: readonly Send[];
}

interface Send {
  readonly from: number;
  readonly to: string;
  readonly isUdp: boolean;
  readonly size: number;
  readonly ttl: number;
  readonly dontFragment: boolean | undefined;
  readonly waitMs: number;
}

const arbPlan: fc.Arbitrary<Plan> = fc.record({
  nodes: fc.integer({ min: 1, max: 3 }),
  podsPerNode: fc.integer({ min: 1, max: 3 }),
  mtu: fc.constantFrom(1500, 1500, 1400, 600),
  isVxlan: fc.boolean(),
  sends: fc.array(
    fc.record({
      from: fc.nat(8),
      to: fc.constantFrom(
        '10.1.0.2',
        '10.1.0.3',
        '10.1.1.2',
        '10.1.2.2',
        '10.1.1.99',
        '10.1.0.255',
        '10.100.0.2',
        '10.1.0.1',
        '127.0.0.1',
        '192.0.2.1',
        '10.50.0.1',
        '255.255.255.255',
        '224.0.0.1',
      ),
      isUdp: fc.boolean(),
      size: fc.constantFrom(0, 10, 1000, 1472, 3000, 20_000),
      ttl: fc.constantFrom(0, 0, 1, 2),
      dontFragment: fc.constantFrom(undefined, true, false),
      waitMs: fc.constantFrom(0, 1, 500, 7000, 60_000),
    }),
    { maxLength: 25 },
  ),
});

function build(lab: Lab, plan: Plan): NetNs[] {
  const hosts = Array.from({ length: plan.nodes }, (_, index) => lab.host(`n${index + 1}`));
  const nics = lab.segment('eth0', hosts, 10_000, plan.mtu);
  const stacks: NetNs[] = [];
  const tunnels = hosts.map((host, index) => {
    const nic = nics[index];
    assert.ok(nic !== undefined);
    host.ns.addAddress(nic, `10.100.0.${index + 1}/24`);
    stacks.push(host.ns);
    const bridge = addBridge(host, `10.1.${index}.1/24`);
    for (let pod = 0; pod < plan.podsPerNode; pod++) {
      const address = `10.1.${index}.${pod + 2}/24`;
      stacks.push(addPod(host, bridge, `p${index}-${pod}`, address, `10.1.${index}.1`).ns);
    }
    host.ns.addRoute({ dst: '10.50.0.0/16', type: 'unreachable' });
    if (!plan.isVxlan) return undefined;
    const dev = createVxlan(host.ns, 'vx0', { vni: 1, dev: nic, mtuBytes: 1450 });
    host.ns.addAddress(dev, `10.1.${index}.0/32`);
    host.ns.setUp(dev, true);
    return dev;
  });
  hosts.forEach((host, index) => {
    for (let other = 0; other < plan.nodes; other++) {
      if (other === index) continue;
      const dev = tunnels[index];
      const peer = tunnels[other];
      const dst = `10.1.${other}.0/24`;
      if (dev === undefined || peer === undefined) {
        host.ns.addRoute({ dst, via: ip(`10.100.0.${other + 1}`) });
        continue;
      }
      host.ns.addRoute({ dst, via: ip(`10.1.${other}.0`), dev, isOnlink: true });
      // Default destinations and ARP by flooding: the neighbour is asked through the tunnel.
      dev.addFdb(0, { ip: ip(`10.100.0.${other + 1}`) });
    }
  });
  return stacks;
}

/** What was missing at any instant at which it was looked. */
function lost(lab: Lab): number {
  return lab.born - lab.ended - lab.underWay;
}

function runPlan(plan: Plan): { born: number; ended: number; lost: number; ends: string } {
  const lab = new Lab('ledger');
  const stacks = build(lab, plan);
  for (const stack of stacks) udpOpen(stack, { port: 7 });
  let lostMax = 0;
  for (const send of plan.sends) {
    const stack = stacks[send.from % stacks.length];
    if (stack === undefined) continue;
    const options = {
      ...(send.ttl === 0 ? {} : { ttl: send.ttl }),
      ...(send.dontFragment === undefined ? {} : { dontFragment: send.dontFragment }),
    };
    if (send.isUdp) {
      const socket = udpOpen(stack);
      if (typeof socket === 'string') continue;
      socket.sendTo(ip(send.to), send.size % 2 === 0 ? 7 : 9, payloadOfFill(send.size), options);
    } else {
      icmpOpen(stack).sendEcho(ip(send.to), { seq: 1, sizeBytes: send.size, ...options });
    }
    lostMax = Math.max(lostMax, Math.abs(lost(lab)));
    lab.world.runFor(send.waitMs * 1_000_000);
    lostMax = Math.max(lostMax, Math.abs(lost(lab)));
  }
  // In the middle of it: frames on their way, neighbours being asked, fragments that wait.
  for (let step = 0; step < 20; step++) {
    lab.world.runFor(7_003);
    lostMax = Math.max(lostMax, Math.abs(lost(lab)));
  }
  lab.world.runFor(200 * NS_PER_SEC);
  const ends = [...lab.hosts.values()].map((host) => [...host.ledger.ends].join(' ')).join(' | ');
  return { born: lab.born, ended: lab.ended, lost: lostMax, ends };
}

test('born = ended + under way, and in the end none is, for random nodes, pods, MTUs, tunnels and packets', () => {
  fc.assert(
    fc.property(arbPlan, (plan) => {
      const { born, ended, lost: missing, ends } = runPlan(plan);
      assert.equal(missing, 0);
      assert.equal(ended, born, ends);
    }),
    { numRuns: 60 },
  );
});

test('the same plan gives the same ends', () => {
  fc.assert(
    fc.property(arbPlan, (plan) => {
      assert.deepEqual(runPlan(plan), runPlan(plan));
    }),
    { numRuns: 10 },
  );
});
