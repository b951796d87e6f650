/**
 * A certificate for a name, as PEM: subject, issuer and alternative name in DER, without a key that would fit.
 *
 * Case files have words in place of certificates; what the proxies read of them is names.
 */

export function certificatePem(name: string): string {
  const der = sequence(
    sequence(
      rdn(name),
      rdn(name),
      sequence(oid([0x55, 0x1d, 0x11]), element(0x04, sequence(element(0x82, text(name))))),
    ),
  );
  const base64 = Buffer.from(der).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

/** A name of one part: the common name. */
function rdn(name: string): number[] {
  return sequence(element(0x31, sequence(oid([0x55, 0x04, 0x03]), element(0x0c, text(name)))));
}

function oid(bytes: readonly number[]): number[] {
  return element(0x06, bytes);
}

function sequence(...parts: readonly (readonly number[])[]): number[] {
  return element(0x30, parts.flat());
}

function element(tag: number, content: readonly number[]): number[] {
  const { length } = content;
  const head = length < 128 ? [length] : [0x82, length >> 8, length & 255];
  return [tag, ...head, ...content];
}

function text(value: string): number[] {
  return [...Buffer.from(value, 'utf8')];
}
