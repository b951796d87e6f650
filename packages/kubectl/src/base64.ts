/**
 * Base64 of UTF-8 text, for the values of Secrets.
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function encodeBase64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let result = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const digits = [group >> 18, group >> 12, group >> 6, group].map(
      (bits) => ALPHABET[bits & 63] ?? '',
    );
    result += `${digits[0]}${digits[1]}${left > 1 ? digits[2] : '='}${left > 2 ? digits[3] : '='}`;
  }
  return result;
}

/** How many bytes a base64 text holds. */
export function base64Size(text: string): number {
  const clean = text.replace(/[\r\n]/g, '');
  const padding = /=*$/.exec(clean)?.[0].length ?? 0;
  return Math.floor((clean.length * 3) / 4) - padding;
}
