/**
 * A run that ended because podwire, or a thread of it, failed.
 */
import type { FailureReport } from './failure-report.ts';

/** An exception in simulated code, a thread that ended by itself, a heap that was full. */
export type FailureReason = 'exception' | 'exited' | 'out-of-memory';

const REASON_TEXT: Readonly<Record<FailureReason, string>> = {
  exception: 'failed',
  exited: 'ended unexpectedly',
  'out-of-memory': 'ran out of memory',
};

/** More hosts than this are counted, not named. */
const HOSTS_NAMED_MAX = 8;

export class ShardFailure extends Error {
  override readonly name = 'ShardFailure';
  readonly shard: number;
  readonly reason: FailureReason;
  /** Hosts that the shard ran. */
  readonly hosts: readonly string[];
  /** The host and process whose event failed, where known. */
  readonly host: string | undefined;
  readonly process: string | undefined;
  readonly virtualNs: number;
  /** Where the exception came from, as text, also from another thread. */
  readonly details: string;

  constructor(options: {
    shard: number;
    reason: FailureReason;
    hosts: readonly string[];
    report: FailureReport;
    cause: unknown;
  }) {
    const { shard, reason, hosts, report, cause } = options;
    const named = hosts.slice(0, HOSTS_NAMED_MAX).join(', ');
    const more =
      hosts.length > HOSTS_NAMED_MAX ? ` and ${hosts.length - HOSTS_NAMED_MAX} more` : '';
    const where = shard === 0 ? 'the main thread' : `worker ${shard}`;
    super(
      `${where} (${named}${more}) ${REASON_TEXT[reason]} at ${report.virtualNs} ns of virtual time: ${report.message}`,
      cause === undefined ? undefined : { cause },
    );
    this.shard = shard;
    this.reason = reason;
    this.hosts = hosts;
    this.host = report.host;
    this.process = report.process;
    this.virtualNs = report.virtualNs;
    this.details = report.stack;
  }
}
