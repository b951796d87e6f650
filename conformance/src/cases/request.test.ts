/**
 * Requests of probes: command lines, words behind them, and what is not understood.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Request, parseRequest, splitWords } from './request.ts';

const CONTEXT = { timeoutSec: 2, repeat: 50 };

function parsed(text: string, context: Parameters<typeof parseRequest>[1] = CONTEXT): Request {
  const request = parseRequest(text, context);
  assert.ok(typeof request !== 'string', JSON.stringify(request));
  return request;
}

const ROWS: readonly (readonly [text: string, argv: string])[] = [
  ['curl http://web/', 'curl -sS -v -m 2 http://web/'],
  ['curl -i http://10.0.0.1:80/', 'curl -sS -v -m 2 -i http://10.0.0.1:80/'],
  ["curl http://web/p -H 'Host: x y'", 'curl -sS -v -m 2 http://web/p -H Host: x y'],
  ['curl -m 1 http://web/', 'curl -sS -v -m 1 http://web/'],
  ['curl http://a/ http://b/', 'curl -sS -v -m 2 http://a/ http://b/'],
  ['curl http://web/ from source port 40000', 'curl -sS -v -m 2 --local-port 40000 http://web/'],
  ['nc web 80', 'nc -vz -w 2 web 80'],
  ['nc -u web 53', 'nc -u -v -w 2 web 53'],
  ['udp web 53', 'nc -u -v -w 2 web 53'],
  ['udp web 53 with fixed source port 5000', 'nc -u -v -w 2 -p 5000 web 53'],
  ['udp -p 5000 web 53', 'nc -u -v -w 2 -p 5000 web 53'],
  ['ping web', 'ping -W 2 -c 1 web'],
  ['ping -c 1 -t 1 10.0.0.1', 'ping -W 2 -c 1 -t 1 10.0.0.1'],
  ['dig +noedns +ignore web.example.org A', 'dig +noedns +ignore web.example.org A'],
  ['getaddrinfo web', 'getaddrinfo --libc glibc web'],
  ['getaddrinfo web AF_INET', 'getaddrinfo --libc glibc --family 4 web'],
  ['cat /etc/resolv.conf', 'cat /etc/resolv.conf'],
  ['ip route | grep default', 'sh -c ip route | grep default'],
];

for (const [text, argv] of ROWS) {
  test(`request: ${text}`, () => {
    assert.equal(parsed(text).argv.join(' '), argv);
  });
}

test('several requests share a connection as URLs of one curl', () => {
  const request = parsed('curl http://web/ 3 times on one kept connection');
  assert.equal(request.count, 3);
  assert.deepEqual(request.argv.slice(5), ['http://web/', 'http://web/', 'http://web/']);
  assert.equal(parsed('curl http://web/ twice on one kept connection').count, 2);
});

test('requests with a cookie jar are commands that share a file', () => {
  const request = parsed('curl http://web/ (20 times with one cookie jar)');
  assert.deepEqual([request.count, request.turns], [1, 20]);
  assert.equal(
    request.argv.join(' '),
    'curl -sS -v -m 2 -b /tmp/cookies.txt -c /tmp/cookies.txt http://web/',
  );
  assert.equal(
    parsed('curl http://web/ (no cookie jar)').argv.join(' '),
    'curl -sS -v -m 2 http://web/',
  );
});

test('what stands behind a pipe is a command of its own', () => {
  const request = parsed("kubectl -n a get svc web --no-headers | awk '{print $4}'");
  assert.equal(request.argv.join(' '), 'kubectl -n a get svc web --no-headers');
  assert.equal(request.pipe, "awk '{print $4}'");
});

test('nc sends an HTTP request where the case asks who answered', () => {
  const request = parsed('nc web 80', { ...CONTEXT, needsBackend: true });
  assert.deepEqual(request.argv, ['nc', '-v', '-w', '2', 'web', '80']);
  assert.match(request.stdin, /^GET \/ HTTP\/1\.0/);
});

test('the C library is the sender’s', () => {
  const request = parsed('getaddrinfo web', { ...CONTEXT, libc: 'musl' });
  assert.deepEqual(request.argv, ['getaddrinfo', '--libc', 'musl', 'web']);
});

test('dig asks for A, for PTR with -x, or for the type it names', () => {
  assert.equal(parsed('dig web.example.org').type, 'A');
  assert.equal(parsed('dig -x 192.0.2.1').type, 'PTR');
  assert.equal(parsed('dig web.example.org srv').type, 'SRV');
});

const REFUSED: readonly string[] = [
  'frame dst ff:ff:ff:ff:ff:ff untagged',
  'curl http://web/ while the moon is full',
  'nc web',
  'udp web port',
  "curl 'http://web/",
  'getaddrinfo web sideways',
];

for (const text of REFUSED) {
  test(`not understood: ${text}`, () => {
    assert.equal(typeof parseRequest(text, CONTEXT), 'string');
  });
}

test('words without quotes, backslashes and blanks come back as they were', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9:/.+{}=-]{1,12}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      assert.deepEqual(splitWords(words.join(' ')), words);
    }),
  );
});

test('any text is a request or is refused in words', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const request = parseRequest(text, CONTEXT);
      assert.ok(typeof request === 'string' ? request !== '' : request.argv.length > 0);
    }),
  );
});
