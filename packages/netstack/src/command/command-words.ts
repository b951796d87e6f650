/**
 * How iproute2 reads its words: shortened commands, scopes, flags before the object.
 */

/** The flags before the object. */
export interface IpFlags {
  isIpv4Only: boolean;
  isIpv6Only: boolean;
  isBrief: boolean;
  isOneline: boolean;
  hasStats: boolean;
  hasDetails: boolean;
}

/** iproute2's matches(): any beginning of the word. */
export function isShortFor(word: string, full: string): boolean {
  return word !== '' && full.startsWith(word);
}

export function scopeByName(text: string): number | undefined {
  const names = new Map([
    ['global', 0],
    ['site', 200],
    ['link', 253],
    ['host', 254],
    ['nowhere', 255],
  ]);
  return names.get(text) ?? (/^\d+$/.test(text) ? Number(text) : undefined);
}
