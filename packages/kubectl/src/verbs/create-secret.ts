/**
 * `kubectl create secret generic|tls`.
 */
import { type KubeObject, base64 } from '@podwire/api';
import type { Command } from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { boolFlag, textFlag } from '../flags.ts';
import type { Call, Session } from '../session.ts';
import { DATA_FLAGS, dataOf } from './create-data.ts';
import { generated, objectOf } from './create-object.ts';

export const CREATE_SECRET_COMMANDS: readonly Command[] = [
  generated({
    path: 'create secret generic',
    noun: 'secret',
    flags: [...DATA_FLAGS, textFlag('type'), boolFlag('append-hash')],
    build(session: Session, call: Call, name: string): KubeObject | Failure {
      const data = dataOf(session, call, { kind: 'Secret', name });
      return isFailure(data) ? data : secretOf(name, data, call.flags.text('type'));
    },
  }),
  generated({
    path: 'create secret tls',
    noun: 'secret',
    flags: [textFlag('cert'), textFlag('key'), boolFlag('append-hash')],
    build(session: Session, call: Call, name: string): KubeObject | Failure {
      const certFile = call.flags.text('cert');
      const keyFile = call.flags.text('key');
      if (certFile === '' || keyFile === '') return fail('key and cert must be specified');
      const cert = readOne(session, certFile);
      if (isFailure(cert)) return cert;
      const key = readOne(session, keyFile);
      if (isFailure(key)) return key;
      const data = new Map([
        ['tls.crt', cert.text],
        ['tls.key', key.text],
      ]);
      return pairProblem(cert.text, key.text) ?? secretOf(name, data, 'kubernetes.io/tls');
    },
  }),
];

function secretOf(name: string, data: ReadonlyMap<string, string>, type: string): KubeObject {
  const encoded = [...data].map(([key, value]) => [key, base64(value)] as const);
  return objectOf('v1', 'Secret', {
    ...(data.size === 0 ? {} : { data: Object.fromEntries(encoded) }),
    metadata: { name },
    ...(type === '' ? {} : { type }),
  });
}

function readOne(session: Session, path: string): { readonly text: string } | Failure {
  const [file] = session.ctx.readFile(path) ?? [];
  return file ?? fail(`Cannot read file ${path}, open ${path}: no such file or directory`);
}

/** What Go's tls.X509KeyPair says of the PEM around; whether the key is the certificate's own is not compared. */
function pairProblem(cert: string, key: string): Failure | undefined {
  const certs = pemTypes(cert);
  const keys = pemTypes(key);
  if (certs.length === 0) return fail('tls: failed to find any PEM data in certificate input');
  if (!certs.includes('CERTIFICATE')) {
    return certs.length === 1 && isKey(certs[0] ?? '')
      ? fail(
          'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
        )
      : fail(
          `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${certs.join(' ')}]`,
        );
  }
  if (keys.length === 0) return fail('tls: failed to find any PEM data in key input');
  if (keys.some(isKey)) return undefined;
  return keys.length === 1 && keys[0] === 'CERTIFICATE'
    ? fail('tls: found a certificate rather than a key in the PEM for the private key')
    : fail(
        `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${keys.join(' ')}]`,
      );
}

function isKey(type: string): boolean {
  return type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY');
}

/** The types of the PEM blocks of a text, in order. */
function pemTypes(text: string): readonly string[] {
  const blocks = text.matchAll(/^-----BEGIN ([^-\n]+)-----$[^-]*^-----END \1-----$/gm);
  return [...blocks].map((block) => block[1] ?? '');
}
