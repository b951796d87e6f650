// The model of TLS: names, certificates, lengths on the wire, and what those get who do not speak it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ip } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import {
  emitClientHello,
  payloadFromText,
  payloadText,
  readServerName,
  readTlsRecord,
} from '@podwire/wire';
import { Lab, type LabHost } from '../lab.ts';
import { HttpConnection, httpConnect } from './http-client.ts';
import { httpServe, serveRequests } from './http-server.ts';
import { type Certificate, TlsStream, certificateCovers, isTlsStart } from './tls.ts';
import { tlsAccept, tlsConnect, tlsReadHello } from './tls.ts';

const CERTIFICATE: Certificate = { names: ['*.apps.example.org'], issuer: 'a test authority' };

function lab(certificate: Certificate | undefined): { lab: Lab; client: LabHost } {
  const made = new Lab('tls');
  const client = made.host('client');
  const server = made.host('server');
  const [left, right] = made.segment('eth0', [client, server]);
  assert.ok(left !== undefined && right !== undefined);
  client.ns.addAddress(left, '192.0.2.1/24');
  server.ns.addAddress(right, '192.0.2.2/24');
  const http = httpServe(
    server.ns,
    {
      port: 443,
      other: (conn, first) => {
        if (!isTlsStart(first)) return undefined;
        return (function* (): Proc {
          const hello = yield* tlsReadHello(conn, first);
          assert.ok(typeof hello !== 'string');
          const stream = yield* tlsAccept(conn, hello, certificate);
          if (!(stream instanceof TlsStream)) return;
          yield* serveRequests(stream, ({ path }) => {
            const text = path === '/big' ? 'x'.repeat(100_000) : `${stream.serverName}${path}`;
            return { status: 200, body: payloadFromText(text) };
          });
        })();
      },
    },
    () => ({ status: 200, body: payloadFromText('plain') }),
  );
  assert.ok(typeof http !== 'string');
  return { lab: made, client };
}

function* ask(client: LabHost, targets: readonly string[]): Proc<string[]> {
  const plain = yield* httpConnect(client.ns, { ip: ip('192.0.2.2'), port: 443 });
  assert.ok(plain instanceof HttpConnection);
  const stream = yield* tlsConnect(plain.conn, { serverName: 'shop.apps.example.org' });
  if (!(stream instanceof TlsStream)) return [stream];
  const answers = [stream.certificate.issuer];
  const http = new HttpConnection(stream);
  for (const target of targets) {
    const reply = yield* http.request({ method: 'GET', target, headers: [['Host', 'x']] });
    assert.ok(reply.kind === 'reply');
    answers.push(target === '/big' ? String(reply.body.lenBytes) : payloadText(reply.body));
  }
  return answers;
}

test('requests go through; the server knows the name, the client the certificate', () => {
  const world = lab(CERTIFICATE);
  assert.deepEqual(world.lab.run(world.client, ask(world.client, ['/a', '/big', '/b'])), [
    'a test authority',
    'shop.apps.example.org/a',
    '100000',
    'shop.apps.example.org/b',
  ]);
});

test('a server without a certificate refuses by an alert', () => {
  const world = lab(undefined);
  assert.deepEqual(world.lab.run(world.client, ask(world.client, [])), ['alert']);
});

test('a ClientHello has the length and the name that OpenSSL gives it', () => {
  for (const name of ['', 'a.example.org']) {
    const hello = emitClientHello(name);
    assert.equal(hello.lenBytes, 517);
    const record = readTlsRecord(hello);
    assert.ok(record !== undefined && record !== 'garbage');
    assert.equal(readServerName(record.body), name);
  }
  assert.equal(readTlsRecord(payloadFromText('HTTP/1.1 400')), 'garbage');
});

test('a wildcard covers one label', () => {
  assert.ok(certificateCovers(CERTIFICATE, 'Shop.apps.example.org'));
  assert.ok(!certificateCovers(CERTIFICATE, 'a.shop.apps.example.org'));
  assert.ok(!certificateCovers(CERTIFICATE, 'apps.example.org'));
});
