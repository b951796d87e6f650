/**
 * UDP servers: one process that answers each datagram.
 */
import type { Proc } from '@podwire/engine';
import { type Errno, type UdpSocket, udpOpen } from '@podwire/netstack';
import { type Payload, payloadFromText, payloadText } from '@podwire/wire';
import type { CommandContext } from '../context.ts';

/** What arrived, from where. */
export interface Datagram {
  readonly payload: Payload;
  readonly fromIp: number;
  readonly fromPort: number;
}

/** The answer to a datagram; undefined = none. */
export type UdpAnswer = (datagram: Datagram) => Payload | undefined;

/** Serves until it is cancelled. */
export function* serveUdp(socket: UdpSocket, answer: UdpAnswer): Proc {
  try {
    for (;;) {
      const received = yield* socket.recv();
      if (typeof received === 'string') continue;
      const reply = answer(received);
      if (reply !== undefined) socket.sendTo(received.fromIp, received.fromPort, reply);
    }
  } finally {
    socket.close();
  }
}

/** Opens a port and serves it in a process of its own; `stop` ends it. */
export function startUdpServer(
  ctx: CommandContext,
  options: { readonly ip?: number; readonly port: number },
  answer: UdpAnswer,
): { stop: () => void } | Errno {
  const socket = udpOpen(ctx.ns, options);
  if (typeof socket === 'string') return socket;
  const process = ctx.sim.spawn(`udp:${options.port}`, serveUdp(socket, answer));
  return {
    stop: () => {
      process.cancel();
      socket.close();
    },
  };
}

/** agnhost's protocol: `hostname`, `clientip`, `echo TEXT`. */
export function netexecAnswer(
  ctx: CommandContext,
  clientText: (datagram: Datagram) => string,
): UdpAnswer {
  return (datagram) => {
    const text = payloadText(datagram.payload).trim();
    const space = text.indexOf(' ');
    const verb = (space < 0 ? text : text.slice(0, space)).toLowerCase();
    if (verb === 'hostname') return payloadFromText(ctx.hostname);
    if (verb === 'clientip') return payloadFromText(clientText(datagram));
    if (verb === 'echo') return payloadFromText(space < 0 ? '' : text.slice(space + 1));
    return verb === '' ? undefined : payloadFromText('');
  };
}
