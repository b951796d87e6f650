/**
 * Packets as records and as bytes: headers, checksums, captures, overlay frames, DNS and HTTP messages.
 */
export { addToSum, foldSum, pseudoHeaderSum } from './checksum.ts';
export { describePacket, describeTuple, formatTcpFlags } from './describe.ts';
export { formatDnsBrief, formatDnsData } from './dns-brief.ts';
export {
  DNS_RCODES,
  DNS_TYPES,
  type DnsData,
  type DnsEdns,
  type DnsMessage,
  type DnsQuestion,
  type DnsRcode,
  type DnsRecord,
  EDNS_COOKIE,
  absoluteDnsName,
  decodeDns,
  dnsLabels,
  dnsNamesEqual,
  dnsQueryMessage,
  dnsResponseTo,
  encodeDns,
  encodeDnsCompressed,
  encodeDnsWithin,
  isDnsName,
} from './dns-message.ts';
export {
  decodeFrame,
  decodeIpPacket,
  encodeFrame,
  encodeIpPacket,
  fragmentOf,
  l4Bytes,
  parseL4,
  tcpHeaderLenBytes,
} from './frame.ts';
export { GENEVE_PORT } from './geneve.ts';
export {
  type HttpHead,
  HttpHeaders,
  type HttpRequestHead,
  type HttpResponseHead,
  type HttpVersion,
  emitHttpHead,
} from './http-head.ts';
export {
  type HttpEvent,
  HttpParser,
  emitHttpChunk,
  emitHttpLastChunk,
  httpKeepsAlive,
  httpReason,
} from './http-message.ts';
export {
  HTTP2_CLIENT_START,
  HTTP2_PING,
  HTTP2_PING_ACK,
  HTTP2_SERVER_START,
  HTTP2_SETTINGS_ACK,
  type Http2Event,
  type Http2Fields,
  Http2Parser,
  behindHttp2Preface,
  emitHttp2Data,
  emitHttp2Headers,
  emitHttp2Reset,
  isHttp2Start,
} from './http2.ts';
export { IcmpType, IcmpUnreachable, Icmpv6Type, isIcmpError } from './icmp.ts';
export {
  type ControlMessage,
  type FrameMessage,
  type WireMessage,
  decodeFrameMessage,
  encodeFrameMessage,
  FrameLane,
} from './overlay-frame.ts';
export {
  ArpOp,
  Encap,
  EtherType,
  ICMP_QUOTE_MAX_BYTES,
  IpProto,
  Packet,
  TcpFlag,
  clonePacket,
  frameLenBytes,
  ipLenBytes,
  isFragment,
  isLaterFragment,
  isTunnelled,
  l4LenBytes,
  tcpOptionsLenBytes,
} from './packet.ts';
export {
  JsonLines,
  JsonSource,
  endsWithLine,
  jsonLength,
  payloadJson,
  payloadJsonLines,
} from './json-source.ts';
export {
  type Chunk,
  type ChunkSource,
  EMPTY_PAYLOAD,
  type Payload,
  concatPayloads,
  payloadBytes,
  payloadFromBytes,
  payloadFromSource,
  payloadFromText,
  payloadOfFill,
  payloadText,
  slicePayload,
  wholeSource,
  writePayload,
} from './payload.ts';
export {
  type PcapngPacket,
  pcapngInterface,
  pcapngPacket,
  pcapngSection,
} from './pcapng.ts';
export {
  halvesOf,
  segmentCount,
  segmentFrameLenBytes,
  segmentIpLenBytes,
  segmentsOf,
  trainLenBytes,
} from './segments.ts';
export { utf8Decode, utf8Encode } from './text.ts';
export {
  TLS_HEADER_BYTES,
  type TlsRecord,
  TlsType,
  emitClientHello,
  readServerName,
  readTlsRecord,
  tlsHeader,
} from './tls-hello.ts';
export { VXLAN_HEADER_BYTES, VXLAN_PORTS } from './vxlan.ts';
