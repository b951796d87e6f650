/**
 * Answers that the router gives itself: HAProxy's error messages and OpenShift's page.
 *
 * They are written as HTTP/1.0 and end the connection, as `errorfile` and the built-in messages do.
 */
import { type TcpConn } from '@podwire/netstack';
import { payloadFromText } from '@podwire/wire';

/** Length of the page on a real router. */
const PAGE_LEN_BYTES = 2410;

const PAGE_HEAD = `<html>
  <head>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <style type="text/css">
      body { font-family: "Helvetica Neue", Helvetica, Arial, sans-serif; color: #333; margin: 0; }
      h1 { color: #000; font-weight: 300; font-size: 2em; }
      .alert { border: 1px solid #ddd; padding: 20px; background: #f9f9f9; }
      main { max-width: 760px; margin: 40px auto; padding: 0 20px; line-height: 1.6; }
    </style>
  </head>
  <body>
    <main>
      <h1>Application is not available</h1>
      <p>The application is currently not serving requests at this endpoint. It may not have been started or is still starting.</p>
      <div class="alert">
        <p>Possible reasons you are seeing this page:</p>
        <ul>
          <li><strong>The host doesn't exist.</strong> Make sure the hostname was typed correctly and that a route matching this hostname exists.</li>
          <li><strong>The host exists, but doesn't have a matching path.</strong> Check if the URL path was typed correctly and that the route was created using the desired path.</li>
          <li><strong>Route and path matches, but all pods are down.</strong> Make sure that the resources exposed by this route (pods, services, deployment configs, etc) have at least one pod running.</li>
        </ul>
      </div>
    </main>
  </body>
`;
const PAGE_TAIL = '</html>\n';

export const NOT_AVAILABLE_PAGE: string =
  PAGE_HEAD + ' '.repeat(PAGE_LEN_BYTES - PAGE_HEAD.length - PAGE_TAIL.length) + PAGE_TAIL;

const NO_CACHE = 'private, max-age=0, no-cache, no-store';

const NOT_AVAILABLE = [
  'HTTP/1.0 503 Service Unavailable',
  'pragma: no-cache',
  `cache-control: ${NO_CACHE}`,
  'content-type: text/html',
  '',
  NOT_AVAILABLE_PAGE,
].join('\r\n');

const BUILT_IN: ReadonlyMap<number, readonly [string, string]> = new Map([
  [400, ['Bad Request', 'Your browser sent an invalid request.']],
  [408, ['Request Time-out', "Your browser didn't send a complete request in time."]],
  [502, ['Bad Gateway', 'The server returned an invalid or incomplete response.']],
  [504, ['Gateway Time-out', "The server didn't respond in time."]],
]);

function builtIn(status: number): string {
  const [title, sentence] = BUILT_IN.get(status) ?? ['', ''];
  const body = `<html><body><h1>${status} ${title}</h1>\n${sentence}\n</body></html>\n`;
  return [
    `HTTP/1.1 ${status} ${title}`,
    `content-length: ${body.length}`,
    'cache-control: no-cache',
    'content-type: text/html',
    ...(status === 400 || status === 408 ? ['connection: close'] : []),
    '',
    body,
  ].join('\r\n');
}

/** Whole answers that stand for HAProxy's own, by status (`errorfile`). */
export type ErrorFiles = ReadonlyMap<number, string>;

/** Sends the answer of a status and ends the connection. */
export function sendHaproxyError(
  conn: Pick<TcpConn, 'send' | 'close'>,
  status: number,
  files: ErrorFiles,
): void {
  const own = files.get(status);
  conn.send(payloadFromText(own ?? (status === 503 ? NOT_AVAILABLE : builtIn(status))));
  conn.close();
}

/** What a request gets that no Route is for: the 404 page where there is one. */
export function unmatchedStatus(files: ErrorFiles): 404 | 503 {
  return files.has(404) ? 404 : 503;
}
