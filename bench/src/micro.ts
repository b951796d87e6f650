/**
 * Micro-benchmarks of single parts, with tinybench: where a macro-benchmark's time goes.
 */
import { assert, ip } from '@podwire/base';
import { TestWorld } from '@podwire/engine';
import { Lab, NetNs, NetfilterTables, Skb, ipCommand, iptablesRestore } from '@podwire/netstack';
import { Classifier, Word, exactMask, newKey } from '@podwire/ovn';
import {
  type DnsMessage,
  EtherType,
  IpProto,
  Packet,
  decodeDns,
  decodeFrame,
  decodeFrameMessage,
  dnsQueryMessage,
  dnsResponseTo,
  encodeDns,
  encodeFrame,
  encodeFrameMessage,
  payloadOfFill,
} from '@podwire/wire';
import { Bench, type Task } from 'tinybench';
import { shortConnections } from '../workloads/short-connections.ts';
import { udpStar } from '../workloads/udp-star.ts';
import { ParameterValues } from '../workloads/workload.ts';
import { runReference } from './reference.ts';

export interface MicroResult {
  readonly name: string;
  /** Median time of one call in microseconds, and its relative margin of error in percent. */
  readonly medianUs: number;
  /** Turns of the reference loop that the same time would have done. */
  readonly referenceTurns: number;
  readonly marginPercent: number;
}

const REFERENCE = 'reference loop';
const REFERENCE_TURNS = 10_000;
const EVENT_COUNT = 10_000;
const ROUTE_COUNT = 1000;
const RULE_COUNT = 1000;
const FLOW_COUNT = 1000;
const SUBTABLE_COUNT = 8;

export async function runMicro(timeMs: number): Promise<readonly MicroResult[]> {
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 5 });
  bench.add(`engine: ${EVENT_COUNT} timers set and run`, runTimers);
  const lookup = routeLookup();
  bench.add(`netstack: 1000 route lookups in ${ROUTE_COUNT} routes`, lookup);
  bench.add(`netstack: UDP datagram through ${RULE_COUNT} iptables rules`, throughRules());
  const frame = exampleFrame();
  const bytes = encodeFrame(frame);
  bench.add('wire: frame to bytes', () => encodeFrame(frame));
  bench.add('wire: bytes to frame', () => decodeFrame(bytes));
  const between = encodeFrameMessage({ kind: 'frame', port: 1, packet: frame });
  bench.add('wire: frame to protobuf', () =>
    encodeFrameMessage({ kind: 'frame', port: 1, packet: frame }),
  );
  bench.add('wire: protobuf to frame', () => decodeFrameMessage(between));
  bench.add(
    `ovn: classifier, 1000 lookups in ${RULE_COUNT} rules of ${SUBTABLE_COUNT} masks`,
    classify(),
  );
  const answer = exampleAnswer();
  const answerBytes = encodeDns(answer);
  bench.add('wire: DNS answer to bytes', () => encodeDns(answer));
  bench.add('wire: bytes to DNS answer', () => decodeDns(answerBytes));
  bench.add(`netstack: conntrack, ${FLOW_COUNT} packets of known flows`, trackedFlows());
  const udp = ParameterValues.of(udpStar, { hosts: 2, packets: 50 });
  bench.add('netstack: world of 2 hosts made, 100 datagrams', async () => {
    await udpStar.prepare(udp)();
  });
  const tcp = ParameterValues.of(shortConnections, { hosts: 2, connections: 20 });
  bench.add('netstack: world of 2 hosts made, 20 TCP connections', async () => {
    await shortConnections.prepare(tcp)();
  });
  bench.add(REFERENCE, () => runReference(REFERENCE_TURNS));
  await bench.run();
  const referenceUs = medianUsOf(bench.getTask(REFERENCE));
  return bench.tasks
    .filter((task) => task.name !== REFERENCE)
    .map((task) => {
      const medianUs = medianUsOf(task);
      const { result } = task;
      return {
        name: task.name,
        medianUs,
        referenceTurns: (medianUs / referenceUs) * REFERENCE_TURNS,
        marginPercent: 'latency' in result ? result.latency.rme : 0,
      };
    });
}

function medianUsOf(task: Task | undefined): number {
  const result = task?.result;
  if (result === undefined || !('latency' in result)) {
    throw new Error(`${task?.name} failed`, { cause: result });
  }
  return result.latency.p50 * 1000;
}

function runTimers(): void {
  const world = new TestWorld('micro');
  const sim = world.addHost('a');
  let state = 1;
  for (let number = 0; number < EVENT_COUNT; number++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    sim.schedule(1 + (state >>> 8), () => undefined);
  }
  world.runToIdle();
}

function routeLookup(): () => void {
  const lab = new Lab('micro');
  const host = lab.host('a');
  lab.segment('eth0', [host]);
  ipCommand(host.ns, ['address', 'add', '192.0.2.1/24', 'dev', 'eth0']);
  for (let number = 0; number < ROUTE_COUNT; number++) {
    const net = `10.${number >> 8}.${number & 255}.0/24`;
    ipCommand(host.ns, ['route', 'add', net, 'via', `192.0.2.${2 + (number % 200)}`]);
  }
  const first = ip('10.0.0.7');
  return () => {
    let found = 0;
    for (let number = 0; number < 1000; number++) {
      if (host.ns.lookup(first + (number << 8))?.prefixLen === 24) found++;
    }
    assert(found === 1000, `${found} of 1000 routes are found`);
  };
}

/** Sends through the OUTPUT chain; the last of its rules matches. */
function throughRules(): () => void {
  const lab = new Lab('micro');
  const [a, b] = [lab.host('a'), lab.host('b')];
  lab.segment('eth0', [a, b]);
  ipCommand(a.ns, ['address', 'add', '192.0.2.1/24', 'dev', 'eth0']);
  ipCommand(b.ns, ['address', 'add', '192.0.2.2/24', 'dev', 'eth0']);
  const rules = Array.from({ length: RULE_COUNT }, (_, number) => {
    const net = `10.${number >> 8}.${number & 255}.0/24`;
    return `-A OUTPUT -d ${net} -p tcp -j ACCEPT`;
  });
  iptablesRestore(a.ns, `*filter\n:OUTPUT ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`);
  const payload = payloadOfFill(100);
  const template = exampleFrame();
  return () => {
    const packet = new Packet();
    packet.etherType = EtherType.ipv4;
    packet.proto = IpProto.udp;
    packet.dst = ip('192.0.2.2');
    packet.srcPort = template.srcPort;
    packet.dstPort = template.dstPort;
    packet.payload = payload;
    a.ns.output(packet);
    lab.world.runFor(1_000_000);
  };
}

/** Looks each flow up in a table that holds them all. */
function trackedFlows(): () => void {
  const lab = new Lab('micro');
  const tables = new NetfilterTables(new NetNs(lab.host('a'), 'tracked'));
  tables.enableTracking();
  const nowNs = 1;
  const packets = Array.from({ length: FLOW_COUNT }, (_, flow) => {
    const packet = exampleFrame();
    packet.srcPort = 10_000 + flow;
    return packet;
  });
  for (const packet of packets) {
    const skb = new Skb(packet);
    tables.conntrack.trackPacket(skb, nowNs);
    assert(tables.conntrack.confirmEntry(skb, nowNs), 'a new flow finds room');
  }
  return () => {
    for (const packet of packets) tables.conntrack.trackPacket(new Skb(packet), nowNs);
  };
}

/** Rules of as many masks as destination prefixes are long; each lookup hits the least of them. */
function classify(): () => void {
  const classifier = new Classifier<number>();
  for (let number = 0; number < RULE_COUNT; number++) {
    const bits = 32 - (number % SUBTABLE_COUNT);
    const mask = exactMask(Word.ethType);
    mask[Word.ipDst] = (2 ** 32 - 2 ** (32 - bits)) >>> 0;
    const key = newKey();
    key[Word.ethType] = EtherType.ipv4;
    key[Word.ipDst] = ((ip('10.0.0.0') + (number << 8)) & (mask[Word.ipDst] as number)) >>> 0;
    classifier.insert({ priority: bits, key, mask, value: number });
  }
  const key = newKey();
  key[Word.ethType] = EtherType.ipv4;
  return () => {
    for (let number = 0; number < 1000; number++) {
      key[Word.ipDst] = ip('10.0.0.0') + (number << 8);
      assert(classifier.lookup(key) !== undefined, 'every address has a rule');
    }
  };
}

/** What CoreDNS says to a pod that asks for a Service. */
function exampleAnswer(): DnsMessage {
  const name = 'web.default.svc.cluster.local.';
  const question = { name, type: 'A', class: 'IN' };
  const data = { kind: 'address', ip: ip('10.96.0.10') } as const;
  return {
    ...dnsResponseTo(dnsQueryMessage(1, question)),
    answers: [{ ...question, ttlSec: 5, data }],
  };
}

function exampleFrame(): Packet {
  const packet = new Packet();
  packet.ethSrc = 0x020000000001;
  packet.ethDst = 0x020000000002;
  packet.etherType = EtherType.ipv4;
  packet.proto = IpProto.udp;
  packet.src = ip('192.0.2.1');
  packet.dst = ip('192.0.2.2');
  packet.srcPort = 4711;
  packet.dstPort = 53;
  packet.payload = payloadOfFill(200);
  return packet;
}
