/**
 * The server of the recorded world, on real sockets: `node tools/record/server.ts` within its namespace.
 */
import { createSocket } from 'node:dgram';
import { type Socket, createServer } from 'node:net';
import {
  type PortBehaviour,
  TCP_PORTS,
  UDP_ECHO_PORT,
  cannedAnswer,
  cannedDns,
  isWholeRequest,
} from '../../packages/workloads/src/recorded/world.ts';

const SERVER = '10.9.2.2';

function serve(behaviour: PortBehaviour, socket: Socket): void {
  socket.on('error', () => {
    socket.destroy();
  });
  if (behaviour === 'reset') {
    socket.once('data', () => {
      socket.resetAndDestroy();
    });
  } else if (behaviour === 'close') {
    socket.end();
    socket.resume();
  } else if (behaviour === 'echo') socket.pipe(socket);
  else if (behaviour === 'http') serveHttp(socket);
  if (behaviour === 'silent') socket.resume();
}

function serveHttp(socket: Socket): void {
  let text = '';
  socket.setNoDelay(true);
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    if (!text.startsWith('\x16') && !isWholeRequest(text)) return;
    const answer = text.startsWith('\x16')
      ? { text: 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n', closes: true }
      : cannedAnswer(text);
    text = '';
    if (answer.closes) socket.end(answer.text);
    else socket.write(answer.text);
  });
}

for (const [port, behaviour] of TCP_PORTS) {
  createServer({ allowHalfOpen: behaviour === 'echo' }, (socket) => {
    serve(behaviour, socket);
  }).listen(port, SERVER);
}
createServer((socket) => {
  socket.on('error', () => {
    socket.destroy();
  });
  socket.once('data', (bytes) => {
    const reply = cannedDns(bytes.subarray(2));
    if (reply === undefined) return;
    const head = Buffer.alloc(2);
    head.writeUInt16BE(reply.length);
    socket.end(Buffer.concat([head, reply]));
  });
}).listen(53, SERVER);

const dns = createSocket('udp4');
dns.on('message', (bytes, from) => {
  const reply = cannedDns(bytes);
  if (reply !== undefined) dns.send(reply, from.port, from.address);
});
dns.bind(53, SERVER);
const echo = createSocket('udp4');
echo.on('message', (bytes, from) => {
  echo.send(bytes, from.port, from.address);
});
echo.bind(UDP_ECHO_PORT, SERVER, () => {
  process.stdout.write('ready\n');
});
