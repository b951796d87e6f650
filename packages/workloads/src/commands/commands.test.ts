/**
 * Output of the commands people type, against a small world of pods and a DNS server.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NS_PER_SEC, ip } from '@podwire/base';
import { udpOpen } from '@podwire/netstack';
import {
  type DnsRecord,
  decodeDns,
  dnsResponseTo,
  encodeDns,
  payloadBytes,
  payloadFromBytes,
} from '@podwire/wire';
import type { NodeTools } from '../context.ts';
import { runCommand } from '../run-command.ts';
import { startSshd } from '../servers/sshd.ts';
import { TestPods } from '../test-pods.ts';
import { formatRecord, reverseName } from './dig.ts';
import { formatReply } from './redis-cli.ts';

const RECORDS: readonly DnsRecord[] = [
  address('web.default.svc.cluster.local.', '10.244.0.3'),
  {
    name: '3.0.244.10.in-addr.arpa.',
    type: 'PTR',
    class: 'IN',
    ttlSec: 30,
    data: { kind: 'name', target: 'web.default.svc.cluster.local.' },
  },
  {
    name: '_http._tcp.web.default.svc.cluster.local.',
    type: 'SRV',
    class: 'IN',
    ttlSec: 30,
    data: {
      kind: 'srv',
      priority: 0,
      weight: 100,
      port: 80,
      target: 'web.default.svc.cluster.local.',
    },
  },
];

function address(name: string, text: string): DnsRecord {
  return { name, type: 'A', class: 'IN', ttlSec: 30, data: { kind: 'address', ip: ip(text) } };
}

/** Pods `client`, `server` and a `dns` that knows RECORDS. */
function world(): TestPods {
  const pods = new TestPods(['client', 'server', 'dns']);
  const ns = pods.host('dns').ns;
  const socket = udpOpen(ns, { port: 53 });
  assert.ok(typeof socket !== 'string');
  ns.sim.spawn(
    'dns',
    (function* () {
      for (;;) {
        const received = yield* socket.recv();
        if (typeof received === 'string') continue;
        const query = decodeDns(payloadBytes(received.payload));
        const question = query?.questions[0];
        if (query === undefined || question === undefined) continue;
        const named = RECORDS.filter((record) => record.name === question.name.toLowerCase());
        const answers = named.filter((record) => record.type === question.type);
        const reply = {
          ...dnsResponseTo(query, named.length > 0 ? 'NOERROR' : 'NXDOMAIN'),
          authoritative: true,
          answers,
        };
        socket.sendTo(received.fromIp, received.fromPort, payloadFromBytes(encodeDns(reply)));
      }
    })(),
  );
  return pods;
}

const RESOLV = `nameserver 10.244.0.4
search default.svc.cluster.local svc.cluster.local cluster.local
options ndots:5
`;

function clientOf(pods: TestPods, image = 'ubuntu') {
  return pods.start('client', {
    image,
    command: ['sleep', 'infinity'],
    more: { resolvConf: RESOLV },
  });
}

describe('output', () => {
  const pods = world();
  pods.start('server', { image: 'nginx' });
  const distro = clientOf(pods);
  const busybox = clientOf(pods, 'busybox');
  pods.lab.world.runFor(NS_PER_SEC);

  const rows: readonly (readonly [
    string,
    'distro' | 'busybox',
    number,
    string | RegExp,
    (string | RegExp)?,
  ])[] = [
    ['dig +short web.default.svc.cluster.local', 'distro', 0, '10.244.0.3\n'],
    ['dig +search +short web', 'distro', 0, '10.244.0.3\n'],
    ['dig +short web', 'distro', 0, ''],
    ['dig -x 10.244.0.3 +short', 'distro', 0, 'web.default.svc.cluster.local.\n'],
    [
      'dig +short SRV _http._tcp.web.default.svc.cluster.local',
      'distro',
      0,
      '0 100 80 web.default.svc.cluster.local.\n',
    ],
    [
      'dig web.default.svc.cluster.local A',
      'distro',
      0,
      /^\n; <<>> DiG 9\.18\.\S+ <<>> web\.default\.svc\.cluster\.local A\n;; global options: \+cmd\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: \d+\n;; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0\n;; WARNING: recursion requested but not available\n\n;; QUESTION SECTION:\n;web\.default\.svc\.cluster\.local\.\tIN\tA\n\n;; ANSWER SECTION:\nweb\.default\.svc\.cluster\.local\. 30 IN\tA\t10\.244\.0\.3\n\n;; Query time: \d+ msec\n;; SERVER: 10\.244\.0\.4#53\(10\.244\.0\.4\) \(UDP\)\n;; WHEN: Thu Jan 01 00:00:\d\d UTC 2026\n;; MSG SIZE {2}rcvd: \d+\n\n$/,
    ],
    ['dig nope.example.org', 'distro', 0, /status: NXDOMAIN/],
    [
      'dig +time=1 +tries=1 @10.244.0.3 x.example.org',
      'distro',
      9,
      /^;; communications error to 10\.244\.0\.3#53: connection refused\n\n; <<>> DiG .*\n;; no servers could be reached\n$/s,
    ],
    ['dig +nosuch x', 'distro', 1, '', /^Invalid option: \+nosuch/],
    [
      'nslookup web',
      'distro',
      0,
      /^;; Got recursion not available from 10\.244\.0\.4\nServer:\t\t10\.244\.0\.4\nAddress:\t10\.244\.0\.4#53\n\nName:\tweb\.default\.svc\.cluster\.local\nAddress: 10\.244\.0\.3\n;; Got recursion.*\n\n$/,
    ],
    [
      'nslookup nope.phpweb',
      'distro',
      1,
      /^(?:;; Got recursion not available from 10\.244\.0\.4\n)+Server:\t\t10\.244\.0\.4\nAddress:\t10\.244\.0\.4#53\n\n\*\* server can't find nope\.phpweb: NXDOMAIN\n\n$/,
    ],
    [
      'nslookup 10.244.0.3',
      'distro',
      0,
      ';; Got recursion not available from 10.244.0.4\n3.0.244.10.in-addr.arpa\tname = web.default.svc.cluster.local.\n\n',
    ],
    [
      'nslookup web',
      'busybox',
      1,
      /Name:\tweb\.default\.svc\.cluster\.local\nAddress: 10\.244\.0\.3\n/,
    ],
    ['host web', 'distro', 0, 'web.default.svc.cluster.local has address 10.244.0.3\n'],
    ['host nope', 'distro', 1, 'Host nope not found: 3(NXDOMAIN)\n'],
    ['getent hosts web', 'distro', 0, '10.244.0.3      web.default.svc.cluster.local\n'],
    ['getent hosts nope', 'distro', 2, ''],
    [
      'getent ahostsv4 web',
      'distro',
      0,
      '10.244.0.3      STREAM web.default.svc.cluster.local\n10.244.0.3      DGRAM  \n10.244.0.3      RAW    \n',
    ],
    [
      'ping -c 2 10.244.0.3',
      'distro',
      0,
      /^PING 10\.244\.0\.3 \(10\.244\.0\.3\) 56\(84\) bytes of data\.\n64 bytes from 10\.244\.0\.3: icmp_seq=1 ttl=64 time=0\.\d+ ms\n64 bytes from 10\.244\.0\.3: icmp_seq=2 ttl=64 time=0\.\d+ ms\n\n--- 10\.244\.0\.3 ping statistics ---\n2 packets transmitted, 2 received, 0% packet loss, time 10\d\dms\nrtt min\/avg\/max\/mdev = [\d./]+ ms\n$/,
    ],
    [
      'ping -c 1 web',
      'distro',
      0,
      /^PING web\.default\.svc\.cluster\.local \(10\.244\.0\.3\) 56\(84\) bytes of data\.\n64 bytes from web\.default\.svc\.cluster\.local \(10\.244\.0\.3\): icmp_seq=1 ttl=64/,
    ],
    [
      'ping -c 1 web',
      'busybox',
      0,
      /^PING web \(10\.244\.0\.3\): 56 data bytes\n64 bytes from 10\.244\.0\.3: seq=0 ttl=64 time=0\.\d{3} ms\n\n--- web ping statistics ---\n1 packets transmitted, 1 packets received, 0% packet loss\nround-trip min\/avg\/max = /,
    ],
    [
      'ping -c 1 -W 1 10.244.0.99',
      'distro',
      1,
      /From 10\.244\.0\.2 icmp_seq=1 Destination Host Unreachable|1 packets transmitted, 0 received, 100% packet loss/,
    ],
    [
      'ping -c 1 -M do -s 1473 10.244.0.3',
      'distro',
      1,
      /1 packets transmitted, 0 received, \+1 errors, 100% packet loss, time \d+ms\n\n$/,
      'ping: local error: message too long, mtu=1500\n',
    ],
    ['ping -c 1 192.0.2.1', 'distro', 2, '', 'ping: connect: Network is unreachable\n'],
    ['ping nope', 'distro', 2, '', 'ping: nope: Name or service not known\n'],
    ['ping nope', 'busybox', 1, '', "ping: bad address 'nope'\n"],
    ['ping', 'distro', 1, '', 'ping: usage error: Destination address required\n'],
    ['ping -Z x', 'distro', 2, '', /^ping: invalid option -- 'Z'\n/],
    [
      'traceroute -n 10.244.0.3',
      'distro',
      0,
      /^traceroute to 10\.244\.0\.3 \(10\.244\.0\.3\), 30 hops max, 60 byte packets\n 1 {2}10\.244\.0\.3 {2}0\.\d{3} ms {2}0\.\d{3} ms {2}0\.\d{3} ms\n$/,
    ],
    ['traceroute -I -n -q 1 10.244.0.3', 'distro', 0, /\n 1 {2}10\.244\.0\.3 {2}0\.\d{3} ms\n$/],
    [
      'nc -zv 10.244.0.3 80',
      'distro',
      0,
      '',
      'Connection to 10.244.0.3 80 port [tcp/http] succeeded!\n',
    ],
    [
      'nc -zv 10.244.0.3 81',
      'distro',
      1,
      '',
      'nc: connect to 10.244.0.3 port 81 (tcp) failed: Connection refused\n',
    ],
    ['nc -zvu 10.244.0.3 81', 'distro', 1, ''],
    ['nc -zv web 80', 'busybox', 0, '', 'web (10.244.0.3:80) open\n'],
    ['nc -zv web 81', 'busybox', 1, '', 'nc: web (10.244.0.3:81): Connection refused\n'],
    ['wget -qO- http://web/ | head -1', 'distro', 0, '<!DOCTYPE html>\n'],
    ['wget -qO- http://web/ | head -1', 'busybox', 0, '<!DOCTYPE html>\n'],
    [
      'wget -O- http://10.244.0.3:81/',
      'distro',
      4,
      '',
      /^--2026-01-01 00:0\d:\d\d-- {2}http:\/\/10\.244\.0\.3:81\/\nConnecting to 10\.244\.0\.3:81\.\.\. failed: Connection refused\.\n$/,
    ],
    [
      'wget -O- http://web:81/',
      'busybox',
      1,
      '',
      "Connecting to web:81 (10.244.0.3:81)\nwget: can't connect to remote host (10.244.0.3): Connection refused\n",
    ],
    [
      'wget -qO- http://web/nope',
      'busybox',
      1,
      '',
      'wget: server returned error: HTTP/1.1 404 Not Found\n',
    ],
    ['cat /etc/resolv.conf', 'distro', 0, RESOLV],
    ['cat /nosuch', 'busybox', 1, '', "cat: can't open '/nosuch': No such file or directory\n"],
    ['hostname; hostname -i', 'distro', 0, 'client\n10.244.0.2\n'],
    ['hostname -I', 'distro', 0, '10.244.0.2 \n'],
    [
      'ip route',
      'distro',
      0,
      /^10\.244\.0\.0\/24 dev eth0 proto kernel scope link src 10\.244\.0\.2/,
    ],
    ['date +%F', 'distro', 0, '2026-01-01\n'],
    ['uname -n', 'distro', 0, 'client\n'],
    ['ps', 'busybox', 0, /^PID {3}USER {5}TIME {2}COMMAND\n {4}1 root {6}0:00 sleep infinity\n/],
    ['ls /etc', 'distro', 0, 'hostname\nhosts\nos-release\nresolv.conf\n'],
    ['printenv HOSTNAME', 'distro', 0, 'client\n'],
    ['curl http://x', 'busybox', 127, '', 'sh: curl: not found\n'],
    ['iptables -t nat -L', 'distro', 4, '', /Permission denied \(you must be root\)/],
    ['nft list ruleset', 'distro', 1, '', /not emulated/],
    [
      'netstat -tln',
      'distro',
      0,
      /^Active Internet connections \(only servers\)\nProto Recv-Q Send-Q Local Address {11}Foreign Address {9}State {6}\n/,
    ],
    [
      'redis-cli -h web ping',
      'distro',
      1,
      '',
      'Could not connect to Redis at web:6379: Connection refused\n',
    ],
  ];
  for (const [line, kind, code, out, err] of rows) {
    test(`${kind}: ${line}`, () => {
      const result = pods.exec(kind === 'distro' ? distro : busybox, line);
      if (typeof out === 'string') assert.equal(result.stdout, out, result.stderr);
      else assert.match(result.stdout, out);
      if (typeof err === 'string') assert.equal(result.stderr, err);
      else if (err !== undefined) assert.match(result.stderr, err);
      assert.equal(result.exitCode, code, result.stdout + result.stderr);
    });
  }
});

test('nc -l prints what another nc sends', () => {
  const pods = world();
  const server = pods.start('server', { command: ['sh', '-c', 'nc -l -p 9000'] });
  const client = clientOf(pods);
  pods.exec(client, 'echo hello | nc -N 10.244.0.3 9000');
  pods.lab.world.runFor(NS_PER_SEC);
  assert.equal(server.logs.text(), 'hello\n');
  assert.equal(server.exitCode, 0);
});

test('ssh runs a command on a host', () => {
  const pods = world();
  const node = pods.client('server');
  startSshd(pods.host('server').ns, (argv) => node.exec(argv));
  const client = clientOf(pods);
  const result = pods.exec(client, "ssh root@10.244.0.3 'hostname; exit 5'");
  assert.deepEqual([result.stdout, result.exitCode], ['server\n', 5]);
  const refused = pods.exec(client, 'ssh dns hostname');
  assert.deepEqual(
    [refused.stderr, refused.exitCode],
    ['ssh: connect to host dns port 22: Connection refused\n', 255],
  );
});

test('crictl and docker list what the kubelet runs', () => {
  const pods = new TestPods(['server']);
  const uid = '0f6dc6c2-0000-4000-8000-000000000001';
  const node: NodeTools = {
    criPods: () => [
      {
        id: 'aaaaaaaaaaaaaaaaaaaa',
        createdNs: 0,
        state: 'Ready',
        name: 'web',
        namespace: 'default',
        uid,
        attempt: 0,
      },
    ],
    criContainers: () => [
      {
        id: 'bbbbbbbbbbbbbbbbbbbb',
        image: 'nginx:1.25',
        imageId: 'cccccccccccccccc',
        createdNs: NS_PER_SEC,
        startedNs: NS_PER_SEC,
        state: 'Running',
        name: 'nginx',
        attempt: 0,
        podId: 'aaaaaaaaaaaaaaaaaaaa',
        podName: 'web',
        podNamespace: 'default',
        podUid: uid,
        command: "/docker-entrypoint.sh nginx -g 'daemon off;'",
      },
    ],
  };
  const container = pods.client('server');
  const { commands: _image, ...open } = container.execContext;
  pods.lab.world.runFor(75 * NS_PER_SEC);
  const run = (...argv: string[]): string[] =>
    pods.finish(open.sim.spawn('exec', runCommand({ ...open, node }, argv))).stdout.split('\n');
  assert.match(
    run('crictl', 'ps')[0] ?? '',
    /^CONTAINER +IMAGE +CREATED +STATE +NAME +ATTEMPT +POD ID +POD +NAMESPACE$/,
  );
  assert.match(
    run('crictl', 'ps')[1] ?? '',
    /^bbbbbbbbbbbbb +ccccccccccccc +About a minute ago +Running +nginx +0 +aaaaaaaaaaaaa +web +default$/,
  );
  assert.match(
    run('crictl', 'pods')[1] ?? '',
    /^aaaaaaaaaaaaa +About a minute ago +Ready +web +default +0 +\(default\)$/,
  );
  const docker = run('docker', 'ps');
  assert.match(
    docker[1] ?? '',
    /^bbbbbbbbbbbb +nginx:1\.25 +"\/docker-entrypoint\.…" +About a minute ago +Up About a minute +k8s_nginx_web_default_0f6dc6c2-0000-4000-8000-000000000001_0$/,
  );
  assert.match(docker[2] ?? '', /"\/pause" .* k8s_POD_web_default_/);
});

test('reverse names', () => {
  assert.equal(reverseName('10.96.0.10'), '10.0.96.10.in-addr.arpa.');
  assert.match(
    reverseName('2001:db8::1') ?? '',
    /^1\.0\.0\..*8\.b\.d\.0\.1\.0\.0\.2\.ip6\.arpa\.$/,
  );
  assert.equal(reverseName('x'), undefined);
});

test('records in the columns of dig', () => {
  const record = (name: string): DnsRecord => ({ ...address(name, '10.96.10.20') });
  assert.equal(
    formatRecord(record('hello.phpweb.svc.cluster.local.')),
    'hello.phpweb.svc.cluster.local.\t30 IN\tA\t10.96.10.20\n',
  );
  assert.equal(formatRecord(record('example.com.')), 'example.com.\t\t30\tIN\tA\t10.96.10.20\n');
});

test('redis replies', () => {
  assert.equal(formatReply('+PONG\r\n', false), 'PONG\n');
  assert.equal(formatReply('$-1\r\n', true), '(nil)\n');
  assert.equal(formatReply('*2\r\n$1\r\na\r\n:3\r\n', true), '1) "a"\n2) (integer) 3\n');
  assert.equal(formatReply('$5\r\nab', false), undefined);
});
