/**
 * What an image runs that nobody knows: HTTP on its declared TCP ports, UDP echo of its name.
 *
 * `/` and every other path answer with the pod's name; `/clientip` with the client's address and port.
 * A UDP datagram is answered with the pod's name, `clientip` with the client's.
 */
import { formatIp } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type HttpServer, httpServe } from '@podwire/netstack';
import { payloadFromText, payloadText } from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { clientOf, goResponse, numberedErrno, processLabel } from '../servers/http.ts';
import { startUdpServer } from '../servers/udp-echo.ts';

export function* listener(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const name = ctx.podName ?? ctx.hostname;
  const ports =
    argv.length > 1
      ? argv.slice(1).map((text) => ({ port: Number(text), protocol: 'TCP' as const }))
      : ctx.containerPorts;
  const servers: HttpServer[] = [];
  const udp: { stop: () => void }[] = [];
  try {
    for (const { port, protocol } of ports) {
      if (protocol === 'SCTP') {
        ctx.err(`listener: SCTP port ${port} is not emulated\n`);
        continue;
      }
      const opened =
        protocol === 'TCP'
          ? httpServe(ctx.ns, { port, process: processLabel('listener') }, (request, conn) => {
              return goResponse(ctx, 200, request.path === '/clientip' ? clientOf(conn) : name);
            })
          : startUdpServer(ctx, { port }, (datagram) =>
              payloadFromText(
                payloadText(datagram.payload).trim() === 'clientip'
                  ? `${formatIp(datagram.fromIp)}:${datagram.fromPort}`
                  : name,
              ),
            );
      if (typeof opened === 'string') {
        ctx.err(`listener: bind() to 0.0.0.0:${port} failed (${numberedErrno(opened)})\n`);
        return 1;
      }
      if ('stop' in opened) udp.push(opened);
      else servers.push(opened);
      ctx.out(`listening on ${port}/${protocol.toLowerCase()}\n`);
    }
    yield* ctx.signals.untilTerminated();
    return 0;
  } finally {
    for (const server of servers) server.close();
    for (const server of udp) server.stop();
  }
}
