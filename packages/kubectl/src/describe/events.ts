/**
 * The Events table at the end of a description.
 */
import { type KubeEvent, type KubeObject, SCHEME, compareText } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { isFailure } from '../failure.ts';
import { ageOf } from '../human-duration.ts';
import type { Session } from '../session.ts';
import type { DescribeWriter } from './writer.ts';

/** The events about an object; `uid` and `kind` narrow where they are given. */
export function* eventsAbout(
  session: Session,
  object: KubeObject,
  options: { readonly kind?: string; readonly uid?: string } = {},
): Proc<readonly KubeEvent[]> {
  const info = SCHEME.byKind('v1', 'Event');
  if (info === undefined) return [];
  const { name, namespace } = object.metadata;
  const terms = [
    `involvedObject.name=${name}`,
    `involvedObject.namespace=${namespace ?? ''}`,
    ...(options.kind === undefined ? [] : [`involvedObject.kind=${options.kind}`]),
    ...(options.uid === undefined || options.uid === ''
      ? []
      : [`involvedObject.uid=${options.uid}`]),
  ];
  const listed = yield* session.list(info, { namespace, fieldSelector: terms.join(',') });
  return isFailure(listed) ? [] : (listed.items as readonly KubeEvent[]);
}

export function describeEvents(
  w: DescribeWriter,
  events: readonly KubeEvent[],
  nowNs: number,
): void {
  if (events.length === 0) {
    w.line(0, 'Events:\t<none>');
    return;
  }
  w.flush();
  const sorted = [...events].sort((a, b) => compareText(lastSeen(a), lastSeen(b)));
  w.line(0, 'Events:\n  Type\tReason\tAge\tFrom\tMessage');
  w.line(1, '----\t------\t----\t----\t-------');
  for (const event of sorted) {
    const from = event.source?.component ?? '';
    const path = event.involvedObject.fieldPath ?? '';
    const message = (event.message ?? '').trim();
    w.line(
      1,
      [
        event.type ?? '',
        event.reason ?? '',
        eventAge(event, nowNs),
        from === '' ? event.reportingComponent : from,
        path === '' ? message : `${path}: ${message}`,
      ].join('\t'),
    );
  }
}

/** `5m` or `2m (x3 over 5m)`. */
export function eventAge(event: KubeEvent, nowNs: number): string {
  const first = ageOf(event.eventTime ?? event.firstTimestamp, nowNs);
  if (event.series !== undefined) {
    return `${ageOf(event.series.lastObservedTime, nowNs)} (x${event.series.count ?? 0} over ${first})`;
  }
  if ((event.count ?? 0) > 1) {
    return `${ageOf(event.lastTimestamp, nowNs)} (x${event.count} over ${first})`;
  }
  return first;
}

/** When an event was last seen; RFC 3339 in UTC sorts as text. */
export function lastSeen(event: KubeEvent): string {
  const time =
    event.series?.lastObservedTime ??
    event.lastTimestamp ??
    event.eventTime ??
    event.firstTimestamp;
  return (time ?? '').replace(/(\.\d+)?Z$/, '');
}
