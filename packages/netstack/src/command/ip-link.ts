/**
 * `ip link set` and `ip link add`.
 */
import { parseIp, parseMac } from '@podwire/base';
import { Bridge, createBridge } from '../dev/bridge.ts';
import type { Dev } from '../dev/dev.ts';
import { createDummy } from '../dev/dummy.ts';
import { createVethPair } from '../dev/veth.ts';
import { Vxlan, createVxlan, type VxlanOptions } from '../dev/vxlan.ts';
import type { NetNs } from '../netns.ts';
import { type CommandResult, DONE, fail } from './command-result.ts';

export function ipLinkSet(ns: NetNs, args: string[]): CommandResult {
  if (args[0] === 'dev') args.shift();
  const name = args.shift();
  if (name === undefined) return fail(255, 'Not enough information: "dev" argument is required.\n');
  const dev = ns.dev(name);
  if (dev === undefined) return fail(1, `Cannot find device "${name}"\n`);
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    const problem = setOne(ns, dev, word, args);
    if (problem !== undefined) return problem;
  }
  return DONE;
}

function setOne(ns: NetNs, dev: Dev, word: string, args: string[]): CommandResult | undefined {
  switch (word) {
    case 'up':
      ns.setUp(dev, true);
      return undefined;
    case 'down':
      ns.setUp(dev, false);
      return undefined;
    case 'mtu':
      return setMtu(dev, args.shift() ?? '');
    case 'address': {
      const text = args.shift() ?? '';
      const mac = parseMac(text);
      if (mac === undefined) return fail(1, `"${text}" is invalid lladdr.\n`);
      if (dev instanceof Bridge) dev.setMac(mac);
      else dev.mac = mac;
      return undefined;
    }
    case 'name': {
      const name = args.shift() ?? '';
      if (ns.dev(name) !== undefined) return fail(2, 'RTNETLINK answers: File exists\n');
      if (dev.isUp && dev.kind !== 'veth')
        return fail(2, 'RTNETLINK answers: Device or resource busy\n');
      ns.renameDev(dev, name);
      return undefined;
    }
    case 'master': {
      const name = args.shift() ?? '';
      const master = ns.dev(name);
      if (master === undefined)
        return fail(1, `Error: argument "${name}" is wrong: Device does not exist\n\n`);
      if (!(master instanceof Bridge))
        return fail(2, 'RTNETLINK answers: Operation not supported\n');
      if (dev.kind === 'loopback' || dev instanceof Bridge) {
        return fail(2, 'Error: Device does not allow enslaving to a bridge.\n');
      }
      master.addPort(dev);
      return undefined;
    }
    case 'nomaster':
      dev.port?.bridge.removePort(dev);
      return undefined;
    case 'promisc':
      dev.isPromisc = args.shift() === 'on';
      return undefined;
    case 'arp':
      dev.isNoArp = args.shift() === 'off';
      return undefined;
    case 'type':
      return setPortFlags(dev, args);
    default:
      return fail(255, `Error: either "dev" is duplicate, or "${word}" is a garbage.\n`);
  }
}

/** Least and greatest MTU of the kinds (dev->min_mtu, max_mtu). */
function setMtu(dev: Dev, text: string): CommandResult | undefined {
  if (!/^\d+$/.test(text))
    return fail(1, `Error: argument "${text}" is wrong: Invalid "mtu" value\n\n`);
  const mtu = Number(text);
  if (mtu < 68 && dev.kind !== 'loopback') return fail(2, 'Error: mtu less than device minimum.\n');
  if (mtu > 65535 && dev.kind !== 'loopback')
    return fail(2, 'Error: mtu greater than device maximum.\n');
  // vxlan_change_mtu(): bound to a device, room for the outer headers must be left there.
  if (dev instanceof Vxlan && mtu > dev.mtuBytesMax)
    return fail(2, 'RTNETLINK answers: Invalid argument\n');
  if (dev instanceof Bridge) dev.setMtu(mtu);
  else dev.mtuBytes = mtu;
  dev.port?.bridge.followPortMtu();
  return undefined;
}

/** `type bridge_slave hairpin on …`. */
function setPortFlags(dev: Dev, args: string[]): CommandResult | undefined {
  if (args.shift() !== 'bridge_slave')
    return fail(2, 'RTNETLINK answers: Operation not supported\n');
  const port = dev.port;
  if (port === undefined) return fail(2, 'RTNETLINK answers: Operation not supported\n');
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    const isOn = args.shift() === 'on';
    if (word === 'hairpin') port.hairpin = isOn;
    else if (word === 'learning') port.learning = isOn;
    else if (word === 'flood') port.flood = isOn;
    else if (word === 'mcast_flood') port.mcastFlood = isOn;
    else if (word === 'bcast_flood') port.bcastFlood = isOn;
    else if (word === 'isolated') port.isolated = isOn;
    else return fail(255, `bridge_slave: unknown option "${word}"?\n`);
  }
  return undefined;
}

export function ipLinkAdd(ns: NetNs, args: string[]): CommandResult {
  let name: string | undefined;
  let mac: number | undefined;
  let mtuBytes: number | undefined;
  let kind: string | undefined;
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    if (word === 'type') {
      kind = args.shift();
      break;
    }
    if (word === 'name' || word === 'dev') name = args.shift();
    else if (word === 'address') mac = parseMac(args.shift() ?? '');
    else if (word === 'mtu') mtuBytes = Number(args.shift());
    else if (word === 'link') args.shift();
    else name = word;
  }
  if (kind === undefined) return fail(255, 'Not enough information: "type" argument is required\n');
  if (name === undefined && kind !== 'veth') {
    return fail(255, 'Not enough information: "dev" argument is required.\n');
  }
  const devName = name ?? freeName(ns, 'veth');
  if (ns.dev(devName) !== undefined) return fail(2, 'RTNETLINK answers: File exists\n');
  const common = {
    ...(mac === undefined ? {} : { mac }),
    ...(mtuBytes === undefined ? {} : { mtuBytes }),
  };
  switch (kind) {
    case 'bridge':
      createBridge(ns, devName, common);
      return DONE;
    case 'dummy':
      createDummy(ns, devName, common);
      return DONE;
    case 'veth':
      return addVeth(ns, devName, args, common);
    case 'vxlan':
      return addVxlan(ns, devName, args, common);
    default:
      return fail(2, 'Error: Unknown device type.\n');
  }
}

function addVeth(
  ns: NetNs,
  name: string,
  args: string[],
  common: { readonly mac?: number; readonly mtuBytes?: number },
): CommandResult {
  let peer = freeName(ns, 'veth', name);
  const words = args[0] === 'peer' ? args.slice(1) : args;
  if (args[0] === 'peer') peer = (words[0] === 'name' ? words[1] : words[0]) ?? peer;
  if (ns.dev(peer) !== undefined || peer === name)
    return fail(2, 'RTNETLINK answers: File exists\n');
  createVethPair(ns, name, ns, peer, {
    ...(common.mac === undefined ? {} : { macA: common.mac }),
    ...(common.mtuBytes === undefined ? {} : { mtuBytes: common.mtuBytes }),
  });
  return DONE;
}

function addVxlan(
  ns: NetNs,
  name: string,
  args: string[],
  common: { readonly mac?: number; readonly mtuBytes?: number },
): CommandResult {
  const options: { -readonly [K in keyof VxlanOptions]?: VxlanOptions[K] } = { ...common };
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    if (word === 'nolearning' || word === 'learning') {
      options.learning = word === 'learning';
      continue;
    }
    const value = args.shift() ?? '';
    if (word === 'id' || word === 'vni') options.vni = Number(value);
    else if (word === 'dstport') options.dstPort = Number(value);
    else if (word === 'ttl') options.ttlHops = Number(value) || 0;
    else if (word === 'local' || word === 'remote') {
      const address = parseIp(value);
      if (address === undefined) return fail(1, `Error: invalid ${word} address "${value}"\n`);
      options[word] = address;
    } else if (word === 'dev') {
      const dev = ns.dev(value);
      if (dev === undefined) return fail(1, `Cannot find device "${value}"\n`);
      options.dev = dev;
    } else return fail(255, `vxlan: unknown command "${word}"?\n`);
  }
  if (options.vni === undefined) return fail(255, 'vxlan: missing virtual network identifier\n');
  createVxlan(ns, name, { ...options, vni: options.vni });
  return DONE;
}

function freeName(ns: NetNs, stem: string, taken?: string): string {
  for (let number = 0; ; number++) {
    const name = `${stem}${number}`;
    if (name !== taken && ns.dev(name) === undefined) return name;
  }
}
