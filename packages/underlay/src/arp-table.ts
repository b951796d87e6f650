/**
 * Who has which IPv4 address, as a switch hears it: the table behind ARP suppression.
 *
 * From: switch.ts with each ARP packet that comes in. To: an answer in the owner's name, or silence about what
 * all know, as EVPN fabrics do it (RFC 9161: proxy ARP, section 3.3 snooping, 3.4 reply; the Linux bridge's
 * neigh_suppress). Without it N machines that look for each other make N² deliveries.
 *
 * A binding counts as long as the switch still knows the port of its MAC address, so that what is unplugged or
 * silent for the MAC table's ageing time is asked for by flooding again.
 * Not modelled: IPv6 neighbour discovery, VLANs (tagged packets are flooded).
 */
import { type Ip, MAC_BROADCAST, type Mac, isMacMulticast } from '@podwire/base';
import { ArpOp, EtherType, Packet } from '@podwire/wire';

/** What a switch does with a packet that it was shown: `owner` has the address that is asked for. */
export type ArpVerdict =
  | { readonly kind: 'forward' }
  | { readonly kind: 'known' }
  | { readonly kind: 'ask'; readonly owner: Mac };

const FORWARD: ArpVerdict = { kind: 'forward' };
const KNOWN: ArpVerdict = { kind: 'known' };

export class ArpTable {
  readonly #owners = new Map<Ip, Mac>();

  /** Takes a binding, and says what was there before. */
  learn(address: Ip, mac: Mac): 'same' | 'new' | 'changed' {
    const before = this.#owners.get(address);
    if (before === mac) return 'same';
    this.#owners.set(address, mac);
    return before === undefined ? 'new' : 'changed';
  }

  /** Learns from the packet and judges it; only broadcast is ever kept back. */
  judge(packet: Packet): ArpVerdict {
    if (packet.etherType !== EtherType.arp || packet.vlan !== 0) return FORWARD;
    // A probe (RFC 5227, section 2.1) has no sender yet: it teaches nothing and is answered.
    const isBinding = packet.src !== 0 && packet.arpSha !== 0 && !isMacMulticast(packet.arpSha);
    const heard = isBinding ? this.learn(packet.src, packet.arpSha) : 'same';
    if (packet.ethDst !== MAC_BROADCAST) return FORWARD;
    // An announcement, as a request or an answer (RFC 5227, section 3).
    if (packet.src === packet.dst) return heard === 'same' ? KNOWN : FORWARD;
    // A changed binding is heard by all: their entries are out of date.
    if (packet.arpOp !== ArpOp.request || heard === 'changed') return FORWARD;
    const owner = this.#owners.get(packet.dst);
    return owner === undefined || owner === packet.arpSha ? FORWARD : { kind: 'ask', owner };
  }
}

/** The answer that the owner itself would give. */
export function arpAnswer(request: Packet, owner: Mac): Packet {
  const reply = new Packet();
  reply.etherType = EtherType.arp;
  reply.ethSrc = owner;
  reply.ethDst = request.arpSha;
  reply.arpOp = ArpOp.reply;
  reply.src = request.dst;
  reply.arpSha = owner;
  reply.dst = request.src;
  reply.arpTha = request.arpSha;
  reply.traceId = request.traceId;
  return reply;
}
