/**
 * Dates as programs print them, from virtual time and the wall time of its beginning.
 */
import { NS_PER_SEC } from '@podwire/base';

/** 2026-01-01T00:00:00Z: virtual zero when the cluster says nothing else. */
export const DEFAULT_EPOCH_SEC = 1_767_225_600;

export interface CivilTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
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

/** UTC date and time of a virtual moment (days to civil date after Howard Hinnant). */
export function civilTime(nowNs: number, epochSec: number = DEFAULT_EPOCH_SEC): CivilTime {
  const totalSec = epochSec + Math.floor(nowNs / NS_PER_SEC);
  const days = Math.floor(totalSec / 86_400);
  const secondOfDay = totalSec - days * 86_400;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthShifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthShifted < 10 ? monthShifted + 3 : monthShifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthShifted + 2) / 5) + 1,
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
