/**
 * Virtual time as Kubernetes writes it.
 *
 * Virtual time 0 is 2026-01-01T00:00:00Z.
 */
import { EPOCH_UNIX_SEC, NS_PER_SEC, civilFromDays, daysFromCivil } from '@podwire/base';
import type { MicroTime, Time } from './types/meta.ts';

/** `2026-01-01T00:00:05Z`; whole seconds, cut off as metav1.Time does. */
export function formatTime(nowNs: number): Time {
  const seconds = EPOCH_UNIX_SEC + Math.floor(nowNs / NS_PER_SEC);
  if (seconds !== latestSeconds) {
    latestSeconds = seconds;
    latestText = `${formatSeconds(seconds)}Z`;
  }
  return latestText;
}

/** Many objects are stamped in one second; they share its text. */
let latestSeconds = NaN;
let latestText = '';

/** `2026-01-01T00:00:05.250000Z`, as metav1.MicroTime. */
export function formatMicroTime(nowNs: number): MicroTime {
  const micros = Math.floor((((nowNs % NS_PER_SEC) + NS_PER_SEC) % NS_PER_SEC) / 1000);
  const seconds = EPOCH_UNIX_SEC + Math.floor(nowNs / NS_PER_SEC);
  return `${formatSeconds(seconds)}.${String(micros).padStart(6, '0')}Z`;
}

/** `2026-01-01T00:00:05.25Z`, as Go's time.RFC3339Nano: no trailing zeros. */
export function formatNanoTime(nowNs: number): string {
  const rest = ((nowNs % NS_PER_SEC) + NS_PER_SEC) % NS_PER_SEC;
  const seconds = EPOCH_UNIX_SEC + Math.floor(nowNs / NS_PER_SEC);
  const fraction = String(rest).padStart(9, '0').replace(/0+$/, '');
  return `${formatSeconds(seconds)}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** Reads RFC 3339 into virtual nanoseconds (negative before the start of the run); undefined when malformed. */
export function parseTime(text: string): number | undefined {
  return text.length === PLAIN_LENGTH ? parsePlainTime(text) : parseAnyTime(text);
}

/** `2026-01-01T00:00:05Z`, the form that nearly all have, without a regular expression. */
const PLAIN_LENGTH = 20;

function parsePlainTime(text: string): number | undefined {
  const isPlain =
    text[4] === '-' &&
    text[7] === '-' &&
    text[10] === 'T' &&
    text[13] === ':' &&
    text[16] === ':' &&
    text[19] === 'Z';
  if (!isPlain) return parseAnyTime(text);
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const [month, day] = [twoDigits(text, 5), twoDigits(text, 8)];
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  // One NaN, of a character that is no digit, makes the sum NaN.
  if (Number.isNaN(year + month + day + hour + minute + second)) return undefined;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const unix = daysFromCivil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
  return (unix - EPOCH_UNIX_SEC) * NS_PER_SEC;
}

/** The number of two decimal digits, or NaN. */
function twoDigits(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/** Any form of RFC 3339: fractions, offsets, small letters. */
export function parseAnyTime(text: string): number | undefined {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offsetMinutes =
    match[8] === undefined
      ? 0
      : (match[8] === '-' ? -1 : 1) * (Number(match[9]) * 60 + Number(match[10]));
  const unix =
    daysFromCivil(year, month, day) * 86_400 + hour * 3600 + (minute - offsetMinutes) * 60 + second;
  const fraction = Number((match[7] ?? '').padEnd(9, '0'));
  return (unix - EPOCH_UNIX_SEC) * NS_PER_SEC + fraction;
}

function formatSeconds(unixSeconds: number): string {
  const days = Math.floor(unixSeconds / 86_400);
  const rest = unixSeconds - days * 86_400;
  const { year, month, day } = civilFromDays(days);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const clock = `${pad(Math.floor(rest / 3600))}:${pad(Math.floor(rest / 60) % 60)}:${pad(rest % 60)}`;
  return `${String(year).padStart(4, '0')}-${pad(month)}-${pad(day)}T${clock}`;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
