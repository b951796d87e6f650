/**
 * Compares podwire with its peers, in turn on this machine:
 *
 *   node bench/peers/compare.ts [ns-3] [webernetes] [--pairs N] [--install-webernetes] [--save NAME]
 *
 * `npm run bench:peers` calls it. A peer that is not there is said to be missing, and is no error.
 */
import { parseArgs } from 'node:util';
import { saveResult } from '../src/save-result.ts';
import { ns3 } from './ns3.ts';
import type { Peer, PeerRow } from './peer.ts';
import { installWebernetes, webernetes } from './webernetes.ts';

const PEERS: readonly Peer[] = [ns3, webernetes];
const PAIRS_DEFAULT = 3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: String(PAIRS_DEFAULT) },
    'install-webernetes': { type: 'boolean', default: false },
    save: { type: 'string' },
  },
});
process.exitCode = main();

function main(): number {
  const pairs = Number(values.pairs);
  const unknown = positionals.filter((name) => !PEERS.some((peer) => peer.name === name));
  if (unknown.length > 0 || !(pairs >= 1)) {
    const known = PEERS.map((peer) => peer.name).join(', ');
    console.error(
      `usage: npm run bench:peers -- [PEER...] [--pairs N] [--save NAME]; peers: ${known}`,
    );
    return 2;
  }
  if (values['install-webernetes'] && !installWebernetes()) return 1;
  const rows = new Map<string, PeerRow[]>();
  for (const peer of PEERS) {
    if (positionals.length > 0 && !positionals.includes(peer.name)) continue;
    const missing = peer.missing();
    console.log(`\n${peer.name}${missing === undefined ? '' : `: left out, ${missing}`}`);
    if (missing !== undefined) continue;
    rows.set(peer.name, []);
    for (const row of peer.compare({ pairs })) {
      rows.get(peer.name)?.push(row);
      console.log(`  ${textOf(row, peer.name)}`);
    }
  }
  if (values.save !== undefined) saveResult(values.save, { peers: Object.fromEntries(rows) });
  return 0;
}

function textOf(row: PeerRow, peer: string): string {
  const figures = `podwire ${figure(row.podwire)}, ${peer} ${figure(row.peer)} ${row.unit}`;
  const ratio = `${row.ratio.toFixed(2)} times ± ${(row.spread * 100).toFixed(0)} %`;
  const note = row.note === undefined ? '' : ` (${row.note})`;
  return `${row.what.padEnd(28)} ${ratio.padEnd(20)} ${figures}${note}`;
}

function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2);
}
