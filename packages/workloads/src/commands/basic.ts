/**
 * Small programs that every image with a shell has.
 */
import {
  NS_PER_SEC,
  civilTime,
  clock,
  formatIp,
  httpDate,
  isoDate,
  unixDate,
  unixSec,
} from '@podwire/base';
import { type Proc, Signal, sleep as sleepFor } from '@podwire/engine';
import { type Command, type CommandContext, changedContext, finished } from '../context.ts';
import { Getopt } from '../getopt.ts';
import { resolve } from '../resolve.ts';
import { now } from '../servers/http.ts';

/** A command that does not wait. */
function plain(run: (ctx: CommandContext, argv: readonly string[]) => number): Command {
  return (ctx, argv) => finished(run(ctx, argv));
}

export const cat: Command = plain((ctx, argv) => {
  const files = argv.slice(1).filter((word) => word !== '-n' && word !== '-A');
  if (files.length === 0) files.push('-');
  let exitCode = 0;
  for (const file of files) {
    const text = file === '-' ? (ctx.stdin ?? '') : ctx.fs.read(file);
    if (text !== undefined) {
      ctx.out(text);
      continue;
    }
    const isFolder = ctx.fs.list(file) !== undefined;
    const reason = isFolder ? 'Is a directory' : 'No such file or directory';
    ctx.err(
      ctx.isBusybox === true && !isFolder
        ? `cat: can't open '${file}': ${reason}\n`
        : `cat: ${file}: ${reason}\n`,
    );
    exitCode = 1;
  }
  return exitCode;
});

export const ls: Command = plain((ctx, argv) => {
  const getopt = new Getopt(argv.slice(1), 'la1AhRd');
  if (getopt.error !== undefined) {
    ctx.err(`ls: ${getopt.error}\nTry 'ls --help' for more information.\n`);
    return 2;
  }
  const paths = getopt.operands.length > 0 ? getopt.operands : ['/'];
  let exitCode = 0;
  for (const path of paths) {
    const names = ctx.fs.list(path);
    if (names !== undefined) {
      ctx.out(names.map((name) => `${name}\n`).join(''));
    } else if (ctx.fs.read(path) !== undefined) {
      ctx.out(`${path}\n`);
    } else {
      const quoted = ctx.isBusybox === true ? path : `cannot access '${path}'`;
      ctx.err(`ls: ${quoted}: No such file or directory\n`);
      exitCode = ctx.isBusybox === true ? 1 : 2;
    }
  }
  return exitCode;
});

export const echo: Command = plain((ctx, argv) => {
  const words = argv.slice(1);
  let isNewline = true;
  let isEscaped = false;
  while (/^-[neE]+$/.test(words[0] ?? '')) {
    const flags = words.shift() ?? '';
    if (flags.includes('n')) isNewline = false;
    if (flags.includes('e')) isEscaped = true;
  }
  const text = words.join(' ');
  ctx.out((isEscaped ? unescape(text) : text) + (isNewline ? '\n' : ''));
  return 0;
});

function unescape(text: string): string {
  return text
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')
    .replaceAll('\\r', '\r')
    .replaceAll('\\\\', '\\');
}

export const printf: Command = plain((ctx, argv) => {
  const [format = '', ...values] = argv.slice(1);
  let index = 0;
  do {
    ctx.out(
      unescape(format).replace(/%(-?\d*)([sdi%])/g, (_all, width: string, kind: string) => {
        if (kind === '%') return '%';
        const value = values[index++] ?? (kind === 's' ? '' : '0');
        const size = Math.abs(Number(width));
        return width.startsWith('-') ? value.padEnd(size) : value.padStart(size);
      }),
    );
  } while (index > 0 && index < values.length);
  return 0;
});

export const yes0: Command = plain(() => 0);
export const no1: Command = plain(() => 1);

/** kill of process 1: TERM reaches it as from outside, KILL never does (pid_namespaces(7)). */
export const kill: Command = plain((ctx, argv) => {
  let signal = 'TERM';
  const pids: string[] = [];
  for (let index = 1; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '-s') signal = (argv[++index] ?? '').replace(/^SIG/, '');
    else if (word.startsWith('-')) signal = word.slice(1).replace(/^SIG/, '');
    else pids.push(word);
  }
  if (pids.length === 0) {
    ctx.err('Usage:\n kill [options] <pid> [...]\n');
    return 1;
  }
  let exitCode = 0;
  for (const pid of pids) {
    if (!ctx.processes.rows().some((row) => String(row.pid) === pid)) {
      ctx.err(`kill: (${pid}): No such process\n`);
      exitCode = 1;
    } else if (pid !== '1' || ctx.terminateMain === undefined) {
      ctx.err(`kill: (${pid}): podwire signals only process 1 of a container\n`);
      exitCode = 1;
    } else if (signal === 'TERM' || signal === '15') ctx.terminateMain();
  }
  return exitCode;
});

export function* hostname(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const option = argv[1];
  if (option === undefined || option === '-s' || option === '--short') {
    ctx.out(`${ctx.hostname.split('.')[0] ?? ''}\n`);
    return 0;
  }
  const line = hostsLine(ctx);
  if (['-f', '--fqdn', '--long', '-i', '--ip-address'].includes(option)) {
    const resolved = yield* resolve(ctx, ctx.hostname, 4);
    const address = resolved.addresses[0];
    if (address === undefined) {
      ctx.err(
        ctx.isBusybox === true
          ? `hostname: ${ctx.hostname}: Host name lookup failure\n`
          : `hostname: ${resolved.errorText}\n`,
      );
      return 1;
    }
    const isName = option === '-f' || option === '--fqdn' || option === '--long';
    ctx.out(`${isName ? resolved.canonicalName.replace(/\.$/, '') : formatIp(address)}\n`);
    return 0;
  }
  if (option === '-I' || option === '--all-ip-addresses') {
    const addresses: string[] = [];
    for (const dev of ctx.ns.devs.values()) {
      if (dev === ctx.ns.lo) continue;
      for (const address of ctx.ns.addressesOf(dev)) addresses.push(`${formatIp(address.ip)} `);
    }
    ctx.out(`${addresses.join('')}\n`);
    return 0;
  }
  if (option === '-d' || option === '--domain') {
    const name = line?.names[0] ?? '';
    ctx.out(`${name.includes('.') ? name.slice(name.indexOf('.') + 1) : ''}\n`);
    return 0;
  }
  if (!option.startsWith('-')) {
    ctx.err('hostname: you must be root to change the host name\n');
    return 1;
  }
  const letter = option.replace(/^-+/, '').slice(0, 1);
  if ('aAbFy'.includes(letter)) {
    ctx.err(`hostname: option -${letter} is not modelled by podwire\n`);
    return 1;
  }
  ctx.err(`hostname: invalid option -- '${letter}'\n`);
  return ctx.isBusybox === true ? 1 : 255;
}

/** The line of /etc/hosts that names this host. */
function hostsLine(ctx: CommandContext): { address: string; names: string[] } | undefined {
  for (const line of (ctx.fs.read('/etc/hosts') ?? '').split('\n')) {
    const [address, ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    if (address !== undefined && names.includes(ctx.hostname)) return { address, names };
  }
  return undefined;
}

/** `env` prints the environment; `env A=b CMD` runs a command in a changed one. */
export function* env(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const variables = new Map(argv[1] === '-i' ? [] : ctx.env);
  const words = argv.slice(argv[1] === '-i' ? 2 : 1);
  while (words[0]?.includes('=') === true) {
    const word = words.shift() ?? '';
    const equals = word.indexOf('=');
    variables.set(word.slice(0, equals), word.slice(equals + 1));
  }
  const name = words[0];
  if (name === undefined) {
    for (const [key, value] of shownEnv(variables)) ctx.out(`${key}=${value}\n`);
    return 0;
  }
  const command = ctx.find(name);
  if (command === undefined) {
    ctx.err(`env: ‘${name}’: No such file or directory\n`);
    return 127;
  }
  return yield* command(changedContext(ctx, { env: variables }), words);
}

export const printenv: Command = plain((ctx, argv) => {
  const names = argv.slice(1);
  if (names.length === 0) {
    for (const [key, value] of shownEnv(ctx.env)) ctx.out(`${key}=${value}\n`);
    return 0;
  }
  let exitCode = 0;
  for (const name of names) {
    const value = ctx.env.get(name);
    if (value === undefined) exitCode = 1;
    else ctx.out(`${value}\n`);
  }
  return exitCode;
});

function shownEnv(variables: ReadonlyMap<string, string>): [string, string][] {
  return [...variables].filter(([key]) => !key.startsWith('PODWIRE_'));
}

const SLEEP_UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
]);

export function* sleep(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const words = argv.slice(1);
  if (words.length === 0) {
    ctx.err("sleep: missing operand\nTry 'sleep --help' for more information.\n");
    return 1;
  }
  let totalSec = 0;
  for (const word of words) {
    if (word === 'infinity' || word === 'inf') {
      yield* new Signal().wait();
      return 0;
    }
    const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(word);
    if (match === null) {
      ctx.err(`sleep: invalid time interval ‘${word}’\nTry 'sleep --help' for more information.\n`);
      return 1;
    }
    totalSec += Number(match[1]) * (SLEEP_UNITS.get(match[2] ?? '') ?? 1);
  }
  yield* sleepFor(Math.round(totalSec * NS_PER_SEC));
  return 0;
}

export const date: Command = plain((ctx, argv) => {
  const words = argv.slice(1).filter((word) => word !== '-u' && word !== '--utc');
  const format = words[0];
  const time = now(ctx);
  if (format === undefined) ctx.out(`${unixDate(time)}\n`);
  else if (format === '-R') ctx.out(`${httpDate(time).replace('GMT', '+0000')}\n`);
  else if (format === '-Iseconds' || format === '--iso-8601=seconds') {
    ctx.out(`${isoDate(time)}T${clock(time)}+00:00\n`);
  } else if (format.startsWith('+')) {
    const seconds = unixSec(ctx.sim.nowNs(), ctx.epochSec);
    const parts = new Map([
      ['s', String(seconds)],
      ['N', String(time.nanosecond).padStart(9, '0')],
      ['T', clock(time)],
      ['F', isoDate(time)],
      ['H', clock(time).slice(0, 2)],
      ['M', clock(time).slice(3, 5)],
      ['S', clock(time).slice(6, 8)],
      ['Y', String(time.year)],
      ['m', isoDate(time).slice(5, 7)],
      ['d', isoDate(time).slice(8, 10)],
      ['Z', 'UTC'],
      ['%', '%'],
    ]);
    ctx.out(
      `${format.slice(1).replace(/%(.)/g, (all, letter: string) => parts.get(letter) ?? all)}\n`,
    );
  } else {
    ctx.err(`date: invalid date ‘${format}’\n`);
    return 1;
  }
  return 0;
});

export const ps: Command = plain((ctx, argv) => {
  const style = argv.slice(1).join('');
  const rows = ctx.processes.rows();
  if (ctx.isBusybox === true) {
    ctx.out('PID   USER     TIME  COMMAND\n');
    for (const row of rows) {
      ctx.out(`${String(row.pid).padStart(5)} ${row.user.padEnd(8)}  0:00 ${row.command}\n`);
    }
    return 0;
  }
  const start = (startedNs: number): string =>
    clock(civilTime(startedNs, ctx.epochSec)).slice(0, 5);
  if (/e?f/.test(style) && !style.includes('u')) {
    ctx.out('UID          PID    PPID  C STIME TTY          TIME CMD\n');
    for (const row of rows) {
      ctx.out(
        `${row.user.padEnd(8)} ${String(row.pid).padStart(7)} ${String(row.pid === 1 ? 0 : 1).padStart(7)}  0 ${start(row.startedNs)} ?        00:00:00 ${row.command}\n`,
      );
    }
    return 0;
  }
  if (style.includes('u')) {
    ctx.out('USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n');
    for (const row of rows) {
      ctx.out(
        `${row.user.padEnd(8)} ${String(row.pid).padStart(7)}  0.0  0.0   4364  3200 ?        ${row.pid === 1 ? 'Ss' : 'S '}   ${start(row.startedNs)}   0:00 ${row.command}\n`,
      );
    }
    return 0;
  }
  ctx.out('    PID TTY          TIME CMD\n');
  for (const row of rows) {
    const name = (row.command.split(' ')[0] ?? '').split('/').at(-1) ?? '';
    ctx.out(`${String(row.pid).padStart(7)} ?        00:00:00 ${name}\n`);
  }
  return 0;
});

export const uname: Command = plain((ctx, argv) => {
  const option = argv[1] ?? '-s';
  if (option === '-a') {
    ctx.out(`Linux ${ctx.hostname} 6.18.0 #1 SMP PREEMPT_DYNAMIC x86_64 GNU/Linux\n`);
  } else if (option === '-r') ctx.out('6.18.0\n');
  else if (option === '-n') ctx.out(`${ctx.hostname}\n`);
  else if (option === '-m') ctx.out('x86_64\n');
  else ctx.out('Linux\n');
  return 0;
});

export const whoamiCommand: Command = plain((ctx) => {
  ctx.out('root\n');
  return 0;
});

export const id: Command = plain((ctx) => {
  ctx.out('uid=0(root) gid=0(root) groups=0(root)\n');
  return 0;
});

export const pwd: Command = plain((ctx) => {
  ctx.out('/\n');
  return 0;
});

export const seq: Command = plain((ctx, argv) => {
  const numbers = argv.slice(1).map(Number);
  const [first, step, last] =
    numbers.length >= 3
      ? [numbers[0] ?? 1, numbers[1] ?? 1, numbers[2] ?? 0]
      : [numbers.length === 2 ? (numbers[0] ?? 1) : 1, 1, numbers.at(-1) ?? 0];
  for (let value = first; step > 0 ? value <= last : value >= last; value += step) {
    ctx.out(`${value}\n`);
    if (step === 0) break;
  }
  return 0;
});

/** `[ … ]` and `test`. */
export const test: Command = plain((ctx, argv) => {
  const words = argv.slice(1);
  if (argv[0]?.endsWith('[') === true && words.pop() !== ']') {
    ctx.err(`[: missing ]\n`);
    return 2;
  }
  const isNegated = words[0] === '!';
  if (isNegated) words.shift();
  const value = evaluateTest(ctx, words);
  return value === isNegated ? 1 : 0;
});

function evaluateTest(ctx: CommandContext, words: readonly string[]): boolean {
  const [left = '', operator, right = ''] = words;
  if (operator === undefined) return left !== '';
  if (words.length === 2) {
    switch (left) {
      case '-n':
        return operator !== '';
      case '-z':
        return operator === '';
      case '-f':
      case '-e':
      case '-s':
        return (
          ctx.fs.read(operator) !== undefined ||
          (left === '-e' && ctx.fs.list(operator) !== undefined)
        );
      case '-d':
        return ctx.fs.list(operator) !== undefined;
      default:
        return false;
    }
  }
  switch (operator) {
    case '=':
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '-eq':
      return Number(left) === Number(right);
    case '-ne':
      return Number(left) !== Number(right);
    case '-lt':
      return Number(left) < Number(right);
    case '-le':
      return Number(left) <= Number(right);
    case '-gt':
      return Number(left) > Number(right);
    case '-ge':
      return Number(left) >= Number(right);
    default:
      return false;
  }
}

export const touch: Command = plain((ctx, argv) => {
  for (const path of argv.slice(1)) {
    if (!path.startsWith('-') && ctx.fs.read(path) === undefined) ctx.fs.write(path, '');
  }
  return 0;
});
