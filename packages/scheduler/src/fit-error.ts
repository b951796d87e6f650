/**
 * The text that says why a pod found no node: `0/3 nodes are available: 3 Insufficient cpu.`
 *
 * Copies kube-scheduler's FitError.Error().
 */
import { compareText } from '@podwire/api';
import type { Status } from './framework.ts';
import type { StatusTally } from './workspace.ts';

export const NO_NODES_TEXT = 'no nodes available to schedule pods';

export interface FitErrorParts {
  readonly tally: StatusTally;
  /** What holds for the nodes that were not looked at. */
  readonly absentStatus: Status;
  /** Stands for all reasons when it is not empty. */
  readonly preFilterMessage: string;
}

export function fitErrorText(
  nodeCount: number,
  { tally, absentStatus, preFilterMessage }: FitErrorParts,
  postFilterText = '',
): string {
  let text = `0/${nodeCount} nodes are available:`;
  if (preFilterMessage !== '') {
    text += ` ${preFilterMessage}.`;
  } else {
    const reasons = reasonHistogram(nodeCount, tally, absentStatus);
    if (reasons.length > 0) text += ` ${reasons.join(', ')}.`;
  }
  return postFilterText === '' ? text : `${text} ${postFilterText}`;
}

/** `count reason` texts, sorted as plain text. */
function reasonHistogram(nodeCount: number, tally: StatusTally, absentStatus: Status): string[] {
  const counts = new Map<string, number>();
  const add = ({ reasons }: Status, count: number): void => {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + count);
  };
  for (const [status, count] of tally.counts) add(status, count);
  if (nodeCount > tally.nodeCount) add(absentStatus, nodeCount - tally.nodeCount);
  return [...counts].map(([reason, count]) => `${count} ${reason}`).sort(compareText);
}
