/**
 * The globals outside the language itself that simulation code may use: pure functions of their
 * arguments, the same on every machine. Only tsconfig.sim.json includes this file; elsewhere Node's types
 * have them.
 */
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: 'utf-8', options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array): string;
}
