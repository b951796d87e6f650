/**
 * DNS over sockets, the server's side: UDP datagrams and length-prefixed messages on TCP connections.
 *
 * Every UDP query is a process of its own, so that one that waits for upstream holds up no other; the
 * queries of a TCP connection are answered one after the other.
 */
import { type Ip, NS_PER_SEC } from '@podwire/base';
import type { Proc, Process } from '@podwire/engine';
import {
  type Errno,
  type NetNs,
  type TcpConn,
  type TcpListener,
  type UdpDatagram,
  type UdpSocket,
  isErrno,
  tcpListen,
  udpOpen,
} from '@podwire/netstack';
import {
  type DnsMessage,
  type Payload,
  decodeDns,
  dnsResponseTo,
  payloadBytes,
  payloadFromBytes,
} from '@podwire/wire';
import { TcpMessageReader, frameTcpMessage } from './exchange.ts';
import type { DnsRequest } from './plugin.ts';
import { encodeReply } from './server-core.ts';

/** miekg/dns closes a connection that was idle for 10 s. */
const TCP_IDLE_NS = 10 * NS_PER_SEC;

export interface ListenOptions {
  /** Default: all addresses. */
  readonly ip?: Ip;
  readonly port: number;
  /** Shown by ss. */
  readonly name: string;
  /** undefined: no answer is sent. */
  readonly answer: (request: DnsRequest) => Proc<DnsMessage | undefined>;
}

export interface DnsListener {
  close(): void;
}

/** Listens on UDP and TCP; an errno when the port is taken. */
export function listenDns(ns: NetNs, options: ListenOptions): DnsListener | Errno {
  const bound = { ...(options.ip === undefined ? {} : { ip: options.ip }), port: options.port };
  const udp = udpOpen(ns, { ...bound, process: options.name });
  if (isErrno(udp)) return udp;
  const tcp = tcpListen(ns, { ...bound, process: options.name });
  if (isErrno(tcp)) {
    udp.close();
    return tcp;
  }
  return new SocketListener(ns, udp, tcp, options);
}

class SocketListener implements DnsListener {
  readonly #ns: NetNs;
  readonly #udp: UdpSocket;
  readonly #tcp: TcpListener;
  readonly #options: ListenOptions;
  readonly #processes = new Set<Process<void>>();
  #isClosed = false;

  constructor(ns: NetNs, udp: UdpSocket, tcp: TcpListener, options: ListenOptions) {
    this.#ns = ns;
    this.#udp = udp;
    this.#tcp = tcp;
    this.#options = options;
    this.#spawn('udp', this.#serveUdp());
    this.#spawn('tcp', this.#acceptTcp());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#udp.close();
    this.#tcp.close();
    for (const process of this.#processes.values().toArray()) process.cancel();
    this.#processes.clear();
  }

  #spawn(what: string, proc: Proc): void {
    const running: { process?: Process<void> } = {};
    const process = this.#ns.sim.spawn(
      `${this.#options.name} ${what}`,
      this.#tracked(proc, running),
    );
    running.process = process;
    this.#processes.add(process);
  }

  /** Forgets the process when it ends; it takes its first step only after it is known. */
  *#tracked(proc: Proc, running: { readonly process?: Process<void> }): Proc {
    try {
      yield* proc;
    } finally {
      if (running.process !== undefined) this.#processes.delete(running.process);
    }
  }

  *#serveUdp(): Proc {
    for (;;) {
      const datagram = yield* this.#udp.recv();
      if (datagram === 'EBADF') return;
      if (typeof datagram !== 'string') this.#spawn('query', this.#answerUdp(datagram));
    }
  }

  *#answerUdp(datagram: UdpDatagram): Proc {
    const { fromIp, fromPort, toIp, traceId } = datagram;
    const client = { clientIp: fromIp, clientPort: fromPort, traceId };
    const bytes = yield* this.#answer(datagram.payload, 'udp', client);
    if (bytes === undefined) return;
    this.#udp.sendTo(fromIp, fromPort, payloadFromBytes(bytes), { fromIp: toIp, traceId });
  }

  *#acceptTcp(): Proc {
    for (;;) {
      const conn = yield* this.#tcp.accept();
      if (typeof conn === 'string') return;
      this.#spawn('connection', this.#serveConnection(conn));
    }
  }

  *#serveConnection(conn: TcpConn): Proc {
    const client = { clientIp: conn.remoteIp, clientPort: conn.remotePort, traceId: 0 };
    const reader = new TcpMessageReader(conn);
    try {
      for (;;) {
        const message = yield* reader.read(TCP_IDLE_NS);
        if (typeof message === 'string') return;
        const bytes = yield* this.#answer(message, 'tcp', client);
        if (bytes !== undefined && conn.send(frameTcpMessage(bytes)) !== undefined) return;
      }
    } finally {
      conn.close();
    }
  }

  *#answer(
    payload: Payload,
    transport: 'udp' | 'tcp',
    client: Pick<DnsRequest, 'clientIp' | 'clientPort' | 'traceId'>,
  ): Proc<Uint8Array | undefined> {
    const message = decodeDns(payloadBytes(payload));
    // What is no query gets no answer, as in miekg/dns.
    if (message === undefined || message.isResponse) return undefined;
    const question = message.questions[0];
    if (question === undefined || message.questions.length !== 1) {
      return encodeReply(dnsResponseTo(message, 'FORMERR'), transport);
    }
    const lenBytes = payload.lenBytes;
    const request = { message, question, transport, lenBytes, depth: 0, ...client };
    const reply = yield* this.#options.answer(request);
    return reply === undefined ? undefined : encodeReply(reply, transport);
  }
}
