/**
 * The `ip` command of iproute2 on one namespace: addr, link, route, rule, neigh.
 *
 * Words may be shortened as iproute2 allows (`ip a`, `ip r`). Texts and exit codes were compared with
 * iproute2 6.1 on Linux 6.18: 1 for a bad command line, 2 when the kernel refused, 255 for usage.
 *
 * Not modelled: IPv6 (`-6` lists nothing), -j/-json, netns, maddress, tunnel, xfrm, multipath routes.
 */
import { isIpv4, parseIp, parseMac } from '@podwire/base';
import type { NetNs } from '../netns.ts';
import type { NudState } from '../neigh/neigh.ts';
import { formatIpAddr, formatIpLink } from '../show/link-text.ts';
import { formatIpNeigh } from '../show/neigh-text.ts';
import { parseNet } from '../route/route-change.ts';
import { type CommandResult, DONE, fail, kernelSays, ok } from './command-result.ts';
import { type IpFlags, isShortFor, scopeByName } from './command-words.ts';
import { ipLinkAdd, ipLinkSet } from './ip-link.ts';
import { ipRoute, ipRule } from './ip-route.ts';

export type { CommandResult } from './command-result.ts';

/** Runs `ip ARGV…` (without the word `ip`). */
export function ipCommand(ns: NetNs, argv: readonly string[]): CommandResult {
  const args = [...argv];
  const flags: IpFlags = {
    isIpv4Only: false,
    isIpv6Only: false,
    isBrief: false,
    isOneline: false,
    hasStats: false,
    hasDetails: false,
  };
  while (args[0]?.startsWith('-') === true) {
    const flag = args.shift() ?? '';
    if (flag === '-V' || flag === '-Version')
      return ok('ip utility, iproute2-6.1.0, libbpf 1.1.2\n');
    if (NOT_MODELLED.test(flag)) return fail(255, `ip: ${flag} is not modelled by podwire\n`);
    if (!takeFlag(flags, flag)) {
      return fail(255, `Option "${flag}" is unknown, try "ip -help".\n`);
    }
    if (flag === '-f' || flag === '-family') args.shift();
  }
  const object = args.shift();
  if (object === undefined || object === 'help') return fail(255, IP_USAGE);
  if (isShortFor(object, 'address')) return ipAddr(ns, args, flags);
  if (isShortFor(object, 'route')) return ipRoute(ns, args, flags);
  if (isShortFor(object, 'link')) return ipLink(ns, args, flags);
  if (isShortFor(object, 'neighbor') || isShortFor(object, 'neighbour'))
    return ipNeigh(ns, args, flags);
  if (isShortFor(object, 'rule')) return ipRule(ns, args);
  return fail(1, `Object "${object}" is unknown, try "ip help".\n`);
}

/** Options of the real one that would change what is printed. */
const NOT_MODELLED = /^-(j|json|p|pretty|b|batch|n|netns|t|timestamp|ts|tshort|a|all|iec)$/;

const IP_USAGE = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
       ip [ -force ] -batch filename
where  OBJECT := { address | addrlabel | fou | help | ila | ioam | l2tp | link |
                   macsec | maddress | monitor | mptcp | mroute | mrule |
                   neighbor | neighbour | netconf | netns | nexthop | ntable |
                   ntbl | route | rule | sr | tap | tcpmetrics |
                   token | tunnel | tuntap | vrf | xfrm }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -r[esolve] |
                    -h[uman-readable] | -iec | -j[son] | -p[retty] |
                    -f[amily] { inet | inet6 | mpls | bridge | link } |
                    -4 | -6 | -M | -B | -0 |
                    -l[oops] { maximum-addr-flush-attempts } | -br[ief] |
                    -o[neline] | -t[imestamp] | -ts[hort] | -b[atch] [filename] |
                    -rc[vbuf] [size] | -n[etns] name | -N[umeric] | -a[ll] |
                    -c[olor]}
`;

function takeFlag(flags: IpFlags, flag: string): boolean {
  if (flag === '-4') flags.isIpv4Only = true;
  else if (flag === '-6') flags.isIpv6Only = true;
  else if (flag === '-br' || flag === '-brief') flags.isBrief = true;
  else if (flag === '-o' || flag === '-oneline') flags.isOneline = true;
  else if (flag === '-s' || flag === '-stats' || flag === '-statistics') flags.hasStats = true;
  else if (flag === '-d' || flag === '-details') flags.hasDetails = true;
  else if (flag.startsWith('-c')) return true;
  else
    return flag === '-f' || flag === '-family' || flag === '-N' || flag === '-h' || flag === '-r';
  return true;
}

function ipAddr(ns: NetNs, args: string[], flags: IpFlags): CommandResult {
  const verb = args.shift() ?? 'show';
  if (isShortFor(verb, 'add') || verb === 'change' || isShortFor(verb, 'replace')) {
    return changeAddr(ns, args, verb);
  }
  if (isShortFor(verb, 'delete')) return changeAddr(ns, args, 'delete');
  if (isShortFor(verb, 'show') || isShortFor(verb, 'list') || verb === 'lst') {
    const list = listArgs(ns, args, flags);
    return 'exitCode' in list ? list : ok(flags.isIpv6Only ? '' : formatIpAddr(ns, list));
  }
  if (isShortFor(verb, 'flush')) return flushAddr(ns, args);
  return fail(255, `Command "${verb}" is unknown, try "ip address help".\n`);
}

function changeAddr(ns: NetNs, args: string[], verb: string): CommandResult {
  let cidr: string | undefined;
  let devName: string | undefined;
  let scope: number | undefined;
  let label: string | undefined;
  let broadcast: string | undefined;
  let noprefixroute = false;
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    if (word === 'dev') devName = args.shift();
    else if (word === 'local') cidr = args.shift();
    else if (word === 'scope') scope = scopeByName(args.shift() ?? '');
    else if (word === 'label') label = args.shift();
    else if (word === 'brd' || word === 'broadcast') broadcast = args.shift();
    else if (word === 'noprefixroute') noprefixroute = true;
    else if (word === 'valid_lft' || word === 'preferred_lft') args.shift();
    else if (cidr === undefined) cidr = word;
    else return fail(1, `Error: either "local" is duplicate, or "${word}" is a garbage.\n`);
  }
  if (devName === undefined)
    return fail(255, 'Not enough information: "dev" argument is required.\n');
  const given = cidr ?? '';
  const parsed = parseNet(given);
  if (parsed === undefined && !given.includes(':')) {
    return fail(1, `Error: any valid prefix is expected rather than "${given}".\n`);
  }
  const dev = ns.dev(devName);
  if (dev === undefined) return fail(1, `Cannot find device "${devName}"\n`);
  if (verb === 'delete') {
    const problem = ns.delAddress(dev, given);
    return problem === undefined ? DONE : kernelSays(problem);
  }
  if (isShortFor(verb, 'replace') || verb === 'change') ns.delAddress(dev, given);
  const brd =
    broadcast === undefined || parsed === undefined
      ? undefined
      : broadcast === '+'
        ? (parsed.dst | (2 ** (32 - parsed.prefixLen) - 1)) >>> 0
        : parseIp(broadcast);
  const problem = ns.addAddress(dev, given, {
    noprefixroute,
    ...(scope === undefined ? {} : { scope }),
    ...(label === undefined ? {} : { label }),
    ...(brd === undefined ? {} : { broadcast: brd }),
  });
  return problem === undefined ? DONE : kernelSays(problem);
}

function flushAddr(ns: NetNs, args: string[]): CommandResult {
  if (args[0] === 'dev') args.shift();
  const name = args[0];
  if (name === undefined) return fail(255, 'Flush requires arguments.\n');
  const dev = ns.dev(name);
  if (dev === undefined) return fail(1, `Device "${name}" does not exist.\n`);
  for (const address of dev.addrs.slice())
    if (dev.addrs.includes(address)) ns.delAddressEntry(dev, address);
  return DONE;
}

function listArgs(
  ns: NetNs,
  args: string[],
  flags: IpFlags,
): CommandResult | (Parameters<typeof formatIpAddr>[1] & object) {
  let devName: string | undefined;
  let isUpOnly = false;
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    if (word === 'dev') devName = args.shift();
    else if (word === 'up') isUpOnly = true;
    else if (word === 'type' || word === 'scope' || word === 'master') args.shift();
    else if (devName === undefined) devName = word;
    else return fail(1, `Error: either "dev" is duplicate, or "${word}" is a garbage.\n`);
  }
  if (devName !== undefined && ns.dev(devName) === undefined) {
    return fail(1, `Device "${devName}" does not exist.\n`);
  }
  return {
    ...(devName === undefined ? {} : { dev: devName }),
    isUpOnly,
    isIpv4Only: flags.isIpv4Only,
    isBrief: flags.isBrief,
    isOneline: flags.isOneline,
    hasStats: flags.hasStats,
    hasDetails: flags.hasDetails,
  };
}

function ipLink(ns: NetNs, args: string[], flags: IpFlags): CommandResult {
  const verb = args.shift() ?? 'show';
  if (isShortFor(verb, 'set')) return ipLinkSet(ns, args);
  if (isShortFor(verb, 'add')) return ipLinkAdd(ns, args);
  if (isShortFor(verb, 'delete')) {
    if (args[0] === 'dev') args.shift();
    const name = args[0];
    if (name === undefined)
      return fail(255, 'Not enough information: "dev" argument is required.\n');
    const dev = ns.dev(name);
    if (dev === undefined) return fail(1, `Cannot find device "${name}"\n`);
    if (dev.kind === 'loopback' || dev.kind === 'nic') {
      return fail(2, 'RTNETLINK answers: Operation not supported\n');
    }
    ns.deleteDev(dev);
    return DONE;
  }
  if (isShortFor(verb, 'show') || isShortFor(verb, 'list') || verb === 'lst') {
    const list = listArgs(ns, args, flags);
    return 'exitCode' in list ? list : ok(formatIpLink(ns, { ...list, isIpv4Only: false }));
  }
  return fail(255, `Command "${verb}" is unknown, try "ip link help".\n`);
}

function ipNeigh(ns: NetNs, args: string[], flags: IpFlags): CommandResult {
  const verb = args.shift() ?? 'show';
  const isChange = isShortFor(verb, 'add') || isShortFor(verb, 'replace') || verb === 'change';
  if (isChange || isShortFor(verb, 'delete')) return changeNeigh(ns, args, verb);
  const isFlush = isShortFor(verb, 'flush');
  if (!isFlush && !isShortFor(verb, 'show') && !isShortFor(verb, 'list') && verb !== 'lst') {
    return fail(255, `Command "${verb}" is unknown, try "ip neighbour help".\n`);
  }
  let devName: string | undefined;
  let address: number | undefined;
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    if (word === 'dev') devName = args.shift();
    else if (word === 'to') address = parseIp(args.shift() ?? '');
    else if (word === 'nud') args.shift();
    else if (word === 'all') continue;
    else {
      address = parseIp(word);
      if (address === undefined) {
        return fail(1, `Error: any valid prefix is expected rather than "${word}".\n`);
      }
    }
  }
  if (devName !== undefined && ns.dev(devName) === undefined) {
    return fail(1, `Cannot find device "${devName}"\n`);
  }
  if (isFlush) {
    for (const neigh of ns.neigh.list()) {
      const isWanted =
        (devName === undefined || neigh.dev.name === devName) &&
        (address === undefined || neigh.ip === address);
      if (isWanted && neigh.nudState !== 'PERMANENT') ns.neigh.delete(neigh.dev, neigh.ip);
    }
    return DONE;
  }
  return ok(
    flags.isIpv6Only
      ? ''
      : formatIpNeigh(ns, {
          ...(devName === undefined ? {} : { dev: devName }),
          ...(address === undefined ? {} : { ip: address }),
        }),
  );
}

function changeNeigh(ns: NetNs, args: string[], verb: string): CommandResult {
  let address: number | undefined;
  let mac: number | undefined;
  let devName: string | undefined;
  let nud: NudState = 'PERMANENT';
  let isProxy = false;
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    if (word === 'dev') devName = args.shift();
    else if (word === 'lladdr') {
      const text = args.shift() ?? '';
      mac = parseMac(text);
      if (mac === undefined) return fail(1, `"${text}" is invalid lladdr.\n`);
    } else if (word === 'nud') nud = (args.shift() ?? '').toUpperCase() as NudState;
    else if (word === 'proxy') {
      isProxy = true;
      address = parseIp(args.shift() ?? '');
    } else {
      const text = word === 'to' ? (args.shift() ?? '') : word;
      address = parseIp(text);
      if (address === undefined || !isIpv4(address)) {
        return fail(1, `Error: any valid prefix is expected rather than "${text}".\n`);
      }
    }
  }
  if (devName === undefined || address === undefined) {
    return fail(255, 'Device and destination are required arguments.\n');
  }
  const dev = ns.dev(devName);
  if (dev === undefined) return fail(1, `Cannot find device "${devName}"\n`);
  if (isProxy) {
    const set = ns.neigh.proxies.get(dev) ?? new Set();
    if (isShortFor(verb, 'delete')) set.delete(address);
    else set.add(address);
    ns.neigh.proxies.set(dev, set);
    return DONE;
  }
  if (isShortFor(verb, 'delete')) {
    return ns.neigh.delete(dev, address)
      ? DONE
      : fail(2, 'RTNETLINK answers: No such file or directory\n');
  }
  const old = ns.neigh.get(dev, address);
  if (isShortFor(verb, 'add') && old !== undefined)
    return fail(2, 'RTNETLINK answers: File exists\n');
  if (verb === 'change' && old === undefined)
    return fail(2, 'RTNETLINK answers: No such file or directory\n');
  if (mac === undefined) return fail(2, 'Error: No link layer address given.\n');
  ns.neigh.set(dev, address, mac, nud);
  return DONE;
}
