/**
 * Containers: what images run, where they listen, what they log, how they end.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NS_PER_SEC } from '@podwire/base';
import { TestPods } from './test-pods.ts';

describe('images answer', () => {
  const rows: readonly {
    readonly image: string;
    readonly args?: readonly string[];
    readonly command?: readonly string[];
    readonly ports?: readonly { port: number; protocol: 'TCP' | 'UDP' }[];
    readonly env?: readonly (readonly [string, string])[];
    readonly curl: string;
    readonly out: string | RegExp;
    readonly log?: RegExp;
  }[] = [
    {
      image: 'nginx:1.25',
      curl: 'curl -s http://server/',
      out: /<h1>Welcome to nginx!<\/h1>/,
      log: /10\.244\.0\.2 - - \[01\/Jan\/2026:00:00:0\d \+0000\] "GET \/ HTTP\/1\.1" 200 615 "-" "curl\/7\.88\.1" "-"\n/,
    },
    {
      image: 'docker.io/library/nginx:1.14.2',
      curl: 'curl -sI http://server/x',
      out: /404 Not Found\r\nServer: nginx\/1\.14\.2\r\n/,
      log: /\[error\] 29#29: \*1 open\(\) "\/usr\/share\/nginx\/html\/x" failed \(2: No such file or directory\), client: 10\.244\.0\.2/,
    },
    {
      image: 'nginx',
      command: [
        'sh',
        '-c',
        "echo v2 > /usr/share/nginx/html/index.html && exec nginx -g 'daemon off;'",
      ],
      curl: 'curl -s http://server/',
      out: 'v2\n',
    },
    {
      image: 'httpd:2.4',
      curl: 'curl -s http://server/',
      out: '<html><body><h1>It works!</h1></body></html>\n',
      log: /10\.244\.0\.2 - - \[.*\] "GET \/ HTTP\/1\.1" 200 45\n/,
    },
    {
      image: 'hashicorp/http-echo',
      args: ['-text=hello', '-listen=:8081'],
      curl: 'curl -s http://server:8081/',
      out: 'hello\n',
      log: /"GET \/ HTTP\/1\.1" 200 6 "curl\/7\.88\.1"/,
    },
    {
      image: 'registry.k8s.io/e2e-test-images/agnhost:2.53',
      args: ['netexec', '--http-port=8080'],
      curl: 'curl -s http://server:8080/hostname',
      out: 'server',
      log: /Started HTTP server on port 8080\n(.*\n)*.*GET \/hostname/,
    },
    {
      image: 'agnhost',
      args: ['netexec'],
      curl: "curl -s 'http://server:8080/echo?msg=a%20b'",
      out: 'a b',
    },
    {
      image: 'agnhost',
      args: ['netexec'],
      curl: 'curl -s http://server:8080/clientip',
      out: /^10\.244\.0\.2:\d+$/,
    },
    {
      image: 'agnhost',
      args: ['netexec'],
      curl: 'echo hostname | nc -u -w 1 server 8081',
      out: 'server',
    },
    {
      image: 'agnhost',
      args: ['netexec'],
      curl: "curl -s 'http://server:8080/dial?host=127.0.0.1&port=8080&protocol=http&request=hostname'",
      out: '{"responses":["server"]}',
    },
    {
      image: 'agnhost',
      args: ['serve-hostname', '--port', '9000'],
      curl: 'curl -s http://server:9000/',
      out: 'server',
    },
    {
      image: 'traefik/whoami',
      curl: 'curl -s http://server/',
      out: /^Hostname: server\nIP: 127\.0\.0\.1\nIP: 10\.244\.0\.3\nRemoteAddr: 10\.244\.0\.2:\d+\nGET \/ HTTP\/1\.1\nHost: server\n/,
    },
    {
      image: 'openshift/hello-openshift',
      curl: 'curl -s http://server:8080/',
      out: 'Hello OpenShift!\n',
      log: /serving on 8080\nserving on 8888\nServicing request\./,
    },
    {
      image: 'python:3.12',
      command: ['python3', '-m', 'http.server', '8000'],
      curl: 'curl -s -o /dev/null -w %{http_code} http://server:8000/',
      out: '200',
      log: /Serving HTTP on 0\.0\.0\.0 port 8000 \(http:\/\/0\.0\.0\.0:8000\/\) \.\.\.\n10\.244\.0\.2 - - \[01\/Jan\/2026 00:00:0\d\] "GET \/ HTTP\/1\.1" 200 -\n/,
    },
    {
      image: 'busybox',
      command: ['sh', '-c', 'echo hi > /index.html; httpd -f -p 8080'],
      curl: 'curl -s http://server:8080/',
      out: 'hi\n',
    },
    {
      image: 'redis:7',
      curl: 'redis-cli -h server ping; redis-cli -h server set a 1; redis-cli -h server incr a',
      out: 'PONG\nOK\n2\n',
      log: /Ready to accept connections/,
    },
    {
      image: 'registry.example.org/team/shop:v3',
      ports: [
        { port: 8080, protocol: 'TCP' },
        { port: 5353, protocol: 'UDP' },
      ],
      curl: 'curl -s http://server:8080/any; echo x | nc -u -w 1 server 5353',
      out: 'serverserver',
    },
    {
      image: 'postgres:16',
      env: [['POSTGRES_PASSWORD', 'x']],
      curl: 'nc -zv server 5432 2>&1',
      out: 'Connection to server (10.244.0.3) 5432 port [tcp/postgresql] succeeded!\n',
    },
  ];
  for (const row of rows) {
    test(`${row.image} ${[...(row.command ?? []), ...(row.args ?? [])].join(' ')}: ${row.curl}`, () => {
      const pods = new TestPods(['client', 'server']);
      const server = pods.start('server', row);
      pods.lab.world.runFor(NS_PER_SEC);
      assert.equal(server.startError, undefined);
      const result = pods.exec(pods.client('client'), row.curl);
      if (typeof row.out === 'string') assert.equal(result.stdout, row.out, result.stderr);
      else assert.match(result.stdout, row.out);
      if (row.log !== undefined) assert.match(server.logs.text(), row.log);
    });
  }
});

describe('how containers end', () => {
  const rows: readonly {
    readonly name: string;
    readonly image: string;
    readonly command?: readonly string[];
    readonly args?: readonly string[];
    /** Seconds until it ends, with TERM sent after 5 and KILL after 35. */
    readonly endsSec: number;
    readonly code: number;
    readonly log?: RegExp;
  }[] = [
    { name: 'sleep N ends with 0', image: 'busybox', command: ['sleep', '3'], endsSec: 3, code: 0 },
    { name: 'sh ends at once without input', image: 'busybox', endsSec: 0, code: 0 },
    {
      name: 'exit N',
      image: 'busybox',
      command: ['sh', '-c', 'echo bye; exit 3'],
      endsSec: 0,
      code: 3,
      log: /^bye\n$/,
    },
    {
      name: 'sleep as process 1 ignores TERM',
      image: 'ubuntu',
      command: ['sleep', 'infinity'],
      endsSec: 35,
      code: 137,
    },
    {
      name: 'so does a shell loop',
      image: 'ubuntu',
      command: ['sh', '-c', 'while true; do sleep 1; done'],
      endsSec: 35,
      code: 137,
    },
    {
      name: 'unless it traps',
      image: 'ubuntu',
      command: ['sh', '-c', "trap 'echo term; exit 0' TERM; while true; do sleep 1; done"],
      endsSec: 6,
      code: 0,
      log: /term/,
    },
    { name: 'nginx ends by its signal', image: 'nginx', endsSec: 5, code: 0 },
    { name: 'a Go program ends with 2', image: 'agnhost', args: ['netexec'], endsSec: 5, code: 2 },
    {
      name: 'agnhost delays its end',
      image: 'agnhost',
      args: ['netexec', '--delay-shutdown=10'],
      endsSec: 15,
      code: 0,
    },
    { name: 'pause ends', image: 'registry.k8s.io/pause:3.10', endsSec: 5, code: 0 },
    {
      name: 'python has no handler',
      image: 'python',
      command: ['python3', '-m', 'http.server'],
      endsSec: 35,
      code: 137,
    },
    {
      name: 'mysql wants a password',
      image: 'mysql:8',
      endsSec: 0,
      code: 1,
      log: /MYSQL_ROOT_PASSWORD/,
    },
    {
      name: 'http-echo wants a text',
      image: 'hashicorp/http-echo',
      endsSec: 0,
      code: 127,
      log: /Missing -text option!/,
    },
    {
      name: 'tail -f /dev/null stays',
      image: 'ubuntu',
      command: ['tail', '-f', '/dev/null'],
      endsSec: 35,
      code: 137,
    },
  ];
  for (const row of rows) {
    test(row.name, () => {
      const pods = new TestPods(['server']);
      const container = pods.start('server', row);
      pods.lab.world.runFor(4.9 * NS_PER_SEC);
      if (row.endsSec < 5) assert.equal(container.exitCode, row.code);
      else assert.equal(container.exitCode, undefined, container.logs.text());
      pods.lab.world.run(5 * NS_PER_SEC);
      container.stop('TERM', 30 * NS_PER_SEC);
      pods.lab.world.run(60 * NS_PER_SEC);
      assert.equal(container.exitCode, row.code);
      const endedSec = Math.ceil(Math.max(container.finishedNs / NS_PER_SEC - 0.001, 0));
      assert.equal(endedSec, row.endsSec);
      if (row.log !== undefined) assert.match(container.logs.text(), row.log);
    });
  }
});

test('two containers on one port: the second one says so and ends with 1', () => {
  const pods = new TestPods(['server']);
  pods.start('server', { image: 'nginx' });
  const second = pods.start('server', { image: 'nginx' });
  pods.lab.world.runFor(3 * NS_PER_SEC);
  assert.equal(second.exitCode, 1);
  const lines = second.logs
    .text()
    .split('\n')
    .filter((line) => line.startsWith('nginx: [emerg]'));
  assert.equal(lines[0], 'nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)');
  assert.equal(lines.length, 6);
  assert.equal(lines[5], 'nginx: [emerg] still could not bind()');
});

test('killed servers give their ports back', () => {
  const pods = new TestPods(['server']);
  const first = pods.start('server', { image: 'agnhost', args: ['netexec'] });
  pods.lab.world.runFor(NS_PER_SEC);
  first.stop('KILL');
  assert.equal(first.exitCode, 137);
  const second = pods.start('server', { image: 'agnhost', args: ['netexec'] });
  pods.lab.world.runFor(NS_PER_SEC);
  assert.ok(second.isRunning);
});

test('a command that is not there', () => {
  const pods = new TestPods(['server']);
  const missing = pods.start('server', { image: 'busybox', command: ['nosuch'] });
  assert.equal(missing.exitCode, 128);
  assert.match(
    missing.startError ?? '',
    /exec: "nosuch": executable file not found in \$PATH: unknown$/,
  );
  const distroless = pods.start('server', { image: 'hashicorp/http-echo', args: ['-text=x'] });
  const result = pods.execArgv(distroless, ['sh', '-c', 'true']);
  assert.equal(
    result.runtimeError,
    'OCI runtime exec failed: exec failed: unable to start container process: exec: "sh": executable file not found in $PATH: unknown',
  );
});

test('kill 1 ends a program that listens to TERM, and no other', () => {
  const pods = new TestPods(['client', 'server']);
  const nginx = pods.start('server', { image: 'nginx' });
  const sleeper = pods.client('client');
  pods.lab.world.runFor(NS_PER_SEC);
  assert.equal(pods.exec(nginx, 'kill -9 1; kill 1').exitCode, 0);
  assert.equal(pods.exec(sleeper, 'kill 1').exitCode, 0);
  assert.match(pods.exec(sleeper, 'kill 999').stderr, /No such process/);
  pods.lab.world.runFor(NS_PER_SEC);
  assert.equal(nginx.exitCode, 0);
  assert.ok(sleeper.isRunning);
});

test('an unknown image gives a notice', () => {
  const notices: string[] = [];
  const pods = new TestPods(['server']);
  pods.start('server', {
    image: 'example.org/what:1',
    ports: [{ port: 80, protocol: 'TCP' }],
    more: { notice: (text) => notices.push(text) },
  });
  assert.equal(notices.length, 1);
  assert.match(notices[0] ?? '', /example\.org\/what:1/);
});

test('a scenario image answers, delays, fails and calls others', () => {
  const pods = new TestPods(['client', 'front', 'back']);
  pods.start('back', { image: 'hashicorp/http-echo', args: ['-text=from-back', '-listen=:80'] });
  const more = {
    scenarioImages: new Map([
      [
        'shop',
        {
          name: 'shop',
          ports: [{ port: 80, protocol: 'TCP' as const }],
          answers: [
            { path: '/', answer: { body: '{pod}: {calls}\n', delayNs: 2 * NS_PER_SEC } },
            { path: '/teapot', answer: { status: 418, headers: [['X-Kind', 'tea']] as const } },
          ],
          calls: [{ url: 'http://back/' }],
        },
      ],
      ['broken', { name: 'broken', failures: [{ kind: 'reset' as const, ratioPpm: 1_000_000 }] }],
    ]),
  };
  pods.start('front', { image: 'shop', more });
  pods.start('front', { image: 'broken', more, ports: [{ port: 81, protocol: 'TCP' }] });
  const client = pods.client('client');
  const answer = pods.exec(client, "curl -s -w '%{time_total}' http://front/");
  assert.match(answer.stdout, /^front: from-back\n2\.0/);
  assert.match(
    pods.exec(client, 'curl -si http://front/teapot').stdout,
    /^HTTP\/1\.1 418 .*X-Kind: tea/s,
  );
  assert.equal(
    pods.exec(client, 'curl -s http://front/none -o /dev/null -w %{http_code}').stdout,
    '404',
  );
  assert.equal(pods.exec(client, 'curl -s http://front:81/').exitCode, 56);
});
