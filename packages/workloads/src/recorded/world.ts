/**
 * The small world in which real tools were recorded, and in which podwire's are held against them.
 *
 *   client 10.9.1.2 ── router 10.9.1.1 | 10.9.2.1 ── server 10.9.2.2
 *
 * `tools/record/commands.ts` builds it of network namespaces, `recorded.test.ts` of a laboratory. What both
 * must agree on stands here: addresses, rules, the servers' answers, the command lines.
 */
import {
  type DnsData,
  type DnsMessage,
  type DnsRecord,
  decodeDns,
  dnsResponseTo,
  encodeDns,
} from '@podwire/wire';

/** A command line to compare. */
export interface RecordedLine {
  readonly line: string;
  /** Where it is typed; the client unless said. */
  readonly on?: 'client' | 'router' | 'server' | 'busybox';
}

/** What a real tool did. */
export interface Recording extends RecordedLine {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

export interface RecordingFile {
  /** Program → what it says about its version. */
  readonly versions: Readonly<Record<string, string>>;
  readonly recordings: readonly Recording[];
}

export const RESOLV_CONF =
  'nameserver 10.9.2.2\nsearch sub.example.test example.test\noptions timeout:1 attempts:2\n';

export const HOSTS: string =
  '127.0.0.1\tlocalhost\n10.9.2.2\tweb web.example.test\n10.9.2.99\tgone\n' +
  '10.9.2.2\tshop.example.org\n';

/** Routes that the router refuses or swallows; towards the rest it has no route. */
export const ROUTER_ROUTES: readonly string[] = [
  'unreachable 10.9.101.0/24',
  'blackhole 10.9.102.0/24',
  'prohibit 10.9.103.0/24',
];

/** The client's own refusing routes. */
export const CLIENT_ROUTES: readonly string[] = [
  'default via 10.9.1.1',
  'unreachable 10.9.111.0/24',
  'blackhole 10.9.112.0/24',
  'prohibit 10.9.113.0/24',
];

/** MTU of the router's way to 10.9.2.0/24. */
export const NARROW_MTU = 1400;

/** Filter rules of the server. */
export const SERVER_RULES = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 82 -j DROP
-A INPUT -p tcp -m tcp --dport 83 -j REJECT --reject-with icmp-host-prohibited
-A INPUT -p tcp -m tcp --dport 84 -j REJECT --reject-with tcp-reset
-A INPUT -p tcp -m tcp --dport 89 -j REJECT --reject-with icmp-port-unreachable
-A INPUT -p udp -m udp --dport 82 -j DROP
COMMIT
`;

/** Rules of the router, to list them: a service of three chains as kube-proxy writes it. */
export const ROUTER_RULES = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-FORWARD - [0:0]
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SEP-A - [0:0]
:KUBE-SEP-B - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-WEB - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-SEP-A -s 10.9.2.2/32 -m comment --comment "default/web" -j KUBE-MARK-MASQ
-A KUBE-SEP-A -p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination 10.9.2.2:80
-A KUBE-SEP-B -s 10.9.2.2/32 -m comment --comment "default/web" -j KUBE-MARK-MASQ
-A KUBE-SEP-B -p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination 10.9.2.2:80
-A KUBE-SERVICES -d 10.96.0.20/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-WEB
-A KUBE-SVC-WEB ! -s 10.9.1.0/24 -d 10.96.0.20/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-WEB -m comment --comment "default/web -> 10.9.2.2:80" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-A
-A KUBE-SVC-WEB -m comment --comment "default/web -> 10.9.2.2:80" -j KUBE-SEP-B
COMMIT
`;

/** What a server on a port does with a connection. */
export type PortBehaviour = 'http' | 'close' | 'reset' | 'silent' | 'echo';

export const TCP_PORTS: ReadonlyMap<number, PortBehaviour> = new Map([
  [80, 'http'],
  [85, 'close'],
  [86, 'reset'],
  [87, 'silent'],
  [7, 'echo'],
]);

/** UDP ports of the server: an echo, and DNS. */
export const UDP_ECHO_PORT = 7;

/** An answer to one HTTP request, and whether the connection ends behind it. */
export interface CannedAnswer {
  readonly text: string;
  readonly closes: boolean;
}

function answer(status: string, headers: string, body: string): string {
  return `HTTP/1.1 ${status}\r\nServer: canned\r\nContent-Type: text/plain\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** Answers a whole request; `/echo` tells what arrived, byte by byte. */
export function cannedAnswer(request: string): CannedAnswer {
  const [method = '', target = '/'] = request.split(' ');
  const path = target.split('?')[0] ?? '/';
  const kept = (text: string): CannedAnswer => ({
    text: method === 'HEAD' ? text.slice(0, text.indexOf('\r\n\r\n') + 4) : text,
    closes: false,
  });
  switch (path) {
    case '/redirect':
      return kept(answer('302 Found', 'Location: /\r\n', 'moved\n'));
    case '/see-other':
      return kept(answer('303 See Other', 'Location: /echo\r\n', ''));
    case '/temporary':
      return kept(answer('307 Temporary Redirect', 'Location: /echo\r\n', ''));
    case '/moved-away':
      return kept(answer('301 Moved Permanently', 'Location: http://10.9.2.2:81/\r\n', ''));
    case '/loop':
      return kept(answer('302 Found', 'Location: /loop\r\n', ''));
    case '/missing':
      return kept(answer('404 Not Found', '', 'no such page\n'));
    case '/error':
      return kept(answer('503 Service Unavailable', '', 'not now\n'));
    case '/empty':
      return kept('HTTP/1.1 204 No Content\r\nServer: canned\r\n\r\n');
    case '/echo':
      return kept(answer('200 OK', '', request.replaceAll('\r', '')));
    case '/chunked':
      return kept(
        'HTTP/1.1 200 OK\r\nServer: canned\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\n\r\n6\r\nworld\n\r\n0\r\n\r\n',
      );
    case '/bye':
      return { text: answer('200 OK', 'Connection: close\r\n', 'bye\n'), closes: true };
    case '/until-close':
      return { text: 'HTTP/1.0 200 OK\r\nServer: canned\r\n\r\nold\n', closes: true };
    case '/short':
      return {
        text: 'HTTP/1.1 200 OK\r\nServer: canned\r\nContent-Length: 100\r\n\r\nabc',
        closes: true,
      };
    case '/garbage':
      return { text: 'this is no HTTP\r\n', closes: true };
    default:
      return kept(answer('200 OK', '', 'hello\n'));
  }
}

/** Whether the text is a whole request: its head, and as much body as the head promises. */
export function isWholeRequest(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? '0';
  return text.length >= end + 4 + Number(length);
}

const SOA: DnsRecord = {
  name: 'example.test.',
  type: 'SOA',
  class: 'IN',
  ttlSec: 30,
  data: {
    kind: 'soa',
    mname: 'ns.example.test.',
    rname: 'hostmaster.example.test.',
    serial: 7,
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: 30,
  },
};

function record(name: string, type: string, data: DnsData): DnsRecord {
  return { name, type, class: 'IN', ttlSec: 30, data };
}

const RECORDS: readonly DnsRecord[] = [
  record('web.example.test.', 'A', { kind: 'address', ip: 0x0a_09_02_02 }),
  record('two.example.test.', 'A', { kind: 'address', ip: 0x0a_09_02_63 }),
  record('two.example.test.', 'A', { kind: 'address', ip: 0x0a_09_02_02 }),
  record('alias.example.test.', 'CNAME', { kind: 'name', target: 'web.example.test.' }),
  record('_http._tcp.web.example.test.', 'SRV', {
    kind: 'srv',
    priority: 0,
    weight: 50,
    port: 80,
    target: 'web.example.test.',
  }),
  record('text.example.test.', 'TXT', { kind: 'text', texts: ['a text'] }),
  record('2.2.9.10.in-addr.arpa.', 'PTR', { kind: 'name', target: 'web.example.test.' }),
  record('1.1.9.10.in-addr.arpa.', 'PTR', { kind: 'name', target: 'router.example.test.' }),
];

/** The server's DNS: authoritative for example.test, refuses, fails or keeps silent by name. */
export function cannedDns(bytes: Uint8Array): Uint8Array | undefined {
  const query = decodeDns(bytes);
  const question = query?.questions[0];
  if (query === undefined || question === undefined) return undefined;
  const name = question.name.toLowerCase();
  if (name.startsWith('silent.')) return undefined;
  const reply: DnsMessage = {
    ...dnsResponseTo(query),
    authoritative: true,
    recursionAvailable: name.startsWith('ra.'),
    ...(query.edns === undefined
      ? {}
      : { edns: { ...query.edns, udpSizeBytes: 1232, options: [] } }),
  };
  if (name.startsWith('fail.'))
    return encodeDns({ ...reply, authoritative: false, rcode: 'SERVFAIL' });
  if (!/(^|\.)(example\.test|in-addr\.arpa)\.$/.test(name)) {
    return encodeDns({ ...reply, authoritative: false, rcode: 'REFUSED' });
  }
  const own = RECORDS.filter((entry) => entry.name === name);
  const direct = own.filter((entry) => entry.type === question.type || question.type === 'ANY');
  const alias = own.find((entry) => entry.type === 'CNAME');
  const answers =
    direct.length > 0 || alias === undefined
      ? direct
      : [
          alias,
          ...RECORDS.filter(
            (entry) => entry.name === 'web.example.test.' && entry.type === question.type,
          ),
        ];
  if (answers.length > 0) return encodeDns({ ...reply, answers });
  const isKnown = own.length > 0 || name === 'example.test.';
  return encodeDns({
    ...reply,
    rcode: isKnown ? 'NOERROR' : 'NXDOMAIN',
    authorities: [SOA],
  });
}
