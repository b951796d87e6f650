/**
 * Ages as kubectl prints them (apimachinery duration.HumanDuration) and dates as `describe` does.
 */
import { parseTime } from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';

/** `119s`, `2m3s`, `15m`, `3h5m`, `20h`, `2d3h`, `30d`, `2y10d`, `9y`. */
export function humanDuration(ns: number): string {
  const seconds = Math.trunc(ns / NS_PER_SEC);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return pair(days, 'd', hours % 24, 'h');
  const years = Math.floor(days / 365);
  if (years < 2) return `${days}d`;
  if (years < 8) return pair(years, 'y', days % 365, 'd');
  return `${years}y`;
}

function pair(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
}

/** The age of a timestamp; `<unknown>` when it is missing. */
export function ageOf(timestamp: string | undefined, nowNs: number): string {
  const at = timestamp === undefined ? undefined : parseTime(timestamp);
  return at === undefined ? '<unknown>' : humanDuration(nowNs - at);
}

const WEEKDAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** 2026-01-01 is a Thursday, and day 0 of virtual time. */
export function longDate(timestamp: string | undefined): string {
  const at = timestamp === undefined ? undefined : parseTime(timestamp);
  if (timestamp === undefined || at === undefined) return 'Mon, 01 Jan 0001 00:00:00 +0000';
  const days = Math.floor(at / NS_PER_SEC / 86_400);
  const weekday = WEEKDAYS[((days % 7) + 7) % 7] ?? '';
  const [year = '', month = '', day = ''] = timestamp.slice(0, 10).split('-');
  return `${weekday}, ${day} ${MONTHS[Number(month) - 1] ?? ''} ${year} ${timestamp.slice(11, 19)} +0000`;
}
