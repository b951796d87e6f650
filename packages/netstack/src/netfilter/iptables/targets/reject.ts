/**
 * The REJECT target: drops the packet and answers it, by an ICMP error or a TCP reset (nf_reject_ipv4.c).
 */
import { traceOf } from '@podwire/trace';
import { IpProto, TcpFlag, isLaterFragment } from '@podwire/wire';
import type { TargetExtension } from '../options.ts';
import type { RuleContext, Target } from '../rule.ts';

const ICMP_UNREACHABLE = 3;

/** Name as printed, other spellings, code of the ICMP unreachable. */
const KINDS: readonly (readonly [string, readonly string[], number])[] = [
  ['icmp-net-unreachable', ['net-unreach'], 0],
  ['icmp-host-unreachable', ['host-unreach'], 1],
  ['icmp-proto-unreachable', ['proto-unreach'], 2],
  ['icmp-port-unreachable', ['port-unreach'], 3],
  ['icmp-net-prohibited', ['net-prohib'], 9],
  ['icmp-host-prohibited', ['host-prohib'], 10],
  ['icmp-admin-prohibited', ['admin-prohib'], 13],
  ['tcp-reset', ['tcp-rst'], -1],
];

export const REJECT_TARGET: TargetExtension = {
  name: 'REJECT',
  options: new Map<string, 0 | 1 | 2 | string>([['reject-with', 1]]),
  build(options, context): Target {
    const wanted = options.get('reject-with')?.value ?? 'icmp-port-unreachable';
    const kind = KINDS.find(([name, others]) => name === wanted || others.includes(wanted));
    if (kind === undefined) context.fail(`unknown reject type "${wanted}"`);
    const [name, , code] = kind ?? ['icmp-port-unreachable', [], 3];
    const isReset = name === 'tcp-reset';
    if (context.table !== 'filter' || (isReset && context.proto !== IpProto.tcp)) {
      context.fail('RULE_APPEND failed (Invalid argument)');
    }
    return {
      name: 'REJECT',
      text: `REJECT --reject-with ${name}`,
      run(rule): 'drop' {
        if (isReset) sendReset(rule);
        else if (!isLaterFragment(rule.packet)) {
          rule.ns.icmpError(rule.skb, ICMP_UNREACHABLE, code);
        }
        return 'drop';
      },
    };
  },
};

function sendReset({ ns, skb, packet }: RuleContext): void {
  if (isLaterFragment(packet) || packet.proto !== IpProto.tcp) return;
  if ((packet.tcpFlags & TcpFlag.rst) !== 0) return;
  const answer = ns.newPacket();
  answer.etherType = packet.etherType;
  answer.src = packet.dst;
  answer.dst = packet.src;
  answer.proto = IpProto.tcp;
  answer.srcPort = packet.dstPort;
  answer.dstPort = packet.srcPort;
  answer.dontFragment = true;
  answer.traceId = traceOf(packet.traceId);
  if ((packet.tcpFlags & TcpFlag.ack) !== 0) {
    answer.seq = packet.ack;
    answer.tcpFlags = TcpFlag.rst;
  } else {
    const syn = (packet.tcpFlags & TcpFlag.syn) === 0 ? 0 : 1;
    const fin = (packet.tcpFlags & TcpFlag.fin) === 0 ? 0 : 1;
    answer.ack = (packet.seq + syn + fin + packet.payload.lenBytes) >>> 0;
    answer.tcpFlags = TcpFlag.rst | TcpFlag.ack;
  }
  ns.output(answer, { cause: skb });
}
