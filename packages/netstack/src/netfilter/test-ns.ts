/**
 * For tests of netfilter alone: a namespace without devices or routes, and packets for its hooks.
 */
import { ip } from '@podwire/base';
import { TestWorld } from '@podwire/engine';
import { PacketLedger, Recorder } from '@podwire/trace';
import { Encap, EtherType, IpProto, Packet, TcpFlag, clonePacket } from '@podwire/wire';
import type { Dev } from '../dev/dev.ts';
import type { NetNs } from '../netns.ts';
import { Skb } from '../skb.ts';
import { Sysctl } from '../sysctl.ts';
import { type Evaluator, NetfilterTables } from './tables.ts';

export interface TestNs {
  readonly world: TestWorld;
  readonly ns: NetNs;
  readonly tables: NetfilterTables;
  readonly sent: Packet[];
  readonly icmpErrors: string[];
  /** Makes an address local, or no longer, as a change of routes would. */
  setLocal(address: string, isLocal: boolean): void;
}

/** Only what netfilter asks of a namespace; routes say that nothing is local. */
export function makeTestNs(evaluator: Evaluator = 'plain', seed = 'test'): TestNs {
  const world = new TestWorld(seed);
  const sim = world.addHost('host');
  const sent: Packet[] = [];
  const icmpErrors: string[] = [];
  const locals = new Set<number>();
  const fake = {
    sim,
    name: 'host',
    version: 0,
    host: { sim, recorder: new Recorder(), ledger: new PacketLedger() },
    sysctl: new Sysctl(new Map()),
    netfilter: undefined as NetfilterTables | undefined,
    lookup: (dst: number) => (locals.has(dst) ? { type: 'local' } : undefined),
    primaryAddress: () => ip('192.0.2.254'),
    newPacket: () => new Packet(),
    output: (packet: Packet) => sent.push(packet),
    icmpError: (_skb: Skb, type: number, code: number) => icmpErrors.push(`${type}/${code}`),
  };
  const ns = fake as unknown as NetNs;
  const tables = new NetfilterTables(ns, evaluator);
  fake.netfilter = tables;
  const setLocal = (address: string, isLocal: boolean): void => {
    if (isLocal) locals.add(ip(address));
    else locals.delete(ip(address));
    fake.version++;
  };
  return { world, ns, tables, sent, icmpErrors, setLocal };
}

export interface PacketSpec {
  readonly src: string;
  readonly dst: string;
  readonly proto?: 'tcp' | 'udp' | 'icmp';
  readonly sport?: number;
  readonly dport?: number;
  /** Letters of TCP flags: S, A, F, R, P. */
  readonly flags?: string;
  readonly icmpType?: number;
  readonly id?: number;
}

export function makePacket(spec: PacketSpec): Packet {
  const packet = new Packet();
  packet.etherType = EtherType.ipv4;
  packet.src = ip(spec.src);
  packet.dst = ip(spec.dst);
  packet.ttlHops = 64;
  packet.proto = IpProto[spec.proto ?? 'tcp'];
  if (packet.proto === IpProto.icmp) {
    packet.icmpType = spec.icmpType ?? 8;
    packet.icmpId = spec.id ?? 7;
    return packet;
  }
  packet.srcPort = spec.sport ?? 40_000;
  packet.dstPort = spec.dport ?? 80;
  if (packet.proto === IpProto.tcp) {
    packet.window = 64_000;
    for (const letter of spec.flags ?? 'S') packet.tcpFlags |= FLAG_LETTERS[letter] ?? 0;
  }
  return packet;
}

const FLAG_LETTERS: Readonly<Record<string, number>> = {
  S: TcpFlag.syn,
  A: TcpFlag.ack,
  F: TcpFlag.fin,
  R: TcpFlag.rst,
  P: TcpFlag.psh,
};

/** Walks a packet through a router's hooks; `undefined` when it was dropped. */
export function forwardThrough(
  of: TestNs,
  packet: Packet,
  outDev?: { readonly ifindex: number; readonly name: string },
): Skb | undefined {
  const skb = new Skb(packet);
  skb.outDev = outDev as Dev | undefined;
  for (const hook of ['prerouting', 'forward', 'postrouting'] as const) {
    if (of.tables.run(hook, of.ns, skb) !== 'accept') return undefined;
  }
  return skb;
}

/** An ICMP unreachable that quotes a packet. */
export function icmpErrorAbout(quoted: Packet, from: string, code = 3): Packet {
  const error = makePacket({ src: from, dst: '0.0.0.1', proto: 'icmp', icmpType: 3, id: 0 });
  error.dst = quoted.src;
  error.icmpCode = code;
  error.encap = Encap.icmpQuote;
  error.inner = clonePacket(quoted);
  return error;
}
