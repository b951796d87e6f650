/**
 * TCP's states as connection tracking sees them, and the table of moves between them.
 *
 * The table is that of Linux nf_conntrack_proto_tcp.c (tcp_conntracks), one row per direction and kind
 * of segment, one letter per old state in the order of TCP_STATES.
 */
import { type Packet, TcpFlag } from '@podwire/wire';

/** Names as `conntrack -L` prints them; the index is the state's number. */
export const TCP_STATES = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
] as const;

export const TcpState = {
  none: 0,
  synSent: 1,
  synRecv: 2,
  established: 3,
  finWait: 4,
  closeWait: 5,
  lastAck: 6,
  timeWait: 7,
  close: 8,
  synSent2: 9,
  /** No such move: the packet is INVALID. */
  invalid: 10,
  /** The entry may be out of step: the packet passes and changes nothing. */
  ignore: 11,
} as const;

export const TcpIndex = { syn: 0, synAck: 1, fin: 2, ack: 3, rst: 4, none: 5 } as const;

/** One letter per state in the order of their numbers; `-` invalid, `i` ignore. */
const LETTERS = '.SREFCLTX2-i';

const MOVES = {
  //                  none SS SR ES FW CW LA TW CL S2
  orig: [
    /* syn     */ 'SSiiiiiSS2',
    /* syn-ack */ '--R------R',
    /* fin     */ '--FFLLLTX-',
    /* ack     */ 'E-EECCTTX-',
    /* rst     */ '-XXXXXXXXX',
    /* none    */ '----------',
  ],
  reply: [
    /* syn     */ '-2-----S-2',
    /* syn-ack */ '-RiiiiiiiR',
    /* fin     */ '--FFLLLTX-',
    /* ack     */ '-iRECCTTXi',
    /* rst     */ '-XXXXXXXXX',
    /* none    */ '----------',
  ],
} as const;

const TABLE: readonly number[] = [...MOVES.orig, ...MOVES.reply].flatMap((row) =>
  row.split('').map((letter) => LETTERS.indexOf(letter)),
);

/** Which row of the table a segment takes. */
export function tcpIndex(packet: Packet): number {
  const flags = packet.tcpFlags;
  if ((flags & TcpFlag.rst) !== 0) return TcpIndex.rst;
  if ((flags & TcpFlag.syn) !== 0) {
    return (flags & TcpFlag.ack) === 0 ? TcpIndex.syn : TcpIndex.synAck;
  }
  if ((flags & TcpFlag.fin) !== 0) return TcpIndex.fin;
  return (flags & TcpFlag.ack) === 0 ? TcpIndex.none : TcpIndex.ack;
}

export function nextTcpState(isReply: boolean, index: number, state: number): number {
  return TABLE[((isReply ? 6 : 0) + index) * 10 + state] ?? TcpState.invalid;
}
