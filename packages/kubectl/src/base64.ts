/**
 * Sizes of base64 text, for the values of Secrets.
 */
/** How many bytes a base64 text holds. */
export function base64Size(text: string): number {
  const clean = text.replace(/[\r\n]/g, '');
  const padding = /=*$/.exec(clean)?.[0].length ?? 0;
  return Math.floor((clean.length * 3) / 4) - padding;
}
