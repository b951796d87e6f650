/**
 * Captures in the pcapng format (draft-ietf-opsawg-pcapng): one section, an interface block per
 * capturing device, an enhanced packet block per frame, nanosecond time stamps.
 */
import { utf8Encode } from './text.ts';

const BLOCK_SECTION = 0x0a0d0d0a;
const BLOCK_INTERFACE = 1;
const BLOCK_ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
const OPT_END = 0;
const OPT_IF_NAME = 2;
const OPT_IF_TSRESOL = 9;
const OPT_SHB_USERAPPL = 4;
/** if_tsresol: time stamps count 10^-9 seconds. */
const RESOLUTION_NS = 9;

/** The block that opens a file. */
export function pcapngSection(application = 'podwire'): Uint8Array {
  const body = new BlockWriter();
  body.u32(BYTE_ORDER_MAGIC);
  body.u16(1);
  body.u16(0);
  // Section length -1: not told.
  body.u32(0xffffffff);
  body.u32(0xffffffff);
  body.option(OPT_SHB_USERAPPL, utf8Encode(application));
  body.u32(OPT_END);
  return body.block(BLOCK_SECTION);
}

/** Describes interface number n, n counting these blocks from 0. */
export function pcapngInterface(name: string, snapLenBytes = 0): Uint8Array {
  const body = new BlockWriter();
  body.u16(LINKTYPE_ETHERNET);
  body.u16(0);
  body.u32(snapLenBytes);
  body.option(OPT_IF_NAME, utf8Encode(name));
  body.option(OPT_IF_TSRESOL, Uint8Array.of(RESOLUTION_NS));
  body.u32(OPT_END);
  return body.block(BLOCK_INTERFACE);
}

export interface PcapngPacket {
  readonly interfaceIndex: number;
  readonly atNs: number;
  /** The frame's bytes, or as many of them as were captured. */
  readonly bytes: Uint8Array;
  readonly originalLenBytes?: number;
}

export function pcapngPacket(packet: PcapngPacket): Uint8Array {
  const body = new BlockWriter();
  body.u32(packet.interfaceIndex);
  body.u32(Math.floor(packet.atNs / 2 ** 32));
  body.u32(packet.atNs % 2 ** 32);
  body.u32(packet.bytes.length);
  body.u32(packet.originalLenBytes ?? packet.bytes.length);
  body.padded(packet.bytes);
  return body.block(BLOCK_ENHANCED_PACKET);
}

/** Little-endian body of one block. */
class BlockWriter {
  #parts: Uint8Array[] = [];
  #lenBytes = 0;

  u16(value: number): void {
    this.#push(Uint8Array.of(value & 255, (value >>> 8) & 255));
  }

  u32(value: number): void {
    this.#push(
      Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255),
    );
  }

  padded(bytes: Uint8Array): void {
    this.#push(bytes);
    const padBytes = (4 - (bytes.length & 3)) & 3;
    if (padBytes > 0) this.#push(new Uint8Array(padBytes));
  }

  option(code: number, value: Uint8Array): void {
    this.u16(code);
    this.u16(value.length);
    this.padded(value);
  }

  /** The whole block: type, length, body, length. */
  block(type: number): Uint8Array {
    const totalBytes = this.#lenBytes + 12;
    const body = this.#parts;
    this.#parts = [];
    this.u32(type);
    this.u32(totalBytes);
    for (const part of body) this.#parts.push(part);
    this.u32(totalBytes);
    const bytes = new Uint8Array(totalBytes);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #push(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#lenBytes += bytes.length;
  }
}
