/**
 * Sockets as `ss` prints them (iproute2 6.1), column for column when not on a terminal.
 */
import { formatIp } from '@podwire/base';
import type { NetNs } from '../netns.ts';
import type { SocketRow } from '../socket/socket-table.ts';

export interface SsOptions {
  readonly tcp?: boolean;
  readonly udp?: boolean;
  /** `-l`: listeners and unconnected only. */
  readonly isListening?: boolean;
  /** `-a`: all. Neither: only connections. */
  readonly isAll?: boolean;
  /** `-p`. */
  readonly hasProcesses?: boolean;
  /** `-H`. */
  readonly isHeaderless?: boolean;
}

/** The rows that the options ask for; without -t and -u both. */
export function ssRows(ns: NetNs, options: SsOptions = {}): SocketRow[] {
  const both = options.tcp !== true && options.udp !== true;
  return ns.sockets.rows().filter((row) => {
    if (row.netid === 'tcp' && options.tcp !== true && !both) return false;
    if (row.netid === 'udp' && options.udp !== true && !both) return false;
    if (options.isAll === true) return true;
    const isOpen = row.state === 'LISTEN' || row.state === 'UNCONN';
    if (options.isListening === true) return isOpen;
    return !isOpen && row.state !== 'TIME-WAIT' && row.state !== 'SYN-RECV';
  });
}

export function formatSs(ns: NetNs, options: SsOptions = {}): string {
  const rows = ssRows(ns, options);
  const one = (options.tcp === true) !== (options.udp === true);
  const table = rows.map((row) => ({
    left: [...(one ? [] : [row.netid]), row.state, String(row.recvQ), String(row.sendQ)],
    localIp: formatIp(row.localIp),
    localPort: row.localPort === 0 ? '*' : String(row.localPort),
    peerIp: formatIp(row.remoteIp),
    peerPort: row.remotePort === 0 ? '*' : String(row.remotePort),
    process:
      options.hasProcesses === true && row.process !== undefined ? `users:(${row.process})` : '',
  }));
  const head = [...(one ? [] : ['Netid']), 'State', 'Recv-Q', 'Send-Q'];
  const leftWidths = head.map((title, index) =>
    Math.max(title.length, ...table.map((row) => (row.left[index] ?? '').length)),
  );
  const width = (title: string, of: (row: (typeof table)[number]) => string): number =>
    // Without a header the titles of addresses and processes need no room.
    Math.max(
      options.isHeaderless === true ? 0 : title.length,
      ...table.map((row) => of(row).length),
    );
  const localIp = width('Local Address', (row) => row.localIp);
  const localPort = width('Port', (row) => row.localPort);
  const peerIp = width('Peer Address', (row) => row.peerIp);
  const peerPort = width('Port', (row) => row.peerPort);
  const process = width('Process', (row) => row.process);
  const line = (
    left: readonly string[],
    local: readonly [string, string],
    peer: readonly [string, string],
    last: string,
  ): string =>
    `${left.map((cell, index) => cell.padEnd(leftWidths[index] ?? 0)).join(' ')} ${local[0].padStart(localIp)}:${local[1].padEnd(localPort)} ${peer[0].padStart(peerIp)}:${peer[1].padEnd(peerPort)}${last.padEnd(process)}\n`;
  let text =
    options.isHeaderless === true
      ? ''
      : line(head, ['Local Address', 'Port'], ['Peer Address', 'Port'], 'Process');
  for (const row of table) {
    text += line(row.left, [row.localIp, row.localPort], [row.peerIp, row.peerPort], row.process);
  }
  return text;
}
