/**
 * Zones and names: which zone a name lies in, and what is left of it.
 */
import { dnsLabels } from '@podwire/wire';

/** Whether the name is the zone or lies below it; without case. */
export function isInZone(name: string, zone: string): boolean {
  if (zone === '.') return true;
  const lower = name.toLowerCase();
  const wanted = zone.toLowerCase();
  return lower === wanted || lower.endsWith(`.${wanted}`);
}

/** The longest of the zones that holds the name. */
export function matchZone(zones: readonly string[], name: string): string | undefined {
  let best: string | undefined;
  for (const zone of zones) {
    if (isInZone(name, zone) && (best === undefined || zone.length > best.length)) best = zone;
  }
  return best;
}

/** The labels of a name left of a zone that holds it. */
export function labelsBelow(name: string, zone: string): string[] {
  const labels = dnsLabels(name);
  return labels.slice(0, labels.length - dnsLabels(zone).length);
}

/** Joins a name and a zone; the root adds nothing. */
export function joinName(name: string, zone: string): string {
  return zone === '.' ? `${name}.` : `${name}.${zone}`;
}
