/**
 * Events in `kubectl get`.
 */
import type { KubeEvent, KubeObject } from '@podwire/api';
import { ageOf } from '../human-duration.ts';
import { type TablePrinter, columns } from './table.ts';

/** Subobject and Source stand before Message, yet only with `-o wide`. */
export const eventPrinter: TablePrinter = {
  columns: [
    ...columns('Last Seen|Type|Reason|Object', 'Subobject|Source'),
    ...columns('Message', 'First Seen|Count|Name'),
  ],
  cells(object: KubeObject, nowNs: number): string[] {
    const event = object as KubeEvent;
    const first = ageOf(event.firstTimestamp ?? event.eventTime, nowNs);
    const { series, involvedObject: about } = event;
    const last =
      series !== undefined
        ? ageOf(series.lastObservedTime, nowNs)
        : event.lastTimestamp === undefined
          ? first
          : ageOf(event.lastTimestamp, nowNs);
    const kind = (about.kind ?? '').toLowerCase();
    const name = about.name ?? '';
    const count = series?.count ?? event.count ?? 1;
    return [
      last,
      event.type ?? '',
      event.reason ?? '',
      name === '' ? kind : `${kind}/${name}`,
      about.fieldPath ?? '',
      sourceCell(event),
      (event.message ?? '').trim(),
      first,
      String(count === 0 ? 1 : count),
      event.metadata.name,
    ];
  },
};

function sourceCell(event: KubeEvent): string {
  const component = event.source?.component ?? event.reportingComponent ?? '';
  const host = event.source?.host ?? '';
  return host === '' ? component : `${component}, ${host}`;
}
