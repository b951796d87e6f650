/**
 * How long an entry lives: the kernel's defaults under their sysctl names, read again when one is set.
 *
 * Defaults: Linux 6.18 nf_conntrack_proto_{tcp,udp,icmp,generic}.c. kube-proxy lowers established to a
 * day and close_wait to an hour.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { Sysctl } from '../sysctl.ts';
import { TCP_STATES, TcpState } from './tcp-state.ts';

const PREFIX = 'net.netfilter.nf_conntrack_';

const DEFAULTS: readonly (readonly [string, number])[] = [
  ['tcp_timeout_syn_sent', 120],
  ['tcp_timeout_syn_recv', 60],
  ['tcp_timeout_established', 432_000],
  ['tcp_timeout_fin_wait', 120],
  ['tcp_timeout_close_wait', 60],
  ['tcp_timeout_last_ack', 30],
  ['tcp_timeout_time_wait', 120],
  ['tcp_timeout_close', 10],
  ['tcp_timeout_max_retrans', 300],
  ['tcp_timeout_unacknowledged', 300],
  ['tcp_max_retrans', 3],
  ['tcp_loose', 1],
  ['tcp_be_liberal', 0],
  ['tcp_ignore_invalid_rst', 0],
  ['udp_timeout', 30],
  ['udp_timeout_stream', 120],
  ['icmp_timeout', 30],
  ['icmpv6_timeout', 30],
  ['sctp_timeout_established', 210],
  ['generic_timeout', 600],
  ['max', 262_144],
  ['buckets', 262_144],
  ['acct', 0],
  ['checksum', 1],
  ['log_invalid', 0],
];

/** Conntrack's settings of one namespace as numbers, kept in step with its sysctls. */
export class CtConf {
  /** By TCP state, then max_retrans and unacknowledged. */
  readonly tcpNs: number[] = [];
  retransNs = 0;
  unackedNs = 0;
  udpNs = 0;
  udpStreamNs = 0;
  icmpNs = 0;
  genericNs = 0;
  maxRetransCount = 0;
  isLoose = true;
  isLiberal = false;
  ignoresInvalidRst = false;
  max = 0;
  hasAcct = false;
  readonly #sysctl: Sysctl;
  #version = -1;

  constructor(sysctl: Sysctl) {
    this.#sysctl = sysctl;
    for (const [name, value] of DEFAULTS) {
      if (sysctl.get(PREFIX + name) === undefined) sysctl.set(PREFIX + name, value);
    }
  }

  /** Reads the sysctls again if any was set since. */
  refresh(): void {
    if (this.#version === this.#sysctl.version) return;
    this.#version = this.#sysctl.version;
    const seconds = (name: string): number => this.#number(name) * NS_PER_SEC;
    for (let state = 0; state < TCP_STATES.length; state++) {
      this.tcpNs[state] = seconds(`tcp_timeout_${TIMEOUT_NAMES[state] ?? ''}`);
    }
    this.retransNs = seconds('tcp_timeout_max_retrans');
    this.unackedNs = seconds('tcp_timeout_unacknowledged');
    this.udpNs = seconds('udp_timeout');
    this.udpStreamNs = seconds('udp_timeout_stream');
    this.icmpNs = seconds('icmp_timeout');
    this.genericNs = seconds('generic_timeout');
    this.maxRetransCount = this.#number('tcp_max_retrans');
    this.isLoose = this.#number('tcp_loose') !== 0;
    this.isLiberal = this.#number('tcp_be_liberal') !== 0;
    this.ignoresInvalidRst = this.#number('tcp_ignore_invalid_rst') !== 0;
    this.max = this.#number('max');
    this.hasAcct = this.#number('acct') !== 0;
  }

  #number(name: string): number {
    return this.#sysctl.getNumber(PREFIX + name);
  }
}

/** Sysctl names by TCP state; a simultaneous open uses syn_sent's. */
const TIMEOUT_NAMES: readonly string[] = (() => {
  const names: string[] = [];
  names[TcpState.none] = 'syn_sent';
  names[TcpState.synSent] = 'syn_sent';
  names[TcpState.synRecv] = 'syn_recv';
  names[TcpState.established] = 'established';
  names[TcpState.finWait] = 'fin_wait';
  names[TcpState.closeWait] = 'close_wait';
  names[TcpState.lastAck] = 'last_ack';
  names[TcpState.timeWait] = 'time_wait';
  names[TcpState.close] = 'close';
  names[TcpState.synSent2] = 'syn_sent';
  return names;
})();
