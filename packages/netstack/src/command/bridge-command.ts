/**
 * The `bridge` command of iproute2: fdb and link.
 */
import { parseIp, parseMac } from '@podwire/base';
import { Bridge } from '../dev/bridge.ts';
import { Vxlan } from '../dev/vxlan.ts';
import type { NetNs } from '../netns.ts';
import { formatBridgeFdb, formatBridgeLink } from '../show/fdb-text.ts';
import { type CommandResult, DONE, fail, ok } from './command-result.ts';

/** Runs `bridge ARGV…` (without the word `bridge`). */
export function bridgeCommand(ns: NetNs, argv: readonly string[]): CommandResult {
  const args = [...argv];
  let isDetailed = false;
  while (args[0]?.startsWith('-') === true) {
    const flag = args.shift();
    if (flag === '-d' || flag === '-details') isDetailed = true;
  }
  const object = args.shift();
  if (object === undefined)
    return fail(255, 'Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }\n');
  if ('fdb'.startsWith(object)) return bridgeFdb(ns, args);
  if ('link'.startsWith(object)) return bridgeLink(ns, args, isDetailed);
  return fail(255, `Object "${object}" is unknown, try "bridge help".\n`);
}

function bridgeFdb(ns: NetNs, args: string[]): CommandResult {
  const verb = args.shift() ?? 'show';
  if ('show'.startsWith(verb) || 'list'.startsWith(verb)) {
    let dev: string | undefined;
    let bridge: string | undefined;
    for (let word = args.shift(); word !== undefined; word = args.shift()) {
      if (word === 'br') bridge = args.shift();
      else if (word === 'dev' || word === 'brport') dev = args.shift();
      else dev = word;
    }
    if (bridge !== undefined && ns.dev(bridge) === undefined) {
      return fail(255, `Cannot find bridge device "${bridge}"\n`);
    }
    if (dev !== undefined && ns.dev(dev) === undefined) {
      return fail(255, `Cannot find device "${dev}"\n`);
    }
    return ok(
      formatBridgeFdb(ns, {
        ...(dev === undefined ? {} : { dev }),
        ...(bridge === undefined ? {} : { bridge }),
      }),
    );
  }
  if (['add', 'append', 'replace', 'delete', 'del'].includes(verb))
    return changeFdb(ns, args, verb);
  return fail(255, `Command "${verb}" is unknown, try "bridge fdb help".\n`);
}

function changeFdb(ns: NetNs, args: string[], verb: string): CommandResult {
  ns.waitingPeers?.all();
  const text = args.shift() ?? '';
  let devName: string | undefined;
  let dst: number | undefined;
  let isMaster = false;
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    if (word === 'dev') devName = args.shift();
    else if (word === 'dst') dst = parseIp(args.shift() ?? '');
    else if (word === 'master') isMaster = true;
    else if (word === 'port' || word === 'vni' || word === 'via' || word === 'vlan') args.shift();
  }
  if (devName === undefined) return fail(255, 'Device and address are required arguments.\n');
  const mac = parseMac(text);
  if (mac === undefined) return fail(1, `Invalid address "${text}"\n`);
  const dev = ns.dev(devName);
  if (dev === undefined) return fail(1, `Cannot find device "${devName}"\n`);
  const isDelete = verb === 'delete' || verb === 'del';
  if (isMaster || !(dev instanceof Vxlan)) {
    const bridge = dev instanceof Bridge ? dev : dev.port?.bridge;
    if (bridge === undefined) return fail(2, 'RTNETLINK answers: Operation not supported\n');
    if (isDelete) {
      return bridge.fdb.delete(mac)
        ? DONE
        : fail(2, 'RTNETLINK answers: No such file or directory\n');
    }
    if (verb === 'add' && bridge.lookupFdb(mac)?.isStatic === true) {
      return fail(2, 'RTNETLINK answers: File exists\n');
    }
    bridge.addFdb(mac, dev.port);
    return DONE;
  }
  if (isDelete) {
    return dev.delFdb(mac, dst) ? DONE : fail(2, 'RTNETLINK answers: No such file or directory\n');
  }
  if (dst === undefined) return fail(2, 'RTNETLINK answers: Invalid argument\n');
  const old = dev.lookupFdb(mac);
  if (verb === 'add' && old?.isPermanent === true)
    return fail(2, 'RTNETLINK answers: File exists\n');
  if (verb === 'replace') dev.replaceFdb(mac, { ip: dst });
  else dev.addFdb(mac, { ip: dst });
  return DONE;
}

function bridgeLink(ns: NetNs, args: string[], isDetailed: boolean): CommandResult {
  const verb = args.shift() ?? 'show';
  if ('show'.startsWith(verb) || 'list'.startsWith(verb))
    return ok(formatBridgeLink(ns, isDetailed));
  if (verb !== 'set') return fail(255, `Command "${verb}" is unknown, try "bridge link help".\n`);
  if (args[0] === 'dev') args.shift();
  const name = args.shift() ?? '';
  const port = ns.dev(name)?.port;
  if (ns.dev(name) === undefined) return fail(1, `Cannot find device "${name}"\n`);
  if (port === undefined) return fail(2, 'RTNETLINK answers: Operation not supported\n');
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    const value = args.shift();
    if (value !== 'on' && value !== 'off') {
      return fail(1, `Error: argument of "${word}" must be "on" or "off", not "${value ?? ''}"\n`);
    }
    const isOn = value === 'on';
    if (word === 'hairpin') port.hairpin = isOn;
    else if (word === 'learning') port.learning = isOn;
    else if (word === 'flood') port.flood = isOn;
    else if (word === 'mcast_flood') port.mcastFlood = isOn;
    else if (word === 'bcast_flood') port.bcastFlood = isOn;
    else if (word === 'isolated') port.isolated = isOn;
  }
  return DONE;
}
