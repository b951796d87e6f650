/**
 * Durations in words, as OpenShift's tables have them (docker/go-units HumanDuration).
 */
import { parseTime } from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';

/** `Less than a second`, `5 seconds`, `About a minute`, `3 hours`, `2 weeks`. */
export function durationInWords(ns: number): string {
  const seconds = Math.trunc(ns / NS_PER_SEC);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.trunc(seconds / 3600 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(seconds / 3600 / 24 / 365)} years`;
}

/** How long ago, without the `ago`; empty when the time is missing. */
export function sinceInWords(time: string | undefined, nowNs: number): string {
  const at = parseTime(time ?? '');
  return at === undefined ? '' : durationInWords(nowNs - at);
}

/** `1m4s`: Go's time.Duration in whole seconds. */
export function goSeconds(ns: number): string {
  const total = Math.max(0, Math.round(ns / NS_PER_SEC));
  const [hours, minutes, seconds] = [
    Math.floor(total / 3600),
    Math.floor(total / 60) % 60,
    total % 60,
  ];
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
