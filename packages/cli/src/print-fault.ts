/**
 * Says that podwire itself failed, and how to see it again.
 */
import { ShardFailure } from '@podwire/engine/host';
import { inSources } from './source-positions.ts';

export interface Replay {
  readonly file: string;
  readonly seed: string;
  readonly workers: number | 'node' | undefined;
}

export function printFault(error: unknown, replay?: Replay): void {
  process.stderr.write(faultText(error, replay));
}

export function faultText(error: unknown, replay?: Replay): string {
  const lines = [
    `podwire: internal error: ${error instanceof Error ? error.message : String(error)}`,
  ];
  if (error instanceof ShardFailure) {
    lines.push(`  hosts: ${error.hosts.join(', ')}`);
    if (error.host !== undefined) {
      lines.push(
        `  at: ${error.host}${error.process === undefined ? '' : `, process ${error.process}`}`,
      );
    }
    lines.push(`  virtual time: ${error.virtualNs} ns`);
  }
  if (replay !== undefined) {
    const workers = replay.workers === undefined ? '' : ` --workers ${replay.workers}`;
    lines.push(
      `  seed: ${replay.seed}`,
      `  replay: podwire run ${replay.file} --seed ${replay.seed}${workers}`,
    );
  }
  const stack =
    error instanceof ShardFailure ? error.details : error instanceof Error ? error.stack : '';
  for (const line of inSources(stack ?? '').split('\n')) {
    if (line.trim() !== '') lines.push(`  ${line}`);
  }
  return `${lines.join('\n')}\n`;
}
