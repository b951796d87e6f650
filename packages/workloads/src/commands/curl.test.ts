/**
 * curl against servers that answer, refuse, reset, stall and stop half-way. Texts as curl 7.88.1 prints them.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NS_PER_MS, NS_PER_SEC } from '@podwire/base';
import { sleep } from '@podwire/engine';
import { type HttpResponse, type TcpConn, httpServe } from '@podwire/netstack';
import { emitHttpHead, HttpHeaders, payloadFromText, payloadOfFill } from '@podwire/wire';
import { TestPods } from '../test-pods.ts';
import { expandUrl, parseCurlOptions } from './curl-options.ts';
import { five } from './curl-report.ts';
import { base64 } from './curl-request.ts';

function world(): { pods: TestPods; curl: (line: string) => ReturnType<TestPods['exec']> } {
  const pods = new TestPods(['client', 'server']);
  const client = pods.client('client');
  httpServe(pods.host('server').ns, { port: 80 }, function* (request, conn) {
    return yield* answer(request.path, request.method, conn);
  });
  return { pods, curl: (line) => pods.exec(client, line) };
}

function* answer(path: string, method: string, conn: TcpConn) {
  const ok = (body: string): HttpResponse => ({
    status: 200,
    headers: [['Content-Type', 'text/plain']],
    body: payloadFromText(body),
  });
  switch (path) {
    case '/':
      return ok('hello\n');
    case '/method':
      return ok(`${method}\n`);
    case '/slow':
      yield* sleep(3 * NS_PER_SEC);
      return ok('late\n');
    case '/empty':
      conn.close();
      return undefined;
    case '/reset':
      conn.abort();
      return undefined;
    case '/partial':
      conn.send(
        emitHttpHead({
          kind: 'response',
          version: 'HTTP/1.1',
          status: 200,
          reason: 'OK',
          headers: new HttpHeaders([['Content-Length', '100']]),
        }),
      );
      conn.send(payloadFromText('abc'));
      conn.close();
      return undefined;
    case '/moved':
      return { status: 302, headers: [['Location', '/method']] as const };
    case '/big':
      return { status: 200, body: payloadOfFill(1_000_000) };
    case '/chunked':
      return {
        status: 200,
        body: function* (write: (payload: ReturnType<typeof payloadFromText>) => unknown) {
          write(payloadFromText('one '));
          yield* sleep(NS_PER_MS);
          write(payloadFromText('two\n'));
        },
      };
    default:
      return { status: 404, body: payloadFromText('nope') };
  }
}

describe('curl', () => {
  const rows: readonly {
    readonly name: string;
    readonly line: string;
    readonly code: number;
    readonly out?: string;
    readonly err?: string | RegExp;
  }[] = [
    { name: '200', line: 'curl -s http://server/', code: 0, out: 'hello\n', err: '' },
    { name: 'no scheme', line: 'curl -s server', code: 0, out: 'hello\n' },
    {
      name: 'refused',
      line: 'curl -sS http://server:81/',
      code: 7,
      err: "curl: (7) Failed to connect to server port 81 after 0 ms: Couldn't connect to server\n",
    },
    { name: 'silent refusal', line: 'curl -s http://server:81/', code: 7, err: '' },
    {
      name: 'no route',
      line: 'curl -sS http://192.0.2.1/',
      code: 7,
      err: "curl: (7) Failed to connect to 192.0.2.1 port 80 after 0 ms: Couldn't connect to server\n",
    },
    {
      name: 'no neighbour',
      line: 'curl -sSv http://10.244.0.99/',
      code: 7,
      err: /connect to 10\.244\.0\.99 port 80 failed: No route to host\n.*after 3\d\d\d ms: Couldn't connect/s,
    },
    {
      name: 'answer too late',
      line: 'curl -sS -m 2 http://server/slow',
      code: 28,
      err: 'curl: (28) Operation timed out after 2001 milliseconds with 0 bytes received\n',
    },
    { name: 'late but in time', line: 'curl -sS -m 5 http://server/slow', code: 0, out: 'late\n' },
    {
      name: 'closed without a byte',
      line: 'curl -sS http://server/empty',
      code: 52,
      err: 'curl: (52) Empty reply from server\n',
    },
    {
      name: 'reset',
      line: 'curl -sS http://server/reset',
      code: 56,
      err: 'curl: (56) Recv failure: Connection reset by peer\n',
    },
    {
      name: 'cut short',
      line: 'curl -sS http://server/partial',
      code: 18,
      out: 'abc',
      err: 'curl: (18) transfer closed with 97 bytes remaining to read\n',
    },
    {
      name: 'TLS to plain text',
      line: 'curl -sS https://server:80/',
      code: 35,
      err: 'curl: (35) OpenSSL/3.0.22: error:0A00010B:SSL routines::wrong version number\n',
    },
    {
      name: '-f',
      line: 'curl -sS -f http://server/no',
      code: 22,
      out: '',
      err: 'curl: (22) The requested URL returned error: 404\n',
    },
    { name: '404 without -f', line: 'curl -sS http://server/no', code: 0, out: 'nope' },
    {
      name: 'redirect shown',
      line: "curl -s -o /dev/null -w '%{http_code} %{redirect_url}' http://server/moved",
      code: 0,
      out: '302 http://server/method',
    },
    { name: '-L', line: 'curl -sL http://server/moved', code: 0, out: 'GET\n' },
    { name: '-X', line: 'curl -s -X PUT http://server/method', code: 0, out: 'PUT\n' },
    { name: '-d', line: 'curl -s -d a=b http://server/method', code: 0, out: 'POST\n' },
    { name: 'chunked', line: 'curl -s http://server/chunked', code: 0, out: 'one two\n' },
    {
      name: 'globbing on one connection',
      line: "curl -s -o /dev/null -w '%{num_connects}' 'http://server/?[1-3]'",
      code: 0,
      out: '100',
    },
    {
      name: '-w sizes',
      line: "curl -s -o /dev/null -w '%{size_download} %{remote_ip}:%{remote_port}\\n' http://server/big",
      code: 0,
      out: '1000000 10.244.0.3:80\n',
    },
    {
      name: '--resolve',
      line: 'curl -s --resolve web.example.org:80:10.244.0.3 http://web.example.org/',
      code: 0,
      out: 'hello\n',
    },
    {
      name: '--interface of another host',
      line: 'curl -sS --interface 9.9.9.9 http://server/',
      code: 45,
      err: 'curl: (45) bind failed with errno 99: Cannot assign requested address\n',
    },
    {
      name: 'unknown option',
      line: 'curl --foo http://server/',
      code: 2,
      err: "curl: option --foo: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
    },
    {
      name: 'no URL',
      line: 'curl',
      code: 2,
      err: "curl: try 'curl --help' or 'curl --manual' for more information\n",
    },
    {
      name: 'bad number',
      line: 'curl -m abc http://server',
      code: 2,
      err: /option -m: expected a proper numerical parameter/,
    },
    {
      name: 'other protocol',
      line: 'curl -sS ftp2://server/',
      code: 1,
      err: 'curl: (1) Protocol "ftp2" not supported or disabled in libcurl\n',
    },
    {
      name: 'bad port',
      line: 'curl -sS http://server:99999/',
      code: 3,
      err: 'curl: (3) URL using bad/illegal format or missing URL\n',
    },
  ];
  const { curl } = world();
  for (const row of rows) {
    test(row.name, () => {
      const result = curl(row.line);
      assert.equal(result.exitCode, row.code, result.stderr);
      if (row.out !== undefined) assert.equal(result.stdout, row.out);
      if (typeof row.err === 'string') assert.equal(result.stderr, row.err);
      else if (row.err !== undefined) assert.match(result.stderr, row.err);
    });
  }

  test('-v line by line, two URLs on one connection', () => {
    const result = curl('curl -sv http://server/ http://server/method');
    assert.deepEqual(result.stderr.replaceAll('\r', '').split('\n'), [
      '*   Trying 10.244.0.3:80...',
      '* Connected to server (10.244.0.3) port 80 (#0)',
      '> GET / HTTP/1.1',
      '> Host: server',
      '> User-Agent: curl/7.88.1',
      '> Accept: */*',
      '> ',
      '< HTTP/1.1 200 OK',
      '< Content-Type: text/plain',
      '< Content-Length: 6',
      '< ',
      '{ [6 bytes data]',
      '* Connection #0 to host server left intact',
      '* Found bundle for host: 0x55d5a4e3f2c0 [serially]',
      '* Can not multiplex, even if we wanted to',
      '* Re-using existing connection #0 with host server',
      '> GET /method HTTP/1.1',
      '> Host: server',
      '> User-Agent: curl/7.88.1',
      '> Accept: */*',
      '> ',
      '< HTTP/1.1 200 OK',
      '< Content-Type: text/plain',
      '< Content-Length: 4',
      '< ',
      '{ [4 bytes data]',
      '* Connection #0 to host server left intact',
      '',
    ]);
  });

  test('the progress meter is on without a terminal', () => {
    const result = curl('curl http://server/');
    assert.match(
      result.stderr,
      /^ {2}% Total {4}% Received % Xferd .*\n.*\n\r {2}0 {5}0.*\r100 {5}6 {2}100 {5}6 /,
    );
  });

  test('-i and -I show heads as they came', () => {
    assert.match(
      curl('curl -si http://server/').stdout,
      /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/plain\r\nContent-Length: 6\r\n\r\nhello\n$/,
    );
    assert.match(curl('curl -sI http://server/').stdout, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n$/s);
  });

  test('-o writes a file', () => {
    assert.equal(curl('curl -s -o /tmp/page http://server/ && cat /tmp/page').stdout, 'hello\n');
  });
});

describe('curl to a host that never answers', () => {
  const pods = new TestPods(['client', 'server']);
  const client = pods.client('client');
  // A neighbour that is known and gone: every SYN is lost.
  pods.exec(client, 'true');
  pods.execArgv(client, [
    'ip',
    'neigh',
    'add',
    '10.244.0.77',
    'lladdr',
    '02:00:00:00:99:99',
    'dev',
    'eth0',
  ]);
  const rows: readonly (readonly [string, number, string])[] = [
    [
      'curl -sS -m 3 http://10.244.0.77/',
      28,
      'curl: (28) Connection timed out after 3000 milliseconds\n',
    ],
    [
      'curl -sS --connect-timeout 1.15 http://10.244.0.77/',
      28,
      'curl: (28) Failed to connect to 10.244.0.77 port 80 after 1150 ms: Timeout was reached\n',
    ],
    [
      'curl -sS http://10.244.0.77/',
      28,
      "curl: (28) Failed to connect to 10.244.0.77 port 80 after 134120 ms: Couldn't connect to server\n",
    ],
    [
      'curl -sS http://nope.phpweb/ -m 2',
      28,
      'curl: (28) Resolving timed out after 2001 milliseconds\n',
    ],
  ];
  for (const [line, code, text] of rows) {
    test(line, () => {
      const result = pods.exec(client, line);
      assert.deepEqual([result.exitCode, result.stderr], [code, text]);
    });
  }
});

describe('parts', () => {
  test('options', () => {
    const options = parseCurlOptions(['-sSvm', '2', '-Hfoo: bar', '--no-silent', 'u']);
    assert.ok(typeof options !== 'string');
    assert.deepEqual(
      [options.isSilent, options.showsError, options.maxTimeSec, options.headers, options.urls],
      [false, true, 2, ['foo: bar'], ['u']],
    );
  });

  test('globbing', () => {
    assert.deepEqual(expandUrl('http://h/[08-10]{a,b}'), [
      'http://h/08a',
      'http://h/08b',
      'http://h/09a',
      'http://h/09b',
      'http://h/10a',
      'http://h/10b',
    ]);
  });

  test('sizes in five columns', () => {
    assert.deepEqual(
      [five(6), five(99_999), five(200_000), five(20 * 1024 * 1024)],
      ['    6', '99999', ' 195k', '20.0M'],
    );
  });

  test('base64', () => {
    assert.deepEqual(['a:b', 'ab:c', 'abc:d'].map(base64), ['YTpi', 'YWI6Yw==', 'YWJjOmQ=']);
  });
});
