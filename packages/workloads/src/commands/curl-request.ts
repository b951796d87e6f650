/**
 * The request that curl makes of its options: target, header fields in curl's order, body.
 */
import {
  HttpHeaders,
  type Payload,
  payloadBytes,
  payloadFromText,
  slicePayload,
} from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import type { Url } from '../url.ts';
import type { CookieJar, CookiePlace } from './cookie-jar.ts';
import type { CurlOptions } from './curl-options.ts';

export const CURL_VERSION = '7.88.1';

export interface CurlRequest {
  readonly target: string;
  readonly headers: HttpHeaders;
  readonly body?: Payload;
}

export function requestOf(
  ctx: CommandContext,
  options: CurlOptions,
  url: Url,
  state: {
    readonly method: string;
    /** A redirect has turned the request into one without a body. */
    readonly isBodyDropped: boolean;
    readonly cookies: CookieJar | undefined;
  },
): CurlRequest {
  const data = options.data.map((value) => dataOf(ctx, value)).join('&');
  const hasBody =
    options.data.length > 0 && !options.isGet && !state.isBodyDropped && state.method !== 'HEAD';
  let target = url.target;
  if (options.isGet && data !== '') target += `${target.includes('?') ? '&' : '?'}${data}`;
  const headers = new HttpHeaders([['Host', url.authority]]);
  const user = options.user ?? url.userInfo;
  if (user !== undefined) headers.append('Authorization', `Basic ${base64(user)}`);
  headers.append('User-Agent', options.userAgent ?? `curl/${CURL_VERSION}`);
  headers.append('Accept', '*/*');
  if (options.referer !== undefined) headers.append('Referer', options.referer);
  const kept = state.cookies?.headerFor(cookiePlace(options, url)) ?? '';
  const hasOwnCookie = options.headers.some((header) => /^cookie:/i.test(header));
  const typed = hasOwnCookie ? '' : options.cookies.join(';');
  const cookie = [kept, typed].filter((text) => text !== '').join('; ');
  if (cookie !== '') headers.append('Cookie', cookie);
  for (const header of options.headers) applyHeader(headers, header);
  if (!hasBody) return { target, headers };
  headers.append('Content-Length', String(payloadFromText(data).lenBytes));
  if (!headers.has('Content-Type')) {
    headers.append('Content-Type', 'application/x-www-form-urlencoded');
  }
  return { target, headers, body: payloadFromText(data) };
}

/** Whom cookies are for: a Host header of the user's own goes before the URL's name. */
export function cookiePlace(options: CurlOptions, url: Url): CookiePlace {
  const own = options.headers.map((header) => /^host: *(.*)$/i.exec(header)?.[1]);
  const named = own.find((host) => host !== undefined)?.replace(/:\d+$/, '');
  return { host: named ?? url.host, path: url.target, isTls: url.scheme === 'https' };
}

/** `-d @file` reads a file, `@-` standard input. */
function dataOf(ctx: CommandContext, value: string): string {
  if (!value.startsWith('@')) return value;
  const text = value === '@-' ? ctx.stdin : ctx.fs.read(value.slice(1));
  return (text ?? '').replaceAll(/[\r\n]/g, '');
}

export function methodOf(options: CurlOptions): string {
  if (options.method !== undefined) return options.method;
  if (options.isHeadOnly) return 'HEAD';
  return options.data.length > 0 && !options.isGet ? 'POST' : 'GET';
}

/** `-H 'Name: value'` replaces, `-H 'Name:'` removes, `-H 'Name;'` sends it empty. */
function applyHeader(headers: HttpHeaders, header: string): void {
  const empty = /^([^:;]+);$/.exec(header);
  if (empty !== null) {
    headers.set(empty[1] ?? '', '');
    return;
  }
  const colon = header.indexOf(':');
  if (colon <= 0) return;
  const name = header.slice(0, colon);
  const value = header.slice(colon + 1).trim();
  if (value === '') headers.delete(name);
  else if (/^host$/i.test(name)) headers.set(name, value);
  else {
    // One's own header stands behind those of curl and in place of them.
    if (/^(user-agent|accept|referer|authorization)$/i.test(name)) headers.delete(name);
    headers.append(name, value);
  }
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function base64(text: string): string {
  const bytes = payloadBytes(slicePayload(payloadFromText(text), 0));
  let result = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const a = bytes[index] ?? 0;
    const b = bytes[index + 1] ?? 0;
    const c = bytes[index + 2] ?? 0;
    const left = bytes.length - index;
    result += BASE64[a >> 2];
    result += BASE64[((a & 3) << 4) | (b >> 4)];
    result += left > 1 ? BASE64[((b & 15) << 2) | (c >> 6)] : '=';
    result += left > 2 ? BASE64[c & 63] : '=';
  }
  return result;
}

/** %{url_effective}: with its scheme, and a slash where there is no path. */
export function effectiveUrl(url: Url, text: string): string {
  const withScheme = text.includes('://') ? text : `${url.scheme}://${text}`;
  return /^[a-z]+:\/\/[^/?#]+$/i.test(withScheme) ? `${withScheme}/` : withScheme;
}
