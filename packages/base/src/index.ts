/**
 * Values and helpers without a domain: addresses, names of images, random streams, heaps, units, assertions, diagnostics.
 */
export { AssertionError, assert, must, unreachable } from './assert.ts';
export { type CivilDate, EPOCH_UNIX_SEC, civilFromDays, daysFromCivil } from './calendar.ts';
export {
  type Cidr,
  addressAt,
  cidr,
  cidrContains,
  cidrSize,
  cidrsOverlap,
  formatCidr,
  ipAdd,
  ipv4Mask,
  lastAddress,
  network,
  parseCidr,
} from './cidr.ts';
export { DerivedMap } from './derived-map.ts';
export { DIAGNOSTIC_CODES, type DiagnosticCode } from './diagnostic-codes.ts';
export {
  type Diagnostic,
  type Severity,
  type SourcePos,
  editDistance,
  formatDiagnostic,
  suggest,
} from './diagnostic.ts';
export { deepFreeze } from './freeze.ts';
export { Heap } from './heap.ts';
export {
  type ImageReference,
  canonicalImageName,
  parseImageReference,
} from './image-reference.ts';
export {
  IP_ANY,
  IP_BROADCAST,
  IP_LOCALHOST,
  type Ip,
  type IpFamily,
  compareIp,
  formatIp,
  ip,
  ipFamily,
  ipFromBytes,
  ipToBytes,
  ipv6FromBigInt,
  ipv6ToBigInt,
  isIpv4,
  isLoopback,
  isMulticast,
  parseIp,
  parseIpv4,
} from './ip.ts';
export { type IpRange, parseIpRange, rangeContains, rangesOverlap } from './ip-range.ts';
export {
  MAC_BROADCAST,
  MAC_ZERO,
  type Mac,
  formatMac,
  isMacMulticast,
  mac,
  macFromRandom,
  parseMac,
} from './mac.ts';
export { PersistentMap } from './persistent-map.ts';
export { Rng, hashText, mix32 } from './rng.ts';
export {
  NS_PER_MS,
  NS_PER_SEC,
  NS_PER_US,
  formatDurationNs,
  parseDurationNs,
  parseQuantityMilli,
} from './units.ts';
export { base32, hexOf, sha256 } from './sha256.ts';
export {
  type CivilTime,
  civilTime,
  clock,
  commonLogDate,
  dayName,
  httpDate,
  httpDateSec,
  isoDate,
  monthName,
  rfc3339Nano,
  slashDate,
  unixDate,
  unixSec,
} from './wall-time.ts';
