/**
 * The match extensions by name.
 */
import type { MatchExtension } from '../options.ts';
import { ADDRTYPE_MATCH } from './addrtype.ts';
import { COMMENT_MATCH } from './comment.ts';
import { CONNTRACK_MATCH, STATE_MATCH } from './conntrack.ts';
import { ICMP_MATCH } from './icmp.ts';
import { IPRANGE_MATCH, LENGTH_MATCH, TTL_MATCH } from './ip-header.ts';
import { LIMIT_MATCH } from './limit.ts';
import { MAC_MATCH, PHYSDEV_MATCH, PKTTYPE_MATCH } from './link.ts';
import { CONNMARK_MATCH, MARK_MATCH } from './mark.ts';
import { MULTIPORT_MATCH } from './multiport.ts';
import { NFACCT_MATCH } from './nfacct.ts';
import { SCTP_MATCH, TCP_MATCH, UDP_MATCH } from './ports.ts';
import { RECENT_MATCH } from './recent.ts';
import { STATISTIC_MATCH } from './statistic.ts';

export const MATCH_EXTENSIONS: ReadonlyMap<string, MatchExtension> = new Map(
  [
    ADDRTYPE_MATCH,
    COMMENT_MATCH,
    CONNMARK_MATCH,
    CONNTRACK_MATCH,
    ICMP_MATCH,
    IPRANGE_MATCH,
    LENGTH_MATCH,
    LIMIT_MATCH,
    MAC_MATCH,
    MARK_MATCH,
    MULTIPORT_MATCH,
    NFACCT_MATCH,
    PHYSDEV_MATCH,
    PKTTYPE_MATCH,
    RECENT_MATCH,
    SCTP_MATCH,
    STATE_MATCH,
    STATISTIC_MATCH,
    TCP_MATCH,
    TTL_MATCH,
    UDP_MATCH,
  ].map((extension) => [extension.name, extension]),
);
