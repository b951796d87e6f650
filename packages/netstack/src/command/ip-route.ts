/**
 * `ip route` and `ip rule`: parsing of their words, and `ip route get`.
 */
import { type Ip, formatIp, parseIp } from '@podwire/base';
import type { NetNs } from '../netns.ts';
import { type Route, RouteTable, type FibRule, type RouteType } from '../route/fib.ts';
import { type RouteSpec, parseNet } from '../route/route-change.ts';
import { formatIpRoute, formatIpRule, tableByName } from '../show/route-text.ts';
import { errnoText } from '../socket/errno.ts';
import { type CommandResult, DONE, fail, kernelSays, ok } from './command-result.ts';
import { type IpFlags, isShortFor, scopeByName } from './command-words.ts';

const TYPES: ReadonlySet<string> = new Set([
  'unicast',
  'local',
  'broadcast',
  'unreachable',
  'prohibit',
  'blackhole',
  'throw',
]);

const NO_TABLE = 'Error: ipv4: FIB table does not exist.\nDump terminated\n';

export function ipRoute(ns: NetNs, args: string[], flags: IpFlags): CommandResult {
  const verb = args.shift() ?? 'show';
  if (isShortFor(verb, 'add')) return changeRoute(ns, args, 'add');
  if (isShortFor(verb, 'replace')) return changeRoute(ns, args, 'replace');
  if (isShortFor(verb, 'change') || verb === 'chg') return changeRoute(ns, args, 'change');
  if (isShortFor(verb, 'append')) return changeRoute(ns, args, 'append');
  if (isShortFor(verb, 'delete')) return changeRoute(ns, args, 'delete');
  if (isShortFor(verb, 'get')) return getRoute(ns, args, flags);
  if (isShortFor(verb, 'show') || isShortFor(verb, 'list') || verb === 'lst') {
    return listRoutes(ns, args, flags);
  }
  if (isShortFor(verb, 'flush')) return flushRoutes(ns, args);
  return fail(255, `Command "${verb}" is unknown, try "ip route help".\n`);
}

/** Words of a route: `[TYPE] PREFIX [via …] [dev …] …`. */
function parseRoute(ns: NetNs, args: string[]): RouteSpec | CommandResult {
  let type: RouteType | undefined;
  let dst: string | undefined;
  const rest: { -readonly [K in keyof RouteSpec]?: RouteSpec[K] } = {};
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    const need = (): string | undefined => args.shift();
    if (word === 'onlink') {
      rest.isOnlink = true;
      continue;
    }
    if (TYPES.has(word) && dst === undefined) {
      type = word as RouteType;
      continue;
    }
    if (!ROUTE_WORDS.has(word)) {
      if (dst !== undefined)
        return fail(255, `Error: either "to" is duplicate, or "${word}" is a garbage.\n`);
      if (parseNet(word) === undefined) {
        return fail(1, `Error: any valid prefix is expected rather than "${word}".\n`);
      }
      dst = word;
      continue;
    }
    const value = need();
    if (value === undefined) return fail(255, 'Command line is not complete. Try option "help"\n');
    const problem = takeWord(ns, rest, word, value);
    if (problem !== undefined) return problem;
    if (word === 'to') dst = value;
  }
  if (dst === undefined && rest.via === undefined && rest.dev === undefined)
    return fail(255, ROUTE_USAGE);
  return { dst: dst ?? 'default', ...rest, ...(type === undefined ? {} : { type }) };
}

const ROUTE_WORDS: ReadonlySet<string> = new Set([
  'to',
  'via',
  'dev',
  'oif',
  'src',
  'metric',
  'priority',
  'preference',
  'table',
  'proto',
  'protocol',
  'scope',
  'mtu',
  'tos',
  'dsfield',
  'advmss',
]);

const ROUTE_USAGE = `Usage: ip route { list | flush } SELECTOR
       ip route save SELECTOR
       ip route restore
       ip route showdump
       ip route get [ ROUTE_GET_FLAGS ] ADDRESS
                            [ from ADDRESS iif STRING ]
                            [ oif STRING ] [ tos TOS ]
                            [ mark NUMBER ] [ vrf NAME ]
                            [ uid NUMBER ] [ ipproto PROTOCOL ]
                            [ sport NUMBER ] [ dport NUMBER ]
       ip route { add | del | change | append | replace } ROUTE
`;

function takeWord(
  ns: NetNs,
  rest: { -readonly [K in keyof RouteSpec]?: RouteSpec[K] },
  word: string,
  value: string,
): CommandResult | undefined {
  switch (word) {
    case 'via':
    case 'src': {
      const address = parseIp(value);
      if (address === undefined) {
        return fail(1, `Error: any valid address is expected rather than "${value}".\n`);
      }
      rest[word] = address;
      return undefined;
    }
    case 'dev':
    case 'oif': {
      const dev = ns.dev(value);
      if (dev === undefined) return fail(1, `Cannot find device "${value}"\n`);
      rest.dev = dev;
      return undefined;
    }
    case 'table': {
      const table = tableByName(value);
      if (table === undefined)
        return fail(1, `Error: argument "${value}" is wrong: "table" value is invalid\n\n`);
      rest.table = table;
      return undefined;
    }
    case 'proto':
    case 'protocol':
      rest.protocol = value;
      return undefined;
    case 'scope': {
      const scope = scopeByName(value);
      if (scope === undefined)
        return fail(1, `Error: argument "${value}" is wrong: invalid "scope" value\n\n`);
      rest.scope = scope;
      return undefined;
    }
    default:
      return takeNumber(rest, word, value);
  }
}

function takeNumber(
  rest: { -readonly [K in keyof RouteSpec]?: RouteSpec[K] },
  word: string,
  value: string,
): CommandResult | undefined {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(value)) {
    return fail(1, `Error: argument "${value}" is wrong: "${word}" value is invalid\n\n`);
  }
  const number = Number(value);
  if (word === 'metric' || word === 'priority' || word === 'preference') rest.metric = number;
  else if (word === 'mtu') rest.mtuBytes = number;
  else if (word === 'tos' || word === 'dsfield') rest.tos = number;
  return undefined;
}

function changeRoute(
  ns: NetNs,
  args: string[],
  verb: 'add' | 'replace' | 'change' | 'append' | 'delete',
): CommandResult {
  const spec = parseRoute(ns, args);
  if ('exitCode' in spec) return spec;
  const net = parseNet(spec.dst);
  if (net === undefined)
    return fail(1, `Error: any valid prefix is expected rather than "${spec.dst}".\n`);
  if (verb === 'change') {
    ns.waitingPeers?.all();
    const table = ns.fib.tables.get(spec.table ?? RouteTable.main);
    if ((table?.at(net.dst, net.prefixLen).length ?? 0) === 0) {
      return fail(2, 'RTNETLINK answers: No such file or directory\n');
    }
  }
  const problem =
    verb === 'delete'
      ? ns.delRoute(spec)
      : verb === 'add' || verb === 'append'
        ? ns.addRoute(spec)
        : ns.replaceRoute(spec);
  return problem === undefined ? DONE : kernelSays(problem);
}

function listRoutes(ns: NetNs, args: string[], flags: IpFlags): CommandResult {
  let table: number | 'all' | undefined;
  let dev: string | undefined;
  let exact: { dst: Ip; prefixLen: number } | undefined;
  const filters: [string, string][] = [];
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    if (word === 'table') {
      const value = args.shift() ?? '';
      table = value === 'all' || value === '0' ? 'all' : tableByName(value);
      if (table === undefined)
        return fail(255, `Error: argument "${value}" is wrong: table id value is invalid\n\n`);
    } else if (word === 'dev' || word === 'oif') {
      dev = args.shift() ?? '';
      if (ns.dev(dev) === undefined) return fail(1, `Cannot find device "${dev}"\n`);
    } else if (word === 'proto' || word === 'scope' || word === 'type') {
      filters.push([word, args.shift() ?? '']);
    } else if (word === 'root' || word === 'match') {
      return fail(255, `ip: route show ${word} is not modelled by podwire\n`);
    } else {
      const text = word === 'exact' || word === 'to' ? (args.shift() ?? '') : word;
      exact = parseNet(text);
      if (exact === undefined)
        return fail(1, `Error: any valid prefix is expected rather than "${text}".\n`);
    }
  }
  if (flags.isIpv6Only) return DONE;
  if (typeof table === 'number' && !ns.fib.tables.has(table)) {
    const isBuiltIn = table === RouteTable.main || table === RouteTable.default;
    if (!isBuiltIn) return fail(2, NO_TABLE);
  }
  const text = formatIpRoute(ns, {
    ...(table === undefined ? {} : { table }),
    ...(dev === undefined ? {} : { dev }),
    ...(exact === undefined ? {} : { exact }),
  });
  const lines = text.split('\n').filter((line) => filters.every((one) => passes(line, one)));
  return ok(filters.length === 0 ? text : `${lines.join('\n')}${lines.length > 0 ? '\n' : ''}`);
}

/** Whether a route's line has the protocol, scope or type; a route without a type's name is unicast. */
function passes(line: string, [word, value]: readonly [string, string]): boolean {
  if (line === '') return false;
  if (word !== 'type') return `${line} `.includes(` ${word} ${value} `);
  const type = /^([a-z]+) (?!via|dev)/.exec(line)?.[1] ?? 'unicast';
  return (type === 'default' ? 'unicast' : type) === value;
}

function flushRoutes(ns: NetNs, args: string[]): CommandResult {
  if (args.length === 0) return fail(255, '"ip route flush" requires arguments.\n');
  if (args[0] === 'cache') {
    ns.pathMtus.clear();
    return DONE;
  }
  const spec = args[0] === 'table' ? undefined : parseRoute(ns, [...args]);
  if (spec !== undefined && 'exitCode' in spec) return spec;
  const table = args[0] === 'table' ? tableByName(args[1] ?? '') : RouteTable.main;
  ns.waitingPeers?.all();
  for (const route of ns.fib.tables.get(table ?? RouteTable.main)?.list() ?? []) {
    const isWanted =
      spec === undefined ||
      ((spec.dev === undefined || spec.dev === route.dev) &&
        (spec.protocol === undefined || spec.protocol === route.protocol));
    if (isWanted) ns.fib.remove(route);
  }
  return DONE;
}

function getRoute(ns: NetNs, args: string[], flags: IpFlags): CommandResult {
  let dst: Ip | undefined;
  let from: Ip | undefined;
  let mark = 0;
  let iif: string | undefined;
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    if (word === 'from') from = parseIp(args.shift() ?? '');
    else if (word === 'mark') mark = Number(args.shift() ?? 0);
    else if (word === 'iif') iif = args.shift();
    else if (word === 'fibmatch') continue;
    else {
      dst = parseIp(word === 'to' ? (args.shift() ?? '') : word);
      if (dst === undefined)
        return fail(1, `Error: any valid prefix is expected rather than "${word}".\n`);
    }
  }
  if (dst === undefined) return fail(255, 'need at least a destination address\n');
  const inDev = iif === undefined ? undefined : ns.dev(iif);
  if (iif !== undefined && inDev === undefined) return fail(1, `Cannot find device "${iif}"\n`);
  const found =
    inDev === undefined
      ? ns.routeOutput(dst, from ?? 0, { mark })
      : (ns.lookup(dst, from, inDev, 0, mark) ?? 'ENETUNREACH');
  if (typeof found === 'string') return fail(2, `RTNETLINK answers: ${errnoText(found)}\n`);
  return ok(formatGet(ns, found, dst, from, iif, flags));
}

function formatGet(
  ns: NetNs,
  route: Route,
  dst: Ip,
  from: Ip | undefined,
  iif: string | undefined,
  flags: IpFlags,
): string {
  const isLocal = route.type === 'local';
  const parts = [isLocal ? `local ${formatIp(dst)}` : formatIp(dst)];
  if (from !== undefined) parts.push(`from ${formatIp(from)}`);
  if (route.gateway !== 0) parts.push(`via ${formatIp(route.gateway)}`);
  parts.push(`dev ${isLocal ? 'lo' : (route.dev?.name ?? '-')}`);
  if (route.table !== RouteTable.main && !isLocal) parts.push(`table ${route.table}`);
  if (from === undefined) parts.push(`src ${formatIp(ns.sourceFor(route, dst))}`);
  if (iif === undefined) parts.push('uid 0');
  const pmtu = ns.pathMtus.get(dst, ns.sim.nowNs());
  const left = ns.pathMtus.entry(dst);
  const expires =
    pmtu === 0 || left === undefined
      ? ''
      : ` expires ${Math.floor((left.expiresNs - ns.sim.nowNs()) / 1_000_000_000)}sec mtu ${pmtu}`;
  const cache = `    cache${expires}${isLocal ? ' <local>' : ''}${iif === undefined ? '' : ` iif ${iif}`} `;
  const end = isLocal ? cache.trimEnd() + ' ' : cache;
  return `${parts.join(' ')} ${flags.isOneline ? '\\' : '\n'}${end}\n`;
}

export function ipRule(ns: NetNs, args: string[]): CommandResult {
  const verb = args.shift() ?? 'show';
  if (isShortFor(verb, 'show') || isShortFor(verb, 'list')) return ok(formatIpRule(ns));
  if (isShortFor(verb, 'add')) {
    const rule = parseRule(ns, args);
    if ('exitCode' in rule) return rule;
    ns.fib.addRule(rule);
    return DONE;
  }
  if (isShortFor(verb, 'delete')) {
    const rule = parseRule(ns, args);
    if ('exitCode' in rule) return rule;
    const hadPriority = args.length === 0 && rule.priority !== autoPriority(ns);
    const old = ns.fib.rules.find(
      (one) =>
        (!hadPriority || one.priority === rule.priority) &&
        one.fwmark === rule.fwmark &&
        one.iif === rule.iif &&
        one.from?.ip === rule.from?.ip &&
        one.to?.ip === rule.to?.ip &&
        (hadPriority || one.table === rule.table),
    );
    if (old === undefined) return fail(2, 'RTNETLINK answers: No such file or directory\n');
    ns.fib.removeRule(old);
    return DONE;
  }
  return fail(255, `Command "${verb}" is unknown, try "ip rule help".\n`);
}

/** A rule without priority goes one before the first that is not the local one. */
function autoPriority(ns: NetNs): number {
  const second = ns.fib.rules[1];
  return second === undefined ? 32765 : Math.max(1, second.priority - 1);
}

function parseRule(ns: NetNs, args: string[]): FibRule | CommandResult {
  const rule: { -readonly [K in keyof FibRule]: FibRule[K] } = {
    priority: autoPriority(ns),
    table: RouteTable.main,
    action: 'lookup',
  };
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    const value = word === 'not' ? '' : args.shift();
    if (value === undefined) return fail(255, 'Command line is not complete. Try option "help"\n');
    if (word === 'not') rule.isNot = true;
    else if (word === 'from' || word === 'to') {
      const parsed = parseNet(value);
      if (parsed === undefined)
        return fail(1, `Error: any valid prefix is expected rather than "${value}".\n`);
      if (parsed.prefixLen > 0) rule[word] = { ip: parsed.dst, prefixLen: parsed.prefixLen };
    } else if (word === 'fwmark') {
      const [mark, mask] = value.split('/');
      rule.fwmark = Number(mark);
      if (mask !== undefined) rule.fwmask = Number(mask);
    } else if (word === 'iif' || word === 'dev') rule.iif = value;
    else if (word === 'oif') rule.oif = value;
    else if (word === 'priority' || word === 'pref' || word === 'preference' || word === 'order') {
      rule.priority = Number(value);
    } else if (word === 'table' || word === 'lookup') {
      const table = tableByName(value);
      if (table === undefined)
        return fail(1, `Error: argument "${value}" is wrong: invalid table ID\n\n`);
      rule.table = table;
    } else return fail(1, `Error: argument "${word}" is wrong: Failed to parse rule type\n\n`);
  }
  return rule;
}
