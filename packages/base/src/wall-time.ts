/**
 * Dates as programs print them, from virtual time and the wall time of its beginning.
 */
import { type CivilDate, EPOCH_UNIX_SEC, civilFromDays, daysFromCivil } from './calendar.ts';
import { NS_PER_SEC } from './units.ts';

export interface CivilTime extends CivilDate {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** 0 = Sunday. */
  readonly weekday: number;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
] as const;

/** Seconds since 1970 at a virtual moment, as `date +%s` prints them. */
export function unixSec(nowNs: number, epochSec: number = EPOCH_UNIX_SEC): number {
  return epochSec + Math.floor(nowNs / NS_PER_SEC);
}

/** UTC date and time of a virtual moment. */
export function civilTime(nowNs: number, epochSec: number = EPOCH_UNIX_SEC): CivilTime {
  const totalSec = unixSec(nowNs, epochSec);
  const days = Math.floor(totalSec / 86_400);
  const secondOfDay = totalSec - days * 86_400;
  return {
    ...civilFromDays(days),
    hour: Math.floor(secondOfDay / 3600),
    minute: Math.floor((secondOfDay % 3600) / 60),
    second: secondOfDay % 60,
    nanosecond: nowNs % NS_PER_SEC,
    weekday: (((days + 4) % 7) + 7) % 7,
  };
}

/** `Thu, 01 Jan 2026 00:00:00 GMT` (RFC 9110). */
export function httpDate(time: CivilTime): string {
  return `${dayName(time)}, ${two(time.day)} ${monthName(time)} ${time.year} ${clock(time)} GMT`;
}

/** Seconds since 1970 of a date in one of the forms that HTTP knows (RFC 9110 §5.6.7, and cookies' dashes). */
export function httpDateSec(text: string): number | undefined {
  const day =
    /^(?:[A-Za-z]+,? +)?(\d{1,2})[- ]([A-Za-z]{3})[a-z]*[- ](\d{4}|\d{2}) +(\d{1,2}):(\d{2}):(\d{2})(?: +(?:GMT|UTC|[+]0000))?$/.exec(
      text.trim(),
    );
  const asctime =
    /^[A-Za-z]{3} +([A-Za-z]{3}) +(\d{1,2}) +(\d{1,2}):(\d{2}):(\d{2}) +(\d{4})$/.exec(text.trim());
  const [dayText, name, yearText, hour, minute, second] =
    day === null
      ? [asctime?.[2], asctime?.[1], asctime?.[6], asctime?.[3], asctime?.[4], asctime?.[5]]
      : day.slice(1);
  const month = MONTHS.findIndex((each) => each.toLowerCase() === name?.toLowerCase());
  if (month < 0) return undefined;
  const short = Number(yearText);
  // Two digits: until 70 they are of this century.
  const year = yearText?.length === 2 ? short + (short > 70 ? 1900 : 2000) : short;
  const days = daysFromCivil(year, month + 1, Number(dayText));
  return days * 86_400 + Number(hour) * 3600 + Number(minute) * 60 + Number(second);
}

/** `01/Jan/2026:00:00:00 +0000`: access logs of nginx and httpd. */
export function commonLogDate(time: CivilTime): string {
  return `${two(time.day)}/${monthName(time)}/${time.year}:${clock(time)} +0000`;
}

/** `2026/01/01 00:00:00`: nginx error log and Go's log package. */
export function slashDate(time: CivilTime): string {
  return `${time.year}/${two(time.month)}/${two(time.day)} ${clock(time)}`;
}

/** `Thu Jan  1 00:00:00 UTC 2026`: date(1). */
export function unixDate(time: CivilTime): string {
  return `${dayName(time)} ${monthName(time)} ${String(time.day).padStart(2)} ${clock(time)} UTC ${time.year}`;
}

/** `2026-01-01T00:00:00.123456789Z` (RFC 3339 with nanoseconds). */
export function rfc3339Nano(time: CivilTime): string {
  return `${isoDate(time)}T${clock(time)}.${String(time.nanosecond).padStart(9, '0')}Z`;
}

export function isoDate(time: CivilTime): string {
  return `${time.year}-${two(time.month)}-${two(time.day)}`;
}

/** `00:00:00`. */
export function clock(time: CivilTime): string {
  return `${two(time.hour)}:${two(time.minute)}:${two(time.second)}`;
}

export function dayName(time: CivilTime): string {
  return DAYS[time.weekday] ?? '';
}

export function monthName(time: CivilTime): string {
  return MONTHS[time.month - 1] ?? '';
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
