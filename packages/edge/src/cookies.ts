/**
 * The Cookie header of a request (RFC 6265 §5.4).
 */
import type { HttpHeaders } from '@podwire/wire';

/** The value of a cookie; undefined when the request has none of that name. */
export function cookieOf(headers: HttpHeaders, name: string): string | undefined {
  for (const [field, value] of headers.entries()) {
    if (field.toLowerCase() !== 'cookie') continue;
    for (const pair of value.split(';')) {
      const equals = pair.indexOf('=');
      if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
    }
  }
  return undefined;
}
