/**
 * Limits and timeouts of TCP, each with the kernel name that it copies.
 */
import { NS_PER_MS, NS_PER_SEC } from '@podwire/base';

/**
 * When an unanswered SYN is sent again, counted from the first (tcp_syn_retries = 6 plus
 * tcp_syn_linear_timeouts = 4). Recorded on 6.18 up to 11.24 s; the rest doubles, as the kernel's
 * timer wheel rounds it.
 */
export const SYN_RETRY_AT_NS: readonly number[] = [
  1030, 2060, 3080, 4100, 5130, 7140, 11_240, 19_430, 35_810, 68_580,
].map((ms) => ms * NS_PER_MS);
/** When the connection attempt fails with ETIMEDOUT. */
export const SYN_GIVE_UP_AT_NS: number = 134_120 * NS_PER_MS;

/** A deadline that is not set. */
export const NEVER: number = Number.POSITIVE_INFINITY;

/** TCP_TIMEOUT_INIT: before there is a round-trip time. */
export const RTO_INIT_NS: number = NS_PER_SEC;
/** TCP_RTO_MIN. */
export const RTO_MIN_NS: number = 200 * NS_PER_MS;
/** TCP_RTO_MAX. */
export const RTO_MAX_NS: number = 120 * NS_PER_SEC;
/** tcp_retries2: then ETIMEDOUT. */
export const DATA_RETRIES = 15;
/** tcp_orphan_retries, where 0 means 8: a closed socket gives up earlier. */
export const ORPHAN_RETRIES = 8;
/** tcp_synack_retries. */
export const SYNACK_RETRIES = 5;

/** Most payload of one packet: GSO_LEGACY_MAX_SIZE less the headers (sk_setup_caps). */
export const GSO_MAX_BYTES: number = 65_536 - 256;
/** sysctl tcp_min_tso_segs. */
export const TSO_SEGMENTS_MIN = 2;
/** sk_pacing_shift: a packet holds the data of 1/1024 s. */
export const PACING_SHIFT = 10;
/** sysctl tcp_limit_output_bytes. */
export const LIMIT_OUTPUT_BYTES = 4_194_304;
/** sysctl tcp_tso_rtt_log: up to 2^9 µs of round trip packets may be full. */
export const TSO_RTT_LOG = 9;

/** TCP_DELACK_MIN. */
export const DELACK_NS: number = 40 * NS_PER_MS;
/** TCP_MAX_QUICKACKS. */
export const QUICK_ACKS = 16;

/** TCP_TIMEWAIT_LEN, also tcp_fin_timeout. */
export const TIME_WAIT_NS: number = 60 * NS_PER_SEC;

/** TCP_INIT_CWND (RFC 6928). */
export const INIT_CWND = 10;
/** TCP_INFINITE_SSTHRESH. */
export const SSTHRESH_INFINITE = 0x7fffffff;
/** Duplicates above a hole that make it lost (tcp_reordering). */
export const DUP_THRESHOLD = 3;

/** First window a Linux host offers at MTU 1500: half of tcp_rmem[1], in whole segments. */
export const WINDOW_INIT_BYTES = 64_240;
/** Half of tcp_rmem[2]: as far as the window grows while the program keeps reading. */
export const WINDOW_MAX_BYTES = 3_145_728;
/** Scale that Linux announces with the default tcp_rmem. */
export const WINDOW_SCALE = 7;

/** TCP_MSS_DEFAULT: what an endpoint without the option takes. */
export const MSS_DEFAULT = 536;
/** TCP_MIN_MSS after path MTU discovery (min_snd_mss 48, route min_pmtu 552). */
export const MSS_MIN = 48;
/** Timestamps option padded to words. */
export const TIMESTAMPS_LEN_BYTES = 12;

/** net.core.somaxconn. */
export const SOMAXCONN = 4096;

/** net.ipv4.tcp_challenge_ack_limit is unlimited since 6.x; per socket one in tcp_invalid_ratelimit. */
export const INVALID_RATELIMIT_NS: number = 500 * NS_PER_MS;
