/**
 * Runs inside one network namespace and speaks JSON lines: opens servers, sends probes with real sockets.
 */
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import net from 'node:net';
import readline from 'node:readline';

interface ListenOrder {
  readonly op: 'listen';
  readonly addresses: readonly string[];
  readonly udpPorts: readonly number[];
  readonly tcpPorts: readonly number[];
}

interface ProbeOrder {
  readonly op: 'probe';
  readonly id: number;
  readonly proto: 'udp' | 'tcp' | 'icmp';
  readonly src: string | null;
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
  readonly isConnected: boolean;
  readonly payloadBytes: number;
  readonly timeoutMs: number;
}

interface RunOrder {
  readonly op: 'run';
  readonly argv: readonly string[];
  readonly stdin: string;
}

interface TakeOrder {
  readonly op: 'take';
}

type Order = ListenOrder | ProbeOrder | RunOrder | TakeOrder;

export interface WorkerAnswer {
  readonly outcome?: string;
  readonly from?: string;
  readonly seen?: string;
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly taken?: readonly (readonly [number, string])[];
}

/** What arrived at this namespace's UDP servers since it was last asked: probe and addresses. */
let arrived: [number, string][] = [];

async function listen(order: ListenOrder): Promise<WorkerAnswer> {
  for (const address of order.addresses) {
    for (const port of order.udpPorts) await listenUdp(address, port);
    for (const port of order.tcpPorts) await listenTcp(address, port);
  }
  return {};
}

function listenUdp(address: string, port: number): Promise<void> {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (message, from) => {
    const id = Number.parseInt(message.toString('latin1', 0, 6), 10);
    const seen = `${address}:${port} < ${from.address}:${from.port}`;
    arrived.push([id, seen]);
    socket.send(seen, from.port, from.address, () => undefined);
  });
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    socket.bind({ port, address }, resolve);
  });
}

function listenTcp(address: string, port: number): Promise<void> {
  const server = net.createServer((conn) => {
    conn.on('error', () => undefined);
    conn.end(`${address}:${port} < ${conn.remoteAddress ?? ''}:${conn.remotePort ?? 0}`);
  });
  return new Promise((resolve) => {
    server.listen({ port, host: address }, resolve);
  });
}

function probeUdp(order: ProbeOrder): Promise<WorkerAnswer> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    const finish = (answer: WorkerAnswer): void => {
      clearTimeout(timer);
      try {
        socket.close();
      } catch {
        // Closed already.
      }
      resolve(answer);
    };
    const timer = setTimeout(() => {
      finish({ outcome: 'timeout' });
    }, order.timeoutMs);
    const failed = (error: Error | null): void => {
      if (error !== null) finish({ outcome: (error as NodeJS.ErrnoException).code ?? 'error' });
    };
    socket.on('error', failed);
    socket.on('message', (message, from) => {
      finish({
        outcome: 'reply',
        from: `${from.address}:${from.port}`,
        seen: message.toString('latin1'),
      });
    });
    const payload = Buffer.alloc(order.payloadBytes, 120);
    payload.write(String(order.id).padEnd(6));
    socket.bind(
      { port: order.sport, ...(order.src === null ? {} : { address: order.src }) },
      () => {
        if (!order.isConnected) socket.send(payload, order.dport, order.dst, failed);
        else {
          socket.connect(order.dport, order.dst, () => {
            socket.send(payload, failed);
          });
        }
      },
    );
  });
}

function probeTcp(order: ProbeOrder): Promise<WorkerAnswer> {
  return new Promise((resolve) => {
    let seen = '';
    const socket = net.connect({
      host: order.dst,
      port: order.dport,
      localPort: order.sport,
      ...(order.src === null ? {} : { localAddress: order.src }),
    });
    const finish = (answer: WorkerAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => {
      finish({ outcome: 'timeout' });
    }, order.timeoutMs);
    socket.on('error', (error) => {
      finish({ outcome: (error as NodeJS.ErrnoException).code ?? 'error' });
    });
    socket.on('data', (data) => {
      seen += data.toString('latin1');
    });
    socket.on('end', () => {
      finish({ outcome: 'reply', from: `${order.dst}:${order.dport}`, seen });
    });
  });
}

function probePing(order: ProbeOrder): Promise<WorkerAnswer> {
  return new Promise((resolve) => {
    const source = order.src === null ? [] : ['-I', order.src];
    const waitSec = (order.timeoutMs / 1000).toFixed(2);
    const id = String(order.sport);
    const child = spawn('ping', ['-n', '-c', '1', '-W', waitSec, '-e', id, ...source, order.dst]);
    let text = '';
    const take = (data: Buffer): void => {
      text += data.toString('latin1');
      const answer = readPing(text);
      if (answer === undefined) return;
      resolve(answer);
      child.kill('SIGKILL');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('close', () => {
      resolve(readPing(text) ?? { outcome: 'timeout' });
    });
    setTimeout(() => {
      child.kill('SIGKILL');
    }, order.timeoutMs).unref();
  });
}

function readPing(text: string): WorkerAnswer | undefined {
  const reply = /bytes from (\S+): icmp_seq=1 ttl=(\d+)/.exec(text);
  if (reply !== null)
    return { outcome: 'reply', from: reply[1] ?? '', seen: `ttl ${reply[2] ?? ''}` };
  const error = /From (\S+) icmp_seq=1 (.+)/.exec(text);
  if (error !== null) return { outcome: error[2]?.trim() ?? '', from: error[1] ?? '' };
  const refused = /sendmsg: (.+)/.exec(text);
  return refused === null ? undefined : { outcome: refused[1]?.trim() ?? '' };
}

function run(order: RunOrder): Promise<WorkerAnswer> {
  return new Promise((resolve) => {
    const [command = '', ...args] = order.argv;
    const child = spawn(command, args);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString('latin1');
    });
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString('latin1');
    });
    child.on('error', (error) => {
      resolve({ exitCode: 127, stdout, stderr: error.message });
    });
    child.on('close', (exitCode) => {
      resolve({ exitCode: exitCode ?? 1, stdout, stderr });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(order.stdin);
  });
}

async function obey(order: Order): Promise<WorkerAnswer> {
  switch (order.op) {
    case 'listen':
      return await listen(order);
    case 'run':
      return await run(order);
    case 'take': {
      const taken = arrived;
      arrived = [];
      return { taken };
    }
    case 'probe':
      if (order.proto === 'udp') return await probeUdp(order);
      return order.proto === 'tcp' ? await probeTcp(order) : await probePing(order);
  }
}

const lines = readline.createInterface({ input: process.stdin });
for await (const line of lines) {
  const answer = await obey(JSON.parse(line) as Order);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
