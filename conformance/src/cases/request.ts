/**
 * What a probe asks: the text of its request as a command line, and how its output is to be read.
 *
 * From: `request` with placeholders filled in. To: case-program.ts runs it, observe.ts reads what came.
 */
import { textOf } from './case-file.ts';

export type RequestKind =
  | 'curl'
  | 'dig'
  | 'nc'
  | 'udp'
  | 'ping'
  | 'getaddrinfo'
  | 'cat'
  | 'kubectl'
  | 'command';

export interface Request {
  readonly kind: RequestKind;
  readonly argv: readonly string[];
  readonly stdin: string;
  /** Requests that one command makes; more than 1 where they share a connection. */
  readonly count: number;
  /** How often the command is run; without, as often as the probe says. */
  readonly turns?: number;
  /** A shell command that gets the output as its input. */
  readonly pipe?: string;
  /** The file that is read. */
  readonly file?: string;
  /** The type that dig asks for. */
  readonly type?: string;
}

export interface RequestContext {
  readonly timeoutSec: number;
  readonly libc?: string;
  /** The answer's sender matters: a bare connection does not tell it. */
  readonly needsBackend?: boolean;
  /** `repeat` of the probe. */
  readonly repeat: number;
}

/** Commands that are run as they stand, judged by exit status and output. */
const COMMANDS = new Set([
  'nslookup',
  'host',
  'getent',
  'traceroute',
  'tracepath',
  'wget',
  'ip',
  'ss',
  'hostname',
  'env',
  'ps',
  'iptables',
  'iptables-save',
  'conntrack',
  'bridge',
  'sysctl',
  'ls',
  'sh',
  'arp',
  'netstat',
  'ifconfig',
  'route',
  'crictl',
]);

/** Parses a request; a text tells what is not understood. */
export function parseRequest(text: string, context: RequestContext): Request | string {
  const words = splitWords(text);
  if (words === undefined) return `request "${text}": a quote is not closed`;
  const [name = '', ...rest] = words;
  switch (name) {
    case 'curl':
      return curlRequest(text, rest, context);
    case 'dig':
      return digRequest(words);
    case 'nc':
      return ncRequest(text, rest, context);
    case 'udp':
      return udpRequest(text, rest, context);
    case 'ping':
      return pingRequest(words, context);
    case 'getaddrinfo':
      return getaddrinfoRequest(text, rest, context);
    case 'cat': {
      const [file, ...more] = rest;
      if (file === undefined || more.length > 0) return `request "${text}" is not understood`;
      return { kind: 'cat', argv: words, stdin: '', count: 1, file };
    }
    case 'kubectl':
    case 'oc': {
      const at = words.indexOf('|');
      if (at < 0) return { kind: 'kubectl', argv: words, stdin: '', count: 1 };
      const pipe = text.slice(text.indexOf(' | ') + 3);
      return { kind: 'kubectl', argv: words.slice(0, at), stdin: '', count: 1, pipe };
    }
    default:
      if (!COMMANDS.has(name)) return `request "${text}" is not understood`;
      if (words.includes('|')) {
        return { kind: 'command', argv: ['sh', '-c', text], stdin: '', count: 1 };
      }
      return { kind: 'command', argv: words, stdin: '', count: 1 };
  }
}

/** Words of a command line, with quotes and backslashes as a shell takes them. */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === "'" || char === '"') {
      const end = closingQuote(text, at);
      if (end < 0) return undefined;
      const inside = text.slice(at + 1, end);
      word = (word ?? '') + (char === '"' ? inside.replaceAll(/\\(["\\$`])/g, '$1') : inside);
      at = end;
    } else if (char === '\\' && at + 1 < text.length) {
      word = (word ?? '') + (text[++at] ?? '');
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}

function closingQuote(text: string, start: number): number {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\' && quote === '"') at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

const KEPT =
  /^(?:(\d+) (?:times|requests)|twice|several times)?,? ?(?:(?:on|over|through|with) (?:one|a single|a|the same|the|1) (?:kept(?:-alive)?|keep-?alive|open|persistent)?[ -]?(?:TCP )?connection|with keep-?alive)$/i;

/** "20 times with one cookie jar": as many commands that share a file of cookies. */
const JAR = /^\(?(?:(\d+) times )?(?:with|through) (?:one|a|the same) cookie jar\)?$/i;
const NO_JAR = /^\(?(?:with no|no|without a) cookie jar\)?$/i;
const JAR_FILE = '/tmp/cookies.txt';

function curlRequest(
  text: string,
  rest: readonly string[],
  context: RequestContext,
): Request | string {
  const withScheme = rest.findIndex((word) => /^[a-z]+:\/\//i.test(word));
  const urlAt = withScheme < 0 ? rest.findIndex((_, at) => isOperand(rest, at)) : withScheme;
  if (urlAt < 0) return `request "${text}" has no URL`;
  const proseAt = rest.findIndex((word, at) => {
    return at > urlAt && isOperand(rest, at) && !/^[a-z]+:\/\//i.test(word);
  });
  const end = proseAt < 0 ? rest.length : proseAt;
  const prose = rest.slice(end).join(' ');
  const options = rest.slice(0, end);
  let count = 1;
  let localPort: string | undefined;
  const jar = JAR.exec(prose);
  if (prose !== '' && jar === null && !NO_JAR.test(prose)) {
    const kept = KEPT.exec(prose);
    localPort = sourcePortOf(prose);
    if (kept !== null) {
      count = Number(kept[1] ?? (/twice/.test(prose) ? 2 : context.repeat));
    } else if (localPort === undefined) return `request "${text}": "${prose}" is not understood`;
  }
  const argv = ['curl', '-sS', '-v'];
  if (!hasTimeout(options)) argv.push('-m', textOf(context.timeoutSec));
  if (localPort !== undefined) argv.push('--local-port', localPort);
  if (jar !== null) argv.push('-b', JAR_FILE, '-c', JAR_FILE);
  argv.push(...options);
  const url = rest[urlAt] ?? '';
  for (let more = 1; more < count; more++) argv.push(url);
  const turns = jar?.[1] === undefined ? {} : { turns: Number(jar[1]) };
  return { kind: 'curl', argv, stdin: '', count, ...turns };
}

/** Options of curl without a value, as short letters. */
const CURL_SWITCHES =
  /^-[sSvikLfIgGN046q]+$|^--(fail|insecure|location|silent|show-error|include|head|verbose|get|globoff|http1\.[01]|compressed|no-[a-z-]+)$/;

/** A word that is neither an option nor an option's value. */
function isOperand(rest: readonly string[], at: number): boolean {
  const [word = '', before = ''] = [rest[at], rest[at - 1]];
  if (word.startsWith('-')) return false;
  const isLetter = /^-[A-Za-z0-9]+$/.test(before) && !CURL_SWITCHES.test(before);
  const isLong = before.startsWith('--') && !before.includes('=') && !CURL_SWITCHES.test(before);
  return !isLetter && !isLong;
}

function hasTimeout(options: readonly string[]): boolean {
  return options.some((word) => /^(-m\d*|--max-time(=.*)?)$/.test(word));
}

/** Where a port is to be kept and none is named. */
const KEPT_PORT = '40000';

/** "from source port 40000", "with fixed source port 5000", "from the same source port". */
function sourcePortOf(prose: string): string | undefined {
  const words = prose.replace(/^\((.*)\)$/, '$1');
  const match =
    /^(?:(?:always )?(?:from|with|using|--)\s*)?(?:(the same|a|one)\s+)?(fixed\s+)?(?:(?:source|local)[ -]port|sport|port)(?:[ =]+(\d+))?$/i.exec(
      words,
    );
  if (match === null) return undefined;
  const isKept = match[2] !== undefined || /^(?:the same|one)$/.test(match[1] ?? '');
  return match[3] ?? (isKept ? KEPT_PORT : undefined);
}

const DNS_TYPE = /^(A|AAAA|ANY|AXFR|CAA|CNAME|HINFO|HTTPS|IXFR|MX|NAPTR|NS|PTR|SOA|SRV|SVCB|TXT)$/i;

function digRequest(words: readonly string[]): Request {
  const plain = words.slice(1).filter((word) => DNS_TYPE.test(word));
  const flagAt = words.indexOf('-t');
  const type = flagAt > 0 ? words[flagAt + 1] : plain.at(-1);
  const fallback = words.includes('-x') ? 'PTR' : 'A';
  return { kind: 'dig', argv: words, stdin: '', count: 1, type: (type ?? fallback).toUpperCase() };
}

function ncRequest(
  text: string,
  rest: readonly string[],
  context: RequestContext,
): Request | string {
  const [host, port, ...more] = rest.filter((word) => !word.startsWith('-'));
  const options = rest.filter((word) => word.startsWith('-'));
  if (options.some((word) => /^-\w*u/.test(word))) {
    const own = optionValue(rest, '-p');
    const places = operands(rest, new Set(['-p', '-w']));
    if (places.length !== 2) return `request "${text}" is not understood`;
    return udp(places[0] ?? '', places[1] ?? '', own, context.timeoutSec);
  }
  if (options.length > 0) {
    const argv = ['nc', '-v', ...rest];
    if (!rest.includes('-w')) argv.splice(1, 0, '-w', textOf(context.timeoutSec));
    return { kind: 'nc', argv, stdin: '', count: 1 };
  }
  if (host === undefined || port === undefined || !/^\d+$/.test(port)) {
    return `request "${text}" is not understood`;
  }
  const prose = more.join(' ');
  const own = prose === '' ? undefined : sourcePortOf(prose);
  if (prose !== '' && own === undefined) return `request "${text}": "${prose}" is not understood`;
  const from = own === undefined ? [] : ['-p', own];
  const wait = ['-w', textOf(context.timeoutSec)];
  if (context.needsBackend !== true) {
    return { kind: 'nc', argv: ['nc', '-vz', ...wait, ...from, host, port], stdin: '', count: 1 };
  }
  const stdin = `GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`;
  return { kind: 'nc', argv: ['nc', '-v', ...wait, ...from, host, port], stdin, count: 1 };
}

function udpRequest(
  text: string,
  rest: readonly string[],
  context: RequestContext,
): Request | string {
  const own = optionValue(rest, '-p');
  const [host, port, ...more] = operands(rest, new Set(['-p']));
  if (host === undefined || port === undefined || !/^\d+$/.test(port)) {
    return `request "${text}" is not understood`;
  }
  const prose = more.join(' ');
  const named = prose === '' ? own : sourcePortOf(prose);
  if (prose !== '' && named === undefined) return `request "${text}": "${prose}" is not understood`;
  return udp(host, port, named, context.timeoutSec);
}

function udp(host: string, port: string, own: string | undefined, timeoutSec: number): Request {
  const from = own === undefined ? [] : ['-p', own];
  const argv = ['nc', '-u', '-v', '-w', textOf(timeoutSec), ...from, host, port];
  return { kind: 'udp', argv, stdin: 'hostname\n', count: 1 };
}

function optionValue(words: readonly string[], option: string): string | undefined {
  const at = words.indexOf(option);
  return at < 0 ? undefined : words[at + 1];
}

function operands(words: readonly string[], withValue: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (withValue.has(word)) at++;
    else if (!word.startsWith('-')) found.push(word);
  }
  return found;
}

function pingRequest(words: readonly string[], context: RequestContext): Request {
  const argv = [...words];
  if (!argv.includes('-c')) argv.splice(1, 0, '-c', '1');
  if (!argv.includes('-W')) argv.splice(1, 0, '-W', textOf(context.timeoutSec));
  return { kind: 'ping', argv, stdin: '', count: 1 };
}

function getaddrinfoRequest(
  text: string,
  rest: readonly string[],
  context: RequestContext,
): Request | string {
  const [name, ...more] = rest;
  const prose = more.join(' ');
  const family = /^\(?(?:with )?(?:AF_)?INET(6?)\)?$/i.exec(prose);
  if (name === undefined || (prose !== '' && prose !== 'AF_UNSPEC' && family === null)) {
    return `request "${text}" is not understood`;
  }
  const libc = context.libc ?? 'glibc';
  if (libc !== 'glibc' && libc !== 'musl') return `libc ${libc} is not modelled`;
  const argv = ['getaddrinfo', '--libc', libc];
  if (family !== null) argv.push('--family', family[1] === '6' ? '6' : '4');
  return { kind: 'getaddrinfo', argv: [...argv, name], stdin: '', count: 1 };
}
