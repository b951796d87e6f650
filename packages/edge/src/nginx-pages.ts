/**
 * Answers that nginx gives itself: error pages and redirects, as its builds without a version in them write.
 */
import type { HttpResponse } from '@podwire/netstack';
import { payloadFromText } from '@podwire/wire';

const PHRASES: ReadonlyMap<number, string> = new Map([
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [307, 'Temporary Redirect'],
  [308, 'Permanent Redirect'],
  [400, 'Bad Request'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [413, 'Request Entity Too Large'],
  [502, 'Bad Gateway'],
  [503, 'Service Temporarily Unavailable'],
  [504, 'Gateway Time-out'],
]);

export function nginxPage(
  status: number,
  headers: readonly (readonly [string, string])[] = [],
): HttpResponse {
  const title = `${status} ${PHRASES.get(status) ?? ''}`;
  const lines = [
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    `<center><h1>${title}</h1></center>`,
    '<hr><center>nginx</center>',
    '</body>',
    '</html>',
    '',
  ];
  const body = payloadFromText(lines.join('\r\n'));
  return {
    status,
    reason: status === 302 ? 'Moved Temporarily' : (PHRASES.get(status) ?? ''),
    headers: [['Content-Type', 'text/html'], ['Content-Length', String(body.lenBytes)], ...headers],
    body,
  };
}

export function nginxRedirect(status: number, location: string): HttpResponse {
  return nginxPage(status, [['Location', location]]);
}
