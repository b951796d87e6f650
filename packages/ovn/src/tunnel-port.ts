/**
 * The Geneve port of the virtual switch: one for all peers, keyed by flow (vport-geneve, `remote_ip=flow key=flow`).
 *
 * From: the datapath with a frame and where it goes, to ip/local-out with the outer packet. Incoming: the
 * host's stack hands datagrams to port 6081 here. DF is set outside and the checksum is on (ovn-controller's
 * `df_default`, `csum`); a tunnel that does not fit the underlay loses packets.
 */
import type { Ip } from '@podwire/base';
import {
  ANY_VNI,
  type NetNs,
  Skb,
  flowSourcePort,
  ipLocalOutSkb,
  traceStep,
} from '@podwire/netstack';
import { Encap, EtherType, GENEVE_PORT, IpProto, Packet } from '@podwire/wire';
import { OvsCost } from './cost.ts';

const TTL_HOPS = 64;

export class TunnelPort {
  readonly #ns: NetNs;
  readonly #local: Ip;
  readonly #receive: (skb: Skb, vni: number, option: number) => void;

  constructor(ns: NetNs, local: Ip, receive: (skb: Skb, vni: number, option: number) => void) {
    this.#ns = ns;
    this.#local = local;
    this.#receive = receive;
    ns.sockets.addTunnel(GENEVE_PORT, ANY_VNI, this);
  }

  close(): void {
    this.#ns.sockets.removeTunnel(GENEVE_PORT, ANY_VNI);
  }

  send(skb: Skb, remote: Ip, vni: number, option: number): void {
    const inner = skb.packet;
    const outer = new Packet(inner.born);
    outer.traceId = inner.traceId;
    outer.etherType = EtherType.ipv4;
    outer.src = this.#local;
    outer.dst = remote;
    outer.proto = IpProto.udp;
    outer.ttlHops = TTL_HOPS;
    outer.srcPort = flowSourcePort(inner);
    outer.dstPort = GENEVE_PORT;
    outer.encap = Encap.geneve;
    outer.vni = vni;
    outer.geneveOption = option;
    outer.inner = inner;
    const out = new Skb(outer);
    out.costNs = skb.costNs;
    if (inner.traceId !== 0)
      traceStep(this.#ns, outer, 'geneve-encap', 'encapsulated', keyOf(outer), out.costNs);
    ipLocalOutSkb(this.#ns, out, { pmtu: 'do' });
  }

  decapsulate(skb: Skb, inner: Packet): void {
    const outer = skb.packet;
    skb.costNs += OvsCost.tunnelEnd;
    if (inner.traceId !== 0)
      traceStep(this.#ns, outer, 'geneve-decap', 'decapsulated', keyOf(outer), skb.costNs);
    skb.packet = inner;
    skb.route = undefined;
    this.#receive(skb, outer.vni, outer.geneveOption);
  }
}

function keyOf(outer: Packet): { readonly key: string } {
  return { key: `vni ${outer.vni} data ${outer.geneveOption.toString(16).padStart(8, '0')}` };
}
