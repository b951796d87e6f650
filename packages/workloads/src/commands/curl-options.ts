/**
 * curl's command line: the options that are emulated, and the real complaints about the rest.
 */
/** Stands for -O among the outputs: no file can be called so. */
export const REMOTE_NAME = '/';

export interface CurlOptions {
  readonly urls: string[];
  /** File names; `REMOTE_NAME` for -O. */
  readonly outputs: string[];
  readonly headers: string[];
  readonly data: string[];
  readonly resolves: string[];
  readonly connectTos: string[];
  isSilent: boolean;
  showsError: boolean;
  isVerbose: boolean;
  includesHead: boolean;
  isHeadOnly: boolean;
  isInsecure: boolean;
  followsRedirects: boolean;
  failsOnError: boolean;
  failsWithBody: boolean;
  isGet: boolean;
  retriesRefused: boolean;
  retriesAll: boolean;
  isGlobOff: boolean;
  showsMeter: boolean;
  /** `-#`. */
  showsBar: boolean;
  isHttp10: boolean;
  showsVersion: boolean;
  showsHelp: boolean;
  family: 4 | 6 | 'any';
  maxTimeSec: number;
  connectTimeoutSec: number;
  maxRedirs: number;
  retries: number;
  retryDelaySec: number;
  retryMaxTimeSec: number;
  method: string | undefined;
  writeOut: string | undefined;
  userAgent: string | undefined;
  referer: string | undefined;
  user: string | undefined;
  /** `-b name=value`. */
  readonly cookies: string[];
  /** `-b FILE`. */
  readonly cookieFiles: string[];
  /** `-c FILE`. */
  cookieJar: string | undefined;
  /** `-j`. */
  isNewSession: boolean;
  interface: string | undefined;
  localPort: string | undefined;
  dumpHeader: string | undefined;
}

interface OptionSpec {
  readonly short?: string;
  readonly kind: 'flag' | 'text' | 'number';
  /** A text is the complaint. */
  readonly set: (options: CurlOptions, value: string, isOn: boolean) => string | undefined;
}

/** Fields of the options that have values of a type. */
type FieldOf<T> = {
  [K in keyof CurlOptions]: T extends CurlOptions[K] ? K : never;
}[keyof CurlOptions];

/** Sets a switch; `--no-…` turns it off. Without a field it is accepted and means nothing here. */
function flag(field?: FieldOf<boolean>, short?: string): OptionSpec {
  return option('flag', short, (options, _value, isOn) => {
    if (field !== undefined) options[field] = isOn;
  });
}

/** A switch that does something else than being on or off. */
function choice(short: string, choose: (options: CurlOptions) => void): OptionSpec {
  return option('flag', short, choose);
}

function text(field: FieldOf<string>, short?: string): OptionSpec {
  return option('text', short, (options, value) => {
    options[field] = value;
  });
}

/** May be given several times. */
function list(field: FieldOf<string[]>, short?: string): OptionSpec {
  return option('text', short, (options, value) => {
    options[field].push(value);
  });
}

function number(field?: FieldOf<number>, short?: string): OptionSpec {
  const shape = option('number', short, (options, value) => {
    if (field !== undefined) options[field] = Number(value);
  });
  return {
    ...shape,
    set: (options, value, isOn) =>
      /^\d+(\.\d*)?$|^\.\d+$/.test(value)
        ? shape.set(options, value, isOn)
        : 'expected a proper numerical parameter',
  };
}

function option(
  kind: OptionSpec['kind'],
  short: string | undefined,
  set: (options: CurlOptions, value: string, isOn: boolean) => void,
): OptionSpec {
  return {
    ...(short === undefined ? {} : { short }),
    kind,
    set: (options, value, isOn) => {
      set(options, value, isOn);
      return undefined;
    },
  };
}

const OPTIONS: ReadonlyMap<string, OptionSpec> = new Map<string, OptionSpec>([
  ['silent', flag('isSilent', 's')],
  ['show-error', flag('showsError', 'S')],
  ['verbose', flag('isVerbose', 'v')],
  ['include', flag('includesHead', 'i')],
  ['head', flag('isHeadOnly', 'I')],
  ['insecure', flag('isInsecure', 'k')],
  ['location', flag('followsRedirects', 'L')],
  ['fail', flag('failsOnError', 'f')],
  ['fail-with-body', flag('failsWithBody')],
  ['get', flag('isGet', 'G')],
  ['globoff', flag('isGlobOff', 'g')],
  ['retry-connrefused', flag('retriesRefused')],
  ['retry-all-errors', flag('retriesAll')],
  ['progress-meter', flag('showsMeter')],
  ['http1.0', flag('isHttp10', '0')],
  ['http1.1', flag()],
  ['progress-bar', flag('showsBar', '#')],
  ['version', flag('showsVersion', 'V')],
  ['help', flag('showsHelp', 'h')],
  [
    'ipv4',
    choice('4', (options) => {
      options.family = 4;
    }),
  ],
  [
    'ipv6',
    choice('6', (options) => {
      options.family = 6;
    }),
  ],
  ['buffer', flag(undefined, 'N')],
  ['disable', flag(undefined, 'q')],
  ['tcp-nodelay', flag()],
  ['path-as-is', flag()],
  ['compressed', flag()],
  ['max-time', number('maxTimeSec', 'm')],
  ['connect-timeout', number('connectTimeoutSec')],
  ['max-redirs', number('maxRedirs')],
  ['retry', number('retries')],
  ['retry-delay', number('retryDelaySec')],
  ['retry-max-time', number('retryMaxTimeSec')],
  ['keepalive-time', number()],
  ['url', list('urls')],
  ['output', list('outputs', 'o')],
  [
    'remote-name',
    choice('O', (options) => {
      options.outputs.push(REMOTE_NAME);
    }),
  ],
  ['header', list('headers', 'H')],
  ['data', list('data', 'd')],
  ['data-ascii', list('data')],
  ['data-raw', list('data')],
  ['data-binary', list('data')],
  [
    'data-urlencode',
    option('text', undefined, (options, value) => {
      options.data.push(urlencode(value));
    }),
  ],
  [
    'json',
    option('text', undefined, (options, value) => {
      options.data.push(value);
      options.headers.push('Content-Type: application/json', 'Accept: application/json');
    }),
  ],
  ['request', text('method', 'X')],
  ['write-out', text('writeOut', 'w')],
  ['user-agent', text('userAgent', 'A')],
  ['referer', text('referer', 'e')],
  ['user', text('user', 'u')],
  [
    'cookie',
    option('text', 'b', (options, value) => {
      if (value.startsWith('@')) options.cookieFiles.push(value.slice(1));
      else if (value.includes('=')) options.cookies.push(value);
      else options.cookieFiles.push(value);
    }),
  ],
  ['cookie-jar', text('cookieJar', 'c')],
  ['junk-session-cookies', flag('isNewSession', 'j')],
  ['resolve', list('resolves')],
  ['connect-to', list('connectTos')],
  ['interface', text('interface')],
  ['local-port', text('localPort')],
  ['dump-header', text('dumpHeader', 'D')],
]);

/** Options of the real curl (`curl --help all`) without an effect here: they are refused, not ignored. */
const NOT_MODELLED: ReadonlySet<string> = new Set(
  (
    'abstract-unix-socket alt-svc anyauth append aws-sigv4 basic cacert capath cert cert-status ' +
    'cert-type ciphers compressed-ssh config continue-at create-dirs create-file-mode ' +
    'crlf crlfile curves delegation digest disable-eprt disable-epsv disallow-username-in-url ' +
    'dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-cert-status doh-insecure doh-url ' +
    'egd-file engine etag-compare etag-save expect100-timeout fail-early false-start form ' +
    'form-escape form-string ftp-account ftp-alternative-to-user ftp-create-dirs ftp-method ' +
    'ftp-pasv ftp-port ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-ccc-mode ftp-ssl-control ' +
    'happy-eyeballs-timeout-ms haproxy-protocol hostpubmd5 hostpubsha256 hsts http0.9 http2 ' +
    'http2-prior-knowledge http3 http3-only ignore-content-length key ' +
    'key-type krb libcurl limit-rate list-only location-trusted login-options mail-auth mail-from ' +
    'mail-rcpt mail-rcpt-allowfails manual max-filesize metalink negotiate netrc netrc-file ' +
    'netrc-optional next no-alpn no-clobber no-keepalive no-npn no-sessionid noproxy ntlm ntlm-wb ' +
    'oauth2-bearer output-dir parallel parallel-immediate parallel-max pass pinnedpubkey post301 ' +
    'post302 post303 preproxy proto proto-default proto-redir proxy proxy-anyauth proxy-basic ' +
    'proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile ' +
    'proxy-digest proxy-header proxy-insecure proxy-key proxy-key-type proxy-negotiate proxy-ntlm ' +
    'proxy-pass proxy-pinnedpubkey proxy-service-name proxy-ssl-allow-beast ' +
    'proxy-ssl-auto-client-cert proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword ' +
    'proxy-tlsuser proxy-tlsv1 proxy-user proxy1.0 proxytunnel pubkey quote random-file range ' +
    'rate raw remote-header-name remote-name-all remote-time remove-on-error request-target ' +
    'sasl-authzid sasl-ir service-name socks4 socks4a socks5 socks5-basic socks5-gssapi ' +
    'socks5-gssapi-nec socks5-gssapi-service socks5-hostname speed-limit speed-time ssl ' +
    'ssl-allow-beast ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 ' +
    'sslv3 stderr styled-output suppress-connect-headers tcp-fastopen telnet-option tftp-blksize ' +
    'tftp-no-options time-cond tls-max tls13-ciphers tlsauthtype tlspassword tlsuser tlsv1 ' +
    'tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace trace-ascii trace-time unix-socket ' +
    'upload-file url-query use-ascii xattr'
  ).split(' '),
);

/** Their one-letter forms. */
const NOT_MODELLED_SHORT = 'aCEFJKlMnpPQrRtTUxyYzZ123:';

const BY_SHORT: ReadonlyMap<string, OptionSpec> = new Map(
  [...OPTIONS.values()].flatMap((spec) =>
    spec.short === undefined ? [] : [[spec.short, spec] as const],
  ),
);

/** Parses argv behind `curl`; a text is the complaint (exit status 2). */
export function parseCurlOptions(argv: readonly string[]): CurlOptions | string {
  const options = defaults();
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--') {
      options.urls.push(...argv.slice(index + 1));
      break;
    }
    if (word.startsWith('--')) {
      const used = longOption(options, word, argv[index + 1]);
      if (typeof used === 'string') return used;
      index += used;
    } else if (word.startsWith('-') && word.length > 1) {
      const used = shortOptions(options, word, argv[index + 1]);
      if (typeof used === 'string') return used;
      index += used;
    } else {
      options.urls.push(word);
    }
  }
  return options;
}

function longOption(options: CurlOptions, word: string, next: string | undefined): number | string {
  const name = word.slice(2);
  const spec = optionByName(name);
  if (spec === 'ambiguous') return `option ${word}: is ambiguous`;
  if (spec === undefined) {
    const negated = name.startsWith('no-') ? OPTIONS.get(name.slice(3)) : undefined;
    if (negated?.kind !== 'flag') {
      return NOT_MODELLED.has(name) ? notModelled(word) : `option ${word}: is unknown`;
    }
    negated.set(options, '', false);
    return 0;
  }
  if (spec.kind === 'flag') {
    spec.set(options, '', true);
    return 0;
  }
  if (next === undefined) return `option ${word}: requires parameter`;
  const problem = spec.set(options, next, true);
  return problem === undefined ? 1 : `option ${word}: ${problem}`;
}

function notModelled(option: string): string {
  return `option ${option}: is not modelled by podwire`;
}

/** An option may be shortened while only one begins so. */
function optionByName(name: string): OptionSpec | 'ambiguous' | undefined {
  const exact = OPTIONS.get(name);
  if (exact !== undefined || name === '') return exact;
  const found = [...OPTIONS].filter(([full]) => full.startsWith(name));
  if (NOT_MODELLED.has(name)) return undefined;
  return found.length > 1 ? 'ambiguous' : found[0]?.[1];
}

function shortOptions(
  options: CurlOptions,
  word: string,
  next: string | undefined,
): number | string {
  for (let at = 1; at < word.length; at++) {
    const spec = BY_SHORT.get(word[at] ?? '');
    if (spec === undefined) {
      const isReal = NOT_MODELLED_SHORT.includes(word[at] ?? '');
      return isReal ? notModelled(`-${word[at]}`) : `option ${word}: is unknown`;
    }
    if (spec.kind === 'flag') {
      spec.set(options, '', true);
      continue;
    }
    const joined = word.slice(at + 1);
    const value = joined === '' ? next : joined;
    if (value === undefined) return `option ${word}: requires parameter`;
    const problem = spec.set(options, value, true);
    if (problem !== undefined) return `option ${word}: ${problem}`;
    return joined === '' ? 1 : 0;
  }
  return 0;
}

function defaults(): CurlOptions {
  return {
    urls: [],
    outputs: [],
    headers: [],
    data: [],
    resolves: [],
    connectTos: [],
    isSilent: false,
    showsError: false,
    isVerbose: false,
    includesHead: false,
    isHeadOnly: false,
    isInsecure: false,
    followsRedirects: false,
    failsOnError: false,
    failsWithBody: false,
    isGet: false,
    retriesRefused: false,
    retriesAll: false,
    isGlobOff: false,
    showsMeter: true,
    showsBar: false,
    isHttp10: false,
    showsVersion: false,
    showsHelp: false,
    family: 'any',
    maxTimeSec: 0,
    connectTimeoutSec: 0,
    maxRedirs: 50,
    retries: 0,
    retryDelaySec: 0,
    retryMaxTimeSec: 0,
    method: undefined,
    writeOut: undefined,
    userAgent: undefined,
    referer: undefined,
    user: undefined,
    cookies: [],
    cookieFiles: [],
    cookieJar: undefined,
    isNewSession: false,
    interface: undefined,
    localPort: undefined,
    dumpHeader: undefined,
  };
}

/** `name=content`: the content is encoded. */
function urlencode(value: string): string {
  const equals = value.indexOf('=');
  if (equals < 0) return escape(value);
  const name = value.slice(0, equals);
  const content = escape(value.slice(equals + 1));
  return name === '' ? content : `${name}=${content}`;
}

/** curl_easy_escape(), blanks as in a form. */
function escape(text: string): string {
  const escaped = encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return escaped.replaceAll('%20', '+');
}

/** Expands `[1-5]`, `[a-c]`, `[01-10:2]` and `{a,b}` of a URL, as curl's globbing does; a text is its complaint. */
export function expandUrl(url: string): string[] | string {
  const problem = globProblem(url);
  return problem ?? expandGlobs(url);
}

function globProblem(url: string): string | undefined {
  const says = (what: string, position: number): string =>
    `${what} in URL position ${position}:\n${url}\n${' '.repeat(position - 1)}^\n`;
  for (let at = 0; at < url.length; at++) {
    if (url[at] === '\\') at++;
    else if (url[at] === '{' && !url.includes('}', at)) return says('unmatched brace', at + 1);
    else if (url[at] === '}' && !/\{[^{}]*$/.test(url.slice(0, at))) {
      return says('unmatched close brace/bracket', at + 1);
    }
  }
  for (const match of url.matchAll(/\[(\d+|[a-zA-Z])-(\d+|[a-zA-Z])(?::\d+)?\]/g)) {
    const [all, from = '', to = ''] = match;
    const isDigits = /^\d/.test(from);
    if (isDigits ? Number(from) > Number(to) : from > to) {
      return says('bad range', match.index + all.length + 1);
    }
  }
  return undefined;
}

function expandGlobs(url: string): string[] {
  const match = /\{([^{}]*)\}|\[(\d+|[a-z])-(\d+|[a-z])(?::(\d+))?\]/i.exec(url);
  if (match === null) return [url];
  const before = url.slice(0, match.index);
  const after = url.slice(match.index + match[0].length);
  return globValues(match).flatMap((value) =>
    expandGlobs(after).map((rest) => before + value + rest),
  );
}

function globValues(match: RegExpExecArray): string[] {
  const [, list, from = '', to = '', step = '1'] = match;
  if (list !== undefined) return list.split(',');
  const values: string[] = [];
  if (/^\d+$/.test(from)) {
    const width = from.startsWith('0') ? from.length : 0;
    for (let value = Number(from); value <= Number(to); value += Math.max(Number(step), 1)) {
      values.push(String(value).padStart(width, '0'));
    }
    return values;
  }
  for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code += Math.max(Number(step), 1)) {
    values.push(String.fromCharCode(code));
  }
  return values;
}
