/**
 * curl's handshake on an https URL, in the words of curl 7.88 with OpenSSL 3.0.
 *
 * A certificate is trusted only with --insecure: no machine here has one of a public authority.
 */
import type { Proc } from '@podwire/engine';
import { type TcpConn, TlsStream, isSelfSigned, tlsConnect } from '@podwire/netstack';
import { parseIp } from '@podwire/base';

export interface TlsOptions {
  readonly host: string;
  readonly port: number;
  readonly isInsecure: boolean;
  readonly timeoutNs: number | undefined;
  readonly verbose: (line: string) => void;
  /** What curl says when the time is over. */
  readonly timedOut: () => string;
}

const MORE = `More details here: https://curl.se/docs/sslcerts.html

curl failed to verify the legitimacy of the server and therefore could not
establish a secure connection to it. To learn more about this situation and
how to fix it, please visit the web page mentioned above.`;

export function* handshakeTls(
  conn: TcpConn,
  options: TlsOptions,
): Proc<TlsStream | { readonly code: number; readonly message: string }> {
  const { host, port, verbose } = options;
  verbose('ALPN: offers h2,http/1.1');
  verbose('TLSv1.3 (OUT), TLS handshake, Client hello (1):');
  const serverName = parseIp(host) === undefined ? host.toLowerCase() : '';
  const stream = yield* tlsConnect(conn, {
    serverName,
    ...(options.timeoutNs === undefined ? {} : { timeoutNs: options.timeoutNs }),
  });
  if (!(stream instanceof TlsStream)) {
    switch (stream) {
      case 'timeout':
        return { code: 28, message: options.timedOut() };
      case 'wrong-version':
        return {
          code: 35,
          message: 'OpenSSL/3.0.22: error:0A00010B:SSL routines::wrong version number',
        };
      case 'alert':
        return {
          code: 35,
          message: 'OpenSSL/3.0.22: error:0A000410:SSL routines::sslv3 alert handshake failure',
        };
      case 'reset':
        return { code: 35, message: 'Recv failure: Connection reset by peer' };
      case 'closed':
        return {
          code: 35,
          message: `OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to ${host}:${port} `,
        };
    }
  }
  for (const [type, number] of [
    ['Server hello', 2],
    ['Encrypted Extensions', 8],
    ['Certificate', 11],
    ['CERT verify', 15],
    ['Finished', 20],
  ] as const) {
    verbose(`TLSv1.3 (IN), TLS handshake, ${type} (${number}):`);
  }
  const { certificate } = stream;
  const why = isSelfSigned(certificate)
    ? 'self-signed certificate'
    : 'self-signed certificate in certificate chain';
  if (!options.isInsecure) {
    verbose('TLSv1.3 (OUT), TLS alert, unknown CA (560):');
    verbose(`SSL certificate problem: ${why}`);
    stream.close();
    return { code: 60, message: `SSL certificate problem: ${why}\n${MORE}` };
  }
  verbose('TLSv1.3 (OUT), TLS change cipher, Change cipher spec (1):');
  verbose('TLSv1.3 (OUT), TLS handshake, Finished (20):');
  verbose('SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384');
  verbose('ALPN: server accepted http/1.1');
  verbose('Server certificate:');
  verbose(` subject: CN=${certificate.names[0] ?? ''}`);
  verbose(` issuer: CN=${certificate.issuer}`);
  verbose(
    ` SSL certificate verify result: ${why} (${isSelfSigned(certificate) ? 18 : 19}), continuing anyway.`,
  );
  return stream;
}
