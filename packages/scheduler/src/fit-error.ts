/**
 * The text that says why a pod found no node: `0/3 nodes are available: 3 Insufficient cpu.`
 *
 * Copies kube-scheduler's FitError.Error().
 */
import { compareText } from '@podwire/api';
import type { Diagnosis } from './filter.ts';

export const NO_NODES_TEXT = 'no nodes available to schedule pods';

export function fitErrorText(
  nodeCount: number,
  diagnosis: Pick<Diagnosis, 'statuses' | 'absentStatus' | 'preFilterMessage'>,
  postFilterText = '',
): string {
  let text = `0/${nodeCount} nodes are available:`;
  if (diagnosis.preFilterMessage !== '') {
    text += ` ${diagnosis.preFilterMessage}.`;
  } else {
    const reasons = reasonHistogram(nodeCount, diagnosis);
    if (reasons.length > 0) text += ` ${reasons.join(', ')}.`;
  }
  return postFilterText === '' ? text : `${text} ${postFilterText}`;
}

/** `count reason` texts, sorted as plain text. */
function reasonHistogram(
  nodeCount: number,
  { statuses, absentStatus }: Pick<Diagnosis, 'statuses' | 'absentStatus'>,
): string[] {
  const counts = new Map<string, number>();
  for (const status of statuses.values()) {
    for (const reason of status.reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const absentCount = nodeCount - statuses.size;
  if (absentCount > 0) {
    for (const reason of absentStatus.reasons) {
      counts.set(reason, (counts.get(reason) ?? 0) + absentCount);
    }
  }
  return [...counts].map(([reason, count]) => `${count} ${reason}`).sort(compareText);
}
