/**
 * Packets as records and as bytes: headers, checksums, captures, overlay frames, DNS and HTTP messages.
 */
export {
  ArpOp,
  Encap,
  EtherType,
  IpProto,
  Packet,
  TcpFlag,
  clonePacket,
  frameLenBytes,
  ipLenBytes,
  isLaterFragment,
  l4LenBytes,
  tcpOptionsLenBytes,
} from './packet.ts';
export {
  type Chunk,
  EMPTY_PAYLOAD,
  type Payload,
  concatPayloads,
  payloadBytes,
  payloadFromBytes,
  payloadFromText,
  payloadOfFill,
  payloadText,
  slicePayload,
  writePayload,
} from './payload.ts';
