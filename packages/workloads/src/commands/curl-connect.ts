/**
 * Where curl connects to and from: --connect-to, --interface, --local-port, and its errors about them.
 */
import { type Ip, parseIp } from '@podwire/base';
import { type Errno, errnoNumber, errnoText } from '@podwire/netstack';
import type { CommandContext } from '../context.ts';
import type { Url } from '../url.ts';
import type { CurlOptions } from './curl-options.ts';

/** An error as curl reports it: CURLcode and text. */
export interface CurlError {
  readonly code: number;
  readonly message: string;
}

export interface ConnectPlace {
  readonly host: string;
  readonly port: number;
  readonly isRedirected: boolean;
}

/** `--connect-to HOST1:PORT1:HOST2:PORT2`; empty parts stand for any, or for the URL's own. */
export function connectPlace({ connectTos }: CurlOptions, url: Url): ConnectPlace {
  for (const entry of connectTos) {
    const [host1 = '', port1 = '', host2 = '', port2 = ''] = entry.split(':');
    if (host1 !== '' && host1.toLowerCase() !== url.host.toLowerCase()) continue;
    if (port1 !== '' && Number(port1) !== url.port) continue;
    return {
      host: host2 === '' ? url.host : host2,
      port: port2 === '' ? url.port : Number(port2),
      isRedirected: true,
    };
  }
  return { host: url.host, port: url.port, isRedirected: false };
}

/** The end of the connection that the user chose: a device or address, a port. */
export function localEnd(
  { ns }: CommandContext,
  { interface: name, localPort }: CurlOptions,
): CurlError | { localIp?: Ip; localPort?: number } {
  const end: { localIp?: Ip; localPort?: number } = {};
  if (name !== undefined) {
    const dev = ns.devs.get(name.replace(/^if!/, ''));
    const ip = dev === undefined ? parseIp(name.replace(/^host!/, '')) : ns.primaryAddress(dev);
    if (ip === undefined || ip === 0) return { code: 45, message: `Couldn't bind to '${name}'` };
    end.localIp = ip;
  }
  if (localPort !== undefined) end.localPort = Number(localPort.split('-')[0]);
  return end;
}

export function bindError(errno: Errno): CurlError {
  return {
    code: 45,
    message: `bind failed with errno ${errnoNumber(errno)}: ${errnoText(errno)}`,
  };
}
