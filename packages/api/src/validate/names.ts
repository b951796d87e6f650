/**
 * Names: what apimachinery's util/validation says of labels, subdomains, ports, addresses.
 *
 * Each function returns the problems' texts, none when the value is right.
 */
import { cidrContains, cidr as cidrOf, isIpv4, parseCidr, parseIp } from '@podwire/base';
import { type FieldError, invalidValue, notSupported } from './field-error.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
export const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** A rule for names; `isPrefix` allows the trailing dash of a generateName. */
export type NameRule = (name: string, isPrefix: boolean) => readonly string[];

export const dns1123Label: NameRule = (name, isPrefix) =>
  problems(maskTrailingDash(name, isPrefix), 63, LABEL, LABEL_TEXT);

export const dns1035Label: NameRule = (name, isPrefix) =>
  problems(maskTrailingDash(name, isPrefix), 63, LABEL_1035, LABEL_1035_TEXT);

export const dns1123Subdomain: NameRule = (name, isPrefix) =>
  problems(maskTrailingDash(name, isPrefix), 253, SUBDOMAIN, SUBDOMAIN_TEXT);

const NO_PROBLEMS: readonly string[] = [];

function problems(
  text: string,
  most: number,
  pattern: RegExp,
  sentence: string,
): readonly string[] {
  if (text.length <= most && pattern.test(text)) return NO_PROBLEMS;
  const found: string[] = [];
  if (text.length > most) found.push(`must be no more than ${most} bytes`);
  if (!pattern.test(text)) found.push(sentence);
  return found;
}

function maskTrailingDash(name: string, isPrefix: boolean): string {
  return isPrefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

export function portProblems(port: number): readonly string[] {
  return port >= 1 && port <= 65_535 ? NO_PROBLEMS : ['must be between 1 and 65535, inclusive'];
}

/** IANA service names: validation.IsValidPortName. */
export function portNameProblems(name: string): string[] {
  const found: string[] = [];
  if (name.length > 15) found.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name)) {
    found.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(name)) found.push('must contain at least one letter (a-z)');
  if (name.includes('--')) found.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) found.push('must not begin or end with a hyphen');
  return found;
}

/** 1.36: printable ASCII without `=` (RelaxedEnvironmentVariableValidation). */
export function envNameProblems(name: string): string[] {
  if (name === '') return ['environment variable name must not be empty'];
  if (/^[\u0020-\u003c\u003e-\u007e]+$/.test(name)) return [];
  return [
    "a valid environment variable name must consist only of printable ASCII characters other than '='",
  ];
}

/** Keys of a ConfigMap or Secret. */
export function configKeyProblems(key: string): string[] {
  const found: string[] = [];
  if (key.length > 253) found.push('must be no more than 253 bytes');
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
    found.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  }
  if (key === '.') found.push("must not be '.'");
  if (key === '..') found.push("must not be '..'");
  else if (key.startsWith('..')) found.push("must not start with '..'");
  return found;
}

/** 1.36 strict addresses: no leading zeros, no IPv4-mapped IPv6. */
export function validateIp(path: string, value: string): FieldError[] {
  if (parseIp(value) === undefined) {
    if (
      /^\d{1,3}(\.\d{1,3}){3}$/.test(value) &&
      value.split('.').every((part) => Number(part) < 256)
    ) {
      return [invalidValue(path, value, 'must not have leading 0s')];
    }
    return [
      invalidValue(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
    ];
  }
  if (value.startsWith(':') && /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(value)) {
    return [invalidValue(path, value, 'must not be an IPv4-mapped IPv6 address')];
  }
  return [];
}

export function validateCidr(path: string, value: string): FieldError[] {
  return parseCidr(value) === undefined
    ? [invalidValue(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
    : [];
}

const V6_LOOPBACK = cidrOf('::1/128');
const V6_LINK_LOCAL = cidrOf('fe80::/10');
const V6_LINK_LOCAL_MULTICAST = cidrOf('ff02::/16');
const V6_UNSPECIFIED = cidrOf('::/128');
const V4_LOOPBACK = cidrOf('127.0.0.0/8');
const V4_LINK_LOCAL = cidrOf('169.254.0.0/16');
const V4_LINK_LOCAL_MULTICAST = cidrOf('224.0.0.0/24');

/** ValidateEndpointIP / ValidateNonSpecialIP: no address that never leads anywhere. */
export function validateNonSpecialIp(path: string, value: string): FieldError[] {
  const ip = parseIp(value);
  if (ip === undefined) {
    return [
      invalidValue(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
    ];
  }
  const found: FieldError[] = [];
  const inside = (v4: Parameters<typeof cidrContains>[0], v6: typeof v4): boolean =>
    cidrContains(isIpv4(ip) ? v4 : v6, ip);
  if (isIpv4(ip) ? ip === 0 : cidrContains(V6_UNSPECIFIED, ip)) {
    found.push(
      invalidValue(path, value, `may not be unspecified (${isIpv4(ip) ? '0.0.0.0' : '::'})`),
    );
  }
  if (inside(V4_LOOPBACK, V6_LOOPBACK)) {
    found.push(
      invalidValue(path, value, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'),
    );
  }
  if (inside(V4_LINK_LOCAL, V6_LINK_LOCAL)) {
    found.push(
      invalidValue(path, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'),
    );
  }
  if (inside(V4_LINK_LOCAL_MULTICAST, V6_LINK_LOCAL_MULTICAST)) {
    found.push(
      invalidValue(
        path,
        value,
        'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
      ),
    );
  }
  return found;
}

export function rangeText(least: number, most: number): string {
  return `must be between ${least} and ${most}, inclusive`;
}

export const NON_NEGATIVE = 'must be greater than or equal to 0';
export const IMMUTABLE = 'field is immutable';

export function validateNonNegative(path: string, value: number | undefined): FieldError[] {
  return value !== undefined && value < 0 ? [invalidValue(path, value, NON_NEGATIVE)] : [];
}

export function validateOneOf(
  path: string,
  value: string | undefined,
  supported: readonly string[],
): FieldError[] {
  return value === undefined || supported.includes(value)
    ? []
    : [notSupported(path, value, supported)];
}

export function each(path: string, value: unknown, texts: readonly string[]): FieldError[] {
  return texts.map((text) => invalidValue(path, value, text));
}
