/**
 * UTF-8. The encoder and decoder exist in every JavaScript runtime, but in none of the language's own
 * type libraries; what is used of them is declared here, so that no environment's types are needed.
 */
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A call of the encoder takes as long as this many characters of ASCII that are copied one by one. */
const SHORT_MAX = 64;

export function utf8Encode(text: string): Uint8Array {
  const { length } = text;
  if (length > SHORT_MAX) return encoder.encode(text);
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return encoder.encode(text);
    bytes[index] = code;
  }
  return bytes;
}

/** Malformed sequences become U+FFFD. */
export function utf8Decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
